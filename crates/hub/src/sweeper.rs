//! Notices silence: a device that is overdue becomes late, one that did not come back after a restart offline. It
//! appends records to the log and changes nothing itself, so that the fold stays the only author of state.

use std::sync::Arc;
use std::time::Duration;

use lares_model::UnixMillis;
use lares_model::presence::{PresenceStatus, judge_silence};

use crate::hub::Hub;
use crate::ingest;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Devices get this long to reconnect before a restart counts as their absence.
pub const RETURN_WITHIN_MS: i64 = 60_000;

pub async fn run(hub: Arc<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    let started = hub.now();
    while !*stop.borrow() {
        if let Err(error) = sweep(&hub, started).await {
            tracing::warn!(%error, "the presence sweep could not be recorded; trying again");
        }
        prune(&hub).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Kept answers of idempotency keys end after their time.
async fn prune(hub: &Arc<Hub>) {
    const PRUNE_EVERY_MS: i64 = 3_600_000;
    let now = hub.now();
    if now.0.rem_euclid(PRUNE_EVERY_MS) >= 1_000 {
        return;
    }
    let outcome = async {
        let work = hub.store.begin().await?;
        lares_store::idempotency::prune(&work, now - crate::once::KEPT_MS).await?;
        work.commit().await
    };
    if let Err(error) = outcome.await {
        tracing::warn!(%error, "old idempotency keys were not pruned");
    }
}

/// One look at all devices. `started` is when this process did.
pub async fn sweep(hub: &Arc<Hub>, started: UnixMillis) -> Result<(), lares_telemetry::TelemetryError> {
    if !hub.is_caught_up() {
        return Ok(()); // what looks silent may be waiting in the log
    }
    let now = hub.now();
    let mut found = Vec::new();
    hub.live.for_each(|id, state| {
        let Some(device) = hub.directory.get(id) else { return };
        let connected = hub.link().is_some_and(|link| link.ready(id));
        let present = matches!(state.presence.status, PresenceStatus::Online | PresenceStatus::Late);
        let quiet_since_start = state.last_seen.is_none_or(|seen| seen < started);
        if present && !connected && quiet_since_start && now.since_ms(started) > RETURN_WITHIN_MS {
            found.push((device, PresenceStatus::Offline, "it did not come back after a restart"));
        } else if let Some(status) =
            judge_silence(state.presence, state.last_seen, device.expected_interval_s, now)
        {
            found.push((device, status, "it is silent for longer than its expected interval"));
        }
    });
    // In an order that a replay has, too.
    found.sort_by_key(|(device, ..)| device.id);
    for (device, status, reason) in found {
        ingest::presence(hub, &device, status, reason).await?;
    }
    Ok(())
}
