//! What the broker asks of the house around it: who is this, may they, and is the message safe.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::pki_types::CertificateDer;

use crate::codec::{Properties, Qos, ReasonCode, Text, Version, Violation};

/// A CONNECT that is well formed and waits for its answer.
#[derive(Debug, Clone)]
pub struct Hello {
    pub peer: SocketAddr,
    /// The address the peer connected to; tells listeners apart.
    pub local: SocketAddr,
    pub tls: bool,
    /// The peer's own certificate, when TLS asked for one and its chain was accepted.
    pub certificate: Option<CertificateDer<'static>>,
    pub version: Version,
    /// As sent; empty when the client leaves the choice to the server.
    pub client_id: Text,
    pub username: Option<Text>,
    pub password: Option<Bytes>,
    pub keep_alive_s: u16,
    pub properties: Properties,
}

/// A client that was let in.
#[derive(Debug)]
pub struct Welcome<C> {
    pub client: C,
    /// Sessions are keyed by (identity, client identifier): nobody can take over another's.
    pub identity: Arc<str>,
}

/// A client that was not. `reason` is told to it, `why` only to the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: ReasonCode,
    pub why: String,
}

/// A message from a client, its topic alias resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: Text,
    pub payload: Bytes,
    pub qos: Qos,
    pub retain: bool,
    pub dup: bool,
    /// Left behind by a client that went without DISCONNECT.
    pub will: bool,
    pub properties: Properties,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Safe: the client may forget it.
    Accepted,
    /// Judged and final: sending it again would not help. A v5 client is told the reason; a 3.1.1 client, which
    /// has no way to be told, gets its plain acknowledgement.
    Rejected(ReasonCode),
    /// Not safe and not judged: the connection ends without an acknowledgement, so that the client sends again.
    Unavailable,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnected {
    /// DISCONNECT from the client; `true` when it asked for its will to be published.
    ByClient { with_will: bool },
    /// The network connection ended without DISCONNECT.
    Lost,
    /// The client broke a rule.
    Violated(Violation),
    /// The server ended it: taken over, keep alive, shutting down, unavailable, or on the house's order.
    ByServer(ReasonCode),
}

/// The house. The broker calls nothing else.
pub trait Handler: Send + Sync + 'static {
    /// Whatever the house knows of an authenticated client.
    type Client: Send + Sync + 'static;

    /// CONNECT: authenticate. Dropped unanswered when it outlasts the time-out.
    fn connect(&self, hello: Hello) -> impl Future<Output = Result<Welcome<Self::Client>, Refusal>> + Send;

    /// Also asked for the will: at CONNECT, before it is stored, and again before it is published.
    fn may_publish(&self, client: &Self::Client, topic: &str, retain: bool) -> bool;

    fn may_subscribe(&self, client: &Self::Client, filter: &str) -> bool;

    /// Resolves when the message is safe; only then is it acknowledged, in order of arrival. Called (and polled
    /// once) in order of arrival; many calls of one connection may be unresolved at a time. Dropped unresolved
    /// when the connection ends and `Limits::drain_time` has passed, and then not acknowledged.
    fn publish(&self, client: &Arc<Self::Client>, message: Message) -> impl Future<Output = Outcome> + Send;

    /// The subscription stands and its SUBACK is queued: the house may send.
    fn subscribed(&self, client: &Arc<Self::Client>, filter: &str);

    /// Exactly once for every accepted `connect`, after the last `publish` (and the will). When a client was
    /// taken over, this comes before the newer connection is told that it stands.
    fn disconnected(&self, client: &Arc<Self::Client>, why: &Disconnected);

    /// Broken rules, oversize packets, refusals: for diagnostics and counters.
    fn violated(&self, client: Option<&Arc<Self::Client>>, peer: SocketAddr, why: &str);
}
