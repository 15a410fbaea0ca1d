//! The way down: commands to connected devices.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use lares_model::DeviceId;
use lares_model::command::Command;
use lares_model::device::{Device, Encoding};
use lares_model::ports::{Link, LinkError};
use lares_model::protocol::{Channel, Envelope};
use lares_mqtt::codec::{Properties, Property, Qos, ReasonCode, Text};
use lares_mqtt::{Broker, Outgoing, SendError};

use super::House;
use super::presence::Listeners;

/// Holds the broker weakly: the hub holds this link, and the broker's house holds the hub.
pub struct MqttLink {
    broker: Weak<Broker<House>>,
    listeners: Listeners,
}

impl MqttLink {
    pub fn new(broker: &Arc<Broker<House>>, listeners: Listeners) -> MqttLink {
        MqttLink { broker: Arc::downgrade(broker), listeners }
    }

    fn hand_over(&self, device: &Device, command: &Command) -> Result<(), LinkError> {
        let payload = Envelope::of(command).encode(device.encoding).map_err(|error| {
            tracing::error!(command.id = %command.id, %error, "a command could not be encoded");
            LinkError::Busy
        })?;
        let content_type = match device.encoding {
            Encoding::Json => "application/json",
            Encoding::Cbor => "application/cbor",
        };
        let mut properties = Properties::new();
        if let Some(content_type) = Text::new(content_type) {
            properties.push(Property::ContentType(content_type));
        }
        let topic = Text::new(Channel::Command.topic(device.id)).ok_or(LinkError::NotConnected)?;
        let message =
            Outgoing { topic, payload: payload.into(), qos: Qos::AtLeastOnce, retain: false, properties };
        let broker = self.broker.upgrade().ok_or(LinkError::NotConnected)?;
        match broker.send(&device.id.to_string(), message) {
            Ok(_) => Ok(()),
            Err(SendError::NotConnected | SendError::NotSubscribed) => Err(LinkError::NotConnected),
            Err(SendError::Busy | SendError::TooLarge) => Err(LinkError::Busy),
        }
    }
}

impl Link for MqttLink {
    fn ready(&self, device: DeviceId) -> bool {
        self.listeners.has(device)
    }

    fn send<'a>(
        &'a self,
        device: &'a Device,
        command: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>> {
        Box::pin(std::future::ready(self.hand_over(device, command)))
    }

    fn cut(&self, device: DeviceId) {
        if let Some(broker) = self.broker.upgrade() {
            broker.disconnect(&device.to_string(), ReasonCode::NotAuthorized);
        }
    }
}
