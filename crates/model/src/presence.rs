//! Whether a device is there, and since when.

use serde::{Deserialize, Serialize};

use crate::time::{UnixMillis, stretched};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// Registered, and never heard of.
    Unknown,
    Online,
    /// Connected or lately heard of, and silent for longer than its expected interval.
    Late,
    Offline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    pub status: PresenceStatus,
    /// When it came to be so; absent while unknown.
    pub since: Option<UnixMillis>,
}

impl Presence {
    pub const UNKNOWN: Presence = Presence { status: PresenceStatus::Unknown, since: None };
}

/// How long silence may last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PresencePolicy {
    /// Devices get this long to reconnect before a restart counts as their absence.
    pub return_within_ms: i64,
    /// How many times faster than real time the clock runs: devices do not speak more often for it.
    speed: f64,
}

impl Default for PresencePolicy {
    fn default() -> Self {
        PresencePolicy { return_within_ms: 60_000, speed: 1.0 }
    }
}

impl PresencePolicy {
    /// For a clock that runs faster.
    pub fn at_speed(self, speed: f64) -> PresencePolicy {
        PresencePolicy { return_within_ms: stretched(self.return_within_ms, speed), speed: speed.max(1.0) }
    }
}

/// The status a silent device should have now. `None` when nothing changes.
pub fn judge_silence(
    policy: &PresencePolicy,
    presence: Presence,
    last_seen: Option<UnixMillis>,
    expected_interval_s: u32,
    now: UnixMillis,
) -> Option<PresenceStatus> {
    let silent_ms = now.since_ms(last_seen?);
    let interval_ms = stretched(i64::from(expected_interval_s) * 1_000, policy.speed);
    match presence.status {
        // One lost report is not worth an event: two and a half intervals are.
        PresenceStatus::Online if silent_ms > interval_ms * 5 / 2 => Some(PresenceStatus::Late),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_lasts_two_and_a_half_intervals_of_real_time_at_any_speed() {
        let seen = UnixMillis(1_000_000);
        let online = Presence { status: PresenceStatus::Online, since: Some(seen) };
        for (speed, limit_ms) in [(0.5, 150_000), (1.0, 150_000), (60.0, 60 * 150_000)] {
            let policy = PresencePolicy::default().at_speed(speed);
            let judge = |silent_ms| judge_silence(&policy, online, Some(seen), 60, seen + silent_ms);
            assert_eq!(judge(limit_ms), None, "{speed}");
            assert_eq!(judge(limit_ms + 1), Some(PresenceStatus::Late), "{speed}");
        }
        assert_eq!(PresencePolicy::default().at_speed(60.0).return_within_ms, 3_600_000);
    }
}
