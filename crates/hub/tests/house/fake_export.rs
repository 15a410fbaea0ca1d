//! A wording of the tests' own for telling our devices in a home's space.

use std::collections::BTreeMap;

use lares_model::device::Device;
use lares_model::dialect::Say;
use lares_model::export::{Asked, Exported, Exporter};
use lares_model::presence::PresenceStatus;

pub const EXPORTER: Exporter = Exporter {
    describe,
    state,
    happened: |device, occurrence| {
        let topic = format!("lares/{}/{}/event", device.id, occurrence.endpoint);
        Some(Say { retain: false, ..say(topic, occurrence.event.clone()) })
    },
    asked,
    filters: &["lares/#", "homeassistant/#"],
    is_ours: |topic, _| topic.starts_with("lares/") || topic.starts_with("homeassistant/device/lares_"),
    birth: ("homeassistant/status", b"online"),
};

fn say(topic: String, payload: String) -> Say {
    Say { topic, payload: payload.into_bytes(), qos: 1, retain: true }
}

fn describe(exported: &Exported<'_>) -> Vec<Say> {
    let room = exported.room.unwrap_or("nowhere");
    let topic = format!("homeassistant/device/lares_{}/config", exported.device.id);
    vec![say(topic, format!("{} in {room}", exported.device.name))]
}

fn state(exported: &Exported<'_>) -> Vec<Say> {
    let id = exported.device.id;
    let online = exported.state.presence.status == PresenceStatus::Online;
    let mut says = vec![say(format!("lares/{id}/availability"), online.to_string())];
    for (endpoint, values) in &exported.state.latest {
        for (attribute, latest) in values {
            says.push(say(format!("lares/{id}/{endpoint}/{attribute}"), latest.value.to_string()));
        }
    }
    says
}

fn asked(_: &Device, _: u16, capability: &str, payload: &[u8]) -> Result<Asked, String> {
    let command = match payload {
        b"ON" => "On",
        b"OFF" => "Off",
        _ => return Err("must be ON or OFF".to_owned()),
    };
    Ok(Asked { command: format!("{capability}.{command}"), args: BTreeMap::new() })
}
