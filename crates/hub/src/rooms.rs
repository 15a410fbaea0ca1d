//! Rooms of a home.

use lares_model::access::Action;
use lares_model::event::{EventType, NewEvent};
use lares_model::home::{NAME_MAX_CHARS, Room, is_same_name};
use lares_model::{HomeId, Invalid, OrganisationId, RoomId};
use lares_store::rooms::{self as rows};
use lares_store::{Page, UnitOfWork, devices, events, homes};
use serde_json::json;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

fn check_name(name: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    invalid.or(())
}

/// Two of one name could not be told apart. Holds up whoever else names one, until the commit.
async fn check_alone(
    work: &UnitOfWork,
    organisation: OrganisationId,
    home: HomeId,
    name: &str,
) -> Result<(), HubError> {
    events::hold(work, organisation).await?;
    if rows::is_named(work, organisation, home, name).await? {
        return Err(Invalid::one("/name", "is the name of another room of this home").into());
    }
    Ok(())
}

fn event(
    hub: &Hub,
    caller: &Caller,
    room: &Room,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let concerns = Concerns { organisation: room.organisation, home: Some(room.home), device: None };
    caused_by(hub, caller, concerns, event_type, payload)
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    home: HomeId,
    name: &str,
) -> Result<Room, HubError> {
    check_name(name)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Room>(hub, &work, caller, once).await? {
        caller.require(Action::HomeManage, done.organisation)?;
        return Ok(done);
    }
    let home = homes::find(&work, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, home.organisation)?;
    check_alone(&work, home.organisation, home.id, name).await?;
    let room = Room {
        id: RoomId(hub.uuid()),
        organisation: home.organisation,
        home: home.id,
        name: name.to_owned(),
        created_at: hub.now(),
    };
    rows::insert(&work, &room).await?;
    let payload = json!({ "room": room.id, "after": { "name": room.name } });
    events::append(&work, vec![event(hub, caller, &room, EventType::RoomCreated, payload)]).await?;
    keep(hub, &work, caller, once, &room).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(room)
}

pub async fn find(hub: &Hub, caller: &Caller, id: RoomId) -> Result<Room, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("room"))
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    home: Option<HomeId>,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Room>, HubError> {
    const PURPOSE: &str = "rooms";
    let scope = caller.narrowed(organisation)?;
    if let Some(home) = home {
        homes::find(&hub.store, &scope, home).await?.ok_or(HubError::NotFound("home"))?;
    }
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::list(&hub.store, &scope, home, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |room| room.id.0)
}

pub async fn rename(hub: &Hub, caller: &Caller, id: RoomId, name: &str) -> Result<Room, HubError> {
    check_name(name)?;
    let work = hub.store.begin().await?;
    let before = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("room"))?;
    caller.require(Action::HomeManage, before.organisation)?;
    // Rooms that were called alike before this was refused stay as they are.
    if !is_same_name(name, &before.name) {
        check_alone(&work, before.organisation, before.home, name).await?;
    }
    let after = Room { name: name.to_owned(), ..before.clone() };
    rows::update(&work, &after).await?;
    let payload = json!({ "room": id, "before": { "name": before.name }, "after": { "name": after.name } });
    events::append(&work, vec![event(hub, caller, &after, EventType::RoomUpdated, payload)]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(after)
}

/// Its devices stay in the home, in no room.
pub async fn delete(hub: &Hub, caller: &Caller, id: RoomId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let room = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("room"))?;
    caller.require(Action::HomeManage, room.organisation)?;
    let in_room = devices::DeviceFilter { room: Some(id), ..Default::default() };
    let orphans =
        devices::list(&work, caller.scope(), &in_room, Page { after: None, limit: 100_000 }).await?;
    rows::delete(&work, id).await?;
    let payload = json!({ "room": id, "before": { "name": room.name } });
    events::append(&work, vec![event(hub, caller, &room, EventType::RoomDeleted, payload)]).await?;
    work.commit().await?;
    for device in orphans {
        hub.directory.put(lares_model::device::Device { room: None, ..device });
    }
    hub.nudges.events_committed();
    Ok(())
}
