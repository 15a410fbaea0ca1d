//! A dialect of the tests' own: `fake/<id>/about`, `state`, `online`, `event`, `gone` and `bad` up, `set` down.

use std::collections::BTreeMap;

use lares_model::device::Endpoint;
use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Measured, Say, UnknownPart};
use lares_model::record::Occurrence;
use lares_model::{UnixMillis, Value};
use serde_json::Value as Json;

#[derive(Default)]
struct Fake {
    known: BTreeMap<String, Device>,
}

#[derive(Default)]
struct Device {
    description: Option<Description>,
    state: Option<Json>,
    online: Option<bool>,
}

pub fn dialects() -> Vec<Box<dyn Dialect>> {
    vec![Box::new(Fake::default())]
}

fn description(id: &str, about: &Json) -> Description {
    let texts = |list: &Json| -> Vec<String> {
        let all = list.as_array().into_iter().flatten();
        all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let text = |name: &str| about[name].as_str().map(str::to_owned);
    Description {
        foreign_id: id.to_owned(),
        name: text("name").unwrap_or_default(),
        vendor: "Fake".to_owned(),
        model: String::new(),
        serial: text("serial"),
        firmware: text("firmware"),
        suggested_room: text("room"),
        via: None,
        expected_interval_s: None,
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: texts(&about["can"]),
            bounds: serde_json::from_value(about["bounds"].clone()).unwrap_or_default(),
            ..Endpoint::default()
        }],
        unknown: texts(&about["also"])
            .into_iter()
            .map(|name| UnknownPart { name, reason: "no word".to_owned(), raw: Json::Null })
            .collect(),
    }
}

/// `{"OnOff.OnOff": true, "time": 1}`
fn measured(state: &Json) -> Vec<Measured> {
    let time = state["time"].as_i64().map(UnixMillis);
    let values = state.as_object().into_iter().flatten().filter(|(name, _)| *name != "time");
    let measured = values.filter_map(|(name, value)| {
        let value = serde_json::from_value::<Value>(value.clone()).ok()?;
        Some(Measured { endpoint: 1, attribute: name.clone(), value, time })
    });
    measured.collect()
}

impl Dialect for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn remember(&mut self, description: &Description) {
        let device = self.known.entry(description.foreign_id.clone()).or_default();
        device.description = Some(description.clone());
    }

    fn greet(&mut self) -> Vec<Say> {
        vec![Say { topic: "fake/hello".to_owned(), payload: b"hello".to_vec(), qos: 1, retain: false }]
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let mut parts = heard.topic.strip_prefix("fake/").into_iter().flat_map(|rest| rest.split('/'));
        let (Some(id), Some(what)) = (parts.next(), parts.next()) else { return vec![] };
        let foreign_id = id.to_owned();
        let json: Json = serde_json::from_slice(heard.payload).unwrap_or(Json::Null);
        let device = self.known.entry(foreign_id.clone()).or_default();
        match what {
            "about" => {
                let described = description(id, &json);
                device.description = Some(described.clone());
                vec![Finding::Described(Box::new(described))]
            }
            "state" => {
                device.state = Some(json.clone());
                vec![Finding::Readings { foreign_id, readings: measured(&json) }]
            }
            "online" => {
                let online = heard.payload == b"1";
                device.online = Some(online);
                vec![Finding::Presence { foreign_id, online, reason: "it says so".to_owned() }]
            }
            "event" => {
                let event = json["event"].as_str().unwrap_or_default().to_owned();
                let time = heard.received;
                let occurrences = vec![Occurrence { endpoint: 1, event, time, data: Default::default() }];
                vec![Finding::Occurred { foreign_id, occurrences }]
            }
            "gone" => vec![Finding::Gone { foreign_id }],
            "bad" => {
                let reason = "cannot be read".to_owned();
                vec![Finding::Rejected { foreign_id: Some(foreign_id), reason }]
            }
            _ => vec![],
        }
    }

    fn word(
        &self,
        foreign_id: &str,
        _: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay> {
        if self.known.get(foreign_id).is_none_or(|known| known.description.is_none()) {
            return Err(CannotSay::Unknown);
        }
        let payload = match command {
            "OnOff.On" => "on",
            "OnOff.Off" => "off",
            "DoorLock.UnlockDoor" => "unlock",
            "DoorLock.LockDoor" => "lock",
            "ModeSelect.ChangeToMode" => "mode",
            other => return Err(CannotSay::Unsupported(format!("a fake cannot {other}"))),
        };
        let topic = format!("fake/{foreign_id}/set");
        let code = args.get("Code").map(|code| format!(" with {code}")).unwrap_or_default();
        let payload = format!("{payload}{code}").into_bytes();
        Ok(vec![Say { topic, payload, qos: 1, retain: true }])
    }

    fn recall(&self, foreign_id: &str) -> Vec<Finding> {
        let Some(known) = self.known.get(foreign_id) else { return vec![] };
        let foreign_id = foreign_id.to_owned();
        let mut all = Vec::new();
        all.extend(known.description.clone().map(|described| Finding::Described(Box::new(described))));
        all.extend(known.online.map(|online| Finding::Presence {
            foreign_id: foreign_id.clone(),
            online,
            reason: "it said so".to_owned(),
        }));
        let readings = known.state.as_ref().map(measured);
        all.extend(readings.map(|readings| Finding::Readings { foreign_id, readings }));
        all
    }
}
