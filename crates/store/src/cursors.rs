//! How far each consumer has followed each event log; moved together with the consumer's effects.

use lares_model::OrganisationId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cursors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation: Uuid,
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// The `seq` of the last event taken; 0 before the first.
pub async fn load(c: &impl Conn, consumer: &str, organisation: OrganisationId) -> Result<i64, StoreError> {
    let row = rows::one(c, Entity::find_by_id((consumer.to_owned(), organisation.0))).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// `Conflict` when it is not at `from`: somebody else has done this work.
pub async fn advance(
    w: &UnitOfWork,
    consumer: &str,
    organisation: OrganisationId,
    from: i64,
    to: i64,
) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Position, Expr::value(to))
        .filter(Column::Consumer.eq(consumer))
        .filter(Column::Organisation.eq(organisation.0))
        .filter(Column::Position.eq(from));
    if rows::update(w, update).await? {
        return Ok(());
    }
    if from == 0 {
        let row = Model { consumer: consumer.to_owned(), organisation: organisation.0, position: to };
        let keep = OnConflict::columns([Column::Consumer, Column::Organisation]).do_nothing().to_owned();
        let inserted = Entity::insert(rows::all_set(row))
            .on_conflict(keep)
            .exec_without_returning(w.transaction())
            .await
            .map_err(|error| w.fault(error))?;
        if inserted > 0 {
            return Ok(());
        }
    }
    Err(w.conflict(format!("cursor {consumer}: another position than {from}")))
}
