//! Passkeys: public keys of authenticators, several per person.

use lares_model::{PasskeyId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use crate::text::{from_json, json_of};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "passkeys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub name: String,
        pub credential_id: Vec<u8>,
        pub credential: String,
        pub counter: i64,
        pub created_at: i64,
        pub last_used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    pub name: String,
    pub credential_id: Vec<u8>,
    /// Public key and flags, as whoever checks signatures keeps them.
    pub credential: Value,
    pub counter: i64,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

fn from_row(row: Model) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: PasskeyId(row.id),
        user: UserId(row.user_id),
        name: row.name,
        credential_id: row.credential_id,
        credential: from_json("passkeys.credential", &row.credential)?,
        counter: row.counter,
        created_at: UnixMillis(row.created_at),
        last_used_at: row.last_used_at.map(UnixMillis),
    })
}

pub async fn insert(w: &UnitOfWork, passkey: &Passkey) -> Result<(), StoreError> {
    let row = Model {
        id: passkey.id.0,
        user_id: passkey.user.0,
        name: passkey.name.clone(),
        credential_id: passkey.credential_id.clone(),
        credential: json_of(&passkey.credential)?,
        counter: passkey.counter,
        created_at: passkey.created_at.0,
        last_used_at: passkey.last_used_at.map(|instant| instant.0),
    };
    rows::insert(w, row).await
}

/// Without a scope: this is how a person becomes known.
pub async fn find_by_credential(c: &impl Conn, credential_id: &[u8]) -> Result<Option<Passkey>, StoreError> {
    let select = Entity::find().filter(Column::CredentialId.eq(credential_id.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn list(c: &impl Conn, user: UserId) -> Result<Vec<Passkey>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// Whether it was there and theirs.
pub async fn rename(w: &UnitOfWork, user: UserId, id: PasskeyId, name: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .filter(Column::Id.eq(id.0))
        .filter(Column::UserId.eq(user.0));
    rows::update(w, update).await
}

/// Notes a use, unless its counter has moved since it was read: then somebody else has used it, too.
pub async fn used(
    w: &UnitOfWork,
    before: &Passkey,
    credential: &Value,
    counter: i64,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Credential, Expr::value(json_of(credential)?))
        .col_expr(Column::Counter, Expr::value(counter))
        .col_expr(Column::LastUsedAt, Expr::value(now.0))
        .filter(Column::Id.eq(before.id.0))
        .filter(Column::Counter.eq(before.counter));
    rows::update(w, update).await
}

/// Whether it was there and theirs.
pub async fn delete(w: &UnitOfWork, user: UserId, id: PasskeyId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::UserId.eq(user.0));
    Ok(rows::delete(w, delete).await? > 0)
}

pub async fn delete_all(w: &UnitOfWork, user: UserId) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::UserId.eq(user.0))).await
}
