//! A plug with a lamp in it: switches, and measures what the lamp draws.

use lares_model::UnixMillis;

use super::{Args, Behaviour, INSTALLED, Refusal, unknown};
use crate::message::{Reading, Report};
use crate::random::Random;

/// The lamp draws at most this.
const RATED_W: f64 = 42.0;
const MS_PER_H: f64 = 3_600_000.0;

pub(super) struct Plug {
    on: bool,
    power_w: f64,
    voltage_v: f64,
    energy_wh: f64,
    counted_until: UnixMillis,
}

impl Plug {
    pub fn new(now: UnixMillis) -> Plug {
        // As if the lamp had burned at its rated power ever since: never less than any counter it showed before.
        let energy_wh = RATED_W * now.since_ms(INSTALLED).max(0) as f64 / MS_PER_H;
        Plug { on: true, power_w: RATED_W, voltage_v: 230.0, energy_wh, counted_until: now }
    }

    fn count(&mut self, now: UnixMillis) {
        let span_ms = now.since_ms(self.counted_until);
        if span_ms > 0 {
            self.energy_wh += self.power_w * span_ms as f64 / MS_PER_H;
            self.counted_until = now;
        }
    }

    fn switch(&mut self, on: bool, now: UnixMillis) -> Vec<Report> {
        self.count(now);
        if on != self.on {
            self.on = on;
            self.power_w = if on { RATED_W } else { 0.0 };
        }
        vec![Report::State(self.readings())]
    }
}

impl Behaviour for Plug {
    fn readings(&self) -> Vec<Reading> {
        let mut readings = vec![Reading::bool(1, "OnOff.OnOff", self.on)];
        readings.extend(self.telemetry());
        readings
    }

    fn telemetry(&self) -> Vec<Reading> {
        vec![
            Reading::number(1, "ElectricalPowerMeasurement.ActivePower", self.power_w),
            Reading::number(1, "ElectricalPowerMeasurement.Voltage", self.voltage_v),
            Reading::number(1, "ElectricalPowerMeasurement.ActiveCurrent", self.power_w / self.voltage_v),
            Reading::number(1, "ElectricalEnergyMeasurement.CumulativeEnergyImported", self.energy_wh),
        ]
    }

    fn tick(&mut self, now: UnixMillis, random: &mut Random) -> Vec<Report> {
        self.count(now);
        self.voltage_v = random.between(227.0, 233.0);
        self.power_w = if self.on { RATED_W * random.between(0.95, 1.0) } else { 0.0 };
        vec![]
    }

    fn act(&mut self, name: &str, _: &Args, now: UnixMillis) -> Result<Vec<Report>, Refusal> {
        match name {
            "OnOff.On" => Ok(self.switch(true, now)),
            "OnOff.Off" => Ok(self.switch(false, now)),
            "OnOff.Toggle" => Ok(self.switch(!self.on, now)),
            _ => Err(unknown(name)),
        }
    }
}
