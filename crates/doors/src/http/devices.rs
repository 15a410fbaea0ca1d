//! Devices: registration, listing, change, replacement, state and diagnostics.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::devices::{self as hub, DeviceChange, DeviceFilter, NewDevice, Registered, Replacement};
use lares_hub::{Hub, diagnostics as hub_diagnostics};
use lares_model::device::{Device, Encoding, Endpoint, Origin};
use lares_model::dialect::UnknownPart;
use lares_model::fold::{Counts, DeviceState, Rejection};
use lares_model::presence::Presence;
use lares_model::protocol::Channel;
use lares_model::reading::Quality;
use lares_model::{DeviceId, HomeId, Invalid, OrganisationId, RoomId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Bare, Body, Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, given, limit};

const SEARCH_MAX_CHARS: usize = 120;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceBody {
    home: HomeId,
    room: Option<RoomId>,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    vendor: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    model: String,
    /// The vendor's serial number; unique within the organisation.
    #[schema(min_length = 1, max_length = 120)]
    serial: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    firmware: Option<String>,
    #[schema(min_items = 1, max_items = 64)]
    endpoints: Vec<Endpoint>,
    /// Device groups.
    #[serde(default)]
    #[schema(max_items = 32)]
    tags: Vec<String>,
    /// How commands to it are encoded.
    #[serde(default)]
    encoding: Encoding,
    /// How often it is expected to report, in seconds; 300 when left out.
    #[schema(minimum = 1, maximum = 604_800)]
    expected_interval_s: Option<u32>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceChangeBody {
    home: Option<HomeId>,
    /// Null takes it out of its room.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RoomId>)]
    room: Option<Option<RoomId>>,
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(max_length = 120)]
    vendor: Option<String>,
    #[schema(max_length = 120)]
    model: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    serial: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    firmware: Option<Option<String>>,
    #[schema(min_items = 1, max_items = 64)]
    endpoints: Option<Vec<Endpoint>>,
    #[schema(max_items = 32)]
    tags: Option<Vec<String>>,
    encoding: Option<Encoding>,
    #[schema(minimum = 1, maximum = 604_800)]
    expected_interval_s: Option<u32>,
}

/// The new hardware; what is left out stays as it was, serial and firmware excepted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementBody {
    #[schema(max_length = 120)]
    vendor: Option<String>,
    #[schema(max_length = 120)]
    model: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    serial: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    firmware: Option<String>,
    #[schema(min_items = 1, max_items = 64)]
    endpoints: Option<Vec<Endpoint>>,
}

/// A device as it is registered, with its presence.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeviceView {
    pub id: DeviceId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub room: Option<RoomId>,
    pub name: String,
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub endpoints: Vec<Endpoint>,
    pub tags: Vec<String>,
    pub encoding: Encoding,
    pub expected_interval_s: u32,
    /// Who speaks for it in its home's MQTT space; absent for a device that signs in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

impl DeviceView {
    pub fn of(hub: &Hub, device: Device) -> DeviceView {
        let (presence, last_seen) = hub.live.with(device.id, |state| (state.presence, state.last_seen));
        DeviceView {
            id: device.id,
            organisation: device.organisation,
            home: device.home,
            room: device.room,
            name: device.name,
            vendor: device.vendor,
            model: device.model,
            serial: device.serial,
            firmware: device.firmware,
            endpoints: device.endpoints,
            tags: device.tags,
            encoding: device.encoding,
            expected_interval_s: device.expected_interval_s,
            origin: device.origin,
            presence,
            last_seen,
            created_at: device.created_at,
            updated_at: device.updated_at,
        }
    }
}

/// What a device signs in with over MQTT.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CredentialsView {
    pub client_id: String,
    pub username: String,
    /// Shown once.
    pub password: String,
    pub topics: BTreeMap<&'static str, String>,
}

/// A device with its credentials.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RegisteredView {
    #[serde(flatten)]
    pub device: DeviceView,
    pub credentials: CredentialsView,
}

impl RegisteredView {
    fn of(hub: &Hub, registered: Registered) -> RegisteredView {
        let id = registered.device.id;
        RegisteredView {
            device: DeviceView::of(hub, registered.device),
            credentials: CredentialsView {
                client_id: id.to_string(),
                username: id.to_string(),
                password: registered.password,
                topics: Channel::ALL.into_iter().map(|channel| (channel.name(), channel.topic(id))).collect(),
            },
        }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DevicesQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    home: Option<HomeId>,
    room: Option<RoomId>,
    /// Only those in this group.
    tag: Option<String>,
    /// Only those with this capability.
    capability: Option<String>,
    /// Part of name, vendor, model or serial; case does not count.
    #[param(max_length = 120)]
    search: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Register a device. The answer holds its credentials, shown once.
#[utoipa::path(post, path = "/api/iot/devices/register", tag = "devices", operation_id = "registerDevice",
    params(OnceHeader), request_body = NewDeviceBody,
    responses((status = 201, description = "Registered", body = RegisteredView)))]
pub async fn register(
    State(door): State<Door>,
    Who(caller): Who,
    Posted(once, body): Posted<NewDeviceBody>,
) -> Result<(StatusCode, Json<RegisteredView>), Problem> {
    let new = NewDevice {
        home: body.home,
        room: body.room,
        name: body.name,
        vendor: body.vendor,
        model: body.model,
        serial: body.serial,
        firmware: body.firmware,
        endpoints: body.endpoints,
        tags: body.tags,
        encoding: body.encoding,
        expected_interval_s: body.expected_interval_s,
    };
    let registered = hub::register(&door.hub, &caller, once.as_ref(), &new).await?;
    Ok((StatusCode::CREATED, Json(RegisteredView::of(&door.hub, registered))))
}

/// Devices of your organisations.
#[utoipa::path(get, path = "/api/iot/devices", tag = "devices", operation_id = "listDevices", params(DevicesQuery),
    responses((status = 200, description = "A page", body = PageOf<DeviceView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<DevicesQuery>,
) -> Result<Json<PageOf<DeviceView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    if query.search.as_ref().is_some_and(|search| search.chars().count() > SEARCH_MAX_CHARS) {
        return Err(Invalid::one("search", format!("must have at most {SEARCH_MAX_CHARS} characters")).into());
    }
    let filter = DeviceFilter {
        home: query.home,
        room: query.room,
        tag: query.tag,
        capability: query.capability,
        search: query.search,
        ..DeviceFilter::default()
    };
    let cursor = query.cursor.as_deref();
    let listed = hub::list(&door.hub, &caller, query.organisation, &filter, cursor, limit).await?;
    Ok(Json(PageOf::of(listed, |device| DeviceView::of(&door.hub, device))))
}

/// One device.
#[utoipa::path(get, path = "/api/iot/devices/{id}", tag = "devices", operation_id = "getDevice",
    params(("id" = DeviceId, Path, description = "Device")),
    responses((status = 200, description = "The device", body = DeviceView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceView>, Problem> {
    let device = hub::find(&door.hub, &caller, id).await?;
    Ok(Json(DeviceView::of(&door.hub, device)))
}

/// Change what is given; the rest stays.
#[utoipa::path(patch, path = "/api/iot/devices/{id}", tag = "devices", operation_id = "updateDevice",
    params(("id" = DeviceId, Path, description = "Device")), request_body = DeviceChangeBody,
    responses((status = 200, description = "As it is now", body = DeviceView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Body(body): Body<DeviceChangeBody>,
) -> Result<Json<DeviceView>, Problem> {
    let change = DeviceChange {
        home: body.home,
        room: body.room,
        name: body.name,
        vendor: body.vendor,
        model: body.model,
        serial: body.serial,
        firmware: body.firmware,
        endpoints: body.endpoints,
        tags: body.tags,
        encoding: body.encoding,
        expected_interval_s: body.expected_interval_s,
    };
    let device = hub::update(&door.hub, &caller, id, change).await?;
    Ok(Json(DeviceView::of(&door.hub, device)))
}

/// Remove a device, its credentials and its readings. Its events stay.
#[utoipa::path(delete, path = "/api/iot/devices/{id}", tag = "devices", operation_id = "deleteDevice",
    params(("id" = DeviceId, Path, description = "Device")), responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put new hardware in the place of a broken device: identity, history and grants stay, credentials are new.
#[utoipa::path(post, path = "/api/iot/devices/{id}/replace", tag = "devices", operation_id = "replaceDevice",
    params(("id" = DeviceId, Path, description = "Device"), OnceHeader), request_body = ReplacementBody,
    responses((status = 200, description = "Replaced", body = RegisteredView)))]
pub async fn replace(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Posted(once, body): Posted<ReplacementBody>,
) -> Result<Json<RegisteredView>, Problem> {
    let new = Replacement {
        vendor: body.vendor,
        model: body.model,
        serial: body.serial,
        firmware: body.firmware,
        endpoints: body.endpoints,
    };
    let registered = hub::replace(&door.hub, &caller, once.as_ref(), id, new).await?;
    Ok(Json(RegisteredView::of(&door.hub, registered)))
}

/// New credentials; the old ones end at once, and with them the live session.
#[utoipa::path(post, path = "/api/iot/devices/{id}/credentials", tag = "devices",
    operation_id = "rotateDeviceCredentials", params(("id" = DeviceId, Path, description = "Device"), OnceHeader),
    responses((status = 200, description = "Rotated", body = RegisteredView)))]
pub async fn rotate_credentials(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Bare(once): Bare,
) -> Result<Json<RegisteredView>, Problem> {
    let registered = hub::rotate_credentials(&door.hub, &caller, once.as_ref(), id).await?;
    Ok(Json(RegisteredView::of(&door.hub, registered)))
}

/// The newest value of an attribute. `time` is the device's, `received` the server's.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LatestView {
    pub endpoint: u16,
    pub attribute: String,
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    pub time: UnixMillis,
    pub received: UnixMillis,
    pub quality: Quality,
}

/// What is known of a device now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StateView {
    pub device: DeviceId,
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
    pub attributes: Vec<LatestView>,
}

fn state_view(device: DeviceId, state: DeviceState) -> StateView {
    let mut attributes = Vec::new();
    for (endpoint, values) in state.latest {
        for (attribute, latest) in values {
            let unit = lares_model::capability::attribute(&attribute).and_then(|spec| spec.kind.unit());
            attributes.push(LatestView {
                endpoint,
                attribute,
                value: latest.value,
                unit,
                time: latest.time,
                received: latest.received,
                quality: latest.quality,
            });
        }
    }
    StateView { device, presence: state.presence, last_seen: state.last_seen, attributes }
}

/// The newest value of every attribute. Nothing is shown that the device has not reported.
#[utoipa::path(get, path = "/api/iot/devices/{id}/state", tag = "devices", operation_id = "getDeviceState",
    params(("id" = DeviceId, Path, description = "Device")),
    responses((status = 200, description = "The state", body = StateView)))]
pub async fn state(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
) -> Result<Json<StateView>, Problem> {
    let device = hub::find(&door.hub, &caller, id).await?;
    Ok(Json(state_view(device.id, door.hub.live.of(device.id))))
}

/// How a device behaves.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DiagnosticsView {
    pub device: DeviceId,
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
    /// Whether a command would go out now.
    pub connected: bool,
    pub counts: Counts,
    /// Repeated deliveries, recognised and dropped, since the server started.
    pub duplicates: u64,
    /// The newest refused inputs with their reasons, newest first.
    pub rejections: Vec<Rejection>,
    /// What a device of another maker says of itself and Lares has no word for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownPart>,
}

/// How a device behaves: counts, repeated deliveries, and refused input with reasons.
#[utoipa::path(get, path = "/api/iot/devices/{id}/diagnostics", tag = "devices", operation_id = "getDeviceDiagnostics",
    params(("id" = DeviceId, Path, description = "Device")),
    responses((status = 200, description = "Diagnostics", body = DiagnosticsView)))]
pub async fn diagnostics(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
) -> Result<Json<DiagnosticsView>, Problem> {
    let found = hub_diagnostics::of(&door.hub, &caller, id).await?;
    Ok(Json(DiagnosticsView {
        device: id,
        presence: found.presence,
        last_seen: found.last_seen,
        connected: found.connected,
        counts: found.counts,
        duplicates: found.duplicates,
        rejections: found.rejections,
        unknown: found.unknown,
    }))
}
