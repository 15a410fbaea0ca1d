//! OAuth clients, with the hashes of what they prove themselves with.

use lares_model::access::Scope;
use lares_model::oauth::Scopes;
use lares_model::oauth_client::OAuthClient;
use lares_model::{OAuthClientId, OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{digest, from_json, json_of, name_of, named};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "oauth_clients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub name: String,
        pub application_type: String,
        pub redirect_uris: String,
        pub post_logout_redirect_uris: String,
        pub grant_types: String,
        pub scopes: String,
        pub auth_method: String,
        pub jwks: Option<String>,
        pub role: Option<String>,
        pub uri: Option<String>,
        pub logo: Option<String>,
        pub disabled: bool,
        pub dynamic: bool,
        pub secret_sha256: Option<Vec<u8>>,
        pub previous_secret_sha256: Option<Vec<u8>>,
        pub previous_secret_until: Option<i64>,
        pub registration_sha256: Option<Vec<u8>>,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// What a client proves itself with, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    pub current_sha256: Option<[u8; 32]>,
    pub previous_sha256: Option<[u8; 32]>,
    pub registration_sha256: Option<[u8; 32]>,
}

fn from_row(row: Model) -> Result<(OAuthClient, Secrets), StoreError> {
    let hash = |column: &str, bytes: Option<Vec<u8>>| bytes.map(|bytes| digest(column, bytes)).transpose();
    let secrets = Secrets {
        current_sha256: hash("oauth_clients.secret_sha256", row.secret_sha256)?,
        previous_sha256: hash("oauth_clients.previous_secret_sha256", row.previous_secret_sha256)?,
        registration_sha256: hash("oauth_clients.registration_sha256", row.registration_sha256)?,
    };
    let client = OAuthClient {
        id: OAuthClientId(row.id),
        organisation: OrganisationId(row.organisation),
        name: row.name,
        application_type: named("oauth_clients.application_type", row.application_type)?,
        redirect_uris: from_json("oauth_clients.redirect_uris", &row.redirect_uris)?,
        post_logout_redirect_uris: from_json(
            "oauth_clients.post_logout_redirect_uris",
            &row.post_logout_redirect_uris,
        )?,
        grant_types: from_json("oauth_clients.grant_types", &row.grant_types)?,
        scopes: Scopes::parse(&row.scopes)
            .map_err(|unknown| StoreError::Corrupt(format!("oauth_clients.scopes: {unknown}")))?,
        auth_method: named("oauth_clients.auth_method", row.auth_method)?,
        jwks: row.jwks.map(|jwks| from_json("oauth_clients.jwks", &jwks)).transpose()?,
        role: row.role.map(|role| named("oauth_clients.role", role)).transpose()?,
        uri: row.uri,
        logo: row.logo,
        disabled: row.disabled,
        dynamic: row.dynamic,
        previous_secret_until: row.previous_secret_until.map(UnixMillis),
        created_at: UnixMillis(row.created_at),
        updated_at: UnixMillis(row.updated_at),
    };
    Ok((client, secrets))
}

pub async fn insert(w: &UnitOfWork, client: &OAuthClient, secrets: &Secrets) -> Result<(), StoreError> {
    let row = Model {
        id: client.id.0,
        organisation: client.organisation.0,
        name: client.name.clone(),
        application_type: name_of(&client.application_type)?,
        redirect_uris: json_of(&client.redirect_uris)?,
        post_logout_redirect_uris: json_of(&client.post_logout_redirect_uris)?,
        grant_types: json_of(&client.grant_types)?,
        scopes: client.scopes.to_string(),
        auth_method: name_of(&client.auth_method)?,
        jwks: client.jwks.as_ref().map(json_of).transpose()?,
        role: client.role.as_ref().map(name_of).transpose()?,
        uri: client.uri.clone(),
        logo: client.logo.clone(),
        disabled: client.disabled,
        dynamic: client.dynamic,
        secret_sha256: secrets.current_sha256.map(|hash| hash.to_vec()),
        previous_secret_sha256: secrets.previous_sha256.map(|hash| hash.to_vec()),
        previous_secret_until: client.previous_secret_until.map(|until| until.0),
        registration_sha256: secrets.registration_sha256.map(|hash| hash.to_vec()),
        created_at: client.created_at.0,
        updated_at: client.updated_at.0,
    };
    rows::insert(w, row).await
}

pub async fn find(
    c: &impl Conn,
    scope: &Scope,
    id: OAuthClientId,
) -> Result<Option<OAuthClient>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    Ok(rows::one(c, select).await?.map(from_row).transpose()?.map(|(client, _)| client))
}

/// Without a scope: the client itself is the caller, or somebody who is asked to let it in.
pub async fn find_any(
    c: &impl Conn,
    id: OAuthClientId,
) -> Result<Option<(OAuthClient, Secrets)>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

pub async fn of_organisation(
    c: &impl Conn,
    scope: &Scope,
    organisation: OrganisationId,
    page: Page,
) -> Result<Vec<OAuthClient>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Organisation.eq(organisation.0));
    let found = rows::all(c, rows::paged(select, Column::Id, page)).await?;
    found.into_iter().map(|row| Ok(from_row(row)?.0)).collect()
}

/// Without a scope: programs that a person let in, whoever answers for them.
pub async fn find_many(c: &impl Conn, ids: &[OAuthClientId]) -> Result<Vec<OAuthClient>, StoreError> {
    let mut found = Vec::new();
    for batch in rows::batches(ids.iter().map(|id| id.0)) {
        for row in rows::all(c, Entity::find().filter(Column::Id.is_in(batch))).await? {
            found.push(from_row(row)?.0);
        }
    }
    Ok(found)
}

/// Writes everything but its secrets and what never changes.
pub async fn update(w: &UnitOfWork, client: &OAuthClient) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(client.name.as_str()))
        .col_expr(Column::ApplicationType, Expr::value(name_of(&client.application_type)?))
        .col_expr(Column::RedirectUris, Expr::value(json_of(&client.redirect_uris)?))
        .col_expr(Column::PostLogoutRedirectUris, Expr::value(json_of(&client.post_logout_redirect_uris)?))
        .col_expr(Column::GrantTypes, Expr::value(json_of(&client.grant_types)?))
        .col_expr(Column::Scopes, Expr::value(client.scopes.to_string()))
        .col_expr(Column::AuthMethod, Expr::value(name_of(&client.auth_method)?))
        .col_expr(Column::Jwks, Expr::value(client.jwks.as_ref().map(json_of).transpose()?))
        .col_expr(Column::Role, Expr::value(client.role.as_ref().map(name_of).transpose()?))
        .col_expr(Column::Uri, Expr::value(client.uri.clone()))
        .col_expr(Column::Logo, Expr::value(client.logo.clone()))
        .col_expr(Column::Disabled, Expr::value(client.disabled))
        .col_expr(Column::UpdatedAt, Expr::value(client.updated_at.0))
        .filter(Column::Id.eq(client.id.0))
        .filter(Column::Organisation.eq(client.organisation.0));
    rows::update(w, update).await
}

/// Another secret, and for how long the one before it is taken, too.
pub async fn set_secret(
    w: &UnitOfWork,
    id: OAuthClientId,
    current_sha256: Option<[u8; 32]>,
    previous: Option<([u8; 32], UnixMillis)>,
) -> Result<bool, StoreError> {
    let (previous_sha256, until) = previous.unzip();
    let update = Entity::update_many()
        .col_expr(Column::SecretSha256, Expr::value(current_sha256.map(|hash| hash.to_vec())))
        .col_expr(Column::PreviousSecretSha256, Expr::value(previous_sha256.map(|hash| hash.to_vec())))
        .col_expr(Column::PreviousSecretUntil, Expr::value(until.map(|until| until.0)))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// What it manages its own registration with from now on.
pub async fn set_registration(
    w: &UnitOfWork,
    id: OAuthClientId,
    registration_sha256: [u8; 32],
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::RegistrationSha256, Expr::value(registration_sha256.to_vec()))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Its consents go with it; its sessions are `app_sessions`'.
pub async fn delete(w: &UnitOfWork, id: OAuthClientId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
