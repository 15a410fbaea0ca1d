//! The homes' MQTT spaces as the hub sees them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lares_hub::Hub;
use lares_model::dialect::Say;
use lares_model::ports::{HomeBus, LinkError};
use lares_model::{HomeId, OrganisationId};
use lares_mqtt::codec::{Properties, Qos, ReasonCode, Text};
use lares_mqtt::{Broker, Outgoing};

use super::House;

/// Whose homes are, as far as clients or devices have shown it.
pub(super) type Owners = Arc<Mutex<HashMap<HomeId, OrganisationId>>>;

/// Holds both weakly: the hub holds this, and the broker's house holds the hub.
pub struct Spaces {
    owners: Owners,
    broker: Weak<Broker<House>>,
    hub: Weak<Hub>,
}

impl Spaces {
    pub fn new(broker: &Arc<Broker<House>>, hub: &Arc<Hub>) -> Spaces {
        let owners = broker.handler().owners.clone();
        Spaces { owners, broker: Arc::downgrade(broker), hub: Arc::downgrade(hub) }
    }

    fn organisation_of(&self, hub: &Hub, home: HomeId) -> Option<OrganisationId> {
        let known = self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&home).copied();
        known.or_else(|| hub.directory.organisation_of(home))
    }
}

impl HomeBus for Spaces {
    fn publish(&self, home: HomeId, say: Say) -> Result<(), LinkError> {
        let (broker, hub) = self.broker.upgrade().zip(self.hub.upgrade()).ok_or(LinkError::NotConnected)?;
        let organisation = self.organisation_of(&hub, home).ok_or(LinkError::NotConnected)?;
        let message = Outgoing {
            topic: Text::new(say.topic).ok_or(LinkError::NotConnected)?,
            payload: say.payload.into(),
            qos: Qos::from_u8(say.qos).unwrap_or(Qos::AtLeastOnce),
            retain: say.retain,
            properties: Properties::new(),
        };
        broker.publish(&home.to_string(), &organisation.to_string(), message).map(drop).map_err(|reason| {
            tracing::debug!(home.id = %home, ?reason, "the house could not publish in a home's space");
            LinkError::Busy
        })
    }

    fn listens(&self, home: HomeId, topic: &str) -> bool {
        self.broker.upgrade().is_some_and(|broker| broker.listens(&home.to_string(), topic))
    }

    fn retained(&self, home: HomeId, filter: &str) -> Vec<(String, Vec<u8>)> {
        let Some(broker) = self.broker.upgrade() else { return Vec::new() };
        let found = broker.retained(&home.to_string(), filter).into_iter();
        found.map(|retained| (retained.topic.to_string(), retained.payload.to_vec())).collect()
    }

    fn close(&self, home: HomeId) {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(&home);
        if let Some(broker) = self.broker.upgrade() {
            broker.close_space(&home.to_string());
        }
    }

    fn cut(&self, identity: &str) {
        if let Some(broker) = self.broker.upgrade() {
            // Its sessions end as well: what they subscribed to was allowed by rights that may have changed.
            broker.forget(identity, ReasonCode::NotAuthorized);
        }
    }
}
