//! What the portal's pages ask for a person: what a program wants, and what they answer.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use lares_hub::oauth::{authorize, device_grant};
use lares_model::OAuthClientId;
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::OAuthClient;
use serde::{Deserialize, Serialize};

use super::super::Door;
use super::super::auth::visitor;
use super::super::extract::{Body, Who};
use super::super::problem::Problem;

/// A ticket.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestBody {
    /// From the address of the page.
    #[schema(max_length = 64)]
    request: String,
}

/// A program that asks.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AskingClientView {
    pub id: OAuthClientId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Whether one of your own organisations answers for it.
    pub first_party: bool,
}

impl AskingClientView {
    fn of(client: OAuthClient, first_party: bool) -> AskingClientView {
        AskingClientView { id: client.id, name: client.name, uri: client.uri, logo: client.logo, first_party }
    }
}

/// Something that it asks for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AskedScopeView {
    pub name: OAuthScope,
}

fn asked(scopes: Scopes) -> Vec<AskedScopeView> {
    scopes.iter().map(|name| AskedScopeView { name }).collect()
}

/// What a program asks for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AuthorizationRequestView {
    pub client: AskingClientView,
    pub scopes: Vec<AskedScopeView>,
    /// Who gets the answer: a host, or the scheme of an app.
    pub redirect_host: String,
    /// Go there at once: it was let in before, and there is nothing to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<String>,
}

/// What a program asks of you. Where the program wants you to have signed in just now, this answers like anything that
/// needs you to prove again who you are.
#[utoipa::path(post, path = "/api/oauth/request", tag = "oauth", operation_id = "getAuthorizationRequest",
    request_body = RequestBody,
    responses((status = 200, description = "The request", body = AuthorizationRequestView)))]
pub async fn look(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Json<AuthorizationRequestView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<RequestBody>::from_request(request, &door).await?;
    let shown = authorize::look(&door.hub, &caller, &body.request, &visitor).await?;
    Ok(Json(AuthorizationRequestView {
        client: AskingClientView::of(shown.client, shown.first_party),
        scopes: asked(shown.scopes),
        redirect_host: shown.redirect_host,
        redirect_to: shown.redirect_to,
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    #[schema(max_length = 64)]
    request: String,
    allow: bool,
    /// Some of what was asked for; all of it when left out.
    #[schema(max_items = 20)]
    scopes: Option<Vec<OAuthScope>>,
}

/// Where the browser goes on.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RedirectView {
    pub redirect_to: String,
}

/// Let a program in, or do not.
#[utoipa::path(post, path = "/api/oauth/request/decision", tag = "oauth", operation_id = "decideAuthorizationRequest",
    request_body = DecisionBody, responses((status = 200, description = "Go there", body = RedirectView)))]
pub async fn decide(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Json<RedirectView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<DecisionBody>::from_request(request, &door).await?;
    let scopes = body.scopes.map(Scopes::of);
    let redirect_to =
        authorize::decide(&door.hub, &caller, &body.request, body.allow, scopes, &visitor).await?;
    Ok(Json(RedirectView { redirect_to }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserCodeBody {
    /// As it is shown on the device; dashes, blanks and case do not matter.
    #[schema(max_length = 32, example = "BCDF-GHJK")]
    user_code: String,
}

/// What a device asks for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeviceRequestView {
    pub client: AskingClientView,
    pub scopes: Vec<AskedScopeView>,
    /// What it says it is, and the network that it asks from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What a device without a keyboard asks of you. Wrong codes are limited.
#[utoipa::path(post, path = "/api/oauth/device", tag = "oauth", operation_id = "getDeviceRequest",
    request_body = UserCodeBody,
    responses((status = 200, description = "The request", body = DeviceRequestView)))]
pub async fn device(
    State(door): State<Door>,
    Who(caller): Who,
    Body(body): Body<UserCodeBody>,
) -> Result<Json<DeviceRequestView>, Problem> {
    let shown = device_grant::look(&door.hub, &caller, &body.user_code).await?;
    Ok(Json(DeviceRequestView {
        client: AskingClientView::of(shown.client, shown.first_party),
        scopes: asked(shown.scopes),
        from: shown.from,
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceDecisionBody {
    #[schema(max_length = 32)]
    user_code: String,
    allow: bool,
}

/// Let a device in, or do not.
#[utoipa::path(post, path = "/api/oauth/device/decision", tag = "oauth", operation_id = "decideDeviceRequest",
    request_body = DeviceDecisionBody, responses((status = 204, description = "Said")))]
pub async fn decide_device(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<DeviceDecisionBody>::from_request(request, &door).await?;
    device_grant::decide(&door.hub, &caller, &body.user_code, body.allow, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}
