//! The archive in a Prometheus-compatible engine: remote write in, PromQL over HTTP out. While the engine is away,
//! readings stay in the ingest log and the hot tier before it. A small file of our own says what the engine has, and
//! keeps what it took last, which it may still lose.

mod answer;
mod client;
mod confirm;
mod ledger;
mod names;
mod pause;
mod read;
mod samples;
mod spool;
mod visible;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use lares_model::{DeviceId, OrganisationId, UnixMillis};

use self::client::Client;
use self::ledger::{Device, Ledger};
use self::pause::Pause;
use self::samples::{Extent, Probe, SeriesName};
use self::spool::{Entry, Spool};
use super::{Archive, Erasure, Expiry, Sealed, Sealing, Slice, Version};
use crate::abilities::{Abilities, Ability};
use crate::aggregate::Aggregate;
use crate::hot::LastRow;
use crate::shape::Shape;
use crate::sqlite::from_io;
use crate::storage::DeviceStorage;
use crate::{SeriesKey, Storage, TelemetryError};

pub use client::{Credentials, EngineAddress};
pub use ledger::FILE_NAME;

/// Engines cut longer values of labels, and a text is one.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

const ABILITIES: Abilities = Abilities {
    lacking: &[
        (
            Ability::QualityMarks,
            "The telemetry engine keeps numbers and times only: readings lose their quality marks once they are in it.",
        ),
        (
            Ability::KnownAt,
            "The telemetry engine does not keep when a reading arrived, so it cannot say what was known at a time.",
        ),
        (
            Ability::Corrections,
            "The telemetry engine may go on showing the first value of an instant after a correction.",
        ),
        (
            Ability::ExactNumbers,
            "The telemetry engine keeps about 15 digits of a number, some engines fewer.",
        ),
        (Ability::LongTexts, "The telemetry engine keeps texts of at most 16 KiB; longer ones are refused."),
        (
            Ability::EveryInstant,
            "The telemetry engine keeps readings only within its own retention, and drops those far in the future.",
        ),
        (
            Ability::ErasingSpans,
            "The telemetry engine can erase whole series only, not a part of their time.",
        ),
        (Ability::Retention, "How long readings are kept is set in the telemetry engine, the same for all."),
        (
            Ability::CountingPoints,
            "The telemetry engine removes old readings by itself, so how many an organisation has is not known, and \
             there is no limit to them.",
        ),
    ],
};

/// More values that the engine has not confirmed are not written; they wait in the log.
const UNCONFIRMED_MAX: usize = 4_000_000;

pub struct Prometheus {
    inner: Arc<Inner>,
    /// `None` only while closing.
    stop: Option<SyncSender<()>>,
    confirming: Option<JoinHandle<()>>,
}

struct Inner {
    client: Client,
    ledger: Ledger,
    spool: Spool,
    pause: Pause,
    /// In looks.
    confirm_after: u32,
    /// Devices that the engine was told to forget, and since how many looks.
    forgotten: Mutex<HashMap<DeviceId, u32>>,
    /// Held by whoever writes to the engine or removes from it.
    changing: Mutex<()>,
}

impl Prometheus {
    pub fn open(directory: &Path, address: &EngineAddress) -> Result<Prometheus, TelemetryError> {
        let client = Client::new(address)?;
        let ledger = Ledger::open(directory)?;
        let inner = Arc::new(Inner {
            client,
            spool: Spool::of(ledger.unconfirmed()?),
            ledger,
            pause: Pause::default(),
            confirm_after: u32::try_from(address.confirm_after.as_secs()).unwrap_or(u32::MAX / 2),
            forgotten: Mutex::default(),
            changing: Mutex::default(),
        });
        let (stop, stopped) = sync_channel(0);
        let confirming = std::thread::Builder::new().name("telemetry-confirm".to_owned()).spawn({
            let inner = Arc::clone(&inner);
            move || confirm::run(&inner, &stopped)
        });
        let confirming = confirming.map_err(|error| from_io(&error, "telemetry thread"))?;
        Ok(Prometheus { inner, stop: Some(stop), confirming: Some(confirming) })
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.confirming.take() {
            let _ = thread.join();
        }
    }
}

impl Inner {
    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts up.
    fn forgotten_age(&self, device: DeviceId) -> u32 {
        let mut forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        let age = forgotten.entry(device).or_default();
        *age = age.saturating_add(1);
        *age
    }

    /// Writes first and notes it then. When this ends in between, the same is written again.
    fn write(&self, devices: &[Sealing]) -> Result<(), TelemetryError> {
        if self.spool.values() > UNCONFIRMED_MAX {
            let why = "the telemetry engine has not confirmed what it took; the rest waits";
            return Err(TelemetryError::Unavailable(why.to_owned()));
        }
        let forgotten = self.ledger.forgotten()?;
        let mut series = Vec::new();
        let mut taken = Vec::new();
        for sealing in devices {
            if forgotten.contains(&sealing.device) {
                // It came back before the engine was told.
                self.delete_forgotten(sealing.device)?;
            }
            let written = samples::written(sealing);
            if written.left_out > 0 {
                let (device, values) = (sealing.device.0, written.left_out);
                tracing::warn!(%device, values, "the telemetry engine takes no readings before 1970 or after 2248");
            }
            series.extend(written.series);
            taken.push((sealing, written.extents));
        }
        wire::requests(series).iter().try_for_each(|request| self.client.write(request))?;
        let entries = self.ledger.commit(&taken)?;
        self.spool.add(entries);
        Ok(())
    }

    fn delete_forgotten(&self, device: DeviceId) -> Result<(), TelemetryError> {
        confirm::delete(self, device)?;
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).remove(&device);
        self.ledger.engine_forgot(device)
    }

    /// Until the engine shows what it took of a device.
    fn wait_until_visible(&self, device: DeviceId) -> Result<(), TelemetryError> {
        let probes = self.spool.with(|all| {
            let of_device = all.values().filter(|entry| entry.sealing.device == device);
            let probes = of_device.flat_map(|entry| {
                let through = entry.sealing.through;
                samples::written(&entry.sealing).probes.into_iter().map(move |probe| (through, probe))
            });
            probes.collect()
        });
        visible::wait(&self.client, probes)
    }

    /// Takes a device's entries out.
    fn take_entries(&self, device: DeviceId) -> Vec<Entry> {
        self.spool.with(|all| {
            all.extract_if(.., |_, entry| entry.sealing.device == device).map(|(_, entry)| entry).collect()
        })
    }

    /// The series as the engine is to be asked for it, and the part of a span where it has anything.
    fn place(&self, series: &SeriesKey, slice: Slice) -> Option<(String, Slice)> {
        let device = self.ledger.device(series.device)?;
        let name = (series.endpoint, series.attribute.as_str().into());
        let extent = device.series.get(&name)?;
        let (from, until) = (slice.from.max(extent.first), slice.until.min(extent.last + 1));
        let named = Some((series.endpoint, series.attribute.as_str()));
        // New series appear after a seal, at some moment until it is confirmed.
        let state_of_index = match self.spool.holds(series.device) {
            true => visible::unasked(device.through),
            false => device.through.0.to_string(),
        };
        let selector = names::selector(series.device, named, &state_of_index);
        Some((selector, Slice { from, until, ..slice }))
    }

    /// What the engine ought to have of a device, by the newest instants of its series.
    fn newest(device: DeviceId, known: &Device) -> Vec<Probe> {
        let mut by_time: BTreeMap<i64, Probe> = BTreeMap::new();
        for (name, extent) in &known.series {
            let time = extent.last;
            let probe = || Probe { device, time, series: Default::default(), fresh: true };
            by_time.entry(time).or_insert_with(probe).series.insert(name.clone());
        }
        by_time.into_values().collect()
    }
}

/// The series that an erasure removes as a whole; an error where it cuts one.
fn erased(known: &Device, erasure: &Erasure) -> Result<Vec<(SeriesName, Extent)>, TelemetryError> {
    let (from, until) = (erasure.from.0, erasure.until.0);
    let is_meant = |name: &SeriesName| {
        let named = |(endpoint, attribute): &(u16, String)| *endpoint == name.0 && **attribute == *name.1;
        erasure.series.as_ref().is_none_or(|series| series.iter().any(named))
    };
    let mut gone = Vec::new();
    for (name, extent) in known.series.iter().filter(|(name, _)| is_meant(name)) {
        if extent.last < from || extent.first >= until {
            continue;
        }
        if extent.first < from || extent.last >= until {
            ABILITIES.require(Ability::ErasingSpans)?;
        }
        gone.push((name.clone(), *extent));
    }
    Ok(gone)
}

impl Archive for Prometheus {
    fn abilities(&self) -> Abilities {
        ABILITIES
    }

    fn sealed(&self) -> Result<Vec<Sealed>, TelemetryError> {
        self.inner.ledger.sealed()
    }

    fn seal(&self, devices: &[Sealing]) -> Result<(), TelemetryError> {
        let _changing = self.inner.changing();
        self.inner.pause.attempt(|| self.inner.write(devices))
    }

    fn versions(&self, series: &SeriesKey, slice: Slice) -> Result<Vec<Version>, TelemetryError> {
        let Some((selector, slice)) = self.inner.place(series, slice) else { return Ok(Vec::new()) };
        let spooled = self.inner.spool.versions(series, slice.from, slice.until);
        read::versions(&self.inner.client, &selector, slice, &spooled)
    }

    fn aggregates(
        &self,
        series: &SeriesKey,
        edges: &[i64],
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
        let slice = Slice { from: *from, until: *until, descending: false, instants: usize::MAX };
        let Some((selector, slice)) = self.inner.place(series, slice) else {
            return Ok(vec![None; edges.len() - 1]);
        };
        let spooled = self.inner.spool.versions(series, slice.from, slice.until);
        read::aggregates(&self.inner.client, &selector, slice, &spooled, edges)
    }

    fn last_row(&self, device: DeviceId, shape: &Shape) -> Result<Option<LastRow>, TelemetryError> {
        self.inner.ledger.last_row(device, shape)
    }

    fn erase(&self, erasure: &Erasure) -> Result<u64, TelemetryError> {
        let (inner, device) = (&self.inner, erasure.device);
        let _changing = inner.changing();
        let Some(known) = inner.ledger.device(device) else { return Ok(0) };
        let gone = erased(&known, erasure)?;
        inner.wait_until_visible(device)?;
        for ((endpoint, attribute), _) in &gone {
            inner.client.delete(&names::selector(device, Some((*endpoint, attribute)), "erased"))?;
        }
        let values = gone.iter().map(|(_, extent)| extent.points).sum();
        let names: Vec<SeriesName> = gone.into_iter().map(|(name, _)| name).collect();
        let entries = inner.take_entries(device);
        match inner.ledger.erase(device, &names, &entries) {
            Ok(left) => inner.spool.add(left),
            Err(error) => {
                inner.spool.add(entries);
                return Err(error);
            }
        }
        Ok(values)
    }

    /// The engine has a retention of its own.
    fn expire(
        &self,
        _device: DeviceId,
        _expiry: &dyn Fn(&Shape) -> Option<Expiry>,
    ) -> Result<bool, TelemetryError> {
        Ok(false)
    }

    /// Where the engine is away, it is told before it gets anything else of the device, and as soon as it is back.
    fn forget(&self, device: DeviceId) -> Result<(), TelemetryError> {
        let inner = &self.inner;
        let _changing = inner.changing();
        // What shows later is removed the second time, see `confirm`.
        let _ = inner.wait_until_visible(device);
        inner.ledger.forget(device)?;
        inner.take_entries(device);
        confirm::delete(inner, device)
    }

    fn check(&self) -> Result<Vec<String>, TelemetryError> {
        let inner = &self.inner;
        if let Err(error) = inner.client.query("vector(1)", 1_000) {
            return Ok(vec![error.to_string()]);
        }
        let mut findings = Vec::new();
        for (device, known) in inner.ledger.devices() {
            let unshown = |entry: &Entry| entry.sealing.device == device && entry.rewritten > 0;
            if inner.spool.with(|all| all.values().any(unshown)) {
                findings.push(format!(
                    "the telemetry engine lost readings of device {} and got them again",
                    device.0
                ));
            }
            if inner.spool.holds(device) {
                continue;
            }
            for probe in Inner::newest(device, &known) {
                if !visible::is_there(&inner.client, &probe, known.through)? {
                    let (device, time) = (device.0, probe.time);
                    findings.push(format!(
                        "the telemetry engine lacks readings of device {device} at {time} ms: lost, or beyond its retention"
                    ));
                }
            }
        }
        Ok(findings)
    }

    /// As it was written: what the engine's retention has removed still counts.
    fn storage(&self, organisation: OrganisationId) -> Result<Storage, TelemetryError> {
        let mut storage = Storage::default();
        for (device, known) in self.inner.ledger.devices() {
            if known.organisation != organisation {
                continue;
            }
            let extents = || known.series.values();
            storage.devices.push(DeviceStorage {
                series: known.series.keys().map(|(endpoint, name)| (*endpoint, name.to_string())).collect(),
                points: extents().map(|extent| extent.points).sum(),
                first: extents().map(|extent| UnixMillis(extent.first)).min(),
                last: extents().map(|extent| UnixMillis(extent.last)).max(),
                ..DeviceStorage::of(device)
            });
        }
        storage.devices.sort_by_key(|device| device.device);
        Ok(storage)
    }
}
