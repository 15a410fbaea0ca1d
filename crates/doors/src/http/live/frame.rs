//! The frames of the live protocol as JSON text. An event's text is made once for all watchers.

use std::sync::Arc;

use lares_hub::feed::FedEvent;
use lares_hub::watch::{LivePresence, LiveValue, Standing};
use lares_model::capability::attribute;
use lares_model::presence::{Presence, PresenceStatus};
use lares_model::reading::Quality;
use lares_model::{DeviceId, Invalid, UnixMillis, Value};
use serde::Serialize;

use crate::http::events::EventView;

/// A frame, with the name and the cursor that server-sent events carry beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub name: &'static str,
    pub text: String,
    pub cursor: Option<String>,
}

#[derive(Serialize)]
struct ValueView<'a> {
    device: DeviceId,
    #[serde(flatten)]
    value: LatestView<'a>,
}

#[derive(Serialize)]
struct LatestView<'a> {
    endpoint: u16,
    attribute: &'a str,
    value: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    time: UnixMillis,
    received: UnixMillis,
    quality: Quality,
}

impl<'a> LatestView<'a> {
    fn of(value: &'a LiveValue) -> Self {
        LatestView {
            endpoint: value.endpoint,
            attribute: &value.attribute,
            value: &value.latest.value,
            unit: attribute(&value.attribute).and_then(|spec| spec.kind.unit()),
            time: value.latest.time,
            received: value.latest.received,
            quality: value.latest.quality,
        }
    }
}

#[derive(Serialize)]
struct PresenceView {
    device: DeviceId,
    status: PresenceStatus,
    since: Option<UnixMillis>,
    last_seen: Option<UnixMillis>,
}

impl PresenceView {
    fn of(presence: &LivePresence) -> Self {
        let Presence { status, since } = presence.presence;
        PresenceView { device: presence.device, status, since, last_seen: presence.last_seen }
    }
}

#[derive(Serialize)]
struct StandingView<'a> {
    device: DeviceId,
    presence: Presence,
    last_seen: Option<UnixMillis>,
    latest: Vec<LatestView<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum View<'a> {
    Subscribed {
        cursor: &'a str,
        time: UnixMillis,
    },
    Snapshot {
        devices: Vec<StandingView<'a>>,
        last: bool,
    },
    Readings {
        items: Vec<ValueView<'a>>,
        presence: Vec<PresenceView>,
    },
    Missed {
        readings: u64,
        since: UnixMillis,
    },
    Error {
        detail: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        errors: &'a [lares_model::FieldError],
    },
    Reset {
        reason: &'a str,
    },
    Pong {
        time: UnixMillis,
    },
    Closed {
        code: u16,
        reason: &'a str,
    },
}

fn frame(name: &'static str, view: &View<'_>, cursor: Option<String>) -> Frame {
    // Strings, numbers and lists of them always have a JSON text.
    Frame { name, text: serde_json::to_string(view).unwrap_or_default(), cursor }
}

pub fn subscribed(cursor: String, time: UnixMillis) -> Frame {
    frame("subscribed", &View::Subscribed { cursor: &cursor, time }, Some(cursor.clone()))
}

pub fn snapshot(devices: &[Standing], last: bool) -> Frame {
    let devices = devices.iter().map(|standing| StandingView {
        device: standing.presence.device,
        presence: standing.presence.presence,
        last_seen: standing.presence.last_seen,
        latest: standing.values.iter().map(LatestView::of).collect(),
    });
    frame("snapshot", &View::Snapshot { devices: devices.collect(), last }, None)
}

pub fn readings(values: &[LiveValue], presence: &[LivePresence]) -> Frame {
    let items = values.iter().map(|value| ValueView { device: value.device, value: LatestView::of(value) });
    let presence = presence.iter().map(PresenceView::of).collect();
    frame("readings", &View::Readings { items: items.collect(), presence }, None)
}

pub fn events(events: &[Arc<FedEvent>], cursor: String) -> Frame {
    let mut text = String::with_capacity(64 + events.len() * 400 + cursor.len());
    text.push_str(r#"{"type":"events","items":["#);
    for (index, fed) in events.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(fed.text.get_or_init(|| {
            serde_json::to_string(&EventView::from(fed.event.clone())).unwrap_or_default().into()
        }));
    }
    // A cursor is base64 for URLs: nothing in it needs escaping.
    text.push_str(r#"],"cursor":""#);
    text.push_str(&cursor);
    text.push_str(r#""}"#);
    Frame { name: "events", text, cursor: Some(cursor) }
}

pub fn missed(readings: u64, since: UnixMillis) -> Frame {
    frame("missed", &View::Missed { readings, since }, None)
}

pub fn error(detail: &str, invalid: &Invalid) -> Frame {
    frame("error", &View::Error { detail, errors: &invalid.errors }, None)
}

pub fn reset(reason: &str) -> Frame {
    frame("reset", &View::Reset { reason }, None)
}

pub fn pong(time: UnixMillis) -> Frame {
    frame("pong", &View::Pong { time }, None)
}

pub fn closed(code: u16, reason: &str) -> Frame {
    frame("closed", &View::Closed { code, reason }, None)
}
