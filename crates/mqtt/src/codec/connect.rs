//! CONNECT and CONNACK (sections 3.1 and 3.2), both ways.

use super::decode::{properties, reason};
use super::packet::{ConnAck, Connect, Packet, Qos, Version, Will};
use super::properties::{Place, Properties};
use super::reason::{ReasonCode, ReasonPlace};
use super::violation::Violation;
use super::wire::{Put, Reader};
use crate::topic::check_topic;

const USERNAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL_RETAIN: u8 = 0x20;
const WILL_QOS: u8 = 0x18;
const WILL: u8 = 0x04;
const CLEAN_START: u8 = 0x02;
const RESERVED: u8 = 0x01;

pub(super) fn decode_connect(reader: &mut Reader<'_>) -> Result<Packet, Violation> {
    if &reader.binary("the protocol name")?[..] != b"MQTT" {
        return Err(Violation::ProtocolName);
    }
    let version = match reader.u8("the protocol level")? {
        4 => Version::V311,
        5 => Version::V5,
        level => return Err(Violation::ProtocolLevel(level)),
    };
    let flags = reader.u8("the CONNECT flags")?;
    check_connect_flags(flags, version)?;
    let keep_alive_s = reader.u16("the keep alive")?;
    let properties = properties(reader, version, Place::Connect)?;
    let client_id = reader.text("the client identifier")?;
    let will = if flags & WILL != 0 { Some(decode_will(flags, reader, version)?) } else { None };
    let username = if flags & USERNAME != 0 { Some(reader.text("the user name")?) } else { None };
    let password = if flags & PASSWORD != 0 { Some(reader.binary("the password")?) } else { None };
    let clean_start = flags & CLEAN_START != 0;
    Ok(Packet::Connect(Box::new(Connect {
        version,
        clean_start,
        keep_alive_s,
        properties,
        client_id,
        will,
        username,
        password,
    })))
}

fn check_connect_flags(flags: u8, version: Version) -> Result<(), Violation> {
    let will_without_flag = flags & WILL == 0 && flags & (WILL_QOS | WILL_RETAIN) != 0;
    // [MQTT-3.1.2-22] of 3.1.1; version 5 allows a password alone.
    let password_alone = version == Version::V311 && flags & (USERNAME | PASSWORD) == PASSWORD;
    if flags & WILL_QOS == WILL_QOS {
        return Err(Violation::QosThree);
    }
    if flags & RESERVED != 0 || will_without_flag || password_alone {
        return Err(Violation::ConnectFlags);
    }
    Ok(())
}

fn decode_will(flags: u8, reader: &mut Reader<'_>, version: Version) -> Result<Will, Violation> {
    let properties = properties(reader, version, Place::Will)?;
    let topic = reader.text("the will topic")?;
    check_topic(&topic)?;
    let payload = reader.binary("the will payload")?;
    let qos = Qos::from_u8((flags & WILL_QOS) >> 3).ok_or(Violation::QosThree)?;
    Ok(Will { qos, retain: flags & WILL_RETAIN != 0, properties, topic, payload })
}

pub(super) fn write_connect(connect: &Connect, out: &mut impl Put) {
    out.binary(b"MQTT");
    out.u8(if connect.version == Version::V5 { 5 } else { 4 });
    let mut flags = 0;
    if connect.clean_start {
        flags |= CLEAN_START;
    }
    if let Some(will) = &connect.will {
        flags |= WILL | (will.qos as u8) << 3 | if will.retain { WILL_RETAIN } else { 0 };
    }
    if connect.username.is_some() {
        flags |= USERNAME;
    }
    if connect.password.is_some() {
        flags |= PASSWORD;
    }
    out.u8(flags);
    out.u16(connect.keep_alive_s);
    let five = connect.version == Version::V5;
    if five {
        connect.properties.write(out);
    }
    out.binary(connect.client_id.as_bytes());
    if let Some(will) = &connect.will {
        if five {
            will.properties.write(out);
        }
        out.binary(will.topic.as_bytes());
        out.binary(&will.payload);
    }
    if let Some(username) = &connect.username {
        out.binary(username.as_bytes());
    }
    if let Some(password) = &connect.password {
        out.binary(password);
    }
}

pub(super) fn decode_connack(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Violation> {
    let session_present = match reader.u8("the CONNACK flags")? {
        0 => false,
        1 => true,
        _ => return Err(Violation::ConnAckFlags),
    };
    let code = reader.u8("the reason code")?;
    let reason = match version {
        Version::V5 => reason(code, ReasonPlace::ConnAck)?,
        Version::V311 => ReasonCode::from_connack_v311(code).ok_or(Violation::ForbiddenReason(code))?,
    };
    let properties = properties(reader, version, Place::ConnAck)?;
    // [MQTT-3.2.2-6]
    if session_present && reason.is_error() {
        return Err(Violation::ConnAckFlags);
    }
    Ok(Packet::ConnAck(ConnAck { session_present, reason, properties }))
}

pub(super) fn write_connack(connack: &ConnAck, version: Version, out: &mut impl Put) {
    out.u8(u8::from(connack.session_present));
    match version {
        Version::V5 => {
            out.u8(connack.reason as u8);
            Properties::write(&connack.properties, out);
        }
        // A code without a counterpart is "server unavailable"; the connection is closed either way.
        Version::V311 => out.u8(connack.reason.to_connack_v311().unwrap_or(3)),
    }
}
