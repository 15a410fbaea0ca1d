//! The log: what was acknowledged is there, in order, once, after a restart too.

use std::collections::BTreeMap;
use std::sync::Arc;

use lares_model::reading::Quality;
use lares_model::record::{Ack, AckStatus, Body, Occurrence, Position, Record, Rejected};
use lares_model::{CommandId, UnixMillis, Value};
use lares_telemetry::{Appended, TelemetryError};
use uuid::Uuid;

use crate::subject::*;

pub async fn every_kind_of_entry_comes_back_as_it_was<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let data = serde_json::json!({"text": "ä\u{0}", "whole": 1, "number": 1.0, "none": null, "list": [true, null, {"deep": null}], "big": u64::MAX});
    let serde_json::Value::Object(data) = data else { panic!() };
    let occurrence = |time| Occurrence {
        endpoint: 2,
        event: "DoorLock.LockOperation".to_owned(),
        time: UnixMillis(time),
        data: data.clone(),
    };
    let ack = |reason: Option<&str>| Ack {
        command: CommandId(Uuid::from_u128(77)),
        status: AckStatus::Refused,
        reason: reason.map(str::to_owned),
    };
    let mut odd = reading(i64::MIN, Value::Text("zu\n".to_owned()));
    (odd.quality, odd.at_least_once, odd.endpoint) = (Quality::Future, true, u16::MAX);
    let bodies = vec![
        Body::Readings { readings: vec![reading(T0, Value::Bool(true)), odd] },
        Body::Readings { readings: Vec::new() },
        Body::Occurrences { occurrences: vec![occurrence(i64::MAX), occurrence(T0)] },
        Body::Ack { ack: ack(Some("the bolt is blocked")) },
        Body::Ack { ack: ack(None) },
        Body::Rejected { rejected: Rejected::new("mqtt telemetry", "not JSON", b"\xFF\0{") },
    ];
    let mut entries: Vec<_> = bodies.into_iter().map(|body| entry(1, None, body)).collect();
    entries.push(presence(1, "it reported"));
    entries[2].received = UnixMillis(i64::MIN);
    entries[3].identity = Some(identity(5));
    assert_eq!(engine.append(entries.clone()).await, Ok(at(1..=7)));
    let expected: Vec<_> =
        (1..).zip(entries).map(|(position, entry)| Record { position: Position(position), entry }).collect();
    assert_eq!(whole_log(&engine).await, expected);
    drop(engine);
    // Now from the file and not from memory.
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(whole_log(&engine).await, expected);
    assert_sound(&engine).await;
}

pub async fn positions_count_from_one_without_gaps<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(engine.head(), Position(0));
    assert_eq!(engine.append(vec![]).await, Ok(vec![]));
    assert_eq!(engine.append(vec![numbered(1, 1), numbered(2, 2)]).await, Ok(at(1..=2)));
    let mixed = engine.append(vec![numbered(1, 3), numbered(1, 1), numbered(1, 4)]).await.unwrap();
    assert_eq!(
        mixed,
        [Appended::At(Position(3)), Appended::Duplicate, Appended::At(Position(4))],
        "a duplicate takes no position"
    );
    assert_eq!(engine.head(), Position(4));
    let positions: Vec<_> = whole_log(&engine).await.iter().map(|record| record.position.0).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
}

pub async fn the_log_survives_a_restart<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..5_u64 {
        let engine = S::open(directory.path()).unwrap();
        assert_eq!(engine.head(), Position(round as i64 * 2));
        let entries = vec![numbered(1, round), presence(2, "online"), numbered(1, round)];
        let appended = engine.append(entries).await.unwrap();
        assert_eq!(appended[..2], at([round as i64 * 2 + 1, round as i64 * 2 + 2]));
        assert_eq!(appended[2], Appended::Duplicate);
    }
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(whole_log(&engine).await.len(), 10);
    assert_eq!(all_readings(&engine, 1).await.len(), 5);
    assert_sound(&engine).await;
}

pub async fn a_second_delivery_is_a_duplicate<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    // In one call, in calls that share a group, and much later.
    let twice = engine.append(vec![numbered(1, 1), numbered(1, 1)]).await.unwrap();
    assert_eq!(twice, [Appended::At(Position(1)), Appended::Duplicate]);
    let entries = || vec![numbered(1, 2)];
    let (a, b, c) =
        tokio::join!(engine.append(entries()), engine.append(entries()), engine.append(entries()));
    let answers = [a.unwrap()[0], b.unwrap()[0], c.unwrap()[0]];
    assert_eq!(answers.iter().filter(|answer| **answer == Appended::Duplicate).count(), 2, "{answers:?}");
    assert!(answers.contains(&Appended::At(Position(2))));
    // The identity decides, not the content.
    let mut other = numbered(1, 2);
    other.body = presence(1, "other").body;
    assert_eq!(engine.append(vec![other]).await, Ok(vec![Appended::Duplicate]));
    // Without one, every delivery counts.
    assert_eq!(engine.append(vec![presence(1, "a"), presence(1, "a")]).await, Ok(at(3..=4)));
    assert_eq!(whole_log(&engine).await.len(), 4);
    assert_eq!(all_readings(&engine, 1).await.len(), 2);
    assert_sound(&engine).await;
}

pub async fn identities_belong_to_their_device<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(engine.append(vec![numbered(1, 1), numbered(2, 1)]).await, Ok(at(1..=2)));
    assert_eq!(values(&engine, 1).await, values(&engine, 2).await);
    // A device that moved to another organisation is still the same device.
    let mut moved = numbered(1, 1);
    moved.organisation = lares_model::OrganisationId(Uuid::from_u128(0xB));
    assert_eq!(engine.append(vec![moved]).await, Ok(vec![Appended::Duplicate]));
}

pub async fn a_refused_call_leaves_nothing<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let bad = readings(1, Some(identity(2)), vec![reading(T0, Value::Number(f64::NAN))]);
    assert!(engine.append(vec![numbered(1, 1), bad, numbered(1, 3)]).await.is_err());
    assert_eq!(engine.head(), Position(0));
    assert_eq!(whole_log(&engine).await, []);
    assert_eq!(engine.append(vec![numbered(1, 3), numbered(1, 1)]).await, Ok(at(1..=2)));
    assert_sound(&engine).await;
}

pub async fn nothing_that_is_no_number_is_stored<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let entry = readings(1, None, vec![reading(T0, Value::Number(number))]);
        let refused = engine.append(vec![entry]).await;
        assert!(matches!(&refused, Err(TelemetryError::Other(why)) if why.contains(POWER)), "{refused:?}");
    }
    assert_eq!(whole_log(&engine).await, []);
    assert_eq!(values(&engine, 1).await, []);
}

pub async fn sixteen_writers_and_every_ack_is_there_once<S: Subject>() {
    const WRITERS: u64 = 16;
    const CALLS: u64 = 40;
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(S::open(directory.path()).unwrap());
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let engine = Arc::clone(&engine);
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for call in 0..CALLS {
                let number = writer * 1_000 + call * 2;
                // Every second number is also sent by the neighbour: only one of the two may get a position.
                let shared = (writer / 2) * 1_000_000 + call;
                let sent = [numbered(1, number), numbered(1, number + 1), numbered(2, shared)];
                let answers = engine.append(sent.to_vec()).await.unwrap();
                acknowledged.extend(sent.into_iter().zip(answers));
                // What was acknowledged is visible at once, to whoever asks.
                assert!(engine.head() >= position(acknowledged[acknowledged.len() - 2].1).unwrap());
            }
            acknowledged
        }));
    }
    let mut acknowledged = BTreeMap::new();
    let mut duplicates = 0;
    for task in tasks {
        for (entry, answer) in task.await.unwrap() {
            match position(answer) {
                Some(position) => {
                    assert!(acknowledged.insert(position, entry).is_none(), "{position:?} twice")
                }
                None => duplicates += 1,
            }
        }
    }
    assert_eq!(duplicates, WRITERS / 2 * CALLS);
    let engine = Arc::into_inner(engine).unwrap();
    let logged: BTreeMap<_, _> =
        whole_log(&engine).await.into_iter().map(|record| (record.position, record.entry)).collect();
    assert_eq!(logged, acknowledged);
    assert_eq!(engine.head().0 as usize, logged.len());
    assert!(engine.stats().batches < WRITERS * CALLS, "calls that wait together share a commit");
    drop(engine);
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(whole_log(&engine).await.len(), acknowledged.len());
    assert_sound(&engine).await;
}

fn position(answer: Appended) -> Option<Position> {
    match answer {
        Appended::At(position) => Some(position),
        Appended::Duplicate | Appended::Refused(_) => None,
    }
}

/// More entries than any engine keeps in memory, read from before, within and behind what it keeps.
pub async fn a_follower_is_served_from_any_position<S: Subject>() {
    const ENTRIES: i64 = 5_000;
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let entries: Vec<_> = (1..=ENTRIES).map(|number| presence(1, &number.to_string())).collect();
    for some in entries.chunks(1_000) {
        engine.append(some.to_vec()).await.unwrap();
    }
    for after in [-5, 0, 1, 700, 903, 904, 905, 4_998, 4_999, 5_000, 5_001] {
        for limit in [0, 1, 2, 1_000, 6_000] {
            let records = engine.since(Position(after), limit).await.unwrap();
            let expected = (after.max(0) + 1..=ENTRIES).take(limit);
            assert!(
                records.iter().map(|record| record.position.0).eq(expected),
                "after {after} limit {limit}"
            );
            for record in records {
                assert_eq!(record.entry, entries[record.position.0 as usize - 1]);
            }
        }
    }
}

pub async fn a_forgotten_device_is_gone_and_its_positions_are_not_reused<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    let entries = vec![numbered(1, 1), numbered(2, 1), presence(1, "online"), numbered(2, 2), numbered(1, 3)];
    engine.append(entries).await.unwrap();
    engine.forget_device(device(1)).await.unwrap();
    engine.forget_device(device(9)).await.unwrap();
    let left = |log: Vec<Record>| log.iter().map(|record| record.position.0).collect::<Vec<_>>();
    assert_eq!(left(whole_log(&engine).await), [2, 4]);
    assert_eq!(all_readings(&engine, 1).await, []);
    assert_eq!(all_readings(&engine, 2).await.len(), 2);
    assert_eq!(engine.head(), Position(5));
    drop(engine);
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(left(whole_log(&engine).await), [2, 4]);
    assert_eq!(engine.head(), Position(5), "position 5 was given out and is never given out again");
    // It may come back, and nothing of its former life is remembered.
    assert_eq!(engine.append(vec![numbered(1, 1), numbered(1, 3)]).await, Ok(at(6..=7)));
    assert_eq!(left(engine.since(Position(4), 9).await.unwrap()), [6, 7]);
    assert_eq!(all_readings(&engine, 1).await.len(), 2);
    assert_sound(&engine).await;
}

pub async fn a_second_opener_is_refused<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    assert!(matches!(S::open(directory.path()), Err(TelemetryError::Unavailable(_))));
    drop(engine);
    assert!(S::open(directory.path()).is_ok());
}

pub async fn counters_tell_what_was_done<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let engine = S::open(directory.path()).unwrap();
    assert_eq!(engine.stats(), lares_telemetry::Stats::default());
    engine.append(vec![numbered(1, 1), numbered(1, 2)]).await.unwrap();
    engine.append(vec![numbered(1, 2), presence(1, "x")]).await.unwrap();
    let stats = engine.stats();
    assert_eq!((stats.entries, stats.duplicates, stats.readings), (3, 1, 2));
    assert_eq!((stats.batches, stats.failed_batches), (2, 0));
    assert!(stats.bytes > 0);
}
