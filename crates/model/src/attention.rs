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

/// Words begin with these, in English and German.
const LEAK_WORDS: [&str; 11] =
    ["leak", "water", "flood", "leck", "wasser", "sink", "spül", "spul", "wash", "wasch", "boiler"];
const CONTACT_WORDS: [&str; 9] =
    ["contact", "door", "window", "gate", "tür", "tur", "fenster", "kontakt", "tor"];

/// Tags say it for certain; model and name are the next best witnesses.
pub fn two_state_of(device: &Device) -> TwoState {
    let witnesses = device.tags.iter().chain([&device.model, &device.name]);
    for text in witnesses {
        let text = text.to_lowercase();
        let says = |words: &[&str]| {
            let mut spoken = text.split(|letter: char| !letter.is_alphanumeric());
            spoken.any(|word| words.iter().any(|known| word.starts_with(known)))
        };
        if says(&LEAK_WORDS) {
            return TwoState::Leak;
        }
        if says(&CONTACT_WORDS) {
            return TwoState::Contact;
        }
    }
    if device.tags.iter().any(|tag| tag == "safety") { TwoState::Leak } else { TwoState::Plain }
}

#[cfg(test)]
#[path = "attention_tests.rs"]
mod tests;
