//! Commands: answered with 202 and an id at once; `wait` waits on the row, never on the device.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use lares_hub::commands::{self as hub, CommandFilter, NewCommand};
use lares_model::command::{Command, CommandState, Condition, HistoryLine};
use lares_model::event::Cause;
use lares_model::{CommandId, DeviceId, HomeId, Invalid, OrganisationId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

const WAIT_MAX_S: u64 = 30;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommandBody {
    /// The lowest endpoint that has the capability when left out.
    #[schema(maximum = 254)]
    endpoint: Option<u16>,
    /// Full name, such as `OnOff.On` or `DoorLock.LockDoor`.
    #[schema(example = "OnOff.On", max_length = 120)]
    name: String,
    #[serde(default)]
    #[schema(schema_with = lares_model::value::map_schema)]
    args: BTreeMap<String, Value>,
    /// All must hold at the device, by what is known here and again by what the device itself knows.
    #[serde(default)]
    #[schema(max_items = 8)]
    preconditions: Vec<Condition>,
    /// Not to be carried out after this; 5 minutes from now when left out, 7 days at most.
    not_after: Option<UnixMillis>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Answer when the command is settled, or after so long at the latest, such as `5s` (30s at most).
    #[param(pattern = "^([0-9]|[12][0-9]|30)s$")]
    wait: Option<String>,
}

/// A command as it stands.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CommandView {
    pub id: CommandId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub device: DeviceId,
    pub endpoint: u16,
    pub name: String,
    /// A code is shown as `[secret]`.
    #[schema(schema_with = lares_model::value::map_schema)]
    pub args: BTreeMap<String, Value>,
    pub preconditions: Vec<Condition>,
    pub issuer: Cause,
    pub state: CommandState,
    pub state_since: UnixMillis,
    /// Why it is in this state, where that needs a reason.
    pub reason: Option<String>,
    /// Whether nothing can move it any more.
    pub settled: bool,
    /// The device's command number.
    pub counter: i64,
    pub attempts: i32,
    pub created_at: UnixMillis,
    pub not_after: UnixMillis,
    pub sent_at: Option<UnixMillis>,
}

impl From<Command> for CommandView {
    fn from(command: Command) -> Self {
        CommandView {
            settled: command.is_settled(),
            args: command.shown_args(),
            id: command.id,
            organisation: command.organisation,
            home: command.home,
            device: command.device,
            endpoint: command.endpoint,
            name: command.name,
            preconditions: command.preconditions,
            issuer: command.issuer,
            state: command.state,
            state_since: command.state_since,
            reason: command.reason,
            counter: command.counter,
            attempts: command.attempts,
            created_at: command.created_at,
            not_after: command.not_after,
            sent_at: command.sent_at,
        }
    }
}

/// A command with everything that happened to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CommandHistoryView {
    #[serde(flatten)]
    pub command: CommandView,
    /// Oldest first.
    pub history: Vec<HistoryLine>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommandsQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    home: Option<HomeId>,
    device: Option<DeviceId>,
    #[param(inline)]
    state: Option<CommandState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeviceCommandsQuery {
    #[param(inline)]
    state: Option<CommandState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

fn parse_wait(text: Option<&str>) -> Result<Option<Duration>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let seconds = text.strip_suffix('s').and_then(|digits| digits.parse().ok());
    match seconds {
        Some(seconds) if seconds <= WAIT_MAX_S => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Invalid::one(
            "wait",
            format!("must be a whole number of seconds such as 5s, at most {WAIT_MAX_S}s"),
        )
        .into()),
    }
}

type Accepted = (StatusCode, [(HeaderName, String); 1], Json<CommandView>);

/// Ask a device to do something. The answer is 202 with the command's id; what the device says moves its state.
#[utoipa::path(post, path = "/api/iot/devices/{id}/commands", tag = "commands", operation_id = "submitCommand",
    params(("id" = DeviceId, Path, description = "Device"), WaitQuery, OnceHeader), request_body = NewCommandBody,
    responses((status = 202, description = "Recorded; follow it at Location", body = CommandView)))]
pub async fn submit(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<WaitQuery>,
    Posted(once, body): Posted<NewCommandBody>,
) -> Result<Accepted, Problem> {
    let wait = parse_wait(query.wait.as_deref())?;
    let new = NewCommand {
        endpoint: body.endpoint,
        name: body.name,
        args: body.args,
        preconditions: body.preconditions,
        not_after: body.not_after,
    };
    let mut command = hub::submit(&door.hub, &caller, once.as_ref(), id, new).await?;
    if let Some(at_most) = wait {
        command = hub::wait(&door.hub, &caller, command.id, at_most).await?;
    }
    let location = [(header::LOCATION, format!("/api/iot/commands/{}", command.id))];
    Ok((StatusCode::ACCEPTED, location, Json(command.into())))
}

/// Commands of a device, oldest first.
#[utoipa::path(get, path = "/api/iot/devices/{id}/commands", tag = "commands", operation_id = "listDeviceCommands",
    params(("id" = DeviceId, Path, description = "Device"), DeviceCommandsQuery),
    responses((status = 200, description = "A page", body = PageOf<CommandView>)))]
pub async fn of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<DeviceCommandsQuery>,
) -> Result<Json<PageOf<CommandView>>, Problem> {
    let device = lares_hub::devices::find(&door.hub, &caller, id).await?;
    let limit = limit(query.limit, LIMIT_MAX)?;
    let filter = CommandFilter { device: Some(device.id), home: None, state: query.state };
    let listed = hub::list(&door.hub, &caller, None, &filter, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, CommandView::from)))
}

/// Commands of your organisations, oldest first.
#[utoipa::path(get, path = "/api/iot/commands", tag = "commands", operation_id = "listCommands",
    params(CommandsQuery), responses((status = 200, description = "A page", body = PageOf<CommandView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<CommandsQuery>,
) -> Result<Json<PageOf<CommandView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let filter = CommandFilter { device: query.device, home: query.home, state: query.state };
    let cursor = query.cursor.as_deref();
    let listed = hub::list(&door.hub, &caller, query.organisation, &filter, cursor, limit).await?;
    Ok(Json(PageOf::of(listed, CommandView::from)))
}

/// A command with its whole history.
#[utoipa::path(get, path = "/api/iot/commands/{id}", tag = "commands", operation_id = "getCommand",
    params(("id" = CommandId, Path, description = "Command"), WaitQuery),
    responses((status = 200, description = "The command", body = CommandHistoryView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<CommandId>,
    Params(query): Params<WaitQuery>,
) -> Result<Json<CommandHistoryView>, Problem> {
    let command = match parse_wait(query.wait.as_deref())? {
        Some(at_most) => hub::wait(&door.hub, &caller, id, at_most).await?,
        None => hub::find(&door.hub, &caller, id).await?,
    };
    let history = hub::history(&door.hub, &caller, id).await?;
    Ok(Json(CommandHistoryView { command: command.into(), history }))
}
