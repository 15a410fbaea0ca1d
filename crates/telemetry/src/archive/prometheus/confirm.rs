//! The thread that looks, a while after each write, whether the engine still has what it took, and writes it again
//! where an engine that failed in between has lost it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use lares_model::DeviceId;

use super::samples::{self, Probe};
use super::{Inner, names, visible, wire};
use crate::TelemetryError;
use crate::archive::Sealing;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// An engine that shows nothing for so many looks longer than it should will not show it any more.
const LOOKS_MORE: u32 = 6;
/// Old rows that an engine has not shown after so many times are beyond what it keeps.
const REWRITTEN_MAX: u32 = 3;

/// Until the other end of `stopped` is gone.
pub fn run(inner: &Inner, stopped: &Receiver<()>) {
    let mut failing = false;
    while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        let looked = look(inner, stopped);
        if let (Err(error), false) = (&looked, failing) {
            tracing::warn!(%error, "what the telemetry engine took cannot be confirmed now; it is kept here");
        }
        failing = looked.is_err();
    }
}

fn look(inner: &Inner, stopped: &Receiver<()>) -> Result<(), TelemetryError> {
    let due: Vec<u64> = inner.spool.with(|all| {
        all.values_mut().for_each(|entry| entry.age = entry.age.saturating_add(1));
        all.iter().filter(|(_, entry)| entry.age > inner.confirm_after).map(|(key, _)| *key).collect()
    });
    delete_again(inner)?;
    for key in due {
        if stopped.try_recv() == Err(TryRecvError::Disconnected) {
            return Ok(());
        }
        // Held for one at a time: others want to write meanwhile.
        let _changing = inner.changing();
        confirm(inner, key)?;
    }
    Ok(())
}

fn confirm(inner: &Inner, key: u64) -> Result<(), TelemetryError> {
    let entry = inner.spool.with(|all| {
        let entry = all.get(&key)?;
        Some((super::spool::copy_of(&entry.sealing), entry.ids.clone(), entry.age, entry.rewritten))
    });
    let Some((sealing, ids, age, rewritten)) = entry else { return Ok(()) };
    let written = samples::written(&sealing);
    let mut missing = Vec::new();
    for probe in &written.probes {
        if !visible::is_there(&inner.client, probe, sealing.through)? {
            missing.push(probe);
        }
    }
    if missing.is_empty() {
        return settle(inner, key, &ids);
    }
    if age <= inner.confirm_after + LOOKS_MORE {
        return Ok(());
    }
    if rewritten >= REWRITTEN_MAX && missing.iter().all(|probe| !probe.fresh) {
        warn_of_old(&sealing, &missing);
        return settle(inner, key, &ids);
    }
    tracing::warn!(device = %sealing.device.0, "the telemetry engine lost readings that it took; they are written again");
    wire::requests(written.series).iter().try_for_each(|request| inner.client.write(request))?;
    inner.spool.with(|all| {
        if let Some(entry) = all.get_mut(&key) {
            (entry.age, entry.rewritten) = (0, entry.rewritten.saturating_add(1));
        }
    });
    Ok(())
}

fn settle(inner: &Inner, key: u64, ids: &[i64]) -> Result<(), TelemetryError> {
    inner.ledger.confirmed(ids)?;
    inner.spool.with(|all| all.remove(&key));
    Ok(())
}

fn warn_of_old(sealing: &Sealing, missing: &[&Probe]) {
    let times: Vec<i64> = missing.iter().map(|probe| probe.time).collect();
    tracing::warn!(device = %sealing.device.0, ?times, "the telemetry engine does not keep readings this old");
}

/// An engine that fails soon after may forget that it forgot.
fn delete_again(inner: &Inner) -> Result<(), TelemetryError> {
    let _changing = inner.changing();
    for device in inner.ledger.forgotten()? {
        let age = inner.forgotten_age(device);
        if age > inner.confirm_after {
            inner.delete_forgotten(device)?;
        }
    }
    Ok(())
}

pub fn delete(inner: &Inner, device: DeviceId) -> Result<(), TelemetryError> {
    inner.client.delete(&names::selector(device, None, "forgotten"))
}
