//! Places in organisations that are offered and not taken yet.

use lares_model::access::{Role, Scope};
use lares_model::{InvitationId, OrganisationId, UnixMillis, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{digest, name_of, named};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub email: Option<String>,
        pub role: String,
        pub member_until: Option<i64>,
        pub secret_sha256: Vec<u8>,
        pub invited_by: Uuid,
        pub created_at: i64,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub organisation: OrganisationId,
    /// Where the link was sent, in lower case.
    pub email: Option<String>,
    pub role: Role,
    pub member_until: Option<UnixMillis>,
    pub secret_sha256: [u8; 32],
    pub invited_by: UserId,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

fn from_row(row: Model) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: InvitationId(row.id),
        organisation: OrganisationId(row.organisation),
        email: row.email,
        role: named("invitations.role", row.role)?,
        member_until: row.member_until.map(UnixMillis),
        secret_sha256: digest("invitations.secret_sha256", row.secret_sha256)?,
        invited_by: UserId(row.invited_by),
        created_at: UnixMillis(row.created_at),
        expires_at: UnixMillis(row.expires_at),
    })
}

pub async fn insert(w: &UnitOfWork, invitation: &Invitation) -> Result<(), StoreError> {
    let row = Model {
        id: invitation.id.0,
        organisation: invitation.organisation.0,
        email: invitation.email.as_ref().map(|email| email.to_lowercase()),
        role: name_of(&invitation.role)?,
        member_until: invitation.member_until.map(|instant| instant.0),
        secret_sha256: invitation.secret_sha256.to_vec(),
        invited_by: invitation.invited_by.0,
        created_at: invitation.created_at.0,
        expires_at: invitation.expires_at.0,
    };
    rows::insert(w, row).await
}

/// Without a scope: who has the secret is invited. Expiry is the caller's to judge.
pub async fn find_by_secret(
    c: &impl Conn,
    secret_sha256: [u8; 32],
) -> Result<Option<Invitation>, StoreError> {
    let select = Entity::find().filter(Column::SecretSha256.eq(secret_sha256.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn find(c: &impl Conn, scope: &Scope, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn of_organisation(
    c: &impl Conn,
    scope: &Scope,
    organisation: OrganisationId,
    now: UnixMillis,
    page: Page,
) -> Result<Vec<Invitation>, StoreError> {
    let narrowed = scope.narrowed(organisation);
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(&narrowed)))
        .filter(Column::ExpiresAt.gt(now.0));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Whether it was there: of two that take it at once, one is told so.
pub async fn delete(w: &UnitOfWork, id: InvitationId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}

pub async fn delete_expired(w: &UnitOfWork, now: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::ExpiresAt.lte(now.0))).await
}
