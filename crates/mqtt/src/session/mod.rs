//! One connection after its CONNECT, as a pure state machine: packets in, packets and steps out. No I/O, no
//! clock. What of a session outlives its connection is handed on as [`AtRest`].

mod alias;
mod delivery;
mod inbound;
mod outbound;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;

use crate::codec::{
    Ack, Auth, Connect, Disconnect, EncodeError, Packet, PacketId, Properties, Property, Publish, Qos,
    ReasonCode, ReasonPlace, SubAck, Subscribe, Text, UnsubAck, Unsubscribe, Version, Violation, encode,
};
use crate::port::{Message, Outcome};
use alias::{Alias, InboundAliases, OutboundAliases};
pub use delivery::{Delivery, Letter, UnixMs};
use inbound::{Admission, Inbound};
use outbound::{Answered, Outbound};
pub use outbound::{Awaited, InFlight};

/// Numbers the messages of one connection in order of arrival.
pub type Ticket = u64;

/// What the server granted to this client.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub receive_maximum: u16,
    pub arriving_bytes: usize,
    pub topic_alias_maximum: u16,
    /// Topics of the server's own that may get an alias, where the client takes so many.
    pub send_topic_aliases: u16,
    pub send_maximum: u16,
    /// In force, after the server's own limit.
    pub keep_alive_s: u16,
    pub retain_available: bool,
}

/// What a packet asks of the broker.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: answered already, or noted.
    Done,
    /// Give it to the house and `settle` the ticket.
    Arrived { ticket: Ticket, message: Message },
    /// Judge each filter and answer with `suback`.
    Subscribe(Subscribe),
    /// Answer with `unsuback`.
    Unsubscribe(Unsubscribe),
    /// The client says goodbye, and may change how long its session is kept.
    Goodbye { with_will: bool, session_expiry_s: Option<u32> },
    /// The client has a message; `entry` is the journal's number of it, 0 for none.
    Delivered { id: PacketId, entry: u64 },
    /// The client has received a QoS 2 message: answer with `release` once that is safe.
    Received { id: PacketId, entry: u64 },
    /// The client releases a QoS 2 identifier: answer with `complete` once that is safe.
    Released { id: PacketId },
    /// The next step of an enhanced authentication (section 4.12).
    Authenticate(Auth),
}

/// What of a session outlives its connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AtRest {
    /// Sent to the client and not over, in the order it was sent.
    pub in_flight: VecDeque<InFlight>,
    /// QoS 2 identifiers of the client that it has not released.
    pub received: Vec<PacketId>,
}

/// Whether the connection may go on after an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    GoOn,
    /// A message could not be made safe: close without acknowledging it.
    Close,
}

#[derive(Debug)]
pub struct Session {
    version: Version,
    keep_alive_s: u16,
    retain_available: bool,
    session_ends_at_once: bool,
    peer_packet_bytes_max: usize,
    authenticates: bool,
    inbound: Inbound,
    outbound: Outbound,
    aliases: InboundAliases,
    own_aliases: OutboundAliases,
}

impl Session {
    pub fn new(connect: &Connect, terms: &Terms, at_rest: AtRest) -> Session {
        let properties = &connect.properties;
        let peer_receive_maximum = properties.receive_maximum().copied().unwrap_or(u16::MAX);
        let peer_aliases = properties.topic_alias_maximum().copied().unwrap_or(0);
        let AtRest { in_flight, received } = at_rest;
        Session {
            version: connect.version,
            keep_alive_s: terms.keep_alive_s,
            retain_available: terms.retain_available,
            session_ends_at_once: properties.session_expiry_s().copied().unwrap_or(0) == 0,
            peer_packet_bytes_max: peer_packet_bytes_max(connect),
            authenticates: properties.authentication_method().is_some(),
            inbound: Inbound::new(connect.version, terms.receive_maximum, terms.arriving_bytes, &received),
            outbound: Outbound::new(terms.send_maximum.min(peer_receive_maximum), in_flight),
            aliases: InboundAliases::new(terms.topic_alias_maximum),
            own_aliases: OutboundAliases::new(terms.send_topic_aliases.min(peer_aliases)),
        }
    }

    /// The connection is over: what has to be known when the client comes back.
    pub fn take_at_rest(&mut self) -> AtRest {
        AtRest { in_flight: self.outbound.take_in_flight(), received: self.inbound.take_received() }
    }

    /// The packet identifier of a message that is not settled.
    pub fn id_of(&self, ticket: Ticket) -> Option<PacketId> {
        self.inbound.id_of(ticket)
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// How long the client may be silent: one and a half times its keep alive [MQTT-3.1.2-22].
    pub fn silence_max(&self) -> Option<Duration> {
        (self.keep_alive_s > 0).then(|| Duration::from_millis(u64::from(self.keep_alive_s) * 1_500))
    }

    /// Whether another packet may be taken. False while as much as was agreed is with the house: the
    /// back-pressure is to stop reading.
    pub fn has_room(&self) -> bool {
        self.inbound.has_room()
    }

    /// Takes one packet of the client; answers that need nobody's opinion go to `out`.
    pub fn receive(&mut self, packet: Packet, out: &mut BytesMut) -> Result<Step, Violation> {
        match packet {
            Packet::Publish(publish) => return self.receive_publish(publish, out),
            Packet::PubRel(ack) => match self.inbound.release(ack.id)? {
                ReasonCode::Success => return Ok(Step::Released { id: ack.id }),
                reason => self.write(&Packet::PubComp(Ack::new(ack.id, reason)), out),
            },
            Packet::PubAck(ack) => return Ok(over(ack.id, self.outbound.puback(ack.id)?)),
            Packet::PubComp(ack) => return Ok(over(ack.id, self.outbound.pubcomp(ack.id)?)),
            Packet::PubRec(ack) => return self.receive_pubrec(&ack, out),
            Packet::Subscribe(subscribe) => return Ok(Step::Subscribe(subscribe)),
            Packet::Unsubscribe(unsubscribe) => return Ok(Step::Unsubscribe(unsubscribe)),
            Packet::PingReq => self.write(&Packet::PingResp, out),
            Packet::Disconnect(disconnect) => return self.receive_disconnect(&disconnect),
            Packet::Connect(_) => return Err(Violation::SecondConnect),
            Packet::Auth(auth) if self.authenticates => return Ok(Step::Authenticate(auth)),
            // [MQTT-4.12.0-1]
            Packet::Auth(_) => return Err(Violation::UnexpectedAuth),
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                return Err(Violation::NotFromClient(packet.kind()));
            }
        }
        Ok(Step::Done)
    }

    fn receive_pubrec(&mut self, ack: &Ack, out: &mut BytesMut) -> Result<Step, Violation> {
        match self.outbound.pubrec(ack.id, ack.reason)? {
            Answered::Received(entry) => return Ok(Step::Received { id: ack.id, entry }),
            Answered::ReceivedAgain => self.release(ack.id, out),
            Answered::Unknown if !ack.reason.is_error() => {
                let unknown = Ack::new(ack.id, ReasonCode::PacketIdentifierNotFound);
                self.write(&Packet::PubRel(unknown), out);
            }
            other => return Ok(over(ack.id, other)),
        }
        Ok(Step::Done)
    }

    /// PUBREL: the client may forget that it has this identifier.
    pub fn release(&self, id: PacketId, out: &mut BytesMut) {
        self.write(&Packet::PubRel(Ack::new(id, ReasonCode::Success)), out);
    }

    /// PUBCOMP: the client may use this identifier again.
    pub fn complete(&self, id: PacketId, out: &mut BytesMut) {
        self.write(&Packet::PubComp(Ack::new(id, ReasonCode::Success)), out);
    }

    pub fn auth(&self, auth: Auth, out: &mut BytesMut) {
        self.write(&Packet::Auth(auth), out);
    }

    fn receive_publish(&mut self, mut publish: Publish, out: &mut BytesMut) -> Result<Step, Violation> {
        if publish.properties.subscription_identifier().is_some() {
            return Err(Violation::SubscriptionIdentifierInPublish);
        }
        if publish.retain && !self.retain_available && self.version == Version::V5 {
            return Err(Violation::RetainUnavailable);
        }
        let topic = self.aliases.resolve(publish.topic, &publish.properties)?;
        publish.properties.retain(|property| !matches!(property, Property::TopicAlias(_)));
        let bytes = topic.len() + publish.payload.len() + publish.properties.bytes();
        match self.inbound.admit(publish.qos, publish.id, bytes)? {
            Admission::New(ticket) => Ok(Step::Arrived {
                ticket,
                message: Message {
                    topic,
                    payload: publish.payload,
                    qos: publish.qos,
                    retain: publish.retain,
                    dup: publish.dup,
                    will: false,
                    properties: publish.properties,
                },
            }),
            Admission::AlreadyReceived(id) => {
                self.write(&Packet::PubRec(Ack::new(id, ReasonCode::Success)), out);
                Ok(Step::Done)
            }
            Admission::BeingHandled => Ok(Step::Done),
        }
    }

    fn receive_disconnect(&self, disconnect: &Disconnect) -> Result<Step, Violation> {
        // [MQTT-3.14.0-1] and section 3.14.2.2.2
        let session_expiry_s = disconnect.properties.session_expiry_s().copied();
        if self.session_ends_at_once && session_expiry_s.unwrap_or(0) > 0 {
            return Err(Violation::SessionExpiry);
        }
        // Any reason but 0 keeps the will [MQTT-3.1.2-10].
        Ok(Step::Goodbye { with_will: disconnect.reason != ReasonCode::Success, session_expiry_s })
    }

    /// Notes what became of a message and writes every acknowledgement whose turn has come.
    pub fn settle(&mut self, ticket: Ticket, outcome: Outcome, out: &mut BytesMut) -> Settled {
        self.inbound.settle(ticket, outcome);
        while let Some((qos, id, outcome)) = self.inbound.next_settled() {
            let reason = match outcome {
                Outcome::Unavailable => return Settled::Close,
                Outcome::Accepted => ReasonCode::Success,
                Outcome::Rejected(_) if self.version == Version::V311 => ReasonCode::Success,
                Outcome::Rejected(reason) if reason.allowed_in(ReasonPlace::PubAck) => reason,
                Outcome::Rejected(_) => ReasonCode::UnspecifiedError,
            };
            let Some(id) = id else { continue };
            if qos == Qos::AtLeastOnce {
                self.write(&Packet::PubAck(Ack::new(id, reason)), out);
            } else {
                self.inbound.received(id, reason);
                self.write(&Packet::PubRec(Ack::new(id, reason)), out);
            }
        }
        Settled::GoOn
    }

    /// Says again what the connection before left open, as far as the client's receive maximum allows.
    pub fn resend(&mut self, now: impl FnOnce() -> UnixMs, out: &mut BytesMut) {
        if !self.outbound.has_resends() {
            return;
        }
        let now = now();
        while let Some(InFlight { id, awaited, delivery }) = self.outbound.next_resend() {
            if awaited == Awaited::Completed {
                self.release(id, out);
                continue;
            }
            let publish = Publish { dup: true, id: Some(id), ..delivery.to_publish(now) };
            self.write(&Packet::Publish(publish), out);
        }
    }

    /// Whether a message of this quality may leave now: QoS 1 and 2 wait for the client's receive maximum.
    pub fn can_send(&self, qos: Qos) -> bool {
        qos == Qos::AtMostOnce || self.outbound.has_quota()
    }

    /// Sends a message. The caller has asked `can_send`.
    pub fn send(&mut self, delivery: &Delivery, now: UnixMs, out: &mut BytesMut) -> Result<(), EncodeError> {
        let mut publish = delivery.to_publish(now);
        publish.id = match publish.qos {
            Qos::AtMostOnce => None,
            _ => Some(self.outbound.begin(delivery).ok_or(EncodeError::PacketId)?),
        };
        let id = publish.id;
        let alias = self.own_aliases.of(&publish.topic);
        match alias {
            Alias::None => {}
            Alias::New(alias) => publish.properties.push(Property::TopicAlias(alias)),
            Alias::Known(alias) => {
                publish.topic = Text::default();
                publish.properties.push(Property::TopicAlias(alias));
            }
        }
        let written = encode(&Packet::Publish(publish), self.version, self.peer_packet_bytes_max, out);
        match (&written, alias, id) {
            (Ok(()), Alias::New(alias), _) => self.own_aliases.set(&delivery.letter.topic, alias),
            (Err(_), _, Some(id)) => {
                self.outbound.forget(id);
            }
            _ => {}
        }
        written
    }

    pub fn suback(&self, id: PacketId, reasons: Vec<ReasonCode>, out: &mut BytesMut) {
        self.write(&Packet::SubAck(SubAck { id, properties: Properties::new(), reasons }), out);
    }

    pub fn unsuback(&self, id: PacketId, reasons: Vec<ReasonCode>, out: &mut BytesMut) {
        self.write(&Packet::UnsubAck(UnsubAck { id, properties: Properties::new(), reasons }), out);
    }

    /// Tells a v5 client why it is over; 3.1.1 servers close without a word [MQTT-3.14.0-1].
    pub fn disconnect(&self, reason: ReasonCode, why: Option<&str>, out: &mut BytesMut) {
        if self.version == Version::V311 || !reason.allowed_in(ReasonPlace::Disconnect) {
            return;
        }
        let plain = Packet::Disconnect(Disconnect { reason, properties: Properties::new() });
        let text = why.and_then(Text::new).map(Property::ReasonString);
        let told = Packet::Disconnect(Disconnect { reason, properties: text.into_iter().collect() });
        // [MQTT-3.14.2-3] the words are left out when the client has no room for them.
        if encode(&told, self.version, self.peer_packet_bytes_max, out).is_err() {
            self.write(&plain, out);
        }
    }

    /// An answer that does not fit the client's maximum packet size is left out, as [MQTT-3.1.2-24] demands.
    fn write(&self, packet: &Packet, out: &mut BytesMut) {
        if let Err(error) = encode(packet, self.version, self.peer_packet_bytes_max, out) {
            tracing::debug!(kind = ?packet.kind(), %error, "answer left out");
        }
    }
}

fn over(id: PacketId, answered: Answered) -> Step {
    match answered {
        Answered::Over(entry) => Step::Delivered { id, entry },
        _ => Step::Done,
    }
}

/// The largest packet this client takes.
pub fn peer_packet_bytes_max(connect: &Connect) -> usize {
    connect.properties.maximum_packet_bytes().map_or(usize::MAX, |bytes| *bytes as usize)
}
