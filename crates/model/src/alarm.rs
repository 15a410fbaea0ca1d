//! Alarms: what a person has to look at, from the moment it is noticed until its cause is gone, and which of a
//! device's concerns are worth one. Pure.

use serde::{Deserialize, Serialize};

use crate::attention::{Concern, ConcernKind};
use crate::id::{AlarmId, DeviceId, HomeId, OrganisationId, UserId};
use crate::time::UnixMillis;

/// In the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmSeverity {
    /// People or the house may come to harm: somebody has to act now.
    Critical,
    /// Something will not work, soon or already.
    Warning,
    Info,
}

/// Who raised it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmSource {
    /// A device's state; it clears when the state does.
    State,
    /// The MQTT broker, which refuses messages, or the log, which refuses readings; it clears when that has not happened
    /// for a while.
    Broker,
    /// A person or a program; it clears when somebody says so.
    Person,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// It lasts, and nobody took note.
    Open,
    /// It lasts, and somebody takes care of it.
    Acknowledged,
    /// Its cause is gone.
    Cleared,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub id: AlarmId,
    pub organisation: OrganisationId,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub source: AlarmSource,
    pub kind: String,
    /// The same cause raises no second alarm while one lasts.
    pub cause_key: String,
    pub severity: AlarmSeverity,
    pub detail: serde_json::Value,
    pub raised_at: UnixMillis,
    pub last_raised_at: UnixMillis,
    pub times: u32,
    pub acknowledged_at: Option<UnixMillis>,
    pub acknowledged_by: Option<UserId>,
    pub note: Option<String>,
    pub cleared_at: Option<UnixMillis>,
}

/// A cause that comes back so soon after it was gone is the same alarm again: a flapping sensor is one alarm.
pub const SAME_WITHIN_MS: i64 = 10 * 60 * 1_000;
/// What the broker complained about and has not for so long is over.
pub const BROKER_QUIET_MS: i64 = 10 * 60 * 1_000;

impl Alarm {
    pub fn state(&self) -> AlarmState {
        match (self.cleared_at, self.acknowledged_at) {
            (Some(_), _) => AlarmState::Cleared,
            (None, Some(_)) => AlarmState::Acknowledged,
            (None, None) => AlarmState::Open,
        }
    }

    /// Since when its cause is there, which may be long before anybody was told: a device's state says so.
    pub fn since(&self) -> UnixMillis {
        let said = UnixMillis::deserialize(&self.detail["since"]).ok();
        said.map_or(self.raised_at, |since| since.min(self.raised_at))
    }

    /// Whether the cause, there at `now`, is this alarm's and no new one.
    pub fn takes_again(&self, now: UnixMillis) -> bool {
        self.cleared_at.is_none_or(|cleared| now.since_ms(cleared) < SAME_WITHIN_MS)
    }
}

/// How urgent a device's concern is as an alarm; `None` for what is only worth a look.
pub fn severity_of(kind: ConcernKind) -> Option<AlarmSeverity> {
    use ConcernKind::*;
    match kind {
        Smoke | CarbonMonoxide | Leak | DoorForced => Some(AlarmSeverity::Critical),
        DoorJammed | Offline | BatteryLow => Some(AlarmSeverity::Warning),
        Late | DoorOpen | Unlocked | AirPoor => None,
    }
}

/// What a concern is about exactly.
pub fn cause_key(device: DeviceId, concern: &Concern) -> String {
    let kind = kind_name(concern.kind);
    match concern.endpoint {
        Some(endpoint) => format!("{device}/{endpoint}/{kind}"),
        None => format!("{device}/{kind}"),
    }
}

pub fn kind_name(kind: ConcernKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cause_that_comes_back_soon_is_the_same_alarm() {
        let alarm = Alarm {
            id: AlarmId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            home: None,
            device: None,
            source: AlarmSource::State,
            kind: "smoke".to_owned(),
            cause_key: "x".to_owned(),
            severity: AlarmSeverity::Critical,
            detail: serde_json::Value::Null,
            raised_at: UnixMillis(0),
            last_raised_at: UnixMillis(0),
            times: 1,
            acknowledged_at: None,
            acknowledged_by: None,
            note: None,
            cleared_at: None,
        };
        assert_eq!(alarm.state(), AlarmState::Open);
        let told = |since: serde_json::Value| {
            let detail = serde_json::json!({ "since": since });
            Alarm { detail, raised_at: UnixMillis(86_400_000), ..alarm.clone() }.since()
        };
        assert_eq!(told("1970-01-01T00:00:07Z".into()), UnixMillis(7_000), "of the reading");
        assert_eq!(told("1970-01-03T00:00:00Z".into()), UnixMillis(86_400_000), "never after it was raised");
        assert_eq!(told(serde_json::Value::Null), UnixMillis(86_400_000));
        assert!(alarm.takes_again(UnixMillis(i64::MAX / 2)), "while it lasts, for ever");
        let cleared =
            Alarm { cleared_at: Some(UnixMillis(1_000)), acknowledged_at: Some(UnixMillis(5)), ..alarm };
        assert_eq!(cleared.state(), AlarmState::Cleared);
        assert!(cleared.takes_again(UnixMillis(999 + SAME_WITHIN_MS)));
        assert!(!cleared.takes_again(UnixMillis(1_000 + SAME_WITHIN_MS)));
    }
}
