//! Where programs, services and devices come for tokens, ask about them and give them back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::oauth::{device_grant, grants, introspection};
use serde::Serialize;
use serde_json::Value;

use super::super::Door;
use super::{Form, OAuthErrorView, Refused};

/// How a program says which one it is, in every form; `client_secret_basic` uses the `Authorization` header instead.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct TokenForm {
    /// `authorization_code`, `refresh_token`, `client_credentials` or
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// A JWT (RFC 7523).
    client_assertion: Option<String>,
    /// With `authorization_code`.
    code: Option<String>,
    /// With `authorization_code`: what the challenge was made of.
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
    device_code: Option<String>,
    /// Fewer than were granted, with `refresh_token`; otherwise some of what the client may ask for.
    scope: Option<String>,
    resource: Option<String>,
}

/// Tokens (RFC 6749, section 5.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokensView {
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    pub expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// Tokens for a code, a refresh token, a device code, or a proof of oneself.
#[utoipa::path(post, path = "/oauth/token", tag = "oauth", operation_id = "getTokens",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Tokens", body = TokensView),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The client does not prove itself", body = OAuthErrorView)))]
pub async fn token(State(door): State<Door>, form: Form) -> Result<Json<TokensView>, Refused> {
    let given = grants::token(&door.hub, form.authorization(), &form.parameters, &form.visitor).await;
    let given = given.map_err(|error| form.refused(error))?;
    Ok(Json(TokensView {
        access_token: given.access_token,
        token_type: "Bearer",
        expires_in: given.expires_in_s,
        refresh_token: given.refresh_token,
        scope: given.scopes.to_string(),
        id_token: given.id_token,
    }))
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct DeviceAuthorizationForm {
    client_id: Option<String>,
    client_secret: Option<String>,
    client_assertion_type: Option<String>,
    client_assertion: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
}

/// What a device shows, and what it asks with (RFC 8628, section 3.2).
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeviceAuthorizationView {
    pub device_code: String,
    /// For the person to type.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, as for a QR code.
    pub verification_uri_complete: String,
    pub expires_in: i64,
    /// Seconds to wait between two questions.
    pub interval: i64,
}

/// Begin to let in a device without a keyboard (RFC 8628).
#[utoipa::path(post, path = "/oauth/device_authorization", tag = "oauth", operation_id = "authorizeDevice",
    request_body(content = DeviceAuthorizationForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The codes", body = DeviceAuthorizationView),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The client does not prove itself", body = OAuthErrorView)))]
pub async fn authorize_device(
    State(door): State<Door>,
    form: Form,
) -> Result<Json<DeviceAuthorizationView>, Refused> {
    let begun = device_grant::begin(&door.hub, form.authorization(), &form.parameters, &form.visitor).await;
    let begun = begun.map_err(|error| form.refused(error))?;
    Ok(Json(DeviceAuthorizationView {
        device_code: begun.device_code,
        user_code: begun.user_code,
        verification_uri: begun.verification_uri,
        verification_uri_complete: begun.verification_uri_complete,
        expires_in: begun.expires_in_s,
        interval: begun.interval_s,
    }))
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct OneTokenForm {
    token: String,
    /// Not needed: tokens are told apart by themselves.
    token_type_hint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_assertion_type: Option<String>,
    client_assertion: Option<String>,
}

/// What a token of the client's own is good for (RFC 7662). Of any other it is said that it is not active.
#[utoipa::path(post, path = "/oauth/introspect", tag = "oauth", operation_id = "introspectToken",
    request_body(content = OneTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What is known of it", body = Object),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The client does not prove itself", body = OAuthErrorView)))]
pub async fn introspect(State(door): State<Door>, form: Form) -> Result<Json<Value>, Refused> {
    let told = introspection::introspect(&door.hub, form.authorization(), &form.parameters).await;
    told.map(Json).map_err(|error| form.refused(error))
}

/// Give a token back: the sign-in that it is of ends (RFC 7009). One that is not the client's is left alone, with the
/// same answer.
#[utoipa::path(post, path = "/oauth/revoke", tag = "oauth", operation_id = "revokeToken",
    request_body(content = OneTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "It is not good any more, or never was"),
        (status = 400, description = "Refused", body = OAuthErrorView),
        (status = 401, description = "The client does not prove itself", body = OAuthErrorView)))]
pub async fn revoke(State(door): State<Door>, form: Form) -> Result<StatusCode, Refused> {
    let done = introspection::revoke(&door.hub, form.authorization(), &form.parameters).await;
    done.map(|()| StatusCode::OK).map_err(|error| form.refused(error))
}
