//! Organisations: the walls.

use lares_model::access::Scope;
use lares_model::home::Organisation;
use lares_model::{OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{Conn, Page, StoreError, UnitOfWork, events, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Organisation {
    Organisation { id: OrganisationId(row.id), name: row.name, created_at: UnixMillis(row.created_at) }
}

/// Also starts its event log.
pub async fn insert(w: &UnitOfWork, organisation: &Organisation) -> Result<(), StoreError> {
    let row = Model {
        id: organisation.id.0,
        name: organisation.name.clone(),
        created_at: organisation.created_at.0,
    };
    rows::insert(w, row).await?;
    events::start_log(w, organisation.id).await
}

pub async fn find(
    c: &impl Conn,
    scope: &Scope,
    id: OrganisationId,
) -> Result<Option<Organisation>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Id.is_in(rows::organisation_ids(scope)));
    Ok(rows::one(c, select).await?.map(from_row))
}

pub async fn list(c: &impl Conn, scope: &Scope, page: Page) -> Result<Vec<Organisation>, StoreError> {
    let select = Entity::find().filter(Column::Id.is_in(rows::organisation_ids(scope)));
    let rows = rows::all(c, rows::paged(select, Column::Id, page)).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

pub async fn rename(w: &UnitOfWork, id: OrganisationId, name: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many().col_expr(Column::Name, Expr::value(name)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}
