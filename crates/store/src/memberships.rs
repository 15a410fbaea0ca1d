//! People's places in organisations.

use std::collections::HashMap;

use lares_model::access::{Membership, Scope};
use lares_model::{MembershipId, OrganisationId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::text::{name_of, named};
use crate::users::{self, User};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "memberships")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub user_id: Uuid,
        pub role: String,
        pub valid_from: i64,
        pub valid_until: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Result<Membership, StoreError> {
    Ok(Membership {
        id: MembershipId(row.id),
        organisation: OrganisationId(row.organisation),
        user: UserId(row.user_id),
        role: named("memberships.role", row.role)?,
        valid_from: UnixMillis(row.valid_from),
        valid_until: row.valid_until.map(UnixMillis),
    })
}

pub async fn insert(w: &UnitOfWork, membership: &Membership) -> Result<(), StoreError> {
    let row = Model {
        id: membership.id.0,
        organisation: membership.organisation.0,
        user_id: membership.user.0,
        role: name_of(&membership.role)?,
        valid_from: membership.valid_from.0,
        valid_until: membership.valid_until.map(|instant| instant.0),
    };
    rows::insert(w, row).await
}

/// Without a scope: this is what a caller's scope is made from.
pub async fn of_user(c: &impl Conn, user: UserId) -> Result<Vec<Membership>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

pub async fn of_organisation(
    c: &impl Conn,
    scope: &Scope,
    organisation: OrganisationId,
    page: Page,
) -> Result<Vec<(Membership, User)>, StoreError> {
    let narrowed = scope.narrowed(organisation);
    let select = Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(&narrowed)));
    let found = rows::all(c, rows::paged(select, Column::Id, page)).await?;
    let ids: Vec<_> = found.iter().map(|row| row.user_id).collect();
    let people = users::row::Entity::find().filter(users::row::Column::Id.is_in(ids));
    let people: HashMap<_, _> = rows::all(c, people).await?.into_iter().map(|row| (row.id, row)).collect();
    let pairs = found.into_iter().filter_map(|row| {
        // A person who was removed between the two reads takes their memberships along.
        let person = people.get(&row.user_id)?.clone();
        Some(from_row(row).map(|membership| (membership, users::from_row(person))))
    });
    pairs.collect()
}

pub async fn find(c: &impl Conn, scope: &Scope, id: MembershipId) -> Result<Option<Membership>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// Its role and its end.
pub async fn update(w: &UnitOfWork, membership: &Membership) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Role, Expr::value(name_of(&membership.role)?))
        .col_expr(Column::ValidUntil, Expr::value(membership.valid_until.map(|instant| instant.0)))
        .filter(Column::Id.eq(membership.id.0))
        .filter(Column::Organisation.eq(membership.organisation.0));
    rows::update(w, update).await
}

/// Whether it was there.
pub async fn remove(w: &UnitOfWork, scope: &Scope, id: MembershipId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many()
        .filter(Column::Id.eq(id.0))
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    Ok(rows::delete(w, delete).await? > 0)
}
