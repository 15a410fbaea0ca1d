//! Devices, and how they are found by tag, capability and text.

use std::collections::BTreeSet;

use lares_model::access::Scope;
use lares_model::device::{Device, Origin};
use lares_model::{DeviceId, HomeId, OrganisationId, RoomId, UnixMillis};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::search::containing;
use crate::text::{from_json, json_of, name_of, named, narrow};
use crate::work::sealed::Sealed as _;
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod capability_row;
pub(crate) mod row;
mod tag_row;

use row::{Column, Entity, Model};

/// What to list; every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    pub home: Option<HomeId>,
    pub room: Option<RoomId>,
    pub tag: Option<String>,
    pub capability: Option<String>,
    /// A part of the name, vendor, model or serial, in any case.
    pub search: Option<String>,
    /// Exactly this serial.
    pub serial: Option<String>,
}

pub(crate) fn from_row(row: Model) -> Result<Device, StoreError> {
    Ok(Device {
        id: DeviceId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        room: row.room.map(RoomId),
        name: row.name,
        vendor: row.vendor,
        model: row.model,
        serial: row.serial,
        firmware: row.firmware,
        endpoints: from_json("devices.endpoints", &row.endpoints)?,
        tags: from_json("devices.tags", &row.tags)?,
        encoding: named("devices.encoding", row.encoding)?,
        expected_interval_s: narrow("devices.expected_interval_s", row.expected_interval_s)?,
        command_counter: row.command_counter,
        origin: origin(row.origin_dialect, row.origin_foreign_id)?,
        created_at: UnixMillis(row.created_at),
        updated_at: UnixMillis(row.updated_at),
    })
}

fn origin(dialect: Option<String>, foreign_id: Option<String>) -> Result<Option<Origin>, StoreError> {
    match (dialect, foreign_id) {
        (None, None) => Ok(None),
        (Some(dialect), Some(foreign_id)) => Ok(Some(Origin { dialect, foreign_id })),
        _ => Err(StoreError::Corrupt("devices: half an origin".to_owned())),
    }
}

fn to_row(device: &Device) -> Result<Model, StoreError> {
    Ok(Model {
        id: device.id.0,
        organisation: device.organisation.0,
        home: device.home.0,
        room: device.room.map(|room| room.0),
        name: device.name.clone(),
        vendor: device.vendor.clone(),
        model: device.model.clone(),
        serial: device.serial.clone(),
        firmware: device.firmware.clone(),
        endpoints: json_of(&device.endpoints)?,
        tags: json_of(&device.tags)?,
        encoding: name_of(&device.encoding)?,
        expected_interval_s: i64::from(device.expected_interval_s),
        command_counter: device.command_counter,
        search_text: search_text(device),
        created_at: device.created_at.0,
        updated_at: device.updated_at.0,
        origin_dialect: device.origin.as_ref().map(|origin| origin.dialect.clone()),
        origin_foreign_id: device.origin.as_ref().map(|origin| origin.foreign_id.clone()),
    })
}

fn search_text(device: &Device) -> String {
    let serial = device.serial.as_deref().unwrap_or_default();
    [&device.name, &device.vendor, &device.model, serial].join("\n").to_lowercase()
}

pub async fn insert(w: &UnitOfWork, device: &Device) -> Result<(), StoreError> {
    rows::insert(w, to_row(device)?).await?;
    index(w, device).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: DeviceId) -> Result<Option<Device>, StoreError> {
    rows::one(c, within(scope).filter(Column::Id.eq(id.0))).await?.map(from_row).transpose()
}

pub async fn list(
    c: &impl Conn,
    scope: &Scope,
    filter: &DeviceFilter,
    page: Page,
) -> Result<Vec<Device>, StoreError> {
    let mut select = within(scope);
    if let Some(home) = filter.home {
        select = select.filter(Column::Home.eq(home.0));
    }
    if let Some(room) = filter.room {
        select = select.filter(Column::Room.eq(room.0));
    }
    if let Some(tag) = &filter.tag {
        let tagged = Query::select()
            .column(tag_row::Column::Device)
            .from(tag_row::Entity)
            .and_where(tag_row::Column::Organisation.is_in(rows::organisation_ids(scope)))
            .and_where(tag_row::Column::Tag.eq(tag.as_str()))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(tagged));
    }
    if let Some(capability) = &filter.capability {
        let capable = Query::select()
            .column(capability_row::Column::Device)
            .from(capability_row::Entity)
            .and_where(capability_row::Column::Organisation.is_in(rows::organisation_ids(scope)))
            .and_where(capability_row::Column::Capability.eq(capability.as_str()))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(capable));
    }
    if let Some(serial) = &filter.serial {
        select = select.filter(Column::Serial.eq(serial.as_str()));
    }
    if let Some(search) = &filter.search {
        select = select.filter(Column::SearchText.like(containing(search)));
    }
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

fn within(scope: &Scope) -> Select<Entity> {
    Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
}

/// Writes everything but id, organisation, origin and time of creation, which never change, and the command counter,
/// which only `next_command_counter` moves.
pub async fn update(w: &UnitOfWork, device: &Device) -> Result<bool, StoreError> {
    let row = to_row(device)?;
    let update = Entity::update_many()
        .col_expr(Column::Home, Expr::value(row.home))
        .col_expr(Column::Room, Expr::value(row.room))
        .col_expr(Column::Name, Expr::value(row.name))
        .col_expr(Column::Vendor, Expr::value(row.vendor))
        .col_expr(Column::Model, Expr::value(row.model))
        .col_expr(Column::Serial, Expr::value(row.serial))
        .col_expr(Column::Firmware, Expr::value(row.firmware))
        .col_expr(Column::Endpoints, Expr::value(row.endpoints))
        .col_expr(Column::Tags, Expr::value(row.tags))
        .col_expr(Column::Encoding, Expr::value(row.encoding))
        .col_expr(Column::ExpectedIntervalS, Expr::value(row.expected_interval_s))
        .col_expr(Column::SearchText, Expr::value(row.search_text))
        .col_expr(Column::UpdatedAt, Expr::value(row.updated_at))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Organisation.eq(row.organisation));
    if !rows::update(w, update).await? {
        return Ok(false);
    }
    let id = device.id.0;
    rows::delete(w, tag_row::Entity::delete_many().filter(tag_row::Column::Device.eq(id))).await?;
    rows::delete(w, capability_row::Entity::delete_many().filter(capability_row::Column::Device.eq(id)))
        .await?;
    index(w, device).await?;
    Ok(true)
}

/// Its credentials, tags and capabilities go with it; its commands and events stay readable.
pub async fn delete(w: &UnitOfWork, id: DeviceId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}

/// The next command number of a device; `Conflict` when the device is gone.
pub async fn next_command_counter(w: &UnitOfWork, id: DeviceId) -> Result<i64, StoreError> {
    let update = Query::update()
        .table(Entity)
        .value(Column::CommandCounter, Expr::col(Column::CommandCounter).add(1_i64))
        .and_where(Column::Id.eq(id.0))
        .returning_col(Column::CommandCounter)
        .to_owned();
    let row = w.transaction().query_one(&update).await.map_err(|error| w.fault(error))?;
    let row = row.ok_or_else(|| w.conflict("the removal of this device"))?;
    row.try_get_by_index(0).map_err(|error| w.fault(error))
}

/// Without a scope: for the device doors, where the device itself is the caller.
pub async fn find_any(c: &impl Conn, id: DeviceId) -> Result<Option<Device>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

/// Without a scope, ordered by id: for start-up, which loads what the device doors need.
pub async fn all_any(c: &impl Conn, after: Option<DeviceId>, limit: u64) -> Result<Vec<Device>, StoreError> {
    let page = Page { after: after.map(|id| id.0), limit };
    rows::all(c, rows::paged(Entity::find(), Column::Id, page)).await?.into_iter().map(from_row).collect()
}

pub(crate) async fn leave_room(w: &UnitOfWork, room: RoomId) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Room, Expr::value(None::<Uuid>))
        .filter(Column::Room.eq(room.0));
    rows::update(w, update).await
}

/// Makes a device that is in no index findable by its tags and capabilities.
async fn index(w: &UnitOfWork, device: &Device) -> Result<(), StoreError> {
    let (id, organisation) = (device.id.0, device.organisation.0);
    let tags: BTreeSet<_> = device.tags.iter().collect();
    let tags =
        tags.into_iter().map(|tag| tag_row::Model { device: id, tag: tag.clone(), organisation }).collect();
    rows::insert_many(w, tags).await?;
    let capabilities: BTreeSet<_> = device.endpoints.iter().flat_map(|e| &e.capabilities).collect();
    let capabilities = capabilities
        .into_iter()
        .map(|name| capability_row::Model { device: id, capability: name.clone(), organisation })
        .collect();
    rows::insert_many(w, capabilities).await
}
