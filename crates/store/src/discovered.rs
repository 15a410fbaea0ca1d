//! Devices as they were found in homes' MQTT spaces: the inbox.

use lares_model::access::Scope;
use lares_model::device::Origin;
use lares_model::discovered::{Discovered, DiscoveredState};
use lares_model::{DiscoveredId, HomeId, OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::text::{from_json, json_of, name_of, named};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "discovered")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub home: Uuid,
        pub dialect: String,
        pub foreign_id: String,
        pub description: String,
        pub state: String,
        pub first_seen: i64,
        pub last_seen: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Result<Discovered, StoreError> {
    Ok(Discovered {
        id: DiscoveredId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        dialect: row.dialect,
        description: from_json("discovered.description", &row.description)?,
        state: named("discovered.state", row.state)?,
        first_seen: UnixMillis(row.first_seen),
        last_seen: UnixMillis(row.last_seen),
    })
}

pub async fn insert(w: &UnitOfWork, found: &Discovered) -> Result<(), StoreError> {
    let row = Model {
        id: found.id.0,
        organisation: found.organisation.0,
        home: found.home.0,
        dialect: found.dialect.clone(),
        foreign_id: found.description.foreign_id.clone(),
        description: json_of(&found.description)?,
        state: name_of(&found.state)?,
        first_seen: found.first_seen.0,
        last_seen: found.last_seen.0,
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: DiscoveredId) -> Result<Option<Discovered>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// What is known of a device by its origin.
pub async fn of_origin(
    c: &impl Conn,
    scope: &Scope,
    home: HomeId,
    origin: &Origin,
) -> Result<Option<Discovered>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Home.eq(home.0))
        .filter(Column::Dialect.eq(origin.dialect.as_str()))
        .filter(Column::ForeignId.eq(origin.foreign_id.as_str()));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// Without a scope: for the home's own dialects, which found them. In the order in which they were found.
pub async fn of_home_any(c: &impl Conn, home: HomeId) -> Result<Vec<Discovered>, StoreError> {
    let select = Entity::find().filter(Column::Home.eq(home.0)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// Writes what it says of itself now.
pub async fn describe(w: &UnitOfWork, found: &Discovered) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Description, Expr::value(json_of(&found.description)?))
        .col_expr(Column::LastSeen, Expr::value(found.last_seen.0))
        .filter(Column::Id.eq(found.id.0));
    rows::update(w, update).await
}

pub async fn set_state(w: &UnitOfWork, id: DiscoveredId, state: DiscoveredState) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(name_of(&state)?))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// A device that was removed by a person is not offered again at once.
pub async fn ignore_origin(w: &UnitOfWork, home: HomeId, origin: &Origin) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(name_of(&DiscoveredState::Ignored)?))
        .filter(Column::Home.eq(home.0))
        .filter(Column::Dialect.eq(origin.dialect.as_str()))
        .filter(Column::ForeignId.eq(origin.foreign_id.as_str()));
    rows::update(w, update).await
}

pub async fn delete(w: &UnitOfWork, id: DiscoveredId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
