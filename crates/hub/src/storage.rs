//! What an organisation's readings take: all together, by home, and by the devices that take the most.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lares_model::device::Device;
use lares_model::{HomeId, OrganisationId, UnixMillis};
use lares_telemetry::DeviceStorage;

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::organisations;
use crate::retention::{Progress, Working};

pub const DEVICES_SHOWN: usize = 20;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Amount {
    pub series: u64,
    /// Sealed values, and values in the log only.
    pub points: u64,
    pub hot_points: u64,
    pub bytes: u64,
    pub rollup_bytes: u64,
    pub damaged_chunks: u64,
    pub first: Option<UnixMillis>,
    pub last: Option<UnixMillis>,
}

impl Amount {
    fn add(&mut self, device: &DeviceStorage) {
        self.series += device.series.len() as u64;
        self.points += device.points;
        self.hot_points += device.hot_points;
        self.bytes += device.bytes;
        self.rollup_bytes += device.rollup_bytes;
        self.damaged_chunks += device.damaged_chunks;
        self.first = [self.first, device.first].into_iter().flatten().min();
        self.last = self.last.max(device.last);
    }

    /// Of sealed values.
    pub fn bytes_per_point(&self) -> Option<f64> {
        (self.points > 0).then(|| self.bytes as f64 / self.points as f64)
    }
}

#[derive(Clone, Debug)]
pub struct Stored {
    pub total: Amount,
    /// Values that it may have; `None` for as many as there is space for.
    pub points_max: Option<u64>,
    pub homes: BTreeMap<HomeId, Amount>,
    /// Those that take the most, the largest first.
    pub devices: Vec<(Arc<Device>, Amount)>,
    /// What the engine cannot do, in words.
    pub lacking: Vec<&'static str>,
    pub working: Option<Working>,
    /// When the worker last went through all of it.
    pub expired_at: Option<UnixMillis>,
}

/// While old readings are being removed, waits up to `wait` for that to get on.
pub async fn of_organisation(
    hub: &Hub,
    caller: &Caller,
    id: OrganisationId,
    wait: Duration,
) -> Result<Stored, HubError> {
    organisations::find(hub, caller, id).await?;
    let progress = progress(hub, id, wait).await;
    let storage = hub.telemetry.storage(id).await?;
    let (mut total, mut homes, mut devices) =
        (Amount::default(), BTreeMap::<HomeId, Amount>::new(), Vec::new());
    for stored in &storage.devices {
        total.add(stored);
        let Some(device) = hub.directory.get(stored.device) else { continue };
        homes.entry(device.home).or_default().add(stored);
        let mut own = Amount::default();
        own.add(stored);
        devices.push((device, own));
    }
    devices.sort_by_key(|(device, own)| (std::cmp::Reverse(own.bytes + own.rollup_bytes), device.id));
    devices.truncate(DEVICES_SHOWN);
    let working = progress.working.filter(|working| working.organisation == id);
    let lacking = hub.telemetry.abilities().lacking.iter().map(|(_, reason)| *reason).collect();
    let (points_max, expired_at) = (storage.points_max, progress.finished.get(&id).copied());
    Ok(Stored { total, points_max, homes, devices, lacking, working, expired_at })
}

async fn progress(hub: &Hub, id: OrganisationId, wait: Duration) -> Progress {
    let mut seen = hub.retention.subscribe();
    let now = seen.borrow_and_update().clone();
    if now.working.is_none_or(|working| working.organisation != id) {
        return now;
    }
    // The sender lives as long as the hub; when time is up, what is there is the answer.
    let _ = tokio::time::timeout(wait, seen.changed()).await;
    seen.borrow().clone()
}
