//! A raw MQTT client that says exactly what it is told to, and the packets it says.

#![allow(dead_code, reason = "each test binary uses its own part")]

use bytes::{Bytes, BytesMut};
use lares_mqtt::Outgoing;
use lares_mqtt::codec::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

pub fn connect(version: Version, user: &str, client_id: &str) -> Connect {
    Connect {
        version,
        clean_start: true,
        keep_alive_s: 60,
        properties: Properties::new(),
        client_id: text(client_id),
        will: None,
        username: Some(text(user)),
        password: None,
    }
}

pub fn publish(topic: &str, qos: Qos, packet_id: u16, payload: &[u8]) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: text(topic),
        id: PacketId::new(packet_id),
        properties: Properties::new(),
        payload: Bytes::copy_from_slice(payload),
    }
}

pub fn subscribe(packet_id: u16, filter: &str, qos: Qos) -> Packet {
    let options = SubscribeOptions {
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::Send,
    };
    Packet::Subscribe(Subscribe {
        id: id(packet_id),
        properties: Properties::new(),
        filters: vec![SubscribeFilter { filter: text(filter), options }],
    })
}

pub fn outgoing(topic: &str, qos: Qos, payload: &[u8]) -> Outgoing {
    Outgoing {
        topic: text(topic),
        payload: Bytes::copy_from_slice(payload),
        qos,
        retain: false,
        properties: Properties::new(),
    }
}

pub fn ack(packet_id: u16) -> Ack {
    Ack::new(id(packet_id), ReasonCode::Success)
}

/// A client that says exactly what it is told to.
pub struct Wire<S> {
    pub stream: S,
    pub version: Version,
    decoder: Decoder,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub fn new(stream: S, version: Version) -> Self {
        Wire { stream, version, decoder: Decoder::for_version(version, 1 << 28) }
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub async fn send(&mut self, packets: impl IntoIterator<Item = Packet>) {
        assert!(self.try_send(packets).await, "the connection is gone");
    }

    /// False when the connection is gone.
    pub async fn try_send(&mut self, packets: impl IntoIterator<Item = Packet>) -> bool {
        let mut out = BytesMut::new();
        for packet in packets {
            encode(&packet, self.version, usize::MAX, &mut out).unwrap();
        }
        self.stream.write_all(&out).await.is_ok()
    }

    /// The next packet, or `None` when the server has closed.
    pub async fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = self.decoder.next_packet().unwrap() {
                return Some(packet);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.decoder.feed(&buffer[..read]),
            }
        }
    }

    /// Everything the server has to say by now: it answers a PINGREQ behind what was asked before, and another one
    /// behind what followed from that. Their answers are left out.
    pub async fn said(&mut self) -> Vec<Packet> {
        let mut said = Vec::new();
        for _ in 0..2 {
            self.send([Packet::PingReq]).await;
            loop {
                match self.next().await.expect("closed") {
                    Packet::PingResp => break,
                    packet => said.push(packet),
                }
            }
        }
        said
    }

    /// What the server says until it closes.
    pub async fn rest(&mut self) -> Vec<Packet> {
        let mut said = Vec::new();
        while let Some(packet) = self.next().await {
            said.push(packet);
        }
        said
    }

    pub async fn connect(&mut self, connect: Connect) -> ConnAck {
        self.send([Packet::Connect(Box::new(connect))]).await;
        match self.next().await {
            Some(Packet::ConnAck(connack)) => connack,
            other => panic!("expected CONNACK, got {other:?}"),
        }
    }
}
