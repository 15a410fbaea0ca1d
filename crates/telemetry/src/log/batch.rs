//! One group commit as the log keeps it: a single blob of entries, delta-coded, with a checksum. Readings are rows of
//! known shapes; everything else is a CBOR body.

use std::sync::Arc;

use lares_model::reading::Reading;
use lares_model::record::{Body, Entry, MessageIdentity, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use super::block::{self, Block, ENTRIES_MIN};
use super::body::decode_body;
use super::names::Names;
use crate::TelemetryError;
use crate::codec::column::{put_value, read_value};
use crate::codec::varint::{Reader, put, put_bytes, put_signed};
use crate::shape::{Shape, flags_of, parse_flags};

const VERSION: u8 = 2;
/// Without blocks, otherwise the same.
const VERSION_OF_ENTRIES: u8 = 1;
const HAS_IDENTITY: u8 = 1;
const IS_ROWS: u8 = 2;
/// The position follows the one before, and the organisation is the same.
const FOLLOWS: u8 = 4;
/// One row, whose marks are 0.
const ONE_PLAIN_ROW: u8 = 8;

/// Not one entry but many.
const BLOCK: u8 = 16;
/// So many entries in a row are alike before a block begins: where they take turns, none does.
const ALIKE_BEFORE: u32 = 4;

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
    out: Vec<u8>,
    position: i64,
    received: i64,
    organisation: u32,
    /// The last ones, not yet written.
    block: Option<Block>,
    /// The shape of the last entry that could be in a block, and how many of it there were in a row.
    alike: (u32, u32),
}

impl Encoder {
    pub fn new(first: Position) -> Encoder {
        Encoder {
            out: vec![VERSION],
            position: first.0 - 1,
            received: 0,
            organisation: 0,
            block: None,
            alike: (0, 0),
        }
    }

    pub fn put(&mut self, plan: &EntryPlan<'_>) {
        let (Body::Readings { readings }, [row]) = (&plan.entry.body, plan.rows) else {
            self.alike = (0, 0);
            return self.put_entry(plan, false);
        };
        let readings = &readings[row.start..row.start + row.length];
        if flags_of(&readings[0]) != 0 {
            self.alike = (0, 0);
            return self.put_entry(plan, false);
        }
        if let Some(block) = self.block.as_mut().filter(|block| block.fits(plan, row)) {
            return block.push(plan, readings);
        }
        let many = if self.alike.0 == row.shape { self.alike.1 + 1 } else { 1 };
        self.alike = (row.shape, many);
        if many <= ALIKE_BEFORE {
            return self.put_entry(plan, true);
        }
        self.end_block();
        let mut block = Block::begin(plan, row, readings);
        block.push(plan, readings);
        self.block = Some(block);
    }

    fn put_entry(&mut self, plan: &EntryPlan<'_>, plain: bool) {
        self.end_block();
        let entry = plan.entry;
        let is_rows = matches!(entry.body, Body::Readings { .. });
        let marks = mark(is_rows, IS_ROWS) | mark(plain, ONE_PLAIN_ROW);
        self.put_head(marks, plan.position.0, plan.organisation, entry.identity.is_some());
        self.put_origin(plan.device, entry.received.0, entry.identity.map(|identity| identity.0));
        let out = &mut self.out;
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

    fn put_head(&mut self, marks: u8, position: i64, organisation: u32, with_identity: bool) {
        let follows = position == self.position + 1 && organisation == self.organisation;
        self.out.push(marks | mark(with_identity, HAS_IDENTITY) | mark(follows, FOLLOWS));
        if !follows {
            put(&mut self.out, (position - self.position) as u64);
            put(&mut self.out, u64::from(organisation));
        }
        (self.position, self.organisation) = (position, organisation);
    }

    fn put_origin(&mut self, device: u32, received: i64, identity: Option<u64>) {
        put(&mut self.out, u64::from(device));
        put_signed(&mut self.out, received.wrapping_sub(self.received));
        self.received = received;
        self.out.extend(identity.iter().flat_map(|identity| identity.to_le_bytes()));
    }

    /// Writes the entries that wait: as a block, or one after the other where they are few.
    fn end_block(&mut self) {
        let Some(block) = self.block.take() else { return };
        if block.len() >= ENTRIES_MIN {
            self.put_head(BLOCK, block.first, block.organisation, block.with_identities);
            block.put(&mut self.out);
            self.position = block.first + block.len() as i64 - 1;
            self.received = block.received.last().copied().unwrap_or(self.received);
            return;
        }
        for nth in 0..block.len() {
            let position = block.first + nth as i64;
            let identity = block.identities.get(nth).copied();
            self.put_head(IS_ROWS | ONE_PLAIN_ROW, position, block.organisation, identity.is_some());
            self.put_origin(block.devices[nth] as u32, block.received[nth], identity);
            put(&mut self.out, u64::from(block.shape));
            put_signed(&mut self.out, block.delays[nth]);
            block.columns.iter().for_each(|column| put_value(&mut self.out, &column.get(nth)));
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.end_block();
        let sum = crc32fast::hash(&self.out);
        self.out.extend_from_slice(&sum.to_le_bytes());
        self.out
    }
}

fn mark(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
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

#[cfg(test)]
mod tests {
    use lares_model::reading::Quality;
    use proptest::prelude::*;
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::*;
    use crate::shape::rows;

    /// What decides how an entry is written.
    #[derive(Clone, Debug)]
    struct Sketch {
        device: u8,
        organisation: bool,
        gap: u8,
        received: i64,
        delay: i64,
        identity: Option<u64>,
        kind: u8,
        bits: u64,
        late: bool,
    }

    fn any_sketch() -> impl Strategy<Value = Sketch> {
        let time = || prop_oneof![0_i64..100, any::<i64>()];
        let rarely = |odds: u32| prop::bool::weighted(1.0 / f64::from(odds));
        let kind = prop_oneof![12 => Just(0_u8), 1 => 1_u8..5];
        let bits = prop_oneof![any::<u64>(), (0..10_000_i64).prop_map(|n| (n as f64 / 10.0).to_bits())];
        let gap = prop_oneof![12 => Just(0_u8), 1 => 1_u8..4];
        let identity = prop_oneof![12 => any::<u64>().prop_map(Some), 1 => Just(None)];
        (any::<u8>(), rarely(20), gap, time(), time(), identity, kind, bits, rarely(20)).prop_map(
            |(device, organisation, gap, received, delay, identity, kind, bits, late)| Sketch {
                device,
                organisation,
                gap,
                received,
                delay,
                identity,
                kind,
                bits,
                late,
            },
        )
    }

    fn entry_of(sketch: &Sketch) -> Entry {
        let time = UnixMillis(sketch.received.wrapping_sub(sketch.delay));
        let reading = |attribute: &str, value: Value| Reading {
            endpoint: 1,
            attribute: attribute.to_owned(),
            time,
            value,
            quality: if sketch.late { Quality::Late } else { Quality::Measured },
            at_least_once: false,
        };
        let number = Value::Number(f64::from_bits(sketch.bits));
        let integer = Value::Integer(sketch.bits as i64);
        let readings = match sketch.kind {
            0 => vec![
                reading("a", number),
                reading("b", Value::Bool(sketch.bits & 1 == 0)),
                reading("c", integer),
                reading("d", Value::Text(format!("{}", sketch.bits % 3))),
            ],
            1 => vec![reading("a", number)],
            2 => vec![reading("a", number), reading("a", integer)],
            3 => vec![],
            _ => {
                return Entry {
                    body: Body::Presence {
                        status: lares_model::presence::PresenceStatus::Online,
                        reason: "r".to_owned(),
                    },
                    ..entry_of(&Sketch { kind: 3, ..sketch.clone() })
                };
            }
        };
        Entry {
            organisation: OrganisationId(Uuid::from_u128(u128::from(sketch.organisation))),
            device: DeviceId(Uuid::from_u128(u128::from(sketch.device))),
            received: UnixMillis(sketch.received),
            identity: sketch.identity.map(MessageIdentity),
            body: Body::Readings { readings },
        }
    }

    fn names_of(connection: &Connection) -> Names {
        connection
            .execute_batch(
                "CREATE TABLE organisations (id INTEGER PRIMARY KEY, uuid BLOB);
                 CREATE TABLE devices (id INTEGER PRIMARY KEY, uuid BLOB);
                 CREATE TABLE shapes (id INTEGER PRIMARY KEY, columns BLOB);",
            )
            .unwrap();
        Names::default()
    }

    /// The blob of these, and the records that it should hold.
    fn encoded(sketches: &[Sketch]) -> (Vec<u8>, Names, Vec<Record>) {
        let connection = Connection::open_in_memory().unwrap();
        let mut names = names_of(&connection);
        let (mut encoder, mut position, mut records) = (Encoder::new(Position(1)), 0, Vec::new());
        for sketch in sketches {
            position += 1 + i64::from(sketch.gap);
            let entry = entry_of(sketch);
            let (mut plans, mut start) = (Vec::new(), 0);
            if let Body::Readings { readings } = &entry.body {
                for length in rows(readings) {
                    let shape = Shape::of(&readings[start..start + length]);
                    let (shape, _) = names.shape(&connection, shape).unwrap();
                    plans.push(RowPlan { shape, start, length });
                    start += length;
                }
            }
            let body = crate::log::body::encode_body(&entry.body).unwrap_or_default();
            encoder.put(&EntryPlan {
                position: Position(position),
                device: names.device(&connection, entry.device).unwrap(),
                organisation: names.organisation(&connection, entry.organisation).unwrap(),
                entry: &entry,
                rows: &plans,
                body: &body,
            });
            records.push(Record { position: Position(position), entry });
        }
        (encoder.finish(), names, records)
    }

    /// As text with every bit of a number, since NaN is no equal of itself.
    fn bits(record: &Record) -> String {
        let mut text = format!("{:?}", Record { entry: record.entry.clone(), ..*record });
        if let Body::Readings { readings } = &record.entry.body {
            for reading in readings {
                if let Value::Number(number) = reading.value {
                    text += &format!(" {:x}", number.to_bits());
                }
            }
        }
        text
    }

    fn walked(blob: &[u8], names: &Names) -> Result<Vec<String>, TelemetryError> {
        let mut found = Vec::new();
        walk(blob, Position(1), names, |entry| {
            found.push(bits(&entry.into_record()?));
            Ok(())
        })?;
        Ok(found)
    }

    fn with_sum(mut content: Vec<u8>) -> Vec<u8> {
        let sum = crc32fast::hash(&content);
        content.extend_from_slice(&sum.to_le_bytes());
        content
    }

    proptest! {
        #[test]
        fn batches_come_back_bit_by_bit(sketches in prop::collection::vec(any_sketch(), 1..120)) {
            let (blob, names, records) = encoded(&sketches);
            let expected: Vec<String> = records.iter().map(bits).collect();
            prop_assert_eq!(walked(&blob, &names).unwrap(), expected);
        }

        #[test]
        fn walking_is_total(
            sketches in prop::collection::vec(any_sketch(), 30..60),
            at: prop::sample::Index,
            byte: u8,
        ) {
            let (mut blob, names, _) = encoded(&sketches);
            blob.truncate(blob.len() - 4);
            let at = at.index(blob.len());
            blob[at] = byte;
            let _ = walked(&with_sum(blob), &names);
        }
    }

    fn alike(count: u8) -> Vec<Sketch> {
        let sketch = |nth: u8| Sketch {
            device: nth,
            organisation: false,
            gap: 0,
            received: 1_760_000_000_000 + i64::from(nth % 7),
            delay: 0,
            identity: Some(u64::from(nth)),
            kind: 1,
            bits: (20.0 + f64::from(nth) / 10.0).to_bits(),
            late: false,
        };
        (0..count).map(sketch).collect()
    }

    #[test]
    fn what_was_written_before_there_were_blocks_is_still_read() {
        let (mut blob, names, records) = encoded(&alike(10));
        blob.truncate(blob.len() - 4);
        blob[0] = VERSION_OF_ENTRIES;
        let expected: Vec<String> = records.iter().map(bits).collect();
        assert_eq!(walked(&with_sum(blob), &names).unwrap(), expected);
    }

    #[test]
    fn many_alike_take_little_more_than_their_identities_and_values() {
        let (blob, ..) = encoded(&alike(200));
        assert!(blob.len() < 200 * 11, "{} bytes", blob.len());
    }
}
