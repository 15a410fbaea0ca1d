//! Sign-ins of homes' MQTT clients that were refused lately: beside the connect page's waiting, and among operations.

use axum::Json;
use axum::extract::State;
use lares_hub::refused_logins::{self as hub, RefusedLogin, WhyRefused};
use lares_model::{HomeId, MqttClientId, OrganisationId, UnixMillis};
use serde::Serialize;

use super::Door;
use super::extract::{Id, Params, Who};
use super::mqtt_operations::{OperationsQuery, operated};
use super::problem::Problem;

/// Somebody tried to sign in as a client and was not let in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttRefusalView {
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub client: MqttClientId,
    pub name: String,
    pub username: String,
    /// Of the last time.
    pub why: MqttRefusalReason,
    /// How often since `first_at`.
    pub times: u64,
    pub first_at: UnixMillis,
    pub last_at: UnixMillis,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MqttRefusalReason {
    WrongPassword,
    /// Passwords were tried so often that none is looked at for a while.
    TooManyAttempts,
}

/// The newest first. Kept in memory: after a start there are none.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttRefusalsView {
    pub items: Vec<MqttRefusalView>,
}

impl MqttRefusalsView {
    fn of(refused: Vec<RefusedLogin>) -> MqttRefusalsView {
        MqttRefusalsView { items: refused.into_iter().map(view).collect() }
    }
}

fn view(refused: RefusedLogin) -> MqttRefusalView {
    MqttRefusalView {
        organisation: refused.organisation,
        home: refused.home,
        client: refused.client,
        name: refused.name,
        username: refused.username,
        why: match refused.why {
            WhyRefused::WrongPassword => MqttRefusalReason::WrongPassword,
            WhyRefused::TooManyAttempts => MqttRefusalReason::TooManyAttempts,
        },
        times: refused.times,
        first_at: refused.first_at,
        last_at: refused.last_at,
    }
}

/// Clients of a home that lately tried to sign in and were refused, with the reason and never what was tried.
#[utoipa::path(get, path = "/api/homes/{id}/mqtt-refusals", tag = "homes", operation_id = "listHomeMqttRefusals",
    params(("id" = HomeId, Path, description = "Home")),
    responses((status = 200, description = "Refusals", body = MqttRefusalsView)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
) -> Result<Json<MqttRefusalsView>, Problem> {
    Ok(Json(MqttRefusalsView::of(hub::of_home(&door.hub, &caller, home).await?)))
}

/// The same for all organisations that you manage.
#[utoipa::path(get, path = "/api/operations/mqtt/refusals", tag = "operations", operation_id = "listMqttRefusals",
    params(OperationsQuery), responses((status = 200, description = "Refusals", body = MqttRefusalsView)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<OperationsQuery>,
) -> Result<Json<MqttRefusalsView>, Problem> {
    let organisations = operated(&caller, &query)?;
    Ok(Json(MqttRefusalsView::of(hub::of_organisations(&door.hub, &organisations))))
}
