//! Signing in and out, and API tokens.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lares_hub::Caller;
use lares_hub::identity::{self, Issued, SESSION_MS, Token, TokenKind};
use lares_model::access::Role;
use lares_model::{OrganisationId, TokenId, UnixMillis, UserId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Posted, Who};
use super::problem::Problem;
use super::session::{Page, set_cookie};
use super::views::OnceHeader;

/// E-mail and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    #[schema(max_length = 254, example = "owner@example.org")]
    email: String,
    #[schema(max_length = 1024)]
    password: String,
}

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

/// Sign in with e-mail and password; the token is good for 30 days.
#[utoipa::path(post, path = "/api/auth/login", tag = "identity", operation_id = "login", request_body = LoginBody,
    responses((status = 200, description = "Signed in", body = IssuedView),
        (status = 401, description = "E-mail or password is wrong", body = Problem, content_type = "application/problem+json")))]
pub async fn login(State(door): State<Door>, request: Request) -> Result<Json<IssuedView>, Problem> {
    Ok(Json(sign_in(&door, request).await?.into()))
}

async fn sign_in(door: &Door, request: Request) -> Result<Issued, Problem> {
    let peer = door.limits.peer(&request).map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
    let Body(body) = Body::<LoginBody>::from_request(request, door).await?;
    if body.password.chars().count() > 1_024 || body.email.chars().count() > 254 {
        return Err(lares_model::Invalid::one("/password", "e-mail or password is too long").into());
    }
    Ok(identity::sign_in(&door.hub, &peer, &body.email, &body.password).await?)
}

/// Sign in from a page of this server: the session is a cookie that no script can read, good for 30 days.
#[utoipa::path(post, path = "/api/auth/session", tag = "identity", operation_id = "openSession",
    request_body = LoginBody, responses((status = 200, description = "Signed in", body = ProfileView,
        headers(("Set-Cookie" = String, description = "`__Host-lares` over TLS, `lares` over plain HTTP"))),
        (status = 401, description = "E-mail or password is wrong", body = Problem, content_type = "application/problem+json")))]
pub async fn open_session(State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    if Page::of(request.headers()) == Page::Foreign {
        return Err(Problem::new(403, "Forbidden", "this request comes from another site's page"));
    }
    let secure = door.limits.is_secure(&request);
    let issued = sign_in(&door, request).await?;
    let caller = identity::caller_of(&door.hub, &issued.token).await?;
    let view = ProfileView::of(&door, &caller).await?;
    let cookie = set_cookie(Some(&issued.token), SESSION_MS / 1_000, secure);
    Ok((cookie, Json(view)).into_response())
}

/// Sign out of the browser: the session ends and its cookie is removed.
#[utoipa::path(delete, path = "/api/auth/session", tag = "identity", operation_id = "endSession",
    responses((status = 204, description = "Signed out",
        headers(("Set-Cookie" = String, description = "Removes the cookie")))))]
pub async fn end_session(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let cookie = set_cookie(None, 0, door.limits.is_secure(&request));
    identity::sign_out(&door.hub, &caller).await?;
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// End this session: its token is not taken any more.
#[utoipa::path(post, path = "/api/auth/logout", tag = "identity", operation_id = "logout",
    responses((status = 204, description = "Signed out")))]
pub async fn logout(State(door): State<Door>, Who(caller): Who) -> Result<StatusCode, Problem> {
    identity::sign_out(&door.hub, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is signed in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProfileView {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub created_at: UnixMillis,
    /// Only those that hold now.
    pub memberships: Vec<MembershipOfProfile>,
}

/// A place in an organisation.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MembershipOfProfile {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub role: Role,
}

impl ProfileView {
    async fn of(door: &Door, caller: &Caller) -> Result<ProfileView, Problem> {
        let user = identity::profile(&door.hub, caller).await?;
        let places = identity::places(&door.hub, caller).await?;
        let memberships = places.into_iter().map(|(organisation, role)| MembershipOfProfile {
            organisation: organisation.id,
            organisation_name: organisation.name,
            role,
        });
        Ok(ProfileView {
            id: user.id,
            email: user.email,
            name: user.name,
            created_at: user.created_at,
            memberships: memberships.collect(),
        })
    }
}

/// The signed-in person.
#[utoipa::path(get, path = "/api/auth/profile", tag = "identity", operation_id = "getProfile",
    responses((status = 200, description = "The person", body = ProfileView)))]
pub async fn profile(State(door): State<Door>, Who(caller): Who) -> Result<Json<ProfileView>, Problem> {
    Ok(Json(ProfileView::of(&door, &caller).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for, in your words.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// It never expires when this is left out.
    expires_at: Option<UnixMillis>,
}

/// Make an API token with all of your rights.
#[utoipa::path(post, path = "/api/auth/tokens", tag = "identity", operation_id = "createToken", params(OnceHeader),
    request_body = NewTokenBody, responses((status = 201, description = "The token, shown once", body = IssuedView)))]
pub async fn create_token(
    State(door): State<Door>,
    Who(caller): Who,
    Posted(once, body): Posted<NewTokenBody>,
) -> Result<(StatusCode, Json<IssuedView>), Problem> {
    let issued =
        identity::create_token(&door.hub, &caller, once.as_ref(), &body.name, body.expires_at).await?;
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
        }
    }
}

/// Your tokens and sessions, without their secrets.
#[utoipa::path(get, path = "/api/auth/tokens", tag = "identity", operation_id = "listTokens",
    responses((status = 200, description = "Tokens and sessions", body = Vec<TokenView>)))]
pub async fn list_tokens(
    State(door): State<Door>,
    Who(caller): Who,
) -> Result<Json<Vec<TokenView>>, Problem> {
    let tokens = identity::list_tokens(&door.hub, &caller).await?;
    Ok(Json(tokens.into_iter().map(|token| TokenView::of(token, caller.token)).collect()))
}

/// End a token or session.
#[utoipa::path(delete, path = "/api/auth/tokens/{id}", tag = "identity", operation_id = "deleteToken",
    params(("id" = TokenId, Path, description = "Token")), responses((status = 204, description = "Ended")))]
pub async fn delete_token(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, Problem> {
    identity::delete_token(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
