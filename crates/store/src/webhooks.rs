//! Webhooks of homes, with the sealed secret that what is posted to them is signed with.

use lares_model::access::Scope;
use lares_model::webhook::Webhook;
use lares_model::{HomeId, OrganisationId, UnixMillis, WebhookId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{from_json, json_of};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhooks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub home: Uuid,
        pub name: String,
        pub secret_sealed: Vec<u8>,
        pub mapping: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: WebhookId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        name: row.name,
        mapping: from_json("webhooks.mapping", &row.mapping)?,
        created_at: UnixMillis(row.created_at),
    })
}

pub async fn insert(w: &UnitOfWork, webhook: &Webhook, secret_sealed: Vec<u8>) -> Result<(), StoreError> {
    let row = Model {
        id: webhook.id.0,
        organisation: webhook.organisation.0,
        home: webhook.home.0,
        name: webhook.name.clone(),
        secret_sealed,
        mapping: json_of(&webhook.mapping)?,
        created_at: webhook.created_at.0,
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn of_home(
    c: &impl Conn,
    scope: &Scope,
    home: HomeId,
    page: Page,
) -> Result<Vec<Webhook>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Home.eq(home.0));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Without a scope: whoever posts to it has its signature and nothing else. With its sealed secret.
pub async fn find_any(c: &impl Conn, id: WebhookId) -> Result<Option<(Webhook, Vec<u8>)>, StoreError> {
    let Some(mut row) = rows::one(c, Entity::find_by_id(id.0)).await? else { return Ok(None) };
    let sealed = std::mem::take(&mut row.secret_sealed);
    Ok(Some((from_row(row)?, sealed)))
}

pub async fn delete(w: &UnitOfWork, id: WebhookId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
