//! What is good once and not for long: found by the hash of its secret, and gone when it was taken.

use lares_model::{UnixMillis, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::digest;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tickets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub secret_sha256: Vec<u8>,
        pub purpose: String,
        pub user_id: Option<Uuid>,
        pub sealed: Vec<u8>,
        pub created_at: i64,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub secret_sha256: [u8; 32],
    pub purpose: String,
    pub user: Option<UserId>,
    pub sealed: Vec<u8>,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

fn from_row(row: Model) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        secret_sha256: digest("tickets.secret_sha256", row.secret_sha256)?,
        purpose: row.purpose,
        user: row.user_id.map(UserId),
        sealed: row.sealed,
        created_at: UnixMillis(row.created_at),
        expires_at: UnixMillis(row.expires_at),
    })
}

pub async fn insert(w: &UnitOfWork, ticket: &Ticket) -> Result<(), StoreError> {
    let row = Model {
        secret_sha256: ticket.secret_sha256.to_vec(),
        purpose: ticket.purpose.clone(),
        user_id: ticket.user.map(|user| user.0),
        sealed: ticket.sealed.clone(),
        created_at: ticket.created_at.0,
        expires_at: ticket.expires_at.0,
    };
    rows::insert(w, row).await
}

/// Expiry is the caller's to judge.
pub async fn find(
    c: &impl Conn,
    purpose: &str,
    secret_sha256: [u8; 32],
) -> Result<Option<Ticket>, StoreError> {
    let select = Entity::find()
        .filter(Column::SecretSha256.eq(secret_sha256.to_vec()))
        .filter(Column::Purpose.eq(purpose));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// Whether it was there: of two that take the same ticket at once, one is told so.
pub async fn delete(w: &UnitOfWork, secret_sha256: [u8; 32]) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::SecretSha256.eq(secret_sha256.to_vec()));
    Ok(rows::delete(w, delete).await? > 0)
}

/// Those of a person for one purpose, so that only the newest is good.
pub async fn delete_of_user(w: &UnitOfWork, user: UserId, purpose: &str) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::UserId.eq(user.0)).filter(Column::Purpose.eq(purpose));
    rows::delete(w, delete).await
}

pub async fn delete_expired(w: &UnitOfWork, now: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::ExpiresAt.lte(now.0))).await
}
