//! A plug: switches what hangs on it, and measures what that draws.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, Surroundings, electrical, unknown};
use crate::kind::Load;
use crate::message::{Event, Reading};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plug {
    pub on: bool,
    pub energy_uj: u64,
    /// When what hangs on it was last set going: a kettle, a washing programme.
    pub started: Option<UnixMillis>,
    /// What habit wants of a lamp, and of the television.
    pub wanted: bool,
}

impl Plug {
    pub fn new(load: Option<Load>, energy_uj: u64) -> Plug {
        Plug { on: load != Some(Load::Lamp), energy_uj, started: None, wanted: false }
    }
}

impl Behaviour for Plug {
    fn state(&self) -> Vec<Reading> {
        vec![Reading::bool(1, "OnOff.OnOff", self.on)]
    }

    fn series(&self, around: &Surroundings) -> Vec<Reading> {
        electrical(around, self.energy_uj)
    }

    fn act(&mut self, name: &str, _: &Args, _: UnixMillis) -> Result<Option<Event>, Refusal> {
        self.on = match name {
            "OnOff.On" => true,
            "OnOff.Off" => false,
            "OnOff.Toggle" => !self.on,
            _ => return Err(unknown(name)),
        };
        if !self.on {
            // A kettle or a machine that lost its power does not go on by itself.
            self.started = None;
        }
        Ok(None)
    }
}
