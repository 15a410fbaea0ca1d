//! Cuts a byte stream into packets. A packet's size is judged from its header, before any of it is kept.

use bytes::{Buf, BytesMut};

use super::decode::{check_flags, decode};
use super::packet::{Kind, Packet, Version};
use super::violation::Violation;
use super::wire::variable;

/// Bytes in, packets out. Holds no buffer while nothing is half received.
#[derive(Debug)]
pub struct Decoder {
    /// Unknown until CONNECT has said it.
    version: Option<Version>,
    packet_bytes_max: usize,
    buffer: BytesMut,
}

impl Decoder {
    /// For a server: the first packet must be CONNECT and decides the version.
    pub fn for_server(packet_bytes_max: usize) -> Self {
        Decoder { version: None, packet_bytes_max, buffer: BytesMut::new() }
    }

    /// For a stream whose version is known.
    pub fn for_version(version: Version, packet_bytes_max: usize) -> Self {
        Decoder { version: Some(version), packet_bytes_max, buffer: BytesMut::new() }
    }

    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// CONNECT may be held to a smaller size than what follows once the client is known.
    pub fn set_packet_bytes_max(&mut self, packet_bytes_max: usize) {
        self.packet_bytes_max = packet_bytes_max;
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub fn buffered_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole packet, or `None` until more bytes come.
    pub fn next_packet(&mut self) -> Result<Option<Packet>, Violation> {
        let Some((header, total)) = self.frame()? else {
            return Ok(None);
        };
        if self.buffer.len() < total {
            return Ok(None);
        }
        let first = self.buffer[0];
        let mut packet = self.buffer.split_to(total).freeze();
        packet.advance(header);
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        let packet = decode(first, &packet, self.version)?;
        if let Packet::Connect(connect) = &packet {
            self.version = Some(connect.version);
        }
        Ok(Some(packet))
    }

    /// Length of the fixed header and of the whole packet, once they are known.
    fn frame(&self) -> Result<Option<(usize, usize)>, Violation> {
        let Some(&first) = self.buffer.first() else {
            return Ok(None);
        };
        let kind = Kind::from_u8(first >> 4).ok_or(Violation::PacketType(first >> 4))?;
        // A stranger is refused at its first byte, however much it says will follow.
        if self.version.is_none() && kind != Kind::Connect {
            return Err(Violation::FirstNotConnect);
        }
        check_flags(kind, first & 0x0F)?;
        let length = variable(&self.buffer[1..]).ok_or(Violation::RemainingLength)?;
        let Some((remaining, width)) = length else {
            return Ok(None);
        };
        let total = 1 + width + remaining as usize;
        if total > self.packet_bytes_max {
            return Err(Violation::PacketTooLarge { bytes: total, limit: self.packet_bytes_max });
        }
        Ok(Some((1 + width, total)))
    }
}
