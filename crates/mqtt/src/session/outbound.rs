//! Messages to the client: packet identifiers, its receive maximum, the QoS 1 and 2 exchanges, and what of them has
//! to be said again when a session is resumed.

use std::collections::{HashMap, VecDeque};

use super::delivery::Delivery;
use crate::codec::{Kind, PacketId, Qos, ReasonCode, Violation};

/// What the client owes for a packet identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// PUBACK.
    Acknowledged,
    /// PUBREC.
    Received,
    /// PUBCOMP.
    Completed,
}

/// A message that was sent and whose exchange is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    pub id: PacketId,
    pub awaited: Awaited,
    pub delivery: Delivery,
}

#[derive(Debug)]
struct Sent {
    awaited: Awaited,
    order: u64,
    delivery: Delivery,
}

/// What an acknowledgement means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// Nobody awaits it: a late answer to an older connection.
    Unknown,
    /// The exchange is over; the journal's number of the message.
    Over(u64),
    /// PUBREC: PUBREL is due.
    Received(u64),
    /// PUBREC again: PUBREL is due again.
    ReceivedAgain,
}

#[derive(Debug)]
pub(super) struct Outbound {
    quota: u16,
    last_id: u16,
    sent: HashMap<PacketId, Sent>,
    next_order: u64,
    /// Of the connection before: they go first, and count against the quota like any other [MQTT-4.4.0-1].
    resends: VecDeque<InFlight>,
}

impl Outbound {
    pub fn new(quota: u16, resends: VecDeque<InFlight>) -> Self {
        Outbound { quota, last_id: 0, sent: HashMap::new(), next_order: 0, resends }
    }

    /// [MQTT-3.3.4-9]
    pub fn has_quota(&self) -> bool {
        self.resends.is_empty() && self.sent.len() < usize::from(self.quota)
    }

    pub fn has_resends(&self) -> bool {
        !self.resends.is_empty()
    }

    /// The next message of the connection before, once there is quota for it.
    pub fn next_resend(&mut self) -> Option<InFlight> {
        if self.sent.len() >= usize::from(self.quota) {
            return None;
        }
        let next = self.resends.pop_front()?;
        self.note(next.id, next.awaited, next.delivery.clone());
        if self.resends.is_empty() {
            self.resends = VecDeque::new();
        }
        Some(next)
    }

    fn note(&mut self, id: PacketId, awaited: Awaited, delivery: Delivery) {
        self.next_order += 1;
        self.sent.insert(id, Sent { awaited, order: self.next_order, delivery });
    }

    /// Takes an unused identifier [MQTT-2.2.1-4], or `None` when the quota is used up.
    pub fn begin(&mut self, delivery: &Delivery) -> Option<PacketId> {
        if !self.has_quota() {
            return None;
        }
        let chosen = delivery.id.filter(|id| !self.sent.contains_key(id));
        let id = chosen.unwrap_or_else(|| self.unused_id());
        let awaited =
            if delivery.qos == Qos::ExactlyOnce { Awaited::Received } else { Awaited::Acknowledged };
        self.note(id, awaited, delivery.clone());
        Some(id)
    }

    fn unused_id(&mut self) -> PacketId {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            match PacketId::new(self.last_id) {
                Some(id) if !self.sent.contains_key(&id) => return id,
                _ => {}
            }
        }
    }

    pub fn forget(&mut self, id: PacketId) -> u64 {
        let entry = self.sent.remove(&id).map_or(0, |sent| sent.delivery.entry);
        if self.sent.is_empty() {
            self.sent = HashMap::new();
        }
        entry
    }

    pub fn puback(&mut self, id: PacketId) -> Result<Answered, Violation> {
        self.finish(id, Awaited::Acknowledged, Kind::PubAck)
    }

    pub fn pubcomp(&mut self, id: PacketId) -> Result<Answered, Violation> {
        self.finish(id, Awaited::Completed, Kind::PubComp)
    }

    fn finish(&mut self, id: PacketId, awaited: Awaited, kind: Kind) -> Result<Answered, Violation> {
        match self.sent.get(&id) {
            Some(found) if found.awaited == awaited => Ok(Answered::Over(self.forget(id))),
            Some(_) => Err(Violation::UnexpectedAck { kind, id: id.get() }),
            None => Ok(Answered::Unknown),
        }
    }

    /// PUBREC; one that carries an error ends the exchange.
    pub fn pubrec(&mut self, id: PacketId, reason: ReasonCode) -> Result<Answered, Violation> {
        match self.sent.get_mut(&id) {
            Some(sent) if sent.awaited == Awaited::Acknowledged => {
                Err(Violation::UnexpectedAck { kind: Kind::PubRec, id: id.get() })
            }
            Some(sent) if sent.awaited == Awaited::Received && reason.is_error() => {
                Ok(Answered::Over(self.forget(id)))
            }
            Some(sent) if sent.awaited == Awaited::Received => {
                sent.awaited = Awaited::Completed;
                Ok(Answered::Received(sent.delivery.entry))
            }
            Some(_) => Ok(Answered::ReceivedAgain),
            None => Ok(Answered::Unknown),
        }
    }

    /// Everything that is not over, in the order it was sent.
    pub fn take_in_flight(&mut self) -> VecDeque<InFlight> {
        let mut sent: Vec<(PacketId, Sent)> = std::mem::take(&mut self.sent).into_iter().collect();
        sent.sort_unstable_by_key(|(_, sent)| sent.order);
        let sent = sent.into_iter();
        let sent = sent.map(|(id, sent)| InFlight { id, awaited: sent.awaited, delivery: sent.delivery });
        sent.chain(std::mem::take(&mut self.resends)).collect()
    }
}
