//! The kinds of devices: one file each, one table line each.

mod battery;
mod leak_sensor;
mod lock;
mod meter;
mod plug;
mod thermostat;

use std::collections::BTreeMap;

use lares_model::{UnixMillis, Value};

use crate::blueprint::Kind;
use crate::message::{Reading, Report};
use crate::random::Random;

/// The day these devices were put up: what they count, they have counted since then, so that a world that starts
/// again carries on where it was.
pub(crate) const INSTALLED: UnixMillis = UnixMillis(1_767_225_600_000); // 2026-01-01T00:00:00Z

/// Why a kind did not do what it was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// It will not.
    Refused(String),
    /// It tried and could not.
    Failed(String),
}

pub(crate) type Args = BTreeMap<String, Value>;

/// What one kind of device is and does.
pub(crate) trait Behaviour: Send {
    /// Everything it knows now.
    fn readings(&self) -> Vec<Reading>;

    /// What it measures again and again.
    fn telemetry(&self) -> Vec<Reading>;

    /// Lets time pass; reports what changed by itself.
    fn tick(&mut self, now: UnixMillis, random: &mut Random) -> Vec<Report>;

    /// Carries out a command of a capability that it has.
    fn act(&mut self, name: &str, args: &Args, now: UnixMillis) -> Result<Vec<Report>, Refusal>;
}

pub(crate) fn behaviour(kind: Kind, seed: u64, now: UnixMillis) -> Box<dyn Behaviour> {
    match kind {
        Kind::Lock => Box::new(lock::Lock::new(seed, now)),
        Kind::Plug => Box::new(plug::Plug::new(now)),
        Kind::Meter => Box::new(meter::Meter::new(seed, now)),
        Kind::Thermostat => Box::new(thermostat::Thermostat::new(now)),
        Kind::LeakSensor => Box::new(leak_sensor::LeakSensor::new(seed, now)),
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::Refused(format!("name: {} is not known here", name.chars().take(80).collect::<String>()))
}

/// Hours of the local day, from 0 up to 24. The demo home stands an hour east of Greenwich.
fn hour_of_day(now: UnixMillis) -> f64 {
    (now + 3_600_000).0.rem_euclid(86_400_000) as f64 / 3_600_000.0
}
