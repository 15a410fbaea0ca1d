//! OAuth clients of an organisation: programs that people let in, and services that act for themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::oauth::clients::{self as hub, ClientChange, Issued, NewClient};
use lares_hub::oauth::registration;
use lares_model::access::Role;
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::{ApplicationType, ClientAuthMethod, GrantType, OAuthClient};
use lares_model::{OAuthClientId, OrganisationId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::Door;
use super::super::extract::{Body, Id, Params, Posted, Who};
use super::super::organisations::ListQuery;
use super::super::problem::Problem;
use super::super::views::{LIMIT_MAX, OnceHeader, PageOf, given, limit};

/// What a program says of itself.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOAuthClientBody {
    /// As people are shown it.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// `web` when left out.
    application_type: Option<ApplicationType>,
    /// Where people are sent back to it, each to the letter: `https`, or `http` on the machine itself; for native
    /// apps also their own scheme, and any port on 127.0.0.1 or [::1].
    #[serde(default)]
    #[schema(max_items = 20)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 20)]
    post_logout_redirect_uris: Vec<String>,
    #[schema(min_items = 1, max_items = 4)]
    grant_types: Vec<GrantType>,
    /// The most that it may ask for.
    #[schema(min_items = 1, max_items = 20)]
    scopes: Vec<OAuthScope>,
    token_endpoint_auth_method: ClientAuthMethod,
    /// Its public keys (RFC 7517), P-256 or Ed25519; with `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Map<String, Value>>,
    /// As what a service acts in the organisation; with `client_credentials`.
    role: Option<Role>,
    #[schema(max_length = 2000)]
    uri: Option<String>,
    #[schema(max_length = 2000)]
    logo: Option<String>,
}

/// What to change. What is left out stays; what it may do less than before ends what it was let in to.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthClientChangeBody {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(max_items = 20)]
    redirect_uris: Option<Vec<String>>,
    #[schema(max_items = 20)]
    post_logout_redirect_uris: Option<Vec<String>>,
    #[schema(min_items = 1, max_items = 4)]
    grant_types: Option<Vec<GrantType>>,
    #[schema(min_items = 1, max_items = 20)]
    scopes: Option<Vec<OAuthScope>>,
    #[schema(value_type = Option<Object>)]
    jwks: Option<Map<String, Value>>,
    role: Option<Role>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    logo: Option<Option<String>>,
    /// A client that is disabled is let in no more, and what it was let in to ends.
    disabled: Option<bool>,
}

/// A program that people let in, or a service.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OAuthClientView {
    /// Its `client_id`.
    pub id: OAuthClientId,
    pub organisation: OrganisationId,
    pub name: String,
    pub application_type: ApplicationType,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub grant_types: Vec<GrantType>,
    pub scopes: Vec<OAuthScope>,
    pub token_endpoint_auth_method: ClientAuthMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    pub disabled: bool,
    /// Whether it registered itself.
    pub dynamic: bool,
    /// Until when the secret before the current one is taken, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<UnixMillis>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

impl From<OAuthClient> for OAuthClientView {
    fn from(client: OAuthClient) -> Self {
        OAuthClientView {
            id: client.id,
            organisation: client.organisation,
            name: client.name,
            application_type: client.application_type,
            redirect_uris: client.redirect_uris,
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            grant_types: client.grant_types,
            scopes: client.scopes.iter().collect(),
            token_endpoint_auth_method: client.auth_method,
            jwks: client.jwks,
            role: client.role,
            uri: client.uri,
            logo: client.logo,
            disabled: client.disabled,
            dynamic: client.dynamic,
            previous_secret_until: client.previous_secret_until,
            created_at: client.created_at,
            updated_at: client.updated_at,
        }
    }
}

/// A client with its secret, which is shown once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedOAuthClientView {
    #[serde(flatten)]
    pub client: OAuthClientView,
    /// Absent where it proves itself without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

impl From<Issued> for IssuedOAuthClientView {
    fn from(issued: Issued) -> Self {
        IssuedOAuthClientView { client: issued.client.into(), client_secret: issued.secret }
    }
}

/// Register a client of an organisation.
#[utoipa::path(post, path = "/api/organisations/{id}/oauth-clients", tag = "oauth", operation_id = "createOAuthClient",
    params(("id" = OrganisationId, Path, description = "Organisation"), OnceHeader),
    request_body = NewOAuthClientBody,
    responses((status = 201, description = "Registered", body = IssuedOAuthClientView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Id(organisation): Id<OrganisationId>,
    Posted(once, body): Posted<NewOAuthClientBody>,
) -> Result<(StatusCode, Json<IssuedOAuthClientView>), Problem> {
    let new = NewClient {
        name: body.name,
        application_type: body.application_type.unwrap_or_default(),
        redirect_uris: body.redirect_uris,
        post_logout_redirect_uris: body.post_logout_redirect_uris,
        grant_types: body.grant_types,
        scopes: Scopes::of(body.scopes),
        auth_method: body.token_endpoint_auth_method,
        jwks: body.jwks.map(Value::Object),
        role: body.role,
        uri: body.uri,
        logo: body.logo,
    };
    let issued = hub::create(&door.hub, &caller, once.as_ref(), organisation, new).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// Clients of an organisation, without their secrets.
#[utoipa::path(get, path = "/api/organisations/{id}/oauth-clients", tag = "oauth", operation_id = "listOAuthClients",
    params(("id" = OrganisationId, Path, description = "Organisation"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<OAuthClientView>)))]
pub async fn of_organisation(
    State(door): State<Door>,
    Who(caller): Who,
    Id(organisation): Id<OrganisationId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<OAuthClientView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let cursor = query.cursor.as_deref();
    let listed = hub::of_organisation(&door.hub, &caller, organisation, cursor, limit).await?;
    Ok(Json(PageOf::of(listed, OAuthClientView::from)))
}

/// A client.
#[utoipa::path(get, path = "/api/oauth-clients/{id}", tag = "oauth", operation_id = "getOAuthClient",
    params(("id" = OAuthClientId, Path, description = "Client")),
    responses((status = 200, description = "The client", body = OAuthClientView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OAuthClientId>,
) -> Result<Json<OAuthClientView>, Problem> {
    Ok(Json(hub::find(&door.hub, &caller, id).await?.into()))
}

/// Change a client, or disable it.
#[utoipa::path(patch, path = "/api/oauth-clients/{id}", tag = "oauth", operation_id = "updateOAuthClient",
    params(("id" = OAuthClientId, Path, description = "Client")), request_body = OAuthClientChangeBody,
    responses((status = 200, description = "Changed", body = OAuthClientView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OAuthClientId>,
    Body(body): Body<OAuthClientChangeBody>,
) -> Result<Json<OAuthClientView>, Problem> {
    let change = ClientChange {
        name: body.name,
        redirect_uris: body.redirect_uris,
        post_logout_redirect_uris: body.post_logout_redirect_uris,
        grant_types: body.grant_types,
        scopes: body.scopes.map(Scopes::of),
        jwks: body.jwks.map(Value::Object),
        role: body.role,
        uri: body.uri,
        logo: body.logo,
        disabled: body.disabled,
    };
    Ok(Json(hub::update(&door.hub, &caller, id, change).await?.into()))
}

/// Remove a client, with everything that it was let in to.
#[utoipa::path(delete, path = "/api/oauth-clients/{id}", tag = "oauth", operation_id = "deleteOAuthClient",
    params(("id" = OAuthClientId, Path, description = "Client")),
    responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OAuthClientId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecretBody {
    /// Seconds for which the secret before it is taken, too; none when left out.
    #[schema(minimum = 0, maximum = 2592000)]
    overlap_s: Option<i64>,
}

/// Another secret for a client, shown once.
#[utoipa::path(post, path = "/api/oauth-clients/{id}/secret", tag = "oauth", operation_id = "rotateOAuthClientSecret",
    params(("id" = OAuthClientId, Path, description = "Client"), OnceHeader), request_body = RotateSecretBody,
    responses((status = 201, description = "The client with its secret", body = IssuedOAuthClientView)))]
pub async fn rotate(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OAuthClientId>,
    Posted(once, body): Posted<RotateSecretBody>,
) -> Result<(StatusCode, Json<IssuedOAuthClientView>), Problem> {
    let overlap_s = body.overlap_s.unwrap_or(0);
    let issued = hub::rotate_secret(&door.hub, &caller, once.as_ref(), id, overlap_s).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// A token that one program may register itself with.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RegistrationTokenView {
    /// Shown once. The program sends it as `Authorization: Bearer ...` to `/oauth/register`.
    pub token: String,
    pub expires_at: UnixMillis,
}

/// Make a token that one program may register itself with, within a day (RFC 7591).
#[utoipa::path(post, path = "/api/organisations/{id}/oauth-registration-tokens", tag = "oauth",
    operation_id = "createOAuthRegistrationToken",
    params(("id" = OrganisationId, Path, description = "Organisation")),
    responses((status = 201, description = "The token", body = RegistrationTokenView)))]
pub async fn registration_token(
    State(door): State<Door>,
    Who(caller): Who,
    Id(organisation): Id<OrganisationId>,
) -> Result<(StatusCode, Json<RegistrationTokenView>), Problem> {
    let (token, expires_at) = registration::initial_token(&door.hub, &caller, organisation).await?;
    Ok((StatusCode::CREATED, Json(RegistrationTokenView { token, expires_at })))
}
