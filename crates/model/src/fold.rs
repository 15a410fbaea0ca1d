//! The fold over the ingest log: what is known of a device now, and which facts a record adds to the event log.
//! Pure: the same records give the same state and the same facts, live, after a restart and in a replay.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::event::EventType;
use crate::presence::{Presence, PresenceStatus};
use crate::reading::{Quality, Reading};
use crate::record::{Body, Position, Record, Rejected};
use crate::time::UnixMillis;
use crate::value::Value;

/// What is known of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
    /// By endpoint, then by full attribute name.
    pub latest: BTreeMap<u16, BTreeMap<String, Latest>>,
    pub counts: Counts,
    /// The newest rejected inputs, oldest first.
    pub rejections: VecDeque<Rejection>,
}

/// The newest value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    pub value: Value,
    pub time: UnixMillis,
    pub received: UnixMillis,
    pub quality: Quality,
    pub position: Position,
    /// Since when it has been this value. Absent in a checkpoint of an older version, until the value changes.
    #[serde(default)]
    pub unchanged_since: Option<UnixMillis>,
}

impl Latest {
    /// Since when it has been this value, as far as known.
    pub fn since(&self) -> UnixMillis {
        self.unchanged_since.unwrap_or(self.time)
    }
}

/// How much came from a device, and how much of it was odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    pub records: u64,
    pub readings: u64,
    pub late: u64,
    pub future: u64,
    pub rejected: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejection {
    pub received: UnixMillis,
    #[serde(flatten)]
    pub rejected: Rejected,
}

/// How many rejected inputs are kept per device.
pub const REJECTIONS_KEPT: usize = 20;

impl Default for DeviceState {
    fn default() -> Self {
        DeviceState {
            presence: Presence::UNKNOWN,
            last_seen: None,
            latest: BTreeMap::new(),
            counts: Counts::default(),
            rejections: VecDeque::new(),
        }
    }
}

impl DeviceState {
    pub fn value(&self, endpoint: u16, attribute: &str) -> Option<&Latest> {
        self.latest.get(&endpoint)?.get(attribute)
    }
}

/// A fact that a record adds to the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub event_type: EventType,
    pub time: UnixMillis,
    pub payload: serde_json::Value,
}

/// Takes a record into the state and returns the facts it adds, in order.
pub fn fold(state: &mut DeviceState, record: &Record) -> Vec<Fact> {
    let received = record.entry.received;
    let mut facts = Vec::new();
    state.counts.records += 1;
    match &record.entry.body {
        Body::Presence { status, reason } => set_presence(state, *status, reason, received, &mut facts),
        Body::Rejected { rejected } => {
            state.counts.rejected += 1;
            if state.rejections.len() == REJECTIONS_KEPT {
                state.rejections.pop_front();
            }
            state.rejections.push_back(Rejection { received, rejected: rejected.clone() });
            state.last_seen = Some(received);
        }
        Body::Readings { .. } if record.entry.is_by_hand() => {}
        Body::Erased { from, until, attribute } => {
            let within = |latest: &Latest| latest.time >= *from && latest.time < *until;
            for attributes in state.latest.values_mut() {
                attributes.retain(|name, latest| {
                    !within(latest) || attribute.as_ref().is_some_and(|erased| erased != name)
                });
            }
        }
        Body::Readings { readings } => {
            heard_from(state, received, &mut facts);
            for reading in readings {
                take_reading(state, reading, record, &mut facts);
            }
        }
        Body::Occurrences { occurrences } => {
            heard_from(state, received, &mut facts);
            facts.extend(occurrences.iter().map(|occurrence| Fact {
                event_type: EventType::DeviceOccurrence,
                time: occurrence.time.min(received),
                payload: serde_json::json!({
                    "endpoint": occurrence.endpoint,
                    "event": occurrence.event,
                    "data": occurrence.data,
                }),
            }));
        }
        Body::Ack { .. } => heard_from(state, received, &mut facts),
    }
    facts
}

fn heard_from(state: &mut DeviceState, received: UnixMillis, facts: &mut Vec<Fact>) {
    // Not the latest of all: the log knows what came last, also when the server's clock was set back.
    state.last_seen = Some(received);
    set_presence(state, PresenceStatus::Online, "it reported", received, facts);
}

fn set_presence(
    state: &mut DeviceState,
    status: PresenceStatus,
    reason: &str,
    at: UnixMillis,
    facts: &mut Vec<Fact>,
) {
    if status == PresenceStatus::Online {
        state.last_seen = Some(at);
    }
    if state.presence.status == status {
        return;
    }
    let event_type = match status {
        PresenceStatus::Online => EventType::DeviceOnline,
        PresenceStatus::Late => EventType::DeviceLate,
        PresenceStatus::Offline => EventType::DeviceOffline,
        PresenceStatus::Unknown => return,
    };
    state.presence = Presence { status, since: Some(at) };
    facts.push(Fact { event_type, time: at, payload: serde_json::json!({ "reason": reason }) });
}

fn take_reading(state: &mut DeviceState, reading: &Reading, record: &Record, facts: &mut Vec<Fact>) {
    let received = record.entry.received;
    state.counts.readings += 1;
    match reading.quality {
        Quality::Late => state.counts.late += 1,
        Quality::Future => state.counts.future += 1,
        Quality::Measured | Quality::Estimated => {}
    }
    // A clock that runs ahead must not keep every later value out.
    let time = reading.time.min(received);
    let attributes = state.latest.entry(reading.endpoint).or_default();
    let known = attributes.get_mut(reading.attribute.as_str());
    // Nor must the server's own, once it was set back.
    if known.as_ref().is_some_and(|latest| latest.time > time && latest.received <= received) {
        return;
    }
    let changed = known.as_ref().is_none_or(|latest| !latest.value.same_as(&reading.value));
    let eventful = reading.attribute.attribute().is_some_and(|attribute| attribute.eventful);
    if changed && eventful {
        facts.push(Fact {
            event_type: EventType::AttributeChanged,
            time,
            payload: serde_json::json!({
                "endpoint": reading.endpoint,
                "attribute": reading.attribute,
                "from": known.as_ref().map(|latest| &latest.value),
                "to": reading.value,
                "quality": reading.quality,
            }),
        });
    }
    let unchanged_since = match &known {
        Some(latest) if !changed => Some(latest.since()),
        _ => Some(time),
    };
    let latest = Latest {
        value: reading.value.clone(),
        time,
        received,
        quality: reading.quality,
        position: record.position,
        unchanged_since,
    };
    match known {
        Some(known) => *known = latest,
        None => drop(attributes.insert(reading.attribute.to_string(), latest)),
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
