//! Webhooks of a home: what services post, signed, and how it is set up.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use lares_hub::webhooks::{self as hub, Issued, NewWebhook, Posted as Post};
use lares_model::webhook::{Mapping, Webhook};
use lares_model::{DeviceId, HomeId, OrganisationId, UnixMillis, Value, WebhookId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookBody {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Where the service gave you one: `whsec_` and the Base64 of from 24 to 64 bytes. Generated when left out.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: Option<String>,
    mapping: Mapping,
}

/// A webhook of a home, without its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookView {
    pub id: WebhookId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    /// Where the service posts to.
    pub path: String,
    pub mapping: Mapping,
    pub created_at: UnixMillis,
}

impl WebhookView {
    fn of(webhook: Webhook) -> WebhookView {
        WebhookView {
            id: webhook.id,
            organisation: webhook.organisation,
            home: webhook.home,
            name: webhook.name,
            path: format!("/api/webhooks/{}", webhook.id),
            mapping: webhook.mapping,
            created_at: webhook.created_at,
        }
    }
}

/// A webhook with its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedWebhookView {
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// What posts are signed with; shown once.
    pub secret: String,
}

impl IssuedWebhookView {
    fn of(issued: Issued) -> IssuedWebhookView {
        IssuedWebhookView { webhook: WebhookView::of(issued.webhook), secret: issued.secret }
    }
}

/// Let a service post to a home. The answer holds the secret that it signs with, shown once.
#[utoipa::path(post, path = "/api/homes/{id}/webhooks", tag = "homes", operation_id = "createWebhook",
    params(("id" = HomeId, Path, description = "Home"), OnceHeader), request_body = NewWebhookBody,
    responses((status = 201, description = "Made", body = IssuedWebhookView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Posted(once, body): Posted<NewWebhookBody>,
) -> Result<(StatusCode, Json<IssuedWebhookView>), Problem> {
    let new = NewWebhook { name: body.name, secret: body.secret, mapping: body.mapping };
    let issued = hub::create(&door.hub, &caller, once.as_ref(), home, new).await?;
    Ok((StatusCode::CREATED, Json(IssuedWebhookView::of(issued))))
}

/// Webhooks of a home.
#[utoipa::path(get, path = "/api/homes/{id}/webhooks", tag = "homes", operation_id = "listWebhooks",
    params(("id" = HomeId, Path, description = "Home"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<WebhookView>)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<WebhookView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::of_home(&door.hub, &caller, home, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, WebhookView::of)))
}

/// One webhook.
#[utoipa::path(get, path = "/api/webhooks/{id}", tag = "homes", operation_id = "getWebhook",
    params(("id" = WebhookId, Path, description = "Webhook")),
    responses((status = 200, description = "The webhook", body = WebhookView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookView>, Problem> {
    Ok(Json(WebhookView::of(hub::find(&door.hub, &caller, id).await?)))
}

/// Remove a webhook: nothing is taken from it any more.
#[utoipa::path(delete, path = "/api/webhooks/{id}", tag = "homes", operation_id = "deleteWebhook",
    params(("id" = WebhookId, Path, description = "Webhook")),
    responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A reading that a payload would become.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MappedView {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Value,
    /// Absent where it would be the instant of arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<UnixMillis>,
}

/// What a payload would become.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TriedOutView {
    pub readings: Vec<MappedView>,
    /// What of it could not be taken, and why.
    pub refused: Vec<String>,
}

/// Try a payload out: what it would become. Nothing is kept.
#[utoipa::path(post, path = "/api/webhooks/{id}/test", tag = "homes", operation_id = "testWebhook",
    params(("id" = WebhookId, Path, description = "Webhook")), request_body = Object,
    responses((status = 200, description = "What it would become", body = TriedOutView)))]
pub async fn test(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<WebhookId>,
    Body(payload): Body<serde_json::Map<String, serde_json::Value>>,
) -> Result<Json<TriedOutView>, Problem> {
    let mapped = hub::try_out(&door.hub, &caller, id, &serde_json::Value::Object(payload)).await?;
    let readings = mapped.readings.into_iter().map(|(device, one)| MappedView {
        device,
        endpoint: one.endpoint,
        attribute: one.attribute,
        value: one.value,
        time: one.time,
    });
    Ok(Json(TriedOutView { readings: readings.collect(), refused: mapped.problems }))
}

/// What became of a post: it is in the log, on the disk.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookReceivedView {
    /// How many readings it was.
    pub readings: usize,
    /// What of it could not be taken, and why.
    pub refused: Vec<String>,
}

/// The headers of Standard Webhooks.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct SignatureHeaders {
    /// The same for every attempt to deliver a message: it takes effect once.
    #[param(rename = "webhook-id", max_length = 255)]
    id: String,
    /// Seconds since 1970, of this attempt; 5 minutes either way are taken.
    #[param(rename = "webhook-timestamp")]
    timestamp: String,
    /// `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`; several are separated by blanks.
    #[param(rename = "webhook-signature")]
    signature: String,
}

/// Post to a home, signed as Standard Webhooks has it. Answers when it is on disk.
#[utoipa::path(post, path = "/api/webhooks/{id}", tag = "homes", operation_id = "postWebhook",
    params(("id" = WebhookId, Path, description = "Webhook"), SignatureHeaders), request_body = Object,
    responses((status = 202, description = "In the log", body = WebhookReceivedView),
        (status = 401, description = "There is no such webhook, or the signature is wrong", body = Problem,
            content_type = "application/problem+json")))]
pub async fn receive(
    State(door): State<Door>,
    Id(id): Id<WebhookId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<WebhookReceivedView>), Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let post = Post {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        body: &body,
    };
    let received = hub::receive(&door.hub, id, &post).await?;
    let view = WebhookReceivedView { readings: received.readings, refused: received.refused };
    Ok((StatusCode::ACCEPTED, Json(view)))
}
