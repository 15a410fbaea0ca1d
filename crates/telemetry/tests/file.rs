//! The embedded engine's own files: their damage is found, their WAL stays small, and they are their owner's alone.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{EmbeddedTelemetry, Limits, ReadingsQuery, Telemetry, TelemetryError};
use rusqlite::Connection;
use uuid::Uuid;

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

fn entry(number: i64, readings: u16) -> Entry {
    let reading = |endpoint| Reading {
        endpoint,
        attribute: "OnOff.OnOff".into(),
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
    for first in (0..5).map(|batch| batch * 200) {
        engine.append((first + 1..=first + 200).map(|number| entry(number, 2)).collect()).await.unwrap();
        if first < 600 {
            engine.seal_all().unwrap();
        }
    }
    assert_eq!(engine.check().await, Ok(vec![]));
}

fn change(directory: &Path, file: &str, damage: &str) {
    let connection = Connection::open(directory.join(file)).unwrap();
    assert!(connection.execute(damage, []).unwrap() > 0);
}

async fn findings_after(file: &str, damage: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    change(directory.path(), file, damage);
    match EmbeddedTelemetry::open(directory.path()) {
        Ok(engine) => engine.check().await.unwrap(),
        Err(error) => vec![error.to_string()],
    }
}

#[tokio::test]
async fn every_kind_of_damage_is_found_and_named() {
    let gap = findings_after("telemetry.db", "DELETE FROM batches WHERE first = 201").await;
    assert_eq!(gap, ["the log has nothing between positions 200 and 401"]);
    let garbled =
        findings_after("telemetry.db", "UPDATE batches SET body = x'FF00FF00FF' WHERE first = 401").await;
    assert!(garbled.len() == 1 && garbled[0].contains("batch of position 401"), "{garbled:?}");
    let nameless = findings_after("telemetry.db", "DELETE FROM shapes").await;
    assert!(nameless[0].contains("the log does not know number 1"), "{nameless:?}");
    let chunk = findings_after(
        "series.db",
        "UPDATE chunks SET body = CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB)",
    );
    let chunk = chunk.await;
    assert!(chunk[0].contains("a chunk does not match its checksum"), "{chunk:?}");
    let moved = findings_after("series.db", "UPDATE extents SET end_ms = end_ms + 1").await;
    assert!(moved[0].contains("is not what its place says"), "{moved:?}");
    let missing = findings_after("series.db", "DELETE FROM chunks").await;
    assert!(missing[0].contains("is not there"), "{missing:?}");
    let rollup = findings_after("series.db", "UPDATE rollups SET body = x'00'").await;
    assert!(rollup[0].contains("is damaged"), "{rollup:?}");
}

/// A chunk that does not match its checksum is set aside; whatever else there is stays readable, and takes more.
#[tokio::test]
async fn a_damaged_chunk_is_set_aside_and_the_rest_stays_readable() {
    let directory = tempfile::tempdir().unwrap();
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    // Far apart, so that each is a chunk of its own.
    for part in 0..3 {
        let readings = (0..600).map(|number| entry(part * 10_000_000 + number * 1_000, 1)).collect();
        engine.append(readings).await.unwrap();
        engine.seal_all().unwrap();
    }
    drop(engine);
    change(directory.path(), "series.db", "UPDATE chunks SET body = zeroblob(50) WHERE id = 2");
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    let query = ReadingsQuery::of(DEVICE, 5_000);
    for round in 0..2 {
        let times: Vec<i64> =
            engine.readings(&query).await.unwrap().iter().map(|one| one.key.time.0).collect();
        assert_eq!((times.len(), times[0], times[600]), (1_200, 0, 20_000_000), "round {round}");
    }
    let findings = engine.check().await.unwrap();
    assert!(findings.len() == 1 && findings[0].contains("set aside as damaged"), "{findings:?}");
    let storage = engine.storage(OrganisationId(Uuid::from_u128(2))).await.unwrap();
    assert_eq!((storage.devices[0].damaged_chunks, storage.devices[0].points), (1, 1_200));
    // The device sends it all again: what was lost is there again.
    engine.append((0..600).map(|number| entry(10_000_000 + number * 1_000, 1)).collect()).await.unwrap();
    engine.seal_all().unwrap();
    assert_eq!(engine.readings(&query).await.unwrap().len(), 1_800);
}

#[tokio::test]
async fn repair_keeps_what_is_sound_and_names_what_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    assert_eq!(lares_telemetry::repair(directory.path()), Ok(vec![]), "nothing to repair");
    let before = {
        let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
        engine.readings(&ReadingsQuery::of(DEVICE, 5_000)).await.unwrap()
    };
    change(directory.path(), "telemetry.db", "UPDATE batches SET body = x'00FF00FF00' WHERE first = 801");
    change(
        directory.path(),
        "series.db",
        "UPDATE chunks SET body = zeroblob(99) WHERE id = (SELECT min(id) FROM chunks)",
    );
    change(directory.path(), "series.db", "UPDATE rollups SET body = x'0102'");
    assert!(
        EmbeddedTelemetry::open(directory.path()).is_err(),
        "a log that is damaged is not replayed in part"
    );
    let findings = lares_telemetry::repair(directory.path()).unwrap().join("\n");
    for said in [
        "entries 801 to 1000 are lost",
        "the readings of group 1 from",
        "is made anew",
        "telemetry.db.damaged-0",
    ] {
        assert!(findings.contains(said), "{said:?} in {findings}");
    }
    let engine = EmbeddedTelemetry::open(directory.path()).unwrap();
    let after = engine.readings(&ReadingsQuery::of(DEVICE, 5_000)).await.unwrap();
    assert!(!after.is_empty() && after.len() < before.len());
    assert!(after.iter().all(|reading| before.contains(reading)), "what is left is as it was");
    assert_eq!(engine.check().await, Ok(vec![]));
    // Positions go on where they were.
    assert_eq!(engine.head().0, 1_000);
    assert!(directory.path().join("series.db.damaged-0").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_writing_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { log_bytes: 3_000, ..Limits::default() };
    let engine = std::sync::Arc::new(EmbeddedTelemetry::open_with(directory.path(), limits).unwrap());
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writing = tokio::spawn({
        let (engine, done) = (std::sync::Arc::clone(&engine), std::sync::Arc::clone(&done));
        async move {
            let mut number = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                number += 1;
                engine.append(vec![entry(number, 3)]).await.unwrap();
                engine.release(engine.head());
            }
            number
        }
    });
    for _ in 0..5 {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        let before = engine.readings(&ReadingsQuery::of(DEVICE, usize::MAX)).await.unwrap().len();
        let copy = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().to_owned(), copy.path().to_owned());
        tokio::task::spawn_blocking(move || lares_telemetry::backup(&from, &to)).await.unwrap().unwrap();
        assert!(lares_telemetry::backup(directory.path(), copy.path()).is_err(), "nothing is overwritten");
        let restored = EmbeddedTelemetry::open_with(copy.path(), limits).unwrap();
        assert_eq!(restored.check().await, Ok(vec![]));
        let readings = restored.readings(&ReadingsQuery::of(DEVICE, usize::MAX)).await.unwrap();
        assert!(readings.len() >= before, "{} and {before} before", readings.len());
        // No hole: every entry up to the last has all its readings.
        assert_eq!(readings.len() as i64, readings.last().unwrap().key.time.0 * 3);
        let head = restored.head();
        restored.append(vec![entry(1_000_000, 1)]).await.unwrap();
        assert_eq!(restored.head().0, head.0 + 1);
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(writing.await.unwrap() > 10);
}

#[tokio::test]
async fn a_garbled_file_is_reported_as_damage_and_never_answered_from() {
    for (file, page_bytes) in [("telemetry.db", 4_096), ("series.db", 32_768)] {
        for offset in 0..3 {
            let directory = tempfile::tempdir().unwrap();
            fill(directory.path()).await;
            let path = directory.path().join(file);
            let mut bytes = std::fs::read(&path).unwrap();
            for page in (1 + offset..bytes.len() / page_bytes).step_by(3) {
                bytes[page * page_bytes..page * page_bytes + 64].fill(0xA5);
            }
            std::fs::write(&path, &bytes).unwrap();
            let engine = match EmbeddedTelemetry::open(directory.path()) {
                Ok(engine) => engine,
                Err(error) => {
                    assert!(matches!(error, TelemetryError::Corrupt(_)), "{error:?}");
                    continue;
                }
            };
            assert!(engine.check().await.map_or(true, |findings| !findings.is_empty()), "{file} {offset}");
        }
    }
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
    engine.seal_all().unwrap();
    for file in ["telemetry.db", "telemetry.db-wal", "telemetry.db-shm", "series.db", "series.db-wal"] {
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
