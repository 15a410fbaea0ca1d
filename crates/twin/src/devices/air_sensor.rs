//! An air sensor: carbon dioxide, temperature, humidity, and a judgement of the air that does not flutter.

use serde::{Deserialize, Serialize};

use super::{Behaviour, Surroundings};
use crate::message::Reading;

/// Each grade of air ends at this many ppm of carbon dioxide.
const GRADES: [(&str, f64); 5] = [
    ("Good", 800.0),
    ("Fair", 1_000.0),
    ("Moderate", 1_400.0),
    ("Poor", 2_000.0),
    ("VeryPoor", f64::INFINITY),
];
/// The air must be this much better than the edge to be called better.
const RELIEF_PPM: f64 = 80.0;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AirSensor {
    grade: usize,
}

impl AirSensor {
    /// Whether its judgement changed.
    pub fn judge(&mut self, co2_ppm: f64) -> bool {
        let grade_of = |ppm: f64| GRADES.iter().position(|(_, ends)| ppm < *ends).unwrap_or(GRADES.len() - 1);
        let (worse, better) = (grade_of(co2_ppm), grade_of(co2_ppm + RELIEF_PPM));
        let grade = if worse > self.grade { worse } else { better.min(self.grade) };
        let changed = grade != self.grade;
        self.grade = grade;
        changed
    }
}

impl Behaviour for AirSensor {
    fn state(&self) -> Vec<Reading> {
        vec![Reading::text(1, "AirQuality.AirQuality", GRADES[self.grade.min(GRADES.len() - 1)].0)]
    }

    fn series(&self, around: &Surroundings) -> Vec<Reading> {
        let tenths = |value: f64| (value * 10.0).round() / 10.0;
        vec![
            Reading::number(1, "CarbonDioxideConcentrationMeasurement.MeasuredValue", around.co2_ppm.round()),
            Reading::number(1, "TemperatureMeasurement.MeasuredValue", tenths(around.room_c)),
            Reading::number(1, "RelativeHumidityMeasurement.MeasuredValue", tenths(around.humidity_percent)),
        ]
    }
}
