//! The engine under test, and the material that the tests feed it.

use std::path::Path;

use lares_model::presence::PresenceStatus;
use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, MessageIdentity, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{Appended, Limits, ReadingsQuery, StoredReading, Telemetry, TelemetryError};
use uuid::Uuid;

pub trait Subject: Telemetry + Sized {
    fn open_with(directory: &Path, limits: Limits) -> Result<Self, TelemetryError>;

    /// With a log so short that chunks are sealed and it lets go of entries all the time.
    fn open(directory: &Path) -> Result<Self, TelemetryError> {
        Self::open_with(directory, Limits { log_bytes: 2_000, ..Limits::default() })
    }

    /// Moves what is hot into the archive.
    fn seal(&self);

    /// Ends the engine as `kill -9` and a power cut do, as far as this can be had here, and opens what is left.
    fn kill(self, disk: Disk) -> (Self, Disk) {
        drop(self);
        (Self::open(disk.path()).unwrap(), disk)
    }
}

/// Where an engine keeps its files.
pub struct Disk(tempfile::TempDir);

impl Disk {
    pub fn new() -> Disk {
        Disk(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

pub const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
/// Engines with a retention of their own drop what is far in the future.
pub const T0: i64 = 1_700_000_000_000;

/// No reading's own time, unless a test asks for it.
pub const RECEIVED: i64 = T0 - 500_000;

pub fn device(number: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(number))
}

pub fn identity(number: u64) -> MessageIdentity {
    MessageIdentity(number)
}

pub fn reading(time: i64, value: Value) -> Reading {
    Reading {
        endpoint: 1,
        attribute: POWER.into(),
        time: UnixMillis(time),
        value,
        quality: Quality::Measured,
        at_least_once: false,
    }
}

pub fn entry(device_number: u128, identity: Option<MessageIdentity>, body: Body) -> Entry {
    Entry {
        organisation: OrganisationId(Uuid::from_u128(0xA)),
        device: device(device_number),
        received: UnixMillis(RECEIVED),
        identity,
        body,
    }
}

pub fn readings(device_number: u128, id: Option<MessageIdentity>, readings: Vec<Reading>) -> Entry {
    entry(device_number, id, Body::Readings { readings })
}

/// An entry told apart by its number alone.
pub fn numbered(device_number: u128, number: u64) -> Entry {
    let reading = reading(T0 + number as i64, Value::Integer(number as i64));
    readings(device_number, Some(identity(number)), vec![reading])
}

pub fn presence(device_number: u128, reason: &str) -> Entry {
    let body = Body::Presence { status: PresenceStatus::Online, reason: reason.to_owned() };
    entry(device_number, None, body)
}

pub fn at(positions: impl IntoIterator<Item = i64>) -> Vec<Appended> {
    positions.into_iter().map(|position| Appended::At(Position(position))).collect()
}

pub async fn whole_log(engine: &impl Telemetry) -> Vec<Record> {
    engine.since(Position(0), usize::MAX).await.unwrap()
}

pub async fn all_readings(engine: &impl Telemetry, device_number: u128) -> Vec<StoredReading> {
    engine.readings(&ReadingsQuery::of(device(device_number), usize::MAX)).await.unwrap()
}

pub async fn values(engine: &impl Telemetry, device_number: u128) -> Vec<Value> {
    all_readings(engine, device_number).await.into_iter().map(|reading| reading.value).collect()
}

pub async fn assert_sound(engine: &impl Telemetry) {
    assert_eq!(engine.check().await, Ok(Vec::new()));
}
