//! Random appends, repetitions, removals and restarts: the engine answers what a naive model in memory answers.

use std::collections::HashSet;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, Position, Record};
use lares_model::{DeviceId, UnixMillis, Value};
use lares_telemetry::{Appended, ReadingKey, ReadingsQuery, StoredReading};
use proptest::prelude::*;

use crate::subject::*;

#[derive(Default)]
struct Model {
    head: i64,
    log: Vec<Record>,
    points: Vec<(DeviceId, StoredReading)>,
}

impl Model {
    fn append(&mut self, entry: &Entry) -> Appended {
        let known = |record: &Record| {
            record.entry.device == entry.device
                && entry.identity.is_some()
                && record.entry.identity == entry.identity
        };
        if self.log.iter().any(known) {
            return Appended::Duplicate;
        }
        self.head += 1;
        let position = Position(self.head);
        self.log.push(Record { position, entry: entry.clone() });
        if let Body::Readings { readings } = &entry.body {
            for (place, reading) in (0..).zip(readings) {
                self.append_point(entry, position, place, reading);
            }
        }
        Appended::At(position)
    }

    fn append_point(&mut self, entry: &Entry, position: Position, place: u32, reading: &Reading) {
        let same = |(device, stored): &(DeviceId, StoredReading)| {
            *device == entry.device
                && (stored.endpoint, &stored.attribute) == (reading.endpoint, &reading.attribute)
                && stored.time == reading.time
                && format!("{:?}", stored.value) == format!("{:?}", reading.value)
                && !stored.at_least_once
        };
        let own_time = reading.time != entry.received;
        if own_time && !reading.at_least_once && self.points.iter().any(same) {
            return;
        }
        let stored = StoredReading {
            key: ReadingKey::new(reading.time, position, place),
            endpoint: reading.endpoint,
            attribute: reading.attribute.clone(),
            time: reading.time,
            received: entry.received,
            value: reading.value.clone(),
            quality: reading.quality,
            at_least_once: reading.at_least_once,
            position,
        };
        self.points.push((entry.device, stored));
    }

    fn forget(&mut self, device: DeviceId) {
        self.log.retain(|record| record.entry.device != device);
        self.points.retain(|(owner, _)| *owner != device);
    }

    fn readings(&self, query: &ReadingsQuery) -> Vec<StoredReading> {
        let wanted = |stored: &StoredReading| {
            query.endpoint.is_none_or(|endpoint| stored.endpoint == endpoint)
                && query.attribute.as_ref().is_none_or(|attribute| stored.attribute == *attribute)
                && query.from.is_none_or(|from| stored.time >= from)
                && query.until.is_none_or(|until| stored.time < until)
                && query.after.is_none_or(|after| match query.descending {
                    false => stored.key > after,
                    true => stored.key < after,
                })
        };
        let of_device = self.points.iter().filter(|(owner, _)| *owner == query.device);
        let mut found: Vec<_> = of_device.map(|(_, stored)| stored.clone()).filter(|s| wanted(s)).collect();
        found.sort_by_key(|stored| stored.key);
        if query.descending {
            found.reverse();
        }
        found.truncate(query.limit);
        found
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Entry>),
    Forget(DeviceId),
    Restart,
    Query(ReadingsQuery),
    Since(i64, usize),
}

/// Few of everything, so that repetitions and equal instants are common.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1_i64..2).prop_map(Value::Integer),
        prop::sample::select(vec![i64::MIN, i64::MAX, 255, 256]).prop_map(Value::Integer),
        prop::sample::select(vec![-0.0, 0.0, 1.0, 1e300, 0.1]).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec!["", "on", "off\0"]).prop_map(|text| Value::Text(text.to_owned())),
    ]
}

fn any_attribute() -> impl Strategy<Value = String> {
    prop::sample::select(vec![POWER.to_owned(), "OnOff.OnOff".to_owned()])
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let quality = prop::sample::select(vec![Quality::Measured, Quality::Late, Quality::Future]);
    let parts = (0_u16..2, any_attribute(), 0_i64..6, any_value(), quality, prop::bool::weighted(0.2));
    parts.prop_map(|(endpoint, attribute, time, value, quality, at_least_once)| Reading {
        endpoint,
        attribute,
        time: UnixMillis(T0 + time),
        value,
        quality,
        at_least_once,
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let body = prop_oneof![
        4 => prop::collection::vec(any_reading(), 0..5).prop_map(|readings| Body::Readings { readings }),
        1 => Just(presence(1, "it reported").body),
    ];
    let parts = (1_u128..4, prop::option::weighted(0.7, 0_u64..12), 0_i64..3, body);
    parts.prop_map(|(device, id, received, body)| {
        let mut entry = entry(device, id.map(identity), body);
        entry.received = UnixMillis(T0 + received);
        entry
    })
}

fn any_instant() -> impl Strategy<Value = Option<UnixMillis>> {
    prop::option::of((-1_i64..7).prop_map(|offset| UnixMillis(T0 + offset)))
}

fn any_query() -> impl Strategy<Value = ReadingsQuery> {
    let key = (-1_i64..7, 0_i64..30, 0_u32..5).prop_map(|(time, position, place)| {
        ReadingKey::new(UnixMillis(T0 + time), Position(position), place)
    });
    let parts = (
        1_u128..5,
        prop::option::of(0_u16..3),
        prop::option::of(any_attribute()),
        any_instant(),
        any_instant(),
        prop::option::of(key),
        prop::sample::select(vec![0, 1, 3, 1_000]),
        any::<bool>(),
    );
    parts.prop_map(|(number, endpoint, attribute, from, until, after, limit, descending)| ReadingsQuery {
        device: device(number),
        endpoint,
        attribute,
        from,
        until,
        after,
        limit,
        descending,
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec(any_entry(), 1..5).prop_map(Step::Append),
        6 => any_query().prop_map(Step::Query),
        3 => (-1_i64..40, 0_usize..10).prop_map(|(after, limit)| Step::Since(after, limit)),
        1 => (1_u128..5).prop_map(|number| Step::Forget(device(number))),
        1 => Just(Step::Restart),
    ]
}

async fn run<S: Subject>(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    let mut model = Model::default();
    for step in steps.into_iter().chain([Step::Restart]) {
        match step {
            Step::Append(entries) => {
                let expected: Vec<_> = entries.iter().map(|entry| model.append(entry)).collect();
                assert_eq!(engine.append(entries).await, Ok(expected));
            }
            Step::Forget(device) => {
                model.forget(device);
                engine.forget_device(device).await.unwrap();
            }
            Step::Restart => {
                drop(engine);
                engine = S::open(directory.path()).unwrap();
                assert_same(&whole_log(&engine).await, &model.log);
            }
            Step::Query(query) => {
                assert_same(&engine.readings(&query).await.unwrap(), &model.readings(&query));
            }
            Step::Since(after, limit) => {
                let expected: Vec<_> = model.log.iter().filter(|record| record.position.0 > after).collect();
                let expected: Vec<_> = expected.into_iter().take(limit).cloned().collect();
                assert_same(&engine.since(Position(after), limit).await.unwrap(), &expected);
            }
        }
        assert_eq!(engine.head().0, model.head);
    }
    for number in 1..5 {
        let everything = ReadingsQuery::of(device(number), usize::MAX);
        assert_same(&all_readings(&engine, number).await, &model.readings(&everything));
    }
    let positions: HashSet<_> = model.log.iter().map(|record| record.position).collect();
    assert_eq!(positions.len(), model.log.len());
    assert_sound(&engine).await;
}

/// By their text, since equality does not tell -0.0 from 0.0.
fn assert_same<T: std::fmt::Debug>(answer: &[T], expected: &[T]) {
    assert_eq!(format!("{answer:#?}"), format!("{expected:#?}"));
}

pub fn answers_as_the_naive_model_does<S: Subject>() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(any_step(), 1..40))| {
        runtime.block_on(run::<S>(steps));
    });
}
