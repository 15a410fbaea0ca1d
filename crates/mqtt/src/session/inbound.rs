//! Messages from the client: QoS 2 exactly once, acknowledgements in order of arrival, and the bounds.

use std::collections::{HashMap, VecDeque};

use super::Ticket;
use crate::codec::{Kind, PacketId, Qos, ReasonCode, Version, Violation};
use crate::port::Outcome;

/// 3.1.1 cannot be told a receive maximum; identifiers it never releases are bounded here.
const UNRELEASED_MAX_V311: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qos2 {
    /// With the house; PUBREC has not been sent and must not be.
    BeingHandled,
    /// PUBREC was sent, PUBREL has not come.
    Received,
}

#[derive(Debug)]
struct Arrival {
    qos: Qos,
    id: Option<PacketId>,
    bytes: usize,
    outcome: Option<Outcome>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    New(Ticket),
    /// A QoS 2 message that is safe already: PUBREC again, the house does not see it.
    AlreadyReceived(PacketId),
    /// A QoS 2 message that is with the house: its PUBREC follows the outcome.
    BeingHandled,
}

#[derive(Debug)]
pub(super) struct Inbound {
    version: Version,
    receive_maximum: u16,
    bytes_max: usize,
    /// Arrived and not yet acknowledged, oldest first; `first` is the oldest one's ticket.
    arrivals: VecDeque<Arrival>,
    first: Ticket,
    bytes: usize,
    qos1: usize,
    qos2: HashMap<PacketId, Qos2>,
}

impl Inbound {
    /// `received` are the QoS 2 identifiers of the connection before that were not released.
    pub fn new(version: Version, receive_maximum: u16, bytes_max: usize, received: &[PacketId]) -> Self {
        Inbound {
            version,
            receive_maximum,
            bytes_max,
            arrivals: VecDeque::new(),
            first: 0,
            bytes: 0,
            qos1: 0,
            qos2: received.iter().map(|id| (*id, Qos2::Received)).collect(),
        }
    }

    /// Identifiers that were received and not released.
    pub fn take_received(&mut self) -> Vec<PacketId> {
        let received =
            std::mem::take(&mut self.qos2).into_iter().filter(|(_, state)| *state == Qos2::Received);
        received.map(|(id, _)| id).collect()
    }

    pub fn id_of(&self, ticket: Ticket) -> Option<PacketId> {
        let index = usize::try_from(ticket.checked_sub(self.first)?).ok()?;
        self.arrivals.get(index)?.id
    }

    /// One more than the receive maximum is taken, so that a client that exceeds it is found out.
    pub fn has_room(&self) -> bool {
        self.arrivals.len() <= usize::from(self.receive_maximum) && self.bytes < self.bytes_max
    }

    pub fn admit(&mut self, qos: Qos, id: Option<PacketId>, bytes: usize) -> Result<Admission, Violation> {
        if let Some(id) = id {
            match (qos, self.qos2.get(&id)) {
                (Qos::ExactlyOnce, Some(Qos2::Received)) => return Ok(Admission::AlreadyReceived(id)),
                (Qos::ExactlyOnce, Some(Qos2::BeingHandled)) => return Ok(Admission::BeingHandled),
                (_, Some(_)) => return Err(Violation::PacketIdInUse(id.get())),
                (_, None) => self.check_quota()?,
            }
            if qos == Qos::ExactlyOnce {
                self.qos2.insert(id, Qos2::BeingHandled);
            } else {
                self.qos1 += 1;
            }
        }
        self.bytes += bytes;
        self.arrivals.push_back(Arrival { qos, id, bytes, outcome: None });
        Ok(Admission::New(self.first + self.arrivals.len() as Ticket - 1))
    }

    /// [MQTT-3.3.4-7]
    fn check_quota(&self) -> Result<(), Violation> {
        let limit = match self.version {
            Version::V5 => usize::from(self.receive_maximum),
            Version::V311 => UNRELEASED_MAX_V311.max(usize::from(self.receive_maximum)),
        };
        if self.qos1 + self.qos2.len() >= limit {
            return Err(Violation::ReceiveMaximum(self.receive_maximum));
        }
        Ok(())
    }

    pub fn settle(&mut self, ticket: Ticket, outcome: Outcome) {
        let index = ticket.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(arrival) = index.and_then(|index| self.arrivals.get_mut(index)) {
            arrival.outcome = Some(outcome);
        }
    }

    /// The oldest message, once its outcome is known. Later ones wait for it [MQTT-4.6.0-2], [MQTT-4.6.0-3].
    pub fn next_settled(&mut self) -> Option<(Qos, Option<PacketId>, Outcome)> {
        let outcome = self.arrivals.front()?.outcome?;
        let arrival = self.arrivals.pop_front()?;
        self.first += 1;
        self.bytes -= arrival.bytes;
        self.qos1 -= usize::from(arrival.qos == Qos::AtLeastOnce);
        // An idle connection gives back what a burst took.
        if self.arrivals.is_empty() {
            self.arrivals = VecDeque::new();
        }
        Some((arrival.qos, arrival.id, outcome))
    }

    /// PUBREC is about to leave: with an error it ends the exchange, else PUBREL must follow.
    pub fn received(&mut self, id: PacketId, reason: ReasonCode) {
        if reason.is_error() {
            self.qos2.remove(&id);
        } else {
            self.qos2.insert(id, Qos2::Received);
        }
    }

    /// PUBREL: the reason for its PUBCOMP.
    pub fn release(&mut self, id: PacketId) -> Result<ReasonCode, Violation> {
        match self.qos2.get(&id) {
            Some(Qos2::BeingHandled) => Err(Violation::UnexpectedAck { kind: Kind::PubRel, id: id.get() }),
            Some(Qos2::Received) => {
                self.qos2.remove(&id);
                if self.qos2.is_empty() {
                    self.qos2 = HashMap::new();
                }
                Ok(ReasonCode::Success)
            }
            None => Ok(ReasonCode::PacketIdentifierNotFound),
        }
    }
}
