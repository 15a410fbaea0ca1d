//! A thermostat on a radiator: it calls for heat until the room has its set point.

use lares_model::{UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, Surroundings, number_within, unknown};
use crate::message::{Event, Reading};

/// It switches this far from the set point.
const HYSTERESIS_K: f64 = 0.3;
const SET_POINT_MIN_C: f64 = 5.0;
const SET_POINT_MAX_C: f64 = 30.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
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

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Thermostat {
    pub set_point_c: f64,
    pub mode: Mode,
    heating: bool,
    demand_percent: f64,
    /// The room as it was last measured.
    room_c: f64,
    /// What habit wants: comfort or setback.
    pub wants_comfort: bool,
}

impl Thermostat {
    pub fn new(set_point_c: f64) -> Thermostat {
        Thermostat {
            set_point_c,
            mode: Mode::Heat,
            heating: false,
            demand_percent: 0.0,
            room_c: set_point_c,
            wants_comfort: false,
        }
    }

    pub fn demand(&self) -> f64 {
        self.demand_percent / 100.0
    }

    /// Whether it begins or ends to heat.
    pub fn decide(&mut self, room_c: f64) -> bool {
        self.room_c = room_c;
        let before = self.heating;
        let missing_k = self.set_point_c - room_c;
        self.heating = match self.mode {
            Mode::Off => false,
            _ if missing_k > HYSTERESIS_K => true,
            _ if missing_k < -HYSTERESIS_K => false,
            _ => self.heating,
        };
        let demand_percent = if self.heating { (40.0 + 60.0 * missing_k).max(15.0) } else { 0.0 };
        self.demand_percent = demand_percent.clamp(0.0, 100.0);
        self.heating != before
    }
}

impl Behaviour for Thermostat {
    fn state(&self) -> Vec<Reading> {
        vec![
            Reading::number(1, "Thermostat.OccupiedHeatingSetpoint", self.set_point_c),
            Reading::text(1, "Thermostat.SystemMode", self.mode.name()),
            Reading::text(1, "Thermostat.RunningState", if self.heating { "Heating" } else { "Idle" }),
        ]
    }

    fn series(&self, around: &Surroundings) -> Vec<Reading> {
        vec![
            Reading::number(1, "Thermostat.LocalTemperature", (around.room_c * 100.0).round() / 100.0),
            Reading::number(1, "Thermostat.PIHeatingDemand", self.demand_percent.round()),
        ]
    }

    fn act(&mut self, name: &str, args: &Args, _: UnixMillis) -> Result<Option<Event>, Refusal> {
        match name {
            "Thermostat.SetOccupiedHeatingSetpoint" => {
                self.set_point_c = number_within(args, "Setpoint", SET_POINT_MIN_C, SET_POINT_MAX_C, "degC")?;
            }
            "Thermostat.SetSystemMode" => {
                let Some(Value::Text(wanted)) = args.get("SystemMode") else {
                    return Err(Refusal::Refused("args.SystemMode: is required".to_owned()));
                };
                let mode = [Mode::Off, Mode::Auto, Mode::Heat].into_iter().find(|mode| mode.name() == wanted);
                self.mode = mode.ok_or_else(|| {
                    Refusal::Refused("args.SystemMode: this device only has Off, Auto and Heat".to_owned())
                })?;
            }
            _ => return Err(unknown(name)),
        }
        self.decide(self.room_c);
        Ok(None)
    }
}
