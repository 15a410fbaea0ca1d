//! A thermostat on a radiator, and the room around it: the room loses heat to the weather, the radiator gives some
//! back while the thermostat calls for it.

use lares_model::{UnixMillis, Value};

use super::{Args, Behaviour, Refusal, hour_of_day, unknown};
use crate::message::{Reading, Report};
use crate::random::Random;

/// In this time the room loses two thirds of what it is warmer than outside.
const LOSS_TIME_S: f64 = 20.0 * 3_600.0;
/// What the open valve gives.
const HEATING_K_PER_S: f64 = 3.0 / 3_600.0;
/// It switches this far from the set point.
const HYSTERESIS_K: f64 = 0.2;
const SET_POINT_MIN: f64 = 5.0;
const SET_POINT_MAX: f64 = 30.0;
const STEP_S: f64 = 60.0;
/// A longer pause is taken for this long: by then the room has found its balance.
const PAUSE_MAX_S: f64 = 7.0 * 86_400.0;

pub(super) struct Thermostat {
    room_c: f64,
    set_point_c: f64,
    mode: Mode,
    heating: bool,
    demand_percent: f64,
    lived_until: UnixMillis,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Off,
    Auto,
    Heat,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Off => "Off",
            Mode::Auto => "Auto",
            Mode::Heat => "Heat",
        }
    }
}

fn outside_c(now: UnixMillis) -> f64 {
    6.0 + 5.0 * ((hour_of_day(now) - 15.0) / 24.0 * std::f64::consts::TAU).cos()
}

impl Thermostat {
    pub fn new(now: UnixMillis) -> Thermostat {
        let mut thermostat = Thermostat {
            room_c: 20.4,
            set_point_c: 21.0,
            mode: Mode::Heat,
            heating: false,
            demand_percent: 0.0,
            lived_until: now,
        };
        thermostat.decide();
        thermostat
    }

    fn decide(&mut self) {
        let missing_k = self.set_point_c - self.room_c;
        self.heating = match self.mode {
            Mode::Off => false,
            Mode::Auto | Mode::Heat if missing_k > HYSTERESIS_K => true,
            Mode::Auto | Mode::Heat if missing_k < -HYSTERESIS_K => false,
            Mode::Auto | Mode::Heat => self.heating,
        };
        let demand_percent = if self.heating { 50.0 + 60.0 * missing_k } else { 0.0 };
        self.demand_percent = demand_percent.clamp(0.0, 100.0);
    }

    fn live(&mut self, now: UnixMillis) {
        let mut left_s = (now.since_ms(self.lived_until) as f64 / 1_000.0).clamp(0.0, PAUSE_MAX_S);
        self.lived_until = self.lived_until.max(now);
        while left_s > 0.0 {
            let step_s = left_s.min(STEP_S);
            let loss_k_per_s = (self.room_c - outside_c(now)) / LOSS_TIME_S;
            let gain_k_per_s = HEATING_K_PER_S * self.demand_percent / 100.0;
            self.room_c += (gain_k_per_s - loss_k_per_s) * step_s;
            self.decide();
            left_s -= step_s;
        }
    }

    fn running_state(&self) -> Reading {
        Reading::text(1, "Thermostat.RunningState", if self.heating { "Heating" } else { "Idle" })
    }

    fn changed(&mut self) -> Vec<Report> {
        self.decide();
        vec![Report::State(self.readings())]
    }
}

impl Behaviour for Thermostat {
    fn readings(&self) -> Vec<Reading> {
        let mut readings = vec![
            Reading::number(1, "Thermostat.OccupiedHeatingSetpoint", self.set_point_c),
            Reading::text(1, "Thermostat.SystemMode", self.mode.name()),
            self.running_state(),
        ];
        readings.extend(self.telemetry());
        readings
    }

    fn telemetry(&self) -> Vec<Reading> {
        vec![
            Reading::number(1, "Thermostat.LocalTemperature", (self.room_c * 100.0).round() / 100.0),
            Reading::number(1, "Thermostat.PIHeatingDemand", self.demand_percent.round()),
        ]
    }

    fn tick(&mut self, now: UnixMillis, _: &mut Random) -> Vec<Report> {
        let heated = self.heating;
        self.live(now);
        if heated == self.heating { vec![] } else { vec![Report::State(vec![self.running_state()])] }
    }

    fn act(&mut self, name: &str, args: &Args, now: UnixMillis) -> Result<Vec<Report>, Refusal> {
        self.live(now);
        match name {
            "Thermostat.SetOccupiedHeatingSetpoint" => {
                let wanted = args.get("Setpoint").and_then(Value::as_f64);
                let wanted = wanted.filter(|wanted| (SET_POINT_MIN..=SET_POINT_MAX).contains(wanted));
                self.set_point_c = wanted.ok_or_else(|| {
                    Refusal::Refused(format!(
                        "args.Setpoint: must be from {SET_POINT_MIN} to {SET_POINT_MAX} degC"
                    ))
                })?;
                Ok(self.changed())
            }
            "Thermostat.SetSystemMode" => {
                let Some(Value::Text(wanted)) = args.get("SystemMode") else {
                    return Err(Refusal::Refused("args.SystemMode: is required".to_owned()));
                };
                let mode = [Mode::Off, Mode::Auto, Mode::Heat].into_iter().find(|mode| mode.name() == wanted);
                self.mode = mode.ok_or_else(|| {
                    Refusal::Refused("args.SystemMode: this device only has Off, Auto and Heat".to_owned())
                })?;
                Ok(self.changed())
            }
            _ => Err(unknown(name)),
        }
    }
}
