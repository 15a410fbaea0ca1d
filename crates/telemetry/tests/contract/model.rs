//! Random appends, repetitions, late and changed values, seals, removals, restarts and kills: the engine answers what
//! a naive model in memory answers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, Position, Record};
use lares_model::{DeviceId, UnixMillis, Value};
use lares_telemetry::{
    Aggregate, AggregateQuery, Appended, Erasure, Expiry, IDENTITIES_REMEMBERED, Numbers, ReadingKey,
    ReadingsQuery, Retention, SeriesKey, StoredReading, number_of, quality_bit, rise,
};
use proptest::prelude::*;

use crate::subject::*;

#[derive(Clone, Debug)]
struct Version {
    received: i64,
    value: Value,
    quality: Quality,
    at_least_once: bool,
}

#[derive(Default)]
struct Model {
    head: i64,
    released: i64,
    log: Vec<Record>,
    identities: HashMap<DeviceId, VecDeque<u64>>,
    series: BTreeMap<(DeviceId, u16, String), BTreeMap<i64, Vec<Version>>>,
    /// From when on readings of a device are kept, and what they come to.
    kept: HashMap<DeviceId, (i64, i64)>,
}

const DAY: i64 = 86_400_000;

impl Model {
    fn append(&mut self, entry: &Entry) -> Appended {
        if let Some(identity) = entry.identity {
            let known = self.identities.entry(entry.device).or_default();
            if known.contains(&identity.0) {
                return Appended::Duplicate;
            }
            known.push_back(identity.0);
            if known.len() > IDENTITIES_REMEMBERED {
                known.pop_front();
            }
        }
        self.head += 1;
        let position = Position(self.head);
        self.log.push(Record { position, entry: entry.clone() });
        if let Body::Readings { readings } = &entry.body {
            for reading in readings {
                let series = (entry.device, reading.endpoint, reading.attribute.to_string());
                let versions = self.series.entry(series).or_default().entry(reading.time.0).or_default();
                versions.push(Version {
                    received: entry.received.0,
                    value: reading.value.clone(),
                    quality: reading.quality,
                    at_least_once: reading.at_least_once,
                });
            }
        }
        Appended::At(position)
    }

    fn forget(&mut self, device: DeviceId) {
        self.log.retain(|record| record.entry.device != device);
        self.series.retain(|series, _| series.0 != device);
        self.identities.remove(&device);
        self.kept.remove(&device);
    }

    fn kept(&self, device: DeviceId) -> (i64, i64) {
        self.kept.get(&device).copied().unwrap_or((i64::MIN, i64::MIN))
    }

    fn erase(&mut self, erasure: &Erasure) {
        let meant = |endpoint: u16, attribute: &str| {
            erasure
                .series
                .as_ref()
                .is_none_or(|list| list.iter().any(|(e, a)| *e == endpoint && a == attribute))
        };
        let within = |time: i64| time >= erasure.from.0 && time < erasure.until.0;
        for ((device, endpoint, attribute), instants) in &mut self.series {
            if *device == erasure.device && meant(*endpoint, attribute) {
                instants.retain(|time, _| !within(*time));
            }
        }
        for record in self.log.iter_mut().filter(|record| record.entry.device == erasure.device) {
            if let Body::Readings { readings } = &mut record.entry.body {
                readings.retain(|one| !(within(one.time.0) && meant(one.endpoint, &one.attribute)));
            }
        }
    }

    /// The version that counts, with the time since when its value is known.
    fn newest(versions: &[Version], known_at: Option<UnixMillis>) -> Option<Version> {
        let mut known: Vec<&Version> =
            versions.iter().filter(|version| known_at.is_none_or(|at| version.received <= at.0)).collect();
        known.sort_by_key(|version| version.received);
        let last = known.last()?;
        let same = |version: &&&Version| text(&version.value) == text(&last.value);
        known.iter().rev().take_while(same).last().map(|version| Version::clone(version))
    }

    fn of_series(&self, series: &SeriesKey, known_at: Option<UnixMillis>) -> Vec<StoredReading> {
        let key = (series.device, series.endpoint, series.attribute.clone());
        let Some(instants) = self.series.get(&key) else { return Vec::new() };
        let raw_from = self.kept(series.device).0;
        let stored = |(time, versions): (&i64, &Vec<Version>)| {
            if *time < raw_from {
                return None;
            }
            let newest = Self::newest(versions, known_at)?;
            let key = ReadingKey {
                time: UnixMillis(*time),
                endpoint: series.endpoint,
                attribute: series.attribute.clone(),
            };
            Some(StoredReading {
                key,
                received: UnixMillis(newest.received),
                value: newest.value,
                quality: newest.quality,
                at_least_once: newest.at_least_once,
            })
        };
        instants.iter().filter_map(stored).collect()
    }

    fn readings(&self, query: &ReadingsQuery) -> Vec<StoredReading> {
        let wanted = |stored: &StoredReading| {
            query.from.is_none_or(|from| stored.key.time >= from)
                && query.until.is_none_or(|until| stored.key.time < until)
                && query.after.as_ref().is_none_or(|after| match query.descending {
                    false => stored.key > *after,
                    true => stored.key < *after,
                })
        };
        let mut found = Vec::new();
        for (device, endpoint, attribute) in self.series.keys().filter(|series| series.0 == query.device) {
            let named = query.endpoint.is_none_or(|wanted| wanted == *endpoint)
                && query.attribute.as_ref().is_none_or(|wanted| wanted == attribute);
            if named {
                let series = SeriesKey { device: *device, endpoint: *endpoint, attribute: attribute.clone() };
                found.extend(
                    self.of_series(&series, query.known_at).into_iter().filter(|stored| wanted(stored)),
                );
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        if query.descending {
            found.reverse();
        }
        found.truncate(query.limit);
        found
    }

    fn aggregate(
        &self,
        series: &SeriesKey,
        edges: &[UnixMillis],
        known_at: Option<UnixMillis>,
    ) -> Vec<Option<Aggregate>> {
        let readings = self.of_series(series, known_at);
        edges
            .windows(2)
            .map(|pair| {
                let within: Vec<_> =
                    readings.iter().filter(|one| one.key.time >= pair[0] && one.key.time < pair[1]).collect();
                summed(&within)
            })
            .collect()
    }
}

fn summed(readings: &[&StoredReading]) -> Option<Aggregate> {
    let (first, last) = (readings.first()?, readings.last()?);
    let numbers: Vec<f64> = readings.iter().filter_map(|one| number_of(&one.value)).collect();
    let mut sums = Numbers {
        min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
        max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        sum: numbers.iter().sum(),
        integral: 0.0,
        increase: 0.0,
    };
    for pair in readings.windows(2) {
        let (Some(before), Some(after)) = (number_of(&pair[0].value), number_of(&pair[1].value)) else {
            continue;
        };
        sums.integral += before * (pair[1].key.time.0 - pair[0].key.time.0) as f64;
        sums.increase += rise(before, after);
    }
    Some(Aggregate {
        count: readings.len() as u64,
        first_time: first.key.time.0,
        last_time: last.key.time.0,
        first: first.value.clone(),
        last: last.value.clone(),
        qualities: readings.iter().fold(0, |all, one| all | quality_bit(one.quality)),
        numbers: (numbers.len() == readings.len()).then_some(sums),
    })
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Entry>),
    /// A device empties its memory: so many readings in one message, so far apart, from this offset on.
    Burst {
        device: u128,
        from: i64,
        every: i64,
        count: i64,
        kind: u8,
    },
    Seal,
    Release,
    Forget(DeviceId),
    Erase(Erasure),
    /// So many days after the first are too old, and so many with what they come to.
    Expire(DeviceId, i64, i64),
    Restart,
    Kill,
    Query(ReadingsQuery),
    Aggregate(AggregateQuery),
    Latest(Vec<SeriesKey>),
    Since(i64, usize),
}

/// Few of everything, so that repetitions and equal instants are common.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1_i64..2).prop_map(Value::Integer),
        prop::sample::select(vec![-9, 9, 255, 256]).prop_map(Value::Integer),
        prop::sample::select(vec![-0.0, 0.0, 1.0, 12.75, 0.1]).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
    ]
}

const ATTRIBUTES: [&str; 3] = [POWER, "OnOff.OnOff", "DoorLock.LockState"];

fn any_attribute() -> impl Strategy<Value = String> {
    prop::sample::select(ATTRIBUTES.map(str::to_owned).to_vec())
}

/// Far enough for chunks and days, near enough to meet again.
fn any_offset() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0_i64..4, 1 => (0_i64..40).prop_map(|nth| nth * 1_800_000), 1 => 0_i64..200_000_000]
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let quality = prop::sample::select(vec![Quality::Measured, Quality::Late, Quality::Future]);
    let text =
        prop::sample::select(vec!["", "locked", "unlocked\0"]).prop_map(|text| Value::Text(text.to_owned()));
    let parts =
        (0_u16..2, any_attribute(), any_offset(), any_value(), text, quality, prop::bool::weighted(0.2));
    parts.prop_map(|(endpoint, attribute, offset, value, text, quality, at_least_once)| Reading {
        endpoint,
        // A series is of texts or of what counts.
        value: if attribute == ATTRIBUTES[2] { text } else { value },
        attribute: attribute.into(),
        time: UnixMillis(T0 + offset),
        quality,
        at_least_once,
    })
}

/// Readings of a message, none of them twice for one instant of a series.
fn any_readings() -> impl Strategy<Value = Vec<Reading>> {
    (prop::collection::vec(any_reading(), 0..5), any::<bool>()).prop_map(|(list, together)| {
        let mut kept: Vec<Reading> = Vec::new();
        for mut reading in list {
            if together && let Some(first) = kept.first() {
                reading.time = first.time;
            }
            let same = |one: &Reading| {
                (one.endpoint, &one.attribute, one.time)
                    == (reading.endpoint, &reading.attribute, reading.time)
            };
            if !kept.iter().any(same) {
                kept.push(reading);
            }
        }
        kept
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let body = prop_oneof![
        4 => any_readings().prop_map(|readings| Body::Readings { readings }),
        1 => Just(presence(1, "it reported").body),
    ];
    (1_u128..4, prop::option::weighted(0.7, 0_u64..12), body)
        .prop_map(|(device, id, body)| entry(device, id.map(identity), body))
}

fn any_instant() -> impl Strategy<Value = Option<UnixMillis>> {
    prop::option::of(any_offset().prop_map(|offset| UnixMillis(T0 + offset)))
}

fn any_query() -> impl Strategy<Value = ReadingsQuery> {
    let key = (any_offset(), 0_u16..2, any_attribute()).prop_map(|(offset, endpoint, attribute)| {
        ReadingKey { time: UnixMillis(T0 + offset), endpoint, attribute }
    });
    let parts = (
        1_u128..5,
        prop::option::of(0_u16..3),
        prop::option::of(any_attribute()),
        any_instant(),
        any_instant(),
        (prop::option::of(key), prop::option::weighted(0.5, 0_i64..60)),
        prop::sample::select(vec![0, 1, 3, 100_000]),
        any::<bool>(),
    );
    parts.prop_map(|(number, endpoint, attribute, from, until, (after, known), limit, descending)| {
        ReadingsQuery {
            device: device(number),
            endpoint,
            attribute,
            from,
            until,
            after,
            known_at: known.map(|step| UnixMillis(RECEIVED + step)),
            limit,
            descending,
        }
    })
}

fn any_series() -> impl Strategy<Value = SeriesKey> {
    (1_u128..4, 0_u16..2, any_attribute()).prop_map(|(number, endpoint, attribute)| SeriesKey {
        device: device(number),
        endpoint,
        attribute,
    })
}

fn any_aggregate() -> impl Strategy<Value = AggregateQuery> {
    let widths = vec![1, 7, 60_000, 3_600_000, 7_777_777, 86_400_000, 4 * 86_400_000];
    let parts = (
        prop::collection::vec(any_series(), 1..3),
        (any_offset(), any::<bool>()),
        prop::sample::select(widths),
        1_i64..30,
        prop::option::weighted(0.5, 0_i64..60),
    );
    parts.prop_map(|(series, (offset, aligned), width, count, known)| {
        let start = T0 + offset;
        let start = if aligned { start - start % 86_400_000 } else { start };
        AggregateQuery {
            series,
            edges: (0..=count).map(|nth| UnixMillis(start + nth * width)).collect(),
            known_at: known.map(|step| UnixMillis(RECEIVED + step)),
        }
    })
}

fn any_erasure() -> impl Strategy<Value = Erasure> {
    let series = prop::option::of(prop::collection::vec((0_u16..2, any_attribute()), 1..3));
    (1_u128..4, series, any_offset(), any_offset()).prop_map(|(number, series, a, b)| Erasure {
        device: device(number),
        series,
        from: UnixMillis(T0 + a.min(b)),
        until: UnixMillis(T0 + a.max(b) + 1),
    })
}

fn any_burst() -> impl Strategy<Value = Step> {
    let every = prop::sample::select(vec![700, 60_000, 61_003, 600_000]);
    (1_u128..4, any_offset(), every, 1_i64..1_500, 0_u8..3)
        .prop_map(|(device, from, every, count, kind)| Step::Burst { device, from, every, count, kind })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => prop::collection::vec(any_entry(), 1..5).prop_map(Step::Append),
        2 => any_burst(),
        3 => Just(Step::Seal),
        2 => Just(Step::Release),
        6 => any_query().prop_map(Step::Query),
        6 => any_aggregate().prop_map(Step::Aggregate),
        4 => prop::collection::vec(any_series(), 1..4).prop_map(Step::Latest),
        3 => (-1_i64..60, 0_usize..10).prop_map(|(after, limit)| Step::Since(after, limit)),
        1 => (1_u128..5).prop_map(|number| Step::Forget(device(number))),
        2 => any_erasure().prop_map(Step::Erase),
        2 => (1_u128..4, 0_i64..4 * DAY, 0_i64..4 * DAY)
            .prop_map(|(number, raw, rollups)| Step::Expire(device(number), raw, rollups.min(raw))),
        1 => Just(Step::Restart),
        2 => Just(Step::Kill),
    ]
}

fn keep((raw_from, rollups_from): (i64, i64)) -> Retention {
    let expiry = Expiry { raw_before: UnixMillis(raw_from), rollups_before: UnixMillis(rollups_from) };
    Arc::new(move |_: &str| expiry)
}

fn burst(device: u128, from: i64, every: i64, count: i64, kind: u8) -> Entry {
    let value = |nth: i64| match kind {
        0 => Value::Number((nth % 97) as f64 / 10.0),
        1 => Value::Integer(nth * 3),
        _ => Value::Bool(nth % 5 == 0),
    };
    let list = (0..count).map(|nth| reading(T0 + from + nth * every, value(nth))).collect();
    readings(device, None, list)
}

/// An engine with a model beside it.
struct Trial<S> {
    engine: S,
    model: Model,
    disk: Disk,
    /// The server's clock: every message has its own instant.
    clock: i64,
}

impl<S: Subject> Trial<S> {
    async fn append(&mut self, mut entries: Vec<Entry>) {
        for entry in &mut entries {
            self.clock += 1;
            entry.received = UnixMillis(self.clock);
        }
        let expected: Vec<_> = entries.iter().map(|entry| self.model.append(entry)).collect();
        assert_eq!(self.engine.append(entries).await, Ok(expected));
    }

    async fn take(mut self, step: Step) -> Trial<S> {
        match step {
            Step::Append(entries) => self.append(entries).await,
            Step::Burst { device, from, every, count, kind } => {
                self.append(vec![burst(device, from, every, count, kind)]).await;
            }
            Step::Seal => self.engine.seal(),
            Step::Release => {
                self.model.released = self.model.head;
                self.engine.release(Position(self.model.head));
            }
            Step::Forget(device) => {
                self.model.forget(device);
                self.engine.forget_device(device).await.unwrap();
            }
            Step::Erase(erasure) => {
                self.model.erase(&erasure);
                self.engine.erase(&erasure).await.unwrap();
            }
            Step::Expire(device, raw, rollups) => self.expire(device, raw, rollups).await,
            Step::Restart => {
                drop(self.engine);
                self.engine = S::open(self.disk.path()).unwrap();
                self.say_again_what_is_kept();
            }
            Step::Kill => {
                (self.engine, self.disk) = S::kill(self.engine, self.disk);
                self.say_again_what_is_kept();
            }
            Step::Query(query) => {
                assert_same(
                    &self.engine.readings(&query).await.unwrap(),
                    &self.model.readings(&query),
                    &query,
                );
            }
            Step::Aggregate(query) => self.compare_aggregates(&query).await,
            Step::Latest(series) => self.compare_latest(&series).await,
            Step::Since(after, limit) => self.compare_log(after, limit).await,
        }
        assert_eq!(self.engine.head().0, self.model.head);
        self
    }

    /// Never less than before: what is gone does not come back.
    async fn expire(&mut self, device: DeviceId, raw: i64, rollups: i64) {
        if !self.model.series.keys().any(|series| series.0 == device) {
            return;
        }
        let day = |offset: i64| (T0 + offset).div_euclid(DAY) * DAY;
        let before = self.model.kept(device);
        let kept = (before.0.max(day(raw)), before.1.max(day(rollups)));
        self.model.kept.insert(device, kept);
        while self.engine.expire(device, keep(kept)).await.unwrap() {}
    }

    /// As the worker does after a start.
    fn say_again_what_is_kept(&self) {
        self.model.kept.iter().for_each(|(device, kept)| self.engine.retain(*device, &keep(*kept)));
    }

    /// What is counted as it comes and goes is what there is. Rows may be on their way into the archive.
    async fn compare_counts(&self) {
        let mut told = None;
        for _ in 0..200 {
            let storage =
                self.engine.storage(entry(1, None, presence(1, "").body).organisation).await.unwrap();
            let there: u64 = storage.devices.iter().map(|device| device.points + device.hot_points).sum();
            if storage.counted == Some(there) {
                return;
            }
            told = Some((storage.counted, there));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("counted and there: {told:?}");
    }

    async fn compare_latest(&self, series: &[SeriesKey]) {
        let expected: Vec<_> = series.iter().map(|one| self.model.of_series(one, None).pop()).collect();
        assert_same(&self.engine.latest(series).await.unwrap(), &expected, &series);
    }

    async fn compare_aggregates(&self, query: &AggregateQuery) {
        let answers = self.engine.aggregate(query).await.unwrap();
        assert_eq!(answers.len(), query.series.len());
        for (series, buckets) in query.series.iter().zip(answers) {
            let expected = self.model.aggregate(series, &query.edges, query.known_at);
            assert_eq!(buckets.len(), expected.len());
            let (raw_from, rollups_from) = self.model.kept(series.device);
            for ((bucket, expected), pair) in buckets.iter().zip(&expected).zip(query.edges.windows(2)) {
                // Of days whose readings are gone there is what they came to, or nothing any more.
                if pair[0].0 < raw_from {
                    assert!(
                        bucket.is_none() || pair[1].0 > rollups_from,
                        "{query:?}\n{series:?}\n{bucket:#?}"
                    );
                    continue;
                }
                assert!(alike(bucket, expected), "{query:?}\n{series:?}\n{bucket:#?}\n{expected:#?}");
            }
        }
    }

    /// What was released may be gone, from the oldest on, and nothing else.
    async fn compare_log(&self, after: i64, limit: usize) {
        let after = after.max(self.model.released);
        let behind = self.model.log.iter().filter(|record| record.position.0 > after);
        let expected: Vec<_> = behind.take(limit).cloned().collect();
        assert_same(&self.engine.since(Position(after), limit).await.unwrap(), &expected, &after);
    }

    async fn compare_everything(&self) {
        self.compare_counts().await;
        self.compare_log(-1, usize::MAX).await;
        for number in 1..5 {
            let everything = ReadingsQuery::of(device(number), usize::MAX);
            assert_same(
                &all_readings(&self.engine, number).await,
                &self.model.readings(&everything),
                &number,
            );
        }
    }
}

async fn run<S: Subject>(steps: Vec<Step>) {
    let disk = Disk::new();
    let engine = S::open(disk.path()).unwrap();
    let mut trial = Trial { engine, model: Model::default(), disk, clock: RECEIVED };
    for step in steps.into_iter().chain([Step::Kill, Step::Seal, Step::Restart]) {
        let all = matches!(step, Step::Restart | Step::Kill);
        trial = trial.take(step).await;
        if all {
            trial.compare_everything().await;
        }
    }
    assert_sound(&trial.engine).await;
}

fn text(value: &Value) -> String {
    format!("{value:?}")
}

/// Exact but for sums of doubles, which depend on their order.
fn alike(a: &Option<Aggregate>, b: &Option<Aggregate>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let near = |x: f64, y: f64| (x - y).abs() <= 1e-9 * x.abs().max(y.abs()).max(1.0);
    let numbers = match (&a.numbers, &b.numbers) {
        (Some(a), Some(b)) => {
            near(a.min, b.min)
                && near(a.max, b.max)
                && near(a.sum, b.sum)
                && near(a.integral, b.integral)
                && near(a.increase, b.increase)
        }
        (a, b) => a.is_none() && b.is_none(),
    };
    let exact = |one: &Aggregate| {
        (one.count, one.first_time, one.last_time, text(&one.first), text(&one.last), one.qualities)
    };
    numbers && exact(a) == exact(b)
}

/// Where there are few, by their text too, since equality does not tell -0.0 from 0.0.
fn assert_same<T: std::fmt::Debug + PartialEq>(answer: &[T], expected: &[T], asked: &dyn std::fmt::Debug) {
    let same = answer == expected && (answer.len() > 300 || format!("{answer:?}") == format!("{expected:?}"));
    if !same {
        let different = answer.iter().zip(expected).find(|(a, b)| format!("{a:?}") != format!("{b:?}"));
        let lengths = (answer.len(), expected.len());
        panic!("{asked:?}: lengths {lengths:?}; the first answered otherwise than expected: {different:#?}");
    }
}

pub fn answers_as_the_naive_model_does<S: Subject>() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(any_step(), 1..50))| {
        runtime.block_on(run::<S>(steps));
    });
}
