//! Packets to bytes: measured first, so that a peer's maximum packet size is kept and nothing is copied twice.

use bytes::{Bytes, BytesMut};

use super::connect::{write_connack, write_connect};
use super::packet::{
    Ack, Packet, Publish, Qos, RetainHandling, SubAck, Subscribe, UnsubAck, Unsubscribe, Version,
};
use super::properties::Properties;
use super::reason::ReasonCode;
use super::wire::{Counter, Put, VARIABLE_MAX};

/// Why a packet cannot be put on this wire. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("packet of {bytes} bytes is over the peer's maximum of {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("{0} is longer than 65,535 bytes")]
    FieldTooLong(&'static str),
    #[error("packet identifier and quality of service of a PUBLISH contradict each other")]
    PacketId,
    #[error("MQTT 3.1.1 has no AUTH")]
    NoAuth,
}

/// Appends `packet` to `out`, or writes nothing at all.
pub fn encode(
    packet: &Packet,
    version: Version,
    packet_bytes_max: usize,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let body = body_bytes(packet, version)?;
    let total = total_bytes(body);
    if total > packet_bytes_max || body > VARIABLE_MAX as usize {
        return Err(EncodeError::TooLarge { bytes: total, limit: packet_bytes_max });
    }
    out.reserve(total);
    out.u8((packet.kind() as u8) << 4 | flags(packet));
    out.variable(body as u32);
    write_body(packet, version, out);
    Ok(())
}

/// How many bytes `encode` would write.
pub fn encoded_bytes(packet: &Packet, version: Version) -> Result<usize, EncodeError> {
    body_bytes(packet, version).map(total_bytes)
}

fn total_bytes(body: usize) -> usize {
    let width = match body {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    };
    1 + width + body
}

fn body_bytes(packet: &Packet, version: Version) -> Result<usize, EncodeError> {
    check(packet, version)?;
    let mut counter = Counter::default();
    write_body(packet, version, &mut counter);
    Ok(counter.0)
}

/// `Text` cannot be too long; the binary fields can.
fn check(packet: &Packet, version: Version) -> Result<(), EncodeError> {
    let short = |name, data: &Bytes| {
        if data.len() > usize::from(u16::MAX) { Err(EncodeError::FieldTooLong(name)) } else { Ok(()) }
    };
    let properties = |properties: &Properties| {
        if properties.overlong() { Err(EncodeError::FieldTooLong("a property")) } else { Ok(()) }
    };
    match packet {
        Packet::Connect(connect) => {
            properties(&connect.properties)?;
            if let Some(will) = &connect.will {
                properties(&will.properties)?;
                short("the will payload", &will.payload)?;
            }
            connect.password.as_ref().map_or(Ok(()), |password| short("the password", password))
        }
        Packet::ConnAck(connack) => properties(&connack.properties),
        Packet::Publish(publish) => {
            if publish.id.is_some() != (publish.qos != Qos::AtMostOnce) {
                return Err(EncodeError::PacketId);
            }
            properties(&publish.properties)
        }
        Packet::Auth(_) if version == Version::V311 => Err(EncodeError::NoAuth),
        Packet::Auth(auth) => properties(&auth.properties),
        _ => Ok(()),
    }
}

fn flags(packet: &Packet) -> u8 {
    match packet {
        Packet::Publish(publish) => {
            u8::from(publish.dup) << 3 | (publish.qos as u8) << 1 | u8::from(publish.retain)
        }
        Packet::PubRel(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) => 0b0010,
        _ => 0,
    }
}

fn write_body(packet: &Packet, version: Version, out: &mut impl Put) {
    match packet {
        Packet::Connect(connect) => write_connect(connect, out),
        Packet::ConnAck(connack) => write_connack(connack, version, out),
        Packet::Publish(publish) => write_publish(publish, version, out),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            write_ack(ack, version, out);
        }
        Packet::Subscribe(subscribe) => write_subscribe(subscribe, version, out),
        Packet::SubAck(suback) => write_suback(suback, version, out),
        Packet::Unsubscribe(unsubscribe) => write_unsubscribe(unsubscribe, version, out),
        Packet::UnsubAck(unsuback) => write_unsuback(unsuback, version, out),
        Packet::PingReq | Packet::PingResp => {}
        Packet::Disconnect(disconnect) => {
            write_reason(disconnect.reason, &disconnect.properties, version, out)
        }
        Packet::Auth(auth) => write_reason(auth.reason, &auth.properties, version, out),
    }
}

fn write_properties(properties: &Properties, version: Version, out: &mut impl Put) {
    if version == Version::V5 {
        properties.write(out);
    }
}

fn write_publish(publish: &Publish, version: Version, out: &mut impl Put) {
    out.binary(publish.topic.as_bytes());
    if let Some(id) = publish.id {
        out.u16(id.get());
    }
    write_properties(&publish.properties, version, out);
    out.bytes(&publish.payload);
}

fn write_ack(ack: &Ack, version: Version, out: &mut impl Put) {
    out.u16(ack.id.get());
    write_reason(ack.reason, &ack.properties, version, out);
}

/// The shortest form that says the same.
fn write_reason(reason: ReasonCode, properties: &Properties, version: Version, out: &mut impl Put) {
    if version == Version::V311 || (reason == ReasonCode::Success && properties.is_empty()) {
        return;
    }
    out.u8(reason as u8);
    if !properties.is_empty() {
        properties.write(out);
    }
}

fn write_subscribe(subscribe: &Subscribe, version: Version, out: &mut impl Put) {
    out.u16(subscribe.id.get());
    write_properties(&subscribe.properties, version, out);
    for filter in &subscribe.filters {
        out.binary(filter.filter.as_bytes());
        let options = filter.options;
        let mut byte = options.qos as u8;
        if version == Version::V5 {
            byte |= u8::from(options.no_local) << 2 | u8::from(options.retain_as_published) << 3;
            byte |= match options.retain_handling {
                RetainHandling::Send => 0,
                RetainHandling::SendIfNew => 1 << 4,
                RetainHandling::DoNotSend => 2 << 4,
            };
        }
        out.u8(byte);
    }
}

fn write_suback(suback: &SubAck, version: Version, out: &mut impl Put) {
    out.u16(suback.id.get());
    write_properties(&suback.properties, version, out);
    for reason in &suback.reasons {
        let failed = version == Version::V311 && reason.is_error();
        out.u8(if failed { ReasonCode::UnspecifiedError as u8 } else { *reason as u8 });
    }
}

fn write_unsubscribe(unsubscribe: &Unsubscribe, version: Version, out: &mut impl Put) {
    out.u16(unsubscribe.id.get());
    write_properties(&unsubscribe.properties, version, out);
    unsubscribe.filters.iter().for_each(|filter| out.binary(filter.as_bytes()));
}

fn write_unsuback(unsuback: &UnsubAck, version: Version, out: &mut impl Put) {
    out.u16(unsuback.id.get());
    write_properties(&unsuback.properties, version, out);
    if version == Version::V5 {
        unsuback.reasons.iter().for_each(|reason| out.u8(*reason as u8));
    }
}
