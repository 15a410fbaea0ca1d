//! The inbox of a home: devices of other makers that were found in its MQTT space.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::Hub;
use lares_hub::discovered::{self as hub, Acceptance, Found, Outcome};
use lares_model::device::Endpoint;
use lares_model::dialect::{Measured, UnknownPart};
use lares_model::discovered::DiscoveredState;
use lares_model::fold::Rejection;
use lares_model::{DeviceId, DiscoveredId, HomeId, RoomId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::devices::DeviceView;
use super::extract::{Bare, Id, Ids, Params, Posted, Who};
use super::problem::Problem;
use super::views::OnceHeader;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiscoveredQuery {
    /// Only those in this state; without it, those that wait and those that are ignored.
    #[param(inline)]
    state: Option<DiscoveredState>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceBody {
    /// What it is called here; its own name when left out.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    room: Option<RoomId>,
}

/// A value that a device of the inbox reports.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FoundValueView {
    pub endpoint: u16,
    pub attribute: String,
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
}

impl FoundValueView {
    fn of(measured: Measured) -> FoundValueView {
        let spec = lares_model::capability::attribute(&measured.attribute);
        FoundValueView {
            endpoint: measured.endpoint,
            unit: spec.and_then(|spec| spec.kind.unit()),
            attribute: measured.attribute,
            value: measured.value,
        }
    }
}

/// A device as it was found, with what it says now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DiscoveredView {
    pub id: DiscoveredId,
    pub home: HomeId,
    pub state: DiscoveredState,
    /// Who speaks for it, such as `zigbee2mqtt`.
    pub dialect: String,
    pub foreign_id: String,
    pub name: String,
    pub vendor: String,
    pub model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The foreign id of the bridge that it is reached through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// None: it has told nothing yet that it could be accepted with.
    pub endpoints: Vec<Endpoint>,
    /// What it says of itself and Lares has no word for.
    pub unknown: Vec<UnknownPart>,
    /// Its newest values.
    pub values: Vec<FoundValueView>,
    /// Whether it is there; absent while it has not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// The room that it most likely stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_room: Option<RoomId>,
    /// The room that its own configuration names, whether there is such a room or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_room_name: Option<String>,
    /// What it is registered as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    pub first_seen: UnixMillis,
    /// When it last described itself differently.
    pub last_seen: UnixMillis,
}

impl DiscoveredView {
    fn of(found: Found) -> DiscoveredView {
        let described = found.discovered.description;
        DiscoveredView {
            id: found.discovered.id,
            home: found.discovered.home,
            state: found.discovered.state,
            dialect: found.discovered.dialect,
            foreign_id: described.foreign_id,
            name: described.name,
            vendor: described.vendor,
            model: described.model,
            serial: described.serial,
            firmware: described.firmware,
            via: described.via,
            endpoints: described.endpoints,
            unknown: described.unknown,
            values: found.values.into_iter().map(FoundValueView::of).collect(),
            online: found.online,
            suggested_room: found.suggested_room,
            suggested_room_name: described.suggested_room,
            device: found.device,
            first_seen: found.discovered.first_seen,
            last_seen: found.discovered.last_seen,
        }
    }
}

/// The inbox of a home, whole: it has at most 1,000 entries.
#[derive(Serialize, utoipa::ToSchema)]
pub struct InboxView {
    pub items: Vec<DiscoveredView>,
    /// Messages of the home's space that were addressed to Lares and not understood, since the start, newest first.
    pub rejections: Vec<Rejection>,
}

/// Devices of other makers that were found in a home's MQTT space, in the order in which they were found.
#[utoipa::path(get, path = "/api/homes/{id}/discovered", tag = "devices", operation_id = "listDiscovered",
    params(("id" = HomeId, Path, description = "Home"), DiscoveredQuery),
    responses((status = 200, description = "The inbox", body = InboxView)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<DiscoveredQuery>,
) -> Result<Json<InboxView>, Problem> {
    let inbox = hub::list(&door.hub, &caller, home, query.state).await?;
    Ok(Json(InboxView {
        items: inbox.items.into_iter().map(DiscoveredView::of).collect(),
        rejections: inbox.rejections,
    }))
}

/// Make a discovered device one of the home's. What it has said so far is taken with it.
#[utoipa::path(post, path = "/api/homes/{home}/discovered/{id}/accept", tag = "devices",
    operation_id = "acceptDiscovered",
    params(("home" = HomeId, Path, description = "Home"), ("id" = DiscoveredId, Path, description = "Discovered device"), OnceHeader),
    request_body = AcceptanceBody, responses((status = 201, description = "A device now", body = DeviceView)))]
pub async fn accept(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(home, id): Ids<HomeId, DiscoveredId>,
    Posted(once, body): Posted<AcceptanceBody>,
) -> Result<(StatusCode, Json<DeviceView>), Problem> {
    let decided = Acceptance { name: body.name, room: body.room };
    let device = hub::accept(&door.hub, &caller, once.as_ref(), home, id, decided).await?;
    Ok((StatusCode::CREATED, Json(DeviceView::of(&door.hub, device))))
}

/// What became of everything that waited.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AcceptedAllView {
    pub accepted: Vec<DeviceView>,
    pub refused: Vec<NotAcceptedView>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct NotAcceptedView {
    pub id: DiscoveredId,
    pub reason: String,
}

/// Accept everything that waits, each in the room that it most likely stands in. Once more does no more.
#[utoipa::path(post, path = "/api/homes/{id}/discovered/accept", tag = "devices",
    operation_id = "acceptAllDiscovered", params(("id" = HomeId, Path, description = "Home"), OnceHeader),
    responses((status = 200, description = "What became of them", body = AcceptedAllView)))]
pub async fn accept_all(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Bare(_): Bare,
) -> Result<Json<AcceptedAllView>, Problem> {
    let outcomes = hub::accept_all(&door.hub, &caller, home).await?;
    Ok(Json(told(&door.hub, outcomes)))
}

fn told(hub: &Hub, outcomes: Vec<Outcome>) -> AcceptedAllView {
    let mut view = AcceptedAllView { accepted: vec![], refused: vec![] };
    for Outcome { id, outcome } in outcomes {
        match outcome {
            Ok(device) => view.accepted.push(DeviceView::of(hub, device)),
            Err(reason) => view.refused.push(NotAcceptedView { id, reason }),
        }
    }
    view
}

/// Leave it out of the way; it can be accepted later.
#[utoipa::path(post, path = "/api/homes/{home}/discovered/{id}/ignore", tag = "devices",
    operation_id = "ignoreDiscovered",
    params(("home" = HomeId, Path, description = "Home"), ("id" = DiscoveredId, Path, description = "Discovered device"), OnceHeader),
    responses((status = 204, description = "Ignored")))]
pub async fn ignore(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(home, id): Ids<HomeId, DiscoveredId>,
    Bare(_): Bare,
) -> Result<StatusCode, Problem> {
    hub::ignore(&door.hub, &caller, home, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
