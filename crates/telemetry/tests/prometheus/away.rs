//! The engine goes away and comes back, and Lares ends at bad moments: everything is there, nothing twice.

use std::fs;
use std::path::Path;

use lares_model::Value;
use lares_telemetry::{SeriesKey, Telemetry};
use lares_testbed::victoria_metrics::VictoriaMetrics;

use crate::material::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_engine_is_away_readings_wait_and_are_readable() {
    let mut server = VictoriaMetrics::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let device = new_device();
    let engine = open_carefully(directory.path(), &server.url());
    let mut expected = Vec::new();
    let append_some = async |engine: &_, from: i64, expected: &mut Vec<(i64, Value)>| {
        for minute in from..from + 30 {
            let (time, value) = (T0 + minute * 60_000, minute as f64 / 4.0);
            append(engine, device, time + 50, vec![power(time, value)]).await;
            expected.push((time, Value::Number(value)));
        }
    };
    append_some(&engine, 0, &mut expected).await;
    engine.seal_all().unwrap();
    assert_eq!((hot_points(&engine), points(&engine, device).await), (0, expected.clone()));

    server.kill();
    append_some(&engine, 30, &mut expected).await;
    let sealed = engine.seal_all();
    assert!(unavailable(&sealed), "{sealed:?}");
    assert_eq!(hot_points(&engine), 30);
    // The newest values are known without the engine; what lies in it is not, and that is said.
    let series = SeriesKey { device, endpoint: 1, attribute: POWER.to_owned() };
    let latest = engine.latest(std::slice::from_ref(&series)).await.unwrap();
    assert_eq!(latest[0].as_ref().map(|latest| latest.key.time.0), expected.last().map(|(time, _)| *time));
    let query = lares_telemetry::ReadingsQuery::of(device, usize::MAX);
    assert!(unavailable(&engine.readings(&query).await.map(drop)));
    let recent =
        lares_telemetry::ReadingsQuery { from: Some(lares_model::UnixMillis(T0 + 30 * 60_000)), ..query };
    assert_eq!(engine.readings(&recent).await.unwrap().len(), 30);
    assert_eq!(engine.check().await.unwrap().len(), 1, "a check says that the engine is away");

    // Lares ends and starts again meanwhile.
    drop(engine);
    let engine = open_carefully(directory.path(), &server.url());
    append_some(&engine, 60, &mut expected).await;
    assert_eq!(hot_points(&engine), 60);
    server.start_again().unwrap();
    seal_at_last(&engine);
    // What it had taken just before it was killed it has lost; it is not lost to us.
    assert_eq!((hot_points(&engine), points(&engine, device).await), (0, expected.clone()));
    wait_until_confirmed(directory.path());
    assert_eq!(points(&engine, device).await, expected, "now the engine alone answers");
    assert_eq!(engine.check().await, Ok(Vec::new()));
}

/// What Lares knew of the engine before its last writes, as after a crash between the engine's answer and the note.
fn copy_ledger(from: &Path, to: &Path) {
    for entry in fs::read_dir(to).unwrap().map(Result::unwrap) {
        if entry.file_name().to_str().unwrap().starts_with("prometheus.db") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_name().to_str().unwrap().starts_with("prometheus.db") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_between_the_engines_answer_and_our_note_writes_the_same_again() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let before = tempfile::tempdir().unwrap();
    let device = new_device();
    let text = |time, text: &str| reading("DoorLock.LockState", time, Value::Text(text.to_owned()));
    let engine = open(directory.path(), &server.url());
    append(&engine, device, T0, vec![power(T0, 1.5), text(T0, "locked")]).await;
    engine.seal_all().unwrap();
    append(&engine, device, T0 + 9, vec![power(T0 + 9, 2.5), text(T0 + 9, "unlocked")]).await;
    drop(engine);
    copy_ledger(directory.path(), before.path());
    let engine = open(directory.path(), &server.url());
    engine.seal_all().unwrap();
    let expected = points(&engine, device).await;
    assert_eq!(expected.len(), 4);
    drop(engine);

    copy_ledger(before.path(), directory.path());
    let engine = open(directory.path(), &server.url());
    assert_eq!(hot_points(&engine), 2, "not known to be sealed");
    assert_eq!(points(&engine, device).await, expected, "in the log and in the engine is once");
    engine.seal_all().unwrap();
    assert_eq!((hot_points(&engine), points(&engine, device).await), (0, expected.clone()));
    wait_until_confirmed(directory.path());
    assert_eq!(points(&engine, device).await, expected);
    assert_eq!(engine.check().await, Ok(Vec::new()));
}
