//! The same readings in the embedded engine and in VictoriaMetrics: the same answers, as far as it can give them.

use std::path::Path;

use lares_model::{DeviceId, UnixMillis, Value};
use lares_telemetry::{
    Ability, Aggregate, AggregateQuery, EmbeddedTelemetry, Numbers, ReadingsQuery, SeriesKey, Telemetry,
    TelemetryError,
};
use lares_testbed::victoria_metrics::VictoriaMetrics;
use proptest::prelude::*;

use crate::material::*;

const LOCK: &str = "DoorLock.LockState";
const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const OCCUPIED: &str = "OccupancySensing.Occupancy";

/// A few days, unevenly, with every kind of value, late ones, gaps, and a counter that is reset.
async fn fill(engine: &EmbeddedTelemetry, device: DeviceId, rounds: std::ops::Range<i64>) {
    for round in rounds {
        let time = T0 + round * 97_003 + if round > 900 { 86_400_000 * 40 } else { 0 };
        let state = ["locked", "unlocked", "", "with \"quotes\" and \u{1F6AA}\n"][(round / 50 % 4) as usize];
        let mut list = vec![
            power(time, (round % 37) as f64 * 12.5),
            reading(ENERGY, time, Value::Integer(round % 500 * 1_000)),
        ];
        if round % 3 == 0 {
            list.push(reading(OCCUPIED, time + 5, Value::Bool(round % 2 == 0)));
        }
        if round % 7 == 0 {
            list.push(reading(LOCK, time, Value::Text(state.to_owned())));
            list.push(power(time - 500_001, 1.25));
        }
        append(engine, device, time + 100, list).await;
    }
}

fn both(directory: &Path, url: &str) -> [EmbeddedTelemetry; 2] {
    let (a, b) = (directory.join("a"), directory.join("b"));
    std::fs::create_dir_all(&a).unwrap();
    std::fs::create_dir_all(&b).unwrap();
    [EmbeddedTelemetry::open(&a).unwrap(), open(&b, url)]
}

/// By time, series and value: the rest is not kept.
async fn answer(engine: &EmbeddedTelemetry, query: &ReadingsQuery) -> Vec<(i64, String, Value)> {
    let found = engine.readings(query).await.unwrap().into_iter();
    found.map(|stored| (stored.key.time.0, stored.key.attribute, stored.value)).collect()
}

fn assert_close(a: Option<Aggregate>, b: Option<Aggregate>, what: &str) {
    let (Some(a), Some(b)) = (&a, &b) else { return assert_eq!(a, b, "{what}") };
    let plain = |aggregate: &Aggregate| Aggregate { qualities: 0, numbers: None, ..aggregate.clone() };
    assert_eq!(plain(a), plain(b), "{what}");
    let numbers = |aggregate: &Aggregate| {
        aggregate
            .numbers
            .map(|Numbers { min, max, sum, integral, increase }| [min, max, sum, integral, increase])
    };
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
    match (numbers(a), numbers(b)) {
        (Some(a), Some(b)) => assert!(a.iter().zip(&b).all(near), "{what}: {a:?} {b:?}"),
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

async fn assert_same_answers(engines: &[EmbeddedTelemetry; 2], device: DeviceId) {
    let base = ReadingsQuery::of(device, usize::MAX);
    let until = |time| Some(UnixMillis(time));
    for query in [
        base.clone(),
        ReadingsQuery { descending: true, ..base.clone() },
        ReadingsQuery { attribute: Some(LOCK.to_owned()), ..base.clone() },
        ReadingsQuery { limit: 7, from: until(T0 + 50_000_000), ..base.clone() },
        ReadingsQuery { limit: 7, until: until(T0 + 50_000_000), descending: true, ..base.clone() },
        ReadingsQuery { limit: 3, descending: true, attribute: Some(POWER.to_owned()), ..base.clone() },
        ReadingsQuery { from: until(T0 + 97_003), until: until(T0 + 2 * 97_003), ..base },
    ] {
        let [a, b] = [answer(&engines[0], &query).await, answer(&engines[1], &query).await];
        assert_eq!(a, b, "{query:?}");
        assert!(!a.is_empty());
    }
    let key = |attribute: &str| SeriesKey { device, endpoint: 1, attribute: attribute.to_owned() };
    let series = [POWER, ENERGY, OCCUPIED, LOCK, "No.Such"].map(key).to_vec();
    for (first, width, count) in
        [(T0 - 1, 3_600_000, 900), (T0 + 17, 86_400_000, 50), (0, T0, 3), (T0 + 97_003 * 5, 97_003, 20)]
    {
        let edges = (0..=count).map(|edge| UnixMillis(first + edge * width)).collect();
        let query = AggregateQuery { series: series.clone(), edges, known_at: None };
        let [a, b] = [engines[0].aggregate(&query).await, engines[1].aggregate(&query).await];
        for (series, (a, b)) in series.iter().zip(a.unwrap().into_iter().zip(b.unwrap())) {
            assert_eq!(a.len(), b.len());
            for (place, (a, b)) in a.into_iter().zip(b).enumerate() {
                assert_close(a, b, &format!("{} from {first} by {width}: {place}", series.attribute));
            }
        }
    }
    let newest = async |engine: &EmbeddedTelemetry| {
        let latest = engine.latest(&series).await.unwrap().into_iter();
        latest.map(|latest| latest.map(|latest| (latest.key.time.0, latest.value))).collect::<Vec<_>>()
    };
    assert_eq!(newest(&engines[0]).await, newest(&engines[1]).await);
    assert_eq!(engines[0].series(device), engines[1].series(device));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_engine_and_victoria_metrics_answer_alike() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let device = new_device();
    let engines = both(directory.path(), &server.url());
    for engine in &engines {
        fill(engine, device, 0..700).await;
        engine.seal_all().unwrap();
        // Half sealed and half hot, at times that lie between each other.
        fill(engine, device, 700..1_400).await;
    }
    assert_same_answers(&engines, device).await;
    for engine in &engines {
        engine.seal_all().unwrap();
    }
    assert_eq!(hot_points(&engines[1]), 0);
    assert_same_answers(&engines, device).await;
    wait_until_confirmed(&directory.path().join("b"));
    assert_same_answers(&engines, device).await;
    drop(engines);
    let engines = both(directory.path(), &server.url());
    assert_same_answers(&engines, device).await;
    let organisation = lares_model::OrganisationId(uuid::Uuid::from_u128(0xA));
    let stored = engines[1].storage(organisation).await.unwrap().devices;
    assert_eq!((stored.len(), stored[0].device, stored[0].series.len()), (1, device, 4));
    assert_eq!(
        stored[0].points,
        answer(&engines[1], &ReadingsQuery::of(device, usize::MAX)).await.len() as u64
    );
    assert_eq!(engines[1].check().await, Ok(Vec::new()));
}

/// VictoriaMetrics counts widths in seconds: 257.4 of them are 257,399 milliseconds to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_of_any_width_has_its_first_instant() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let device = new_device();
    let engine = open(directory.path(), &server.url());
    let list = (0..300).map(|n| power(T0 + n * 1_000, n as f64)).collect();
    append(&engine, device, T0 + 300_000, list).await;
    engine.seal_all().unwrap();
    wait_until_confirmed(directory.path());
    for width in (1..=300_000).step_by(1_100) {
        let until = Some(UnixMillis(T0 + width));
        let query = ReadingsQuery { until, ..ReadingsQuery::of(device, usize::MAX) };
        let times: Vec<i64> = answer(&engine, &query).await.into_iter().map(|(time, ..)| time - T0).collect();
        let expected: Vec<i64> = (0..width).step_by(1_000).collect();
        assert_eq!(times, expected, "{width} ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_engine_lacks_is_said() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let engines = both(directory.path(), &server.url());
    assert_eq!(engines[0].abilities().lacking.len(), 0);
    let abilities = engines[1].abilities();
    assert!(!abilities.has(Ability::KnownAt) && !abilities.has(Ability::ErasingSpans));
    let device = new_device();
    append(&engines[1], device, T0, vec![power(T0, 1.0)]).await;
    let query = ReadingsQuery { known_at: Some(UnixMillis(T0)), ..ReadingsQuery::of(device, 1) };
    let refused = engines[1].readings(&query).await;
    let reason = abilities.reason(Ability::KnownAt).unwrap().to_owned();
    assert_eq!(refused, Err(TelemetryError::Unsupported(reason.clone())));
    let series = vec![SeriesKey { device, endpoint: 1, attribute: POWER.to_owned() }];
    let edges = vec![UnixMillis(T0), UnixMillis(T0 + 1)];
    let query = AggregateQuery { series, edges, known_at: Some(UnixMillis(T0)) };
    assert_eq!(engines[1].aggregate(&query).await, Err(TelemetryError::Unsupported(reason)));
}

/// Texts as long as a label may be come back whole; longer ones are refused where they come in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_texts_are_whole_or_refused() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), &server.url());
    let device = new_device();
    let text = |length: usize| reading(LOCK, T0, Value::Text("ä".repeat(length / 2)));
    append(&engine, device, T0, vec![text(16_384)]).await;
    let refused = engine.append(vec![entry(device, T0, vec![text(16_386)])]).await.unwrap();
    assert!(matches!(refused[..], [lares_telemetry::Appended::Refused(_)]));
    engine.seal_all().unwrap();
    wait_until_confirmed(directory.path());
    assert_eq!(points(&engine, device).await, [(T0, Value::Text("ä".repeat(8_192)))]);
}

/// A message, and whether it is sealed after it.
#[derive(Clone, Debug)]
struct Step {
    gap: i64,
    values: [Value; 2],
    state: Option<&'static str>,
    seal: bool,
}

/// With few enough digits that VictoriaMetrics keeps them beside each other.
fn any_number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-1_000_000_i64..1_000_000).prop_map(Value::Integer),
        (-1_000_000_i64..1_000_000).prop_map(|hundredths| Value::Number(hundredths as f64 / 100.0)),
    ]
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![1_i64..10, 1_000_i64..100_000, Just(40 * 86_400_000)];
    let state = prop::option::of(prop::sample::select(vec!["", "on", "off", "a\"b\\c\n\0"]));
    let step = (gap, [any_number(), any_number()], state, prop::bool::weighted(0.2))
        .prop_map(|(gap, values, state, seal)| Step { gap, values, state, seal });
    // No instant twice: which of its values an engine shows is not promised.
    prop::collection::vec(step, 1..40)
}

async fn run(url: &str, steps: &[Step], order: &[usize]) {
    let directory = tempfile::tempdir().unwrap();
    let engines = both(directory.path(), url);
    let device = new_device();
    let times: Vec<i64> = steps
        .iter()
        .scan(T0, |time, step| {
            *time += step.gap;
            Some(*time)
        })
        .collect();
    for index in order {
        let step = &steps[*index];
        let named = |(attribute, value): (&str, &Value)| reading(attribute, times[*index], value.clone());
        let mut list: Vec<_> = [POWER, ENERGY].into_iter().zip(&step.values).map(named).collect();
        list.extend(step.state.map(|state| reading(LOCK, times[*index], Value::Text(state.to_owned()))));
        for engine in &engines {
            append(engine, device, times[*index] + 7, list.clone()).await;
            if step.seal {
                engine.seal_all().unwrap();
            }
        }
    }
    for last in [false, true] {
        if last {
            engines[1].seal_all().unwrap();
            wait_until_confirmed(&directory.path().join("b"));
        }
        let middle = UnixMillis(times[times.len() / 2]);
        let base = ReadingsQuery::of(device, usize::MAX);
        for query in [
            base.clone(),
            ReadingsQuery { from: Some(middle), limit: 3, ..base.clone() },
            ReadingsQuery { until: Some(middle), limit: 3, descending: true, ..base },
        ] {
            let [a, b] = [answer(&engines[0], &query).await, answer(&engines[1], &query).await];
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{query:?}");
        }
        let key = |attribute: &str| SeriesKey { device, endpoint: 1, attribute: attribute.to_owned() };
        let series = [POWER, ENERGY, LOCK].map(key).to_vec();
        let edges = times.iter().step_by(3).map(|time| UnixMillis(*time)).collect::<Vec<_>>();
        if edges.len() > 1 {
            let query = AggregateQuery { series, edges, known_at: None };
            let [a, b] = [engines[0].aggregate(&query).await, engines[1].aggregate(&query).await];
            for (a, b) in a.unwrap().into_iter().flatten().zip(b.unwrap().into_iter().flatten()) {
                assert_close(a, b, "a bucket");
            }
        }
    }
}

#[test]
fn random_readings_are_answered_alike() {
    let server = VictoriaMetrics::shared();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
    let input = any_steps().prop_flat_map(|steps| {
        let order: Vec<usize> = (0..steps.len()).collect();
        (Just(steps), Just(order).prop_shuffle())
    });
    proptest!(config, |((steps, order) in input)| {
        runtime.block_on(run(&server.url(), &steps, &order));
    });
}
