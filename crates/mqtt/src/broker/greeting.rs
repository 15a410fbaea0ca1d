//! From the first byte to CONNACK: whole CONNECT in time, the house's opinion, the will, and takeover.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::connection::Connection;
use super::link::Link;
use super::listener::Placement;
use super::stream::poll_feed;
use super::{Broker, Origin};
use crate::codec::{
    ConnAck, Connect, Decoder, Packet, Properties, Property, ReasonCode, Text, Version, Violation, Will,
    encode,
};
use crate::port::{Disconnected, Handler, Hello};
use crate::session::{Session, Terms, peer_packet_bytes_max};

/// A client that was let in. Dropping it is the one way out: the house is told exactly once, also when the task
/// is aborted or panics.
pub(super) struct Guest<H: Handler> {
    pub broker: Arc<Broker<H>>,
    pub client: Arc<H::Client>,
    pub link: Arc<Link>,
    pub why: Disconnected,
}

impl<H: Handler> Drop for Guest<H> {
    fn drop(&mut self) {
        self.link.close();
        self.broker.handler.disconnected(&self.client, &self.why);
        self.broker.registry.leave(&self.link);
        self.broker.clients.fetch_sub(1, Ordering::Relaxed);
        self.link.end();
    }
}

/// A client with everything it needs to begin.
pub(super) struct Seated<H: Handler> {
    pub guest: Guest<H>,
    pub session: Session,
    pub will: Option<Will>,
    pub place: Placement<H>,
}

impl<H: Handler> Broker<H> {
    pub(super) async fn attend_placed<S>(self: Arc<Self>, stream: S, origin: Origin, place: Placement<H>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        // Boxed, so that what only the greeting needs is given back after it.
        if let Some(connection) = Box::pin(self.open(stream, origin, place)).await {
            connection.attend().await;
        }
    }

    async fn open<S>(
        self: Arc<Self>,
        mut stream: S,
        origin: Origin,
        place: Placement<H>,
    ) -> Option<Box<Connection<H, S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let peer = origin.peer;
        let limit = self.limits.connect_bytes.min(self.limits.packet_bytes);
        let mut decoder = Decoder::for_server(limit);
        let Some(seated) = self.greet(&mut stream, &mut decoder, origin, place).await else {
            let _ = timeout(self.limits.connect_time, stream.shutdown()).await;
            return None;
        };
        decoder.set_packet_bytes_max(self.limits.packet_bytes);
        Some(Box::new(Connection::new(seated, stream, decoder, peer)))
    }

    async fn greet<S>(
        self: &Arc<Self>,
        stream: &mut S,
        decoder: &mut Decoder,
        origin: Origin,
        mut place: Placement<H>,
    ) -> Option<Seated<H>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let peer = origin.peer;
        let mut stopping = place.stopping.clone();
        let connect = tokio::select! {
            connect = timeout(self.limits.connect_time, read_connect(stream, decoder)) => connect,
            _ = stopping.wait_for(|stop| *stop) => return None,
        };
        let connect = match connect {
            Ok(Ok(connect)) => connect?,
            Ok(Err(violation)) => {
                self.handler.violated(None, peer, &format!("{violation} [{}]", violation.clause()));
                self.answer_violation(stream, violation).await;
                return None;
            }
            Err(_) => {
                self.handler.violated(None, peer, "no CONNECT in time");
                return None;
            }
        };
        if let Err((reason, why)) = self.judge(&connect) {
            self.handler.violated(None, peer, why);
            self.answer(stream, &connect, refusal(reason)).await;
            return None;
        }
        let hello = hello(&connect, origin);
        let welcome = tokio::select! {
            welcome = timeout(self.limits.connect_time, self.handler.connect(hello)) => welcome,
            _ = stopping.wait_for(|stop| *stop) => return None,
        };
        let reason = match welcome {
            Ok(Ok(welcome)) => {
                place.no_longer_a_stranger();
                let guest = self.guest(&connect, welcome.client, welcome.identity, place.listener);
                return self.seat(stream, connect, guest, place).await;
            }
            Ok(Err(refusal)) => {
                self.handler.violated(None, peer, &format!("refused: {}", refusal.why));
                refusal.reason
            }
            Err(_) => {
                self.handler.violated(None, peer, "the house did not answer CONNECT in time");
                ReasonCode::ServerUnavailable
            }
        };
        self.answer(stream, &connect, refusal(reason)).await;
        None
    }

    /// What the broker itself refuses, whoever it is.
    fn judge(&self, connect: &Connect) -> Result<(), (ReasonCode, &'static str)> {
        if connect.properties.authentication_method().is_some() {
            return Err((ReasonCode::BadAuthenticationMethod, "enhanced authentication is not available"));
        }
        // [MQTT-3.1.3-8] of 3.1.1
        if connect.client_id.is_empty() && !connect.clean_start && connect.version == Version::V311 {
            return Err((
                ReasonCode::ClientIdentifierNotValid,
                "a lasting session without client identifier",
            ));
        }
        // [MQTT-3.2.2-13]
        let retained_will = connect.will.as_ref().is_some_and(|will| will.retain);
        if retained_will && connect.version == Version::V5 && !self.limits.retain_available {
            return Err((ReasonCode::RetainNotSupported, "a retained will, but retain is not available"));
        }
        Ok(())
    }

    /// From here on the house has an accepted client, and will be told when it goes.
    fn guest(
        self: &Arc<Self>,
        connect: &Connect,
        client: H::Client,
        identity: Arc<str>,
        listener: u64,
    ) -> Guest<H> {
        let client_id = if connect.client_id.is_empty() {
            let number = self.assigned_ids.fetch_add(1, Ordering::Relaxed);
            Text::new(format!("assigned-{number}")).unwrap_or_default()
        } else {
            connect.client_id.detached()
        };
        let link = Link::new(identity, client_id, listener, connect.version, peer_packet_bytes_max(connect));
        self.clients.fetch_add(1, Ordering::Relaxed);
        Guest {
            broker: self.clone(),
            client: Arc::new(client),
            link: Arc::new(link),
            why: Disconnected::Lost,
        }
    }

    /// The will, takeover, CONNACK.
    async fn seat<S>(
        self: &Arc<Self>,
        stream: &mut S,
        connect: Box<Connect>,
        mut guest: Guest<H>,
        place: Placement<H>,
    ) -> Option<Seated<H>>
    where
        S: AsyncWrite + Unpin,
    {
        if let Some(will) = &connect.will
            && !self.handler.may_publish(&guest.client, &will.topic, will.retain)
        {
            guest.why = Disconnected::ByServer(ReasonCode::NotAuthorized);
            drop(guest);
            self.answer(stream, &connect, refusal(ReasonCode::NotAuthorized)).await;
            return None;
        }
        if let Some(older) = self.registry.enter(&guest.link) {
            older.cut(ReasonCode::SessionTakenOver);
            // The house hears of the older connection's end before this one stands. An older one that hangs
            // is passed after its own time-outs.
            let patience = self.limits.drain_time * 2;
            let _ = timeout(patience, older.ended()).await;
        }
        if *place.stopping.borrow() {
            guest.link.cut(ReasonCode::ServerShuttingDown);
        }
        if let Some(reason) = guest.link.is_cut() {
            guest.why = Disconnected::ByServer(reason);
            self.answer(stream, &connect, refusal(ReasonCode::ServerUnavailable)).await;
            return None;
        }
        let session = Session::new(&connect, &self.terms(&connect));
        let connack = self.welcome(&connect, &guest.link);
        if !self.answer(stream, &connect, connack).await {
            return None;
        }
        let will = connect.will;
        Some(Seated { guest, session, will, place })
    }

    fn terms(&self, connect: &Connect) -> Terms {
        Terms {
            receive_maximum: self.limits.receive_maximum,
            arriving_bytes: self.limits.arriving_bytes,
            topic_alias_maximum: self.limits.topic_alias_maximum,
            send_maximum: self.limits.send_maximum,
            keep_alive_s: self.server_keep_alive_s(connect).unwrap_or(connect.keep_alive_s),
            retain_available: self.limits.retain_available,
        }
    }

    /// Only version 5 can be told another keep alive than it asked for [MQTT-3.1.2-21].
    fn server_keep_alive_s(&self, connect: &Connect) -> Option<u16> {
        let max = self.limits.keep_alive_max_s;
        let beyond = connect.keep_alive_s == 0 || connect.keep_alive_s > max;
        (connect.version == Version::V5 && beyond).then_some(max)
    }

    /// Says honestly what this broker cannot do.
    fn welcome(&self, connect: &Connect, link: &Link) -> ConnAck {
        let limits = &self.limits;
        let mut properties = Properties::new();
        if connect.properties.session_expiry_s().is_some_and(|expiry_s| *expiry_s > 0) {
            properties.push(Property::SessionExpiryInterval(0));
        }
        properties.push(Property::ReceiveMaximum(limits.receive_maximum));
        properties.push(Property::RetainAvailable(limits.retain_available));
        properties.push(Property::MaximumPacketSize(u32::try_from(limits.packet_bytes).unwrap_or(u32::MAX)));
        if connect.client_id.is_empty() {
            properties.push(Property::AssignedClientIdentifier(link.client_id.clone()));
        }
        properties.push(Property::TopicAliasMaximum(limits.topic_alias_maximum));
        properties.push(Property::WildcardSubscriptionAvailable(true));
        properties.push(Property::SubscriptionIdentifierAvailable(true));
        properties.push(Property::SharedSubscriptionAvailable(false));
        if let Some(keep_alive_s) = self.server_keep_alive_s(connect) {
            properties.push(Property::ServerKeepAlive(keep_alive_s));
        }
        ConnAck { session_present: false, reason: ReasonCode::Success, properties }
    }

    /// Writes CONNACK; false when the connection is gone. 3.1.1 has no words for some refusals and just closes.
    async fn answer<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        connect: &Connect,
        connack: ConnAck,
    ) -> bool {
        if connect.version == Version::V311 && connack.reason.to_connack_v311().is_none() {
            return false;
        }
        let mut out = BytesMut::new();
        let max = peer_packet_bytes_max(connect);
        if encode(&Packet::ConnAck(connack), connect.version, max, &mut out).is_err() {
            return false;
        }
        self.write(stream, &out).await
    }

    async fn write<S: AsyncWrite + Unpin>(&self, stream: &mut S, bytes: &[u8]) -> bool {
        let written = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        matches!(timeout(self.limits.connect_time, written).await, Ok(Ok(())))
    }

    /// A CONNECT of another version is told so in 3.1.1's words [MQTT-3.1.2-2]; the rest is closed in silence.
    async fn answer_violation<S: AsyncWrite + Unpin>(&self, stream: &mut S, violation: Violation) {
        if let Violation::ProtocolLevel(level) = violation {
            let bytes: &[u8] = if level > 5 { &[0x20, 3, 0, 0x84, 0] } else { &[0x20, 2, 0, 1] };
            self.write(stream, bytes).await;
        }
    }
}

/// `None` at the end of the stream.
async fn read_connect<S: AsyncRead + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
) -> Result<Option<Box<Connect>>, Violation> {
    loop {
        match decoder.next_packet()? {
            Some(Packet::Connect(connect)) => return Ok(Some(connect)),
            Some(_) => return Err(Violation::FirstNotConnect),
            None => {}
        }
        match std::future::poll_fn(|cx| poll_feed(stream, decoder, cx)).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

fn hello(connect: &Connect, origin: Origin) -> Hello {
    Hello {
        peer: origin.peer,
        local: origin.local,
        tls: origin.tls,
        certificate: origin.certificate,
        version: connect.version,
        client_id: connect.client_id.clone(),
        username: connect.username.clone(),
        password: connect.password.clone(),
        keep_alive_s: connect.keep_alive_s,
        properties: connect.properties.clone(),
    }
}

fn refusal(reason: ReasonCode) -> ConnAck {
    // A refusal must be one: a code that CONNACK does not know would be read as garbage.
    let known = reason.is_error() && reason.allowed_in(crate::codec::ReasonPlace::ConnAck);
    let reason = if known { reason } else { ReasonCode::UnspecifiedError };
    ConnAck { session_present: false, reason, properties: Properties::new() }
}
