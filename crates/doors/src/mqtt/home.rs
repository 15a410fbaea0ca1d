//! Clients of a home's MQTT space: what they may say and hear there, and what the house makes of what they say.

use std::sync::Arc;

use lares_hub::home_clients::HomeClient;
use lares_hub::{Hub, home_space};
use lares_model::dialect::Heard;
use lares_mqtt::codec::{ReasonCode, Text};
use lares_mqtt::topic::{covers, matches, overlap};
use lares_mqtt::{Message, Outcome, Welcome};

use super::{Client, Denied};

/// A client that was let into a home's space.
pub struct HomeGuest {
    pub client: Arc<HomeClient>,
    /// Filters that it may not subscribe to, whatever it may else.
    pub denied: Denied,
}

/// The topics that the product itself speaks on; a client may only ask there.
const OWN: &str = "lares/";

impl HomeGuest {
    pub fn may_publish(&self, topic: &str) -> bool {
        if topic.starts_with('$') || (topic.starts_with(OWN) && !topic.ends_with("/set")) {
            return false;
        }
        self.client.publish.iter().any(|filter| matches(filter, topic))
    }

    pub fn may_subscribe(&self, filter: &str) -> bool {
        !self.denies(filter) && self.client.subscribe.iter().any(|allowed| covers(allowed, filter))
    }

    /// The allowed filters that have something in common with this one.
    pub fn narrowed(&self, filter: &str) -> Vec<Text> {
        if self.denies(filter) {
            return Vec::new();
        }
        let allowed = self.client.subscribe.iter().filter(|allowed| overlap(allowed, filter));
        allowed.filter_map(|allowed| Text::new(allowed.as_str())).collect()
    }

    pub fn denies(&self, filter: &str) -> bool {
        self.denied.covers(filter)
    }

    /// Its session is kept for as long as the broker's own bound lets it.
    pub fn welcome(self) -> Welcome<Client> {
        let space = self.client.home.to_string();
        let tenant = self.client.organisation.to_string();
        Welcome::new(Client::Home(self), "").in_space(space, tenant).with_sessions_for(u32::MAX)
    }

    /// The hub hears it; what follows is durable before it is acknowledged.
    pub async fn take(&self, hub: &Arc<Hub>, message: &Message) -> Outcome {
        let heard = Heard {
            topic: &message.topic,
            payload: &message.payload,
            retain: message.retain,
            replayed: false,
            received: hub.now(),
        };
        let Some(findings) = home_space::hear(hub, &self.client, &heard) else {
            return Outcome::Accepted;
        };
        match findings.await {
            Ok(None) => Outcome::Accepted,
            Ok(Some(_limit)) => Outcome::Rejected(ReasonCode::QuotaExceeded),
            Err(error) => {
                metrics::counter!("lares_mqtt_unacknowledged_total").increment(1);
                tracing::warn!(home.id = %self.client.home, %error, "a message is not safe and not acknowledged");
                Outcome::Unavailable
            }
        }
    }
}

/// What a client is told whose subscription was refused; a filter that a listener denies has no other reason.
pub fn refusal(guest: &HomeGuest, filter: &str) -> ReasonCode {
    if guest.denies(filter) { ReasonCode::UnspecifiedError } else { ReasonCode::NotAuthorized }
}
