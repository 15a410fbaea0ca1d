//! How devices misbehave on request: as a scenario words it, and what it does to the messages of one device. Pure.

use lares_model::UnixMillis;
use serde::Deserialize;

use crate::message::Outgoing;
use crate::random::{mix, unit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Stays connected and says nothing.
    Silence,
    /// Says everything twice.
    Duplicates,
    /// Says the second thing first.
    Reordering,
    /// Stamps with a clock that is wrong by `offset_s`.
    WrongClock,
    /// Each `every`th message is noise.
    Garbage,
    /// Accepts commands and does nothing.
    LyingAcks,
    /// Says that its battery is empty, and is gone.
    FlatBattery,
    /// On the air for `up_s`, off the air for `down_s`, again and again.
    Flapping,
}

impl Fault {
    /// As scenarios and the command line word it.
    pub fn word(self) -> &'static str {
        match self {
            Fault::Silence => "silence",
            Fault::Duplicates => "duplicates",
            Fault::Reordering => "reordering",
            Fault::WrongClock => "wrong_clock",
            Fault::Garbage => "garbage",
            Fault::LyingAcks => "lying_acks",
            Fault::FlatBattery => "flat_battery",
            Fault::Flapping => "flapping",
        }
    }
}

/// A fault, from `after_s` after the world came alive and for `for_s`, or for ever.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misbehaviour {
    pub fault: Fault,
    #[serde(default)]
    pub after_s: u32,
    pub for_s: Option<u32>,
    pub offset_s: Option<i64>,
    pub every: Option<u32>,
    pub up_s: Option<u32>,
    pub down_s: Option<u32>,
}

const OFFSET_MAX_S: u64 = 40 * 366 * 86_400;

impl Misbehaviour {
    pub fn new(fault: Fault) -> Misbehaviour {
        Misbehaviour {
            fault,
            after_s: 0,
            for_s: None,
            offset_s: (fault == Fault::WrongClock).then_some(3_600),
            every: (fault == Fault::Garbage).then_some(3),
            up_s: (fault == Fault::Flapping).then_some(10),
            down_s: (fault == Fault::Flapping).then_some(5),
        }
    }

    /// As a command line words it: `garbage,every=2,for_s=60`. The fields are those of a scenario; what a fault needs
    /// and is not said has its usual value.
    pub(crate) fn worded(text: &str) -> Result<Misbehaviour, String> {
        let mut words = text.split(',').map(str::trim);
        let fault = words.next().unwrap_or_default();
        let mut table = toml::Table::new();
        table.insert("fault".to_owned(), fault.into());
        for word in words {
            let (field, value) = word.split_once('=').ok_or(format!("{word:?}: must be FIELD=VALUE"))?;
            let number: i64 = value.parse().map_err(|_| format!("{field}: must be a whole number"))?;
            if table.insert(field.to_owned(), number.into()).is_some() {
                return Err(format!("{field}: is there twice"));
            }
        }
        let said: Misbehaviour =
            table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let usual = Misbehaviour::new(said.fault);
        let full = Misbehaviour {
            offset_s: said.offset_s.or(usual.offset_s),
            every: said.every.or(usual.every),
            up_s: said.up_s.or(usual.up_s),
            down_s: said.down_s.or(usual.down_s),
            ..said
        };
        full.check()?;
        Ok(full)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let goes_with = |name: &str, given: bool, fault: Fault| match (given, self.fault == fault) {
            (true, false) => Err(format!("{name}: is not for {:?}", self.fault)),
            (false, true) => Err(format!("{name}: is required for {:?}", self.fault)),
            _ => Ok(()),
        };
        goes_with("offset_s", self.offset_s.is_some(), Fault::WrongClock)?;
        goes_with("every", self.every.is_some(), Fault::Garbage)?;
        goes_with("up_s", self.up_s.is_some(), Fault::Flapping)?;
        goes_with("down_s", self.down_s.is_some(), Fault::Flapping)?;
        if [self.every, self.up_s, self.down_s].contains(&Some(0)) {
            return Err("every, up_s, down_s: must be above 0".to_owned());
        }
        if self.offset_s.is_some_and(|offset_s| offset_s.unsigned_abs() > OFFSET_MAX_S) {
            return Err("offset_s: must be within 40 years".to_owned());
        }
        Ok(())
    }
}

/// The faults of one device and what they need to remember.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    list: Vec<Misbehaviour>,
    seed: u64,
    since: UnixMillis,
    held: Option<Outgoing>,
    count: u64,
}

impl Faults {
    pub fn new(list: Vec<Misbehaviour>, seed: u64, since: UnixMillis) -> Faults {
        Faults { list, seed, since, held: None, count: 0 }
    }

    pub fn list(&self) -> &[Misbehaviour] {
        &self.list
    }

    fn active(&self, fault: Fault, now: UnixMillis) -> Option<&Misbehaviour> {
        let elapsed_ms = now.since_ms(self.since);
        self.list.iter().find(|one| {
            let into_ms = elapsed_ms - i64::from(one.after_s) * 1_000;
            one.fault == fault
                && into_ms >= 0
                && one.for_s.is_none_or(|for_s| into_ms < i64::from(for_s) * 1_000)
        })
    }

    pub fn has(&self, fault: Fault, now: UnixMillis) -> bool {
        self.active(fault, now).is_some()
    }

    /// What the device takes the time to be.
    pub fn clock(&self, now: UnixMillis) -> UnixMillis {
        let offset_s = self.active(Fault::WrongClock, now).and_then(|fault| fault.offset_s);
        now + offset_s.unwrap_or(0).saturating_mul(1_000)
    }

    pub fn on_air(&self, now: UnixMillis) -> bool {
        if self.has(Fault::FlatBattery, now) {
            return false;
        }
        let Some(flapping) = self.active(Fault::Flapping, now) else { return true };
        let (up_ms, down_ms) =
            (i64::from(flapping.up_s.unwrap_or(10)) * 1_000, i64::from(flapping.down_s.unwrap_or(5)) * 1_000);
        now.since_ms(self.since).rem_euclid((up_ms + down_ms).max(1)) < up_ms
    }

    /// What becomes of a message on its way out.
    pub fn pass(&mut self, message: Outgoing, now: UnixMillis) -> Vec<Outgoing> {
        if self.list.is_empty() {
            return vec![message];
        }
        if self.has(Fault::Silence, now) {
            return vec![];
        }
        self.count += 1;
        let every = self.active(Fault::Garbage, now).and_then(|fault| fault.every).map(u64::from);
        let message = match every {
            Some(every) if self.count.is_multiple_of(every.max(1)) => self.spoilt(message),
            _ => message,
        };
        let mut out = match (self.has(Fault::Reordering, now), self.held.take()) {
            (true, None) => {
                self.held = Some(message);
                return vec![];
            }
            (_, Some(held)) => vec![message, held],
            (false, None) => vec![message],
        };
        if self.has(Fault::Duplicates, now) {
            out = out.into_iter().flat_map(|message| [message.clone(), message]).collect();
        }
        out
    }

    fn spoilt(&self, mut message: Outgoing) -> Outgoing {
        let drawn = mix(self.seed, self.count);
        match drawn % 3 {
            0 => message.payload.truncate((unit(drawn) * message.payload.len() as f64) as usize),
            1 => message.payload = format!("{{\"v\":1,\"readings\":\"{drawn:x}\"}}").into_bytes(),
            _ => {
                for (index, byte) in message.payload.iter_mut().enumerate() {
                    *byte = mix(drawn, index as u64) as u8;
                }
            }
        }
        message
    }
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
