//! Certificates of devices.

use lares_model::access::Scope;
use lares_model::certificate::DeviceCertificate;
use lares_model::{CertificateId, DeviceId, OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::digest;
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_certificates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub device: Uuid,
        #[sea_orm(column_name = "sha256")]
        pub sha256: Vec<u8>,
        pub not_before: i64,
        pub not_after: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Result<DeviceCertificate, StoreError> {
    Ok(DeviceCertificate {
        id: CertificateId(row.id),
        organisation: OrganisationId(row.organisation),
        device: DeviceId(row.device),
        sha256: digest("device_certificates.sha256", row.sha256)?,
        not_before: UnixMillis(row.not_before),
        not_after: UnixMillis(row.not_after),
        revoked_at: row.revoked_at.map(UnixMillis),
    })
}

pub async fn insert(w: &UnitOfWork, certificate: &DeviceCertificate) -> Result<(), StoreError> {
    let row = Model {
        id: certificate.id.0,
        organisation: certificate.organisation.0,
        device: certificate.device.0,
        sha256: certificate.sha256.to_vec(),
        not_before: certificate.not_before.0,
        not_after: certificate.not_after.0,
        revoked_at: certificate.revoked_at.map(|at| at.0),
    };
    rows::insert(w, row).await
}

pub async fn find(
    c: &impl Conn,
    scope: &Scope,
    id: CertificateId,
) -> Result<Option<DeviceCertificate>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn of_device(
    c: &impl Conn,
    scope: &Scope,
    device: DeviceId,
    page: Page,
) -> Result<Vec<DeviceCertificate>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Device.eq(device.0));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Without a scope: the device itself is the caller.
pub async fn find_by_digest(
    c: &impl Conn,
    sha256: [u8; 32],
) -> Result<Option<DeviceCertificate>, StoreError> {
    let select = Entity::find().filter(Column::Sha256.eq(sha256.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// Whether it was there and not revoked yet.
pub async fn revoke(w: &UnitOfWork, id: CertificateId, now: UnixMillis) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.0))
        .filter(Column::Id.eq(id.0))
        .filter(Column::RevokedAt.is_null());
    rows::update(w, update).await
}

/// All of a device, when its hardware is replaced. Whether there was one.
pub async fn revoke_all(w: &UnitOfWork, device: DeviceId, now: UnixMillis) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.0))
        .filter(Column::Device.eq(device.0))
        .filter(Column::RevokedAt.is_null());
    rows::update(w, update).await
}
