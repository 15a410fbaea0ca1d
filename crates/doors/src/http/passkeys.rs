//! Passkeys: registering them, looking after them, and signing in with one.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use lares_hub::passkeys::{self, Ceremony, Passkey};
use lares_hub::sign_in;
use lares_model::{Invalid, PasskeyId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Door;
use super::auth::{SignedInView, opened, refuse_other_sites, visitor};
use super::extract::{Body, Id, Who};
use super::problem::Problem;
use super::profile::ProfileView;

/// A challenge for an authenticator, good once and for five minutes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PasskeyChallengeView {
    /// To be sent back with the answer.
    pub challenge: String,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    pub options: Value,
}

impl From<Ceremony> for PasskeyChallengeView {
    fn from(ceremony: Ceremony) -> Self {
        PasskeyChallengeView { challenge: ceremony.challenge, options: ceremony.options }
    }
}

/// What an authenticator answered.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswerBody {
    #[schema(max_length = 64)]
    pub challenge: String,
    /// What `toJSON()` of the credential gives.
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
}

/// A new passkey, as its authenticator made it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskeyBody {
    #[schema(max_length = 64)]
    challenge: String,
    /// In your words.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// What `toJSON()` of the credential gives.
    #[schema(value_type = Object)]
    credential: Map<String, Value>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskeyBody {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

/// A passkey.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PasskeyView {
    pub id: PasskeyId,
    pub name: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        PasskeyView {
            id: passkey.id,
            name: passkey.name,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

pub fn check_challenge(challenge: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/challenge", challenge, 0, 64);
    invalid.or(())
}

/// Your passkeys.
#[utoipa::path(get, path = "/api/auth/passkeys", tag = "identity", operation_id = "listPasskeys",
    responses((status = 200, description = "The passkeys", body = Vec<PasskeyView>)))]
pub async fn list(State(door): State<Door>, Who(caller): Who) -> Result<Json<Vec<PasskeyView>>, Problem> {
    let passkeys = passkeys::list(&door.hub, &caller).await?;
    Ok(Json(passkeys.into_iter().map(PasskeyView::from).collect()))
}

/// Begin to register a passkey.
#[utoipa::path(post, path = "/api/auth/passkeys/registration", tag = "identity",
    operation_id = "startPasskeyRegistration",
    responses((status = 200, description = "For `navigator.credentials.create`", body = PasskeyChallengeView)))]
pub async fn start_registration(
    State(door): State<Door>,
    Who(caller): Who,
) -> Result<Json<PasskeyChallengeView>, Problem> {
    Ok(Json(passkeys::start_registration(&door.hub, &caller).await?.into()))
}

/// Register the passkey that an authenticator made for the challenge.
#[utoipa::path(post, path = "/api/auth/passkeys", tag = "identity", operation_id = "registerPasskey",
    request_body = NewPasskeyBody, responses((status = 201, description = "Registered", body = PasskeyView)))]
pub async fn register(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<(StatusCode, Json<PasskeyView>), Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<NewPasskeyBody>::from_request(request, &door).await?;
    check_challenge(&body.challenge)?;
    let credential = Value::Object(body.credential);
    let passkey =
        passkeys::register(&door.hub, &caller, &body.challenge, &body.name, credential, &visitor).await?;
    Ok((StatusCode::CREATED, Json(passkey.into())))
}

/// Give a passkey another name.
#[utoipa::path(patch, path = "/api/auth/passkeys/{id}", tag = "identity", operation_id = "renamePasskey",
    params(("id" = PasskeyId, Path, description = "Passkey")), request_body = RenamePasskeyBody,
    responses((status = 200, description = "The passkey", body = PasskeyView)))]
pub async fn rename(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<PasskeyId>,
    Body(body): Body<RenamePasskeyBody>,
) -> Result<Json<PasskeyView>, Problem> {
    Ok(Json(passkeys::rename(&door.hub, &caller, id, &body.name).await?.into()))
}

/// Remove a passkey: it signs in no more.
#[utoipa::path(delete, path = "/api/auth/passkeys/{id}", tag = "identity", operation_id = "removePasskey",
    params(("id" = PasskeyId, Path, description = "Passkey")), responses((status = 204, description = "Removed")))]
pub async fn remove(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<PasskeyId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    passkeys::remove(&door.hub, &caller, id, &visitor(&door, &request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to sign in, or to prove again who you are, with a passkey; nobody needs to be named.
#[utoipa::path(post, path = "/api/auth/passkeys/challenge", tag = "identity", operation_id = "startPasskeySignIn",
    responses((status = 200, description = "For `navigator.credentials.get`", body = PasskeyChallengeView)))]
pub async fn challenge(State(door): State<Door>) -> Result<Json<PasskeyChallengeView>, Problem> {
    Ok(Json(passkeys::start_sign_in(&door.hub).await?.into()))
}

/// Sign in with a passkey from a page of this server: the session is a cookie, as that of `openSession`.
#[utoipa::path(post, path = "/api/auth/passkeys/session", tag = "identity", operation_id = "openPasskeySession",
    request_body = PasskeyAnswerBody, responses((status = 200, description = "Signed in", body = ProfileView,
        headers(("Set-Cookie" = String, description = "`__Host-lares` over TLS, `lares` over plain HTTP"))),
        (status = 401, description = "Refused", body = Problem, content_type = "application/problem+json")))]
pub async fn open_session(State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    refuse_other_sites(&request)?;
    let (visitor, secure) = (visitor(&door, &request), door.limits.is_secure(&request));
    let Body(body) = Body::<PasskeyAnswerBody>::from_request(request, &door).await?;
    check_challenge(&body.challenge)?;
    let proved =
        passkeys::prove(&door.hub, &body.challenge, Value::Object(body.credential), &visitor).await?;
    opened(&door, proved, &visitor, secure).await
}

/// Sign in with a passkey, as an app.
#[utoipa::path(post, path = "/api/auth/passkeys/login", tag = "identity", operation_id = "loginWithPasskey",
    request_body = PasskeyAnswerBody, responses((status = 200, description = "Signed in", body = SignedInView),
        (status = 401, description = "Refused", body = Problem, content_type = "application/problem+json")))]
pub async fn login(State(door): State<Door>, request: Request) -> Result<Json<SignedInView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<PasskeyAnswerBody>::from_request(request, &door).await?;
    check_challenge(&body.challenge)?;
    let proved =
        passkeys::prove(&door.hub, &body.challenge, Value::Object(body.credential), &visitor).await?;
    let tokens = sign_in::open_app_session(&door.hub, proved, &visitor).await?;
    Ok(Json(SignedInView::of(&door, tokens)))
}
