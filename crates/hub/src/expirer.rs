//! Removes readings that are older than their organisation keeps them: daily and after a change, a little at a time, so
//! that no writer waits for it.

use std::sync::Arc;
use std::time::Duration;

use lares_model::event::{Cause, EventType, NewEvent};
use lares_model::retention::{Retention, SeriesClass};
use lares_model::{EventId, OrganisationId, UnixMillis};
use lares_store::{events, retention as rows};
use lares_telemetry::{Ability, Expiry, Storage};
use serde_json::json;

use crate::error::HubError;
use crate::hub::Hub;
use crate::retention::Working;

const LOOK_EVERY: Duration = Duration::from_secs(30);
const EVERY_MS: i64 = 24 * 3_600 * 1_000;

pub async fn run(hub: Arc<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut done_at = None;
    let mut changed = false;
    while !*stop.borrow() {
        let now = hub.now();
        if changed || is_due(done_at, now) {
            match expire_all(&hub, now, &stop).await {
                Ok(()) => done_at = Some(now),
                Err(error) => {
                    done_at = None;
                    tracing::warn!(%error, "old readings were not removed; trying again");
                }
            }
        }
        changed = tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => false,
            () = hub.nudges.retention.notified() => true,
            _ = stop.changed() => false,
        };
    }
}

/// A day since the last time, whichever way the clock went meanwhile.
fn is_due(done_at: Option<UnixMillis>, now: UnixMillis) -> bool {
    done_at.is_none_or(|at| now.since_ms(at).saturating_abs() >= EVERY_MS)
}

/// Goes through all organisations that do not keep everything.
pub async fn expire_all(
    hub: &Hub,
    now: UnixMillis,
    stop: &tokio::sync::watch::Receiver<bool>,
) -> Result<(), HubError> {
    if !hub.telemetry.abilities().has(Ability::Retention) {
        return Ok(()); // the engine keeps what it was set to keep
    }
    let all = rows::all_any(&hub.store).await?;
    // What is too old is shown no more at once; removing it takes its time.
    for device in hub.directory.all() {
        let retention = all.get(&device.organisation).copied().unwrap_or_default();
        hub.telemetry.retain(device.id, &expiry_of(retention, now));
    }
    for (organisation, retention) in all {
        let outcome = expire_organisation(hub, organisation, retention, now, stop).await;
        hub.retention.send_modify(|progress| progress.working = None);
        outcome?;
    }
    Ok(())
}

async fn expire_organisation(
    hub: &Hub,
    organisation: OrganisationId,
    retention: Retention,
    now: UnixMillis,
    stop: &tokio::sync::watch::Receiver<bool>,
) -> Result<(), HubError> {
    let before = totals(&hub.telemetry.storage(organisation).await?);
    let expiry = expiry_of(retention, now);
    let devices = hub.directory.in_organisation(organisation);
    for (devices_done, device) in devices.iter().enumerate() {
        let working = Working { organisation, devices_done, devices: devices.len() };
        hub.retention.send_modify(|progress| progress.working = Some(working));
        while hub.telemetry.expire(device.id, expiry.clone()).await? {
            if *stop.borrow() {
                return Ok(()); // the next start goes on
            }
            tokio::task::yield_now().await;
        }
    }
    let after = totals(&hub.telemetry.storage(organisation).await?);
    if after.0 < before.0 || after.1 < before.1 {
        tell(hub, organisation, before.0.saturating_sub(after.0), before.1.saturating_sub(after.1), now)
            .await?;
    }
    hub.retention.send_modify(|progress| {
        progress.finished.insert(organisation, now);
    });
    Ok(())
}

fn expiry_of(retention: Retention, now: UnixMillis) -> lares_telemetry::Retention {
    Arc::new(move |attribute: &str| {
        let (raw_before, rollups_before) = retention.of(SeriesClass::of(attribute)).before(now);
        Expiry { raw_before, rollups_before }
    })
}

/// Sealed points, and bytes of rollups.
fn totals(storage: &Storage) -> (u64, u64) {
    storage
        .devices
        .iter()
        .fold((0, 0), |(points, bytes), device| (points + device.points, bytes + device.rollup_bytes))
}

async fn tell(
    hub: &Hub,
    organisation: OrganisationId,
    points: u64,
    rollup_bytes: u64,
    now: UnixMillis,
) -> Result<(), HubError> {
    let event = NewEvent {
        id: EventId(hub.uuid()),
        organisation,
        event_type: EventType::ReadingsExpired,
        time: now,
        recorded: now,
        home: None,
        device: None,
        cause: Cause::System,
        origin: None,
        payload: json!({ "points": points, "rollup_bytes": rollup_bytes }),
    };
    let work = hub.store.begin().await?;
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(())
}
