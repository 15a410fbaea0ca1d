//! The weather and the sun over a town: functions of place, seed and instant. Season and day are cosines, fronts are
//! smooth noise between seeded knots. The sun's height is the usual first-order formula, good to a degree or two.

use std::f64::consts::TAU;

use lares_model::UnixMillis;

use crate::random::{mix, unit};
use crate::scenario::WeatherPlan;

const DAY_MS: i64 = 86_400_000;
const FRONT_MS: i64 = 60 * 3_600_000;
const CLOUD_MS: i64 = 5 * 3_600_000;
/// Warmest around the end of July, coldest half a year from it.
const WARMEST_DAY: f64 = 205.0;
const WARMEST_HOUR: f64 = 15.0;
/// Days from the June solstice to the end of the year, so that day 172 has the highest sun.
const SOLSTICE_DAY: f64 = 172.0;
const TILT_DEG: f64 = 23.44;

/// From -1 to 1, smooth, with a knot each `span_ms`.
pub(crate) fn smooth(seed: u64, span_ms: i64, at: UnixMillis) -> f64 {
    let knot = at.0.div_euclid(span_ms);
    let part = at.0.rem_euclid(span_ms) as f64 / span_ms as f64;
    let value = |knot: i64| 2.0 * unit(mix(seed, knot as u64)) - 1.0;
    let eased = part * part * (3.0 - 2.0 * part);
    value(knot) + (value(knot + 1) - value(knot)) * eased
}

fn day_of_year(at: UnixMillis) -> f64 {
    // A leap day more or less does not show in weather.
    (at.0 as f64 / DAY_MS as f64).rem_euclid(365.2425)
}

/// Hours from 0 to 24 by the sun, which stands highest at 12.
fn solar_hour(plan: &WeatherPlan, at: UnixMillis) -> f64 {
    (at.0 as f64 / 3_600_000.0 + plan.longitude_deg / 15.0).rem_euclid(24.0)
}

pub(crate) fn outside_c(plan: &WeatherPlan, seed: u64, at: UnixMillis) -> f64 {
    let sign = if plan.latitude_deg < 0.0 { -1.0 } else { 1.0 };
    let season = sign * plan.season_k * (TAU * (day_of_year(at) - WARMEST_DAY) / 365.2425).cos();
    let day = plan.day_k * (TAU * (solar_hour(plan, at) - WARMEST_HOUR) / 24.0).cos();
    let fronts = 0.8 * smooth(seed, FRONT_MS, at) + 0.2 * smooth(mix(seed, 1), CLOUD_MS, at);
    plan.mean_c + season + day + plan.unrest_k * fronts
}

/// Degrees above the horizon.
pub(crate) fn sun_deg(plan: &WeatherPlan, at: UnixMillis) -> f64 {
    let declination = (TILT_DEG * (TAU * (day_of_year(at) - SOLSTICE_DAY) / 365.2425).cos()).to_radians();
    let hour_angle = (solar_hour(plan, at) - 12.0) * TAU / 24.0;
    let latitude = plan.latitude_deg.to_radians();
    let sine = latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos();
    sine.clamp(-1.0, 1.0).asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> WeatherPlan {
        crate::bed::demo().homes[0].weather.clone()
    }

    fn mean(days: std::ops::Range<i64>) -> f64 {
        let hours: Vec<_> = (days.start * 24..days.end * 24).collect();
        let berlin = berlin();
        let sum: f64 = hours.iter().map(|hour| outside_c(&berlin, 7, UnixMillis(hour * 3_600_000))).sum();
        sum / hours.len() as f64
    }

    #[test]
    fn july_is_warmer_than_january_and_both_are_of_this_earth() {
        let (january, july) = (mean(20_454..20_485), mean(20_635..20_666)); // of 2026
        assert!(july - january > 14.0, "{january} {july}");
        let berlin = berlin();
        for hour in 0..(2 * 8_766) {
            let c = outside_c(&berlin, 7, UnixMillis(1_767_225_600_000 + hour * 3_600_000));
            assert!((-20.0..40.0).contains(&c), "{c}");
        }
    }

    #[test]
    fn the_sun_is_up_at_noon_and_not_at_midnight_and_higher_in_june() {
        let at = |text: &str| sun_deg(&berlin(), text.parse().unwrap());
        let (june, december) = (at("2026-06-21T11:06:00Z"), at("2026-12-21T11:06:00Z"));
        assert!((june - 60.9).abs() < 2.0, "{june}");
        assert!((december - 14.1).abs() < 2.0, "{december}");
        assert!(at("2026-06-21T23:00:00Z") < -5.0);
        // Sunset in Berlin that day: 19:33 UTC.
        assert!(at("2026-06-21T19:33:00Z").abs() < 2.0);
    }

    #[test]
    fn towns_differ_by_their_seed_and_weather_has_no_jumps() {
        let noon: UnixMillis = "2026-11-20T11:00:00Z".parse().unwrap();
        let berlin = berlin();
        assert_ne!(outside_c(&berlin, 1, noon), outside_c(&berlin, 2, noon));
        for minute in 0..(7 * 1_440) {
            let (a, b) = (noon + minute * 60_000, noon + (minute + 1) * 60_000);
            assert!((outside_c(&berlin, 1, a) - outside_c(&berlin, 1, b)).abs() < 0.1);
        }
    }
}
