//! The configuration of the MQTT broker: its listeners, and its bounds for a client and for an organisation. Bounds that
//! contradict each other are refused: one of them would say what never holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// The MQTT door. Its bounds and `anonymous_denied` hold half a second after the file says them; listeners, like every other
/// section, from the next start on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MqttConfig {
    /// Plain MQTT. Passwords cross the network unprotected, so it stays on a loopback address unless
    /// `plain_beyond_loopback` is set. Empty: none.
    pub bind: String,
    /// MQTT over TLS 1.3. Empty: none.
    pub tls_bind: String,
    /// Allows `bind` to be an address that other machines reach.
    pub plain_beyond_loopback: bool,
    /// Open connections at a time.
    pub connections_max: usize,
    /// Connections from one network (an IPv4 address, or an IPv6 /64) that have not signed in yet.
    pub strangers_per_network_max: usize,
    /// Largest packet; larger ones end the connection.
    pub packet_max_bytes: usize,
    /// Plain MQTT that lets everybody in without a name, into the space of `anonymous_home`. For what cannot be given
    /// credentials, on a network of its own, and for conformance suites. Empty: none.
    pub anonymous_bind: String,
    /// The id of the home whose space the anonymous listener opens.
    pub anonymous_home: String,
    /// Topic filters that nobody may subscribe to through the anonymous listener, with all that they cover. A wider one, such
    /// as `#`, still brings their topics: what nobody there may read belongs into another home. A change that denies more
    /// ends the sessions of that listener.
    pub anonymous_denied: Vec<String>,
    /// Announced to MQTT 5 clients that ask for more, or for none.
    pub keep_alive_max_s: u16,
    /// How long a session is kept for a client that is away, whatever it asks for; 0 keeps none.
    pub session_expiry_max_s: u32,
    /// Messages that may wait for one client. Beyond, its publishers wait, and while it is away they are refused.
    pub queue_messages_max: usize,
    /// Bytes that may wait for one client.
    pub queue_bytes_max: usize,
    /// Messages per second of one client, which is a name that signs in, over all of its connections; above, the server
    /// reads from it more slowly.
    pub client_messages_per_s: u32,
    /// Bytes per second of one client.
    pub client_bytes_per_s: u64,
    /// Sessions of one client, connected or kept. Beyond, further ones are refused.
    pub client_sessions_max: usize,
    /// Topics on which one client may have a retained message. Beyond, further ones are refused.
    pub client_topics_max: usize,
    /// Topic filters that one session subscribes to.
    pub subscriptions_max: usize,
    /// Of one organisation, over all of its clients.
    pub organisation: MqttOrganisationConfig,
}

/// What one organisation may have of the broker.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MqttOrganisationConfig {
    pub connections_max: usize,
    /// Connected or kept.
    pub sessions_max: usize,
    /// Messages per second; above, the server reads from its clients more slowly.
    pub messages_per_s: u32,
    /// What may wait for its clients.
    pub queued_bytes_max: usize,
    /// Topic filters that its sessions subscribe to. Beyond, further ones are refused.
    pub subscriptions_max: usize,
    /// Bytes of those filters.
    pub subscription_bytes_max: usize,
    pub retained_messages_max: usize,
    pub retained_bytes_max: usize,
}

impl Default for MqttOrganisationConfig {
    fn default() -> Self {
        let quota = lares_mqtt::TenantQuota::default();
        MqttOrganisationConfig {
            connections_max: quota.connections,
            sessions_max: quota.sessions,
            messages_per_s: quota.messages_per_s,
            queued_bytes_max: quota.queued_bytes,
            subscriptions_max: quota.subscriptions,
            subscription_bytes_max: quota.subscription_bytes,
            retained_messages_max: quota.retained_messages,
            retained_bytes_max: quota.retained_bytes,
        }
    }
}

impl Default for MqttConfig {
    fn default() -> Self {
        MqttConfig {
            bind: "127.0.0.1:1883".to_owned(),
            tls_bind: "0.0.0.0:8883".to_owned(),
            plain_beyond_loopback: false,
            connections_max: 20_000,
            strangers_per_network_max: 500,
            packet_max_bytes: 2 * 1024 * 1024,
            anonymous_bind: String::new(),
            anonymous_home: String::new(),
            anonymous_denied: Vec::new(),
            keep_alive_max_s: 1_200,
            session_expiry_max_s: 7 * 24 * 3_600,
            queue_messages_max: 10_000,
            queue_bytes_max: 8 * 1024 * 1024,
            client_messages_per_s: 1_000_000,
            client_bytes_per_s: 256 * 1024 * 1024,
            client_sessions_max: 10_000,
            client_topics_max: 50_000,
            subscriptions_max: 16_384,
            organisation: MqttOrganisationConfig::default(),
        }
    }
}

/// What holds without a restart.
pub const MQTT_FOLLOWED: [&str; 14] = [
    "anonymous_denied",
    "client_bytes_per_s",
    "client_messages_per_s",
    "client_sessions_max",
    "client_topics_max",
    "connections_max",
    "keep_alive_max_s",
    "organisation",
    "packet_max_bytes",
    "queue_bytes_max",
    "queue_messages_max",
    "session_expiry_max_s",
    "strangers_per_network_max",
    "subscriptions_max",
];

/// A packet's length takes four bytes of seven bits (section 1.5.5), and the head one more.
const PACKET_BYTES_MAX: usize = 0x0fff_ffff + 5;
/// What a client may send before anybody looks: a topic and a few properties.
const PACKET_BYTES_MIN: usize = 1_024;

impl MqttConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let organisation = &self.organisation;
        let at_least_one = [
            ("connections_max", self.connections_max as u64),
            ("strangers_per_network_max", self.strangers_per_network_max as u64),
            ("keep_alive_max_s", self.keep_alive_max_s.into()),
            ("queue_messages_max", self.queue_messages_max as u64),
            ("client_messages_per_s", self.client_messages_per_s.into()),
            ("client_bytes_per_s", self.client_bytes_per_s),
            ("client_sessions_max", self.client_sessions_max as u64),
            ("subscriptions_max", self.subscriptions_max as u64),
            ("organisation.connections_max", organisation.connections_max as u64),
            ("organisation.messages_per_s", organisation.messages_per_s.into()),
        ];
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return Err(wrong(key, "must be at least 1"));
        }
        if !(PACKET_BYTES_MIN..=PACKET_BYTES_MAX).contains(&self.packet_max_bytes) {
            let said = format!("must be from {PACKET_BYTES_MIN} to {PACKET_BYTES_MAX}, as MQTT has it");
            return Err(wrong("packet_max_bytes", &said));
        }
        self.check_order()
    }

    /// What is part of something is not larger than it.
    fn check_order(&self) -> Result<(), ConfigError> {
        let organisation = &self.organisation;
        let ordered = [
            (
                ("organisation.connections_max", organisation.connections_max as u64),
                ("connections_max", self.connections_max as u64),
            ),
            (
                ("organisation.connections_max", organisation.connections_max as u64),
                ("organisation.sessions_max", organisation.sessions_max as u64),
            ),
            (
                ("client_sessions_max", self.client_sessions_max as u64),
                ("organisation.sessions_max", organisation.sessions_max as u64),
            ),
            (
                ("subscriptions_max", self.subscriptions_max as u64),
                ("organisation.subscriptions_max", organisation.subscriptions_max as u64),
            ),
            (
                ("client_topics_max", self.client_topics_max as u64),
                ("organisation.retained_messages_max", organisation.retained_messages_max as u64),
            ),
            (
                ("client_messages_per_s", self.client_messages_per_s.into()),
                ("organisation.messages_per_s", organisation.messages_per_s.into()),
            ),
            // A message that no queue has room for would hold its publisher up for ever.
            (
                ("packet_max_bytes", self.packet_max_bytes as u64),
                ("queue_bytes_max", self.queue_bytes_max as u64),
            ),
            (
                ("queue_bytes_max", self.queue_bytes_max as u64),
                ("organisation.queued_bytes_max", organisation.queued_bytes_max as u64),
            ),
        ];
        match ordered.into_iter().find(|((_, part), (_, whole))| part > whole) {
            Some(((key, part), (of, whole))) => {
                Err(wrong(key, &format!("must not be above mqtt.{of}: it is {part}, and that is {whole}")))
            }
            None => Ok(()),
        }
    }
}

fn wrong(key: &str, said: &str) -> ConfigError {
    ConfigError::Wrong(format!("mqtt.{key}: {said}"))
}
