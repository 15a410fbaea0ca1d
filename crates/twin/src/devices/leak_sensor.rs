//! A leak sensor: dry, and living on a battery.

use lares_model::UnixMillis;

use super::{Args, Behaviour, Refusal, battery, unknown};
use crate::message::{Reading, Report};
use crate::random::Random;

pub(super) struct LeakSensor {
    seed: u64,
    battery_percent: f64,
}

impl LeakSensor {
    pub fn new(seed: u64, now: UnixMillis) -> LeakSensor {
        LeakSensor { seed, battery_percent: battery::percent(seed, now) }
    }
}

impl Behaviour for LeakSensor {
    fn readings(&self) -> Vec<Reading> {
        vec![Reading::bool(1, "BooleanState.StateValue", false), battery::reading(self.battery_percent)]
    }

    fn telemetry(&self) -> Vec<Reading> {
        self.readings()
    }

    fn tick(&mut self, now: UnixMillis, _: &mut Random) -> Vec<Report> {
        self.battery_percent = battery::percent(self.seed, now);
        vec![]
    }

    fn act(&mut self, name: &str, _: &Args, _: UnixMillis) -> Result<Vec<Report>, Refusal> {
        Err(unknown(name))
    }
}
