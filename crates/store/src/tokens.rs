//! API tokens and sign-in sessions.

use lares_model::oauth::Scopes;
use lares_model::{TokenId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::text::{digest, name_of, named};
use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub kind: String,
        pub name: String,
        pub secret_sha256: Vec<u8>,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub last_used_at: Option<i64>,
        pub authenticated_at: Option<i64>,
        pub amr: Option<String>,
        pub scopes: Option<String>,
        pub user_agent: Option<String>,
        pub peer: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub user: UserId,
    pub kind: TokenKind,
    pub name: String,
    pub secret_sha256: [u8; 32],
    pub created_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    pub last_used_at: Option<UnixMillis>,
    /// When its owner proved who they are; `None` for API tokens.
    pub authenticated_at: Option<UnixMillis>,
    /// How: RFC 8176 values, separated by spaces.
    pub amr: Option<String>,
    pub scopes: Scopes,
    pub user_agent: Option<String>,
    pub peer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Made by signing in.
    Session,
    /// Made on purpose, for a program.
    Api,
}

fn from_row(row: Model) -> Result<Token, StoreError> {
    Ok(Token {
        id: TokenId(row.id),
        user: UserId(row.user_id),
        kind: named("tokens.kind", row.kind)?,
        name: row.name,
        secret_sha256: digest("tokens.secret_sha256", row.secret_sha256)?,
        created_at: UnixMillis(row.created_at),
        expires_at: row.expires_at.map(UnixMillis),
        last_used_at: row.last_used_at.map(UnixMillis),
        authenticated_at: row.authenticated_at.map(UnixMillis),
        amr: row.amr,
        scopes: row
            .scopes
            .map_or(Ok(Scopes::ALL), |text| Scopes::parse(&text))
            .map_err(|unknown| StoreError::Corrupt(format!("tokens.scopes: {unknown}")))?,
        user_agent: row.user_agent,
        peer: row.peer,
    })
}

pub async fn insert(w: &UnitOfWork, token: &Token) -> Result<(), StoreError> {
    let row = Model {
        id: token.id.0,
        user_id: token.user.0,
        kind: name_of(&token.kind)?,
        name: token.name.clone(),
        secret_sha256: token.secret_sha256.to_vec(),
        created_at: token.created_at.0,
        expires_at: token.expires_at.map(|instant| instant.0),
        last_used_at: token.last_used_at.map(|instant| instant.0),
        authenticated_at: token.authenticated_at.map(|instant| instant.0),
        amr: token.amr.clone(),
        scopes: (token.scopes != Scopes::ALL).then(|| token.scopes.to_string()),
        user_agent: token.user_agent.clone(),
        peer: token.peer.clone(),
    };
    rows::insert(w, row).await
}

/// A session whose person has proved again who they are: what it was known by before is good no more.
pub async fn renew(
    w: &UnitOfWork,
    id: TokenId,
    secret_sha256: [u8; 32],
    amr: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::SecretSha256, Expr::value(secret_sha256.to_vec()))
        .col_expr(Column::AuthenticatedAt, Expr::value(now.0))
        .col_expr(Column::Amr, Expr::value(amr))
        .filter(Column::Id.eq(id.0))
        .filter(Column::Kind.eq(name_of(&TokenKind::Session)?));
    rows::update(w, update).await
}

/// Without a scope: this is how a caller becomes known. Expiry is the caller's to judge.
pub async fn find_by_secret(c: &impl Conn, secret_sha256: [u8; 32]) -> Result<Option<Token>, StoreError> {
    let select = Entity::find().filter(Column::SecretSha256.eq(secret_sha256.to_vec()));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// Without a scope, as `find_by_secret`: whether a connection that stands longer than a request may go on.
pub async fn find(c: &impl Conn, id: TokenId) -> Result<Option<Token>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

pub async fn list(c: &impl Conn, user: UserId) -> Result<Vec<Token>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user.0)).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// Whether it was there and theirs.
pub async fn delete(w: &UnitOfWork, user: UserId, id: TokenId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::UserId.eq(user.0));
    Ok(rows::delete(w, delete).await? > 0)
}

pub async fn touch(w: &UnitOfWork, id: TokenId, now: UnixMillis) -> Result<bool, StoreError> {
    let update =
        Entity::update_many().col_expr(Column::LastUsedAt, Expr::value(now.0)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// It ends then.
pub async fn end_at(w: &UnitOfWork, id: TokenId, at: UnixMillis) -> Result<bool, StoreError> {
    let update =
        Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(at.0)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Those that ended before this instant.
pub async fn delete_expired(w: &UnitOfWork, before: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::ExpiresAt.lt(before.0))).await
}
