//! Where readings go from the log: sealed, by series, for good. The log and the hot tier are the same for every
//! engine; what stands behind them is one of these.

pub mod embedded;
pub mod prometheus;

use std::sync::Arc;

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use crate::abilities::Abilities;
use crate::aggregate::Aggregate;
use crate::codec::chunk::Rows;
use crate::hot::LastRow;
use crate::shape::Shape;
use crate::{SeriesKey, Storage, TelemetryError};

/// Everything hot of one device, on its way into the archive.
pub struct Sealing {
    pub device: DeviceId,
    pub organisation: OrganisationId,
    /// All entries of the device up to here are sealed with this.
    pub through: Position,
    pub identities: Vec<u64>,
    pub groups: Vec<(Arc<Shape>, Rows)>,
}

/// What the archive knows of a device when the engine opens.
pub struct Sealed {
    pub device: DeviceId,
    pub organisation: OrganisationId,
    pub through: Position,
    pub identities: Vec<u64>,
    pub shapes: Vec<Arc<Shape>>,
    pub points: i64,
}

/// One value that a series had at an instant, and since when the server knew.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub time: i64,
    pub received: i64,
    pub flags: u8,
    pub value: Value,
}

/// The part of a series that is asked for. Times are in milliseconds, `until` exclusive.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub from: i64,
    pub until: i64,
    pub descending: bool,
    /// At least so many different instants, or all there are.
    pub instants: usize,
}

/// What is to be removed.
#[derive(Clone, Debug)]
pub struct Erasure {
    pub device: DeviceId,
    /// All of them where `None`.
    pub series: Option<Vec<(u16, String)>>,
    pub from: UnixMillis,
    pub until: UnixMillis,
}

/// Until when the readings of one series class are kept, and the rollups made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    pub raw_before: UnixMillis,
    pub rollups_before: UnixMillis,
}

const DAY_MS: i64 = 86_400_000;

impl Expiry {
    /// By whole days (UTC), so that no rollup is cut in two; rollups outlive what they are made of.
    fn by_days(self) -> Expiry {
        let day = |instant: UnixMillis| instant.0.div_euclid(DAY_MS).saturating_mul(DAY_MS);
        let raw_before = day(self.raw_before);
        let rollups_before = day(self.rollups_before).min(raw_before);
        Expiry { raw_before: UnixMillis(raw_before), rollups_before: UnixMillis(rollups_before) }
    }

    /// Of rows of a shape: series that share them are kept as long as the one of them that is kept longest.
    pub fn of_shape(shape: &Shape, retention: &dyn Fn(&str) -> Expiry) -> Option<Expiry> {
        let each = shape.0.iter().map(|column| retention(&column.attribute).by_days());
        each.reduce(|a, b| Expiry {
            raw_before: a.raw_before.min(b.raw_before),
            rollups_before: a.rollups_before.min(b.rollups_before),
        })
    }
}

/// Blocks on the disk or the network: called from threads that may.
pub trait Archive: Send + Sync + 'static {
    fn abilities(&self) -> Abilities {
        Abilities::ALL
    }

    fn sealed(&self) -> Result<Vec<Sealed>, TelemetryError>;

    /// Takes all of it durably or none. Taking the same again changes nothing.
    fn seal(&self, devices: &[Sealing]) -> Result<(), TelemetryError>;

    /// Nothing is being sealed for now: there is time to put in order what sealing left.
    fn rest(&self) {}

    /// Every version of every instant of the slice, in the order of their time (backwards where descending); versions
    /// of one instant in any order.
    fn versions(&self, series: &SeriesKey, slice: Slice) -> Result<Vec<Version>, TelemetryError>;

    /// What the newest versions between each edge and the next come to.
    fn aggregates(&self, series: &SeriesKey, edges: &[i64])
    -> Result<Vec<Option<Aggregate>>, TelemetryError>;

    /// The same of many series.
    fn aggregates_of(
        &self,
        series: &[&SeriesKey],
        edges: &[i64],
    ) -> Result<Vec<Vec<Option<Aggregate>>>, TelemetryError> {
        series.iter().map(|series| self.aggregates(series, edges)).collect()
    }

    /// The last row of a shape that is sealed.
    fn last_row(&self, device: DeviceId, shape: &Shape) -> Result<Option<LastRow>, TelemetryError>;

    /// How many values went. What stays of their rows may have another shape.
    fn erase(&self, erasure: &Erasure) -> Result<u64, TelemetryError>;

    /// The shapes of a device, where erasing makes new ones.
    fn shapes(&self, _device: DeviceId) -> Vec<Arc<Shape>> {
        Vec::new()
    }

    /// Of a series only rollups are left before this instant.
    fn aged(&self, _series: &SeriesKey) -> i64 {
        i64::MIN
    }

    /// Removes what is older than `expiry` says of a shape's series, a little at a time: answers whether there is more.
    fn expire(
        &self,
        device: DeviceId,
        expiry: &dyn Fn(&Shape) -> Option<Expiry>,
    ) -> Result<bool, TelemetryError>;

    /// Removes a device with everything of it, as if it had never been.
    fn forget(&self, device: DeviceId) -> Result<(), TelemetryError>;

    /// Looks for damage and lists what it found, in words; empty means sound.
    fn check(&self) -> Result<Vec<String>, TelemetryError>;

    /// How many values of a device there are, without a search; 0 where they cannot be counted.
    fn points(&self, _device: DeviceId) -> i64 {
        0
    }

    /// What is kept of an organisation, by device and series.
    fn storage(&self, organisation: OrganisationId) -> Result<Storage, TelemetryError>;
}
