//! Our own engine, in process: the one place of this benchmark that knows it. One call of `append` is one commit of
//! 1,000 entries with five readings each, as the doors make them.

use std::path::Path;
use std::sync::Arc;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, MessageIdentity};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{EmbeddedTelemetry, ReadingsQuery, Telemetry as _};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::engine::{Engine, Reader};
use super::queries::{Query, Rows};
use super::workload::{METRICS, Row};

const SETTINGS: &str = "defaults; each append returns after its fsync; entries carry message identities, so that \
                        repeated messages are found, which no other engine here is asked to do";
const ORGANISATION: u128 = 1;
/// Device numbers begin here as ids.
const DEVICES_FROM: u128 = 1 << 64;
const ATTRIBUTES: [&str; METRICS] = [
    "TemperatureMeasurement.MeasuredValue",
    "RelativeHumidityMeasurement.MeasuredValue",
    "ElectricalPowerMeasurement.ActivePower",
    "ElectricalEnergyMeasurement.CumulativeEnergyImported",
    "BooleanState.StateValue",
];
const CONTACT: usize = 4;
const READINGS_MAX: usize = 100_000;

struct Lares {
    telemetry: Arc<EmbeddedTelemetry>,
    runtime: Runtime,
}

pub fn open(folder: &Path) -> Result<Box<dyn Engine>, String> {
    let telemetry = EmbeddedTelemetry::open(folder).map_err(|error| error.to_string())?;
    Ok(Box::new(Lares { telemetry: Arc::new(telemetry), runtime: runtime()? }))
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())
}

impl Engine for Lares {
    fn version(&self) -> String {
        format!("Lares {}", env!("CARGO_PKG_VERSION"))
    }

    fn settings(&self) -> &'static str {
        SETTINGS
    }

    fn commit(&mut self, rows: &[Row]) -> Result<(), String> {
        let entries = rows.iter().map(entry_of).collect();
        self.runtime.block_on(self.telemetry.append(entries)).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn settle(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, String> {
        Ok(Box::new(LaresReader { telemetry: Arc::clone(&self.telemetry), runtime: runtime()? }))
    }
}

struct LaresReader {
    telemetry: Arc<EmbeddedTelemetry>,
    runtime: Runtime,
}

impl Reader for LaresReader {
    fn rows(&mut self, query: &Query) -> Result<Option<Rows>, String> {
        match *query {
            Query::OneDay { series, from_ms, until_ms } => {
                let (device, metric) = (series / METRICS as u32, series as usize % METRICS);
                let query = ReadingsQuery {
                    attribute: Some(ATTRIBUTES[metric].to_owned()),
                    from: Some(UnixMillis(from_ms)),
                    until: Some(UnixMillis(until_ms)),
                    ..ReadingsQuery::of(device_id(device), READINGS_MAX)
                };
                self.readings(&query, |time, value| [time, value, 0.0, 0.0]).map(Some)
            }
            Query::Last { metric, devices, from_ms, until_ms } => {
                let mut rows = Vec::with_capacity(devices as usize);
                for device in 0..devices {
                    let query = ReadingsQuery {
                        attribute: Some(ATTRIBUTES[metric as usize].to_owned()),
                        from: Some(UnixMillis(from_ms)),
                        until: Some(UnixMillis(until_ms)),
                        descending: true,
                        ..ReadingsQuery::of(device_id(device), 1)
                    };
                    rows.extend(self.readings(&query, |_, value| [f64::from(device), value, 0.0, 0.0])?);
                }
                Ok(Some(rows))
            }
            Query::Buckets { .. } | Query::DailySums { .. } => Ok(None),
        }
    }
}

impl LaresReader {
    fn readings(&self, query: &ReadingsQuery, row: impl Fn(f64, f64) -> [f64; 4]) -> Result<Rows, String> {
        let readings = self.runtime.block_on(self.telemetry.readings(query)).map_err(|e| e.to_string())?;
        Ok(readings.iter().map(|reading| row(reading.time.0 as f64, number(&reading.value))).collect())
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Bool(on) => f64::from(u8::from(*on)),
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}

fn device_id(device: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(DEVICES_FROM + u128::from(device)))
}

fn entry_of(row: &Row) -> Entry {
    let time = UnixMillis(row.time_ms);
    let reading = |metric: usize| Reading {
        endpoint: 1,
        attribute: ATTRIBUTES[metric].to_owned(),
        time,
        value: match metric {
            CONTACT => Value::Bool(row.values[metric] != 0.0),
            _ => Value::Number(row.values[metric]),
        },
        quality: Quality::Measured,
        at_least_once: false,
    };
    Entry {
        organisation: OrganisationId(Uuid::from_u128(ORGANISATION)),
        device: device_id(row.device),
        received: time,
        // The time of a report in milliseconds serves as its sequence number.
        identity: MessageIdentity::of("telemetry", "bench", u64::try_from(row.time_ms).ok(), Some(time), b""),
        body: Body::Readings { readings: (0..METRICS).map(reading).collect() },
    }
}
