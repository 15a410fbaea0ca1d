//! API tokens: made, listed, renewed and ended by the person whose rights they carry.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use lares_hub::api_tokens::{self as hub, NewToken};
use lares_hub::identity::{Issued, Token, TokenKind};
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::{TokenId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::visitor;
use super::extract::{Id, Posted, Who};
use super::problem::Problem;
use super::views::OnceHeader;

/// A bearer token, shown once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedView {
    pub id: TokenId,
    /// Send it as `Authorization: Bearer ...`.
    pub token: String,
    pub expires_at: Option<UnixMillis>,
}

impl From<Issued> for IssuedView {
    fn from(issued: Issued) -> Self {
        IssuedView { id: issued.id, token: issued.token, expires_at: issued.expires_at }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for, in your words.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// It never expires when this is left out.
    expires_at: Option<UnixMillis>,
    /// What it may be used for, never more than what you came with; all of that when this is left out.
    #[schema(min_items = 1, max_items = 10)]
    scopes: Option<Vec<OAuthScope>>,
}

/// Make an API token, with all of your rights or with some.
#[utoipa::path(post, path = "/api/auth/tokens", tag = "identity", operation_id = "createToken", params(OnceHeader),
    request_body = NewTokenBody, responses((status = 201, description = "The token, shown once", body = IssuedView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<(StatusCode, Json<IssuedView>), Problem> {
    let visitor = visitor(&door, &request);
    let Posted(once, body) = Posted::<NewTokenBody>::from_request(request, &door).await?;
    let scopes = body.scopes.map(Scopes::of);
    let new = NewToken { name: body.name, expires_at: body.expires_at, scopes };
    let issued = hub::create(&door.hub, &caller, &visitor, once.as_ref(), &new).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// A token or session.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenView {
    pub id: TokenId,
    pub name: String,
    /// `session` from signing in, `api` made on purpose.
    pub kind: &'static str,
    /// Whether this request came with it.
    pub current: bool,
    pub created_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    /// To the hour.
    pub last_used_at: Option<UnixMillis>,
    /// What it may be used for.
    pub scopes: Vec<OAuthScope>,
}

impl TokenView {
    fn of(token: Token, current: TokenId) -> TokenView {
        TokenView {
            current: token.id == current,
            id: token.id,
            name: token.name,
            kind: match token.kind {
                TokenKind::Session => "session",
                TokenKind::Api => "api",
            },
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            scopes: token.scopes.iter().collect(),
        }
    }
}

/// Your tokens and browsers' sessions, without their secrets.
#[utoipa::path(get, path = "/api/auth/tokens", tag = "identity", operation_id = "listTokens",
    responses((status = 200, description = "Tokens and sessions", body = Vec<TokenView>)))]
pub async fn list(State(door): State<Door>, Who(caller): Who) -> Result<Json<Vec<TokenView>>, Problem> {
    let tokens = hub::list(&door.hub, &caller).await?;
    Ok(Json(tokens.into_iter().map(|token| TokenView::of(token, caller.token)).collect()))
}

/// End a token or a browser's session.
#[utoipa::path(delete, path = "/api/auth/tokens/{id}", tag = "identity", operation_id = "deleteToken",
    params(("id" = TokenId, Path, description = "Token")), responses((status = 204, description = "Ended")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<TokenId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, &visitor(&door, &request), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRotationBody {
    /// Seconds for which the old token stays good; a day when this is left out.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_s: Option<u32>,
}

/// Replace an API token: the new one has its name, scopes and lifetime, and the old one ends after the overlap.
#[utoipa::path(post, path = "/api/auth/tokens/{id}/rotate", tag = "identity", operation_id = "rotateToken",
    params(("id" = TokenId, Path, description = "Token"), OnceHeader), request_body = TokenRotationBody,
    responses((status = 201, description = "The new token, shown once", body = IssuedView)))]
pub async fn rotate(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<TokenId>,
    request: Request,
) -> Result<(StatusCode, Json<IssuedView>), Problem> {
    let visitor = visitor(&door, &request);
    let Posted(once, body) = Posted::<TokenRotationBody>::from_request(request, &door).await?;
    let issued = hub::rotate(&door.hub, &caller, &visitor, once.as_ref(), id, body.overlap_s).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}
