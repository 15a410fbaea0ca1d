//! The readings: every value as it was, found by time, in pages that skip nothing and repeat nothing.

use lares_model::reading::{Quality, Reading};
use lares_model::record::Position;
use lares_model::{UnixMillis, Value};
use lares_telemetry::{
    Ability, Appended, Erasure, Limits, ReadingKey, ReadingsQuery, Refusal, SeriesKey, StoredReading,
    Telemetry, TelemetryError,
};

use crate::subject::*;

async fn append_readings(engine: &impl Telemetry, device: u128, list: Vec<Reading>) {
    let appended = engine.append(vec![readings(device, None, list)]).await.unwrap();
    assert!(matches!(appended[..], [Appended::At(_)]));
}

/// A message that the server takes so many milliseconds after the first.
async fn append_at<S: Subject>(engine: &S, later: i64, list: Vec<Reading>) {
    let mut entry = readings(1, None, list);
    entry.received = UnixMillis(RECEIVED + later);
    assert!(matches!(engine.append(vec![entry]).await.unwrap()[..], [Appended::At(_)]));
}

pub async fn the_same_reading_sent_again_is_stored_once<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let [a, b, c] = [1, 2, 3].map(|number| reading(T0 + number, Value::Integer(number)));
    append_at(&engine, 0, vec![a.clone(), b.clone()]).await;
    // The device groups its backlog anew: another message, so another entry, and the known readings are known.
    let mut later = b.clone();
    later.quality = Quality::Late;
    append_at(&engine, 5, vec![later, c.clone(), c]).await;
    for _ in 0..2 {
        let stored = all_readings(&engine, 1).await;
        let summary: Vec<_> = stored.iter().map(|one| (&one.value, one.received.0 - RECEIVED)).collect();
        assert_eq!(summary, [(&a.value, 0), (&b.value, 0), (&Value::Integer(3), 5)]);
        assert_eq!(stored[1].quality, Quality::Measured, "the first one stays");
        engine.seal();
    }
    // Another endpoint and another attribute are other series.
    let (mut endpoint, mut attribute) = (a.clone(), a);
    endpoint.endpoint = 2;
    attribute.attribute = "ElectricalPowerMeasurement.Voltage".into();
    append_readings(&engine, 1, vec![endpoint, attribute]).await;
    assert_eq!(all_readings(&engine, 1).await.len(), 5);
    assert_sound(&engine).await;
}

pub async fn the_last_write_wins_and_the_earlier_stays_known<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    // Sealed between any two of them or not: the answer is the same.
    for (later, value) in [(10, 1), (20, 2), (30, 2), (40, 1)] {
        append_at(&engine, later, vec![reading(T0, Value::Integer(value))]).await;
        if later != 20 {
            engine.seal();
        }
    }
    let known = async |at: Option<i64>| {
        let known_at = at.map(|later| UnixMillis(RECEIVED + later));
        let query = ReadingsQuery { known_at, ..ReadingsQuery::of(device(1), 9) };
        let found = engine.readings(&query).await.unwrap();
        found.into_iter().map(|one| (one.value, one.received.0 - RECEIVED)).collect::<Vec<_>>()
    };
    if !engine.abilities().has(Ability::KnownAt) {
        let query = ReadingsQuery { known_at: Some(UnixMillis(RECEIVED)), ..ReadingsQuery::of(device(1), 9) };
        return assert!(matches!(engine.readings(&query).await, Err(TelemetryError::Unsupported(_))));
    }
    assert_eq!(known(None).await, [(Value::Integer(1), 40)]);
    assert_eq!(known(Some(39)).await, [(Value::Integer(2), 20)]);
    assert_eq!(known(Some(19)).await, [(Value::Integer(1), 10)]);
    assert_eq!(known(Some(9)).await, []);
    assert_sound(&engine).await;
}

/// Messages with a sequence number and no time, of equal values, taken within one millisecond.
pub async fn readings_at_the_servers_time_are_all_kept<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    for round in 0..2 {
        let message =
            |number| readings(1, Some(identity(number)), vec![reading(RECEIVED, Value::Integer(5))]);
        let numbers = [1, 2, 2, 3].map(|number| number + round * 10);
        engine.append(numbers.map(message).to_vec()).await.unwrap();
        for number in [4, 4, 5].map(|number| number + round * 10) {
            engine.append(vec![message(number)]).await.unwrap();
        }
        let times: Vec<_> =
            all_readings(&engine, 1).await.iter().map(|one| one.key.time.0 - RECEIVED).collect();
        assert_eq!(times, (0..5 + round as i64 * 5).collect::<Vec<_>>(), "each has an instant of its own");
        drop(engine);
        engine = S::open(directory.path()).unwrap();
    }
    assert_sound(&engine).await;
}

pub async fn within_a_message_the_last_value_of_an_instant_wins<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let list = [9, 1, 5].map(|value| reading(T0, Value::Integer(value))).to_vec();
    append_readings(&engine, 1, list).await;
    assert_eq!(values(&engine, 1).await, [Value::Integer(5)]);
    engine.seal();
    assert_eq!(values(&engine, 1).await, [Value::Integer(5)]);
}

pub async fn a_value_of_another_kind_is_another_value<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let kinds = [Value::Integer(1), Value::Number(1.0), Value::Bool(true), Value::Text("1".to_owned())];
    for (later, value) in (0..).zip(&kinds) {
        append_at(&engine, later, vec![reading(T0, value.clone()), reading(T0 + 1 + later, value.clone())])
            .await;
        engine.seal();
        assert_eq!(format!("{:?}", values(&engine, 1).await[0]), format!("{value:?}"));
    }
    assert_eq!(values(&engine, 1).await.len(), 5);
    let (zero, negative) = (Value::Number(0.0), Value::Number(-0.0));
    append_at(&engine, 10, vec![reading(T0, zero)]).await;
    append_at(&engine, 11, vec![reading(T0, negative.clone())]).await;
    assert_eq!(format!("{:?}", values(&engine, 1).await[0]), format!("{negative:?}"));
}

pub async fn the_latest_reading_is_the_one_with_the_last_time<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    let series = |number| SeriesKey { device: device(number), endpoint: 1, attribute: POWER.to_owned() };
    for (later, time, value) in [(0, 5, 50), (1, 9, 90), (2, 7, 70)] {
        append_at(&engine, later, vec![reading(T0 + time, Value::Integer(value))]).await;
    }
    for _ in 0..3 {
        let latest = engine.latest(&[series(1), series(2)]).await.unwrap();
        assert_eq!(latest[0].as_ref().map(|one| one.value.clone()), Some(Value::Integer(90)));
        assert_eq!(latest[1], None);
        engine.seal();
        drop(engine);
        engine = S::open(directory.path()).unwrap();
    }
    append_at(&engine, 8, vec![reading(T0 + 8, Value::Integer(80))]).await;
    append_at(&engine, 9, vec![reading(T0 + 9, Value::Integer(99))]).await;
    let latest = engine.latest(&[series(1)]).await.unwrap();
    assert_eq!(latest[0].as_ref().map(|one| one.value.clone()), Some(Value::Integer(99)));
}

pub async fn the_last_reading_before_an_instant_is_told_of_many_series_at_once<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    let series: Vec<SeriesKey> = [(1, 1), (2, 1), (1, 2), (9, 1)]
        .map(|(number, endpoint)| SeriesKey { device: device(number), endpoint, attribute: POWER.to_owned() })
        .into();
    let second = |time: i64, value: i64| Reading { endpoint: 2, ..reading(time, Value::Integer(value)) };
    append_readings(&engine, 1, vec![reading(T0 + 5_000, Value::Integer(5)), second(T0 + 6_000, 6)]).await;
    append_readings(&engine, 2, vec![reading(T0 + 7_000, Value::Integer(7))]).await;
    for nth in 0..3 {
        let told = async |time: i64| {
            let told = engine.last_before(&series, UnixMillis(T0 + time)).await.unwrap();
            told.into_iter().map(|one| one.map(|one| one.value)).collect::<Vec<_>>()
        };
        let value = |value: i64| Some(Value::Integer(value));
        assert_eq!(told(5_000).await, [None, None, None, None], "the instant itself is not before it");
        assert_eq!(told(5_001).await, [value(5), None, None, None]);
        assert_eq!(told(7_000).await, [value(5), None, value(6), None]);
        assert_eq!(told(8_000).await, [value(5), value(7), value(6), None]);
        if nth == 0 {
            // Later ones are passed over, sealed and hot.
            append_readings(&engine, 1, vec![reading(T0 + 9_000, Value::Integer(9))]).await;
        }
        engine.seal();
        drop(engine);
        engine = S::open(directory.path()).unwrap();
        if nth == 1 {
            append_readings(&engine, 2, vec![reading(T0 + 9_000, Value::Integer(9))]).await;
        }
    }
    assert_eq!(engine.last_before(&[], UnixMillis(T0)).await, Ok(Vec::new()));
}

pub async fn what_is_beyond_a_limit_is_refused_and_the_rest_taken<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let text = |length: usize| reading(T0, Value::Text("x".repeat(length)));
    let text_bytes = match engine.abilities().has(Ability::LongTexts) {
        true => Limits::default().text_bytes,
        false => 16 * 1024,
    };
    let mut many: Vec<_> =
        (0..Limits::default().series_per_device + 1).map(|_| reading(T0, Value::Bool(true))).collect();
    for (endpoint, one) in (0..).zip(&mut many) {
        one.endpoint = endpoint;
    }
    let calls = vec![
        readings(1, None, vec![text(text_bytes)]),
        readings(1, Some(identity(1)), vec![text(text_bytes + 1)]),
        readings(2, None, many),
        readings(1, Some(identity(1)), vec![reading(T0 + 1, Value::Bool(true))]),
    ];
    let answers = engine.append(calls).await.unwrap();
    let expected = [
        Appended::At(Position(1)),
        Appended::Refused(Refusal::TextTooLong),
        Appended::Refused(Refusal::SeriesOfDevice),
        Appended::At(Position(2)),
    ];
    assert_eq!(answers, expected);
    assert_eq!((all_readings(&engine, 1).await.len(), all_readings(&engine, 2).await.len()), (2, 0));
    assert_eq!(whole_log(&engine).await.len(), 2);
}

pub async fn erased_is_gone_from_the_log_too<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    let entries =
        (0..10).map(|number| numbered(1, number)).chain([presence(1, "here"), numbered(2, 1)]).collect();
    engine.append(entries).await.unwrap();
    let (from, until) = (UnixMillis(T0 + 3), UnixMillis(T0 + 7));
    let erased = engine.erase(&Erasure { device: device(1), series: None, from, until }).await;
    if !engine.abilities().has(Ability::ErasingSpans) {
        assert!(matches!(erased, Err(TelemetryError::Unsupported(_))), "{erased:?}");
        return assert_eq!(all_readings(&engine, 1).await.len(), 10);
    }
    erased.unwrap();
    for _ in 0..2 {
        let left: Vec<_> = all_readings(&engine, 1).await.iter().map(|one| one.key.time.0 - T0).collect();
        assert_eq!(left, [0, 1, 2, 7, 8, 9]);
        assert_eq!(all_readings(&engine, 2).await.len(), 1);
        let logged = format!("{:?}", whole_log(&engine).await);
        assert_eq!(whole_log(&engine).await.len(), 12, "followers see every entry");
        assert!(!logged.contains(&format!("{:?}", UnixMillis(T0 + 3))), "{logged}");
        drop(engine);
        engine = S::open(directory.path()).unwrap();
    }
    assert_sound(&engine).await;
}

pub async fn extreme_values_keep_every_bit<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let integers = [i64::MIN, i64::MIN + 1, -1, 0, 1, (1 << 53) + 1, i64::MAX];
    let numbers =
        [-0.0, 0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::EPSILON, 1.0, 0.1 + 0.2, 1e300];
    let texts = ["", "\0", "unlocked", "Tür offen \u{1F6AA}", &"x".repeat(60_000)];
    let mut list: Vec<Value> = integers.map(Value::Integer).to_vec();
    list.extend(numbers.map(Value::Number));
    list.extend(texts.map(|text| Value::Text(text.to_owned())));
    list.extend([true, false].map(Value::Bool));
    let engine = S::open(directory.path()).unwrap();
    if !engine.abilities().has(Ability::LongTexts) {
        list.retain(|value| !matches!(value, Value::Text(text) if text.len() > 16 * 1024));
    }
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
    assert!(all.is_sorted_by_key(|reading| reading.key.clone()));
    let check = async |query: ReadingsQuery, wanted: &dyn Fn(&StoredReading) -> bool| {
        let mut expected: Vec<_> = all.iter().filter(|reading| wanted(reading)).cloned().collect();
        assert_eq!(engine.readings(&query).await.unwrap(), expected, "{query:?}");
        expected.reverse();
        let query = ReadingsQuery { descending: true, ..query };
        assert_eq!(engine.readings(&query).await.unwrap(), expected, "{query:?}");
    };
    let base = ReadingsQuery::of(device(1), 1_000);
    check(ReadingsQuery { endpoint: Some(2), ..base.clone() }, &|reading| reading.key.endpoint == 2).await;
    check(ReadingsQuery { endpoint: Some(3), ..base.clone() }, &|_| false).await;
    check(ReadingsQuery { attribute: Some(POWER.to_owned()), ..base.clone() }, &|_| true).await;
    check(ReadingsQuery { attribute: Some("OnOff.OnOff".to_owned()), ..base.clone() }, &|_| false).await;
    let (from, until) = (UnixMillis(T0 + 2), UnixMillis(T0 + 5));
    let within = |reading: &StoredReading| (from..until).contains(&reading.key.time);
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
    assert!(all.len() > 25);
    for descending in [false, true] {
        for limit in [1, 2, 3, 7, all.len(), all.len() + 1] {
            let mut query = ReadingsQuery { descending, ..ReadingsQuery::of(device(1), limit) };
            let mut visited = Vec::new();
            loop {
                let page = engine.readings(&query).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                query.after = Some(last.key.clone());
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
    }
    let extreme = ReadingKey { time: UnixMillis(i64::MIN), endpoint: u16::MAX, attribute: String::new() };
    assert_eq!(serde_json::from_value::<ReadingKey>(serde_json::json!(extreme)).unwrap(), extreme);
}
