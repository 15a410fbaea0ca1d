//! The archive in a Prometheus-compatible engine: remote write in, PromQL over HTTP out. The ingest log before it is
//! the spool: while the engine is away, readings stay there and in the hot tier. A small file of our own says what the
//! engine has.

mod answer;
mod client;
mod ledger;
mod names;
mod pause;
mod read;
mod samples;
mod visible;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;

use lares_model::{DeviceId, OrganisationId, UnixMillis};

use self::client::Client;
use self::ledger::{Device, Ledger};
use self::pause::Pause;
use self::samples::{Extent, Probe, SeriesName};
use super::{Archive, Erasure, Expiry, Sealed, Sealing, Slice, Version};
use crate::abilities::{Abilities, Ability};
use crate::aggregate::Aggregate;
use crate::hot::LastRow;
use crate::shape::Shape;
use crate::storage::DeviceStorage;
use crate::{SeriesKey, Storage, TelemetryError};

pub use client::{Credentials, EngineAddress};

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
        (
            Ability::EveryInstant,
            "The telemetry engine keeps readings only within its own retention, and drops those far in the future.",
        ),
        (
            Ability::ErasingSpans,
            "The telemetry engine can erase whole series only, not a part of their time.",
        ),
        (Ability::Retention, "How long readings are kept is set in the telemetry engine, the same for all."),
    ],
};

pub struct Prometheus {
    client: Client,
    ledger: Ledger,
    pause: Pause,
}

impl Prometheus {
    pub fn open(directory: &Path, address: &EngineAddress) -> Result<Prometheus, TelemetryError> {
        let client = Client::new(address)?;
        Ok(Prometheus { client, ledger: Ledger::open(directory)?, pause: Pause::default() })
    }

    /// Writes, waits until it shows, and only then notes it. When this ends in between, the same is written again.
    fn write(&self, devices: &[Sealing]) -> Result<(), TelemetryError> {
        self.delete_forgotten()?;
        let mut series = Vec::new();
        let mut probes = Vec::new();
        let mut taken = Vec::new();
        for sealing in devices {
            let written = samples::written(sealing);
            if written.left_out > 0 {
                let (device, values) = (sealing.device.0, written.left_out);
                tracing::warn!(%device, values, "readings before 1970 or after 2248 are not kept by the telemetry engine");
            }
            series.extend(written.series);
            probes.extend(written.probes.into_iter().map(|probe| (sealing.through, probe)));
            taken.push((sealing, written.extents));
        }
        for request in wire::requests(series) {
            self.client.write(&request)?;
        }
        visible::wait(&self.client, probes)?;
        self.ledger.commit(&taken)
    }

    fn delete_forgotten(&self) -> Result<(), TelemetryError> {
        for device in self.ledger.forgotten()? {
            self.client.delete(&names::selector(device, None, "forgotten"))?;
            self.ledger.engine_forgot(device)?;
        }
        Ok(())
    }

    /// The series as the engine is to be asked for it, and the part of a span where it has anything.
    fn place(&self, series: &SeriesKey, slice: Slice) -> Option<(String, Slice)> {
        let device = self.ledger.device(series.device)?;
        let name = (series.endpoint, series.attribute.as_str().into());
        let extent = device.series.get(&name)?;
        let (from, until) = (slice.from.max(extent.first), slice.until.min(extent.last + 1));
        let named = Some((series.endpoint, series.attribute.as_str()));
        // New series appear with a seal, and each seal makes this another question.
        let selector = names::selector(series.device, named, &device.through.0.to_string());
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
        self.ledger.sealed()
    }

    fn seal(&self, devices: &[Sealing]) -> Result<(), TelemetryError> {
        self.pause.attempt(|| self.write(devices))
    }

    fn versions(&self, series: &SeriesKey, slice: Slice) -> Result<Vec<Version>, TelemetryError> {
        let Some((selector, slice)) = self.place(series, slice) else { return Ok(Vec::new()) };
        read::versions(&self.client, &selector, slice)
    }

    fn aggregates(
        &self,
        series: &SeriesKey,
        edges: &[i64],
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
        let slice = Slice { from: *from, until: *until, descending: false, instants: usize::MAX };
        match self.place(series, slice) {
            Some((selector, slice)) => read::aggregates(&self.client, &selector, slice, edges),
            None => Ok(vec![None; edges.len() - 1]),
        }
    }

    fn last_row(&self, device: DeviceId, shape: &Shape) -> Result<Option<LastRow>, TelemetryError> {
        self.ledger.last_row(device, shape)
    }

    fn erase(&self, erasure: &Erasure) -> Result<u64, TelemetryError> {
        let Some(known) = self.ledger.device(erasure.device) else { return Ok(0) };
        let gone = erased(&known, erasure)?;
        for ((endpoint, attribute), _) in &gone {
            let selector = names::selector(erasure.device, Some((*endpoint, attribute)), "erased");
            self.client.delete(&selector)?;
        }
        let values = gone.iter().map(|(_, extent)| extent.points).sum();
        let names: Vec<SeriesName> = gone.into_iter().map(|(name, _)| name).collect();
        self.ledger.erase(erasure.device, &names)?;
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

    /// Where the engine is away, it is told to forget before it gets anything else.
    fn forget(&self, device: DeviceId) -> Result<(), TelemetryError> {
        self.ledger.forget(device)?;
        self.delete_forgotten()
    }

    fn check(&self) -> Result<Vec<String>, TelemetryError> {
        let mut findings = Vec::new();
        if let Err(error) = self.client.query("vector(1)", 1_000) {
            return Ok(vec![error.to_string()]);
        }
        for device in self.ledger.forgotten()? {
            findings.push(format!(
                "the telemetry engine may still have readings of forgotten device {}",
                device.0
            ));
        }
        for (device, known) in self.ledger.devices() {
            for probe in Self::newest(device, &known) {
                if !visible::is_there(&self.client, &probe, known.through)? {
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
        for (device, known) in self.ledger.devices() {
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
