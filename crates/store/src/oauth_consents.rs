//! What people let programs do.

use lares_model::oauth::Scopes;
use lares_model::{OAuthClientId, UnixMillis, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "oauth_consents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client: Uuid,
        pub scopes: String,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub user: UserId,
    pub client: OAuthClientId,
    pub scopes: Scopes,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

fn from_row(row: Model) -> Result<Consent, StoreError> {
    Ok(Consent {
        user: UserId(row.user_id),
        client: OAuthClientId(row.client),
        scopes: Scopes::parse(&row.scopes)
            .map_err(|unknown| StoreError::Corrupt(format!("oauth_consents.scopes: {unknown}")))?,
        created_at: UnixMillis(row.created_at),
        updated_at: UnixMillis(row.updated_at),
    })
}

/// In place of what was there for the same person and client; the first instant stays.
pub async fn set(w: &UnitOfWork, consent: &Consent) -> Result<(), StoreError> {
    let row = Model {
        user_id: consent.user.0,
        client: consent.client.0,
        scopes: consent.scopes.to_string(),
        created_at: consent.created_at.0,
        updated_at: consent.updated_at.0,
    };
    let replace = OnConflict::columns([Column::UserId, Column::Client])
        .update_columns([Column::Scopes, Column::UpdatedAt])
        .to_owned();
    Entity::insert(rows::all_set(row))
        .on_conflict(replace)
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    Ok(())
}

pub async fn find(c: &impl Conn, user: UserId, client: OAuthClientId) -> Result<Option<Consent>, StoreError> {
    rows::one(c, Entity::find_by_id((user.0, client.0))).await?.map(from_row).transpose()
}

pub async fn of_user(c: &impl Conn, user: UserId) -> Result<Vec<Consent>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::CreatedAt);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// Whether it was there.
pub async fn delete(w: &UnitOfWork, user: UserId, client: OAuthClientId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::UserId.eq(user.0)).filter(Column::Client.eq(client.0));
    Ok(rows::delete(w, delete).await? > 0)
}
