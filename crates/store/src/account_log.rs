//! What happened to a person's account, for themselves to read.

use lares_model::{UnixMillis, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use crate::text::{from_json, json_of};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_log")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub time: i64,
        pub kind: String,
        pub detail: String,
        pub user_agent: Option<String>,
        pub peer: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: Uuid,
    pub user: UserId,
    pub time: UnixMillis,
    pub kind: String,
    pub detail: Value,
    pub user_agent: Option<String>,
    pub peer: Option<String>,
}

fn from_row(row: Model) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.id,
        user: UserId(row.user_id),
        time: UnixMillis(row.time),
        kind: row.kind,
        detail: from_json("account_log.detail", &row.detail)?,
        user_agent: row.user_agent,
        peer: row.peer,
    })
}

pub async fn insert(w: &UnitOfWork, entry: &Entry) -> Result<(), StoreError> {
    let row = Model {
        id: entry.id,
        user_id: entry.user.0,
        time: entry.time.0,
        kind: entry.kind.clone(),
        detail: json_of(&entry.detail)?,
        user_agent: entry.user_agent.clone(),
        peer: entry.peer.clone(),
    };
    rows::insert(w, row).await
}

/// Newest first; the page's `after` is the last id of the page before.
pub async fn list(c: &impl Conn, user: UserId, page: Page) -> Result<Vec<Entry>, StoreError> {
    let mut select = Entity::find().filter(Column::UserId.eq(user.0));
    if let Some(after) = page.after {
        select = select.filter(Column::Id.lt(after));
    }
    let select = select.order_by_desc(Column::Id).limit(page.limit);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The latest entries of one kind.
pub async fn latest_of_kind(
    c: &impl Conn,
    user: UserId,
    kind: &str,
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).filter(Column::Kind.eq(kind));
    rows::all(c, select.order_by_desc(Column::Id).limit(limit)).await?.into_iter().map(from_row).collect()
}
