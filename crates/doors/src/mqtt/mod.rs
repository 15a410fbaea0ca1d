//! The MQTT door: authenticates devices, keeps each to its own topics, and hands their messages to the hub. The
//! broker acknowledges only once the hub says that a message is safe.

mod link;
mod presence;
pub mod topics;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lares_hub::{Hub, devices, ingest};
use lares_model::DeviceId;
use lares_model::device::{Device, Encoding};
use lares_model::presence::PresenceStatus;
use lares_model::protocol::parse_topic;
use lares_mqtt::codec::ReasonCode;
use lares_mqtt::{Disconnected, Handler, Hello, Message, Outcome, Refusal, Welcome};

pub use link::MqttLink;
pub use presence::{Listeners, PresenceLog};

/// The house behind the broker.
pub struct House {
    hub: Arc<Hub>,
    presence: PresenceLog,
    connections: AtomicU64,
    /// Bytes of messages that are with the hub and not yet safe, for all connections together.
    waiting: Arc<tokio::sync::Semaphore>,
    /// Refusals on their way into the log; further ones are counted only.
    refusals: Arc<tokio::sync::Semaphore>,
}

/// A device that was let in.
pub struct DeviceClient {
    pub id: DeviceId,
    /// Tells connections of one device apart.
    pub connection: u64,
}

const REFUSALS_MAX: usize = 64;
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

impl House {
    pub fn new(hub: &Arc<Hub>, presence: PresenceLog) -> Arc<House> {
        Arc::new(House {
            hub: hub.clone(),
            presence,
            connections: AtomicU64::new(1),
            waiting: Arc::new(tokio::sync::Semaphore::new(WAITING_BYTES_MAX)),
            refusals: Arc::new(tokio::sync::Semaphore::new(REFUSALS_MAX)),
        })
    }

    async fn authenticate(&self, hello: &Hello) -> Result<Arc<Device>, Refusal> {
        let wrong = |why: &str| Refusal { reason: ReasonCode::BadUserNameOrPassword, why: why.to_owned() };
        let username = hello.username.as_ref().ok_or_else(|| wrong("no user name"))?;
        let id: DeviceId = username.parse().map_err(|_| wrong("the user name is not a device id"))?;
        if id.to_string() != username.as_ref() {
            // As in topics: one spelling, so that a name is a key.
            return Err(wrong("the user name is not spelt as the device id"));
        }
        let password = hello.password.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        let password = password.ok_or_else(|| wrong("no password"))?;
        match devices::authenticate(&self.hub, id, password).await {
            Ok(true) => self.hub.directory.get(id).ok_or_else(|| wrong("the device was removed")),
            Ok(false) => Err(wrong("device or password is wrong")),
            Err(error) => {
                tracing::error!(%error, "a device could not be authenticated");
                Err(Refusal { reason: ReasonCode::ServerUnavailable, why: error.to_string() })
            }
        }
    }

    async fn take(&self, id: DeviceId, message: &Message) -> Outcome {
        let Some(device) = self.hub.directory.get(id) else {
            return Outcome::Rejected(ReasonCode::NotAuthorized);
        };
        let Some((_, channel)) = parse_topic(&message.topic) else {
            return Outcome::Rejected(ReasonCode::TopicNameInvalid);
        };
        let weight = u32::try_from(message.payload.len().max(64)).unwrap_or(u32::MAX);
        let weight = weight.min(WAITING_BYTES_MAX as u32);
        let Ok(_place) = self.waiting.acquire_many(weight).await else { return Outcome::Unavailable };
        let encoding = match message.properties.content_type().map(|text| text.as_ref()) {
            Some("application/cbor") => Some(Encoding::Cbor),
            Some("application/json") => Some(Encoding::Json),
            _ => None,
        };
        match ingest::report(&self.hub, &device, channel, encoding, &message.payload).await {
            Ok(()) => Outcome::Accepted,
            Err(error) => {
                metrics::counter!("lares_mqtt_unacknowledged_total").increment(1);
                tracing::warn!(device.id = %id, %error, "a message is not safe and not acknowledged");
                Outcome::Unavailable
            }
        }
    }
}

impl Handler for House {
    type Client = DeviceClient;

    async fn connect(&self, hello: Hello) -> Result<Welcome<DeviceClient>, Refusal> {
        let device = self.authenticate(&hello).await?;
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        self.presence.arrived(device.id, connection);
        let client = DeviceClient { id: device.id, connection };
        Ok(Welcome::new(client, device.id.to_string()))
    }

    fn may_publish(&self, client: &DeviceClient, topic: &str, _retain: bool) -> bool {
        topics::may_publish(client.id, topic)
    }

    fn may_subscribe(&self, client: &DeviceClient, filter: &str) -> bool {
        topics::may_subscribe(client.id, filter)
    }

    async fn publish(&self, client: &Arc<DeviceClient>, message: Message) -> Outcome {
        self.take(client.id, &message).await
    }

    fn subscribed(&self, client: &Arc<DeviceClient>, filter: &str) {
        if topics::may_subscribe(client.id, filter) {
            self.presence.listens(client.id, client.connection);
            self.hub.nudges.dispatcher.notify_one();
        }
    }

    fn disconnected(&self, client: &Arc<DeviceClient>, why: &Disconnected) {
        self.presence.left(client.id, client.connection, &reason_of(why));
    }

    fn violated(&self, client: Option<&Arc<DeviceClient>>, peer: SocketAddr, why: &str) {
        metrics::counter!("lares_mqtt_violations_total").increment(1);
        let Some(device) = client.and_then(|client| self.hub.directory.get(client.id)) else {
            tracing::debug!(%peer, why, "MQTT refusal");
            return;
        };
        let Ok(place) = self.refusals.clone().try_acquire_owned() else {
            metrics::counter!("lares_mqtt_refusals_not_recorded_total").increment(1);
            return;
        };
        tracing::info!(%peer, why, device.id = %device.id, "MQTT refusal");
        let (hub, why) = (self.hub.clone(), why.to_owned());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = ingest::refused(&hub, &device, "mqtt", &why, &[]).await {
                tracing::warn!(%error, "a refusal could not be recorded");
            }
        });
    }
}

fn reason_of(why: &Disconnected) -> String {
    match why {
        Disconnected::ByClient { .. } => "it disconnected".to_owned(),
        Disconnected::Lost => "the connection was lost".to_owned(),
        Disconnected::Violated(violation) => format!("it broke the protocol: {violation}"),
        Disconnected::ByServer(reason) => format!("the server ended the connection: {reason:?}"),
    }
}

/// The status recorded for a device whose last connection ended.
pub(crate) const GONE: PresenceStatus = PresenceStatus::Offline;
