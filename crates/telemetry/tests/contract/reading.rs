//! The readings: every value as it was, found by time, in pages that skip nothing and repeat nothing.

use lares_model::reading::{Quality, Reading};
use lares_model::record::Position;
use lares_model::{UnixMillis, Value};
use lares_telemetry::{Appended, ReadingKey, ReadingsQuery, StoredReading, Telemetry};

use crate::subject::*;

async fn append_readings(engine: &impl Telemetry, device: u128, list: Vec<Reading>) {
    let appended = engine.append(vec![readings(device, None, list)]).await.unwrap();
    assert!(matches!(appended[..], [Appended::At(_)]));
}

pub async fn the_same_reading_sent_again_is_stored_once<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let [a, b, c] = [1, 2, 3].map(|number| reading(T0 + number, Value::Integer(number)));
    append_readings(&engine, 1, vec![a.clone(), b.clone()]).await;
    // The device groups its backlog anew: another message, so another entry, and the known readings are known.
    let mut later = b.clone();
    later.quality = Quality::Late;
    append_readings(&engine, 1, vec![later, c.clone(), c]).await;
    let stored = all_readings(&engine, 1).await;
    let summary: Vec<_> = stored.iter().map(|reading| (&reading.value, reading.position.0)).collect();
    assert_eq!(summary, [(&a.value, 1), (&b.value, 1), (&Value::Integer(3), 2)]);
    assert_eq!(stored[1].quality, Quality::Measured, "the first one stays");
    assert_eq!(whole_log(&engine).await.len(), 2, "the log keeps both messages");
    // Another endpoint and another attribute are other series.
    let (mut endpoint, mut attribute) = (a.clone(), a);
    endpoint.endpoint = 2;
    attribute.attribute = "ElectricalPowerMeasurement.Voltage".to_owned();
    append_readings(&engine, 1, vec![endpoint, attribute]).await;
    assert_eq!(all_readings(&engine, 1).await.len(), 5);
    assert_sound(&engine).await;
}

pub async fn different_values_at_one_time_are_all_kept<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let different = [
        Value::Integer(1),
        Value::Number(1.0),
        Value::Bool(true),
        Value::Text("1".to_owned()),
        Value::Integer(0),
        Value::Number(0.0),
        Value::Number(-0.0),
        Value::Bool(false),
        Value::Text(String::new()),
    ];
    let list: Vec<_> = different.iter().map(|value| reading(T0, value.clone())).collect();
    append_readings(&engine, 1, list.clone()).await;
    append_readings(&engine, 1, list).await;
    let stored = values(&engine, 1).await;
    assert_eq!(format!("{stored:?}"), format!("{different:?}"), "in the order they came");
    assert_sound(&engine).await;
}

pub async fn at_least_once_readings_are_always_kept<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let unmarked = reading(T0, Value::Integer(5));
    let marked = Reading { at_least_once: true, ..unmarked.clone() };
    append_readings(&engine, 1, vec![marked.clone(), marked.clone()]).await;
    append_readings(&engine, 1, vec![marked.clone()]).await;
    // One with the device's own time is not a repetition of one that only has the server's, nor the reverse.
    append_readings(&engine, 1, vec![unmarked.clone(), unmarked, marked]).await;
    let stored: Vec<_> = all_readings(&engine, 1)
        .await
        .iter()
        .map(|reading| (reading.position.0, reading.at_least_once))
        .collect();
    assert_eq!(stored, [(1, true), (1, true), (2, true), (3, false), (3, true)]);
    assert_sound(&engine).await;
}

/// Two messages with a sequence number and no time, of the same value, taken within one millisecond.
pub async fn equal_readings_at_the_servers_time_are_all_kept<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let same = reading(RECEIVED, Value::Integer(5));
    for number in [1, 2, 2] {
        engine.append(vec![readings(1, Some(identity(number)), vec![same.clone()])]).await.unwrap();
    }
    assert_eq!(values(&engine, 1).await.len(), 2, "the third is the second again");
    assert_sound(&engine).await;
}

pub async fn extreme_values_keep_every_bit<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let integers = [i64::MIN, i64::MIN + 1, -1, 0, 1, (1 << 53) + 1, i64::MAX];
    let numbers =
        [-0.0, 0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::EPSILON, 1.0, 0.1 + 0.2, 1e300];
    let texts = ["", "\0", "unlocked", "Tür offen \u{1F6AA}", &"x".repeat(70_000)];
    let mut list: Vec<Value> = integers.map(Value::Integer).to_vec();
    list.extend(numbers.map(Value::Number));
    list.extend(texts.map(|text| Value::Text(text.to_owned())));
    list.extend([true, false].map(Value::Bool));
    let engine = S::open(directory.path()).unwrap();
    let sent = (0..).zip(&list).map(|(offset, value)| reading(T0 + offset, value.clone())).collect();
    append_readings(&engine, 1, sent).await;
    drop(engine);
    let engine = S::open(directory.path()).unwrap();
    // Debug tells -0.0 from 0.0 and 1 from 1.0, which equality does not.
    assert_eq!(format!("{:?}", values(&engine, 1).await), format!("{list:?}"));
    let lares_model::record::Body::Readings { readings } = &whole_log(&engine).await[0].entry.body else {
        panic!()
    };
    let logged: Vec<_> = readings.iter().map(|reading| &reading.value).collect();
    assert_eq!(format!("{logged:?}"), format!("{:?}", list.iter().collect::<Vec<_>>()));
}

pub async fn extreme_instants_are_kept_and_found<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let instants = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let mut sent = readings(1, None, instants.map(|time| reading(time, Value::Integer(time))).to_vec());
    sent.received = UnixMillis(i64::MAX);
    engine.append(vec![sent]).await.unwrap();
    let stored = all_readings(&engine, 1).await;
    assert!(stored.iter().map(|reading| reading.time.0).eq(instants));
    assert!(stored.iter().all(|reading| reading.received == UnixMillis(i64::MAX)));
    for (place, time) in instants.into_iter().enumerate() {
        let from = ReadingsQuery { from: Some(UnixMillis(time)), ..ReadingsQuery::of(device(1), 99) };
        assert_eq!(engine.readings(&from).await.unwrap(), stored[place..]);
        let until = ReadingsQuery { until: Some(UnixMillis(time)), ..ReadingsQuery::of(device(1), 99) };
        assert_eq!(engine.readings(&until).await.unwrap(), stored[..place]);
        let after = ReadingsQuery { after: Some(stored[place].key), ..ReadingsQuery::of(device(1), 99) };
        assert_eq!(engine.readings(&after).await.unwrap(), stored[place + 1..]);
    }
}

/// Two series with equal instants, several readings per instant, and one at-least-once among them.
async fn fill(engine: &impl Telemetry) {
    for round in 0..12 {
        let mut list = Vec::new();
        for (offset, endpoint) in [(0, 1), (0, 2), (0, 1), (1, 2), (-3, 1)] {
            let mut one = reading(T0 + round + offset, Value::Integer(list.len() as i64));
            one.endpoint = endpoint;
            one.at_least_once = list.len() == 2;
            list.push(one);
        }
        append_readings(engine, 1, list).await;
        append_readings(engine, 2, vec![reading(T0 + round, Value::Integer(round))]).await;
    }
}

pub async fn filters_narrow_and_the_end_is_exclusive<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    fill(&engine).await;
    let all = all_readings(&engine, 1).await;
    assert!(all.is_sorted_by_key(|reading| reading.key));
    let check = async |query: ReadingsQuery, wanted: &dyn Fn(&StoredReading) -> bool| {
        let mut expected: Vec<_> = all.iter().filter(|reading| wanted(reading)).cloned().collect();
        assert_eq!(engine.readings(&query).await.unwrap(), expected, "{query:?}");
        expected.reverse();
        let query = ReadingsQuery { descending: true, ..query };
        assert_eq!(engine.readings(&query).await.unwrap(), expected, "{query:?}");
    };
    let base = ReadingsQuery::of(device(1), 1_000);
    check(ReadingsQuery { endpoint: Some(2), ..base.clone() }, &|reading| reading.endpoint == 2).await;
    check(ReadingsQuery { endpoint: Some(3), ..base.clone() }, &|_| false).await;
    check(ReadingsQuery { attribute: Some(POWER.to_owned()), ..base.clone() }, &|_| true).await;
    check(ReadingsQuery { attribute: Some("OnOff.OnOff".to_owned()), ..base.clone() }, &|_| false).await;
    let (from, until) = (UnixMillis(T0 + 2), UnixMillis(T0 + 5));
    let within = |reading: &StoredReading| (from..until).contains(&reading.time);
    check(ReadingsQuery { from: Some(from), until: Some(until), ..base.clone() }, &within).await;
    check(ReadingsQuery { from: Some(until), until: Some(from), ..base.clone() }, &|_| false).await;
    check(ReadingsQuery { from: Some(from), until: Some(from), ..base }, &|_| false).await;
    assert_eq!(all_readings(&engine, 3).await, []);
}

pub async fn pages_visit_everything_once_in_both_directions<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    fill(&engine).await;
    let all = all_readings(&engine, 1).await;
    assert!(all.len() > 40);
    for descending in [false, true] {
        for limit in [1, 2, 3, 7, all.len(), all.len() + 1] {
            let mut query = ReadingsQuery { descending, ..ReadingsQuery::of(device(1), limit) };
            let mut visited = Vec::new();
            loop {
                let page = engine.readings(&query).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                query.after = Some(last.key);
                visited.extend(page);
            }
            if descending {
                visited.reverse();
            }
            assert_eq!(visited, all, "descending {descending}, limit {limit}");
        }
    }
    assert_eq!(engine.readings(&ReadingsQuery::of(device(1), 0)).await, Ok(vec![]));
}

pub async fn keys_survive_serialisation<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    fill(&engine).await;
    for reading in all_readings(&engine, 1).await {
        let text = serde_json::to_string(&reading.key).unwrap();
        assert_eq!(serde_json::from_str::<ReadingKey>(&text).unwrap(), reading.key);
        assert_eq!(reading.key.time(), reading.time);
    }
    let extreme = ReadingKey::new(UnixMillis(i64::MIN), Position(i64::MAX), u32::MAX);
    assert_eq!(serde_json::from_value::<ReadingKey>(serde_json::json!(extreme)).unwrap(), extreme);
}
