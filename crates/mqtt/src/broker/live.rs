//! A connection that is on: where it comes from, and what its client takes.

use crate::codec::{Packet, PacketId, Qos, Version, encoded_bytes};
use crate::session::Delivery;

/// A connection that is on.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub connection: u64,
    pub listener: u64,
    pub version: Version,
    pub peer: std::net::SocketAddr,
    pub tls: bool,
    pub since: u64,
    packet_bytes_max: usize,
}

impl Live {
    pub fn new(
        connection: u64,
        listener: u64,
        version: Version,
        origin: (std::net::SocketAddr, bool),
        since: u64,
        packet_bytes_max: usize,
    ) -> Live {
        let (peer, tls) = origin;
        Live { connection, listener, version, peer, tls, since, packet_bytes_max }
    }

    /// Whether the client takes a packet of this size [MQTT-3.1.2-24].
    pub fn takes(&self, delivery: &Delivery) -> bool {
        if self.packet_bytes_max == usize::MAX {
            return true;
        }
        let mut publish = delivery.to_publish(0);
        publish.id = (publish.qos != Qos::AtMostOnce).then_some(PacketId::MIN);
        let bytes = encoded_bytes(&Packet::Publish(publish), self.version);
        bytes.is_ok_and(|bytes| bytes <= self.packet_bytes_max)
    }
}
