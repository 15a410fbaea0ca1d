//! The ingest log on a disk that forgets unsynced writes, killed at random moments: nothing acknowledged is lost.
//! And on a disk that lies about one kind of sync: the same look finds the loss, so it can find one.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use lares_model::DeviceId;
use lares_model::record::{Body, Position};
use lares_telemetry::{EmbeddedTelemetry, ReadingsQuery, Telemetry};
use uuid::Uuid;

const KILLS: u64 = 20;
/// As many as the program has.
const WRITERS: u128 = 8;

/// Runs the writer on a directory until it has acknowledged so many numbers, kills it, and returns all that it did.
fn write_and_kill(directory: &Path, first: u64, acknowledgements: u64, lie: Option<&str>) -> BTreeSet<u64> {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_log-writer"))
        .arg(directory)
        .arg(first.to_string())
        .args(lie)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeSet::new();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    while (acknowledged.len() as u64) < acknowledgements {
        let line = lines.next().expect("the writer ended by itself").unwrap();
        acknowledged.insert(line.parse().unwrap());
    }
    writer.kill().unwrap();
    // What it had printed by then was acknowledged too.
    acknowledged.extend(lines.map(|line| line.unwrap().parse::<u64>().unwrap()));
    writer.wait().unwrap();
    acknowledged
}

/// What is wrong with the log after a kill; empty when it holds all that was acknowledged and is sound.
async fn look(directory: &Path, acknowledged: &BTreeSet<u64>) -> Vec<String> {
    let engine = match EmbeddedTelemetry::open(directory) {
        Ok(engine) => engine,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = engine.check().await.unwrap_or_else(|error| vec![error.to_string()]);
    let records = engine.since(Position(0), usize::MAX).await.unwrap_or_default();
    let mut logged = BTreeSet::new();
    let first = records.first().map_or(1, |record| record.position.0);
    for (position, record) in (first..).zip(&records) {
        if record.position != Position(position) {
            wrong.push(format!("position {} is where {position} should be", record.position.0));
        }
        let Body::Readings { readings } = &record.entry.body else { panic!("a writer writes readings") };
        if !logged.insert(readings[0].time.0) {
            wrong.push(format!("{} is there twice", readings[0].time.0));
        }
    }
    // The log lets go of what is sealed, so the readings tell.
    let mut stored = BTreeSet::new();
    for writer in 1..=WRITERS {
        let query = ReadingsQuery {
            endpoint: Some(0),
            ..ReadingsQuery::of(DeviceId(Uuid::from_u128(writer)), usize::MAX)
        };
        let readings = engine.readings(&query).await.unwrap_or_default();
        stored.extend(readings.iter().map(|reading| reading.key.time.0 as u64));
    }
    let logged = stored;
    let missing = acknowledged.difference(&logged).count();
    if missing > 0 {
        wrong.push(format!("{missing} acknowledged numbers are missing"));
    }
    wrong
}

/// splitmix64 (Steele, Lea and Flood, 2014), for moments that can be had again.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[tokio::test]
async fn twenty_kills_lose_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut seed = 7;
    let mut acknowledged = BTreeSet::new();
    for kill in 0..KILLS {
        // Soon after the start, and late enough for checkpoints.
        let moment = 1 + draw(&mut seed) % if kill % 2 == 0 { 30 } else { 600 };
        acknowledged.extend(write_and_kill(directory.path(), kill * 1_000_000, moment, None));
        assert_eq!(look(directory.path(), &acknowledged).await, [""; 0], "kill {kill} after {moment}");
    }
}

/// Few kills are enough, since everything that was written since the last honest sync is gone.
async fn a_lie_is_noticed(lie: &str, acknowledgements: u64) {
    let mut seed = 11;
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let moment = acknowledgements + draw(&mut seed) % 50;
        let acknowledged = write_and_kill(directory.path(), 0, moment, Some(lie));
        if !look(directory.path(), &acknowledged).await.is_empty() {
            return;
        }
    }
    panic!("five kills on a disk that ignores syncs of {lie:?}, and nothing was found missing");
}

#[tokio::test]
async fn without_the_sync_of_the_log_the_loss_is_noticed() {
    a_lie_is_noticed("telemetry.db-wal", 20).await;
}

#[tokio::test]
async fn without_the_sync_of_the_archive_the_loss_is_noticed() {
    a_lie_is_noticed("series.db-wal", 4_000).await;
}

#[tokio::test]
async fn without_the_sync_of_a_checkpoint_the_loss_is_noticed() {
    a_lie_is_noticed("telemetry.db", 2_000).await;
}
