//! The engine over a VictoriaMetrics of its own: the suite's devices are the same in every test.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lares_model::record::{Entry, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis};
use lares_telemetry::{
    Abilities, Aggregate, AggregateQuery, Appended, BoxFuture, Credentials, EmbeddedTelemetry, EngineAddress,
    Erasure, Limits, ReadingsQuery, Retention, SeriesKey, Stats, Storage, StoredReading, Telemetry,
    TelemetryError,
};
use lares_testbed::victoria_metrics::VictoriaMetrics;

use crate::subject::Subject;

type Answer<'a, T> = BoxFuture<'a, Result<T, TelemetryError>>;

pub struct OnPrometheus(EmbeddedTelemetry);

/// The server of a directory, for as long as the directory is there.
fn server_of(directory: &Path) -> Arc<VictoriaMetrics> {
    static SERVERS: Mutex<Option<HashMap<PathBuf, Arc<VictoriaMetrics>>>> = Mutex::new(None);
    let mut servers = SERVERS.lock().unwrap();
    let servers = servers.get_or_insert_default();
    servers.retain(|directory, _| directory.exists());
    let start = || Arc::new(VictoriaMetrics::start().unwrap());
    Arc::clone(servers.entry(directory.to_owned()).or_insert_with(start))
}

impl Subject for OnPrometheus {
    fn open_with(directory: &Path, limits: Limits) -> Result<Self, TelemetryError> {
        let address = EngineAddress {
            url: server_of(directory).url(),
            credentials: Credentials::None,
            answer_within: Duration::from_secs(10),
            confirm_after: Duration::ZERO,
            authorities: None,
        };
        EmbeddedTelemetry::open_on_prometheus(directory, limits, &address).map(OnPrometheus)
    }

    fn seal(&self) {
        self.0.seal_all().unwrap();
    }
}

impl Telemetry for OnPrometheus {
    fn append(&self, entries: Vec<Entry>) -> Answer<'_, Vec<Appended>> {
        self.0.append(entries)
    }

    fn head(&self) -> Position {
        self.0.head()
    }

    fn since(&self, after: Position, limit: usize) -> Answer<'_, Vec<Record>> {
        self.0.since(after, limit)
    }

    fn release(&self, through: Position) {
        self.0.release(through);
    }

    fn readings(&self, query: &ReadingsQuery) -> Answer<'_, Vec<StoredReading>> {
        self.0.readings(query)
    }

    fn aggregate(&self, query: &AggregateQuery) -> Answer<'_, Vec<Vec<Option<Aggregate>>>> {
        self.0.aggregate(query)
    }

    fn latest(&self, series: &[SeriesKey]) -> Answer<'_, Vec<Option<StoredReading>>> {
        self.0.latest(series)
    }

    fn last_before(
        &self,
        series: &[SeriesKey],
        instant: UnixMillis,
    ) -> Answer<'_, Vec<Option<StoredReading>>> {
        self.0.last_before(series, instant)
    }

    fn series(&self, device: DeviceId) -> Vec<(u16, String)> {
        self.0.series(device)
    }

    fn erase(&self, erasure: &Erasure) -> Answer<'_, u64> {
        self.0.erase(erasure)
    }

    fn retain(&self, device: DeviceId, retention: &Retention) {
        self.0.retain(device, retention);
    }

    fn expire(&self, device: DeviceId, retention: Retention) -> Answer<'_, bool> {
        self.0.expire(device, retention)
    }

    fn forget_device(&self, device: DeviceId) -> Answer<'_, ()> {
        self.0.forget_device(device)
    }

    fn storage(&self, organisation: OrganisationId) -> Answer<'_, Storage> {
        self.0.storage(organisation)
    }

    fn check(&self) -> Answer<'_, Vec<String>> {
        self.0.check()
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities()
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }
}
