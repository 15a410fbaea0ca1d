//! The records of the journal and their bytes. Numbers are little-endian; texts and byte strings carry their length.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::{
    Packet, Properties, Publish, Qos, RetainHandling, SubscribeOptions, Text, Variable, Version, Will, encode,
};
use crate::session::{Letter, UnixMs};

/// One change of what has to survive. Sessions, letters and entries are named by numbers that are never used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A session that is kept, new or resumed.
    Opened {
        session: u64,
        identity: Text,
        client_id: Text,
        space: Text,
        tenant: Text,
        expiry_s: u32,
    },
    /// Its client went; the session ends `expiry_s` later.
    Away {
        session: u64,
        at: UnixMs,
        expiry_s: u32,
    },
    Ended {
        session: u64,
    },
    Subscribed {
        session: u64,
        filter: Text,
        options: SubscribeOptions,
        identifier: Option<u32>,
        within: Vec<Text>,
    },
    Unsubscribed {
        session: u64,
        filter: Text,
    },
    Letter(Arc<Letter>),
    /// A letter waits for a session.
    Queued {
        session: u64,
        entry: u64,
        letter: u64,
        id: u16,
        qos: Qos,
        retain: bool,
        identifiers: Vec<u32>,
    },
    /// The client has it, PUBREL and PUBCOMP are due.
    Received {
        session: u64,
        entry: u64,
    },
    /// The client has it.
    Delivered {
        session: u64,
        entry: u64,
    },
    /// A QoS 2 identifier of the client's own.
    Holds {
        session: u64,
        id: u16,
    },
    Released {
        session: u64,
        id: u16,
    },
    Retained {
        space: Text,
        tenant: Text,
        /// Whom it counts for; empty is nobody.
        by: Text,
        topic: Text,
        letter: u64,
    },
    Unretained {
        space: Text,
        topic: Text,
    },
    /// What is published when the client stays away.
    Will {
        session: u64,
        will: Box<Will>,
    },
    NoWill {
        session: u64,
    },
    /// Of the retained messages with a number below `before`, a subscription has had those up to `after`.
    Owes {
        session: u64,
        filter: Text,
        before: u64,
        after: Option<Text>,
    },
    OwesNothing {
        session: u64,
        filter: Text,
    },
}

/// The kinds a record may begin with.
pub(super) const KINDS: std::ops::RangeInclusive<u8> = 1..=18;

fn put_text(out: &mut BytesMut, text: &str) {
    out.put_u32_le(text.len() as u32);
    out.put_slice(text.as_bytes());
}

fn put_qos_and_flags(out: &mut BytesMut, qos: Qos, flag: bool) {
    out.put_u8(qos as u8 | u8::from(flag) << 2);
}

/// A PUBLISH of version 5 is a well-tried way to write topic, payload and properties.
fn put_publish(
    out: &mut BytesMut,
    topic: &Text,
    payload: &Bytes,
    qos: Qos,
    retain: bool,
    properties: &Properties,
) {
    let publish = Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain,
        topic: topic.clone(),
        id: None,
        properties: properties.clone(),
        payload: payload.clone(),
    };
    let mut packet = BytesMut::new();
    // What came as a packet goes into one again.
    if encode(&Packet::Publish(publish), Version::V5, usize::MAX, &mut packet).is_err() {
        packet.clear();
    }
    out.put_u8(qos as u8);
    out.put_u32_le(packet.len() as u32);
    out.put_slice(&packet);
}

impl Record {
    pub(super) fn write(&self, out: &mut BytesMut) {
        match self {
            Record::Opened { session, identity, client_id, space, tenant, expiry_s } => {
                out.put_u8(1);
                out.put_u64_le(*session);
                [identity, client_id, space, tenant].into_iter().for_each(|text| put_text(out, text));
                out.put_u32_le(*expiry_s);
            }
            Record::Away { session, at, expiry_s } => {
                out.put_u8(2);
                out.put_u64_le(*session);
                out.put_u64_le(*at);
                out.put_u32_le(*expiry_s);
            }
            Record::Ended { session } => put_numbers(out, 3, &[*session]),
            Record::Subscribed { session, filter, options, identifier, within } => {
                out.put_u8(4);
                out.put_u64_le(*session);
                put_text(out, filter);
                out.put_u8(options_byte(*options));
                out.put_u32_le(identifier.unwrap_or(0));
                out.put_u32_le(within.len() as u32);
                within.iter().for_each(|pattern| put_text(out, pattern));
            }
            Record::Unsubscribed { session, filter } => put_number_and_text(out, 5, *session, filter),
            Record::Letter(letter) => {
                put_numbers(out, 6, &[letter.number, letter.expires_at.unwrap_or(0)]);
                put_publish(out, &letter.topic, &letter.payload, letter.qos, false, &letter.properties);
            }
            Record::Queued { session, entry, letter, id, qos, retain, identifiers } => {
                put_numbers(out, 7, &[*session, *entry, *letter]);
                out.put_u16_le(*id);
                put_qos_and_flags(out, *qos, *retain);
                out.put_u32_le(identifiers.len() as u32);
                identifiers.iter().for_each(|identifier| out.put_u32_le(*identifier));
            }
            Record::Received { session, entry } => put_numbers(out, 8, &[*session, *entry]),
            Record::Delivered { session, entry } => put_numbers(out, 9, &[*session, *entry]),
            Record::Holds { session, id } => put_numbers(out, 10, &[*session, u64::from(*id)]),
            Record::Released { session, id } => put_numbers(out, 11, &[*session, u64::from(*id)]),
            Record::Retained { space, tenant, by, topic, letter } => {
                put_numbers(out, 16, &[*letter]);
                [space, tenant, topic, by].into_iter().for_each(|text| put_text(out, text));
            }
            Record::Unretained { space, topic } => {
                out.put_u8(13);
                put_text(out, space);
                put_text(out, topic);
            }
            Record::Will { session, will } => {
                let delay_s = will.properties.will_delay_s().copied().unwrap_or(0);
                let mut properties = will.properties.clone();
                properties
                    .retain(|property| !matches!(property, crate::codec::Property::WillDelayInterval(_)));
                put_numbers(out, 14, &[*session, u64::from(delay_s)]);
                put_publish(out, &will.topic, &will.payload, will.qos, will.retain, &properties);
            }
            Record::NoWill { session } => put_numbers(out, 15, &[*session]),
            Record::Owes { session, filter, before, after } => {
                put_numbers(out, 17, &[*session, *before]);
                put_text(out, filter);
                put_text(out, after.as_deref().unwrap_or_default());
            }
            Record::OwesNothing { session, filter } => put_number_and_text(out, 18, *session, filter),
        }
    }

    /// `None` when the bytes are not a record.
    pub(super) fn read(bytes: &mut Bytes) -> Option<Record> {
        let kind = bytes.try_get_u8().ok()?;
        let first = if matches!(kind, 13) { 0 } else { bytes.try_get_u64_le().ok()? };
        Some(match kind {
            1 => Record::Opened {
                session: first,
                identity: text(bytes)?,
                client_id: text(bytes)?,
                space: text(bytes)?,
                tenant: text(bytes)?,
                expiry_s: bytes.try_get_u32_le().ok()?,
            },
            2 => Record::Away {
                session: first,
                at: bytes.try_get_u64_le().ok()?,
                expiry_s: bytes.try_get_u32_le().ok()?,
            },
            3 => Record::Ended { session: first },
            4 => subscribed(first, bytes)?,
            5 => Record::Unsubscribed { session: first, filter: text(bytes)? },
            6 => {
                let expires_at = Some(bytes.try_get_u64_le().ok()?).filter(|at| *at > 0);
                let (publish, qos) = publish(bytes)?;
                let Publish { topic, payload, properties, .. } = publish;
                Record::Letter(Arc::new(Letter {
                    number: first,
                    topic,
                    payload,
                    qos,
                    properties,
                    expires_at,
                }))
            }
            7 => queued(first, bytes)?,
            8 => Record::Received { session: first, entry: bytes.try_get_u64_le().ok()? },
            9 => Record::Delivered { session: first, entry: bytes.try_get_u64_le().ok()? },
            10 => Record::Holds { session: first, id: id(bytes)? },
            11 => Record::Released { session: first, id: id(bytes)? },
            // 12 is what was written before it was known whose a message is.
            12 | 16 => Record::Retained {
                letter: first,
                space: text(bytes)?,
                tenant: text(bytes)?,
                topic: text(bytes)?,
                by: if kind == 16 { text(bytes)? } else { Text::default() },
            },
            13 => Record::Unretained { space: text(bytes)?, topic: text(bytes)? },
            14 => {
                let delay_s = u32::try_from(bytes.try_get_u64_le().ok()?).ok()?;
                let (publish, qos) = publish(bytes)?;
                let Publish { topic, payload, mut properties, retain, .. } = publish;
                properties.push(crate::codec::Property::WillDelayInterval(delay_s));
                Record::Will {
                    session: first,
                    will: Box::new(Will { qos, retain, properties, topic, payload }),
                }
            }
            15 => Record::NoWill { session: first },
            17 => Record::Owes {
                session: first,
                before: bytes.try_get_u64_le().ok()?,
                filter: text(bytes)?,
                // No topic is empty.
                after: Some(text(bytes)?).filter(|after| !after.is_empty()),
            },
            18 => Record::OwesNothing { session: first, filter: text(bytes)? },
            _ => return None,
        })
    }
}

fn put_numbers(out: &mut BytesMut, kind: u8, numbers: &[u64]) {
    out.put_u8(kind);
    numbers.iter().for_each(|number| out.put_u64_le(*number));
}

fn put_number_and_text(out: &mut BytesMut, kind: u8, number: u64, text: &str) {
    put_numbers(out, kind, &[number]);
    put_text(out, text);
}

fn text(bytes: &mut Bytes) -> Option<Text> {
    let length = bytes.try_get_u32_le().ok()? as usize;
    if bytes.len() < length {
        return None;
    }
    let raw = bytes.split_to(length);
    Text::new(std::str::from_utf8(&raw).ok()?)
}

fn id(bytes: &mut Bytes) -> Option<u16> {
    u16::try_from(bytes.try_get_u64_le().ok()?).ok()
}

fn publish(bytes: &mut Bytes) -> Option<(Publish, Qos)> {
    let qos = Qos::from_u8(bytes.try_get_u8().ok()?)?;
    let length = bytes.try_get_u32_le().ok()? as usize;
    if bytes.len() < length {
        return None;
    }
    // A copy, so that one letter does not keep a whole file in memory.
    let packet = Bytes::copy_from_slice(&bytes.split_to(length));
    let mut decoder = crate::codec::Decoder::for_version(Version::V5, usize::MAX);
    decoder.feed(&packet);
    match decoder.next_packet().ok()?? {
        Packet::Publish(publish) => Some((publish, qos)),
        _ => None,
    }
}

fn subscribed(session: u64, bytes: &mut Bytes) -> Option<Record> {
    let filter = text(bytes)?;
    let options = options(bytes.try_get_u8().ok()?)?;
    let identifier = Some(bytes.try_get_u32_le().ok()?).filter(|identifier| *identifier > 0);
    let count = bytes.try_get_u32_le().ok()?;
    let within = (0..count).map(|_| text(bytes)).collect::<Option<Vec<Text>>>()?;
    Some(Record::Subscribed { session, filter, options, identifier, within })
}

fn queued(session: u64, bytes: &mut Bytes) -> Option<Record> {
    let entry = bytes.try_get_u64_le().ok()?;
    let letter = bytes.try_get_u64_le().ok()?;
    let id = bytes.try_get_u16_le().ok()?;
    let flags = bytes.try_get_u8().ok()?;
    let qos = Qos::from_u8(flags & 3)?;
    let count = bytes.try_get_u32_le().ok()?;
    let identifiers = (0..count).map(|_| bytes.try_get_u32_le().ok()).collect::<Option<Vec<u32>>>()?;
    Some(Record::Queued { session, entry, letter, id, qos, retain: flags & 4 != 0, identifiers })
}

/// As in SUBSCRIBE (section 3.8.3.1).
fn options_byte(options: SubscribeOptions) -> u8 {
    options.qos as u8
        | u8::from(options.no_local) << 2
        | u8::from(options.retain_as_published) << 3
        | (options.retain_handling as u8) << 4
}

fn options(byte: u8) -> Option<SubscribeOptions> {
    Some(SubscribeOptions {
        qos: Qos::from_u8(byte & 3)?,
        no_local: byte & 4 != 0,
        retain_as_published: byte & 8 != 0,
        retain_handling: match byte >> 4 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            2 => RetainHandling::DoNotSend,
            _ => return None,
        },
    })
}

/// Identifiers as the session has them.
pub(crate) fn variables(identifiers: &[u32]) -> Vec<Variable> {
    identifiers.iter().map(|identifier| Variable(*identifier)).collect()
}
