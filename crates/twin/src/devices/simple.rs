//! The devices that only look: a leak sensor, a contact, a motion sensor, a house's electricity meter.

use serde::{Deserialize, Serialize};

use super::{Behaviour, Surroundings, electrical};
use crate::message::Reading;

/// Dry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leak;

impl Behaviour for Leak {
    fn state(&self) -> Vec<Reading> {
        vec![Reading::bool(1, "BooleanState.StateValue", false)]
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub open: bool,
}

impl Behaviour for Contact {
    fn state(&self) -> Vec<Reading> {
        vec![Reading::bool(1, "BooleanState.StateValue", !self.open)]
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Motion {
    pub occupied: bool,
}

impl Behaviour for Motion {
    fn state(&self) -> Vec<Reading> {
        vec![Reading::bool(1, "OccupancySensing.Occupancy", self.occupied)]
    }

    fn series(&self, around: &Surroundings) -> Vec<Reading> {
        vec![Reading::number(1, "IlluminanceMeasurement.MeasuredValue", around.light_lx.round())]
    }
}

/// What it counts is the sum of what the home draws.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Meter {
    pub energy_uj: u64,
}

impl Meter {
    pub fn new(energy_uj: u64) -> Meter {
        Meter { energy_uj }
    }
}

impl Behaviour for Meter {
    fn state(&self) -> Vec<Reading> {
        vec![]
    }

    fn series(&self, around: &Surroundings) -> Vec<Reading> {
        let mut readings = electrical(around, self.energy_uj);
        readings.push(Reading::number(1, "ElectricalPowerMeasurement.Frequency", around.frequency_hz));
        readings
    }
}
