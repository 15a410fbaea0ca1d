//! From the house's welcome to CONNACK: quotas, the right to the will, the session, and what the server grants.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::time::timeout;

use super::Broker;
use super::cuts::Moment;
use super::greeting::{auth_properties, refusal};
use super::listener::Placement;
use super::live::Live;
use super::seat::Seat;
use super::sessions::{Opened, Wanted, expiry_wanted};
use crate::codec::{ConnAck, Connect, Packet, Properties, Property, ReasonCode, Text, Version, Will};
use crate::journal::Record;
use crate::port::{Alarm, Disconnected, Handler, Welcome};
use crate::session::{AtRest, Delivery, Session, Terms, peer_packet_bytes_max};

/// A client that was let in. Dropping it is the one way out: the house is told exactly once, also when the task
/// is aborted or panics.
pub(super) struct Guest<H: Handler> {
    pub broker: Arc<Broker<H>>,
    pub client: Arc<H::Client>,
    /// `None` until its session is open.
    pub seat: Option<Arc<Seat>>,
    pub connection: u64,
    pub tenant: Arc<super::tenant::Tenant>,
    pub why: Disconnected,
    pub expiry_s: u32,
    /// What the connection leaves of its session.
    pub left: Option<Left>,
}

/// What a connection leaves behind.
pub(super) struct Left {
    pub at_rest: AtRest,
    pub pending: VecDeque<Delivery>,
    pub will: Option<Will>,
}

impl Left {
    fn untouched(at_rest: AtRest) -> Left {
        Left { at_rest, pending: VecDeque::new(), will: None }
    }
}

impl<H: Handler> Drop for Guest<H> {
    fn drop(&mut self) {
        let broker = self.broker.clone();
        // The house first: who takes the session over comes after this one's end.
        broker.handler.disconnected(&self.client, &self.why);
        if let Some(seat) = self.seat.take() {
            broker.leave_session(&seat, self);
        }
        self.tenant.connections.fetch_sub(1, Ordering::Relaxed);
        broker.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a client comes from, and when it began to.
#[derive(Clone, Copy)]
pub(super) struct Entrance {
    pub peer: SocketAddr,
    pub tls: bool,
    pub began: Moment,
}

/// A client with everything it needs to begin.
pub(super) struct Seated<H: Handler> {
    pub guest: Guest<H>,
    pub seat: Arc<Seat>,
    pub session: Session,
    pub will: Option<Will>,
    pub place: Placement<H>,
    pub authentication_method: Option<Text>,
}

impl<H: Handler> Broker<H> {
    pub(super) async fn seat<S>(
        self: &Arc<Self>,
        stream: &mut S,
        connect: Box<Connect>,
        welcome: Welcome<H::Client>,
        auth_data: Option<Bytes>,
        place: Placement<H>,
        from: Entrance,
    ) -> Option<Seated<H>>
    where
        S: AsyncWrite + Unpin,
    {
        let (mut guest, wanted) = self.guest(&connect, welcome);
        let opened = self.try_open(&connect, &mut guest, &wanted, &place, from).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(reason) => {
                guest.why = Disconnected::ByServer(reason);
                guest.tenant.refusals.fetch_add(1, Ordering::Relaxed);
                drop(guest);
                self.answer(stream, &connect, refusal(reason)).await;
                return None;
            }
        };
        let Opened { seat, at_rest, present, position } = opened;
        if timeout(self.limits().connect_time, self.keeper.committed(position)).await.is_err() {
            guest.why = Disconnected::ByServer(ReasonCode::ServerUnavailable);
            guest.left = Some(Left::untouched(at_rest));
            drop(guest);
            self.answer(stream, &connect, refusal(ReasonCode::ServerUnavailable)).await;
            return None;
        }
        let mut session = Session::new(&connect, &self.terms(&connect, &seat), at_rest);
        let mut connack = self.welcome(&connect, &seat, guest.expiry_s);
        connack.session_present = present;
        if let Some(method) = connect.properties.authentication_method() {
            auth_properties(method, auth_data).iter().for_each(|one| connack.properties.push(one.clone()));
        }
        if let Some(trace) = seat.traced(|| self.now()) {
            let at = self.now();
            trace.note(at, true, super::trace::words(&Packet::Connect(connect.clone())));
            trace.note(at, false, super::trace::words(&Packet::ConnAck(connack.clone())));
        }
        if !self.answer(stream, &connect, connack).await {
            guest.left = Some(Left::untouched(session.take_at_rest()));
            return None;
        }
        let authentication_method = connect.properties.authentication_method().cloned();
        let will = connect.will;
        Some(Seated { guest, seat, session, will, place, authentication_method })
    }

    /// From here on the house has an accepted client, and will be told when it goes.
    fn guest(self: &Arc<Self>, connect: &Connect, welcome: Welcome<H::Client>) -> (Guest<H>, Wanted) {
        let Welcome { client, identity, tenant, space, session_expiry_max_s, many } = welcome;
        let tenant = self.tenants.of(&tenant);
        let space = space.and_then(|name| Text::new(&*name)).map(|name| self.space(&name, &tenant.name));
        let expiry_max_s = session_expiry_max_s.min(self.limits().session_expiry_max_s);
        let expiry_s = expiry_wanted(connect).min(expiry_max_s);
        let client_id = if connect.client_id.is_empty() {
            // Unique also beside the sessions of an earlier process.
            Text::new(format!("assigned-{:x}-{}", self.now(), self.next_number())).unwrap_or_default()
        } else {
            connect.client_id.detached()
        };
        self.clients.fetch_add(1, Ordering::Relaxed);
        tenant.connections.fetch_add(1, Ordering::Relaxed);
        let guest = Guest {
            broker: self.clone(),
            client: Arc::new(client),
            seat: None,
            connection: self.next_number(),
            tenant: tenant.clone(),
            why: Disconnected::Lost,
            expiry_s,
            left: None,
        };
        let clean_start = connect.clean_start;
        (guest, Wanted { identity, many, client_id, space, tenant, clean_start, expiry_s })
    }

    async fn try_open(
        self: &Arc<Self>,
        connect: &Connect,
        guest: &mut Guest<H>,
        wanted: &Wanted,
        place: &Placement<H>,
        from: Entrance,
    ) -> Result<Opened, ReasonCode> {
        let tenant = &wanted.tenant;
        // A client that takes its own older connection over needs no further place.
        let beyond = tenant.connections.load(Ordering::Relaxed) > self.bounds.quota().connections;
        if beyond && self.registry.find(&wanted.identity, &wanted.client_id).is_none() {
            self.handler.alarmed(&tenant.name, Alarm::ConnectionsFull);
            return Err(ReasonCode::QuotaExceeded);
        }
        if let Some(will) = &connect.will
            && !self.handler.may_publish(&guest.client, &will.topic, will.retain)
        {
            return Err(ReasonCode::NotAuthorized);
        }
        // [MQTT-3.2.2-13]
        let retained_will = connect.will.as_ref().is_some_and(|will| will.retain);
        if retained_will && connect.version == Version::V5 && !self.retains(wanted.space.is_some()) {
            return Err(ReasonCode::RetainNotSupported);
        }
        let packet_max = peer_packet_bytes_max(connect);
        let live = Live::new(
            guest.connection,
            place.listener,
            connect.version,
            (from.peer, from.tls),
            self.now(),
            packet_max,
        );
        let mut opened = self.open_session(wanted, &guest.client, &live).await?;
        guest.seat = Some(opened.seat.clone());
        let refusal = if *place.stopping.borrow() {
            Some(ReasonCode::ServerShuttingDown)
        } else if opened.seat.is_cut().is_some() {
            Some(ReasonCode::ServerUnavailable)
        } else {
            // Its rights are asked for again when it comes again.
            let space = wanted.space.as_ref().map_or("", |space| &space.name);
            self.cuts.since(from.began, &[&wanted.identity, space]).then_some(ReasonCode::ServerBusy)
        };
        if let Some(reason) = refusal {
            guest.left = Some(Left::untouched(opened.at_rest));
            return Err(reason);
        }
        if opened.seat.kept && (connect.will.is_some() || opened.present) {
            let session = opened.seat.number;
            let record = match &connect.will {
                Some(will) => Record::Will { session, will: Box::new(detached(will)) },
                // It came back in time: what its connection before left is not said any more.
                None => Record::NoWill { session },
            };
            let mut batch = self.keeper.batch();
            opened.seat.next_will();
            batch.add(record);
            opened.position = batch.position();
        }
        Ok(opened)
    }

    /// The connection of a session is over: it is kept, or it ends.
    fn leave_session(self: &Arc<Self>, seat: &Arc<Seat>, guest: &mut Guest<H>) {
        let left = guest.left.take();
        let (at_rest, pending, will) =
            left.map_or_else(Default::default, |left| (left.at_rest, left.pending, left.will));
        let expiry_s = guest.expiry_s;
        let ends = !seat.kept || expiry_s == 0;
        let will = will.map(|will| super::tending::PendingWill {
            seat: seat.clone(),
            client: Some(guest.client.clone()),
            number: seat.will_number(),
            will,
        });
        if ends {
            self.end_with(seat, will);
            seat.leave(guest.connection, at_rest, pending);
            return;
        }
        let delay_s =
            will.as_ref().map_or(0, |will| will.will.properties.will_delay_s().copied().unwrap_or(0));
        if will.is_none() {
            self.keeper.record(Record::NoWill { session: seat.number });
        }
        self.keeper.record(Record::Away { session: seat.number, at: self.now(), expiry_s });
        match will {
            Some(will) if delay_s == 0 => {
                super::tending::publish_will(self, will, false);
                self.dues.away(seat, expiry_s, None);
            }
            will => {
                let delay = std::time::Duration::from_secs(u64::from(delay_s));
                self.dues.away(seat, expiry_s, will.map(|will| (delay, will)));
            }
        }
        seat.leave(guest.connection, at_rest, pending);
    }

    /// Nothing is retained for a client that talks with the house alone: there is nobody who would come later.
    fn retains(&self, in_space: bool) -> bool {
        self.limits().retain_available && in_space
    }

    fn terms(&self, connect: &Connect, seat: &Seat) -> Terms {
        let limits = self.limits();
        Terms {
            receive_maximum: limits.receive_maximum,
            arriving_bytes: limits.arriving_bytes,
            topic_alias_maximum: limits.topic_alias_maximum,
            send_topic_aliases: limits.send_topic_aliases,
            send_maximum: limits.send_maximum,
            keep_alive_s: self.server_keep_alive_s(connect).unwrap_or(connect.keep_alive_s),
            retain_available: self.retains(seat.space.is_some()),
        }
    }

    /// Only version 5 can be told another keep alive than it asked for [MQTT-3.1.2-21].
    fn server_keep_alive_s(&self, connect: &Connect) -> Option<u16> {
        let max = self.limits().keep_alive_max_s;
        let beyond = connect.keep_alive_s == 0 || connect.keep_alive_s > max;
        (connect.version == Version::V5 && beyond).then_some(max)
    }

    /// Says honestly what this broker grants and what it cannot do.
    fn welcome(&self, connect: &Connect, seat: &Seat, expiry_s: u32) -> ConnAck {
        let limits = self.limits();
        let mut properties = Properties::new();
        if connect.properties.session_expiry_s().is_some_and(|wanted_s| *wanted_s != expiry_s) {
            properties.push(Property::SessionExpiryInterval(expiry_s));
        }
        properties.push(Property::ReceiveMaximum(limits.receive_maximum));
        let in_space = seat.space.is_some();
        properties.push(Property::RetainAvailable(self.retains(in_space)));
        properties.push(Property::MaximumPacketSize(u32::try_from(limits.packet_bytes).unwrap_or(u32::MAX)));
        if connect.client_id.is_empty() {
            properties.push(Property::AssignedClientIdentifier(seat.client_id.clone()));
        }
        properties.push(Property::TopicAliasMaximum(limits.topic_alias_maximum));
        properties.push(Property::WildcardSubscriptionAvailable(in_space));
        properties.push(Property::SubscriptionIdentifierAvailable(true));
        properties.push(Property::SharedSubscriptionAvailable(in_space));
        if let Some(keep_alive_s) = self.server_keep_alive_s(connect) {
            properties.push(Property::ServerKeepAlive(keep_alive_s));
        }
        ConnAck { session_present: false, reason: ReasonCode::Success, properties }
    }
}

/// A will that waits must not keep a read buffer alive.
pub(super) fn detached(will: &Will) -> Will {
    let delay_s = will.properties.will_delay_s().copied();
    let mut properties = will.properties.clone();
    properties.retain(|property| !matches!(property, Property::WillDelayInterval(_)));
    let mut properties = properties.detached();
    if let Some(delay_s) = delay_s {
        properties.push(Property::WillDelayInterval(delay_s));
    }
    Will {
        qos: will.qos,
        retain: will.retain,
        properties,
        topic: will.topic.detached(),
        payload: Bytes::copy_from_slice(&will.payload),
    }
}
