//! What of a device needs a person's attention now: a pure reading of its state, worst first. Nothing is stored, so
//! nothing has to be cleared: when the cause ends, the concern is gone.

use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::fold::{DeviceState, Latest};
use crate::presence::PresenceStatus;
use crate::time::UnixMillis;
use crate::value::Value;

/// In the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Danger,
    Attention,
}

/// In the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConcernKind {
    Smoke,
    CarbonMonoxide,
    Leak,
    DoorForced,
    DoorJammed,
    Offline,
    Late,
    BatteryLow,
    DoorOpen,
    Unlocked,
    AirPoor,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Concern {
    pub kind: ConcernKind,
    /// Absent where it concerns the device as a whole.
    pub endpoint: Option<u16>,
    pub since: UnixMillis,
    /// The value that says so.
    pub value: Option<Value>,
}

/// A door or lock that people are just using is no concern.
pub const OPEN_AFTER_MS: i64 = 10 * 60 * 1_000;
pub const BATTERY_LOW_PERCENT: f64 = 15.0;
/// Above this, air is held to be unacceptable indoors (German Environment Agency).
pub const CARBON_DIOXIDE_POOR_PPM: f64 = 2_000.0;

impl ConcernKind {
    pub fn severity(self) -> Severity {
        use ConcernKind::*;
        match self {
            Smoke | CarbonMonoxide | Leak | DoorForced => Severity::Danger,
            DoorJammed | Offline | Late | BatteryLow | DoorOpen | Unlocked | AirPoor => Severity::Attention,
        }
    }
}

/// Worst first; at most one of a kind for each endpoint.
pub fn attention(device: &Device, state: &DeviceState, now: UnixMillis) -> Vec<Concern> {
    let mut concerns = Vec::new();
    let kind = match state.presence.status {
        PresenceStatus::Offline => Some(ConcernKind::Offline),
        PresenceStatus::Late => Some(ConcernKind::Late),
        PresenceStatus::Online | PresenceStatus::Unknown => None,
    };
    if let (Some(kind), Some(since)) = (kind, state.presence.since) {
        concerns.push(Concern { kind, endpoint: None, since, value: None });
    }
    for (endpoint, attributes) in &state.latest {
        for (name, latest) in attributes {
            let Some(kind) = concern_of(device, name, latest, now) else { continue };
            // Percent, level and alert of one battery are one concern.
            let endpoint = (kind != ConcernKind::BatteryLow).then_some(*endpoint);
            if !concerns.iter().any(|known| (known.kind, known.endpoint) == (kind, endpoint)) {
                let since = latest.since();
                concerns.push(Concern { kind, endpoint, since, value: Some(latest.value.clone()) });
            }
        }
    }
    concerns.sort_by_key(|concern| (concern.kind.severity(), concern.kind, concern.endpoint));
    concerns
}

fn concern_of(device: &Device, attribute: &str, latest: &Latest, now: UnixMillis) -> Option<ConcernKind> {
    use ConcernKind::*;
    let lasting = now.since_ms(latest.since()) >= OPEN_AFTER_MS;
    match (attribute, &latest.value) {
        (_, Value::Text(word)) => match (attribute, word.as_str()) {
            ("SmokeCoAlarm.SmokeState", "Warning" | "Critical") => Some(Smoke),
            ("SmokeCoAlarm.COState", "Warning" | "Critical") => Some(CarbonMonoxide),
            ("SmokeCoAlarm.BatteryAlert", "Warning" | "Critical") => Some(BatteryLow),
            ("PowerSource.BatChargeLevel", "Warning" | "Critical") => Some(BatteryLow),
            ("DoorLock.DoorState", "DoorForcedOpen") => Some(DoorForced),
            ("DoorLock.DoorState", "DoorJammed") => Some(DoorJammed),
            ("DoorLock.DoorState", "DoorOpen" | "DoorAjar") if lasting => Some(DoorOpen),
            // The bolt did not reach its place, and nobody knows that the door is not locked.
            ("DoorLock.LockState", "NotFullyLocked") => Some(DoorJammed),
            ("DoorLock.LockState", "Unlocked" | "Unlatched") if lasting => Some(Unlocked),
            ("AirQuality.AirQuality", "Poor" | "VeryPoor" | "ExtremelyPoor") => Some(AirPoor),
            _ => None,
        },
        ("BooleanState.StateValue", Value::Bool(value)) => match (two_state_of(device), value) {
            (TwoState::Leak, true) => Some(Leak),
            (TwoState::Contact, false) if lasting => Some(DoorOpen),
            _ => None,
        },
        ("PowerSource.BatPercentRemaining", value) => {
            value.as_f64().is_some_and(|percent| percent <= BATTERY_LOW_PERCENT).then_some(BatteryLow)
        }
        ("CarbonDioxideConcentrationMeasurement.MeasuredValue", value) => {
            value.as_f64().is_some_and(|ppm| ppm > CARBON_DIOXIDE_POOR_PPM).then_some(AirPoor)
        }
        _ => None,
    }
}

/// Matter's two-state sensor does not say what it senses; the device that carries it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoState {
    Contact,
    Leak,
    Plain,
}

/// Words, in English and German: some may go on ("waterproof", "Fensterkontakt"), others would then be other words
/// ("washroom", "Torsten"). The portal has the same lists, in `format/wording.ts`.
struct Words {
    beginnings: &'static [&'static str],
    whole: &'static [&'static str],
}

/// Says what is sensed, wherever it is.
const LEAK: Words = Words { beginnings: &["leak", "leck", "flood"], whole: &[] };
const CONTACT: Words = Words {
    beginnings: &["contact", "door", "window", "gate", "tür", "fenster", "kontakt"],
    whole: &["tur", "tor"],
};
/// Where water may come from. There are doors and windows in such places, too.
const WATER: Words = Words {
    beginnings: &["water", "wasser", "wasch", "spül", "spul"],
    whole: &["sink", "wash", "washing", "washer", "boiler"],
};

impl Words {
    fn any_in(&self, text: &str) -> bool {
        let mut spoken = text.split(|letter: char| !letter.is_alphanumeric());
        spoken.any(|word| {
            self.whole.contains(&word) || self.beginnings.iter().any(|known| word.starts_with(known))
        })
    }
}

/// Tags say it for certain; model and name are the next best witnesses.
pub fn two_state_of(device: &Device) -> TwoState {
    for text in device.tags.iter().chain([&device.model, &device.name]) {
        let text = text.to_lowercase();
        let order = [(&LEAK, TwoState::Leak), (&CONTACT, TwoState::Contact), (&WATER, TwoState::Leak)];
        if let Some((_, senses)) = order.into_iter().find(|(words, _)| words.any_in(&text)) {
            return senses;
        }
    }
    if device.tags.iter().any(|tag| tag == "safety") { TwoState::Leak } else { TwoState::Plain }
}

#[cfg(test)]
#[path = "attention_tests.rs"]
mod tests;
