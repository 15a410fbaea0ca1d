//! What people are to be told: a durable queue, written in the unit of work of what it tells.

use lares_model::{NotificationId, OrganisationId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::text::{name_of, named, narrow};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "notifications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Option<Uuid>,
        pub organisation: Option<Uuid>,
        pub channel: String,
        pub sealed_address: Vec<u8>,
        pub language: String,
        pub template: String,
        pub sealed_values: Vec<u8>,
        pub created_at: i64,
        pub due_at: i64,
        pub tries: i64,
        pub state: String,
        pub settled_at: Option<i64>,
        pub last_error: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationState {
    Queued,
    Sent,
    GivenUp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub user: Option<UserId>,
    pub organisation: Option<OrganisationId>,
    pub channel: String,
    pub sealed_address: Vec<u8>,
    pub language: String,
    pub template: String,
    pub sealed_values: Vec<u8>,
    pub created_at: UnixMillis,
    pub due_at: UnixMillis,
    pub tries: u32,
    pub state: NotificationState,
    pub settled_at: Option<UnixMillis>,
    pub last_error: Option<String>,
}

fn from_row(row: Model) -> Result<Notification, StoreError> {
    Ok(Notification {
        id: NotificationId(row.id),
        user: row.user_id.map(UserId),
        organisation: row.organisation.map(OrganisationId),
        channel: row.channel,
        sealed_address: row.sealed_address,
        language: row.language,
        template: row.template,
        sealed_values: row.sealed_values,
        created_at: UnixMillis(row.created_at),
        due_at: UnixMillis(row.due_at),
        tries: narrow("notifications.tries", row.tries)?,
        state: named("notifications.state", row.state)?,
        settled_at: row.settled_at.map(UnixMillis),
        last_error: row.last_error,
    })
}

pub async fn insert(w: &UnitOfWork, notification: &Notification) -> Result<(), StoreError> {
    let row = Model {
        id: notification.id.0,
        user_id: notification.user.map(|user| user.0),
        organisation: notification.organisation.map(|organisation| organisation.0),
        channel: notification.channel.clone(),
        sealed_address: notification.sealed_address.clone(),
        language: notification.language.clone(),
        template: notification.template.clone(),
        sealed_values: notification.sealed_values.clone(),
        created_at: notification.created_at.0,
        due_at: notification.due_at.0,
        tries: notification.tries.into(),
        state: name_of(&notification.state)?,
        settled_at: notification.settled_at.map(|instant| instant.0),
        last_error: notification.last_error.clone(),
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, id: NotificationId) -> Result<Option<Notification>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

/// Those to be tried now, the longest due first.
pub async fn due(c: &impl Conn, now: UnixMillis, limit: u64) -> Result<Vec<Notification>, StoreError> {
    let select = Entity::find()
        .filter(Column::State.eq(name_of(&NotificationState::Queued)?))
        .filter(Column::DueAt.lte(now.0))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(limit);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// A try in vain, with another to come.
pub async fn put_off(
    w: &UnitOfWork,
    id: NotificationId,
    due_at: UnixMillis,
    tries: u32,
    error: &str,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due_at.0))
        .col_expr(Column::Tries, Expr::value(i64::from(tries)))
        .col_expr(Column::LastError, Expr::value(error))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Those that were settled long ago, and those that wait since even longer.
pub async fn delete_old(
    w: &UnitOfWork,
    settled_before: UnixMillis,
    written_before: UnixMillis,
) -> Result<u64, StoreError> {
    let settled = Column::SettledAt.lt(settled_before.0);
    let delete = Entity::delete_many().filter(settled.or(Column::CreatedAt.lt(written_before.0)));
    rows::delete(w, delete).await
}

/// Sent or given up: what was filled in is forgotten, and the address, too, where nobody's account keeps it.
pub async fn settle(
    w: &UnitOfWork,
    id: NotificationId,
    state: NotificationState,
    now: UnixMillis,
    error: Option<&str>,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(name_of(&state)?))
        .col_expr(Column::SettledAt, Expr::value(now.0))
        .col_expr(Column::LastError, Expr::value(error.map(str::to_owned)))
        .col_expr(Column::SealedValues, Expr::value(Vec::<u8>::new()))
        .filter(Column::Id.eq(id.0));
    let settled = rows::update(w, update).await?;
    let strangers = Entity::update_many()
        .col_expr(Column::SealedAddress, Expr::value(Vec::<u8>::new()))
        .filter(Column::Id.eq(id.0))
        .filter(Column::UserId.is_null());
    rows::update(w, strangers).await?;
    Ok(settled)
}
