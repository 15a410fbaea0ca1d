//! What follows from what dialects found: devices in the inbox or registered, and entries in the log.

use std::sync::Arc;

use lares_model::device::{Device, Origin};
use lares_model::dialect::{Description, Finding};
use lares_model::discovered::{Discovered, DiscoveredState, described_anew, fitting};
use lares_model::event::{Cause, EventType, NewEvent};
use lares_model::foreign::{FoundIn, occurrences, presence, readings, rejected};
use lares_model::presence::PresenceStatus;
use lares_model::record::Entry;
use lares_model::{DiscoveredId, EventId, UnixMillis};
use lares_store::{devices, discovered as rows, events};
use lares_telemetry::Refusal;
use serde_json::json;

use super::acceptance::{accept_trusted, recalled};
use super::{Found, Inbox, Space, publish};
use crate::devices::payload_of;
use crate::error::HubError;
use crate::hub::Hub;
use crate::ingest;

/// Whoever floods the inbox stops here.
pub const DISCOVERED_MAX: usize = 1_000;

/// The message that something was found in.
pub(super) struct About {
    pub payload: Vec<u8>,
    pub received: UnixMillis,
    pub replayed: bool,
    pub trusted: bool,
}

/// Resolves when everything that was found is durable, or a limit has kept all of it out for good.
pub(super) async fn apply(
    hub: &Arc<Hub>,
    space: &Space,
    found: Vec<Found>,
    about: About,
) -> Result<Option<Refusal>, HubError> {
    let mut entries = Vec::new();
    for (nth, (dialect, finding)) in found.into_iter().enumerate() {
        match finding {
            Finding::Say(say) => publish(hub, space.home, say),
            Finding::Described(description) => {
                described(hub, space, dialect, *description, &about, &mut entries).await?;
            }
            Finding::Gone { foreign_id } => {
                let origin = Origin { dialect: dialect.to_owned(), foreign_id };
                gone(hub, space, origin, &about, &mut entries).await?;
            }
            other => of_device(hub, space, dialect, nth, other, &about, &mut entries),
        }
    }
    Ok(ingest::found(hub, entries).await?)
}

/// What concerns a device that may be registered; nothing where it is not.
fn of_device(
    hub: &Hub,
    space: &Space,
    dialect: &'static str,
    nth: usize,
    finding: Finding,
    about: &About,
    entries: &mut Vec<Entry>,
) {
    let device = |foreign_id: &str| hub.directory.by_origin(space.home, dialect, foreign_id);
    let found = FoundIn { dialect, payload: &about.payload, received: about.received, nth };
    match finding {
        Finding::Presence { foreign_id, online, reason } => {
            let Some(device) = device(&foreign_id) else { return };
            // A retained word is news only where it says something else than what is known.
            let is_known = || {
                let status = hub.live.with(device.id, |state| state.presence.status);
                online == matches!(status, PresenceStatus::Online | PresenceStatus::Late)
            };
            if !about.replayed || !is_known() {
                entries.push(presence(&found, &device, online, reason));
            }
        }
        Finding::Readings { foreign_id, readings: measured } if !about.replayed => {
            let Some(device) = device(&foreign_id) else { return };
            entries.extend(readings(&hub.time_policy, &found, &device, measured));
        }
        Finding::Occurred { foreign_id, occurrences: all } if !about.replayed => {
            let Some(device) = device(&foreign_id) else { return };
            entries.extend(occurrences(&found, &device, all));
        }
        Finding::Rejected { foreign_id, reason } if !about.replayed => {
            match foreign_id.and_then(|foreign_id| device(&foreign_id)) {
                Some(device) => entries.push(rejected(&found, &device, reason)),
                None => space.reject(dialect, reason, &about.payload, about.received),
            }
        }
        _ => {}
    }
}

async fn described(
    hub: &Arc<Hub>,
    space: &Space,
    dialect: &'static str,
    description: Description,
    about: &About,
    entries: &mut Vec<Entry>,
) -> Result<(), HubError> {
    let description = match fitting(description) {
        Ok(description) => description,
        Err(reason) => {
            space.reject(dialect, reason, &about.payload, about.received);
            return Ok(());
        }
    };
    let mut inbox = space.inbox(hub).await?;
    let origin = Origin { dialect: dialect.to_owned(), foreign_id: description.foreign_id.clone() };
    match inbox.known.get(&origin) {
        None if inbox.known.len() >= DISCOVERED_MAX => {
            let reason = format!("the inbox of this home is full: {DISCOVERED_MAX} devices");
            space.reject(dialect, reason, &about.payload, about.received);
            return Ok(());
        }
        None => insert(hub, space, &mut inbox, dialect, description).await?,
        Some(known) if known.description != description => {
            let before = known.clone();
            describe(hub, &mut inbox, before, description).await?;
        }
        Some(_) => {}
    }
    let Some(known) = inbox.known.get(&origin).cloned() else { return Ok(()) };
    let welcome = about.trusted && known.state == DiscoveredState::Pending;
    if welcome && !known.description.endpoints.is_empty() {
        match accept_trusted(hub, &mut inbox, &known).await {
            Ok(device) => entries.extend(recalled(hub, space, &device)),
            // It would be no other the next time: it waits for a person.
            Err(error @ (HubError::Invalid(_) | HubError::Conflict(_))) => {
                space.reject(dialect, error.to_string(), &about.payload, about.received);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn insert(
    hub: &Hub,
    space: &Space,
    inbox: &mut Inbox,
    dialect: &str,
    description: Description,
) -> Result<(), HubError> {
    let organisation = inbox.organisation.ok_or(HubError::NotFound("home"))?;
    let now = hub.now();
    let found = Discovered {
        id: DiscoveredId(hub.uuid()),
        organisation,
        home: space.home,
        dialect: dialect.to_owned(),
        description,
        state: DiscoveredState::Pending,
        first_seen: now,
        last_seen: now,
    };
    let work = hub.store.begin().await?;
    rows::insert(&work, &found).await?;
    let payload =
        json!({ "discovered": found.id, "dialect": dialect, "after": { "name": found.description.name } });
    let event = event(hub, &found, None, EventType::DeviceDiscovered, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    inbox.known.insert(found.origin(), found);
    Ok(())
}

/// Written where the description changed and not otherwise; a registered device follows it.
async fn describe(
    hub: &Hub,
    inbox: &mut Inbox,
    before: Discovered,
    description: Description,
) -> Result<(), HubError> {
    let after = Discovered { description, last_seen: hub.now(), ..before.clone() };
    let origin = after.origin();
    let registered = hub.directory.by_origin(after.home, &origin.dialect, &origin.foreign_id);
    // Held over the commit and what the directory is told, so that the directory never goes back in time.
    let gate = hub.command_gate.lock().await;
    let work = hub.store.begin().await?;
    rows::describe(&work, &after).await?;
    let mut changed = None;
    if let Some(known) = registered
        && let Some(device) = devices::find_any(&work, known.id).await?
    {
        let followed = described_anew(&device, &before.description, &after.description);
        if followed != device && followed.check().is_ok() {
            let followed = Device { updated_at: hub.now(), ..followed };
            devices::update(&work, &followed).await?;
            let payload = json!({ "before": payload_of(&device), "after": payload_of(&followed) });
            let event = event(hub, &after, Some(&followed), EventType::DeviceUpdated, payload);
            events::append(&work, vec![event]).await?;
            changed = Some(followed);
        }
    }
    work.commit().await?;
    if let Some(device) = changed {
        hub.directory.put(device);
        hub.nudges.events_committed();
    }
    drop(gate);
    inbox.known.insert(origin, after);
    Ok(())
}

/// A registered device stays, with its history: only people remove devices. What nobody decided on goes.
async fn gone(
    hub: &Hub,
    space: &Space,
    origin: Origin,
    about: &About,
    entries: &mut Vec<Entry>,
) -> Result<(), HubError> {
    if about.replayed {
        return Ok(());
    }
    let mut inbox = space.inbox(hub).await?;
    let Some(known) = inbox.known.get(&origin).cloned() else { return Ok(()) };
    let device = hub.directory.by_origin(space.home, &origin.dialect, &origin.foreign_id);
    if known.state == DiscoveredState::Ignored {
        return Ok(());
    }
    let work = hub.store.begin().await?;
    if device.is_none() {
        rows::delete(&work, known.id).await?;
    }
    let payload = json!({ "discovered": known.id, "dialect": origin.dialect, "before": { "name": known.description.name } });
    let event = event(hub, &known, device.as_deref(), EventType::DeviceGone, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    match device {
        Some(device) => {
            let found = FoundIn { dialect: &origin.dialect, payload: b"", received: about.received, nth: 0 };
            let reason = "it was removed where it was configured".to_owned();
            entries.push(presence(&found, &device, false, reason));
        }
        None => {
            inbox.known.remove(&origin);
        }
    }
    Ok(())
}

fn event(
    hub: &Hub,
    found: &Discovered,
    device: Option<&Device>,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let now = hub.now();
    NewEvent {
        id: EventId(hub.uuid()),
        organisation: found.organisation,
        event_type,
        time: now,
        recorded: now,
        home: Some(found.home),
        device: device.map(|device| device.id),
        cause: Cause::System,
        origin: None,
        payload,
    }
}
