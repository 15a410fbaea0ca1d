//! What devices prove themselves with.

use lares_model::{DeviceId, OrganisationId, UnixMillis};
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

use crate::text::digest;
use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_credentials")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub device: Uuid,
        pub organisation: Uuid,
        pub secret_sha256: Vec<u8>,
        pub set_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// Gives a device its secret, in place of the one it had.
pub async fn set(
    w: &UnitOfWork,
    device: DeviceId,
    organisation: OrganisationId,
    secret_sha256: [u8; 32],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let row = Model {
        device: device.0,
        organisation: organisation.0,
        secret_sha256: secret_sha256.to_vec(),
        set_at: now.0,
    };
    let replace =
        OnConflict::column(Column::Device).update_columns([Column::SecretSha256, Column::SetAt]).to_owned();
    Entity::insert(rows::all_set(row))
        .on_conflict(replace)
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    Ok(())
}

/// Without a scope: the device itself is the caller.
pub async fn find(c: &impl Conn, device: DeviceId) -> Result<Option<[u8; 32]>, StoreError> {
    let row = rows::one(c, Entity::find_by_id(device.0)).await?;
    row.map(|row| digest("device_credentials.secret_sha256", row.secret_sha256)).transpose()
}
