//! Commands: a request becomes a row and is answered at once; what the device says later moves the row.
//! Nobody waits on a device: `wait` waits on the row.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lares_model::access::Action;
use lares_model::capability::{attribute, command as command_spec};
use lares_model::command::{
    Command, CommandState, Condition, HistoryLine, Signal, Step, Transition, next_step, settle,
};
use lares_model::device::Device;
use lares_model::dialect::CannotSay;
use lares_model::event::{Cause, NewEvent};
use lares_model::oauth::OAuthScope;
use lares_model::ports::Link;
use lares_model::{CommandId, DeviceId, EventId, Invalid, OrganisationId, UnixMillis, Value};
use lares_store::commands as rows;
pub use lares_store::commands::CommandFilter;
use lares_store::{Page, UnitOfWork, devices, events};
use serde_json::json;

use crate::caller::Caller;
use crate::command_secrets::{forgotten, sealed};
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

/// What opens a door.
const UNLOCKS: [&str; 2] = ["DoorLock.UnlockDoor", "DoorLock.UnboltDoor"];
pub const NOT_AFTER_MAX_MS: i64 = 7 * 24 * 3_600 * 1_000;
pub const PRECONDITIONS_MAX: usize = 8;
/// A device that is away must not pile up requests without end.
pub const UNSETTLED_MAX: usize = 100;

#[derive(Clone, Debug)]
pub struct NewCommand {
    pub endpoint: Option<u16>,
    /// Full name, `Capability.Command`.
    pub name: String,
    pub args: BTreeMap<String, Value>,
    pub preconditions: Vec<Condition>,
    pub not_after: Option<UnixMillis>,
}

pub async fn submit(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    device: DeviceId,
    new: NewCommand,
) -> Result<Command, HubError> {
    // Marked before the row exists, so that no report can slip between the commit and the mark.
    hub.mark_busy(device);
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Command>(hub, &work, caller, once).await? {
        caller.require(Action::DeviceCommand, done.organisation)?;
        return Ok(done);
    }
    let device = devices::find(&work, caller.scope(), device).await?;
    let device = device.filter(|device| caller.reaches(device.home)).ok_or(HubError::NotFound("device"))?;
    caller.require(Action::DeviceCommand, device.organisation)?;
    if UNLOCKS.contains(&new.name.as_str()) {
        caller.has_scope(OAuthScope::DoorsUnlock)?;
        caller.stepped_up(hub.now())?;
    }
    let asked = judge(hub, caller, &device, new)?;
    let args = asked.args.clone();
    let mut command = sealed(hub, asked)?;
    // Also locks the device's row, so that what is read of its commands next stays so until the commit.
    command.counter = devices::next_command_counter(&work, device.id).await?;
    let open = rows::unsettled_of(&work, device.id).await?;
    if open.len() >= UNSETTLED_MAX {
        return Err(HubError::Conflict(format!(
            "{UNSETTLED_MAX} commands to this device are still unsettled"
        )));
    }
    rows::insert(&work, &command).await?;
    let mut new_events = vec![event_of(hub, &command, command.issuer)];
    let at_once = hand_over_at_once(hub, &work, &mut command, open.is_empty(), &mut new_events).await?;
    events::append(&work, new_events).await?;
    keep(hub, &work, caller, once, &command).await?;
    work.commit().await?;
    hub.mark_busy(device.id);
    if let Some(link) = at_once
        && let Err(error) = link.send(&device, &Command { args, ..command.clone() }).await
    {
        tracing::warn!(device.id = %device.id, command.id = %command.id, %error, "command not handed over");
    }
    hub.nudges.dispatcher.notify_one();
    hub.nudges.events_committed();
    metrics::counter!("lares_commands_total").increment(1);
    Ok(command)
}

/// The dispatcher's first step, taken in the transaction that queues the command when nothing stands before it and
/// the device listens: the same decision, one commit less.
async fn hand_over_at_once(
    hub: &Hub,
    work: &UnitOfWork,
    command: &mut Command,
    is_first: bool,
    new_events: &mut Vec<NewEvent>,
) -> Result<Option<Arc<dyn Link>>, HubError> {
    let Some(link) = hub.link().filter(|link| is_first && link.ready_for(command)) else {
        return Ok(None);
    };
    let now = hub.now();
    let step = next_step(command, true, false, false, now, &hub.command_policy);
    if step != Step::Send || unmet(hub, command).is_some() {
        return Ok(None); // left to the dispatcher, who says why
    }
    let Some(transition) = settle(command, &Signal::HandedOver, now, &hub.command_policy) else {
        return Ok(None);
    };
    new_events.push(moved(hub, work, command, &transition, Cause::System, now).await?);
    Ok(Some(link.clone()))
}

fn judge(hub: &Hub, caller: &Caller, device: &Device, new: NewCommand) -> Result<Command, Invalid> {
    let mut invalid = Invalid::default();
    let now = hub.now();
    let capability_name = new.name.split('.').next().unwrap_or_default().to_owned();
    let Some(spec) = command_spec(&new.name) else {
        return Err(Invalid::one("/name", "is not a known command; GET /api/capabilities lists them"));
    };
    let endpoint = new.endpoint.or_else(|| device.default_endpoint(&capability_name));
    if !endpoint.is_some_and(|endpoint| device.has(endpoint, &capability_name)) {
        let field = if new.endpoint.is_some() { "/endpoint" } else { "/name" };
        invalid.add(field, format!("the device was not registered with {capability_name} there"));
    }
    let args = spec.accept_args(&new.args).unwrap_or_else(|errors| {
        invalid.errors.extend(errors.errors);
        BTreeMap::new()
    });
    if let Some(endpoint) = endpoint {
        device.check_bounds(endpoint, &new.name, &args, &mut invalid);
    }
    if device.origin.is_some()
        && let Some(endpoint) = endpoint
        && let Err(CannotSay::Unsupported(reason)) = hub.dialects.word(device, endpoint, &new.name, &args)
    {
        invalid.add("/name", reason);
    }
    let preconditions = judge_preconditions(device, new.preconditions, &mut invalid);
    let not_after = new.not_after.unwrap_or(now + hub.command_policy.good_for_ms);
    let is_asked_for = new.not_after.is_some();
    if is_asked_for && (not_after <= now || not_after.since_ms(now) > NOT_AFTER_MAX_MS) {
        invalid.add("/not_after", "must be in the future, and at most 7 days ahead");
    }
    let mut nonce = [0; 16];
    hub.entropy.fill(&mut nonce);
    invalid.or(Command {
        id: CommandId(hub.uuid()),
        organisation: device.organisation,
        home: device.home,
        device: device.id,
        endpoint: endpoint.unwrap_or_default(),
        name: new.name,
        args,
        preconditions,
        issuer: caller.cause(),
        counter: 0,
        nonce: nonce.iter().map(|byte| format!("{byte:02x}")).collect(),
        created_at: now,
        not_after,
        state: CommandState::Queued,
        state_since: now,
        reason: None,
        sent_at: None,
        attempts: 0,
    })
}

fn judge_preconditions(device: &Device, conditions: Vec<Condition>, invalid: &mut Invalid) -> Vec<Condition> {
    if conditions.len() > PRECONDITIONS_MAX {
        invalid.add("/preconditions", format!("must have at most {PRECONDITIONS_MAX} entries"));
    }
    let mut accepted = Vec::with_capacity(conditions.len());
    for (index, condition) in conditions.into_iter().enumerate() {
        let at = format!("/preconditions/{index}");
        let capability_name = condition.attribute.split('.').next().unwrap_or_default();
        match attribute(&condition.attribute) {
            None => invalid.add(format!("{at}/attribute"), "is not a known attribute"),
            Some(_) if !device.has(condition.endpoint, capability_name) => {
                invalid.add(format!("{at}/endpoint"), format!("has no {capability_name} on this device"));
            }
            Some(spec) => match spec.kind.accept(&condition.equals) {
                Ok(equals) => accepted.push(Condition { equals, ..condition }),
                Err(reason) => invalid.add(format!("{at}/equals"), reason),
            },
        }
    }
    accepted
}

/// Why the preconditions do not hold by what is known of the device; `None` when they do.
pub(crate) fn unmet(hub: &Hub, command: &Command) -> Option<String> {
    hub.live.with(command.device, |state| {
        command.preconditions.iter().find_map(|condition| {
            let name = &condition.attribute;
            match state.value(condition.endpoint, name) {
                None => Some(format!("precondition: {name} is not known, the device never reported it")),
                Some(latest) if latest.value.same_as(&condition.equals) => None,
                Some(latest) => {
                    Some(format!("precondition: {name} is {}, not {}", latest.value, condition.equals))
                }
            }
        })
    })
}

pub(crate) fn event_of(hub: &Hub, command: &Command, cause: Cause) -> NewEvent {
    NewEvent {
        id: EventId(hub.uuid()),
        organisation: command.organisation,
        event_type: command.state.event_type(),
        time: command.state_since,
        recorded: hub.now(),
        home: Some(command.home),
        device: Some(command.device),
        cause,
        origin: None,
        payload: json!({
            "command": command.id,
            "endpoint": command.endpoint,
            "name": command.name,
            "args": command.shown_args(),
            "reason": command.reason,
            "attempts": command.attempts,
        }),
    }
}

/// Writes a move that `settle` allowed and returns its event.
pub(crate) async fn moved(
    hub: &Hub,
    work: &UnitOfWork,
    command: &mut Command,
    transition: &Transition,
    cause: Cause,
    now: UnixMillis,
) -> Result<NewEvent, HubError> {
    command.apply(transition, now);
    if command.is_settled() && command.has_secrets() {
        *command = forgotten(command.clone());
    }
    rows::record(work, command).await?;
    metrics::counter!("lares_command_moves_total", "to" => command.state.as_text()).increment(1);
    Ok(event_of(hub, command, cause))
}

/// A removed device leaves no command behind that could still be sent.
pub(crate) async fn fail_unsettled(
    hub: &Hub,
    work: &UnitOfWork,
    device: &Device,
) -> Result<Vec<CommandId>, HubError> {
    let now = hub.now();
    let mut new_events = Vec::new();
    let mut failed = Vec::new();
    for mut command in rows::unsettled_of(work, device.id).await? {
        if let Some(transition) = settle(&command, &Signal::DeviceRemoved, now, &hub.command_policy) {
            new_events.push(moved(hub, work, &mut command, &transition, Cause::System, now).await?);
            failed.push(command.id);
        }
    }
    events::append(work, new_events).await?;
    Ok(failed)
}

pub async fn find(hub: &Hub, caller: &Caller, id: CommandId) -> Result<Command, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("command"))
}

pub async fn history(hub: &Hub, caller: &Caller, id: CommandId) -> Result<Vec<HistoryLine>, HubError> {
    Ok(rows::history(&hub.store, caller.scope(), id).await?)
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    filter: &CommandFilter,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Command>, HubError> {
    const PURPOSE: &str = "commands";
    let scope = caller.narrowed(organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::list(&hub.store, &scope, filter, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |command| command.id.0)
}

/// The command once it is settled, or as it is when the time is over.
pub async fn wait(hub: &Hub, caller: &Caller, id: CommandId, at_most: Duration) -> Result<Command, HubError> {
    let deadline = tokio::time::Instant::now() + at_most;
    let watch = hub.nudges.watch_command(id);
    loop {
        let moved = watch.notify.notified();
        tokio::pin!(moved);
        // Registered before the row is read: a move between the two is not missed.
        moved.as_mut().enable();
        let command = find(hub, caller, id).await?;
        if command.is_settled() {
            return Ok(command);
        }
        if tokio::time::timeout_at(deadline, moved).await.is_err() {
            return find(hub, caller, id).await;
        }
    }
}
