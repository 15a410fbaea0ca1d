//! Homes: made, changed and removed with an event that holds before and after, the address sealed.

use lares_model::access::Action;
use lares_model::event::{EventType, NewEvent};
use lares_model::home::{Home, PropertyType};
use lares_model::{HomeId, OrganisationId};
use lares_store::homes::{self as rows};
use lares_store::{Page, UnitOfWork, events};
use serde_json::json;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::home_clients;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::sealed;

#[derive(Clone, Debug)]
pub struct NewHome {
    pub organisation: OrganisationId,
    pub name: String,
    pub address: String,
    pub time_zone: String,
    pub property_type: PropertyType,
    pub floor_area_m2: Option<f64>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct HomeChange {
    pub name: Option<String>,
    pub address: Option<String>,
    pub time_zone: Option<String>,
    pub property_type: Option<PropertyType>,
    pub floor_area_m2: Option<Option<f64>>,
    pub export_homeassistant: Option<bool>,
}

async fn payload_of(hub: &Hub, work: &UnitOfWork, home: &Home) -> Result<serde_json::Value, HubError> {
    let address = sealed::personal(hub, work, home.organisation, home.id.0, &home.address).await?;
    Ok(json!({
        "name": home.name,
        "address": address,
        "time_zone": home.time_zone,
        "property_type": home.property_type,
        "floor_area_m2": home.floor_area_m2,
        "export_homeassistant": home.export_homeassistant,
    }))
}

fn event(
    hub: &Hub,
    caller: &Caller,
    home: &Home,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let concerns = Concerns { organisation: home.organisation, home: Some(home.id), device: None };
    caused_by(hub, caller, concerns, event_type, payload)
}

pub async fn create(hub: &Hub, caller: &Caller, once: Option<&Once>, new: NewHome) -> Result<Home, HubError> {
    caller.require(Action::HomeManage, new.organisation)?;
    let home = Home {
        id: HomeId(hub.uuid()),
        organisation: new.organisation,
        name: new.name,
        address: new.address,
        time_zone: new.time_zone,
        property_type: new.property_type,
        floor_area_m2: new.floor_area_m2,
        export_homeassistant: false,
        created_at: hub.now(),
    };
    home.check()?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    rows::insert(&work, &home).await?;
    let after = payload_of(hub, &work, &home).await?;
    let created = event(hub, caller, &home, EventType::HomeCreated, json!({ "after": after }));
    events::append(&work, vec![created]).await?;
    keep(hub, &work, caller, once, &home).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(home)
}

pub async fn find(hub: &Hub, caller: &Caller, id: HomeId) -> Result<Home, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("home"))
}

/// Any home, for who runs the server.
pub async fn find_for_operator(hub: &Hub, id: HomeId) -> Result<Home, HubError> {
    rows::find_any(&hub.store, id).await?.ok_or(HubError::NotFound("home"))
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Home>, HubError> {
    const PURPOSE: &str = "homes";
    let scope = caller.narrowed(organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::list(&hub.store, &scope, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |home| home.id.0)
}

pub async fn update(hub: &Hub, caller: &Caller, id: HomeId, change: HomeChange) -> Result<Home, HubError> {
    let work = hub.store.begin().await?;
    let before = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, before.organisation)?;
    let after = Home {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        address: change.address.unwrap_or_else(|| before.address.clone()),
        time_zone: change.time_zone.unwrap_or_else(|| before.time_zone.clone()),
        property_type: change.property_type.unwrap_or(before.property_type),
        floor_area_m2: change.floor_area_m2.unwrap_or(before.floor_area_m2),
        export_homeassistant: change.export_homeassistant.unwrap_or(before.export_homeassistant),
        ..before.clone()
    };
    after.check()?;
    if after == before {
        return Ok(before);
    }
    rows::update(&work, &after).await?;
    let payload = json!({
        "before": payload_of(hub, &work, &before).await?,
        "after": payload_of(hub, &work, &after).await?,
    });
    events::append(&work, vec![event(hub, caller, &after, EventType::HomeUpdated, payload)]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(after)
}

/// A home with devices stays: move or delete them first.
pub async fn delete(hub: &Hub, caller: &Caller, id: HomeId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let home = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, home.organisation)?;
    let devices = lares_store::devices::DeviceFilter { home: Some(id), ..Default::default() };
    let first = Page { after: None, limit: 1 };
    if !lares_store::devices::list(&work, caller.scope(), &devices, first).await?.is_empty() {
        return Err(HubError::Conflict("the home still has devices: move or delete them first".to_owned()));
    }
    let clients = home_clients::all_of_home(hub, caller, id).await?;
    let payload = json!({ "before": payload_of(hub, &work, &home).await? });
    rows::delete(&work, id).await?;
    events::append(&work, vec![event(hub, caller, &home, EventType::HomeDeleted, payload)]).await?;
    work.commit().await?;
    hub.dialects.close(id);
    for client in clients {
        home_clients::forget(hub, client);
    }
    if let Some(bus) = hub.bus() {
        bus.close(id);
    }
    hub.nudges.events_committed();
    Ok(())
}
