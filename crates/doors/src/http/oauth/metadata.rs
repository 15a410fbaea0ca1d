//! What the provider says of itself, its public keys, and who a token's person is.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use lares_hub::oauth::{id_token, metadata};
use lares_hub::signing;
use serde_json::Value;

use super::super::Door;
use super::super::extract::Who;
use super::super::problem::Problem;

pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";

/// A key is published a day before it signs.
const KEPT: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=3600")];

/// The provider's metadata (OpenID Connect Discovery).
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = "oauth", operation_id = "getOpenIdConfiguration",
    responses((status = 200, description = "The metadata", body = Object)))]
pub async fn openid(State(door): State<Door>) -> impl IntoResponse {
    (KEPT, Json(metadata::document(&door.hub)))
}

/// The provider's metadata (RFC 8414): the same document.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "oauth", operation_id = "getOAuthMetadata",
    responses((status = 200, description = "The metadata", body = Object)))]
pub async fn oauth(State(door): State<Door>) -> impl IntoResponse {
    (KEPT, Json(metadata::document(&door.hub)))
}

/// The public keys that tokens are signed with (RFC 7517).
#[utoipa::path(get, path = "/oauth/jwks", tag = "oauth", operation_id = "getJwks",
    responses((status = 200, description = "A JWK Set", body = Object)))]
pub async fn jwks(State(door): State<Door>) -> impl IntoResponse {
    (KEPT, Json(signing::jwks(&door.hub)))
}

/// Who the token's person is, as far as its scopes go (OpenID Connect Core, section 5.3).
#[utoipa::path(get, path = "/oauth/userinfo", tag = "oauth", operation_id = "getUserinfo",
    responses((status = 200, description = "Claims", body = Object)))]
pub async fn userinfo(State(door): State<Door>, Who(caller): Who) -> Result<Json<Value>, Problem> {
    Ok(Json(id_token::userinfo(&door.hub, &caller).await?))
}

/// The same, by POST.
#[utoipa::path(post, path = "/oauth/userinfo", tag = "oauth", operation_id = "postUserinfo",
    responses((status = 200, description = "Claims", body = Object)))]
pub async fn post_userinfo(State(door): State<Door>, Who(caller): Who) -> Result<Json<Value>, Problem> {
    Ok(Json(id_token::userinfo(&door.hub, &caller).await?))
}
