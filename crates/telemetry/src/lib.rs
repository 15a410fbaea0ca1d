//! The memory of the house: the durable ingest log, and the readings in it by series. One trait, so that the
//! embedded engine and a Prometheus-compatible one stand behind the same promises, and one suite that holds both.

mod abilities;
mod aggregate;
mod archive;
mod backup;
mod codec;
mod commit;
mod connections;
mod directory;
mod embedded;
mod hot;
mod identities;
mod kept;
mod limits;
mod log;
mod plan;
mod priority;
mod published;
mod query;
mod random_bits;
mod repair;
mod replay;
mod resolve;
mod sealer;
mod shape;
mod split;
mod sqlite;
mod staging;
mod storage;
mod usage;
mod writer;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lares_model::record::{Entry, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value, reading::Quality};
use serde::{Deserialize, Serialize};

pub use abilities::{Abilities, Ability};
pub use aggregate::{Aggregate, Numbers, number_of, rise};
pub use archive::prometheus::{Credentials, EngineAddress};
pub use archive::{Erasure, Expiry};
pub use backup::backup;
pub use embedded::EmbeddedTelemetry;
pub use identities::IDENTITIES_REMEMBERED;
pub use limits::{Limits, Refusal};
pub use repair::repair;
pub use shape::quality_bit;
pub use storage::{DeviceStorage, Storage};

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is kept of a series, by the full name of its attribute.
pub type Retention = Arc<dyn Fn(&str) -> Expiry + Send + Sync>;

/// The ingest log and the readings of its entries.
pub trait Telemetry: Send + Sync + 'static {
    /// Appends all entries or none, and returns after the fsync that holds them: one answer per entry, in order.
    /// Waits while the log is behind; nothing is ever shed here. A caller that stops waiting may still have been
    /// served.
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Vec<Appended>, TelemetryError>>;

    /// The last durable position; 0 before the first entry.
    fn head(&self) -> Position;

    /// The entries after a position, ascending, at most `limit` of them. Only durable entries are seen, and only
    /// those that the log has not let go of: see `release`.
    fn since(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, TelemetryError>>;

    /// No follower needs what is up to here. The log lets go of it when it has grown long and its readings are sealed.
    fn release(&self, through: Position);

    /// The readings of one device in the order of their keys: of each instant the last by the server's time.
    fn readings(&self, query: &ReadingsQuery) -> BoxFuture<'_, Result<Vec<StoredReading>, TelemetryError>>;

    /// What each series comes to between each edge and the next; `None` where it has no reading.
    fn aggregate(
        &self,
        query: &AggregateQuery,
    ) -> BoxFuture<'_, Result<Vec<Vec<Option<Aggregate>>>, TelemetryError>>;

    /// The reading of each series with the last time of all.
    fn latest(
        &self,
        series: &[SeriesKey],
    ) -> BoxFuture<'_, Result<Vec<Option<StoredReading>>, TelemetryError>>;

    /// The last reading of each series before an instant.
    fn last_before(
        &self,
        series: &[SeriesKey],
        instant: UnixMillis,
    ) -> BoxFuture<'_, Result<Vec<Option<StoredReading>>, TelemetryError>>;

    /// The series of a device: endpoint and full attribute name.
    fn series(&self, device: DeviceId) -> Vec<(u16, String)>;

    /// Removes readings of a span for good, from the log too, and tells how many were sealed. Entries that are no
    /// readings stay.
    fn erase(&self, erasure: &Erasure) -> BoxFuture<'_, Result<u64, TelemetryError>>;

    /// From now on readings that are older than `retention` says, by whole days (UTC), are not shown, and neither is
    /// what such old ones come to; removed or not. It is kept in memory: say it again after a start. Nothing happens
    /// in an engine that lacks `Ability::Retention`.
    fn retain(&self, device: DeviceId, retention: &Retention);

    /// The same, and removes some of it; whether there is more to remove.
    fn expire(&self, device: DeviceId, retention: Retention) -> BoxFuture<'_, Result<bool, TelemetryError>>;

    /// Removes everything of a device: its readings and its entries. Their positions are not given out again.
    fn forget_device(&self, device: DeviceId) -> BoxFuture<'_, Result<(), TelemetryError>>;

    /// What is kept of an organisation.
    fn storage(&self, organisation: OrganisationId) -> BoxFuture<'_, Result<Storage, TelemetryError>>;

    /// Looks for damage and lists what it found, in words; empty means sound.
    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, TelemetryError>>;

    /// What this engine lacks.
    fn abilities(&self) -> Abilities;

    /// What was done since this process opened the log.
    fn stats(&self) -> Stats;
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    At(Position),
    /// The log already took this message of this device, durably: it is among the last `IDENTITIES_REMEMBERED` of the
    /// device that carried an identity.
    Duplicate,
    /// It is beyond a limit and was not taken.
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    pub device: DeviceId,
    pub endpoint: u16,
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
}

/// Which readings of a device are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingsQuery {
    pub device: DeviceId,
    pub endpoint: Option<u16>,
    /// Full name, `Capability.Attribute`.
    pub attribute: Option<String>,
    /// Inclusive.
    pub from: Option<UnixMillis>,
    /// Exclusive.
    pub until: Option<UnixMillis>,
    /// Exclusive, in the direction of the query: the key of the last reading of the page before.
    pub after: Option<ReadingKey>,
    /// As the server knew it then: what arrived later is left out.
    pub known_at: Option<UnixMillis>,
    pub limit: usize,
    pub descending: bool,
}

impl ReadingsQuery {
    /// Every reading of a device, oldest first.
    pub fn of(device: DeviceId, limit: usize) -> Self {
        ReadingsQuery {
            device,
            endpoint: None,
            attribute: None,
            from: None,
            until: None,
            after: None,
            known_at: None,
            limit,
            descending: false,
        }
    }
}

/// Series, and the instants between which each is summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateQuery {
    pub series: Vec<SeriesKey>,
    /// Ascending, at least two.
    pub edges: Vec<UnixMillis>,
    /// As the server knew it then.
    pub known_at: Option<UnixMillis>,
}

/// A reading's place among the readings of its device: by time, then endpoint and attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadingKey {
    #[serde(with = "millis")]
    pub time: UnixMillis,
    pub endpoint: u16,
    pub attribute: String,
}

/// Plain integers in cursors, so that every instant survives.
mod millis {
    use super::UnixMillis;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(instant: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(instant.0)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixMillis, D::Error> {
        i64::deserialize(deserializer).map(UnixMillis)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct StoredReading {
    pub key: ReadingKey,
    /// The server's clock when it first took this value for this instant.
    pub received: UnixMillis,
    pub value: Value,
    pub quality: Quality,
    pub at_least_once: bool,
}

impl StoredReading {
    pub fn time(&self) -> UnixMillis {
        self.key.time
    }
}

/// Counters since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub entries: u64,
    pub duplicates: u64,
    /// Readings stored.
    pub readings: u64,
    /// Group commits, each one fsync.
    pub batches: u64,
    /// Group commits that failed and were rolled back.
    pub failed_batches: u64,
    /// Encoded entries.
    pub bytes: u64,
    /// Of the entries that the log keeps now.
    pub log_bytes: u64,
    /// Values in memory and not sealed, now.
    pub hot_points: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// Nothing of the call was kept; it works again by itself when there is space.
    #[error("no space left for telemetry: {0}")]
    NoSpace(String),
    /// The engine cannot be reached or its disk fails. Entries of the call may be there and may not; the same
    /// entries sent again are recognised by their identity.
    #[error("telemetry is unavailable: {0}")]
    Unavailable(String),
    #[error("telemetry is damaged: {0}")]
    Corrupt(String),
    /// The engine cannot do it at all; in words for people.
    #[error("{0}")]
    Unsupported(String),
    #[error("telemetry: {0}")]
    Other(String),
}
