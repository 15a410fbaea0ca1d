//! Alarms: raised by hand, listed, acknowledged and cleared. Those of devices raise and clear themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::Caller;
use lares_hub::alarms::{self as hub, AlarmFilter, NewAlarm};
use lares_model::alarm::{Alarm, AlarmSeverity, AlarmSource, AlarmState};
use lares_model::{AlarmId, DeviceId, HomeId, OrganisationId, UnixMillis, UserId, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

/// Somebody who took note.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PersonView {
    pub id: UserId,
    pub name: Option<String>,
}

/// Something that a person has to look at.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AlarmView {
    pub id: AlarmId,
    pub organisation: OrganisationId,
    pub home: Option<HomeId>,
    pub home_name: Option<String>,
    pub device: Option<DeviceId>,
    pub device_name: Option<String>,
    pub source: AlarmSource,
    /// What it is about: `smoke`, `carbon_monoxide`, `leak`, `door_forced`, `door_jammed`, `offline`, `battery_low`,
    /// `mqtt_queue_full`, `mqtt_retained_full`, `mqtt_sessions_full`, `mqtt_subscriptions_full`, `mqtt_connections_full`,
    /// `mqtt_client_sessions_full`, `mqtt_client_topics_full`, `telemetry_points_full`, `telemetry_series_full`, or
    /// `reported` by a person.
    pub kind: String,
    pub severity: AlarmSeverity,
    pub state: AlarmState,
    /// A person's words; alarms of other kinds have none.
    pub title: Option<String>,
    pub detail: Option<String>,
    /// The value that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Option<Value>,
    /// Since when its cause is there; of a device's state, since the reading that says so.
    pub since: UnixMillis,
    pub raised_at: UnixMillis,
    pub last_raised_at: UnixMillis,
    /// How often its cause came.
    pub times: u32,
    pub acknowledged_at: Option<UnixMillis>,
    pub acknowledged_by: Option<PersonView>,
    pub note: Option<String>,
    pub cleared_at: Option<UnixMillis>,
}

impl AlarmView {
    async fn of(door: &Door, caller: &Caller, alarm: Alarm) -> Result<AlarmView, Problem> {
        let names = hub::names(&door.hub, caller, &alarm).await?;
        let text = |name: &str| alarm.detail[name].as_str().map(str::to_owned);
        Ok(AlarmView {
            state: alarm.state(),
            since: alarm.since(),
            title: text("title"),
            detail: text("detail"),
            value: serde_json::from_value(alarm.detail["value"].clone()).ok(),
            id: alarm.id,
            organisation: alarm.organisation,
            home: alarm.home,
            home_name: names.home,
            device: alarm.device,
            device_name: names.device,
            source: alarm.source,
            kind: alarm.kind,
            severity: alarm.severity,
            raised_at: alarm.raised_at,
            last_raised_at: alarm.last_raised_at,
            times: alarm.times,
            acknowledged_at: alarm.acknowledged_at,
            acknowledged_by: alarm.acknowledged_by.map(|id| PersonView { id, name: names.acknowledged_by }),
            note: alarm.note,
            cleared_at: alarm.cleared_at,
        })
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlarmQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    /// Only this home's.
    home: Option<HomeId>,
    /// Only this device's.
    device: Option<DeviceId>,
    state: Option<AlarmState>,
    /// From the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Alarms, newest first.
#[utoipa::path(get, path = "/api/alarms", tag = "alarms", operation_id = "listAlarms", params(AlarmQuery),
    responses((status = 200, description = "A page", body = PageOf<AlarmView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<AlarmQuery>,
) -> Result<Json<PageOf<AlarmView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let filter = AlarmFilter { home: query.home, device: query.device, state: query.state };
    let cursor = query.cursor.as_deref();
    let listed = hub::list(&door.hub, &caller, query.organisation, &filter, cursor, limit).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for alarm in listed.items {
        items.push(AlarmView::of(&door, &caller, alarm).await?);
    }
    Ok(Json(PageOf { items, next_cursor: listed.next_cursor }))
}

/// One alarm.
#[utoipa::path(get, path = "/api/alarms/{id}", tag = "alarms", operation_id = "getAlarm",
    params(("id" = AlarmId, Path, description = "Alarm")),
    responses((status = 200, description = "The alarm", body = AlarmView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<AlarmId>,
) -> Result<Json<AlarmView>, Problem> {
    let alarm = hub::find(&door.hub, &caller, id).await?;
    Ok(Json(AlarmView::of(&door, &caller, alarm).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {
    /// What you do about it.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// Take note: others see that somebody takes care of it.
#[utoipa::path(post, path = "/api/alarms/{id}/acknowledge", tag = "alarms", operation_id = "acknowledgeAlarm",
    params(("id" = AlarmId, Path, description = "Alarm")), request_body = AcknowledgeBody,
    responses((status = 200, description = "Acknowledged", body = AlarmView)))]
pub async fn acknowledge(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<AlarmId>,
    Body(body): Body<AcknowledgeBody>,
) -> Result<Json<AlarmView>, Problem> {
    let alarm = hub::acknowledge(&door.hub, &caller, id, body.note.as_deref()).await?;
    Ok(Json(AlarmView::of(&door, &caller, alarm).await?))
}

/// Clear an alarm that does not clear by itself. One that a device's state raised lasts as long as the state.
#[utoipa::path(post, path = "/api/alarms/{id}/clear", tag = "alarms", operation_id = "clearAlarm",
    params(("id" = AlarmId, Path, description = "Alarm")),
    responses((status = 200, description = "Cleared", body = AlarmView)))]
pub async fn clear(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<AlarmId>,
) -> Result<Json<AlarmView>, Problem> {
    let alarm = hub::clear(&door.hub, &caller, id).await?;
    Ok(Json(AlarmView::of(&door, &caller, alarm).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAlarmBody {
    /// What is wrong, in a few words.
    #[schema(min_length = 1, max_length = 120)]
    title: String,
    #[schema(max_length = 1000)]
    detail: Option<String>,
    severity: AlarmSeverity,
    /// A device of this home.
    device: Option<DeviceId>,
}

/// Raise an alarm by hand, or from a program.
#[utoipa::path(post, path = "/api/homes/{id}/alarms", tag = "alarms", operation_id = "raiseAlarm",
    params(("id" = HomeId, Path, description = "Home"), OnceHeader), request_body = NewAlarmBody,
    responses((status = 201, description = "Raised", body = AlarmView)))]
pub async fn raise(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
    Posted(once, body): Posted<NewAlarmBody>,
) -> Result<(StatusCode, Json<AlarmView>), Problem> {
    let new =
        NewAlarm { title: body.title, detail: body.detail, severity: body.severity, device: body.device };
    let alarm = hub::raise_by_person(&door.hub, &caller, once.as_ref(), id, new).await?;
    Ok((StatusCode::CREATED, Json(AlarmView::of(&door, &caller, alarm).await?)))
}
