//! A light that dims, and one that has a colour temperature too.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, number_within, unknown};
use crate::message::{Event, Reading};

const KELVIN_MIN: f64 = 2_200.0;
const KELVIN_MAX: f64 = 6_500.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Light {
    pub on: bool,
    pub level_percent: f64,
    pub kelvin: Option<f64>,
    /// What habit wants.
    pub wanted: bool,
}

impl Light {
    pub fn new(colour: bool) -> Light {
        Light { on: false, level_percent: 80.0, kelvin: colour.then_some(2_700.0), wanted: false }
    }
}

impl Behaviour for Light {
    fn state(&self) -> Vec<Reading> {
        let mut readings = vec![
            Reading::bool(1, "OnOff.OnOff", self.on),
            Reading::number(1, "LevelControl.CurrentLevel", self.level_percent),
        ];
        readings
            .extend(self.kelvin.map(|kelvin| Reading::number(1, "ColorControl.ColorTemperature", kelvin)));
        readings
    }

    fn act(&mut self, name: &str, args: &Args, _: UnixMillis) -> Result<Option<Event>, Refusal> {
        match name {
            "OnOff.On" => self.on = true,
            "OnOff.Off" => self.on = false,
            "OnOff.Toggle" => self.on = !self.on,
            "LevelControl.MoveToLevel" => {
                self.level_percent = number_within(args, "Level", 0.0, 100.0, "%")?;
                self.on = self.level_percent > 0.0;
            }
            "ColorControl.MoveToColorTemperature" if self.kelvin.is_some() => {
                self.kelvin = Some(number_within(args, "ColorTemperature", KELVIN_MIN, KELVIN_MAX, "K")?);
            }
            _ => return Err(unknown(name)),
        }
        if self.on && self.level_percent == 0.0 {
            self.level_percent = 100.0;
        }
        Ok(None)
    }
}
