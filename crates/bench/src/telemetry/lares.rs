//! Our own engine, in process: the one place of this benchmark that knows it. One call of `append` is one commit of
//! 1,000 entries with five readings each, as the doors make them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, MessageIdentity};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{
    AggregateQuery, EmbeddedTelemetry, Limits, Numbers, ReadingsQuery, SeriesKey, Telemetry as _, number_of,
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::engine::{Engine, Reader};
use super::queries::{Query, Rows};
use super::workload::{DAY_MS, METRICS, Row};

const SETTINGS: &str = "defaults; each append returns after its fsync; entries carry message identities, so that \
                        repeated messages are found, which no other engine here is asked to do; settled by sealing all, \
                        after which the log is let go of";
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
const ENDPOINT: u16 = 1;
const CONTACT: usize = 4;
const READINGS_MAX: usize = 100_000;
const HOT_LOG_BYTES: u64 = 1 << 30;
/// The log has come to rest when it was as long in so many looks.
const STILL_LOOKS: u32 = 5;
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct Lares {
    telemetry: Arc<EmbeddedTelemetry>,
    runtime: Runtime,
}

impl Lares {
    /// With a log so long that nothing has to be sealed.
    pub fn open_hot(folder: &Path) -> Result<Lares, String> {
        let limits = Limits {
            log_bytes: HOT_LOG_BYTES,
            log_bytes_refused: 2 * HOT_LOG_BYTES,
            series_per_organisation: usize::MAX,
            ..Limits::default()
        };
        let telemetry = EmbeddedTelemetry::open_with(folder, limits).map_err(|error| error.to_string())?;
        Ok(Lares { telemetry: Arc::new(telemetry), runtime: runtime()? })
    }

    pub fn hot_points(&self) -> u64 {
        self.telemetry.stats().hot_points
    }
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())
}

impl Engine for Lares {
    type Encoded = Vec<Entry>;

    fn open(folder: &Path) -> Result<Lares, String> {
        let telemetry = EmbeddedTelemetry::open(folder).map_err(|error| error.to_string())?;
        Ok(Lares { telemetry: Arc::new(telemetry), runtime: runtime()? })
    }

    fn version(&self) -> String {
        format!("Lares {}", env!("CARGO_PKG_VERSION"))
    }

    fn settings(&self) -> &'static str {
        SETTINGS
    }

    fn encode(&self, rows: Vec<Row>) -> Vec<Entry> {
        rows.iter().map(entry_of).collect()
    }

    fn commit(&mut self, entries: Vec<Entry>) -> Result<(), String> {
        self.runtime.block_on(self.telemetry.append(entries)).map_err(|error| error.to_string())?;
        // No follower reads behind this.
        self.telemetry.release(self.telemetry.head());
        Ok(())
    }

    fn settle(&mut self) -> Result<(), String> {
        self.telemetry.release(self.telemetry.head());
        self.telemetry.seal_all().map_err(|error| error.to_string())?;
        // The writer lets go of the log behind this call.
        let (mut kept, mut looks) = (u64::MAX, 0);
        while looks < STILL_LOOKS {
            std::thread::sleep(LOOK_EVERY);
            let now = self.telemetry.stats().log_bytes;
            looks = if now == kept { looks + 1 } else { 0 };
            kept = now;
        }
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, String> {
        Ok(Box::new(LaresReader { telemetry: Arc::clone(&self.telemetry), runtime: runtime()? }))
    }
}

/// The number of a bucket, what its readings come to, and how many they are.
type Held = (usize, Numbers, u64);

struct LaresReader {
    telemetry: Arc<EmbeddedTelemetry>,
    runtime: Runtime,
}

impl Reader for LaresReader {
    fn rows(&mut self, query: &Query) -> Result<Option<Rows>, String> {
        match *query {
            Query::OneDay { series, from_ms, until_ms } => self.one_day(series, from_ms, until_ms),
            Query::Buckets { series, from_ms, width_ms, buckets } => {
                let edges =
                    (0..=i64::from(buckets)).map(|nth| UnixMillis(from_ms + nth * width_ms)).collect();
                let summed = self.aggregate(vec![series_key(series)], edges)?;
                let row = |(bucket, numbers, count): &Held| {
                    [*bucket as f64, numbers.min, numbers.max, numbers.sum / *count as f64]
                };
                Ok(summed.first().map(|buckets| buckets.iter().map(row).collect()).unwrap_or_default())
            }
            Query::Last { metric, devices, from_ms, .. } => self.last(metric, devices, from_ms),
            Query::DailySums { metric, devices, from_ms, until_ms } => {
                let days = (until_ms - from_ms) / DAY_MS;
                let edges = (0..=days).map(|day| UnixMillis(from_ms + day * DAY_MS)).collect();
                let summed = self.aggregate(series_of(metric, devices), edges)?;
                let row = |device: usize, day: usize, numbers: &Numbers| {
                    [device as f64, day as f64, numbers.sum, 0.0]
                };
                let rows = summed.iter().enumerate().flat_map(|(device, days)| {
                    days.iter().map(move |(day, numbers, _)| row(device, *day, numbers))
                });
                Ok(rows.collect())
            }
        }
        .map(Some)
    }
}

impl LaresReader {
    fn one_day(&self, series: u32, from_ms: i64, until_ms: i64) -> Result<Rows, String> {
        let key = series_key(series);
        let query = ReadingsQuery {
            endpoint: Some(key.endpoint),
            attribute: Some(key.attribute),
            from: Some(UnixMillis(from_ms)),
            until: Some(UnixMillis(until_ms)),
            ..ReadingsQuery::of(key.device, READINGS_MAX)
        };
        let readings = self.runtime.block_on(self.telemetry.readings(&query)).map_err(|e| e.to_string())?;
        Ok(readings
            .iter()
            .map(|reading| [reading.time().0 as f64, number(&reading.value), 0.0, 0.0])
            .collect())
    }

    fn last(&self, metric: u32, devices: u32, from_ms: i64) -> Result<Rows, String> {
        let series = series_of(metric, devices);
        let latest = self.runtime.block_on(self.telemetry.latest(&series)).map_err(|e| e.to_string())?;
        let recent = latest
            .iter()
            .enumerate()
            .filter_map(|(device, reading)| Some((device, reading.as_ref()?)))
            .filter(|(_, reading)| reading.time().0 >= from_ms);
        Ok(recent.map(|(device, reading)| [device as f64, number(&reading.value), 0.0, 0.0]).collect())
    }

    /// Of each series the buckets that hold something.
    fn aggregate(&self, series: Vec<SeriesKey>, edges: Vec<UnixMillis>) -> Result<Vec<Vec<Held>>, String> {
        let query = AggregateQuery { series, edges, known_at: None };
        let answered = self.runtime.block_on(self.telemetry.aggregate(&query)).map_err(|e| e.to_string())?;
        let held = |buckets: Vec<Option<lares_telemetry::Aggregate>>| {
            let numbered = buckets.into_iter().enumerate();
            numbered
                .filter_map(|(nth, sum)| sum.and_then(|sum| Some((nth, sum.numbers?, sum.count))))
                .collect()
        };
        Ok(answered.into_iter().map(held).collect())
    }
}

fn series_of(metric: u32, devices: u32) -> Vec<SeriesKey> {
    (0..devices).map(|device| series_key(device * METRICS as u32 + metric)).collect()
}

fn series_key(series: u32) -> SeriesKey {
    SeriesKey {
        device: device_id(series / METRICS as u32),
        endpoint: ENDPOINT,
        attribute: ATTRIBUTES[series as usize % METRICS].to_owned(),
    }
}

fn number(value: &Value) -> f64 {
    number_of(value).unwrap_or(f64::NAN)
}

fn device_id(device: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(DEVICES_FROM + u128::from(device)))
}

fn entry_of(row: &Row) -> Entry {
    let time = UnixMillis(row.time_ms);
    let reading = |metric: usize| Reading {
        endpoint: ENDPOINT,
        attribute: ATTRIBUTES[metric].into(),
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
