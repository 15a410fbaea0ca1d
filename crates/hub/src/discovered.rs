//! The inbox of a home: devices of other makers that were found in its MQTT space and wait for somebody's decision.

use std::sync::Arc;

use lares_model::access::Action;
use lares_model::device::Device;
use lares_model::dialect::{Finding, Measured};
use lares_model::discovered::{Discovered, DiscoveredState, likely_room};
use lares_model::fold::Rejection;
use lares_model::{DeviceId, DiscoveredId, HomeId, Invalid, RoomId};
use lares_store::{Page, discovered as rows, homes, rooms};

use crate::caller::Caller;
use crate::dialects::{Inbox, Space, accept as register, recalled};
use crate::error::HubError;
use crate::hub::Hub;
use crate::ingest;
use crate::once::{Once, keep, replay};

/// A device of the inbox with what it says now.
#[derive(Clone, Debug)]
pub struct Found {
    pub discovered: Discovered,
    pub values: Vec<Measured>,
    /// Absent while it has not said.
    pub online: Option<bool>,
    /// The room that it most likely stands in.
    pub suggested_room: Option<RoomId>,
    /// What it is registered as.
    pub device: Option<DeviceId>,
}

#[derive(Clone, Debug)]
pub struct InboxOfHome {
    pub items: Vec<Found>,
    /// Messages that nobody could make a device of, newest first.
    pub rejections: Vec<Rejection>,
}

/// Those in one state, or all that wait and all that are ignored, in the order in which they were found.
pub async fn list(
    hub: &Hub,
    caller: &Caller,
    home: HomeId,
    state: Option<DiscoveredState>,
) -> Result<InboxOfHome, HubError> {
    homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    let all = Page { after: None, limit: 1_000 };
    let rooms = rooms::list(&hub.store, caller.scope(), Some(home), all).await?;
    let space = hub.dialects.space(home);
    let mut found: Vec<Discovered> = space.inbox(hub).await?.known.values().cloned().collect();
    let wanted = |one: &Discovered| match state {
        Some(state) => one.state == state,
        None => one.state != DiscoveredState::Accepted,
    };
    found.retain(wanted);
    found.sort_by_key(|one| one.id);
    let items = found.into_iter().map(|discovered| {
        let suggested_room = likely_room(&discovered.description, &rooms);
        as_it_is_now(hub, &space, discovered, suggested_room)
    });
    Ok(InboxOfHome { items: items.collect(), rejections: space.rejections() })
}

fn as_it_is_now(hub: &Hub, space: &Space, discovered: Discovered, suggested_room: Option<RoomId>) -> Found {
    let origin = discovered.origin();
    let (mut values, mut online) = (Vec::new(), None);
    for finding in space.recall(&origin) {
        match finding {
            Finding::Readings { readings, .. } => values.extend(readings),
            Finding::Presence { online: is, .. } => online = Some(is),
            _ => {}
        }
    }
    let device = hub.directory.by_origin(discovered.home, &origin.dialect, &origin.foreign_id);
    Found { discovered, values, online, suggested_room, device: device.map(|device| device.id) }
}

/// What a person decides of an accepted device.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    pub name: Option<String>,
    pub room: Option<RoomId>,
}

/// Checks the right and returns what was found; in its home and nowhere else.
async fn managed(hub: &Hub, caller: &Caller, home: HomeId, id: DiscoveredId) -> Result<Discovered, HubError> {
    let found = rows::find(&hub.store, caller.scope(), id).await?.filter(|found| found.home == home);
    let found = found.ok_or(HubError::NotFound("discovered device"))?;
    caller.require(Action::DeviceManage, found.organisation)?;
    Ok(found)
}

pub async fn accept(
    hub: &Arc<Hub>,
    caller: &Caller,
    once: Option<&Once>,
    home: HomeId,
    id: DiscoveredId,
    decided: Acceptance,
) -> Result<Device, HubError> {
    managed(hub, caller, home, id).await?;
    let space = hub.dialects.space(home);
    // The turn of the inbox comes before the unit of work, for everybody.
    let mut inbox = space.inbox(hub).await?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Device>(hub, &work, caller, once).await? {
        caller.require(Action::DeviceManage, done.organisation)?;
        return Ok(done);
    }
    let found = managed(hub, caller, home, id).await?;
    if found.state == DiscoveredState::Accepted {
        return Err(HubError::Conflict("this is a device already".to_owned()));
    }
    if let Some(room) = decided.room {
        let in_home = rooms::find(&work, caller.scope(), room).await?.is_some_and(|room| room.home == home);
        if !in_home {
            return Err(Invalid::one("/room", "is not a room of this home").into());
        }
    }
    let device = register(hub, &work, caller.cause(), &found, decided.name, decided.room).await?;
    keep(hub, &work, caller, once, &device).await?;
    work.commit().await?;
    accepted(hub, &space, &mut inbox, &found, &device);
    drop(inbox);
    tell_what_it_said(hub, &space, &device).await;
    Ok(device)
}

fn accepted(hub: &Hub, space: &Space, inbox: &mut Inbox, found: &Discovered, device: &Device) {
    hub.directory.put(device.clone());
    hub.nudges.events_committed();
    let origin = found.origin();
    debug_assert_eq!(space.home, found.home);
    inbox.known.insert(origin, Discovered { state: DiscoveredState::Accepted, ..found.clone() });
}

/// The device is there already; values that cannot be written now come with its next message.
async fn tell_what_it_said(hub: &Arc<Hub>, space: &Space, device: &Device) {
    if let Err(error) = ingest::found(hub, recalled(hub, space, device)).await {
        tracing::warn!(device.id = %device.id, %error, "what an accepted device had said was not recorded");
    }
}

/// What became of one device when all were accepted.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub id: DiscoveredId,
    pub outcome: Result<Device, String>,
}

/// Accepts everything that waits, each in the room that it most likely stands in. Doing it twice does no more.
pub async fn accept_all(hub: &Arc<Hub>, caller: &Caller, home: HomeId) -> Result<Vec<Outcome>, HubError> {
    let found = homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::DeviceManage, found.organisation)?;
    let waiting = list(hub, caller, home, Some(DiscoveredState::Pending)).await?;
    let mut outcomes = Vec::with_capacity(waiting.items.len());
    for Found { discovered, suggested_room, .. } in waiting.items {
        let decided = Acceptance { name: None, room: suggested_room };
        let outcome = match accept(hub, caller, None, home, discovered.id, decided).await {
            Ok(device) => Ok(device),
            Err(error @ (HubError::Conflict(_) | HubError::NotFound(_) | HubError::Invalid(_))) => {
                Err(error.to_string())
            }
            Err(error) => return Err(error),
        };
        outcomes.push(Outcome { id: discovered.id, outcome });
    }
    Ok(outcomes)
}

/// It stays out of the way until somebody accepts it after all.
pub async fn ignore(hub: &Hub, caller: &Caller, home: HomeId, id: DiscoveredId) -> Result<(), HubError> {
    managed(hub, caller, home, id).await?;
    let space = hub.dialects.space(home);
    let mut inbox = space.inbox(hub).await?;
    let found = managed(hub, caller, home, id).await?;
    match found.state {
        DiscoveredState::Ignored => return Ok(()),
        DiscoveredState::Accepted => {
            return Err(HubError::Conflict("this is a device already: delete the device".to_owned()));
        }
        DiscoveredState::Pending => {}
    }
    let work = hub.store.begin().await?;
    rows::set_state(&work, id, DiscoveredState::Ignored).await?;
    work.commit().await?;
    inbox.known.insert(found.origin(), Discovered { state: DiscoveredState::Ignored, ..found });
    Ok(())
}
