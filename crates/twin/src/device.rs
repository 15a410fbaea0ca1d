//! A device without its radio: what every kind has in common, and the checks that a command must pass before the
//! kind itself is asked (docs/device-protocol.md, "What a device checks"). Pure: time and randomness are passed in.

use std::collections::VecDeque;

use lares_model::protocol::Envelope;
use lares_model::{CommandId, DeviceId, UnixMillis};

use crate::blueprint::Kind;
use crate::devices::{self, Behaviour, Refusal};
use crate::message::{Answer, Reading, Report};
use crate::random::Random;

/// As many answers are remembered as commands can be on their way at once.
const ANSWERS_MAX: usize = 16;

pub struct Device {
    kind: Kind,
    id: DeviceId,
    behaviour: Box<dyn Behaviour>,
    /// The newest command number it has answered.
    counter: i64,
    answers: VecDeque<Answered>,
}

struct Answered {
    command: CommandId,
    counter: i64,
    nonce: String,
    answer: Answer,
    reason: Option<String>,
}

/// What came of a command: the answer first, then what changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub answer: Answer,
    pub reason: Option<String>,
    pub reports: Vec<Report>,
}

impl Device {
    pub fn new(kind: Kind, id: DeviceId, seed: u64, now: UnixMillis) -> Device {
        let behaviour = devices::behaviour(kind, seed, now);
        Device { kind, id, behaviour, counter: 0, answers: VecDeque::new() }
    }

    /// Everything it knows of itself.
    pub fn state(&self) -> Report {
        let mut readings = vec![Reading::text(0, "Firmware.Version", self.kind.firmware())];
        readings.extend(self.behaviour.readings());
        Report::State(readings)
    }

    /// Lets time pass, and reports.
    pub fn tick(&mut self, now: UnixMillis, random: &mut Random) -> Vec<Report> {
        let mut reports = self.behaviour.tick(now, random);
        let mut telemetry = self.behaviour.telemetry();
        telemetry.push(Reading::number(0, "Signal.Rssi", random.between(-71.0, -49.0).round()));
        reports.push(Report::Telemetry(telemetry));
        reports
    }

    /// Carries out a command, or says why not. A command that was answered before is answered the same way again
    /// and not carried out again: the network delivers at least once.
    pub fn obey(&mut self, envelope: &Envelope, now: UnixMillis) -> Outcome {
        if let Some(answered) = self.answers.iter().find(|answered| answered.is_to(envelope)) {
            let (answer, reason) = (answered.answer, answered.reason.clone());
            return Outcome { answer, reason, reports: vec![self.state()] };
        }
        if let Err(reason) = self.check_sender(envelope) {
            return Outcome { answer: Answer::Refused, reason: Some(reason), reports: vec![] };
        }
        self.counter = envelope.counter;
        let done = self.check_moment(envelope, now).and_then(|()| self.carry_out(envelope, now));
        let outcome = match done {
            Ok(reports) => Outcome { answer: Answer::Accepted, reason: None, reports },
            Err(Refusal::Refused(reason)) => {
                Outcome { answer: Answer::Refused, reason: Some(reason), reports: vec![] }
            }
            Err(Refusal::Failed(reason)) => {
                Outcome { answer: Answer::Failed, reason: Some(reason), reports: vec![self.state()] }
            }
        };
        self.remember(envelope, &outcome);
        outcome
    }

    /// What makes a command this device's next one; one that fails here moves nothing, not even the counter.
    fn check_sender(&self, envelope: &Envelope) -> Result<(), String> {
        if envelope.v != 1 {
            return Err(format!("v: version {} is not known", envelope.v));
        }
        if envelope.device != self.id {
            return Err("device: this command is for another device".to_owned());
        }
        if envelope.counter <= self.counter {
            return Err(format!("counter: {} is not newer than {}", envelope.counter, self.counter));
        }
        Ok(())
    }

    fn check_moment(&self, envelope: &Envelope, now: UnixMillis) -> Result<(), Refusal> {
        if now.0 > envelope.not_after {
            return Err(Refusal::Refused("not_after: its time is over".to_owned()));
        }
        let Report::State(state) = self.state() else { return Ok(()) };
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

    fn carry_out(&mut self, envelope: &Envelope, now: UnixMillis) -> Result<Vec<Report>, Refusal> {
        let capability = envelope.name.split('.').next().unwrap_or_default();
        let there = self.kind.endpoints().iter().any(|known| {
            known.endpoint == envelope.endpoint && known.capabilities.iter().any(|name| name == capability)
        });
        if !there {
            let name: String = envelope.name.chars().take(80).collect();
            return Err(Refusal::Refused(format!("name: endpoint {} has no {name}", envelope.endpoint)));
        }
        match envelope.name.as_str() {
            // It blinks; nothing that anybody could read changes.
            "Identify.Identify" => Ok(vec![]),
            _ => self.behaviour.act(&envelope.name, &envelope.args, now),
        }
    }

    fn remember(&mut self, envelope: &Envelope, outcome: &Outcome) {
        if self.answers.len() == ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back(Answered {
            command: envelope.command,
            counter: envelope.counter,
            nonce: envelope.nonce.clone(),
            answer: outcome.answer,
            reason: outcome.reason.clone(),
        });
    }
}

impl Answered {
    fn is_to(&self, envelope: &Envelope) -> bool {
        self.command == envelope.command && self.counter == envelope.counter && self.nonce == envelope.nonce
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
