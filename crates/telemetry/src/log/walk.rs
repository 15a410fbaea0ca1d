//! Reads the blob of a batch: its entries one after the other, those of older versions too.

use std::sync::Arc;

use lares_model::reading::Reading;
use lares_model::record::{Body, Entry, MessageIdentity, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use super::batch::{BLOCK, FOLLOWS, HAS_IDENTITY, IS_ROWS, ONE_PLAIN_ROW, VERSION, VERSION_OF_ENTRIES};
use super::block;
use super::body::decode_body;
use super::names::Names;
use crate::TelemetryError;
use crate::codec::column::read_value;
use crate::codec::varint::Reader;
use crate::shape::{Shape, parse_flags};

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
                        attribute: name.attribute.as_ref().into(),
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
    if version != VERSION && version != VERSION_OF_ENTRIES {
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
        if marks & BLOCK != 0 && version == VERSION {
            let owner = *names.organisations.thing(organisation)?;
            let ends = block::read(&mut reader, names, position, owner, marks & HAS_IDENTITY != 0, &mut see)?;
            (position, received) = (ends.position, ends.received.unwrap_or(received));
            continue;
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
