//! The house's electricity meter. Its load is a function of seed and minute alone, so the counter is the same
//! however often the world starts again.

use lares_model::UnixMillis;

use super::{Args, Behaviour, INSTALLED, Refusal, hour_of_day, unknown};
use crate::message::{Reading, Report};
use crate::random::{Random, mix, unit};

const MINUTE_MS: i64 = 60_000;
const MINUTES_PER_DAY: i64 = 1_440;
const MS_PER_H: f64 = 3_600_000.0;
/// A clock that is wrong by more than this is not followed.
const COUNTS_MAX_MS: i64 = 20 * 366 * 86_400_000;

pub(super) struct Meter {
    seed: u64,
    /// Mean load of each minute of a day.
    day_w: Vec<f64>,
    power_w: f64,
    voltage_v: f64,
    frequency_hz: f64,
    energy_wh: f64,
    counted_until: UnixMillis,
}

/// A quiet house, a breakfast and an evening.
fn mean_load_w(hour: f64) -> f64 {
    let bump = |at_h: f64, width_h: f64| (-((hour - at_h) / width_h).powi(2) / 2.0).exp();
    140.0 + 900.0 * bump(7.3, 0.7) + 450.0 * bump(12.7, 0.9) + 1_300.0 * bump(19.3, 1.6)
}

impl Meter {
    pub fn new(seed: u64, now: UnixMillis) -> Meter {
        let minute = |minute: i64| mean_load_w(hour_of_day(UnixMillis(minute * MINUTE_MS)));
        let mut meter = Meter {
            seed,
            day_w: (0..MINUTES_PER_DAY).map(minute).collect(),
            power_w: 0.0,
            voltage_v: 230.0,
            frequency_hz: 50.0,
            energy_wh: 0.0,
            counted_until: INSTALLED,
        };
        meter.count(now);
        meter
    }

    fn load_w(&self, at: UnixMillis) -> f64 {
        let minute = at.0.div_euclid(MINUTE_MS);
        let mean_w = self.day_w[minute.rem_euclid(MINUTES_PER_DAY) as usize];
        let compressor_runs = minute.rem_euclid(45) < 14;
        let noise = 0.8 + 0.4 * unit(mix(self.seed, minute as u64));
        mean_w * noise + if compressor_runs { 85.0 } else { 0.0 }
    }

    /// Adds minute by minute, so that the steps of the clock do not matter.
    fn count(&mut self, now: UnixMillis) {
        let until = now.min(INSTALLED + COUNTS_MAX_MS);
        while self.counted_until < until {
            let at = self.counted_until;
            let minute_end = UnixMillis((at.0.div_euclid(MINUTE_MS) + 1) * MINUTE_MS);
            let next = minute_end.min(until);
            self.energy_wh += self.load_w(at) * next.since_ms(at) as f64 / MS_PER_H;
            self.counted_until = next;
        }
        self.power_w = self.load_w(now);
    }
}

impl Behaviour for Meter {
    fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::number(1, "ElectricalPowerMeasurement.ActivePower", self.power_w),
            Reading::number(1, "ElectricalPowerMeasurement.Voltage", self.voltage_v),
            Reading::number(1, "ElectricalPowerMeasurement.ActiveCurrent", self.power_w / self.voltage_v),
            Reading::number(1, "ElectricalPowerMeasurement.Frequency", self.frequency_hz),
            Reading::number(1, "ElectricalEnergyMeasurement.CumulativeEnergyImported", self.energy_wh),
        ]
    }

    fn telemetry(&self) -> Vec<Reading> {
        self.readings()
    }

    fn tick(&mut self, now: UnixMillis, random: &mut Random) -> Vec<Report> {
        self.count(now);
        self.voltage_v = random.between(226.0, 234.0);
        self.frequency_hz = random.between(49.97, 50.03);
        vec![]
    }

    fn act(&mut self, name: &str, _: &Args, _: UnixMillis) -> Result<Vec<Report>, Refusal> {
        Err(unknown(name))
    }
}
