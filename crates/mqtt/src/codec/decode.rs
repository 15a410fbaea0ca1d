//! One packet's body to data (chapter 3), for both versions.

use bytes::Bytes;

use super::connect::{decode_connack, decode_connect};
use super::packet::{
    Ack, Auth, Disconnect, Kind, Packet, PacketId, Publish, Qos, RetainHandling, SubAck, Subscribe,
    SubscribeFilter, SubscribeOptions, UnsubAck, Unsubscribe, Version,
};
use super::properties::{Place, Properties};
use super::reason::{ReasonCode, ReasonPlace};
use super::violation::Violation;
use super::wire::Reader;
use crate::topic::{check_filter, check_topic};

/// In one SUBSCRIBE or UNSUBSCRIBE: each is work, and a packet has to be done with before the next client's turn. Home
/// Assistant sends at most 500.
const FILTERS_MAX: usize = 2_048;

/// The lower half of the first byte is fixed for all but PUBLISH [MQTT-2.1.3-1].
pub(super) fn check_flags(kind: Kind, flags: u8) -> Result<(), Violation> {
    let fine = match kind {
        Kind::Publish => return check_publish_flags(flags),
        Kind::PubRel | Kind::Subscribe | Kind::Unsubscribe => flags == 0b0010,
        _ => flags == 0,
    };
    if fine { Ok(()) } else { Err(Violation::Flags(kind)) }
}

fn check_publish_flags(flags: u8) -> Result<(), Violation> {
    match (flags >> 1 & 0b11, flags & 0b1000 != 0) {
        (3, _) => Err(Violation::QosThree),
        // [MQTT-3.3.1-2]
        (0, true) => Err(Violation::DuplicateAtQosZero),
        _ => Ok(()),
    }
}

/// Decodes the packet with first byte `first` and everything after its fixed header. Without a version only
/// CONNECT is understood.
pub fn decode(first: u8, body: &Bytes, version: Option<Version>) -> Result<Packet, Violation> {
    let kind = Kind::from_u8(first >> 4).ok_or(Violation::PacketType(first >> 4))?;
    check_flags(kind, first & 0x0F)?;
    let mut reader = Reader::new(body);
    let packet = match (kind, version) {
        (Kind::Connect, _) => decode_connect(&mut reader)?,
        (_, None) => return Err(Violation::FirstNotConnect),
        (_, Some(version)) => decode_rest(kind, first, &mut reader, version)?,
    };
    if reader.is_empty() { Ok(packet) } else { Err(Violation::Trailing(kind)) }
}

fn decode_rest(
    kind: Kind,
    first: u8,
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Packet, Violation> {
    match kind {
        Kind::ConnAck => decode_connack(reader, version),
        Kind::Publish => decode_publish(first, reader, version).map(Packet::Publish),
        Kind::PubAck => decode_ack(reader, version, ReasonPlace::PubAck).map(Packet::PubAck),
        Kind::PubRec => decode_ack(reader, version, ReasonPlace::PubAck).map(Packet::PubRec),
        Kind::PubRel => decode_ack(reader, version, ReasonPlace::PubRel).map(Packet::PubRel),
        Kind::PubComp => decode_ack(reader, version, ReasonPlace::PubRel).map(Packet::PubComp),
        Kind::Subscribe => decode_subscribe(reader, version),
        Kind::SubAck => decode_suback(reader, version),
        Kind::Unsubscribe => decode_unsubscribe(reader, version),
        Kind::UnsubAck => decode_unsuback(reader, version),
        Kind::PingReq => Ok(Packet::PingReq),
        Kind::PingResp => Ok(Packet::PingResp),
        Kind::Disconnect => {
            let (reason, properties) =
                reason_and_properties(reader, version, ReasonPlace::Disconnect, Place::Disconnect)?;
            Ok(Packet::Disconnect(Disconnect { reason, properties }))
        }
        Kind::Auth if version == Version::V5 => {
            let (reason, properties) =
                reason_and_properties(reader, version, ReasonPlace::Auth, Place::Auth)?;
            Ok(Packet::Auth(Auth { reason, properties }))
        }
        // 3.1.1 reserves type 15; CONNECT was decoded by the caller.
        Kind::Auth | Kind::Connect => Err(Violation::PacketType(kind as u8)),
    }
}

fn packet_id(reader: &mut Reader<'_>) -> Result<PacketId, Violation> {
    PacketId::new(reader.u16("the packet identifier")?).ok_or(Violation::ZeroPacketId)
}

pub(super) fn properties(
    reader: &mut Reader<'_>,
    version: Version,
    place: Place,
) -> Result<Properties, Violation> {
    match version {
        Version::V5 => Properties::read(reader, place),
        Version::V311 => Ok(Properties::new()),
    }
}

pub(super) fn reason(code: u8, place: ReasonPlace) -> Result<ReasonCode, Violation> {
    ReasonCode::from_u8(code)
        .filter(|reason| reason.allowed_in(place))
        .ok_or(Violation::ForbiddenReason(code))
}

fn decode_publish(first: u8, reader: &mut Reader<'_>, version: Version) -> Result<Publish, Violation> {
    let qos = Qos::from_u8(first >> 1 & 0b11).ok_or(Violation::QosThree)?;
    let topic = reader.text("the topic name")?;
    let id = if qos == Qos::AtMostOnce { None } else { Some(packet_id(reader)?) };
    let properties = properties(reader, version, Place::Publish)?;
    // An empty name is only a placeholder for an alias [MQTT-3.3.2-1], [MQTT-4.7.3-1].
    if !(topic.is_empty() && properties.topic_alias().is_some()) {
        check_topic(&topic)?;
    }
    Ok(Publish {
        dup: first & 0b1000 != 0,
        qos,
        retain: first & 1 != 0,
        topic,
        id,
        properties,
        payload: reader.rest(),
    })
}

fn decode_ack(reader: &mut Reader<'_>, version: Version, place: ReasonPlace) -> Result<Ack, Violation> {
    let id = packet_id(reader)?;
    let (reason, properties) = reason_and_properties(reader, version, place, Place::Ack)?;
    Ok(Ack { id, reason, properties })
}

/// Version 5 lets a packet end before its reason code, and before its properties.
fn reason_and_properties(
    reader: &mut Reader<'_>,
    version: Version,
    reasons: ReasonPlace,
    place: Place,
) -> Result<(ReasonCode, Properties), Violation> {
    if version == Version::V311 || reader.is_empty() {
        return Ok((ReasonCode::Success, Properties::new()));
    }
    let reason = reason(reader.u8("the reason code")?, reasons)?;
    let properties = if reader.is_empty() { Properties::new() } else { Properties::read(reader, place)? };
    Ok((reason, properties))
}

fn decode_subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Violation> {
    let id = packet_id(reader)?;
    let properties = properties(reader, version, Place::Subscribe)?;
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let filter = reader.text("a topic filter")?;
        check_filter(&filter)?;
        let options = options(reader.u8("subscription options")?, version)?;
        // [MQTT-3.8.3-4]
        if options.no_local && crate::topic::shared(&filter).is_some() {
            return Err(Violation::SubscriptionOptions);
        }
        filters.push(SubscribeFilter { filter, options });
        check_count(filters.len())?;
    }
    if filters.is_empty() {
        return Err(Violation::NoFilters(Kind::Subscribe));
    }
    Ok(Packet::Subscribe(Subscribe { id, properties, filters }))
}

fn check_count(filters: usize) -> Result<(), Violation> {
    if filters > FILTERS_MAX { Err(Violation::TooManyFilters(FILTERS_MAX)) } else { Ok(()) }
}

fn options(byte: u8, version: Version) -> Result<SubscribeOptions, Violation> {
    let reserved = if version == Version::V311 { 0b1111_1100 } else { 0b1100_0000 };
    if byte & reserved != 0 {
        return Err(Violation::SubscriptionOptions);
    }
    Ok(SubscribeOptions {
        qos: Qos::from_u8(byte & 0b11).ok_or(Violation::QosThree)?,
        no_local: byte & 0b100 != 0,
        retain_as_published: byte & 0b1000 != 0,
        retain_handling: match byte >> 4 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            2 => RetainHandling::DoNotSend,
            _ => return Err(Violation::SubscriptionOptions),
        },
    })
}

fn decode_suback(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Violation> {
    let id = packet_id(reader)?;
    let properties = properties(reader, version, Place::Ack)?;
    let mut reasons = Vec::new();
    while !reader.is_empty() {
        let code = reader.u8("a reason code")?;
        if version == Version::V311 && !matches!(code, 0..=2 | 0x80) {
            return Err(Violation::ForbiddenReason(code));
        }
        reasons.push(reason(code, ReasonPlace::SubAck)?);
    }
    Ok(Packet::SubAck(SubAck { id, properties, reasons }))
}

fn decode_unsubscribe(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Violation> {
    let id = packet_id(reader)?;
    let properties = properties(reader, version, Place::Unsubscribe)?;
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let filter = reader.text("a topic filter")?;
        check_filter(&filter)?;
        filters.push(filter);
        check_count(filters.len())?;
    }
    if filters.is_empty() {
        return Err(Violation::NoFilters(Kind::Unsubscribe));
    }
    Ok(Packet::Unsubscribe(Unsubscribe { id, properties, filters }))
}

fn decode_unsuback(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Violation> {
    let id = packet_id(reader)?;
    let properties = properties(reader, version, Place::Ack)?;
    let mut reasons = Vec::new();
    while version == Version::V5 && !reader.is_empty() {
        reasons.push(reason(reader.u8("a reason code")?, ReasonPlace::UnsubAck)?);
    }
    Ok(Packet::UnsubAck(UnsubAck { id, properties, reasons }))
}
