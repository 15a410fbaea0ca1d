//! A disk that refuses to sync: the callers hear it, nothing acknowledged is touched, and the log goes on by itself.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use lares_model::presence::PresenceStatus;
use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, MessageIdentity, Position};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{Appended, EmbeddedTelemetry, ReadingsQuery, SeriesKey, Telemetry, TelemetryError};
use lares_testbed::vfs;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

fn entry(number: u8) -> Entry {
    Entry {
        organisation: OrganisationId(Uuid::from_u128(1)),
        device: DeviceId(Uuid::from_u128(2)),
        received: UnixMillis(0),
        identity: Some(MessageIdentity(u64::from(number))),
        body: Body::Presence { status: PresenceStatus::Online, reason: number.to_string() },
    }
}

/// The last position that the disk has, whatever the process believes.
fn entries_on_disk(directory: &Path) -> i64 {
    let copy = tempfile::tempdir().unwrap();
    for file in ["telemetry.db", "telemetry.db-wal"] {
        std::fs::copy(directory.join(file), copy.path().join(file)).unwrap();
    }
    let path = copy.path().join("telemetry.db");
    let connection = Connection::open_with_flags_and_vfs(path, OpenFlags::SQLITE_OPEN_READ_WRITE, c"unix");
    connection.unwrap().query_row("SELECT coalesce(max(last), 0) FROM batches", [], |row| row.get(0)).unwrap()
}

/// One test, since the disk is one for the process.
#[tokio::test]
async fn a_failed_sync_is_told_and_the_log_recovers() {
    vfs::install(None);
    let directory = tempfile::tempdir().unwrap();
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    engine.append(vec![entry(1), entry(2)]).await.unwrap();
    for round in 0..3 {
        let (refused, next) = (entry(10 + round * 2), entry(11 + round * 2));
        vfs::fail_syncs_of(Some("-wal"));
        for _ in 0..2 {
            let answer = engine.append(vec![refused.clone()]).await;
            assert!(matches!(answer, Err(TelemetryError::Unavailable(_))), "{answer:?}");
        }
        // With and without readers, which keep SQLite from looking at the file again.
        let before = engine.since(Position(0), 99).await.unwrap();
        assert_eq!(before.len(), 2 + 2 * usize::from(round), "only what was acknowledged is seen");
        vfs::fail_syncs_of(None);
        // What was refused may have reached the disk nevertheless; sent again it is there once.
        engine.append(vec![refused, next]).await.unwrap();
        let log = engine.since(Position(0), 99).await.unwrap();
        assert!(log.iter().map(|record| record.position.0).eq(1..=4 + 2 * i64::from(round)), "{log:?}");
        assert_eq!(engine.head(), log.last().unwrap().position);
        assert_eq!(
            entries_on_disk(directory.path()),
            engine.head().0,
            "what was acknowledged is on the disk"
        );
    }
    let again = engine.append((1..=2).map(entry).collect()).await;
    assert_eq!(again, Ok(vec![Appended::Duplicate; 2]));
    assert_eq!(engine.check().await, Ok(vec![]));
    // What only the page cache holds at a restart is answered as a repetition; then it must be on the disk.
    vfs::fail_syncs_of(Some("-wal"));
    assert!(engine.append(vec![entry(90)]).await.is_err());
    drop(engine);
    vfs::fail_syncs_of(None);
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    engine.append(vec![entry(90)]).await.unwrap();
    assert_eq!(entries_on_disk(directory.path()), 9);
    assert_eq!(engine.head(), Position(9));
    many_at_once_are_seen_once_they_are_durable().await;
}

/// So many that they are put where they will be seen while the disk writes.
const MANY: u64 = 300;
const DEVICES: u64 = 7;

fn device(number: u64) -> DeviceId {
    DeviceId(Uuid::from_u128(100 + u128::from(number % DEVICES)))
}

fn readings(from: u64) -> Vec<Entry> {
    let reading = |number: u64| Reading {
        endpoint: 1,
        attribute: "A.B".into(),
        time: UnixMillis(number as i64),
        value: Value::Integer(number as i64),
        quality: Quality::Measured,
        at_least_once: false,
    };
    let entry = |number: u64| Entry {
        organisation: OrganisationId(Uuid::from_u128(1)),
        device: device(number),
        received: UnixMillis(1_000_000 + number as i64),
        identity: Some(MessageIdentity(1_000 + number)),
        body: Body::Readings { readings: vec![reading(number)] },
    };
    (from..from + MANY).map(entry).collect()
}

/// Every value that is seen, by device, and the last one of each.
async fn seen(engine: &EmbeddedTelemetry) -> (Vec<Vec<Value>>, Vec<Option<Value>>) {
    let (mut values, mut series) = (Vec::new(), Vec::new());
    for number in 0..DEVICES {
        let found = engine.readings(&ReadingsQuery::of(device(number), 10_000)).await.unwrap();
        values.push(found.into_iter().map(|reading| reading.value).collect());
        series.push(SeriesKey { device: device(number), endpoint: 1, attribute: "A.B".to_owned() });
    }
    let latest = engine.latest(&series).await.unwrap();
    (values, latest.into_iter().map(|reading| reading.map(|reading| reading.value)).collect())
}

async fn many_at_once_are_seen_once_they_are_durable() {
    let directory = tempfile::tempdir().unwrap();
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    let expected = |through: u64| -> (Vec<Vec<Value>>, Vec<Option<Value>>) {
        let of = |device: u64| (0..through).filter(move |number| number % DEVICES == device);
        let values = |device: u64| of(device).map(|number| Value::Integer(number as i64)).collect::<Vec<_>>();
        let all: Vec<Vec<Value>> = (0..DEVICES).map(values).collect();
        let last = all.iter().map(|values| values.last().cloned()).collect();
        (all, last)
    };
    for round in 0..3 {
        let (before, refused) = (expected(round * 2 * MANY), readings(round * 2 * MANY));
        assert_eq!(seen(&engine).await, before);
        vfs::fail_syncs_of(Some("-wal"));
        for _ in 0..2 {
            assert!(engine.append(refused.clone()).await.is_err());
            assert_eq!(seen(&engine).await, before, "what is not durable is not seen");
        }
        vfs::fail_syncs_of(None);
        engine.append(refused).await.unwrap();
        assert_eq!(seen(&engine).await, expected((round * 2 + 1) * MANY));
        engine.append(readings((round * 2 + 1) * MANY)).await.unwrap();
        if round == 1 {
            engine.seal_all().unwrap();
        }
    }
    assert_eq!(seen(&engine).await, expected(6 * MANY));
    drop(engine);
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    assert_eq!(seen(&engine).await, expected(6 * MANY));
    let again = engine.append(readings(5 * MANY)).await;
    assert_eq!(again, Ok(vec![Appended::Duplicate; MANY as usize]));
}
