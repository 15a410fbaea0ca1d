//! One measured or reported value, and how far its time stamp is to be believed.

use serde::{Deserialize, Serialize};

use crate::attribute_name::AttributeName;
use crate::time::UnixMillis;
use crate::value::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub endpoint: u16,
    pub attribute: AttributeName,
    /// When it was so: the device's time, or the server's where the device gave none.
    pub time: UnixMillis,
    pub value: Value,
    pub quality: Quality,
    /// Neither a time nor a sequence number came with it, so a repeated delivery cannot be told from a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least_once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Measured,
    Estimated,
    /// Arrived long after its own time.
    Late,
    /// Stamped ahead of the server's clock: the device's clock is wrong.
    Future,
}

/// How far device clocks are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimePolicy {
    /// Older than this on arrival is marked late.
    pub late_after_ms: i64,
    /// Up to this far ahead is ordinary clock drift.
    pub ahead_ok_ms: i64,
    /// Further ahead than this is refused.
    pub ahead_max_ms: i64,
    /// Nothing before this instant is believed: there were no such devices.
    pub earliest: UnixMillis,
}

impl Default for TimePolicy {
    fn default() -> Self {
        TimePolicy {
            late_after_ms: 15 * 60 * 1_000,
            ahead_ok_ms: 60 * 1_000,
            ahead_max_ms: 24 * 3_600 * 1_000,
            earliest: UnixMillis(946_684_800_000), // 2000-01-01T00:00:00Z
        }
    }
}

/// Judges a device's time stamp against the server's: its quality, or why it is refused.
pub fn judge_time(
    policy: &TimePolicy,
    device_time: UnixMillis,
    received: UnixMillis,
) -> Result<Quality, String> {
    let age_ms = received.since_ms(device_time);
    if device_time < policy.earliest {
        Err(format!("time {device_time} is before {}: the device's clock is not set", policy.earliest))
    } else if age_ms < -policy.ahead_max_ms {
        Err(format!("time {device_time} is more than {} h in the future", policy.ahead_max_ms / 3_600_000))
    } else if age_ms < -policy.ahead_ok_ms {
        Ok(Quality::Future)
    } else if age_ms > policy.late_after_ms {
        Ok(Quality::Late)
    } else {
        Ok(Quality::Measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_are_judged_at_their_edges() {
        let policy = TimePolicy::default();
        let now = UnixMillis(1_800_000_000_000);
        let judge = |offset_ms: i64| judge_time(&policy, now + offset_ms, now);
        assert_eq!(judge(0), Ok(Quality::Measured));
        assert_eq!(judge(-policy.late_after_ms), Ok(Quality::Measured));
        assert_eq!(judge(-policy.late_after_ms - 1), Ok(Quality::Late));
        assert_eq!(judge(policy.ahead_ok_ms), Ok(Quality::Measured));
        assert_eq!(judge(policy.ahead_ok_ms + 1), Ok(Quality::Future));
        assert_eq!(judge(policy.ahead_max_ms), Ok(Quality::Future));
        assert!(judge(policy.ahead_max_ms + 1).unwrap_err().contains("future"));
        assert!(judge_time(&policy, UnixMillis(0), now).unwrap_err().contains("clock is not set"));
    }
}
