//! The MQTT door: authenticates devices, keeps each to its own topics, and hands their messages to the hub. The
//! broker acknowledges only once the hub says that a message is safe.

mod bus;
mod certified;
mod denied;
mod expiry;
mod home;
mod link;
mod presence;
mod told;
pub mod topics;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use lares_hub::alarms::Cause;
use lares_hub::home_clients::{self, HomeClient};
use lares_hub::ingest::{Reported, Said};
use lares_hub::oauth::machines;
use lares_hub::{Hub, HubError, certificates, devices, ingest, signing};
use lares_model::alarm::{AlarmSeverity, AlarmSource};
use lares_model::device::{Device, Encoding};
use lares_model::presence::PresenceStatus;
use lares_model::protocol::parse_topic;
use lares_model::{DeviceId, OrganisationId};
use lares_mqtt::codec::{ReasonCode, Text};
use lares_mqtt::{Alarm, Disconnected, Handler, Hello, Message, Outcome, Refusal, Welcome};

use bus::Owners;
pub use bus::Spaces;
use certified::Certified;
pub use certified::Listed;
pub use denied::Denied;
use home::HomeGuest;
pub use link::MqttLink;
pub use presence::{Listeners, PresenceLog};
use told::{Told, shortened};

/// The house behind the broker.
pub struct House {
    hub: Arc<Hub>,
    presence: PresenceLog,
    policy: Policy,
    connections: AtomicU64,
    owners: Owners,
    certified: Certified,
    /// Bytes of messages that are with the hub and not yet safe, for all connections together.
    waiting: Arc<tokio::sync::Semaphore>,
    /// Refusals on their way into the log; further ones are counted only.
    refusals: Arc<tokio::sync::Semaphore>,
    told: Told,
}

/// What a listener lets in without a name.
#[derive(Clone)]
pub struct Policy {
    pub anonymous: Option<Anonymous>,
}

/// A listener that says that everybody may come in.
#[derive(Clone)]
pub struct Anonymous {
    pub listener: SocketAddr,
    /// Everybody who comes in there.
    pub client: Arc<HomeClient>,
    pub denied: Denied,
}

impl Anonymous {
    /// A listener on every address is told from others by its port.
    fn is_entered_by(&self, local: SocketAddr) -> bool {
        self.listener.port() == local.port()
            && (self.listener.ip().is_unspecified() || self.listener.ip() == local.ip())
    }
}

/// A client that was let in.
pub enum Client {
    Device(DeviceClient),
    Home(HomeGuest),
}

/// A device that was let in.
pub struct DeviceClient {
    pub id: DeviceId,
    /// Tells connections of one device apart.
    pub connection: u64,
}

const REFUSALS_MAX: usize = 64;
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

fn wrong(why: &str) -> Refusal {
    Refusal { reason: ReasonCode::BadUserNameOrPassword, why: why.to_owned() }
}

fn refused(why: &str) -> Refusal {
    Refusal { reason: ReasonCode::NotAuthorized, why: why.to_owned() }
}

fn unavailable(error: &HubError) -> Refusal {
    tracing::error!(%error, "an MQTT client could not be authenticated");
    Refusal { reason: ReasonCode::ServerUnavailable, why: error.to_string() }
}

impl House {
    pub fn new(hub: &Arc<Hub>, presence: PresenceLog, policy: Policy) -> Arc<House> {
        Arc::new(House {
            hub: hub.clone(),
            presence,
            policy,
            connections: AtomicU64::new(1),
            owners: Owners::default(),
            certified: Certified::default(),
            waiting: Arc::new(tokio::sync::Semaphore::new(WAITING_BYTES_MAX)),
            refusals: Arc::new(tokio::sync::Semaphore::new(REFUSALS_MAX)),
            told: Told::default(),
        })
    }

    /// Goes by these revocation lists from now on: whoever is in by what they name is cut.
    pub fn follow_revocations(&self, listed: Listed) {
        for device in self.certified.follow(listed) {
            tracing::info!(device.id = %device, "its certificate is on a revocation list");
            if let Some(link) = self.hub.link() {
                link.cut(device);
            }
        }
    }

    /// Nobody without a name subscribes to these filters from now on. The identity of those who have to come in again,
    /// since they may have subscribed to one.
    pub fn deny(&self, filters: &[String]) -> Option<String> {
        let anonymous = self.policy.anonymous.as_ref()?;
        anonymous.denied.replace(filters).then(|| anonymous.client.identity())
    }

    async fn device(
        &self,
        id: DeviceId,
        username: &str,
        password: &[u8],
    ) -> Result<Welcome<Client>, Refusal> {
        if id.to_string() != username {
            // As in topics: one spelling, so that a name is a key.
            return Err(wrong("the user name is not spelt as the device id"));
        }
        let password = std::str::from_utf8(password).map_err(|_| wrong("no password"))?;
        if signing::looks_like_a_jwt(password) {
            return self.device_with_token(id, password).await;
        }
        match devices::authenticate(&self.hub, id, password).await {
            Ok(true) => {}
            Ok(false) => return Err(wrong("device or password is wrong")),
            Err(error) => return Err(unavailable(&error)),
        }
        let device = self.hub.directory.get(id).ok_or_else(|| wrong("the device was removed"))?;
        Ok(self.welcome_device(id, &device))
    }

    /// A device by a token that it signed for. Its connection ends with the token.
    async fn device_with_token(&self, id: DeviceId, token: &str) -> Result<Welcome<Client>, Refusal> {
        let until = match machines::device_of(&self.hub, token).await {
            Ok(Some((device, until))) if device == id => until,
            Ok(_) => return Err(wrong("the token is not this device's, or is over")),
            Err(error) => return Err(unavailable(&error)),
        };
        let device = self.hub.directory.get(id).ok_or_else(|| wrong("the device was removed"))?;
        let welcome = self.welcome_device(id, &device);
        if let Client::Device(DeviceClient { id, connection }) = welcome.client {
            tokio::spawn(expiry::end_at(
                Arc::downgrade(&self.hub),
                self.presence.listeners(),
                (id, connection),
                until,
            ));
        }
        Ok(welcome)
    }

    fn welcome_device(&self, id: DeviceId, device: &Device) -> Welcome<Client> {
        self.welcome_connection(self.connections.fetch_add(1, Ordering::Relaxed), id, device)
    }

    fn welcome_connection(&self, connection: u64, id: DeviceId, device: &Device) -> Welcome<Client> {
        self.presence.arrived(id, connection);
        // Commands are queued by the hub, which knows when one must not be carried out any more; a session that
        // kept them would hand them over later.
        let mut welcome = Welcome::new(Client::Device(DeviceClient { id, connection }), id.to_string());
        welcome.tenant = device.organisation.to_string().into();
        welcome
    }

    /// A device by its certificate. TLS has proved the key and the authority; that the serial still counts is asked
    /// at every connect. A user name and a client identifier may say the same, and nothing else.
    async fn certified(&self, hello: &Hello, der: &[u8]) -> Result<Welcome<Client>, Refusal> {
        let (device, certificate) = match certificates::authenticate(&self.hub, der).await {
            Ok(known) => known.ok_or_else(|| refused("the certificate is nobody's now"))?,
            Err(error) => return Err(unavailable(&error)),
        };
        let own = device.id.to_string();
        if hello.username.as_ref().is_some_and(|name| **name != *own) {
            return Err(refused("the user name is another than the certificate's"));
        }
        if !hello.client_id.is_empty() && *hello.client_id != *own {
            return Err(Refusal {
                reason: ReasonCode::ClientIdentifierNotValid,
                why: "the client identifier is another than the certificate's".to_owned(),
            });
        }
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        if !self.certified.enter(connection, device.id, certificate) {
            return Err(refused("the certificate is on a revocation list"));
        }
        Ok(self.welcome_connection(connection, device.id, &device))
    }

    async fn home_client(&self, username: &str, password: &[u8]) -> Result<Welcome<Client>, Refusal> {
        match home_clients::authenticate(&self.hub, username, password).await {
            Ok(Some(client)) => Ok(self.guest(client, Denied::default())),
            Ok(None) => Err(wrong("user name or password is wrong")),
            Err(HubError::TooMany { .. }) => Err(Refusal {
                reason: ReasonCode::ConnectionRateExceeded,
                why: "too many attempts".to_owned(),
            }),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn guest(&self, client: Arc<HomeClient>, denied: Denied) -> Welcome<Client> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.insert(client.home, client.organisation);
        drop(owners);
        let identity = client.identity();
        let mut welcome = HomeGuest { client, denied }.welcome();
        welcome.identity = identity.into();
        welcome
    }

    /// An outcome for each message. What arrived together is appended together.
    async fn take(&self, id: DeviceId, messages: &[Message]) -> Vec<Outcome> {
        let Some(device) = self.hub.directory.get(id) else {
            return vec![Outcome::Rejected(ReasonCode::NotAuthorized); messages.len()];
        };
        let said: Vec<_> = messages.iter().map(said).collect();
        match ingest::report_all(&self.hub, &device, said.iter().flatten().copied()).await {
            Ok(reported) => {
                let mut reported = reported.into_iter();
                let outcome = |said: &Option<Said<'_>>| match said.and_then(|_| reported.next()) {
                    None => Outcome::Rejected(ReasonCode::TopicNameInvalid),
                    Some(Reported { limit: Some(_), .. }) => Outcome::Rejected(ReasonCode::QuotaExceeded),
                    Some(_) => Outcome::Accepted,
                };
                said.iter().map(outcome).collect()
            }
            Err(error) => {
                metrics::counter!("lares_mqtt_unacknowledged_total").increment(messages.len() as u64);
                tracing::warn!(device.id = %id, %error, "messages are not safe and not acknowledged");
                vec![Outcome::Unavailable; messages.len()]
            }
        }
    }

    /// A place among the bytes that wait for the hub.
    async fn place(&self, messages: &[Message]) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let bytes = messages
            .iter()
            .map(|message| (message.payload.len() + message.properties.bytes()).max(64))
            .sum::<usize>();
        let weight = u32::try_from(bytes.min(WAITING_BYTES_MAX)).unwrap_or(u32::MAX);
        self.waiting.acquire_many(weight).await.ok()
    }
}

/// `None` where its topic is none of ours.
fn said(message: &Message) -> Option<Said<'_>> {
    let (_, channel) = parse_topic(&message.topic)?;
    let encoding = match message.properties.content_type().map(|text| text.as_ref()) {
        Some("application/cbor") => Some(Encoding::Cbor),
        Some("application/json") => Some(Encoding::Json),
        _ => None,
    };
    Some(Said { channel, encoding, payload: &message.payload })
}

impl Handler for House {
    type Client = Client;

    async fn connect(&self, hello: Hello) -> Result<Welcome<Client>, Refusal> {
        if let Some(certificate) = &hello.certificate {
            return self.certified(&hello, certificate).await;
        }
        let Some(username) = &hello.username else {
            let anonymous = self.policy.anonymous.as_ref().filter(|open| open.is_entered_by(hello.local));
            let open = anonymous.ok_or_else(|| wrong("no user name"))?;
            return Ok(self.guest(open.client.clone(), open.denied.clone()).of_many());
        };
        let password = hello.password.as_deref().ok_or_else(|| wrong("no password"))?;
        match username.parse::<DeviceId>() {
            Ok(id) => self.device(id, username, password).await,
            Err(_) => self.home_client(username, password).await,
        }
    }

    fn may_publish(&self, client: &Client, topic: &str, _retain: bool) -> bool {
        match client {
            Client::Device(device) => topics::may_publish(device.id, topic),
            Client::Home(guest) => guest.may_publish(topic),
        }
    }

    fn may_subscribe(&self, client: &Client, filter: &str) -> bool {
        match client {
            Client::Device(device) => topics::may_subscribe(device.id, filter),
            Client::Home(guest) => guest.may_subscribe(filter),
        }
    }

    fn narrowed(&self, client: &Client, filter: &str) -> Vec<Text> {
        match client {
            Client::Device(_) => Vec::new(),
            Client::Home(guest) => guest.narrowed(filter),
        }
    }

    fn subscription_refusal(&self, client: &Client, filter: &str) -> ReasonCode {
        match client {
            Client::Device(_) => ReasonCode::NotAuthorized,
            Client::Home(guest) => home::refusal(guest, filter),
        }
    }

    async fn publish(&self, client: &Arc<Client>, message: Message) -> Outcome {
        let messages = std::slice::from_ref(&message);
        let Some(_place) = self.place(messages).await else { return Outcome::Unavailable };
        match &**client {
            Client::Device(device) => {
                self.take(device.id, messages).await.pop().unwrap_or(Outcome::Unavailable)
            }
            Client::Home(guest) => guest.take(&self.hub, &message).await,
        }
    }

    fn takes_together(&self, client: &Client) -> bool {
        matches!(client, Client::Device(_))
    }

    async fn publish_all(&self, client: &Arc<Client>, messages: Vec<Message>) -> Vec<Outcome> {
        if let Client::Device(device) = &**client {
            let Some(_place) = self.place(&messages).await else {
                return vec![Outcome::Unavailable; messages.len()];
            };
            return self.take(device.id, &messages).await;
        }
        let mut outcomes = Vec::with_capacity(messages.len());
        for message in messages {
            outcomes.push(self.publish(client, message).await);
        }
        outcomes
    }

    async fn absent(&self, identity: &str) -> Option<Client> {
        match home_clients::of_identity(&self.hub, identity).await {
            Ok(client) => client.map(|client| Client::Home(HomeGuest { client, denied: Denied::default() })),
            Err(error) => {
                tracing::warn!(%error, "whose will it is could not be read; it is not published");
                None
            }
        }
    }

    fn subscribed(&self, client: &Arc<Client>, filter: &str) {
        match &**client {
            Client::Device(device) if topics::may_subscribe(device.id, filter) => {
                self.presence.listens(device.id, device.connection);
            }
            Client::Device(_) => return,
            // Commands for devices behind this client may wait for it.
            Client::Home(_) => {}
        }
        self.hub.nudges.dispatcher.notify_one();
    }

    fn disconnected(&self, client: &Arc<Client>, why: &Disconnected) {
        if let Client::Device(device) = &**client {
            self.certified.leave(device.connection);
            self.presence.left(device.id, device.connection, &reason_of(why));
        }
    }

    fn violated(&self, client: Option<&Arc<Client>>, peer: SocketAddr, why: &str) {
        metrics::counter!("lares_mqtt_violations_total").increment(1);
        let device = match client.map(|client| &**client) {
            Some(Client::Device(device)) => self.hub.directory.get(device.id),
            Some(Client::Home(guest)) => {
                if let Some(left_out) = self.told.may(self.hub.now()) {
                    let (why, client, home) = (shortened(why), &guest.client.name, guest.client.home);
                    tracing::info!(%peer, why, client, home.id = %home, left_out, "MQTT refusal");
                }
                None
            }
            None => None,
        };
        let Some(device) = device else {
            tracing::debug!(%peer, why, "MQTT refusal");
            return;
        };
        let Ok(place) = self.refusals.clone().try_acquire_owned() else {
            metrics::counter!("lares_mqtt_refusals_not_recorded_total").increment(1);
            return;
        };
        if let Some(left_out) = self.told.may(self.hub.now()) {
            tracing::info!(%peer, why = shortened(why), device.id = %device.id, left_out, "MQTT refusal");
        }
        let (hub, why) = (self.hub.clone(), why.to_owned());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = ingest::refused(&hub, &device, "mqtt", &why, &[]).await {
                tracing::warn!(%error, "a refusal could not be recorded");
            }
        });
    }

    fn alarmed(&self, tenant: &str, alarm: Alarm) {
        metrics::counter!("lares_mqtt_alarms_total").increment(1);
        if let Some(left_out) = self.told.may(self.hub.now()) {
            tracing::warn!(organisation = tenant, ?alarm, left_out, "MQTT messages are refused");
        }
        if let Ok(organisation) = tenant.parse() {
            self.hub.alarms.complain(complaint(organisation, &alarm));
        }
    }
}

/// What the broker complains about, as an alarm of the organisation.
fn complaint(organisation: OrganisationId, alarm: &Alarm) -> Cause {
    let (kind, detail) = match alarm {
        Alarm::QueueFull { identity, client_id } => (
            "mqtt_queue_full",
            serde_json::json!({ "identity": identity.as_ref(), "client_id": client_id.to_string() }),
        ),
        Alarm::RetainedFull => ("mqtt_retained_full", serde_json::json!({})),
        Alarm::SessionsFull => ("mqtt_sessions_full", serde_json::json!({})),
        Alarm::SubscriptionsFull => ("mqtt_subscriptions_full", serde_json::json!({})),
        Alarm::ConnectionsFull => ("mqtt_connections_full", serde_json::json!({})),
        Alarm::ClientSessionsFull { identity } => {
            ("mqtt_client_sessions_full", serde_json::json!({ "identity": identity.as_ref() }))
        }
        Alarm::ClientTopicsFull { identity } => {
            ("mqtt_client_topics_full", serde_json::json!({ "identity": identity.as_ref() }))
        }
    };
    let key = match alarm {
        Alarm::QueueFull { identity, client_id } => format!("{kind}/{identity}/{client_id}"),
        Alarm::ClientSessionsFull { identity } | Alarm::ClientTopicsFull { identity } => {
            format!("{kind}/{identity}")
        }
        Alarm::RetainedFull | Alarm::SessionsFull | Alarm::SubscriptionsFull | Alarm::ConnectionsFull => {
            kind.to_owned()
        }
    };
    Cause {
        organisation,
        home: None,
        device: None,
        source: AlarmSource::Broker,
        kind: kind.to_owned(),
        key,
        severity: AlarmSeverity::Warning,
        detail,
    }
}

fn reason_of(why: &Disconnected) -> String {
    match why {
        Disconnected::ByClient { .. } => "it disconnected".to_owned(),
        Disconnected::Lost => "the connection was lost".to_owned(),
        Disconnected::Violated(violation) => format!("it broke the protocol: {violation}"),
        Disconnected::ByServer(reason) => format!("the server ended the connection: {reason:?}"),
    }
}

/// The status recorded for a device whose last connection ended.
pub(crate) const GONE: PresenceStatus = PresenceStatus::Offline;
