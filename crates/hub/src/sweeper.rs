//! Notices silence: a device that is overdue becomes late, one that did not come back after a restart offline. It
//! appends records to the log and changes nothing itself, so that the fold stays the only author of state.

use std::sync::Arc;
use std::time::Duration;

use lares_model::UnixMillis;
use lares_model::presence::{PresenceStatus, judge_silence};

use crate::home_clients;
use crate::hub::Hub;
use crate::ingest;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const PRUNE_EVERY_MS: i64 = 3_600_000;
const WRITE_SEEN_EVERY_MS: i64 = 600_000;

pub async fn run(hub: Arc<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    let started = hub.now();
    let mut pruned_at = None;
    let mut seen_written_at = Some(started);
    while !*stop.borrow() {
        if let Err(error) = sweep(&hub, started).await {
            tracing::warn!(%error, "the presence sweep could not be recorded; trying again");
        }
        let now = hub.now();
        if is_due(pruned_at, PRUNE_EVERY_MS, now) && prune(&hub, now).await {
            pruned_at = Some(now);
        }
        if is_due(seen_written_at, WRITE_SEEN_EVERY_MS, now) {
            write_seen(&hub).await;
            seen_written_at = Some(now);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
    write_seen(&hub).await;
}

async fn write_seen(hub: &Hub) {
    if let Err(error) = home_clients::write_seen(hub).await {
        tracing::warn!(%error, "when MQTT clients were seen was not written");
    }
}

/// An interval since the last time, whichever way the clock went meanwhile.
fn is_due(last: Option<UnixMillis>, every_ms: i64, now: UnixMillis) -> bool {
    last.is_none_or(|at| now.since_ms(at).saturating_abs() >= every_ms)
}

/// Kept answers of idempotency keys end after their time.
async fn prune(hub: &Arc<Hub>, now: UnixMillis) -> bool {
    let outcome = async {
        let work = hub.store.begin().await?;
        lares_store::idempotency::prune(&work, now - crate::once::KEPT_MS).await?;
        work.commit().await
    };
    let outcome: Result<(), lares_store::StoreError> = outcome.await;
    if let Err(error) = &outcome {
        tracing::warn!(%error, "old idempotency keys were not pruned");
    }
    outcome.is_ok()
}

/// One look at all devices. `started` is when this process did.
pub async fn sweep(hub: &Arc<Hub>, started: UnixMillis) -> Result<(), lares_telemetry::TelemetryError> {
    if !hub.is_caught_up() {
        return Ok(()); // what looks silent may be waiting in the log
    }
    let now = hub.now();
    let policy = &hub.presence_policy;
    let mut found = Vec::new();
    hub.live.for_each(|id, state| {
        let Some(device) = hub.directory.get(id) else { return };
        let present = matches!(state.presence.status, PresenceStatus::Online | PresenceStatus::Late);
        let quiet_since_start = state.last_seen.is_none_or(|seen| seen < started);
        // Of a foreign device others tell whether it is there.
        let had_time = device.origin.is_none() && now.since_ms(started) > policy.return_within_ms;
        let connected = || hub.link().is_some_and(|link| link.ready(id));
        if present && quiet_since_start && had_time && !connected() {
            found.push((device, PresenceStatus::Offline, "it did not come back after a restart"));
        } else if let Some(status) =
            judge_silence(policy, state.presence, state.last_seen, device.expected_interval_s, now)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruning_is_due_at_the_start_and_an_hour_later_however_far_apart_the_looks_are() {
        let at = UnixMillis(1_000_000_007);
        assert!(is_due(None, PRUNE_EVERY_MS, at));
        assert!(!is_due(Some(at), PRUNE_EVERY_MS, at + PRUNE_EVERY_MS - 1));
        assert!(is_due(Some(at), PRUNE_EVERY_MS, at + PRUNE_EVERY_MS));
        assert!(is_due(Some(at), PRUNE_EVERY_MS, at - PRUNE_EVERY_MS), "the clock was set back");
    }
}
