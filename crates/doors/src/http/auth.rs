//! Signing in and out.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::account_log::Visitor;
use lares_hub::app_sessions::{self, Tokens};
use lares_hub::identity::{self, Issued};
use lares_hub::sign_in::{self, Proved, SESSION_MS};
use lares_model::{AppSessionId, Invalid, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Who};
use super::problem::Problem;
use super::profile::ProfileView;
use super::session::{Page, set_cookie};

/// E-mail and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    #[schema(max_length = 254, example = "owner@example.org")]
    email: String,
    #[schema(max_length = 1024)]
    password: String,
    /// Of the person's code generator, or a recovery code; needed where codes are asked for.
    #[schema(max_length = 32, example = "123456")]
    code: Option<String>,
}

/// An access token and what it is renewed with (RFC 6749, section 5.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct SignedInView {
    /// The session, as it is listed among your sessions.
    pub id: AppSessionId,
    /// Send it as `Authorization: Bearer ...`: a JWT (RFC 9068).
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds that the access token is good for.
    pub expires_in: i64,
    /// For `POST /api/auth/refresh`, once: every refresh answers with the next one.
    pub refresh_token: String,
    /// What the access token may be used for, names separated by spaces.
    pub scope: String,
    /// The access token again, for clients of before refresh tokens.
    pub token: String,
    pub expires_at: UnixMillis,
}

impl SignedInView {
    pub fn of(door: &Door, tokens: Tokens) -> SignedInView {
        SignedInView {
            id: tokens.session,
            token: tokens.access_token.clone(),
            access_token: tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in_s,
            refresh_token: tokens.refresh_token,
            scope: tokens.scopes.to_string(),
            expires_at: door.hub.now() + tokens.expires_in_s * 1_000,
        }
    }
}

/// Who sends a request, as far as it is known.
pub fn visitor(door: &Door, request: &Request) -> Visitor {
    let peer = door.limits.peer(request).map(|peer| peer.to_string());
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Visitor::new(peer, agent)
}

/// Sign in with e-mail and password, as an app: an access token for 5 minutes and a refresh token.
#[utoipa::path(post, path = "/api/auth/login", tag = "identity", operation_id = "login", request_body = LoginBody,
    responses((status = 200, description = "Signed in", body = SignedInView),
        (status = 401, description = "E-mail or password is wrong, or a code is needed (`second-factor`)", body = Problem, content_type = "application/problem+json")))]
pub async fn login(State(door): State<Door>, request: Request) -> Result<Json<SignedInView>, Problem> {
    let (proved, visitor) = authenticate(&door, request).await?;
    let tokens = sign_in::open_app_session(&door.hub, proved, &visitor).await?;
    Ok(Json(SignedInView::of(&door, tokens)))
}

async fn authenticate(door: &Door, request: Request) -> Result<(Proved, Visitor), Problem> {
    let visitor = visitor(door, &request);
    let Body(body) = Body::<LoginBody>::from_request(request, door).await?;
    let mut invalid = Invalid::default();
    check_email(&mut invalid, &body.email);
    check_secrets(&mut invalid, Some(&body.password), body.code.as_deref());
    invalid.or(())?;
    let code = body.code.as_deref();
    let proved = sign_in::authenticate(&door.hub, &visitor, &body.email, &body.password, code).await?;
    Ok((proved, visitor))
}

/// A refresh token.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    #[schema(max_length = 1024)]
    refresh_token: String,
}

/// New tokens for a refresh token, which is used up by it. One that was used before ends its session; only the same
/// request repeated within 10 s, as after a lost answer, is answered again.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "identity", operation_id = "refresh", request_body = RefreshBody,
    responses((status = 200, description = "The next tokens", body = SignedInView),
        (status = 401, description = "The refresh token is unknown, used or expired", body = Problem, content_type = "application/problem+json")))]
pub async fn refresh(State(door): State<Door>, request: Request) -> Result<Json<SignedInView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<RefreshBody>::from_request(request, &door).await?;
    let (_, tokens) = app_sessions::refresh(&door.hub, &body.refresh_token, None, None, &visitor).await?;
    Ok(Json(SignedInView::of(&door, tokens)))
}

/// Sign in from a page of this server: the session is a cookie that no script can read, good for 30 days.
#[utoipa::path(post, path = "/api/auth/session", tag = "identity", operation_id = "openSession",
    request_body = LoginBody, responses((status = 200, description = "Signed in", body = ProfileView,
        headers(("Set-Cookie" = String, description = "`__Host-lares` over TLS, `lares` over plain HTTP"))),
        (status = 401, description = "E-mail or password is wrong, or a code is needed (`second-factor`)", body = Problem, content_type = "application/problem+json")))]
pub async fn open_session(State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    refuse_other_sites(&request)?;
    let secure = door.limits.is_secure(&request);
    let (proved, visitor) = authenticate(&door, request).await?;
    opened(&door, proved, &visitor, secure).await
}

/// The answer to somebody who signs in from a page of this server: the cookie, and who they are.
pub async fn opened(
    door: &Door,
    proved: Proved,
    visitor: &Visitor,
    secure: bool,
) -> Result<Response, Problem> {
    let issued = sign_in::open_session(&door.hub, proved, visitor).await?;
    let caller = identity::caller_of(&door.hub, &issued.token).await?;
    let view = ProfileView::of(door, &caller).await?;
    Ok((session_cookie(door, &issued, secure), Json(view)).into_response())
}

/// The cookie of a session, for as long as that lasts.
pub fn session_cookie(door: &Door, issued: &Issued, secure: bool) -> HeaderMap {
    let lasts_ms = issued.expires_at.map_or(SESSION_MS, |ends| ends.since_ms(door.hub.now()));
    let lasts_s = lasts_ms.unsigned_abs().div_ceil(1_000);
    set_cookie(Some(&issued.token), lasts_s.try_into().unwrap_or(i64::MAX), secure)
}

pub fn refuse_other_sites(request: &Request) -> Result<(), Problem> {
    if Page::of(request.headers()) == Page::Foreign {
        return Err(Problem::new(403, "Forbidden", "this request comes from another site's page"));
    }
    Ok(())
}

fn check_email(invalid: &mut Invalid, email: &str) {
    if email.chars().count() > 254 {
        invalid.add("/email", "must have at most 254 characters");
    }
}

/// Bounds on what is tried; whether it is right is said without saying what is wrong.
pub fn check_secrets(invalid: &mut Invalid, password: Option<&str>, code: Option<&str>) {
    if password.is_some_and(|password| password.chars().count() > 1_024) {
        invalid.add("/password", "must have at most 1024 characters");
    }
    if code.is_some_and(|code| code.chars().count() > 32) {
        invalid.add("/code", "must have at most 32 characters");
    }
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
    sign_in::sign_out(&door.hub, &caller).await?;
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// End this session: its token is not taken any more.
#[utoipa::path(post, path = "/api/auth/logout", tag = "identity", operation_id = "logout",
    responses((status = 204, description = "Signed out")))]
pub async fn logout(State(door): State<Door>, Who(caller): Who) -> Result<StatusCode, Problem> {
    sign_in::sign_out(&door.hub, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
