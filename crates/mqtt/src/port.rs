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
    /// Whose quotas and counters it falls under.
    pub tenant: Arc<str>,
    /// The topic space it lives in, shared with everybody else in it. A client without one talks with the house alone.
    pub space: Option<Arc<str>>,
    /// How long its session may be kept after a connection; `u32::MAX` is for ever, 0 is not at all.
    pub session_expiry_max_s: u32,
    /// Whether many share this identity, as where nobody says a name: what bounds one client does not bound them all.
    pub many: bool,
}

impl<C> Welcome<C> {
    /// A client that talks with the house alone, and whose session ends with its connection.
    pub fn new(client: C, identity: impl Into<Arc<str>>) -> Welcome<C> {
        Welcome {
            client,
            identity: identity.into(),
            tenant: "".into(),
            space: None,
            session_expiry_max_s: 0,
            many: false,
        }
    }

    pub fn in_space(mut self, space: impl Into<Arc<str>>, tenant: impl Into<Arc<str>>) -> Self {
        (self.space, self.tenant) = (Some(space.into()), tenant.into());
        self
    }

    pub fn of_many(mut self) -> Self {
        self.many = true;
        self
    }

    pub fn with_sessions_for(mut self, seconds: u32) -> Self {
        self.session_expiry_max_s = seconds;
        self
    }
}

/// A step of an enhanced authentication (section 4.12).
#[derive(Debug)]
pub struct AuthExchange<'a, C> {
    pub method: &'a Text,
    pub data: Option<&'a Bytes>,
    /// Steps before this one of the same exchange.
    pub round: u32,
    /// At CONNECT.
    pub hello: Option<&'a Hello>,
    /// When a client that is in authenticates again.
    pub client: Option<&'a Arc<C>>,
}

/// What the house says to it.
#[derive(Debug)]
pub enum AuthAnswer<C> {
    /// The client has to say more.
    Continue(Bytes),
    /// At CONNECT.
    Welcome {
        welcome: Welcome<C>,
        data: Option<Bytes>,
    },
    /// It is still who it was.
    Confirmed {
        data: Option<Bytes>,
    },
    Refused(Refusal),
}

/// Something a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// Messages for this session are refused: its client is away and has not fetched what waits.
    QueueFull { identity: Arc<str>, client_id: Text },
    /// No more retained messages are taken.
    RetainedFull,
    /// No more sessions are opened.
    SessionsFull,
    /// No more subscriptions are taken.
    SubscriptionsFull,
    /// No more clients are let in at a time.
    ConnectionsFull,
    /// No more sessions are opened for this identity.
    ClientSessionsFull { identity: Arc<str> },
    /// No more retained messages are taken of this identity, but on topics where it has one.
    ClientTopicsFull { identity: Arc<str> },
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

    /// Asked when the whole of a filter is not allowed: filters for the part of it that is. Empty refuses.
    fn narrowed(&self, _client: &Self::Client, _filter: &str) -> Vec<Text> {
        Vec::new()
    }

    /// What a client is told whose subscription was refused.
    fn subscription_refusal(&self, _client: &Self::Client, _filter: &str) -> ReasonCode {
        ReasonCode::NotAuthorized
    }

    /// A step of an enhanced authentication. A house without any refuses.
    fn authenticate(
        &self,
        _exchange: AuthExchange<'_, Self::Client>,
    ) -> impl Future<Output = AuthAnswer<Self::Client>> + Send {
        let why = "enhanced authentication is not available".to_owned();
        std::future::ready(AuthAnswer::Refused(Refusal { reason: ReasonCode::BadAuthenticationMethod, why }))
    }

    /// Who an identity is that is not connected, for a will that a crash left behind. Without an answer it is dropped.
    fn absent(&self, _identity: &str) -> impl Future<Output = Option<Self::Client>> + Send {
        std::future::ready(None)
    }

    /// Whether `publish` has to see messages of this topic at all.
    fn wants(&self, _client: &Self::Client, _topic: &str) -> bool {
        true
    }

    fn alarmed(&self, _tenant: &str, _alarm: Alarm) {}

    /// Resolves when the message is safe; only then is it acknowledged, in order of arrival. Called (and polled
    /// once) in order of arrival; many calls of one connection may be unresolved at a time. Dropped unresolved
    /// when the connection ends and `Limits::drain_time` has passed, and then not acknowledged.
    fn publish(&self, client: &Arc<Self::Client>, message: Message) -> impl Future<Output = Outcome> + Send;

    /// Whether the messages of this client that arrive together are given to `publish_all` instead. Its will is not:
    /// that one comes alone.
    fn takes_together(&self, _client: &Self::Client) -> bool {
        false
    }

    /// The same for messages that arrived together, in order of arrival: an outcome for each, when all are known.
    fn publish_all(
        &self,
        client: &Arc<Self::Client>,
        messages: Vec<Message>,
    ) -> impl Future<Output = Vec<Outcome>> + Send {
        let each = messages.into_iter().map(|message| self.publish(client, message));
        futures_util::future::join_all(each.collect::<Vec<_>>())
    }

    /// The subscription stands and its SUBACK is queued: the house may send.
    fn subscribed(&self, client: &Arc<Self::Client>, filter: &str);

    /// Exactly once for every accepted `connect`, after the last `publish` (and the will). When a client was
    /// taken over, this comes before the newer connection is told that it stands.
    fn disconnected(&self, client: &Arc<Self::Client>, why: &Disconnected);

    /// Broken rules, oversize packets, refusals: for diagnostics and counters.
    fn violated(&self, client: Option<&Arc<Self::Client>>, peer: SocketAddr, why: &str);
}
