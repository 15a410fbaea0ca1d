//! Batches come back bit by bit, whatever entries they hold, and what is damaged is never mistaken for one.

use lares_model::reading::{Quality, Reading};
use lares_model::record::{MessageIdentity, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use proptest::prelude::*;
use rusqlite::Connection;
use uuid::Uuid;

use super::*;
use crate::TelemetryError;
use crate::log::names::Names;
use crate::log::walk::walk;
use crate::shape::{Shape, rows};

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
        attribute: attribute.into(),
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
