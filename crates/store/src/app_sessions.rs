//! Sign-ins of apps: families of refresh tokens.

use lares_model::oauth::Scopes;
use lares_model::{AppSessionId, OAuthClientId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::text::digest;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "app_sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub client: Option<Uuid>,
        pub scopes: String,
        pub amr: String,
        pub authenticated_at: i64,
        pub created_at: i64,
        pub expires_at: i64,
        pub last_used_at: i64,
        pub refresh_sha256: Vec<u8>,
        pub previous_sha256: Option<Vec<u8>>,
        pub rotated_at: Option<i64>,
        pub sealed_refresh: Option<Vec<u8>>,
        pub user_agent: Option<String>,
        pub peer: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSession {
    pub id: AppSessionId,
    pub user: UserId,
    /// `None` for this product's own apps.
    pub client: Option<OAuthClientId>,
    pub scopes: Scopes,
    /// RFC 8176 values, separated by spaces.
    pub amr: String,
    pub authenticated_at: UnixMillis,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub last_used_at: UnixMillis,
    pub refresh_sha256: [u8; 32],
    pub previous_sha256: Option<[u8; 32]>,
    pub rotated_at: Option<UnixMillis>,
    pub sealed_refresh: Option<Vec<u8>>,
    pub user_agent: Option<String>,
    pub peer: Option<String>,
}

fn from_row(row: Model) -> Result<AppSession, StoreError> {
    Ok(AppSession {
        id: AppSessionId(row.id),
        user: UserId(row.user_id),
        client: row.client.map(OAuthClientId),
        scopes: Scopes::parse(&row.scopes)
            .map_err(|unknown| StoreError::Corrupt(format!("app_sessions.scopes: {unknown}")))?,
        amr: row.amr,
        authenticated_at: UnixMillis(row.authenticated_at),
        created_at: UnixMillis(row.created_at),
        expires_at: UnixMillis(row.expires_at),
        last_used_at: UnixMillis(row.last_used_at),
        refresh_sha256: digest("app_sessions.refresh_sha256", row.refresh_sha256)?,
        previous_sha256: row
            .previous_sha256
            .map(|bytes| digest("app_sessions.previous_sha256", bytes))
            .transpose()?,
        rotated_at: row.rotated_at.map(UnixMillis),
        sealed_refresh: row.sealed_refresh,
        user_agent: row.user_agent,
        peer: row.peer,
    })
}

pub async fn insert(w: &UnitOfWork, session: &AppSession) -> Result<(), StoreError> {
    let row = Model {
        id: session.id.0,
        user_id: session.user.0,
        client: session.client.map(|client| client.0),
        scopes: session.scopes.to_string(),
        amr: session.amr.clone(),
        authenticated_at: session.authenticated_at.0,
        created_at: session.created_at.0,
        expires_at: session.expires_at.0,
        last_used_at: session.last_used_at.0,
        refresh_sha256: session.refresh_sha256.to_vec(),
        previous_sha256: session.previous_sha256.map(|hash| hash.to_vec()),
        rotated_at: session.rotated_at.map(|instant| instant.0),
        sealed_refresh: session.sealed_refresh.clone(),
        user_agent: session.user_agent.clone(),
        peer: session.peer.clone(),
    };
    rows::insert(w, row).await
}

/// Without a scope: this is how a caller becomes known. Expiry is the caller's to judge.
pub async fn find(c: &impl Conn, id: AppSessionId) -> Result<Option<AppSession>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

pub async fn of_user(c: &impl Conn, user: UserId) -> Result<Vec<AppSession>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The next refresh token of a family, unless another request was first: then nothing is written and it says so.
pub async fn rotate(
    w: &UnitOfWork,
    id: AppSessionId,
    current_sha256: [u8; 32],
    next: (&[u8; 32], &[u8]),
    now: UnixMillis,
    expires_at: UnixMillis,
) -> Result<bool, StoreError> {
    let (next_sha256, sealed) = next;
    let update = Entity::update_many()
        .col_expr(Column::PreviousSha256, Expr::value(current_sha256.to_vec()))
        .col_expr(Column::RefreshSha256, Expr::value(next_sha256.to_vec()))
        .col_expr(Column::SealedRefresh, Expr::value(sealed.to_vec()))
        .col_expr(Column::RotatedAt, Expr::value(now.0))
        .col_expr(Column::LastUsedAt, Expr::value(now.0))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at.0))
        .filter(Column::Id.eq(id.0))
        .filter(Column::RefreshSha256.eq(current_sha256.to_vec()));
    rows::update(w, update).await
}

/// The person has proved again who they are.
pub async fn authenticated_again(
    w: &UnitOfWork,
    id: AppSessionId,
    amr: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::AuthenticatedAt, Expr::value(now.0))
        .col_expr(Column::Amr, Expr::value(amr))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Whether it was there and theirs.
pub async fn delete(w: &UnitOfWork, user: UserId, id: AppSessionId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::UserId.eq(user.0));
    Ok(rows::delete(w, delete).await? > 0)
}

pub async fn delete_of_client(w: &UnitOfWork, client: OAuthClientId) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::Client.eq(client.0))).await
}

/// Those of a person with one program; how many there were.
pub async fn delete_of_user_and_client(
    w: &UnitOfWork,
    user: UserId,
    client: OAuthClientId,
) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::UserId.eq(user.0)).filter(Column::Client.eq(client.0));
    rows::delete(w, delete).await
}

/// Whose sessions with this program there are.
pub async fn users_of_client(c: &impl Conn, client: OAuthClientId) -> Result<Vec<UserId>, StoreError> {
    let found = rows::all(c, Entity::find().filter(Column::Client.eq(client.0))).await?;
    let mut users: Vec<_> = found.into_iter().map(|row| UserId(row.user_id)).collect();
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

pub async fn delete_expired(w: &UnitOfWork, now: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::ExpiresAt.lte(now.0))).await
}
