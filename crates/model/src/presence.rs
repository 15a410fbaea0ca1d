//! Whether a device is there, and since when.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

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

/// The status a silent device should have now. `None` when nothing changes.
pub fn judge_silence(
    presence: Presence,
    last_seen: Option<UnixMillis>,
    expected_interval_s: u32,
    now: UnixMillis,
) -> Option<PresenceStatus> {
    let silent_ms = now.since_ms(last_seen?);
    let interval_ms = i64::from(expected_interval_s) * 1_000;
    match presence.status {
        // One lost report is not worth an event: two and a half intervals are.
        PresenceStatus::Online if silent_ms > interval_ms * 5 / 2 => Some(PresenceStatus::Late),
        _ => None,
    }
}
