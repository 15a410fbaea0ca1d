//! The memory of the house: the durable ingest log, and the readings in it by series. One trait, so that the
//! embedded engine and a Prometheus-compatible one stand behind the same promises, and one suite that holds both.

mod checkpoint;
mod embedded;
mod encoding;
mod inspect;
mod readings;
mod sqlite;
mod tail;
mod transaction;
mod writer;

use std::future::Future;
use std::pin::Pin;

use lares_model::record::{Entry, Position, Record};
use lares_model::{DeviceId, UnixMillis, Value, reading::Quality};
use serde::{Deserialize, Serialize};

pub use embedded::EmbeddedTelemetry;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The ingest log and the readings of its entries.
pub trait Telemetry: Send + Sync + 'static {
    /// Appends all entries or none, and returns after the fsync that holds them: one answer per entry, in order.
    /// Waits while the log is behind; nothing is ever shed here. A caller that stops waiting may still have been
    /// served.
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Vec<Appended>, TelemetryError>>;

    /// The last durable position; 0 before the first entry.
    fn head(&self) -> Position;

    /// The entries after a position, ascending, at most `limit` of them. Only durable entries are seen.
    fn since(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, TelemetryError>>;

    /// The readings of one device in the order of their keys.
    fn readings(&self, query: &ReadingsQuery) -> BoxFuture<'_, Result<Vec<StoredReading>, TelemetryError>>;

    /// Removes everything of a device: its readings and its entries. Their positions are not given out again.
    fn forget_device(&self, device: DeviceId) -> BoxFuture<'_, Result<(), TelemetryError>>;

    /// Looks for damage and lists what it found, in words; empty means sound.
    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, TelemetryError>>;

    /// What was done since this process opened the log.
    fn stats(&self) -> Stats;
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    At(Position),
    /// The log already holds this message of this device, durably.
    Duplicate,
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
            limit,
            descending: false,
        }
    }
}

/// A reading's place among the readings of its device: by time, then position, then place in the entry. For
/// cursors; its inside is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadingKey(i64, i64, u32);

impl ReadingKey {
    pub fn new(time: UnixMillis, position: Position, index: u32) -> Self {
        ReadingKey(time.0, position.0, index)
    }

    pub fn time(self) -> UnixMillis {
        UnixMillis(self.0)
    }

    pub(crate) fn parts(self) -> (i64, i64, u32) {
        (self.0, self.1, self.2)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct StoredReading {
    pub key: ReadingKey,
    pub endpoint: u16,
    pub attribute: String,
    pub time: UnixMillis,
    /// The server's clock when the door took it.
    pub received: UnixMillis,
    pub value: Value,
    pub quality: Quality,
    pub at_least_once: bool,
    pub position: Position,
}

/// Counters since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub entries: u64,
    pub duplicates: u64,
    /// Readings stored; those already known are not among them.
    pub readings: u64,
    /// Group commits, each one fsync.
    pub batches: u64,
    /// Group commits that failed and were rolled back.
    pub failed_batches: u64,
    /// Encoded entries.
    pub bytes: u64,
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
    #[error("telemetry: {0}")]
    Other(String),
}
