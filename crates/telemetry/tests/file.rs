//! The embedded engine's own file: its damage is found, its WAL stays small, and it is its owner's alone.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, Position};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{EmbeddedTelemetry, ReadingsQuery, Telemetry, TelemetryError};
use rusqlite::Connection;
use uuid::Uuid;

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

fn entry(number: i64, readings: u16) -> Entry {
    let reading = |endpoint| Reading {
        endpoint,
        attribute: "OnOff.OnOff".to_owned(),
        time: UnixMillis(number),
        value: Value::Integer(number),
        quality: Quality::Measured,
        at_least_once: false,
    };
    Entry {
        organisation: OrganisationId(Uuid::from_u128(2)),
        device: DEVICE,
        received: UnixMillis(number),
        identity: None,
        body: Body::Readings { readings: (0..readings).map(reading).collect() },
    }
}

async fn fill(directory: &Path) {
    let engine = EmbeddedTelemetry::open(directory).unwrap();
    engine.append((1..=1_000).map(|number| entry(number, 2)).collect()).await.unwrap();
    assert_eq!(engine.check().await, Ok(vec![]));
}

async fn findings_after(damage: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    let connection = Connection::open(directory.path().join("telemetry.db")).unwrap();
    assert!(connection.execute(damage, []).unwrap() > 0);
    drop(connection);
    EmbeddedTelemetry::open(directory.path()).unwrap().check().await.unwrap()
}

#[tokio::test]
async fn every_kind_of_damage_is_found_and_named() {
    let missing = findings_after("DELETE FROM points WHERE position = 700 AND place = 1").await;
    assert_eq!(missing, ["reading 1 of position 700 is missing from its series"]);
    let changed = findings_after("UPDATE points SET value = x'6909' WHERE position = 3 AND place = 0").await;
    assert_eq!(changed, ["reading 0 of position 3 is missing from its series"]);
    let gap = findings_after("DELETE FROM log WHERE position = 5").await;
    assert_eq!(gap, ["the log ends at position 1000 and holds 999 entries, 0 forgotten"]);
    let garbled = findings_after("UPDATE log SET body = x'FF' WHERE position IN (2, 600, 1000)").await;
    assert_eq!(garbled.len(), 3, "{garbled:?}");
    assert!(garbled[1].contains("position 600"), "{garbled:?}");
    let nameless = findings_after("DELETE FROM organisations").await;
    assert!(nameless.len() == 100 && nameless[0].contains("position 1:"), "{nameless:?}");
}

#[tokio::test]
async fn a_garbled_file_is_reported_as_damage_and_never_answered_from() {
    let mut opened = 0;
    for offset in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path()).await;
        let path = directory.path().join("telemetry.db");
        let mut bytes = std::fs::read(&path).unwrap();
        for page in (20 + offset..bytes.len() / 4096).step_by(3) {
            bytes[page * 4096..page * 4096 + 64].fill(0xA5);
        }
        std::fs::write(&path, &bytes).unwrap();
        let engine = match EmbeddedTelemetry::open(directory.path()) {
            Ok(engine) => engine,
            Err(error) => {
                assert!(matches!(error, TelemetryError::Corrupt(_)), "{error:?}");
                continue;
            }
        };
        opened += 1;
        assert!(engine.check().await.map_or(true, |findings| !findings.is_empty()));
        let log = engine.since(Position(0), 2_000).await;
        assert!(matches!(log, Err(TelemetryError::Corrupt(_))), "{log:?}");
        let readings = engine.readings(&ReadingsQuery::of(DEVICE, 5_000)).await;
        assert!(matches!(readings, Err(TelemetryError::Corrupt(_))), "{readings:?}");
    }
    assert!(opened > 0, "damage elsewhere than at the end of the log is met only when it is read");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    let connection = Connection::open(directory.path().join("telemetry.db")).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    let refused = EmbeddedTelemetry::open(directory.path()).err().unwrap();
    assert!(refused.to_string().contains("telemetry.db has version 99"), "{refused}");
    std::fs::write(directory.path().join("telemetry.db"), "this is no database, however long it may be")
        .unwrap();
    let refused = EmbeddedTelemetry::open(directory.path()).err().unwrap();
    assert!(matches!(refused, TelemetryError::Corrupt(_)), "{refused:?}");
}

#[tokio::test]
async fn the_wal_stays_small_while_writing_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    let mut largest = 0;
    for round in 0..36 {
        // Some 260 pages each: more than the bound altogether.
        engine.append((0..10).map(|number| entry(round * 10 + number, 250)).collect()).await.unwrap();
        largest = largest.max(std::fs::metadata(directory.path().join("telemetry.db-wal")).unwrap().len());
    }
    assert!(largest < 32 * 1024 * 1024, "{largest}");
    assert!(std::fs::metadata(directory.path().join("telemetry.db")).unwrap().len() > 0);
    assert_eq!(engine.check().await, Ok(vec![]));
}

#[tokio::test]
async fn the_files_are_their_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    engine.append(vec![entry(1, 1)]).await.unwrap();
    for file in ["telemetry.db", "telemetry.db-wal", "telemetry.db-shm"] {
        let mode = std::fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// A child shares the lock between fork and exec, and must not keep it from the next opener.
#[test]
fn the_log_opens_again_at_once_while_children_are_started() {
    let directory = tempfile::tempdir().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                std::process::Command::new("true").current_dir("/").status().unwrap();
            }
        });
        let opened: Result<Vec<()>, _> =
            (0..100).map(|_| EmbeddedTelemetry::open(directory.path()).map(drop)).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(opened.err(), None);
    });
}
