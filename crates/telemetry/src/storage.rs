//! What is kept of an organisation, device by device, and what it takes on the disk.

use std::collections::BTreeSet;
use std::sync::Arc;

use lares_model::{DeviceId, UnixMillis};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    /// By id.
    pub devices: Vec<DeviceStorage>,
    /// Values of all of them, hot and sealed, as a limit counts them; `None` where the engine cannot count.
    pub counted: Option<u64>,
    /// How many there may be; `None` for as many as there is space for.
    pub points_max: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeviceStorage {
    pub device: DeviceId,
    /// Endpoint and full attribute name.
    pub series: BTreeSet<(u16, String)>,
    /// Sealed values.
    pub points: u64,
    /// Values in the log only, until they are sealed.
    pub hot_points: u64,
    /// Of sealed values.
    pub bytes: u64,
    pub rollup_bytes: u64,
    /// Chunks that did not match their checksums and are set aside.
    pub damaged_chunks: u64,
    /// The first and last instant sealed.
    pub first: Option<UnixMillis>,
    pub last: Option<UnixMillis>,
}

impl DeviceStorage {
    pub fn of(device: DeviceId) -> DeviceStorage {
        DeviceStorage {
            device,
            series: BTreeSet::new(),
            points: 0,
            hot_points: 0,
            bytes: 0,
            rollup_bytes: 0,
            damaged_chunks: 0,
            first: None,
            last: None,
        }
    }
}

impl Storage {
    pub(crate) fn add_hot(&mut self, device: DeviceId, points: u64, series: Vec<(u16, Arc<str>)>) {
        let place = self.devices.partition_point(|known| known.device < device);
        if self.devices.get(place).is_none_or(|known| known.device != device) {
            self.devices.insert(place, DeviceStorage::of(device));
        }
        let known = &mut self.devices[place];
        known.hot_points += points;
        known.series.extend(series.into_iter().map(|(endpoint, name)| (endpoint, name.to_string())));
    }
}
