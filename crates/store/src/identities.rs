//! Accounts elsewhere that people sign in with.

use lares_model::{IdentityId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "identities")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub provider: String,
        pub issuer: String,
        pub subject: String,
        pub email: Option<String>,
        pub created_at: i64,
        pub last_used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: IdentityId,
    pub user: UserId,
    /// The key of the provider in the configuration.
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

fn from_row(row: Model) -> Identity {
    Identity {
        id: IdentityId(row.id),
        user: UserId(row.user_id),
        provider: row.provider,
        issuer: row.issuer,
        subject: row.subject,
        email: row.email,
        created_at: UnixMillis(row.created_at),
        last_used_at: row.last_used_at.map(UnixMillis),
    }
}

pub async fn insert(w: &UnitOfWork, identity: &Identity) -> Result<(), StoreError> {
    let row = Model {
        id: identity.id.0,
        user_id: identity.user.0,
        provider: identity.provider.clone(),
        issuer: identity.issuer.clone(),
        subject: identity.subject.clone(),
        email: identity.email.clone(),
        created_at: identity.created_at.0,
        last_used_at: identity.last_used_at.map(|instant| instant.0),
    };
    rows::insert(w, row).await
}

/// Without a scope: this is how a person becomes known.
pub async fn find(c: &impl Conn, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
    let select = Entity::find().filter(Column::Issuer.eq(issuer)).filter(Column::Subject.eq(subject));
    Ok(rows::one(c, select).await?.map(from_row))
}

pub async fn list(c: &impl Conn, user: UserId) -> Result<Vec<Identity>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::Id);
    Ok(rows::all(c, select).await?.into_iter().map(from_row).collect())
}

pub async fn used(w: &UnitOfWork, id: IdentityId, now: UnixMillis) -> Result<bool, StoreError> {
    let update =
        Entity::update_many().col_expr(Column::LastUsedAt, Expr::value(now.0)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Whether it was there and theirs.
pub async fn delete(w: &UnitOfWork, user: UserId, id: IdentityId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::UserId.eq(user.0));
    Ok(rows::delete(w, delete).await? > 0)
}
