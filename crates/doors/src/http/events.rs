//! The event log.

use axum::Json;
use axum::extract::State;
use lares_hub::events::{self as hub, EventFilter};
use lares_model::event::{Cause, Event, EventType};
use lares_model::{DeviceId, EventId, HomeId, Invalid, OrganisationId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::readings::Order;
use super::views::{LIMIT_MAX, limit};

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    home: Option<HomeId>,
    device: Option<DeviceId>,
    /// Only these types, separated by commas, such as `attribute.changed,device.offline`.
    #[serde(rename = "type")]
    types: Option<String>,
    /// Happened at or after this.
    from: Option<UnixMillis>,
    /// Happened before this.
    until: Option<UnixMillis>,
    #[param(inline)]
    order: Option<Order>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeviceEventsQuery {
    /// Only these types, separated by commas.
    #[serde(rename = "type")]
    types: Option<String>,
    /// Happened at or after this.
    from: Option<UnixMillis>,
    /// Happened before this.
    until: Option<UnixMillis>,
    #[param(inline)]
    order: Option<Order>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// A fact of the event log.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EventView {
    pub id: EventId,
    pub organisation: OrganisationId,
    /// Its number in the organisation's log: gap-free, from 1.
    pub seq: i64,
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub time: UnixMillis,
    /// When it was recorded.
    pub recorded: UnixMillis,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub cause: Cause,
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        EventView {
            id: event.id,
            organisation: event.organisation,
            seq: event.seq,
            event_type: event.event_type,
            time: event.time,
            recorded: event.recorded,
            home: event.home,
            device: event.device,
            cause: event.cause,
            payload: event.payload,
        }
    }
}

/// A page of events.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EventsView {
    pub items: Vec<EventView>,
    /// Oldest first, there is always one: keep it to read later what has come since, without loss or repetition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether more is there already.
    pub more: bool,
}

fn parse_types(text: Option<&str>) -> Result<Vec<EventType>, Problem> {
    let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            EventType::from_text(name)
                .ok_or_else(|| Invalid::one("type", format!("{name:?} is not an event type")).into())
        })
        .collect()
}

async fn answer(
    door: &Door,
    caller: &lares_hub::Caller,
    query: EventsQuery,
) -> Result<Json<EventsView>, Problem> {
    let limit = usize::try_from(limit(query.limit, LIMIT_MAX)?).unwrap_or(usize::MAX);
    let filter = EventFilter {
        home: query.home,
        device: query.device,
        types: parse_types(query.types.as_deref())?,
        from: query.from,
        until: query.until,
    };
    let newest_first = matches!(query.order, Some(Order::NewestFirst));
    let cursor = query.cursor.as_deref();
    let page =
        hub::list(&door.hub, caller, query.organisation, &filter, cursor, newest_first, limit).await?;
    Ok(Json(EventsView {
        items: page.items.into_iter().map(EventView::from).collect(),
        next_cursor: page.next_cursor,
        more: page.more,
    }))
}

/// Events of your organisations, oldest first unless asked otherwise.
#[utoipa::path(get, path = "/api/events", tag = "events", operation_id = "listEvents", params(EventsQuery),
    responses((status = 200, description = "A page", body = EventsView)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<EventsQuery>,
) -> Result<Json<EventsView>, Problem> {
    answer(&door, &caller, query).await
}

/// Events of a device.
#[utoipa::path(get, path = "/api/iot/devices/{id}/events", tag = "devices", operation_id = "listDeviceEvents",
    params(("id" = DeviceId, Path, description = "Device"), DeviceEventsQuery),
    responses((status = 200, description = "A page", body = EventsView)))]
pub async fn of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<DeviceEventsQuery>,
) -> Result<Json<EventsView>, Problem> {
    let device = lares_hub::devices::find(&door.hub, &caller, id).await?;
    let query = EventsQuery {
        organisation: Some(device.organisation),
        home: None,
        device: Some(id),
        types: query.types,
        from: query.from,
        until: query.until,
        order: query.order,
        cursor: query.cursor,
        limit: query.limit,
    };
    answer(&door, &caller, query).await
}

/// One event.
#[utoipa::path(get, path = "/api/events/{id}", tag = "events", operation_id = "getEvent",
    params(("id" = EventId, Path, description = "Event")),
    responses((status = 200, description = "The event", body = EventView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<EventId>,
) -> Result<Json<EventView>, Problem> {
    Ok(Json(hub::find(&door.hub, &caller, id).await?.into()))
}
