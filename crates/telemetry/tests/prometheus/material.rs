//! Readings to write, and short ways to write and read them.

use std::path::Path;
use std::time::Duration;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{
    Appended, Credentials, EmbeddedTelemetry, EngineAddress, Limits, ReadingsQuery, StoredReading, Telemetry,
    TelemetryError,
};
use uuid::Uuid;

pub const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
/// Engines drop what is far in the future.
pub const T0: i64 = 1_700_000_000_000;

pub fn address(url: &str) -> EngineAddress {
    EngineAddress {
        url: url.to_owned(),
        credentials: Credentials::None,
        answer_within: Duration::from_secs(10),
        confirm_after: Duration::ZERO,
        authorities: None,
    }
}

/// As long as the VictoriaMetrics of the tests keeps anything in memory only, and somewhat longer.
pub fn open_carefully(directory: &Path, url: &str) -> EmbeddedTelemetry {
    let address = EngineAddress { confirm_after: Duration::from_secs(14), ..address(url) };
    EmbeddedTelemetry::open_on_prometheus(directory, Limits::default(), &address).unwrap()
}

pub fn open(directory: &Path, url: &str) -> EmbeddedTelemetry {
    EmbeddedTelemetry::open_on_prometheus(directory, Limits::default(), &address(url)).unwrap()
}

/// One that no other test has.
pub fn new_device() -> DeviceId {
    DeviceId(Uuid::new_v4())
}

pub fn reading(attribute: &str, time: i64, value: Value) -> Reading {
    Reading {
        endpoint: 1,
        attribute: attribute.into(),
        time: UnixMillis(time),
        value,
        quality: Quality::Measured,
        at_least_once: false,
    }
}

pub fn power(time: i64, value: f64) -> Reading {
    reading(POWER, time, Value::Number(value))
}

/// `received`: a little later, since readings of that very instant count as without a time of their own.
pub fn entry(device: DeviceId, received: i64, readings: Vec<Reading>) -> Entry {
    Entry {
        organisation: OrganisationId(Uuid::from_u128(0xA)),
        device,
        received: UnixMillis(received + 3),
        identity: None,
        body: Body::Readings { readings },
    }
}

pub async fn append(engine: &EmbeddedTelemetry, device: DeviceId, received: i64, readings: Vec<Reading>) {
    let appended = engine.append(vec![entry(device, received, readings)]).await.unwrap();
    assert!(matches!(appended[..], [Appended::At(_)]), "{appended:?}");
}

pub async fn all(engine: &EmbeddedTelemetry, device: DeviceId) -> Vec<StoredReading> {
    engine.readings(&ReadingsQuery::of(device, usize::MAX)).await.unwrap()
}

pub async fn points(engine: &EmbeddedTelemetry, device: DeviceId) -> Vec<(i64, Value)> {
    all(engine, device).await.into_iter().map(|stored| (stored.key.time.0, stored.value)).collect()
}

/// Tries until it succeeds, as the sealer does: attempts are left out after failures.
pub fn seal_at_last(engine: &EmbeddedTelemetry) {
    let mut last = Ok(());
    for _ in 0..40 {
        last = engine.seal_all();
        if last.is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{last:?}");
}

pub fn hot_points(engine: &EmbeddedTelemetry) -> u64 {
    engine.stats().hot_points
}

pub fn unavailable(result: &Result<(), TelemetryError>) -> bool {
    matches!(result, Err(TelemetryError::Unavailable(_)))
}

/// What the engine took and has not shown since, by the file of the engine in a directory.
pub fn unconfirmed(directory: &Path) -> i64 {
    let file = rusqlite::Connection::open(directory.join("prometheus.db")).unwrap();
    file.query_row("SELECT count(*) FROM unconfirmed", [], |row| row.get(0)).unwrap()
}

pub fn wait_until_confirmed(directory: &Path) {
    for _ in 0..600 {
        if unconfirmed(directory) == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not confirmed within a minute");
}
