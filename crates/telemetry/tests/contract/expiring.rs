//! Readings that grow old: whole chunks go and leave what they came to; what is younger stays as it was.

use std::sync::Arc;

use lares_model::record::Position;
use lares_model::{UnixMillis, Value};
use lares_telemetry::{Ability, Aggregate, AggregateQuery, Expiry, ReadingsQuery, SeriesKey};

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
    let expiry = |raw: i64, rollups: i64| -> lares_telemetry::Retention {
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
        assert!(
            (20..=40).contains(&first_day),
            "whole chunks go, from day {first_day} on there are readings"
        );
        assert_eq!(days(&engine, 0, DAYS).await, before, "days are as they were");
        let weeks = days(&engine, 0, 7).await;
        assert_eq!(weeks.iter().flatten().map(|day| day.count).sum::<u64>(), 7 * 144);
        drop(engine);
        engine = S::open(directory.path()).unwrap();
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
