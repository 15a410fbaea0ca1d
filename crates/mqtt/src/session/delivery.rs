//! A message on its way to one client: what was published, and what this client's subscriptions made of it.

use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{PacketId, Properties, Property, Publish, Qos, Text, Variable};

/// Milliseconds since the Unix epoch.
pub type UnixMs = u64;

/// A published message, shared by everybody who gets it.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    /// Unique in the life of the journal.
    pub number: u64,
    pub topic: Text,
    pub payload: Bytes,
    pub qos: Qos,
    /// Without the expiry, which is `expires_at`.
    pub properties: Properties,
    pub expires_at: Option<UnixMs>,
}

impl Letter {
    /// What it takes of a queue.
    pub fn bytes(&self) -> usize {
        self.topic.len() + self.payload.len() + self.properties.bytes() + 64
    }

    pub fn has_expired(&self, now: UnixMs) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// A copy that does not keep the whole read buffer alive: for what waits long.
    pub fn detached(&self) -> Letter {
        Letter {
            number: self.number,
            topic: self.topic.detached(),
            payload: Bytes::copy_from_slice(&self.payload),
            qos: self.qos,
            properties: self.properties.detached(),
            expires_at: self.expires_at,
        }
    }
}

/// A letter for one client, at the quality its subscriptions granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub letter: Arc<Letter>,
    pub qos: Qos,
    pub retain: bool,
    pub identifiers: Vec<Variable>,
    /// Its number in the journal; 0 when the session is not kept.
    pub entry: u64,
    /// Chosen beforehand in a session that is kept, so that the identifier is the same after a crash.
    pub id: Option<PacketId>,
    /// The commit that has to be over before it may leave.
    pub position: u64,
}

impl Delivery {
    pub fn bytes(&self) -> usize {
        self.letter.bytes()
    }

    pub fn to_publish(&self, now: UnixMs) -> Publish {
        let letter = &self.letter;
        let mut properties = letter.properties.clone();
        if let Some(at) = letter.expires_at {
            // [MQTT-3.3.2-6]
            let left_s = at.saturating_sub(now).div_ceil(1_000);
            properties.push(Property::MessageExpiryInterval(u32::try_from(left_s).unwrap_or(u32::MAX)));
        }
        for identifier in &self.identifiers {
            properties.push(Property::SubscriptionIdentifier(*identifier));
        }
        Publish {
            dup: false,
            qos: self.qos,
            retain: self.retain,
            topic: letter.topic.clone(),
            id: None,
            properties,
            payload: letter.payload.clone(),
        }
    }
}
