//! The keys under which personal fields are sealed in the event log, one per subject.

use lares_model::{OrganisationId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{Conn, StoreError, UnitOfWork, memberships, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "subject_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: Uuid,
        pub organisation: Uuid,
        pub wrapped_key: Vec<u8>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// The wrapped key.
pub async fn find(c: &impl Conn, subject: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(rows::one(c, Entity::find_by_id(subject)).await?.map(|row| row.wrapped_key))
}

pub async fn insert(
    w: &UnitOfWork,
    subject: Uuid,
    organisation: OrganisationId,
    wrapped: Vec<u8>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let row = Model { subject, organisation: organisation.0, wrapped_key: wrapped, created_at: now.0 };
    rows::insert(w, row).await
}

/// After this the subject's fields in the event log cannot be read by anybody. Whether there was a key.
pub async fn destroy(w: &UnitOfWork, subject: Uuid) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Subject.eq(subject))).await? > 0)
}

/// Before an organisation goes: keys of people who are elsewhere, too, go over there, since what they seal may be in
/// another organisation's log.
pub async fn leave(w: &UnitOfWork, organisation: OrganisationId) -> Result<(), StoreError> {
    let keys = Entity::find().filter(Column::Organisation.eq(organisation.0));
    for key in rows::all(w, keys).await? {
        let places = memberships::of_user(w, UserId(key.subject)).await?;
        let Some(other) = places.iter().find(|place| place.organisation != organisation) else { continue };
        let over = Entity::update_many()
            .col_expr(Column::Organisation, Expr::value(other.organisation.0))
            .filter(Column::Subject.eq(key.subject));
        rows::update(w, over).await?;
    }
    Ok(())
}
