//! The watch over alarms: compares what should alarm now with the alarms there are, and settles the difference. What
//! came and went between two looks was raised by the log's follower.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lares_model::alarm::{Alarm, AlarmSource, BROKER_QUIET_MS};
use lares_model::attention::attention;
use lares_model::event::Cause as EventCause;
use lares_model::{OrganisationId, UnixMillis};
use lares_store::{alarms as rows, events};

use crate::alarms::{self, Cause};
use crate::error::HubError;
use crate::hub::Hub;

const LOOK_EVERY: Duration = Duration::from_secs(2);

pub async fn run(hub: Arc<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look(&hub).await {
            tracing::warn!(%error, "alarms could not be settled; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

type Causes = BTreeMap<(OrganisationId, String), Cause>;

/// What of the devices' state is reason for an alarm now.
fn present(hub: &Hub, now: UnixMillis) -> Causes {
    let mut present = Causes::new();
    hub.live.for_each(|id, state| {
        let Some(device) = hub.directory.get(id) else { return };
        for concern in attention(&device, state, now) {
            if let Some(cause) = Cause::of_concern(&device, &concern) {
                present.insert((cause.organisation, cause.key.clone()), cause);
            }
        }
    });
    present
}

/// Which alarms to end: those whose cause is gone. Pure.
fn over<'a>(lasting: &'a [Alarm], present: &Causes, now: UnixMillis) -> Vec<&'a Alarm> {
    let is_over = |alarm: &&Alarm| match alarm.source {
        AlarmSource::State => !present.contains_key(&(alarm.organisation, alarm.cause_key.clone())),
        AlarmSource::Broker => now.since_ms(alarm.last_raised_at) >= BROKER_QUIET_MS,
        AlarmSource::Person => false,
    };
    lasting.iter().filter(is_over).collect()
}

/// One look.
pub async fn look(hub: &Hub) -> Result<(), HubError> {
    let complaints = hub.alarms.take_complaints();
    if !hub.is_caught_up() && complaints.is_empty() {
        return Ok(()); // an old state says nothing about now
    }
    let _alone = hub.alarms.gate.lock().await;
    let now = hub.now();
    let lasting = rows::lasting(&hub.store).await?;
    let present = if hub.is_caught_up() { present(hub, now) } else { Causes::new() };
    let ended = if hub.is_caught_up() { over(&lasting, &present, now) } else { vec![] };
    let known = |cause: &Cause| {
        lasting.iter().any(|alarm| alarm.organisation == cause.organisation && alarm.cause_key == cause.key)
    };
    let missing: Vec<_> = present.into_values().filter(|cause| !known(cause)).collect();
    if complaints.is_empty() && ended.is_empty() && missing.is_empty() {
        return Ok(());
    }
    let work = hub.store.begin().await?;
    let mut new_events = Vec::new();
    for cause in complaints.into_iter().chain(missing) {
        let by = cause.device.map_or(EventCause::System, EventCause::Device);
        new_events.extend(alarms::raise(hub, &work, cause, by).await?);
    }
    for alarm in ended {
        new_events.extend(alarms::end(hub, &work, alarm, EventCause::System).await?);
    }
    events::append(&work, new_events).await?;
    work.commit().await?;
    alarms::committed(hub);
    Ok(())
}
