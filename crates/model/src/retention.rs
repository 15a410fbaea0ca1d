//! How long readings are kept, by what kind of series they belong to.

use serde::{Deserialize, Serialize};

use crate::capability::attribute;
use crate::invalid::Invalid;
use crate::time::UnixMillis;

pub const DAYS_MAX: u32 = 36_500;
const DAY_MS: i64 = 86_400_000;

/// What kind of series an attribute is, by the catalogue.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SeriesClass {
    /// A value that is there all the time: a temperature, a power.
    Measurement,
    /// It only rises: a meter.
    Counter,
    /// A change of it is an event: a lock, a switch.
    State,
}

impl SeriesClass {
    pub const ALL: [SeriesClass; 3] = [SeriesClass::Measurement, SeriesClass::Counter, SeriesClass::State];

    /// Of a full attribute name; one that the catalogue no longer knows is a measurement.
    pub fn of(full_name: &str) -> SeriesClass {
        match attribute(full_name) {
            Some(known) if known.counter => SeriesClass::Counter,
            Some(known) if known.eventful => SeriesClass::State,
            _ => SeriesClass::Measurement,
        }
    }
}

/// For how many days something is kept; null is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Every reading.
    #[schema(minimum = 1, maximum = 36_500)]
    pub raw_days: Option<u32>,
    /// What the readings come to by the hour and day: least, most, mean, increase. Not shorter than `raw_days`.
    #[schema(minimum = 1, maximum = 36_500)]
    pub rollup_days: Option<u32>,
}

/// Of each class; without a word, everything is kept for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub measurement: Kept,
    pub counter: Kept,
    pub state: Kept,
}

impl Retention {
    pub fn of(&self, class: SeriesClass) -> Kept {
        match class {
            SeriesClass::Measurement => self.measurement,
            SeriesClass::Counter => self.counter,
            SeriesClass::State => self.state,
        }
    }

    pub fn set(&mut self, class: SeriesClass, kept: Kept) {
        match class {
            SeriesClass::Measurement => self.measurement = kept,
            SeriesClass::Counter => self.counter = kept,
            SeriesClass::State => self.state = kept,
        }
    }

    pub fn keeps_everything(&self) -> bool {
        SeriesClass::ALL.iter().all(|class| self.of(*class) == Kept::default())
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        for (name, kept) in
            [("measurement", self.measurement), ("counter", self.counter), ("state", self.state)]
        {
            for (field, days) in [("raw_days", kept.raw_days), ("rollup_days", kept.rollup_days)] {
                if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
                    invalid.add(
                        format!("/{name}/{field}"),
                        format!("must be from 1 to {DAYS_MAX}, or null for ever"),
                    );
                }
            }
            let shorter = match (kept.raw_days, kept.rollup_days) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(raw), Some(rollup)) => rollup < raw,
            };
            if shorter {
                invalid.add(format!("/{name}/rollup_days"), "must not be shorter than `raw_days`");
            }
        }
        invalid.or(())
    }
}

impl Kept {
    /// The instants before which readings, and rollups, are no longer kept.
    pub fn before(&self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        let before = |days: Option<u32>| match days {
            Some(days) => now - i64::from(days) * DAY_MS,
            None => UnixMillis(i64::MIN),
        };
        (before(self.raw_days), before(self.rollup_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(raw_days: Option<u32>, rollup_days: Option<u32>) -> Kept {
        Kept { raw_days, rollup_days }
    }

    #[test]
    fn the_catalogue_says_what_class_a_series_is_of() {
        assert_eq!(SeriesClass::of("TemperatureMeasurement.MeasuredValue"), SeriesClass::Measurement);
        assert_eq!(
            SeriesClass::of("ElectricalEnergyMeasurement.CumulativeEnergyImported"),
            SeriesClass::Counter
        );
        assert_eq!(SeriesClass::of("DoorLock.LockState"), SeriesClass::State);
        assert_eq!(SeriesClass::of("Gone.Attribute"), SeriesClass::Measurement);
    }

    #[test]
    fn days_count_back_from_now_and_null_is_for_ever() {
        let now = UnixMillis(100 * DAY_MS);
        assert_eq!(kept(Some(30), None).before(now), (UnixMillis(70 * DAY_MS), UnixMillis(i64::MIN)));
    }

    #[test]
    fn rollups_are_kept_as_long_as_what_they_are_made_of() {
        let of = |measurement| Retention { measurement, ..Retention::default() }.check();
        assert!(
            of(kept(None, None)).is_ok()
                && of(kept(Some(30), None)).is_ok()
                && of(kept(Some(30), Some(30))).is_ok()
        );
        for (wrong, field) in [
            (kept(None, Some(5)), "/measurement/rollup_days"),
            (kept(Some(30), Some(29)), "/measurement/rollup_days"),
            (kept(Some(0), None), "/measurement/raw_days"),
            (kept(Some(DAYS_MAX + 1), None), "/measurement/raw_days"),
        ] {
            assert_eq!(of(wrong).unwrap_err().errors[0].field, field, "{wrong:?}");
        }
    }
}
