//! Programs that register themselves (RFC 7591) and manage their registration (RFC 7592).

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use lares_hub::oauth::{OAuthError, fault, registration};
use lares_model::OAuthClientId;
use serde_json::{Map, Value};

use super::super::Door;
use super::super::extract::{body_bytes, expect_content};
use super::{OAuthErrorView, Refused, Sent, bearer};

/// What a program says of itself (RFC 7591, section 2). What is not named here is left aside; `jwks_uri` is refused,
/// since keys are not fetched.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct RegistrationBody {
    /// What people are shown; where it is left out, the client's id.
    #[schema(min_length = 1, max_length = 120)]
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
    application_type: Option<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    /// The public keys themselves, P-256 or Ed25519.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
}

struct Given {
    token: Option<String>,
    metadata: Map<String, Value>,
}

async fn given(door: &Door, request: Request) -> Result<Given, Sent> {
    expect_content(request.headers(), "application/json")?;
    let token = bearer(request.headers()).map(str::to_owned);
    let bytes = body_bytes(request, door).await?;
    let metadata = serde_json::from_slice(&bytes).map_err(|error| {
        let text = format!("the body is no JSON object: {error}");
        Refused::from(OAuthError::from(fault("invalid_client_metadata", text)))
    })?;
    Ok(Given { token, metadata })
}

/// Register a program, with a token that an organisation gave it as the bearer token.
#[utoipa::path(post, path = "/oauth/register", tag = "oauth", operation_id = "registerOAuthClient",
    request_body = RegistrationBody,
    responses((status = 201, description = "Registered (RFC 7591, section 3.2.1)", body = Object),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The token is missing, unknown, used or expired", body = OAuthErrorView)))]
pub async fn register(State(door): State<Door>, request: Request) -> Result<(StatusCode, Json<Value>), Sent> {
    let Given { token, metadata } = given(&door, request).await?;
    let registered = registration::register(&door.hub, token.as_deref(), &metadata).await?;
    Ok((StatusCode::CREATED, Json(registration::told(&door.hub, &registered))))
}

/// Not parsed by an extractor: whatever is no id is as unknown as any other.
fn id_of(path: &str) -> Option<OAuthClientId> {
    path.parse().ok()
}

/// A program's own registration, with its registration access token as the bearer token.
#[utoipa::path(get, path = "/oauth/register/{id}", tag = "oauth", operation_id = "getOAuthRegistration",
    params(("id" = OAuthClientId, Path, description = "Client")),
    responses((status = 200, description = "The registration", body = Object),
        (status = 401, description = "The token is not this client's", body = OAuthErrorView)))]
pub async fn get(
    State(door): State<Door>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Sent> {
    let token = bearer(request.headers());
    let registered = registration::read(&door.hub, id_of(&id), token).await?;
    Ok(Json(registration::told(&door.hub, &registered)))
}

/// Replace everything that a program says of itself.
#[utoipa::path(put, path = "/oauth/register/{id}", tag = "oauth", operation_id = "replaceOAuthRegistration",
    params(("id" = OAuthClientId, Path, description = "Client")), request_body = RegistrationBody,
    responses((status = 200, description = "The registration", body = Object),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The token is not this client's", body = OAuthErrorView)))]
pub async fn replace(
    State(door): State<Door>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Sent> {
    let Given { token, metadata } = given(&door, request).await?;
    let registered = registration::replace(&door.hub, id_of(&id), token.as_deref(), &metadata).await?;
    Ok(Json(registration::told(&door.hub, &registered)))
}

/// Remove a program's registration, with everything that it was let in to.
#[utoipa::path(delete, path = "/oauth/register/{id}", tag = "oauth", operation_id = "deleteOAuthRegistration",
    params(("id" = OAuthClientId, Path, description = "Client")),
    responses((status = 204, description = "Removed"),
        (status = 401, description = "The token is not this client's", body = OAuthErrorView)))]
pub async fn remove(
    State(door): State<Door>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Sent> {
    registration::remove(&door.hub, id_of(&id), bearer(request.headers())).await?;
    Ok(StatusCode::NO_CONTENT)
}
