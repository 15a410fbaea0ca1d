//! The configuration of the MQTT broker: its listeners, and its bounds for a client and for an organisation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The MQTT door.
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
    /// Topic filters that nobody may subscribe to through the anonymous listener.
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
            client_sessions_max: 20_000,
            subscriptions_max: 16_384,
            organisation: MqttOrganisationConfig::default(),
        }
    }
}
