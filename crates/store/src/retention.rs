//! How long an organisation keeps its readings, one row for each class of series.

use std::collections::BTreeMap;

use lares_model::OrganisationId;
use lares_model::access::Scope;
use lares_model::retention::{Kept, Retention, SeriesClass};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{name_of, named, narrow};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "retention")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub class: String,
        pub raw_days: Option<i64>,
        pub rollup_days: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn collect(rows: Vec<Model>) -> Result<BTreeMap<OrganisationId, Retention>, StoreError> {
    let mut all: BTreeMap<OrganisationId, Retention> = BTreeMap::new();
    for row in rows {
        let class: SeriesClass = named("retention.class", row.class)?;
        let kept = Kept {
            raw_days: row.raw_days.map(|days| narrow("retention.raw_days", days)).transpose()?,
            rollup_days: row.rollup_days.map(|days| narrow("retention.rollup_days", days)).transpose()?,
        };
        all.entry(OrganisationId(row.organisation)).or_default().set(class, kept);
    }
    Ok(all)
}

pub async fn find(c: &impl Conn, scope: &Scope, id: OrganisationId) -> Result<Retention, StoreError> {
    let own = rows::organisation_ids(scope);
    let select = Entity::find().filter(Column::Organisation.eq(id.0)).filter(Column::Organisation.is_in(own));
    Ok(collect(rows::all(c, select).await?)?.remove(&id).unwrap_or_default())
}

/// Without a scope: for the worker, which serves all organisations. Those that keep everything are left out.
pub async fn all_any(c: &impl Conn) -> Result<BTreeMap<OrganisationId, Retention>, StoreError> {
    let mut all = collect(rows::all(c, Entity::find()).await?)?;
    all.retain(|_, retention| !retention.keeps_everything());
    Ok(all)
}

pub async fn set(w: &UnitOfWork, id: OrganisationId, retention: &Retention) -> Result<(), StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::Organisation.eq(id.0))).await?;
    let mut classes = Vec::new();
    for class in SeriesClass::ALL {
        let kept = retention.of(class);
        classes.push(Model {
            organisation: id.0,
            class: name_of(&class)?,
            raw_days: kept.raw_days.map(i64::from),
            rollup_days: kept.rollup_days.map(i64::from),
        });
    }
    rows::insert_many(w, classes).await
}
