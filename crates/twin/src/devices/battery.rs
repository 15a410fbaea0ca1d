//! How full a battery is: it falls slowly, and somebody puts in a new one.

use lares_model::UnixMillis;

use super::INSTALLED;
use crate::message::Reading;

const LASTS_MS: i64 = 700 * 86_400_000;
const CHANGED_AT_PERCENT: f64 = 8.0;

/// The battery at an instant; `seed` sets how old the first one was when the device was put up.
pub(super) fn percent(seed: u64, now: UnixMillis) -> f64 {
    let age_at_start_ms = (seed % 120) as i64 * 86_400_000;
    let used_ms = now.since_ms(INSTALLED).saturating_add(age_at_start_ms).rem_euclid(LASTS_MS);
    100.0 - (100.0 - CHANGED_AT_PERCENT) * used_ms as f64 / LASTS_MS as f64
}

pub(super) fn reading(percent: f64) -> Reading {
    // Down, so that rounding never makes it rise.
    Reading::number(0, "PowerSource.BatPercentRemaining", (percent * 10.0).floor() / 10.0)
}
