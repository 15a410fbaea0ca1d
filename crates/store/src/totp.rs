//! Generators of one-time codes, one per person.

use lares_model::{UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "totp")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub sealed_secret: Vec<u8>,
        pub created_at: i64,
        pub confirmed_at: Option<i64>,
        pub last_step: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totp {
    pub user: UserId,
    pub sealed_secret: Vec<u8>,
    pub created_at: UnixMillis,
    /// Before that it is not asked for.
    pub confirmed_at: Option<UnixMillis>,
    /// The newest step a code of which was taken.
    pub last_step: Option<i64>,
}

/// A generator that is still to be confirmed, in place of any other.
pub async fn put(
    w: &UnitOfWork,
    user: UserId,
    sealed_secret: &[u8],
    now: UnixMillis,
) -> Result<(), StoreError> {
    delete(w, user).await?;
    let row = Model {
        user_id: user.0,
        sealed_secret: sealed_secret.to_vec(),
        created_at: now.0,
        confirmed_at: None,
        last_step: None,
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, user: UserId) -> Result<Option<Totp>, StoreError> {
    let found = rows::one(c, Entity::find_by_id(user.0)).await?;
    Ok(found.map(|row| Totp {
        user: UserId(row.user_id),
        sealed_secret: row.sealed_secret,
        created_at: UnixMillis(row.created_at),
        confirmed_at: row.confirmed_at.map(UnixMillis),
        last_step: row.last_step,
    }))
}

/// Whether it was there and not confirmed before.
pub async fn confirm(w: &UnitOfWork, user: UserId, step: i64, now: UnixMillis) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::ConfirmedAt, Expr::value(now.0))
        .col_expr(Column::LastStep, Expr::value(step))
        .filter(Column::UserId.eq(user.0))
        .filter(Column::ConfirmedAt.is_null());
    rows::update(w, update).await
}

/// Uses a step up with all before it. Of two that come with the same code at once, one is told that it was taken.
pub async fn accept(w: &UnitOfWork, user: UserId, step: i64) -> Result<bool, StoreError> {
    let unused = Condition::any().add(Column::LastStep.is_null()).add(Column::LastStep.lt(step));
    let update = Entity::update_many()
        .col_expr(Column::LastStep, Expr::value(step))
        .filter(Column::UserId.eq(user.0))
        .filter(Column::ConfirmedAt.is_not_null())
        .filter(unused);
    rows::update(w, update).await
}

pub async fn delete(w: &UnitOfWork, user: UserId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::UserId.eq(user.0))).await? > 0)
}
