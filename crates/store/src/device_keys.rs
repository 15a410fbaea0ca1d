//! Public keys that devices sign in with.

use lares_model::access::Scope;
use lares_model::{DeviceId, DeviceKeyId, OrganisationId, UnixMillis};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::{digest, from_json, json_of};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub device: Uuid,
        pub name: String,
        pub jwk: String,
        pub thumbprint: Vec<u8>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKey {
    pub id: DeviceKeyId,
    pub organisation: OrganisationId,
    pub device: DeviceId,
    pub name: String,
    pub jwk: Value,
    /// RFC 7638.
    pub thumbprint: [u8; 32],
    pub created_at: UnixMillis,
}

fn from_row(row: Model) -> Result<DeviceKey, StoreError> {
    Ok(DeviceKey {
        id: DeviceKeyId(row.id),
        organisation: OrganisationId(row.organisation),
        device: DeviceId(row.device),
        name: row.name,
        jwk: from_json("device_keys.jwk", &row.jwk)?,
        thumbprint: digest("device_keys.thumbprint", row.thumbprint)?,
        created_at: UnixMillis(row.created_at),
    })
}

pub async fn insert(w: &UnitOfWork, key: &DeviceKey) -> Result<(), StoreError> {
    let row = Model {
        id: key.id.0,
        organisation: key.organisation.0,
        device: key.device.0,
        name: key.name.clone(),
        jwk: json_of(&key.jwk)?,
        thumbprint: key.thumbprint.to_vec(),
        created_at: key.created_at.0,
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: DeviceKeyId) -> Result<Option<DeviceKey>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn of_device(
    c: &impl Conn,
    scope: &Scope,
    device: DeviceId,
    page: Page,
) -> Result<Vec<DeviceKey>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Device.eq(device.0));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Without a scope: the device itself is the caller.
pub async fn all_of_device(c: &impl Conn, device: DeviceId) -> Result<Vec<DeviceKey>, StoreError> {
    let found = rows::all(c, Entity::find().filter(Column::Device.eq(device.0))).await?;
    found.into_iter().map(from_row).collect()
}

/// Without a scope, as above: whether a token's key still counts.
pub async fn is_there(c: &impl Conn, device: DeviceId, id: DeviceKeyId) -> Result<bool, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Device.eq(device.0));
    Ok(rows::one(c, select).await?.is_some())
}

pub async fn delete(w: &UnitOfWork, id: DeviceKeyId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}

/// All of a device, when its hardware is replaced.
pub async fn delete_of_device(w: &UnitOfWork, device: DeviceId) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::Device.eq(device.0))).await
}
