//! Sign-ins of things without a keyboard that wait for a person.

use lares_model::oauth::Scopes;
use lares_model::oauth_device::{Decision, Standing};
use lares_model::{OAuthClientId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{digest, name_of, named};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "oauth_device_grants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub device_code_sha256: Vec<u8>,
        pub user_code_sha256: Vec<u8>,
        pub client: Uuid,
        pub scopes: String,
        pub user_agent: Option<String>,
        pub peer: Option<String>,
        pub created_at: i64,
        pub expires_at: i64,
        pub interval_s: i64,
        pub polled_at: Option<i64>,
        pub decision: Option<String>,
        pub user_id: Option<Uuid>,
        pub authenticated_at: Option<i64>,
        pub amr: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceGrant {
    pub device_code_sha256: [u8; 32],
    pub user_code_sha256: [u8; 32],
    pub client: OAuthClientId,
    pub scopes: Scopes,
    pub user_agent: Option<String>,
    pub peer: Option<String>,
    pub created_at: UnixMillis,
    pub standing: Standing,
    /// Who let it in, or did not.
    pub person: Option<Person>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub authenticated_at: UnixMillis,
    /// RFC 8176 values, separated by spaces.
    pub amr: String,
}

fn from_row(row: Model) -> Result<DeviceGrant, StoreError> {
    let person = match (row.user_id, row.authenticated_at) {
        (Some(user), Some(at)) => Some(Person {
            user: UserId(user),
            authenticated_at: UnixMillis(at),
            amr: row.amr.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(DeviceGrant {
        device_code_sha256: digest("oauth_device_grants.device_code_sha256", row.device_code_sha256)?,
        user_code_sha256: digest("oauth_device_grants.user_code_sha256", row.user_code_sha256)?,
        client: OAuthClientId(row.client),
        scopes: Scopes::parse(&row.scopes)
            .map_err(|unknown| StoreError::Corrupt(format!("oauth_device_grants.scopes: {unknown}")))?,
        user_agent: row.user_agent,
        peer: row.peer,
        created_at: UnixMillis(row.created_at),
        standing: Standing {
            expires_at: UnixMillis(row.expires_at),
            interval_s: row.interval_s,
            polled_at: row.polled_at.map(UnixMillis),
            decision: row
                .decision
                .map(|decision| named("oauth_device_grants.decision", decision))
                .transpose()?,
        },
        person,
    })
}

pub async fn insert(w: &UnitOfWork, grant: &DeviceGrant) -> Result<(), StoreError> {
    let person = grant.person.as_ref();
    let row = Model {
        device_code_sha256: grant.device_code_sha256.to_vec(),
        user_code_sha256: grant.user_code_sha256.to_vec(),
        client: grant.client.0,
        scopes: grant.scopes.to_string(),
        user_agent: grant.user_agent.clone(),
        peer: grant.peer.clone(),
        created_at: grant.created_at.0,
        expires_at: grant.standing.expires_at.0,
        interval_s: grant.standing.interval_s,
        polled_at: grant.standing.polled_at.map(|at| at.0),
        decision: grant.standing.decision.as_ref().map(name_of).transpose()?,
        user_id: person.map(|person| person.user.0),
        authenticated_at: person.map(|person| person.authenticated_at.0),
        amr: person.map(|person| person.amr.clone()),
    };
    rows::insert(w, row).await
}

/// Expiry is the caller's to judge.
pub async fn by_device_code(
    c: &impl Conn,
    device_code_sha256: [u8; 32],
) -> Result<Option<DeviceGrant>, StoreError> {
    let select = Entity::find().filter(Column::DeviceCodeSha256.eq(device_code_sha256.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// The same.
pub async fn by_user_code(
    c: &impl Conn,
    user_code_sha256: [u8; 32],
) -> Result<Option<DeviceGrant>, StoreError> {
    let select = Entity::find().filter(Column::UserCodeSha256.eq(user_code_sha256.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// It asked how far it is.
pub async fn polled(
    w: &UnitOfWork,
    device_code_sha256: [u8; 32],
    at: UnixMillis,
    interval_s: i64,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::PolledAt, Expr::value(at.0))
        .col_expr(Column::IntervalS, Expr::value(interval_s))
        .filter(Column::DeviceCodeSha256.eq(device_code_sha256.to_vec()));
    rows::update(w, update).await
}

/// What a person said, once: whether nobody had said anything before.
pub async fn decide(
    w: &UnitOfWork,
    user_code_sha256: [u8; 32],
    decision: Decision,
    person: &Person,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Decision, Expr::value(name_of(&decision)?))
        .col_expr(Column::UserId, Expr::value(person.user.0))
        .col_expr(Column::AuthenticatedAt, Expr::value(person.authenticated_at.0))
        .col_expr(Column::Amr, Expr::value(person.amr.as_str()))
        .filter(Column::UserCodeSha256.eq(user_code_sha256.to_vec()))
        .filter(Column::Decision.is_null());
    rows::update(w, update).await
}

/// Whether it was there: of two that come for the same tokens at once, one is told so.
pub async fn delete(w: &UnitOfWork, device_code_sha256: [u8; 32]) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::DeviceCodeSha256.eq(device_code_sha256.to_vec()));
    Ok(rows::delete(w, delete).await? > 0)
}

/// Those that this person let in and that have not come for their tokens.
pub async fn delete_of_user(w: &UnitOfWork, user: UserId) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::UserId.eq(user.0))).await
}

pub async fn delete_expired(w: &UnitOfWork, now: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::ExpiresAt.lte(now.0))).await
}
