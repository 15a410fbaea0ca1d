//! Homes and their rows; one that still has devices stays.

use std::collections::HashMap;

use lares_model::access::Scope;
use lares_model::home::Home;
use lares_model::{HomeId, OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::STILL_REFERRED_TO;
use crate::text::{name_of, named};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "homes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub name: String,
        pub address: String,
        pub time_zone: String,
        pub property_type: String,
        #[sea_orm(column_name = "floor_area_m2")]
        pub floor_area_m2: Option<f64>,
        pub created_at: i64,
        pub search_text: String,
        pub export_homeassistant: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

pub(crate) fn from_row(row: Model) -> Result<Home, StoreError> {
    Ok(Home {
        id: HomeId(row.id),
        organisation: OrganisationId(row.organisation),
        name: row.name,
        address: row.address,
        time_zone: row.time_zone,
        property_type: named("homes.property_type", row.property_type)?,
        floor_area_m2: row.floor_area_m2,
        export_homeassistant: row.export_homeassistant,
        created_at: UnixMillis(row.created_at),
    })
}

pub async fn insert(w: &UnitOfWork, home: &Home) -> Result<(), StoreError> {
    let row = Model {
        id: home.id.0,
        organisation: home.organisation.0,
        name: home.name.clone(),
        address: home.address.clone(),
        time_zone: home.time_zone.clone(),
        property_type: name_of(&home.property_type)?,
        floor_area_m2: home.floor_area_m2,
        created_at: home.created_at.0,
        search_text: home.name.to_lowercase(),
        export_homeassistant: home.export_homeassistant,
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: HomeId) -> Result<Option<Home>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// The names of some of them; what lies outside the scope has none.
pub async fn names(
    c: &impl Conn,
    scope: &Scope,
    ids: &[HomeId],
) -> Result<HashMap<HomeId, String>, StoreError> {
    let mut names = HashMap::new();
    for some in rows::batches(ids.iter().map(|id| id.0)) {
        let select = Entity::find()
            .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
            .filter(Column::Id.is_in(some));
        names.extend(rows::all(c, select).await?.into_iter().map(|row| (HomeId(row.id), row.name)));
    }
    Ok(names)
}

pub async fn list(c: &impl Conn, scope: &Scope, page: Page) -> Result<Vec<Home>, StoreError> {
    let select = Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Without a scope: those whose devices are told in their MQTT spaces.
pub async fn exporting_any(c: &impl Conn) -> Result<Vec<Home>, StoreError> {
    let select = Entity::find().filter(Column::ExportHomeassistant.eq(true)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// Without a scope: for the home's own MQTT space.
pub async fn find_any(c: &impl Conn, id: HomeId) -> Result<Option<Home>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

/// Writes everything but id, organisation and time of creation, which never change.
pub async fn update(w: &UnitOfWork, home: &Home) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(home.name.as_str()))
        .col_expr(Column::SearchText, Expr::value(home.name.to_lowercase()))
        .col_expr(Column::Address, Expr::value(home.address.as_str()))
        .col_expr(Column::TimeZone, Expr::value(home.time_zone.as_str()))
        .col_expr(Column::PropertyType, Expr::value(name_of(&home.property_type)?))
        .col_expr(Column::FloorAreaM2, Expr::value(home.floor_area_m2))
        .col_expr(Column::ExportHomeassistant, Expr::value(home.export_homeassistant))
        .filter(Column::Id.eq(home.id.0))
        .filter(Column::Organisation.eq(home.organisation.0));
    rows::update(w, update).await
}

/// Its rooms go with it; while it has devices it cannot go.
pub async fn delete(w: &UnitOfWork, id: HomeId) -> Result<bool, StoreError> {
    match rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await {
        Ok(deleted) => Ok(deleted > 0),
        Err(StoreError::Conflict { what }) if what == STILL_REFERRED_TO => {
            Err(w.conflict("a device in this home"))
        }
        Err(error) => Err(error),
    }
}
