//! One group commit as the log keeps it: a single blob of entries, delta-coded, with a checksum. Readings are rows of
//! known shapes; everything else is a CBOR body.

use std::sync::Arc;

use lares_model::reading::Reading;
use lares_model::record::{Body, Entry, MessageIdentity, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use super::body::decode_body;
use super::names::Names;
use crate::TelemetryError;
use crate::codec::column::{put_value, read_value};
use crate::codec::varint::{Reader, put, put_bytes, put_signed};
use crate::shape::{Shape, flags_of, parse_flags};

const VERSION: u8 = 1;
const HAS_IDENTITY: u8 = 1;
const IS_ROWS: u8 = 2;
/// The position follows the one before, and the organisation is the same.
const FOLLOWS: u8 = 4;
/// One row, whose marks are 0.
const ONE_PLAIN_ROW: u8 = 8;

/// A row of an entry: readings in a row, and the number of their shape.
#[derive(Clone, Copy)]
pub struct RowPlan {
    pub shape: u32,
    pub start: usize,
    pub length: usize,
}

/// What the numbers of an entry are.
pub struct EntryPlan<'a> {
    pub position: Position,
    pub device: u32,
    pub organisation: u32,
    pub entry: &'a Entry,
    pub rows: &'a [RowPlan],
    /// The encoded body of what is not readings.
    pub body: &'a [u8],
}

/// Builds the blob of a batch.
pub struct Encoder {
    pub out: Vec<u8>,
    position: i64,
    received: i64,
    organisation: u32,
}

impl Encoder {
    pub fn new(first: Position) -> Encoder {
        Encoder { out: vec![VERSION], position: first.0 - 1, received: 0, organisation: 0 }
    }

    pub fn put(&mut self, plan: &EntryPlan<'_>) {
        let EntryPlan { entry, .. } = plan;
        let out = &mut self.out;
        let follows = plan.position.0 == self.position + 1 && plan.organisation == self.organisation;
        let plain = match (&entry.body, plan.rows) {
            (Body::Readings { readings }, [row]) => flags_of(&readings[row.start]) == 0,
            _ => false,
        };
        let is_rows = matches!(entry.body, Body::Readings { .. });
        let mark = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(
            mark(entry.identity.is_some(), HAS_IDENTITY)
                | mark(is_rows, IS_ROWS)
                | mark(follows, FOLLOWS)
                | mark(plain, ONE_PLAIN_ROW),
        );
        if !follows {
            put(out, (plan.position.0 - self.position) as u64);
            put(out, u64::from(plan.organisation));
        }
        put(out, u64::from(plan.device));
        put_signed(out, entry.received.0.wrapping_sub(self.received));
        (self.position, self.received) = (plan.position.0, entry.received.0);
        self.organisation = plan.organisation;
        if let Some(MessageIdentity(identity)) = entry.identity {
            out.extend_from_slice(&identity.to_le_bytes());
        }
        let Body::Readings { readings } = &entry.body else {
            put_bytes(out, plan.body);
            return;
        };
        if !plain {
            put(out, plan.rows.len() as u64);
        }
        for row in plan.rows {
            let row_readings = &readings[row.start..row.start + row.length];
            put(out, u64::from(row.shape));
            put_signed(out, entry.received.0.wrapping_sub(row_readings[0].time.0));
            if !plain {
                out.push(flags_of(&row_readings[0]));
            }
            row_readings.iter().for_each(|reading| put_value(out, &reading.value));
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        let sum = crc32fast::hash(&self.out);
        self.out.extend_from_slice(&sum.to_le_bytes());
        self.out
    }
}

/// An entry as it lies in a batch.
pub struct RawEntry<'n> {
    pub position: Position,
    pub device: DeviceId,
    pub organisation: OrganisationId,
    pub received: i64,
    pub identity: Option<MessageIdentity>,
    pub content: Content<'n>,
}

pub enum Content<'n> {
    Rows(Vec<RawRow<'n>>),
    Body(Vec<u8>),
}

pub struct RawRow<'n> {
    pub shape_no: u32,
    pub shape: &'n Arc<Shape>,
    pub time: i64,
    pub flags: u8,
    pub values: Vec<Value>,
}

impl RawEntry<'_> {
    pub fn into_record(self) -> Result<Record, TelemetryError> {
        let body = match self.content {
            Content::Body(bytes) => decode_body(&bytes)?,
            Content::Rows(rows) => {
                let mut readings = Vec::with_capacity(rows.iter().map(|row| row.values.len()).sum());
                for row in rows {
                    let (quality, at_least_once) = parse_flags(row.flags)?;
                    let named = row.shape.0.iter().zip(row.values);
                    readings.extend(named.map(|(name, value)| Reading {
                        endpoint: name.endpoint,
                        attribute: name.attribute.to_string(),
                        time: UnixMillis(row.time),
                        value,
                        quality,
                        at_least_once,
                    }));
                }
                Body::Readings { readings }
            }
        };
        let entry = Entry {
            organisation: self.organisation,
            device: self.device,
            received: UnixMillis(self.received),
            identity: self.identity,
            body,
        };
        Ok(Record { position: self.position, entry })
    }
}

/// Has a function see every entry of a batch whose first position is `first`, in order.
pub fn walk<'n>(
    blob: &[u8],
    first: Position,
    names: &'n Names,
    mut see: impl FnMut(RawEntry<'n>) -> Result<(), TelemetryError>,
) -> Result<(), TelemetryError> {
    let (content, sum) = blob.split_last_chunk::<4>().ok_or_else(|| {
        TelemetryError::Corrupt(format!("the batch of position {} has no checksum", first.0))
    })?;
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        let why = format!("the batch of position {} does not match its checksum", first.0);
        return Err(TelemetryError::Corrupt(why));
    }
    let mut reader = Reader::new(content);
    let version = reader.byte()?;
    if version != VERSION {
        return Err(TelemetryError::Corrupt(format!("a batch has unknown version {version}")));
    }
    let (mut position, mut received, mut organisation) = (first.0 - 1, 0_i64, 0_u64);
    while !reader.rest.is_empty() {
        let marks = reader.byte()?;
        if marks & FOLLOWS == 0 {
            position = position.wrapping_add(reader.unsigned()? as i64);
            organisation = reader.unsigned()?;
        } else {
            position = position.wrapping_add(1);
        }
        let device = *names.devices.thing(reader.unsigned()?)?;
        received = received.wrapping_add(reader.signed()?);
        let identity = match marks & HAS_IDENTITY {
            0 => None,
            _ => Some(MessageIdentity(u64::from_le_bytes(*reader.take(8)?.first_chunk().unwrap_or(&[0; 8])))),
        };
        let content = match marks & IS_ROWS {
            0 => Content::Body(reader.bytes()?.to_vec()),
            _ => Content::Rows(read_rows(&mut reader, received, names, marks & ONE_PLAIN_ROW != 0)?),
        };
        let organisation = *names.organisations.thing(organisation)?;
        see(RawEntry { position: Position(position), device, organisation, received, identity, content })?;
    }
    Ok(())
}

fn read_rows<'n>(
    reader: &mut Reader<'_>,
    received: i64,
    names: &'n Names,
    plain: bool,
) -> Result<Vec<RawRow<'n>>, TelemetryError> {
    let count = if plain { 1 } else { reader.count(reader.rest.len())? };
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        let shape_no = reader.unsigned()?;
        let shape = names.shapes.thing(shape_no)?;
        let time = received.wrapping_sub(reader.signed()?);
        let flags = if plain { 0 } else { reader.byte()? };
        let values = shape.0.iter().map(|name| read_value(reader, name.kind)).collect::<Result<_, _>>()?;
        rows.push(RawRow { shape_no: shape_no as u32, shape, time, flags, values });
    }
    Ok(rows)
}
