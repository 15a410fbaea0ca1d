//! The way to any device: the native link for those that speak our protocol, words in the home's space for the others.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use lares_model::DeviceId;
use lares_model::capability::{self, capability};
use lares_model::command::Command;
use lares_model::device::Device;
use lares_model::dialect::{CannotSay, Say};
use lares_model::ports::{Link, LinkError};

use crate::hub::Hub;
use crate::ingest;

/// Holds the hub weakly, since the hub holds it.
pub struct Links {
    hub: Weak<Hub>,
    native: Arc<dyn Link>,
}

impl Links {
    pub fn new(hub: &Arc<Hub>, native: Arc<dyn Link>) -> Links {
        Links { hub: Arc::downgrade(hub), native }
    }
}

fn words(hub: &Hub, device: &Device, command: &Command) -> Result<Vec<Say>, CannotSay> {
    hub.dialects.word(device, command.endpoint, &command.name, &command.args)
}

fn somebody_listens(hub: &Hub, device: &Device, says: &[Say]) -> bool {
    let first = says.first();
    first.is_some_and(|say| hub.bus().is_some_and(|bus| bus.listens(device.home, &say.topic)))
}

/// Whether anything that it can do without arguments would be heard.
fn reachable(hub: &Hub, device: &Device) -> bool {
    let nothing = BTreeMap::new();
    device.endpoints.iter().any(|endpoint| {
        let capabilities = endpoint.capabilities.iter().filter_map(|name| capability(name));
        let mut commands =
            capabilities.flat_map(|of| of.commands.iter().map(move |command| (of.name, command.name)));
        commands.any(|(of, command)| {
            let name = format!("{of}.{command}");
            let says = hub.dialects.word(device, endpoint.endpoint, &name, &nothing);
            says.is_ok_and(|says| somebody_listens(hub, device, &says))
        })
    })
}

fn say(hub: &Hub, device: &Device, command: &Command) -> Result<(), LinkError> {
    let bus = hub.bus().ok_or(LinkError::NotConnected)?;
    let says = words(hub, device, command).map_err(|error| {
        tracing::warn!(device.id = %device.id, command.id = %command.id, %error, "a command has no words");
        LinkError::NotConnected
    })?;
    for say in says {
        // A command that is kept would be carried out again whenever its device comes back.
        bus.publish(device.home, Say { retain: false, ..say })?;
    }
    Ok(())
}

fn has_effect(command: &Command) -> bool {
    capability::command(&command.name).is_some_and(|spec| spec.effect.is_some())
}

impl Link for Links {
    fn ready(&self, id: DeviceId) -> bool {
        let Some(hub) = self.hub.upgrade() else { return false };
        match hub.directory.get(id) {
            Some(device) if device.origin.is_some() => reachable(&hub, &device),
            _ => self.native.ready(id),
        }
    }

    fn ready_for(&self, command: &Command) -> bool {
        let Some(hub) = self.hub.upgrade() else { return false };
        match hub.directory.get(command.device) {
            Some(device) if device.origin.is_some() => {
                words(&hub, &device, command).is_ok_and(|says| somebody_listens(&hub, &device, &says))
            }
            _ => self.native.ready_for(command),
        }
    }

    fn send<'a>(
        &'a self,
        device: &'a Device,
        command: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>> {
        if device.origin.is_none() {
            return self.native.send(device, command);
        }
        Box::pin(async move {
            let hub = self.hub.upgrade().ok_or(LinkError::NotConnected)?;
            say(&hub, device, command)?;
            // Devices of other makers acknowledge nothing. Where no state can prove it, that it was said to somebody
            // who listens is all that will ever be known.
            if !has_effect(command)
                && let Err(error) = ingest::handed_over(&hub, device, command).await
            {
                tracing::warn!(device.id = %device.id, command.id = %command.id, %error, "not recorded as handed over");
            }
            Ok(())
        })
    }

    fn cut(&self, device: DeviceId) {
        self.native.cut(device);
    }
}
