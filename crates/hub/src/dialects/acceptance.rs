//! A discovered device becomes a registered one: by a person, or because whoever announced it is trusted.

use lares_model::access::Scope;
use lares_model::device::Device;
use lares_model::dialect::Finding;
use lares_model::discovered::{Discovered, DiscoveredState, likely_room};
use lares_model::event::{Cause, EventType, NewEvent};
use lares_model::foreign::{FoundIn, presence, readings};
use lares_model::record::Entry;
use lares_model::{DeviceId, EventId, RoomId};
use lares_store::devices::DeviceFilter;
use lares_store::{Page, UnitOfWork, devices, discovered as rows, events, rooms};
use serde_json::json;

use super::{Inbox, Space};
use crate::devices::payload_of;
use crate::error::HubError;
use crate::hub::Hub;

/// Registers it in this unit of work. The directory and the inbox are told after the commit.
pub(crate) async fn accept(
    hub: &Hub,
    work: &UnitOfWork,
    cause: Cause,
    found: &Discovered,
    name: Option<String>,
    room: Option<RoomId>,
) -> Result<Device, HubError> {
    if found.description.endpoints.is_empty() {
        let reason = "this device has told nothing yet that Lares has a word for";
        return Err(HubError::Conflict(reason.to_owned()));
    }
    let now = hub.now();
    let mut device = found.device(DeviceId(hub.uuid()), name, room, now);
    if let Some(serial) = &device.serial
        && is_taken(work, found, serial).await?
    {
        device.serial = None;
    }
    device.check()?;
    devices::insert(work, &device).await?;
    if !rows::set_state(work, found.id, DiscoveredState::Accepted).await? {
        return Err(HubError::NotFound("discovered device"));
    }
    let registered = NewEvent {
        id: EventId(hub.uuid()),
        organisation: device.organisation,
        event_type: EventType::DeviceRegistered,
        time: now,
        recorded: now,
        home: Some(device.home),
        device: Some(device.id),
        cause,
        origin: None,
        payload: json!({ "after": payload_of(&device) }),
    };
    events::append(work, vec![registered]).await?;
    Ok(device)
}

/// A unique violation would end the whole transaction on PostgreSQL, so look first.
async fn is_taken(work: &UnitOfWork, found: &Discovered, serial: &str) -> Result<bool, HubError> {
    let filter = DeviceFilter { serial: Some(serial.to_owned()), ..DeviceFilter::default() };
    let scope = Scope::of([found.organisation]);
    let first = Page { after: None, limit: 1 };
    Ok(!devices::list(work, &scope, &filter, first).await?.is_empty())
}

/// Nobody is asked: the home's owner trusts whoever announced it.
pub(super) async fn accept_trusted(
    hub: &Hub,
    inbox: &mut Inbox,
    found: &Discovered,
) -> Result<Device, HubError> {
    let scope = Scope::of([found.organisation]);
    let all = Page { after: None, limit: 1_000 };
    let rooms = rooms::list(&hub.store, &scope, Some(found.home), all).await?;
    let room = likely_room(&found.description, &rooms);
    let work = hub.store.begin().await?;
    let device = accept(hub, &work, Cause::System, found, None, room).await?;
    work.commit().await?;
    hub.directory.put(device.clone());
    hub.nudges.events_committed();
    let accepted = Discovered { state: DiscoveredState::Accepted, ..found.clone() };
    inbox.known.insert(found.origin(), accepted);
    Ok(device)
}

/// What a device that was just registered had said before.
pub(crate) fn recalled(hub: &Hub, space: &Space, device: &Device) -> Vec<Entry> {
    let Some(origin) = &device.origin else { return vec![] };
    let mut entries = Vec::new();
    for (nth, finding) in space.recall(origin).into_iter().enumerate() {
        let payload = origin.foreign_id.as_bytes();
        let found = FoundIn { dialect: &origin.dialect, payload, received: hub.now(), nth };
        match finding {
            Finding::Presence { online, reason, .. } => {
                entries.push(presence(&found, device, online, reason));
            }
            Finding::Readings { readings: measured, .. } => {
                entries.extend(readings(&hub.time_policy, &found, device, measured));
            }
            _ => {}
        }
    }
    entries
}
