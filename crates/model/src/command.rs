//! A request to a device and its life: which moves are legal, and what moves it. `settle` owns every move;
//! `next_step` says what a dispatcher should do now. Both are pure, so every command can be replayed and explained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Cause, EventType};
use crate::id::{CommandId, DeviceId, HomeId, OrganisationId};
use crate::reading::Quality;
use crate::record::{Ack, AckStatus};
use crate::time::{UnixMillis, stretched};
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Recorded, not yet handed over.
    Queued,
    /// Handed to the link.
    Sent,
    /// The device took it. The end for commands without an observable state.
    Acked,
    /// A report of the device proves it.
    Confirmed,
    /// The device, or the precondition, said no.
    Refused,
    /// The device tried and could not.
    Failed,
    /// Its time was over before it was sent.
    Expired,
    /// Sent, and no proof by the deadline: it may or may not have happened.
    Unconfirmed,
}

impl CommandState {
    pub const ALL: [CommandState; 8] = [
        CommandState::Queued,
        CommandState::Sent,
        CommandState::Acked,
        CommandState::Confirmed,
        CommandState::Refused,
        CommandState::Failed,
        CommandState::Expired,
        CommandState::Unconfirmed,
    ];

    pub fn as_text(self) -> &'static str {
        match self {
            CommandState::Queued => "queued",
            CommandState::Sent => "sent",
            CommandState::Acked => "acked",
            CommandState::Confirmed => "confirmed",
            CommandState::Refused => "refused",
            CommandState::Failed => "failed",
            CommandState::Expired => "expired",
            CommandState::Unconfirmed => "unconfirmed",
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_text() == text)
    }

    pub fn event_type(self) -> EventType {
        match self {
            CommandState::Queued => EventType::CommandQueued,
            CommandState::Sent => EventType::CommandSent,
            CommandState::Acked => EventType::CommandAcked,
            CommandState::Confirmed => EventType::CommandConfirmed,
            CommandState::Refused => EventType::CommandRefused,
            CommandState::Failed => EventType::CommandFailed,
            CommandState::Expired => EventType::CommandExpired,
            CommandState::Unconfirmed => EventType::CommandUnconfirmed,
        }
    }
}

/// What must be so at the device for the command to be carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    #[schema(maximum = 254)]
    pub endpoint: u16,
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    #[schema(schema_with = crate::value::schema)]
    pub equals: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    pub id: CommandId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub device: DeviceId,
    pub endpoint: u16,
    /// Full name, `Capability.Command`.
    pub name: String,
    /// Codes among them are sealed wherever the command is kept; see `shown_args`.
    pub args: BTreeMap<String, Value>,
    pub preconditions: Vec<Condition>,
    /// Who asked.
    pub issuer: Cause,
    /// Grows by one per device; a device refuses a number it has already passed.
    pub counter: i64,
    /// 128 random bits, hexadecimal.
    pub nonce: String,
    pub created_at: UnixMillis,
    /// Not to be carried out after this instant.
    pub not_after: UnixMillis,
    pub state: CommandState,
    pub state_since: UnixMillis,
    pub reason: Option<String>,
    pub sent_at: Option<UnixMillis>,
    /// How often it was handed to the link.
    pub attempts: i32,
}

/// What stands in the place of a code for whoever reads of a command.
pub const SECRET_SHOWN: &str = "[secret]";

/// One line of a command's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryLine {
    pub at: UnixMillis,
    pub state: CommandState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandPolicy {
    /// From hand-over to proof.
    pub confirm_within_ms: i64,
    /// How often an idempotent command is handed over at most.
    pub attempts_max: i32,
    /// How long a command stays good where its sender does not say.
    pub good_for_ms: i64,
}

impl CommandPolicy {
    /// For a clock that runs faster: people, devices and networks are as slow as ever.
    pub fn at_speed(self, speed: f64) -> CommandPolicy {
        CommandPolicy {
            confirm_within_ms: stretched(self.confirm_within_ms, speed),
            attempts_max: self.attempts_max,
            good_for_ms: stretched(self.good_for_ms, speed),
        }
    }
}

impl Default for CommandPolicy {
    fn default() -> Self {
        CommandPolicy { confirm_within_ms: 30_000, attempts_max: 3, good_for_ms: 5 * 60 * 1_000 }
    }
}

/// What moves a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal<'a> {
    HandedOver,
    PreconditionFailed(String),
    Ack(&'a Ack),
    /// A reading of the device, taken after the command was sent.
    Report {
        endpoint: u16,
        attribute: &'a str,
        value: &'a Value,
        quality: Quality,
    },
    /// Time passed.
    Tick,
    DeviceRemoved,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub to: CommandState,
    pub reason: Option<String>,
}

fn to(state: CommandState) -> Option<Transition> {
    Some(Transition { to: state, reason: None })
}

fn because(state: CommandState, reason: impl Into<String>) -> Option<Transition> {
    Some(Transition { to: state, reason: Some(reason.into()) })
}

impl Command {
    fn spec(&self) -> Option<&'static crate::capability::CommandSpec> {
        crate::capability::command(&self.name)
    }

    pub fn is_idempotent(&self) -> bool {
        self.spec().is_some_and(|spec| spec.idempotent)
    }

    /// The attribute and value whose report proves this command; `None` when nothing observable follows.
    pub fn proof(&self) -> Option<(String, Value)> {
        let (capability_name, _) = self.name.split_once('.')?;
        self.spec()?.proof(capability_name, &self.args)
    }

    fn secrets(&self) -> impl Iterator<Item = &'static str> {
        let args = self.spec().map(|spec| spec.args).unwrap_or_default();
        args.iter().filter(|arg| arg.secret).map(|arg| arg.name)
    }

    pub fn has_secrets(&self) -> bool {
        self.secrets().any(|name| self.args.contains_key(name))
    }

    /// The arguments as anybody may read them: of a code only that there was one.
    pub fn shown_args(&self) -> BTreeMap<String, Value> {
        let mut shown = self.args.clone();
        for name in self.secrets() {
            if let Some(value) = shown.get_mut(name) {
                *value = Value::Text(SECRET_SHOWN.to_owned());
            }
        }
        shown
    }

    /// Rewrites each secret argument.
    pub fn with_secrets<E>(
        mut self,
        mut rewrite: impl FnMut(&str, &Value) -> Result<Value, E>,
    ) -> Result<Command, E> {
        for name in self.secrets().collect::<Vec<_>>() {
            if let Some(value) = self.args.get_mut(name) {
                *value = rewrite(name, value)?;
            }
        }
        Ok(self)
    }

    /// Whether nothing can move it any more.
    pub fn is_settled(&self) -> bool {
        match self.state {
            CommandState::Queued | CommandState::Sent => false,
            CommandState::Acked => self.proof().is_none(),
            _ => true,
        }
    }

    /// When the wait for an answer ends.
    fn answer_due(&self, policy: &CommandPolicy) -> Option<UnixMillis> {
        self.sent_at.map(|sent_at| sent_at + policy.confirm_within_ms)
    }

    /// The wait for an answer is over; or the clock has gone back by more than the whole wait, and waiting for it to
    /// come there again would hold up everything behind this command.
    pub fn is_overdue(&self, now: UnixMillis, policy: &CommandPolicy) -> bool {
        self.answer_due(policy).is_some_and(|due| now >= due)
            || self.sent_at.is_some_and(|sent_at| now + policy.confirm_within_ms < sent_at)
    }

    /// Applies a move that `settle` allowed.
    pub fn apply(&mut self, transition: &Transition, now: UnixMillis) {
        if transition.to == CommandState::Sent {
            self.sent_at = Some(now);
            self.attempts += 1;
        }
        self.state = transition.to;
        self.state_since = now;
        self.reason.clone_from(&transition.reason);
    }
}

/// The move that this signal makes, if any. A settled command never moves.
pub fn settle(
    command: &Command,
    signal: &Signal<'_>,
    now: UnixMillis,
    policy: &CommandPolicy,
) -> Option<Transition> {
    use CommandState::{Acked, Confirmed, Expired, Failed, Queued, Refused, Sent, Unconfirmed};
    if command.is_settled() {
        return None;
    }
    match (command.state, signal) {
        (Queued, _) if now >= command.not_after && !matches!(signal, Signal::Ack(_)) => {
            because(Expired, "its time was over before the device could be reached")
        }
        (Queued, Signal::HandedOver) => to(Sent),
        (Queued, Signal::PreconditionFailed(reason)) => because(Refused, reason.clone()),
        (Sent, Signal::HandedOver) if may_send_again(command, now, policy) => because(Sent, "sent again"),
        (Sent | Acked, Signal::Ack(ack)) if ack.command == command.id => match ack.status {
            AckStatus::Accepted if command.state == Sent => to(Acked),
            AckStatus::Accepted => None,
            AckStatus::Refused => because(Refused, device_reason(ack)),
            AckStatus::Failed => because(Failed, device_reason(ack)),
        },
        (Sent | Acked, Signal::Report { endpoint, attribute, value, quality }) => {
            let proof = command.proof()?;
            let proves = *quality == Quality::Measured
                && *endpoint == command.endpoint
                && *attribute == proof.0
                && crate::capability::attribute(attribute)
                    .is_some_and(|known| known.kind.proves(value, &proof.1));
            if proves { to(Confirmed) } else { None }
        }
        (Sent | Acked, Signal::Tick) if command.is_overdue(now, policy) => {
            because(Unconfirmed, "the device did not prove it in time; it may or may not have happened")
        }
        (_, Signal::DeviceRemoved) => because(Failed, "the device was removed"),
        _ => None,
    }
}

fn device_reason(ack: &Ack) -> String {
    // Not every store can hold a NUL, and a reason that cannot be stored would hold up everything behind it.
    let reason = ack.reason.as_ref().map(|reason| reason.replace(char::is_control, " "));
    reason.unwrap_or_else(|| "the device gave no reason".to_owned())
}

fn may_send_again(command: &Command, now: UnixMillis, policy: &CommandPolicy) -> bool {
    command.is_idempotent() && command.attempts < policy.attempts_max && now < command.not_after
}

/// What a dispatcher should do with the oldest unsettled command of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hand it over (again).
    Send,
    /// Let `settle` see that time passed.
    Tick,
    /// Nothing before this instant.
    Wait(UnixMillis),
    /// It no longer holds up the ones behind it.
    Pass,
}

/// `others_wait`: commands stand behind it. Sending an old one again after a newer one would undo the newer one,
/// so a command is repeated only while nothing waits; `reconnected`: the device came back since it was sent.
pub fn next_step(
    command: &Command,
    link_ready: bool,
    reconnected: bool,
    others_wait: bool,
    now: UnixMillis,
    policy: &CommandPolicy,
) -> Step {
    match command.state {
        CommandState::Queued if now >= command.not_after => Step::Tick,
        CommandState::Queued if link_ready => Step::Send,
        CommandState::Queued => Step::Wait(command.not_after),
        CommandState::Sent => {
            let due = command.answer_due(policy).unwrap_or(now);
            let repeat = link_ready && !others_wait && may_send_again(command, now, policy);
            let overdue = command.is_overdue(now, policy);
            if repeat && (reconnected || overdue) {
                Step::Send
            } else if overdue {
                Step::Tick
            } else {
                Step::Wait(due)
            }
        }
        // The device has it: what comes next may go out, while this one waits for its proof.
        _ => Step::Pass,
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
