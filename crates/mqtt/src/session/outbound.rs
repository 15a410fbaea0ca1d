//! Messages to the client: packet identifiers, its receive maximum, and the QoS 1 and 2 exchanges.

use std::collections::HashMap;

use crate::codec::{Kind, PacketId, Qos, ReasonCode, Violation};

/// What the client owes for a packet identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// PUBACK.
    Acknowledged,
    /// PUBREC.
    Received,
    /// PUBCOMP.
    Completed,
}

#[derive(Debug)]
pub(super) struct Outbound {
    quota: u16,
    last_id: u16,
    in_flight: HashMap<PacketId, Awaited>,
}

impl Outbound {
    pub fn new(quota: u16) -> Self {
        Outbound { quota, last_id: 0, in_flight: HashMap::new() }
    }

    /// [MQTT-3.3.4-9]; whatever is sent again on resuming a session has to pass here as well.
    pub fn has_quota(&self) -> bool {
        self.in_flight.len() < usize::from(self.quota)
    }

    /// Takes an unused identifier [MQTT-2.2.1-4], or `None` when the quota is used up.
    pub fn begin(&mut self, qos: Qos) -> Option<PacketId> {
        if !self.has_quota() {
            return None;
        }
        let id = loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            match PacketId::new(self.last_id) {
                Some(id) if !self.in_flight.contains_key(&id) => break id,
                _ => {}
            }
        };
        let awaited = if qos == Qos::ExactlyOnce { Awaited::Received } else { Awaited::Acknowledged };
        self.in_flight.insert(id, awaited);
        Some(id)
    }

    pub fn forget(&mut self, id: PacketId) {
        self.in_flight.remove(&id);
        if self.in_flight.is_empty() {
            self.in_flight = HashMap::new();
        }
    }

    pub fn puback(&mut self, id: PacketId) -> Result<(), Violation> {
        self.finish(id, Awaited::Acknowledged, Kind::PubAck)
    }

    pub fn pubcomp(&mut self, id: PacketId) -> Result<(), Violation> {
        self.finish(id, Awaited::Completed, Kind::PubComp)
    }

    /// An identifier nobody awaits is a late answer to an older connection, and ignored.
    fn finish(&mut self, id: PacketId, awaited: Awaited, kind: Kind) -> Result<(), Violation> {
        match self.in_flight.get(&id) {
            Some(found) if *found == awaited => self.forget(id),
            Some(_) => return Err(Violation::UnexpectedAck { kind, id: id.get() }),
            None => {}
        }
        Ok(())
    }

    /// PUBREC: the reason for its PUBREL, or `None` when the client refused the message and it ends here.
    pub fn pubrec(&mut self, id: PacketId, reason: ReasonCode) -> Result<Option<ReasonCode>, Violation> {
        match self.in_flight.get(&id) {
            Some(Awaited::Acknowledged) => Err(Violation::UnexpectedAck { kind: Kind::PubRec, id: id.get() }),
            Some(Awaited::Received) if reason.is_error() => {
                self.forget(id);
                Ok(None)
            }
            Some(Awaited::Received | Awaited::Completed) => {
                self.in_flight.insert(id, Awaited::Completed);
                Ok(Some(ReasonCode::Success))
            }
            None if reason.is_error() => Ok(None),
            None => Ok(Some(ReasonCode::PacketIdentifierNotFound)),
        }
    }
}
