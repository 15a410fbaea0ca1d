//! Whole series and devices can be removed, spans cannot; a removal that the engine misses is made up for.

use lares_model::{DeviceId, UnixMillis, Value};
use lares_telemetry::{Ability, Erasure, SeriesKey, Telemetry, TelemetryError};
use lares_testbed::victoria_metrics::VictoriaMetrics;

use crate::material::*;

const OTHER: &str = "ElectricalPowerMeasurement.Voltage";

fn erasure(device: DeviceId, attribute: Option<&str>, from: i64, until: i64) -> Erasure {
    let series = attribute.map(|attribute| vec![(1, attribute.to_owned())]);
    Erasure { device, series, from: UnixMillis(from), until: UnixMillis(until) }
}

fn both(time: i64) -> Vec<lares_model::reading::Reading> {
    vec![power(time, 5.0), reading(OTHER, time, Value::Number(230.0))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_series_are_erased_and_spans_refused() {
    let server = VictoriaMetrics::shared();
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), &server.url());
    let (device, neighbour) = (new_device(), new_device());
    for device in [device, neighbour] {
        append(&engine, device, T0, both(T0)).await;
        append(&engine, device, T0 + 1_000, both(T0 + 1_000)).await;
    }
    engine.seal_all().unwrap();
    // What is not confirmed yet is erased as well.
    append(&engine, neighbour, T0 + 5_000, both(T0 + 5_000)).await;
    engine.seal_all().unwrap();
    assert_eq!(engine.erase(&erasure(neighbour, Some(OTHER), i64::MIN, i64::MAX)).await, Ok(3));
    wait_until_confirmed(directory.path());
    let refused = engine.erase(&erasure(device, None, T0, T0 + 500)).await;
    let reason = engine.abilities().reason(Ability::ErasingSpans).unwrap().to_owned();
    assert_eq!(refused, Err(TelemetryError::Unsupported(reason)));
    assert_eq!(all(&engine, device).await.len(), 4, "nothing is erased of what is refused");
    assert_eq!(engine.erase(&erasure(device, None, T0 + 2_000, i64::MAX)).await, Ok(0), "nothing is there");

    assert_eq!(engine.erase(&erasure(device, Some(POWER), T0, T0 + 1_001)).await, Ok(2));
    let voltage = [T0, T0 + 1_000].map(|time| (time, Value::Number(230.0)));
    assert_eq!(points(&engine, device).await, voltage);
    assert_eq!(all(&engine, neighbour).await.len(), 3);
    // Erased is not forbidden.
    append(&engine, device, T0 + 9, vec![power(T0 + 9, 7.0)]).await;
    engine.seal_all().unwrap();
    wait_until_confirmed(directory.path());
    assert_eq!(all(&engine, device).await.len(), 3);
    assert_eq!(engine.check().await, Ok(Vec::new()));
    drop(engine);
    let engine = open(directory.path(), &server.url());
    assert_eq!(all(&engine, device).await.len(), 3);
    let power = SeriesKey { device, endpoint: 1, attribute: POWER.to_owned() };
    let latest = engine.latest(&[power]).await.unwrap();
    assert_eq!(latest[0].as_ref().map(|latest| latest.key.time.0), Some(T0 + 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_forgotten_while_the_engine_is_away_does_not_come_back() {
    let mut server = VictoriaMetrics::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let engine = open_carefully(directory.path(), &server.url());
    let (device, neighbour) = (new_device(), new_device());
    for device in [device, neighbour] {
        append(&engine, device, T0, both(T0)).await;
    }
    engine.seal_all().unwrap();
    server.kill();
    assert!(unavailable(&engine.forget_device(device).await), "it is not gone from the engine yet");
    drop(engine);
    let engine = open_carefully(directory.path(), &server.url());
    assert_eq!((engine.series(device), all(&engine, device).await), (vec![], vec![]));
    // The device reports again before the engine is back.
    append(&engine, device, T0 + 7, vec![power(T0 + 7, 1.0)]).await;
    assert_eq!(points(&engine, device).await, [(T0 + 7, Value::Number(1.0))]);
    server.start_again().unwrap();
    seal_at_last(&engine);
    assert_eq!(points(&engine, device).await, [(T0 + 7, Value::Number(1.0))]);
    assert_eq!(all(&engine, neighbour).await.len(), 2);
    wait_until_confirmed(directory.path());
    assert_eq!(points(&engine, device).await, [(T0 + 7, Value::Number(1.0))]);
    assert_eq!(all(&engine, neighbour).await.len(), 2);
    assert_eq!(engine.check().await, Ok(Vec::new()));
    engine.forget_device(device).await.unwrap();
    assert_eq!(all(&engine, device).await, []);
}
