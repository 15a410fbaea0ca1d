//! Rooms of homes.

use std::collections::HashMap;

use lares_model::access::Scope;
use lares_model::home::Room;
use lares_model::{HomeId, OrganisationId, RoomId, UnixMillis};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter};

use crate::{Conn, Page, StoreError, UnitOfWork, devices, rows};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rooms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub home: Uuid,
        pub name: String,
        pub created_at: i64,
        pub search_text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

pub(crate) fn from_row(row: Model) -> Room {
    Room {
        id: RoomId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        name: row.name,
        created_at: UnixMillis(row.created_at),
    }
}

pub async fn insert(w: &UnitOfWork, room: &Room) -> Result<(), StoreError> {
    let row = Model {
        id: room.id.0,
        organisation: room.organisation.0,
        home: room.home.0,
        name: room.name.clone(),
        created_at: room.created_at.0,
        search_text: room.name.to_lowercase(),
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: RoomId) -> Result<Option<Room>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    Ok(rows::one(c, select).await?.map(from_row))
}

/// The names of some of them; what lies outside the scope has none.
pub async fn names(
    c: &impl Conn,
    scope: &Scope,
    ids: &[RoomId],
) -> Result<HashMap<RoomId, String>, StoreError> {
    let mut names = HashMap::new();
    for some in rows::batches(ids.iter().map(|id| id.0)) {
        let select = Entity::find()
            .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
            .filter(Column::Id.is_in(some));
        names.extend(rows::all(c, select).await?.into_iter().map(|row| (RoomId(row.id), row.name)));
    }
    Ok(names)
}

pub async fn list(
    c: &impl Conn,
    scope: &Scope,
    home: Option<HomeId>,
    page: Page,
) -> Result<Vec<Room>, StoreError> {
    let mut select = Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    if let Some(home) = home {
        select = select.filter(Column::Home.eq(home.0));
    }
    let rows = rows::all(c, rows::paged(select, Column::Id, page)).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Whether a room of the home has this name, however it is capitalised.
pub async fn is_named(
    c: &impl Conn,
    organisation: OrganisationId,
    home: HomeId,
    name: &str,
) -> Result<bool, StoreError> {
    let trimmed: Expr = Func::cust("TRIM").arg(Expr::col(Column::SearchText)).into();
    let select = Entity::find()
        .filter(Column::Organisation.eq(organisation.0))
        .filter(Column::Home.eq(home.0))
        .filter(trimmed.eq(name.trim().to_lowercase()));
    Ok(rows::one(c, select).await?.is_some())
}

/// Writes its name and home; it cannot move to another home while devices are in it.
pub async fn update(w: &UnitOfWork, room: &Room) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Home, Expr::value(room.home.0))
        .col_expr(Column::Name, Expr::value(room.name.as_str()))
        .col_expr(Column::SearchText, Expr::value(room.name.to_lowercase()))
        .filter(Column::Id.eq(room.id.0))
        .filter(Column::Organisation.eq(room.organisation.0));
    rows::update(w, update).await
}

/// Devices in it stay, in no room.
pub async fn delete(w: &UnitOfWork, id: RoomId) -> Result<bool, StoreError> {
    devices::leave_room(w, id).await?;
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
