//! The MQTT broker as an operator sees it: who is connected, what waits for whom, what one client says and hears.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::{Caller, HubError};
use lares_model::access::{Action, may};
use lares_model::{HomeId, MqttSessionId, OrganisationId, UnixMillis};
use lares_mqtt::codec::Version;
use lares_mqtt::{ClientView, TenantMetrics, TraceLine};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;

const TRACE_MINUTES: i64 = 10;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperationsQuery {
    /// Only of this organisation.
    organisation: Option<OrganisationId>,
}

/// A session of an MQTT client: connected, or kept until it comes back.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttSessionView {
    pub session: MqttSessionId,
    pub organisation: OrganisationId,
    /// `client:` and the id of a home's MQTT client, or the id of a device.
    pub identity: String,
    /// The home whose space it lives in; absent for a device that speaks our own protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<HomeId>,
    pub client_id: String,
    pub connected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<UnixMillis>,
    /// `3.1.1` or `5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'static str>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// Whether it survives its connection.
    pub kept: bool,
    pub subscriptions: Vec<String>,
    /// Messages that wait for it.
    pub queued: usize,
    pub queued_bytes: usize,
    pub messages_in: u64,
    pub messages_out: u64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttSessionsView {
    pub items: Vec<MqttSessionView>,
}

/// A packet in words, without its payload.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TraceLineView {
    pub at: UnixMillis,
    /// `in` is from the client.
    pub direction: &'static str,
    pub text: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TraceView {
    pub lines: Vec<TraceLineView>,
}

/// What an organisation has of the broker, and what happened since the start.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttMetricsView {
    pub organisation: OrganisationId,
    pub connections: u64,
    pub sessions: u64,
    pub subscriptions: u64,
    pub retained_messages: u64,
    pub retained_bytes: u64,
    pub queued_bytes: u64,
    pub messages_received: u64,
    pub bytes_received: u64,
    pub messages_sent: u64,
    pub bytes_sent: u64,
    /// QoS 0 messages for clients that did not keep up.
    pub messages_dropped: u64,
    /// Messages that were refused, since a queue they were for is full.
    pub messages_refused: u64,
    /// Packets and connections that had no right.
    pub refusals: u64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MqttMetricsListView {
    pub items: Vec<MqttMetricsView>,
}

/// The organisations whose operation the caller looks after.
pub(super) fn operated(caller: &Caller, query: &OperationsQuery) -> Result<Vec<OrganisationId>, HubError> {
    let scope = caller.narrowed(query.organisation)?;
    if let Some(organisation) = query.organisation {
        caller.require(Action::OrganisationManage, organisation)?;
    }
    let manages = |organisation: &OrganisationId| {
        caller.role_in(*organisation).is_some_and(|role| may(role, Action::OrganisationManage))
    };
    Ok(scope.organisations().iter().copied().filter(manages).collect())
}

/// The organisation and number of a session. One of somebody else's organisation does not exist; a role that does not
/// suffice is said.
fn theirs(door: &Door, caller: &Caller, session: MqttSessionId) -> Result<(OrganisationId, u64), HubError> {
    let number = number_of(session).ok_or(HubError::NotFound("session"))?;
    let has = |organisation: &&OrganisationId| {
        door.mqtt.sessions_of(&organisation.to_string()).iter().any(|known| known.session == number)
    };
    let organisation =
        *caller.scope().organisations().iter().find(has).ok_or(HubError::NotFound("session"))?;
    caller.require(Action::OrganisationManage, organisation)?;
    Ok((organisation, number))
}

/// The number of a session as an id.
fn session_id(number: u64) -> MqttSessionId {
    MqttSessionId(Uuid::from_u64_pair(0, number))
}

fn number_of(id: MqttSessionId) -> Option<u64> {
    let (high, number) = id.0.as_u64_pair();
    (high == 0).then_some(number)
}

fn view(organisation: OrganisationId, client: ClientView) -> MqttSessionView {
    let connected = client.connected.as_ref();
    MqttSessionView {
        session: session_id(client.session),
        organisation,
        identity: client.identity.to_string(),
        home: client.space.as_ref().and_then(|space| space.parse().ok()),
        client_id: client.client_id.to_string(),
        connected: connected.is_some(),
        connected_at: connected.map(|connected| UnixMillis(connected.since as i64)),
        version: connected.map(|connected| if connected.version == Version::V5 { "5" } else { "3.1.1" }),
        peer: connected.map(|connected| connected.peer.to_string()),
        tls: connected.map(|connected| connected.tls),
        kept: client.kept,
        subscriptions: client.subscriptions.iter().map(ToString::to_string).collect(),
        queued: client.queued_messages,
        queued_bytes: client.queued_bytes,
        messages_in: client.messages_in,
        messages_out: client.messages_out,
    }
}

/// Sessions of MQTT clients, of all organisations that you manage.
#[utoipa::path(get, path = "/api/operations/mqtt/clients", tag = "operations", operation_id = "listMqttSessions",
    params(OperationsQuery), responses((status = 200, description = "Sessions", body = MqttSessionsView)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<OperationsQuery>,
) -> Result<Json<MqttSessionsView>, Problem> {
    let mut items = Vec::new();
    for organisation in operated(&caller, &query)? {
        let sessions = door.mqtt.sessions_of(&organisation.to_string());
        items.extend(sessions.into_iter().map(|client| view(organisation, client)));
    }
    Ok(Json(MqttSessionsView { items }))
}

/// End a session's connection, and forget what waits for it. Its client may come back.
#[utoipa::path(delete, path = "/api/operations/mqtt/clients/{session}", tag = "operations",
    operation_id = "endMqttSession", params(("session" = MqttSessionId, Path, description = "Session")),
    responses((status = 204, description = "Ended")))]
pub async fn end(
    State(door): State<Door>,
    Who(caller): Who,
    Id(session): Id<MqttSessionId>,
) -> Result<StatusCode, Problem> {
    let (organisation, number) = theirs(&door, &caller, session)?;
    if door.mqtt.end_session(&organisation.to_string(), number, true) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(HubError::NotFound("session").into())
}

/// What a client and the broker say to each other, in words. Asking turns the trace on for ten minutes.
#[utoipa::path(get, path = "/api/operations/mqtt/clients/{session}/trace", tag = "operations",
    operation_id = "traceMqttSession", params(("session" = MqttSessionId, Path, description = "Session")),
    responses((status = 200, description = "The newest lines", body = TraceView)))]
pub async fn trace(
    State(door): State<Door>,
    Who(caller): Who,
    Id(session): Id<MqttSessionId>,
) -> Result<Json<TraceView>, Problem> {
    let (organisation, number) = theirs(&door, &caller, session)?;
    let until = (door.hub.now().0 + TRACE_MINUTES * 60_000).max(0) as u64;
    let lines = door.mqtt.trace(&organisation.to_string(), number, until);
    let lines = lines.ok_or(HubError::NotFound("session"))?;
    Ok(Json(TraceView { lines: lines.into_iter().map(line).collect() }))
}

fn line(line: TraceLine) -> TraceLineView {
    let direction = if line.from_client { "in" } else { "out" };
    TraceLineView { at: UnixMillis(line.at as i64), direction, text: line.text }
}

/// What each organisation has of the broker, and what happened since the start.
#[utoipa::path(get, path = "/api/operations/mqtt/metrics", tag = "operations", operation_id = "getMqttMetrics",
    params(OperationsQuery), responses((status = 200, description = "Metrics", body = MqttMetricsListView)))]
pub async fn metrics(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<OperationsQuery>,
) -> Result<Json<MqttMetricsListView>, Problem> {
    let organisations = operated(&caller, &query)?.into_iter();
    let items = organisations
        .map(|organisation| metrics_view(organisation, door.mqtt.metrics(&organisation.to_string())));
    Ok(Json(MqttMetricsListView { items: items.collect() }))
}

fn metrics_view(organisation: OrganisationId, metrics: TenantMetrics) -> MqttMetricsView {
    MqttMetricsView {
        organisation,
        connections: metrics.connections,
        sessions: metrics.sessions,
        subscriptions: metrics.subscriptions,
        retained_messages: metrics.retained_messages,
        retained_bytes: metrics.retained_bytes,
        queued_bytes: metrics.queued_bytes,
        messages_received: metrics.messages_received,
        bytes_received: metrics.bytes_received,
        messages_sent: metrics.messages_sent,
        bytes_sent: metrics.bytes_sent,
        messages_dropped: metrics.messages_dropped,
        messages_refused: metrics.messages_refused,
        refusals: metrics.refusals,
    }
}
