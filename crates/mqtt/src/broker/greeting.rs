//! From the first byte to the house's opinion: a whole CONNECT in time, and who it is.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::connection::Connection;
use super::listener::Placement;
use super::opening::{Entrance, Seated};
use super::stream::poll_feed;
use super::{Broker, Origin};
use crate::codec::{
    Auth, ConnAck, Connect, Decoder, Packet, Properties, Property, ReasonCode, Text, Version, Violation,
    encode,
};
use crate::port::{AuthAnswer, AuthExchange, Handler, Hello, Refusal, Welcome};
use crate::session::peer_packet_bytes_max;

/// Steps of an enhanced authentication.
const AUTH_ROUNDS_MAX: u32 = 8;

impl<H: Handler> Broker<H> {
    pub(super) async fn attend_placed<S>(self: Arc<Self>, stream: S, origin: Origin, place: Placement<H>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        // Boxed, so that what only the greeting needs is given back after it.
        if let Some(connection) = Box::pin(self.let_in(stream, origin, place)).await {
            connection.attend().await;
        }
    }

    async fn let_in<S>(
        self: Arc<Self>,
        mut stream: S,
        origin: Origin,
        place: Placement<H>,
    ) -> Option<Box<Connection<H, S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let peer = origin.peer;
        let limit = self.limits().connect_bytes.min(self.limits().packet_bytes);
        let mut decoder = Decoder::for_server(limit);
        let Some(seated) = self.greet(&mut stream, &mut decoder, origin, place).await else {
            let _ = timeout(self.limits().connect_time, stream.shutdown()).await;
            return None;
        };
        decoder.set_packet_bytes_max(self.limits().packet_bytes);
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
            connect = timeout(self.limits().connect_time, read_connect(stream, decoder)) => connect,
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
        // Before the house is asked: what it says does not hold for who is cut meanwhile.
        let from = Entrance { peer, tls: origin.tls, began: self.cuts.now() };
        let hello = hello(&connect, origin);
        let answered = tokio::select! {
            answered = timeout(self.limits().connect_time, self.introduce(stream, decoder, &connect, hello)) => answered,
            _ = stopping.wait_for(|stop| *stop) => return None,
        };
        let reason = match answered {
            Ok(Ok((welcome, data))) => {
                place.no_longer_a_stranger();
                return self.seat(stream, connect, welcome, data, place, from).await;
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

    /// Who it is, by what CONNECT says, or by an enhanced authentication (section 4.12).
    async fn introduce<S>(
        &self,
        stream: &mut S,
        decoder: &mut Decoder,
        connect: &Connect,
        hello: Hello,
    ) -> Result<(Welcome<H::Client>, Option<Bytes>), Refusal>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Some(method) = connect.properties.authentication_method() else {
            return self.handler.connect(hello).await.map(|welcome| (welcome, None));
        };
        let gone = |why: &str| Refusal { reason: ReasonCode::ProtocolError, why: why.to_owned() };
        let mut data = connect.properties.authentication_data().cloned();
        for round in 0..AUTH_ROUNDS_MAX {
            let exchange =
                AuthExchange { method, data: data.as_ref(), round, hello: Some(&hello), client: None };
            match self.handler.authenticate(exchange).await {
                AuthAnswer::Welcome { welcome, data } => return Ok((welcome, data)),
                AuthAnswer::Refused(refusal) => return Err(refusal),
                AuthAnswer::Confirmed { .. } => return Err(gone("the house confirmed a stranger")),
                AuthAnswer::Continue(challenge) => {
                    let properties = auth_properties(method, Some(challenge));
                    let auth = Auth { reason: ReasonCode::ContinueAuthentication, properties };
                    let mut out = BytesMut::new();
                    let max = peer_packet_bytes_max(connect);
                    if encode(&Packet::Auth(auth), connect.version, max, &mut out).is_err()
                        || !self.write(stream, &out).await
                    {
                        return Err(gone("the client is gone"));
                    }
                }
            }
            match read_packet(stream, decoder).await {
                // [MQTT-4.12.0-3], [MQTT-4.12.0-5]
                Ok(Some(Packet::Auth(auth)))
                    if auth.reason == ReasonCode::ContinueAuthentication
                        && auth.properties.authentication_method() == Some(method) =>
                {
                    data = auth.properties.authentication_data().cloned();
                }
                _ => return Err(gone("the client broke off its authentication")),
            }
        }
        Err(Refusal { reason: ReasonCode::NotAuthorized, why: "an authentication without end".to_owned() })
    }

    /// What the broker itself refuses, whoever it is.
    fn judge(&self, connect: &Connect) -> Result<(), (ReasonCode, &'static str)> {
        // [MQTT-3.1.3-8] of 3.1.1
        if connect.client_id.is_empty() && !connect.clean_start && connect.version == Version::V311 {
            return Err((
                ReasonCode::ClientIdentifierNotValid,
                "a lasting session without client identifier",
            ));
        }
        Ok(())
    }

    /// Writes CONNACK; false when the connection is gone. 3.1.1 has no words for some refusals and just closes.
    pub(super) async fn answer<S: AsyncWrite + Unpin>(
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
        matches!(timeout(self.limits().connect_time, written).await, Ok(Ok(())))
    }

    /// A CONNECT of another version is told so in 3.1.1's words [MQTT-3.1.2-2]; the rest is closed in silence.
    async fn answer_violation<S: AsyncWrite + Unpin>(&self, stream: &mut S, violation: Violation) {
        if let Violation::ProtocolLevel(level) = violation {
            let bytes: &[u8] = if level > 5 { &[0x20, 3, 0, 0x84, 0] } else { &[0x20, 2, 0, 1] };
            self.write(stream, bytes).await;
        }
    }
}

async fn read_connect<S: AsyncRead + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
) -> Result<Option<Box<Connect>>, Violation> {
    match read_packet(stream, decoder).await? {
        Some(Packet::Connect(connect)) => Ok(Some(connect)),
        Some(_) => Err(Violation::FirstNotConnect),
        None => Ok(None),
    }
}

/// `None` at the end of the stream.
async fn read_packet<S: AsyncRead + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
) -> Result<Option<Packet>, Violation> {
    loop {
        if let Some(packet) = decoder.next_packet()? {
            return Ok(Some(packet));
        }
        match std::future::poll_fn(|cx| poll_feed(stream, decoder, cx)).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

pub(super) fn auth_properties(method: &Text, data: Option<Bytes>) -> Properties {
    let mut properties = Properties::new();
    properties.push(Property::AuthenticationMethod(method.clone()));
    if let Some(data) = data {
        properties.push(Property::AuthenticationData(data));
    }
    properties
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

pub(super) fn refusal(reason: ReasonCode) -> ConnAck {
    // A refusal must be one: a code that CONNACK does not know would be read as garbage.
    let known = reason.is_error() && reason.allowed_in(crate::codec::ReasonPlace::ConnAck);
    let reason = if known { reason } else { ReasonCode::UnspecifiedError };
    ConnAck { session_present: false, reason, properties: Properties::new() }
}
