//! The whole world without its radio: every home, every device, what they say and how they answer. Pure: time is
//! passed in, everything else follows from the scenario, the seed and the commands. The same calls give the same
//! bytes. `lares demo` puts MQTT around it; a simulation can drive it directly.

use std::sync::Arc;

use lares_model::device::Encoding;
use lares_model::protocol::{Channel, Envelope};
use lares_model::{DeviceId, UnixMillis};

use crate::devices::{Args, Refusal};
use crate::faults::{Fault, Faults, Misbehaviour};
use crate::guard::{Guard, check_moment};
use crate::home::{Change, Home};
use crate::kind::Kind;
use crate::message::{
    Answer, EventNumbers, Head, Outgoing, Reading, Report, Why, decode_command, encode_ack, encode_report,
};
use crate::random::mix;
use crate::scenario::Scenario;

/// What a world begins with.
#[derive(Clone, Debug)]
pub struct Birth {
    pub seed: u64,
    /// The first start: battery charges are given for it.
    pub born: UnixMillis,
    /// Where its past begins.
    pub from: UnixMillis,
}

/// A device of the scenario, as the server knows it.
#[derive(Clone, Debug)]
pub struct Registered {
    pub serial: String,
    pub id: DeviceId,
    pub encoding: Encoding,
}

/// A device in its home.
#[derive(Clone)]
pub(crate) struct Unit {
    pub id: DeviceId,
    pub serial: String,
    pub kind: Kind,
    pub encoding: Encoding,
    pub home: usize,
    /// Its place in the home's plan.
    pub device: usize,
    pub guard: Guard,
    seq: u64,
    events: EventNumbers,
    next_report: UnixMillis,
    pub faults: Faults,
    /// It has said that its battery is empty.
    died: bool,
}

/// A command that changed something, to be done again when the past is told anew.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Done {
    pub at: UnixMillis,
    pub serial: String,
    pub name: String,
    pub args: Args,
}

#[derive(Clone)]
pub struct World {
    pub(crate) birth: Birth,
    pub(crate) homes: Vec<Home>,
    pub(crate) units: Vec<Unit>,
    /// Random text of this start; each device counts its messages within it.
    epoch: String,
    report_every_ms: i64,
    /// Commands that changed something since they were last taken away.
    pub(crate) done: Vec<Done>,
}

/// A clock that jumped further than this many reports is followed in longer strides.
const REPORTS_IN_A_JUMP_MAX: i64 = 60;
const STRIDE_MS: i64 = 600_000;

impl World {
    /// A world as it is at `birth.from`. Devices of the scenario that are not registered live, and say nothing.
    pub fn new(scenario: &Scenario, birth: Birth, registered: &[Registered]) -> World {
        let homes = scenario.homes.iter().zip(0..).map(|(plan, index)| {
            Home::new(&Arc::new(plan.clone()), mix(birth.seed, index), birth.born, birth.from)
        });
        let homes = homes.collect();
        World::of(scenario, birth, homes, registered)
    }

    pub(crate) fn of(
        scenario: &Scenario,
        birth: Birth,
        homes: Vec<Home>,
        registered: &[Registered],
    ) -> World {
        let mut units = Vec::new();
        for (home, plan) in scenario.homes.iter().enumerate() {
            for (device, planned) in plan.devices.iter().enumerate() {
                let known = registered.iter().find(|known| known.serial == planned.serial);
                let Some(known) = known else { continue };
                let seed = mix(mix(birth.seed, home as u64), 0xDE + device as u64);
                units.push(Unit {
                    id: known.id,
                    serial: known.serial.clone(),
                    kind: planned.kind,
                    encoding: known.encoding,
                    home,
                    device,
                    guard: Guard::default(),
                    seq: 0,
                    events: EventNumbers::default(),
                    next_report: birth.from,
                    faults: Faults::new(planned.misbehaviour.clone(), seed, birth.from),
                    died: false,
                });
            }
        }
        let epoch = format!("{:016x}", mix(birth.seed, birth.from.0 as u64));
        World { birth, homes, units, epoch, report_every_ms: 10_000, done: vec![] }
    }

    /// The epoch of what is told the same way however often the world starts again.
    pub(crate) fn lasting_epoch(&self) -> String {
        format!("past-{:016x}", mix(self.birth.seed, self.birth.born.0 as u64))
    }

    pub fn now(&self) -> UnixMillis {
        self.homes.iter().map(Home::now).min().unwrap_or_default()
    }

    pub fn devices(&self) -> impl Iterator<Item = (DeviceId, Kind)> {
        self.units.iter().map(|unit| (unit.id, unit.kind))
    }

    /// How often devices report what they measure, by the world's clock.
    pub fn report_every(&mut self, every_ms: i64) {
        self.report_every_ms = every_ms.max(100);
    }

    /// From now on devices speak, at `now`, under a fresh epoch; what went before is silent.
    pub fn come_alive(&mut self, now: UnixMillis) {
        self.leap(now);
        self.epoch = format!("{:016x}", mix(self.birth.seed, now.0 as u64));
        for (index, unit) in self.units.iter_mut().enumerate() {
            // Devices do not report in step with each other.
            let share = mix(self.birth.seed, index as u64) % 1_000;
            unit.next_report = now + self.report_every_ms * share as i64 / 1_000;
            unit.seq = 0;
            unit.died = false;
            unit.faults = Faults::new(unit.faults.list().to_vec(), share, now);
        }
    }

    /// Lets time pass in silence.
    pub(crate) fn leap(&mut self, until: UnixMillis) {
        for home in &mut self.homes {
            home.step(until);
            home.take_said();
        }
    }

    pub fn misbehave(&mut self, device: DeviceId, list: Vec<Misbehaviour>) {
        let now = self.now();
        if let Some(unit) = self.units.iter_mut().find(|unit| unit.id == device) {
            unit.faults = Faults::new(list, self.birth.seed, now);
            unit.died = false;
        }
    }

    /// Whether a device wants to be connected now.
    pub fn on_air(&self, device: DeviceId) -> bool {
        let now = self.now();
        let unit = self.units.iter().find(|unit| unit.id == device);
        unit.is_some_and(|unit| unit.faults.on_air(now))
    }

    /// Whether a device has said that its battery is empty: once that is heard, it is gone.
    pub fn has_died(&self, device: DeviceId) -> bool {
        self.units.iter().any(|unit| unit.id == device && unit.died)
    }

    /// Lets time pass, and returns what devices say meanwhile, in order. A time that is over already says nothing.
    pub fn advance(&mut self, until: UnixMillis) -> Vec<Outgoing> {
        let mut out = Vec::new();
        let jump_ms = until.since_ms(self.now());
        let every_ms = if jump_ms > REPORTS_IN_A_JUMP_MAX * self.report_every_ms {
            self.report_every_ms.max(STRIDE_MS)
        } else {
            self.report_every_ms
        };
        while let Some(at) = self.units.iter().map(|unit| unit.next_report).min().filter(|at| *at <= until) {
            self.pass(at, &mut out);
            for index in 0..self.units.len() {
                if self.units[index].next_report <= at {
                    self.units[index].next_report = at + every_ms;
                    let unit = &self.units[index];
                    let readings = self.homes[unit.home].series(unit.device);
                    self.say(index, &Report::Telemetry(readings), at, Why::Series, &mut out);
                }
            }
        }
        self.pass(until, &mut out);
        out
    }

    /// Steps every home, and collects what changed.
    fn pass(&mut self, until: UnixMillis, out: &mut Vec<Outgoing>) {
        for home in 0..self.homes.len() {
            self.homes[home].step(until);
            for said in self.homes[home].take_said() {
                let unit = self.units.iter().position(|unit| unit.home == home && unit.device == said.device);
                let Some(unit) = unit else { continue };
                let report = match said.what {
                    Change::State(readings) => Report::State(readings),
                    Change::Event(event) => Report::Event(event),
                };
                self.say(unit, &report, said.at, Why::Change, out);
            }
        }
        self.die(until, out);
    }

    /// The last words of those whose battery is flat.
    fn die(&mut self, now: UnixMillis, out: &mut Vec<Outgoing>) {
        for index in 0..self.units.len() {
            let unit = &self.units[index];
            if unit.died || !unit.faults.has(Fault::FlatBattery, now) {
                continue;
            }
            let readings = vec![
                Reading::number(0, "PowerSource.BatPercentRemaining", 0.0),
                Reading::text(0, "PowerSource.BatChargeLevel", "Critical"),
            ];
            if self.units[index].kind.has_battery() {
                self.say(index, &Report::State(readings), now, Why::Change, out);
            }
            self.units[index].died = true;
        }
    }

    fn say(&mut self, index: usize, report: &Report, at: UnixMillis, why: Why, out: &mut Vec<Outgoing>) {
        let lasting = self.lasting_epoch();
        let unit = &mut self.units[index];
        if unit.died {
            return;
        }
        let time = unit.faults.clock(at);
        let head = if let Report::Event(_) = report {
            // Told again after a loss of power, an event must be known as the same one.
            Head::new(&lasting, unit.events.next(at), time)
        } else {
            unit.seq += 1;
            Head::new(&self.epoch, unit.seq, time)
        };
        match encode_report(unit.encoding, head, report) {
            Ok((channel, payload)) => {
                let message = Outgoing { device: unit.id, channel, time, payload, why };
                out.extend(unit.faults.pass(message, at));
            }
            Err(error) => tracing::error!(device.id = %unit.id, %error, "a report could not be encoded"),
        }
    }

    /// What a device says after it has connected: everything it knows of itself.
    pub fn connected(&mut self, device: DeviceId) -> Vec<Outgoing> {
        let mut out = Vec::new();
        let Some(index) = self.units.iter().position(|unit| unit.id == device) else { return out };
        let unit = &self.units[index];
        let (home, at) = (&self.homes[unit.home], self.homes[unit.home].now());
        let (state, series) = (home.eventful(unit.device), home.series(unit.device));
        self.say(index, &Report::State(state), at, Why::Change, &mut out);
        self.say(index, &Report::Telemetry(series), at, Why::Series, &mut out);
        out
    }

    /// A command as it comes from the server: its answer first, then what changed.
    pub fn command(&mut self, device: DeviceId, payload: &[u8], now: UnixMillis) -> Vec<Outgoing> {
        let Some(index) = self.units.iter().position(|unit| unit.id == device) else { return vec![] };
        let mut out = self.advance(now);
        let unit = &self.units[index];
        let envelope = match decode_command(unit.encoding, payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                tracing::warn!(device.id = %unit.id, %error, "the twin's device cannot read a command");
                return out;
            }
        };
        let now = self.homes[unit.home].now();
        let (answer, reason, changed) = self.obey(index, &envelope, now);
        let unit = &mut self.units[index];
        unit.seq += 1;
        let time = unit.faults.clock(now);
        let head = Head::new(&self.epoch, unit.seq, time);
        match encode_ack(unit.encoding, head, envelope.command, answer, reason.as_deref()) {
            Ok(payload) => {
                let channel = Channel::Ack;
                let message = Outgoing { device, channel, time, payload, why: Why::Answer };
                out.extend(unit.faults.pass(message, now));
            }
            Err(error) => tracing::error!(device.id = %unit.id, %error, "an answer could not be encoded"),
        }
        if changed {
            self.tell_all(index, now, &mut out);
        }
        out
    }

    /// The whole state after a command, and the event that goes with it.
    fn tell_all(&mut self, index: usize, now: UnixMillis, out: &mut Vec<Outgoing>) {
        let unit = &self.units[index];
        let (home, device) = (unit.home, unit.device);
        let mut readings = self.homes[home].eventful(device);
        readings.extend(self.homes[home].series(device));
        let said = self.homes[home].take_said();
        self.say(index, &Report::State(readings), now, Why::Answer, out);
        for said in said.into_iter().filter(|said| said.device == device) {
            if let Change::Event(event) = said.what {
                self.say(index, &Report::Event(event), now, Why::Answer, out);
            }
        }
    }

    /// Carries out a command, or says why not; and whether there is state to tell.
    fn obey(&mut self, index: usize, envelope: &Envelope, now: UnixMillis) -> (Answer, Option<String>, bool) {
        let unit = &mut self.units[index];
        if let Some((answer, reason)) = unit.guard.given(envelope) {
            return (answer, reason, true);
        }
        if let Err(reason) = unit.guard.check_sender(envelope, unit.id) {
            return (Answer::Refused, Some(reason), false);
        }
        let lies = unit.faults.has(Fault::LyingAcks, now);
        let by_its_clock = unit.faults.clock(now);
        let (answer, reason, changed) = match self.carry_out(index, envelope, by_its_clock, lies) {
            Ok(()) => (Answer::Accepted, None, !lies),
            Err(Refusal::Refused(reason)) => (Answer::Refused, Some(reason), false),
            Err(Refusal::Failed(reason)) => (Answer::Failed, Some(reason), true),
        };
        self.units[index].guard.remember(envelope, answer, reason.as_deref());
        (answer, reason, changed)
    }

    fn carry_out(
        &mut self,
        index: usize,
        envelope: &Envelope,
        by_its_clock: UnixMillis,
        lies: bool,
    ) -> Result<(), Refusal> {
        let unit = &self.units[index];
        let (home, device) = (unit.home, unit.device);
        let mut known = self.homes[home].eventful(device);
        known.extend(self.homes[home].series(device));
        check_moment(envelope, by_its_clock, &known)?;
        let capability = envelope.name.split('.').next().unwrap_or_default();
        if !unit.kind.can(envelope.endpoint, capability) {
            let name: String = envelope.name.chars().take(80).collect();
            return Err(Refusal::Refused(format!("name: endpoint {} has no {name}", envelope.endpoint)));
        }
        // It blinks; nothing that anybody could read changes.
        if lies || envelope.name == "Identify.Identify" {
            return Ok(());
        }
        self.homes[home].act(device, &envelope.name, &envelope.args)?;
        self.done.push(Done {
            at: self.homes[home].now(),
            serial: self.units[index].serial.clone(),
            name: envelope.name.clone(),
            args: envelope.args.clone(),
        });
        Ok(())
    }

    /// Does again what was done before.
    pub(crate) fn redo(&mut self, done: &Done) {
        let Some(unit) = self.units.iter().find(|unit| unit.serial == done.serial) else { return };
        let home = &mut self.homes[unit.home];
        home.step(done.at);
        // It was possible then, so it is now.
        let _ = home.act(unit.device, &done.name, &done.args);
        home.say_state(unit.device);
    }
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
