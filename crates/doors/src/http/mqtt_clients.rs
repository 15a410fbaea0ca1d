//! Clients of a home's MQTT space: the credentials of Home Assistant, Zigbee2MQTT, a plug and the like.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::home_clients::{self as hub, HomeClientChange, Issued, NewHomeClient};
use lares_model::mqtt_client::MqttClient;
use lares_model::{HomeId, MqttClientId, OrganisationId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMqttClientBody {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Unique in the server; made up when left out. Letters, digits and `._@-`, and not a UUID.
    #[schema(min_length = 2, max_length = 64, pattern = "^[A-Za-z0-9._@-]+$")]
    username: Option<String>,
    /// For a client that cannot be given another one; left out, one is generated, which is better.
    #[schema(min_length = 8, max_length = 128)]
    secret: Option<String>,
    /// Topic filters of the home's space that it may publish to; everything (`#`) when left out.
    #[schema(max_items = 32)]
    publish: Option<Vec<String>>,
    /// Topic filters that it may subscribe within; everything (`#`) when left out.
    #[schema(max_items = 32)]
    subscribe: Option<Vec<String>>,
    /// Whether devices that it announces are accepted without asking.
    #[serde(default)]
    trusted: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttClientChangeBody {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(max_items = 32)]
    publish: Option<Vec<String>>,
    #[schema(max_items = 32)]
    subscribe: Option<Vec<String>>,
    trusted: Option<bool>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttClientSecretBody {
    /// Left out, one is generated.
    #[schema(min_length = 8, max_length = 128)]
    secret: Option<String>,
}

/// A client of a home's MQTT space, without its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttClientView {
    pub id: MqttClientId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    pub username: String,
    pub publish: Vec<String>,
    pub subscribe: Vec<String>,
    pub trusted: bool,
    pub created_at: UnixMillis,
    /// When it last signed in; absent while it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<UnixMillis>,
}

impl MqttClientView {
    fn of(client: MqttClient) -> MqttClientView {
        MqttClientView {
            id: client.id,
            organisation: client.organisation,
            home: client.home,
            name: client.name,
            username: client.username,
            publish: client.publish,
            subscribe: client.subscribe,
            trusted: client.trusted,
            created_at: client.created_at,
            last_seen: client.last_seen,
        }
    }
}

/// A client with its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedMqttClientView {
    #[serde(flatten)]
    pub client: MqttClientView,
    /// The MQTT password, shown once; absent when you chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl IssuedMqttClientView {
    fn of(issued: Issued) -> IssuedMqttClientView {
        IssuedMqttClientView { client: MqttClientView::of(issued.client), secret: issued.secret }
    }
}

/// Give a program or gateway credentials for a home's MQTT space. The answer holds its secret, shown once.
#[utoipa::path(post, path = "/api/homes/{id}/mqtt-clients", tag = "homes", operation_id = "createMqttClient",
    params(("id" = HomeId, Path, description = "Home"), OnceHeader), request_body = NewMqttClientBody,
    responses((status = 201, description = "Made", body = IssuedMqttClientView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Posted(once, body): Posted<NewMqttClientBody>,
) -> Result<(StatusCode, Json<IssuedMqttClientView>), Problem> {
    let new = NewHomeClient {
        name: body.name,
        username: body.username,
        secret: body.secret,
        publish: body.publish,
        subscribe: body.subscribe,
        trusted: body.trusted,
    };
    let issued = hub::create(&door.hub, &caller, once.as_ref(), home, new).await?;
    Ok((StatusCode::CREATED, Json(IssuedMqttClientView::of(issued))))
}

/// Clients of a home's MQTT space.
#[utoipa::path(get, path = "/api/homes/{id}/mqtt-clients", tag = "homes", operation_id = "listMqttClients",
    params(("id" = HomeId, Path, description = "Home"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<MqttClientView>)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<MqttClientView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::of_home(&door.hub, &caller, home, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, MqttClientView::of)))
}

/// One client.
#[utoipa::path(get, path = "/api/mqtt-clients/{id}", tag = "homes", operation_id = "getMqttClient",
    params(("id" = MqttClientId, Path, description = "MQTT client")),
    responses((status = 200, description = "The client", body = MqttClientView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<MqttClientId>,
) -> Result<Json<MqttClientView>, Problem> {
    Ok(Json(MqttClientView::of(hub::find(&door.hub, &caller, id).await?)))
}

/// Change what is given; the rest stays. A live session ends and may come back with the new rights.
#[utoipa::path(patch, path = "/api/mqtt-clients/{id}", tag = "homes", operation_id = "updateMqttClient",
    params(("id" = MqttClientId, Path, description = "MQTT client")), request_body = MqttClientChangeBody,
    responses((status = 200, description = "As it is now", body = MqttClientView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<MqttClientId>,
    Body(body): Body<MqttClientChangeBody>,
) -> Result<Json<MqttClientView>, Problem> {
    let change = HomeClientChange {
        name: body.name,
        publish: body.publish,
        subscribe: body.subscribe,
        trusted: body.trusted,
    };
    Ok(Json(MqttClientView::of(hub::update(&door.hub, &caller, id, change).await?)))
}

/// Another secret; the old one ends at once, and with it the live session.
#[utoipa::path(post, path = "/api/mqtt-clients/{id}/rotate", tag = "homes", operation_id = "rotateMqttClient",
    params(("id" = MqttClientId, Path, description = "MQTT client"), OnceHeader),
    request_body = MqttClientSecretBody,
    responses((status = 200, description = "Rotated", body = IssuedMqttClientView)))]
pub async fn rotate(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<MqttClientId>,
    Posted(once, body): Posted<MqttClientSecretBody>,
) -> Result<Json<IssuedMqttClientView>, Problem> {
    let issued = hub::rotate(&door.hub, &caller, once.as_ref(), id, body.secret.as_deref()).await?;
    Ok(Json(IssuedMqttClientView::of(issued)))
}

/// Remove a client; its live session ends.
#[utoipa::path(delete, path = "/api/mqtt-clients/{id}", tag = "homes", operation_id = "deleteMqttClient",
    params(("id" = MqttClientId, Path, description = "MQTT client")),
    responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<MqttClientId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
