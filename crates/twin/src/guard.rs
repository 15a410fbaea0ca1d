//! The checks that a command must pass before a device acts (docs/device-protocol.md, "What a device checks"), and
//! what it remembers of the commands it has answered. Pure.

use std::collections::VecDeque;

use lares_model::protocol::Envelope;
use lares_model::{CommandId, DeviceId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::devices::Refusal;
use crate::message::{Answer, Reading};

/// As many answers are remembered as commands can be on their way at once.
const ANSWERS_MAX: usize = 16;

/// A real device keeps this where a loss of power does not reach it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Guard {
    /// The newest command number it has answered.
    counter: i64,
    answers: VecDeque<Answered>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answered {
    command: CommandId,
    counter: i64,
    nonce: String,
    answer: Answer,
    reason: Option<String>,
}

impl Guard {
    /// The answer that this very command was given before: the network delivers at least once.
    pub fn given(&self, envelope: &Envelope) -> Option<(Answer, Option<String>)> {
        let is_to = |answered: &&Answered| {
            answered.command == envelope.command
                && answered.counter == envelope.counter
                && answered.nonce == envelope.nonce
        };
        self.answers.iter().find(is_to).map(|answered| (answered.answer, answered.reason.clone()))
    }

    /// What makes a command this device's next one; one that fails here moves nothing, not even the counter.
    pub fn check_sender(&mut self, envelope: &Envelope, id: DeviceId) -> Result<(), String> {
        if envelope.v != 1 {
            return Err(format!("v: version {} is not known", envelope.v));
        }
        if envelope.device != id {
            return Err("device: this command is for another device".to_owned());
        }
        if envelope.counter <= self.counter {
            return Err(format!("counter: {} is not newer than {}", envelope.counter, self.counter));
        }
        self.counter = envelope.counter;
        Ok(())
    }

    pub fn remember(&mut self, envelope: &Envelope, answer: Answer, reason: Option<&str>) {
        if self.answers.len() == ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back(Answered {
            command: envelope.command,
            counter: envelope.counter,
            nonce: envelope.nonce.clone(),
            answer,
            reason: reason.map(str::to_owned),
        });
    }
}

/// Whether it may still be carried out, and its conditions hold by the device's own state.
pub(crate) fn check_moment(envelope: &Envelope, now: UnixMillis, state: &[Reading]) -> Result<(), Refusal> {
    if now.0 > envelope.not_after {
        return Err(Refusal::Refused("not_after: its time is over".to_owned()));
    }
    for wanted in &envelope.preconditions {
        let found = state
            .iter()
            .find(|reading| reading.endpoint == wanted.endpoint && reading.attribute == wanted.attribute);
        match found {
            Some(reading) if reading.value.same_as(&wanted.equals) => {}
            Some(reading) => {
                let (name, is, wants) = (reading.attribute, &reading.value, &wanted.equals);
                return Err(Refusal::Refused(format!("if: {name} is {is}, not {wants}")));
            }
            None => {
                let (name, endpoint) = (&wanted.attribute, wanted.endpoint);
                let name: String = name.chars().take(80).collect();
                return Err(Refusal::Refused(format!("if: endpoint {endpoint} has no {name}")));
            }
        }
    }
    Ok(())
}
