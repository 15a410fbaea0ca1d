//! Readings that grow old: they are shown no more, whole chunks go and leave what they came to; what is younger stays
//! as it was.

use std::sync::Arc;

use lares_model::reading::Reading;
use lares_model::record::Position;
use lares_model::{UnixMillis, Value};
use lares_telemetry::{Ability, Aggregate, AggregateQuery, Expiry, ReadingsQuery, Retention, SeriesKey};

use crate::subject::*;

const DAY: i64 = 86_400_000;
const DAYS: i64 = 60;

async fn days<S: Subject>(engine: &S, first: i64, last: i64) -> Vec<Option<Aggregate>> {
    let series = SeriesKey { device: device(1), endpoint: 1, attribute: POWER.to_owned() };
    let start = T0 - T0 % DAY;
    let edges = (first..=last).map(|day| UnixMillis(start + day * DAY)).collect();
    let query = AggregateQuery { series: vec![series], edges, known_at: None };
    engine.aggregate(&query).await.unwrap().remove(0)
}

pub async fn old_readings_leave_what_they_came_to<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    let start = T0 - T0 % DAY;
    for day in 0..DAYS {
        let reading_at =
            |nth: i64| reading(start + day * DAY + nth * 600_000, Value::Number((nth + day) as f64 / 2.0));
        let mut entry = readings(1, None, (0..144).map(reading_at).collect());
        entry.received = UnixMillis(start + (day + 1) * DAY);
        engine.append(vec![entry]).await.unwrap();
        engine.release(Position(day + 1));
    }
    engine.seal();
    let before = days(&engine, 0, DAYS).await;
    assert!(before.iter().all(|day| day.as_ref().is_some_and(|day| day.count == 144)));
    let expiry = |raw: i64, rollups: i64| -> Retention {
        let expiry = Expiry {
            raw_before: UnixMillis(start + raw * DAY),
            rollups_before: UnixMillis(start + rollups * DAY),
        };
        Arc::new(move |_: &str| expiry)
    };
    if !engine.abilities().has(Ability::Retention) {
        assert_eq!(engine.expire(device(1), expiry(40, 0)).await, Ok(false));
        return assert_eq!(days(&engine, 0, DAYS).await, before);
    }
    while engine.expire(device(1), expiry(40, 0)).await.unwrap() {}
    for _ in 0..2 {
        let left = engine.readings(&ReadingsQuery::of(device(1), usize::MAX)).await.unwrap();
        let first_day = (left[0].key.time.0 - start) / DAY;
        assert_eq!(first_day, 40, "whole chunks go, and what is too old in the last one is not shown");
        assert_eq!(days(&engine, 0, DAYS).await, before, "days are as they were");
        let weeks = days(&engine, 0, 7).await;
        assert_eq!(weeks.iter().flatten().map(|day| day.count).sum::<u64>(), 7 * 144);
        drop(engine);
        engine = S::open(directory.path()).unwrap();
        engine.retain(device(1), &expiry(40, 0));
    }
    assert_sound(&engine).await;
    // Late data of a day whose readings are gone changes nothing of it; of a later day it counts.
    for (day, value) in [(3, 1_000.0), (DAYS - 1, 2_000.0)] {
        let time = start + day * DAY + 7;
        engine.append(vec![readings(1, None, vec![reading(time, Value::Number(value))])]).await.unwrap();
    }
    engine.seal();
    let after = days(&engine, 0, DAYS).await;
    assert_eq!(after[3], before[3]);
    assert_eq!(after.last().unwrap().as_ref().unwrap().count, 145);
    while engine.expire(device(1), expiry(50, 45)).await.unwrap() {}
    let last = days(&engine, 50, DAYS - 1).await;
    assert_eq!(last, before[50..DAYS as usize - 1]);
}

/// Hourly readings of these days, of one series or of two.
async fn report_hourly<S: Subject>(
    engine: &S,
    days: std::ops::Range<i64>,
    with_voltage: impl Fn(i64) -> bool,
) {
    for day in days {
        let mut list = Vec::new();
        for hour in 0..24 {
            let time = midnight() + day * DAY + hour * 3_600_000;
            let power = reading(time, Value::Number((day * 24 + hour) as f64));
            let attribute = "ElectricalPowerMeasurement.Voltage".into();
            let voltage = Reading { attribute, ..reading(time, Value::Number(230.0)) };
            list.push(power);
            list.extend(with_voltage(day).then_some(voltage));
        }
        engine.append(vec![readings(1, None, list)]).await.unwrap();
    }
}

fn midnight() -> i64 {
    T0 - T0 % DAY
}

fn keep(raw_from: i64, rollups_from: i64) -> Retention {
    let day = |day: i64| UnixMillis(midnight() + day * DAY + DAY / 3);
    let expiry = Expiry { raw_before: day(raw_from), rollups_before: day(rollups_from) };
    Arc::new(move |_: &str| expiry)
}

async fn first_day<S: Subject>(engine: &S) -> i64 {
    let all = engine.readings(&ReadingsQuery::of(device(1), 1)).await.unwrap();
    (all[0].key.time.0 - midnight()) / DAY
}

pub async fn what_is_too_old_is_shown_no_more_though_its_chunk_stays<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = S::open(directory.path()).unwrap();
    report_hourly(&engine, 0..6, |_| false).await;
    engine.seal();
    // Hot, and partly too old: what it comes to counts.
    report_hourly(&engine, 6..10, |_| false).await;
    let before = days(&engine, 0, 10).await;
    if !engine.abilities().has(Ability::Retention) {
        engine.retain(device(1), &keep(7, 3));
        return assert_eq!(first_day(&engine).await, 0);
    }
    engine.retain(device(1), &keep(7, 3));
    assert_eq!(first_day(&engine).await, 7, "before anything is removed");
    while engine.expire(device(1), keep(7, 3)).await.unwrap() {}
    for nth in 0..3 {
        assert_eq!(first_day(&engine).await, 7);
        let known_at = Some(UnixMillis(i64::MAX));
        let then = ReadingsQuery { known_at, ..ReadingsQuery::of(device(1), usize::MAX) };
        assert_eq!(engine.readings(&then).await.unwrap().len(), 3 * 24);
        let series = [SeriesKey { device: device(1), endpoint: 1, attribute: POWER.to_owned() }];
        let edge = midnight() + 7 * DAY;
        assert_eq!(engine.last_before(&series, UnixMillis(edge)).await.unwrap(), [None]);
        assert!(engine.last_before(&series, UnixMillis(edge + 1)).await.unwrap()[0].is_some());
        let now = days(&engine, 0, 10).await;
        assert_eq!((&now[..3], &now[3..]), (&[None, None, None][..], &before[3..]), "round {nth}");
        // Late, and too old when it comes: hot or sealed, it changes nothing.
        let late = reading(midnight() + 5 * DAY + 1, Value::Number(1e6));
        engine.append(vec![readings(1, None, vec![late])]).await.unwrap();
        if nth == 1 {
            engine.seal();
            drop(engine);
            engine = S::open(directory.path()).unwrap();
            engine.retain(device(1), &keep(7, 3));
        }
    }
    // All of it is too old: the newest value is, too.
    while engine.expire(device(1), keep(20, 3)).await.unwrap() {}
    let series = [SeriesKey { device: device(1), endpoint: 1, attribute: POWER.to_owned() }];
    assert_eq!(engine.latest(&series).await.unwrap(), [None]);
    assert_eq!(days(&engine, 3, 10).await, before[3..]);
    // Kept longer again, what comes now for an old day is shown.
    engine.retain(device(1), &keep(0, 0));
    let late = reading(midnight() + 4 * DAY + 1, Value::Number(4.0));
    engine.append(vec![readings(1, None, vec![late])]).await.unwrap();
    for _ in 0..2 {
        assert!(first_day(&engine).await <= 4);
        assert_eq!(days(&engine, 3, 10).await, before[3..]);
        engine.seal();
    }
    assert_sound(&engine).await;
}

pub async fn days_of_several_shapes_outlive_their_readings<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    report_hourly(&engine, 0..10, |day| day % 2 == 1).await;
    engine.seal();
    let before = days(&engine, 0, 10).await;
    assert!(before.iter().all(|day| day.as_ref().is_some_and(|day| day.count == 24)));
    while engine.expire(device(1), keep(8, 0)).await.unwrap() {}
    assert_eq!(days(&engine, 0, 10).await, before);
    // Both shapes have readings in one bucket, one after the other.
    let series = [SeriesKey { device: device(1), endpoint: 1, attribute: POWER.to_owned() }];
    let edges = [0, 6, 10].map(|day| UnixMillis(midnight() + day * DAY)).to_vec();
    let query = AggregateQuery { series: series.to_vec(), edges, known_at: None };
    let sums = engine.aggregate(&query).await.unwrap().remove(0);
    let counts: Vec<u64> = sums.iter().flatten().map(|sum| sum.count).collect();
    assert_eq!(counts, [6 * 24, 4 * 24]);
    let least: Vec<f64> = sums.iter().flatten().filter_map(|sum| sum.numbers).map(|sum| sum.min).collect();
    assert_eq!(least, [0.0, 144.0]);
    assert_sound(&engine).await;
}
