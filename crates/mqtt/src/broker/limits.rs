//! Every bound of the broker in one place, with defaults for a server of 10,000 clients.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time, strangers included; more are closed at once.
    pub connections: usize,
    /// Connections that have not been let in yet (TLS, CONNECT, authentication).
    pub strangers: usize,
    /// Of them, those from one network: an IPv4 address, or the /64 of an IPv6 one. The machine itself has no such bound.
    pub strangers_per_network: usize,
    pub tls_handshake_time: Duration,
    /// From the end of the TLS handshake to a whole CONNECT, and again to the house's answer.
    pub connect_time: Duration,
    /// A CONNECT comes from a stranger and is held shorter than what follows.
    pub connect_bytes: usize,
    pub packet_bytes: usize,
    /// Announced to v5 clients that ask for more, or for none.
    pub keep_alive_max_s: u16,
    /// Unacknowledged QoS 1 and 2 messages of one client; also how many messages may be with the house at a time.
    pub receive_maximum: u16,
    /// Payload bytes of one client that may be with the house at a time, before reading is held back.
    pub arriving_bytes: usize,
    pub topic_alias_maximum: u16,
    /// Topics of ours that may get an alias, where the client takes so many.
    pub send_topic_aliases: u16,
    /// Of one client. Home Assistant has a handful for each of its entities.
    pub subscriptions: usize,
    /// Bytes of their filters.
    pub subscription_bytes: usize,
    /// Messages waiting for one client; beyond, its publishers wait, or are refused while it is away.
    pub queue_messages: usize,
    pub queue_bytes: usize,
    /// QoS 1 and 2 messages on their way to one client; its own receive maximum may be smaller.
    pub send_maximum: u16,
    /// A client that does not read for so long is cut.
    pub write_stall_time: Duration,
    /// How long what arrived before the end of a connection may take to become safe.
    pub drain_time: Duration,
    /// Sessions are kept no longer than this, whatever a client and the house say.
    pub session_expiry_max_s: u32,
    /// PUBLISH packets of one identity per second, over all of its connections; above, reading is held back.
    pub client_messages_per_s: u32,
    /// Bytes of their payloads.
    pub client_bytes_per_s: u64,
    /// Sessions of one identity, connected or kept; no more are opened.
    pub client_sessions: usize,
    /// Topics on which what is retained is one identity's; no more are taken.
    pub client_topics: usize,
    /// For houses that want none: a v5 client is told, and held to it.
    pub retain_available: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 20_000,
            strangers: 2_000,
            strangers_per_network: 500,
            tls_handshake_time: Duration::from_secs(10),
            connect_time: Duration::from_secs(10),
            connect_bytes: 32 * 1024,
            packet_bytes: 256 * 1024,
            keep_alive_max_s: 1_200,
            receive_maximum: 256,
            arriving_bytes: 1024 * 1024,
            topic_alias_maximum: 16,
            send_topic_aliases: 16,
            subscriptions: 16_384,
            subscription_bytes: 2 * 1024 * 1024,
            queue_messages: 10_000,
            queue_bytes: 1024 * 1024,
            send_maximum: 256,
            write_stall_time: Duration::from_secs(20),
            drain_time: Duration::from_secs(5),
            session_expiry_max_s: 7 * 24 * 3_600,
            client_messages_per_s: 1_000_000,
            client_bytes_per_s: 256 * 1024 * 1024,
            client_sessions: 10_000,
            client_topics: 50_000,
            retain_available: true,
        }
    }
}
