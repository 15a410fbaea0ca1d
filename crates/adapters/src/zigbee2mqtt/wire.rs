//! Entries of the bridge as devices: their exposes become parts (`expose.rs`).

use lares_model::dialect::{Description, Finding, Say};
use serde_json::{Value as Json, json};

use super::expose::{Expose, Target, wire_all};
use super::{Bridge, Definition, Entry, GroupEntry};
use crate::convert::Convert;
use crate::parts::{Parts, Source};
use crate::wiring::{Availability, Mode, Order, Select, Sign, Wired};

/// Between the base topic and the number in the foreign id of a group.
pub(super) const GROUP: &str = ":group:";

/// The bridge itself: what others are reached through.
pub(super) fn bridge(base: &str, entry: &Entry) -> Wired {
    let mut parts = Parts::default();
    let topic = format!("{base}/bridge/state");
    let select = Select::Part { template: None, pointer: "/state".to_owned(), plain: true };
    parts.reads(0, &Source { topic, select }, "State.Value", Convert::Text);
    let description = Description {
        foreign_id: entry.ieee_address.clone(),
        name: format!("Zigbee2MQTT ({base})"),
        vendor: "Zigbee2MQTT".to_owned(),
        model: "Bridge".to_owned(),
        ..nothing()
    };
    parts.finish(description, vec![Availability { mode: Mode::Latest, signs: vec![state_sign(base)] }])
}

pub(super) fn device(base: &str, entry: &Entry, via: Option<String>) -> Wired {
    let mut parts = Parts::default();
    let target = Target::new(base, &entry.friendly_name);
    let definition = entry.definition.as_ref();
    match definition {
        Some(definition) => {
            wire_all(&target, definition.exposes.iter(), &mut parts);
            update(base, entry, definition, &target, &mut parts);
        }
        None => {
            let raw = json!({ "model_id": entry.model_id, "manufacturer": entry.manufacturer });
            parts.unknown(&entry.friendly_name, "Zigbee2MQTT does not support the device", raw);
        }
    }
    let text = |own: Option<&String>, other: &Option<String>| {
        own.filter(|text| !text.is_empty()).or(other.as_ref()).cloned().unwrap_or_default()
    };
    let description = Description {
        foreign_id: entry.ieee_address.clone(),
        name: entry.friendly_name.clone(),
        vendor: text(definition.map(|definition| &definition.vendor), &entry.manufacturer),
        model: text(definition.map(|definition| &definition.model), &entry.model_id),
        serial: Some(entry.ieee_address.clone()),
        firmware: entry.software_build_id.clone(),
        suggested_room: None,
        via,
        ..nothing()
    };
    parts.finish(description, availability(base, &entry.friendly_name))
}

/// A group does what all of its members can do, as the first of them is wired.
pub(super) fn group(base: &str, group: &GroupEntry, devices: &[Entry], via: Option<String>) -> Option<Wired> {
    let member = group.members.iter().find_map(|member| {
        let entry = devices.iter().find(|entry| entry.ieee_address == member.ieee_address)?;
        entry.definition.as_ref()
    })?;
    let target = Target::new(base, &group.friendly_name);
    let mut parts = Parts::default();
    let together = |expose: &&Json| {
        let kind = expose.get("type").and_then(Json::as_str).unwrap_or_default();
        matches!(kind, "light" | "switch" | "cover" | "lock" | "fan") && expose.get("endpoint").is_none()
    };
    wire_all(&target, member.exposes.iter().filter(together), &mut parts);
    let description = Description {
        foreign_id: format!("{base}{GROUP}{}", group.id),
        name: group.friendly_name.clone(),
        vendor: "Zigbee2MQTT".to_owned(),
        model: "Group".to_owned(),
        via,
        ..nothing()
    };
    Some(parts.finish(description, availability(base, &group.friendly_name)))
}

/// Mains-powered devices are asked for their state when they are first heard of: their states are not retained.
pub(super) fn first_question(base: &str, bridge: Option<&Bridge>, wired: &Wired) -> Option<Finding> {
    let id = &wired.description.foreign_id;
    let entry = bridge?.devices.iter().find(|entry| entry.ieee_address == *id)?;
    let powered = entry.power_source.as_deref().is_some_and(|source| source.starts_with("Mains"));
    let exposes = entry.definition.iter().flat_map(|definition| &definition.exposes).filter_map(Expose::of);
    let features: Vec<Expose> = exposes.flat_map(|expose| expose.features).collect();
    let gettable = features.iter().find(|feature| feature.name == "state" && feature.is_gettable())?;
    if !powered {
        return None;
    }
    let topic = format!("{base}/{}/get", entry.friendly_name);
    let payload = json!({ gettable.property.clone(): "" }).to_string().into_bytes();
    Some(Finding::Say(Say { topic, payload, qos: 0, retain: false }))
}

/// The ids under which Zigbee2MQTT announces the same device or group to Home Assistant.
pub(super) fn claims_of(foreign_id: &str) -> Vec<String> {
    match foreign_id.split_once(GROUP) {
        Some((base, number)) => {
            // It writes its base topic as the decimal codes of its letters.
            let encoded: String = base.chars().map(|letter| u32::from(letter).to_string()).collect();
            vec![format!("zigbee2mqtt_{encoded}_{number}")]
        }
        None => vec![format!("zigbee2mqtt_{foreign_id}"), format!("zigbee2mqtt_bridge_{foreign_id}")],
    }
}

fn availability(base: &str, name: &str) -> Vec<Availability> {
    let own = Sign { topic: format!("{base}/{name}/availability"), ..state_sign(base) };
    vec![Availability { mode: Mode::All, signs: vec![state_sign(base), own] }]
}

/// Plain in old versions, JSON in new ones.
fn state_sign(base: &str) -> Sign {
    Sign {
        select: Select::Part { template: None, pointer: "/state".to_owned(), plain: true },
        ..Sign::plain(format!("{base}/bridge/state"), &["online"], &["offline"])
    }
}

fn update(base: &str, entry: &Entry, definition: &Definition, target: &Target, parts: &mut Parts) {
    if !definition.supports_ota {
        return;
    }
    for (pointer, attribute) in [
        ("/update/installed_version", "SoftwareUpdate.InstalledVersion"),
        ("/update/latest_version", "SoftwareUpdate.LatestVersion"),
    ] {
        parts.reads(0, &Source::at(&target.state, pointer), attribute, Convert::Text);
    }
    let states = [("updating", true), ("idle", false), ("available", false), ("scheduled", false)];
    let states = states.map(|(word, installing)| (word, lares_model::Value::Bool(installing)));
    let source = Source::at(&target.state, "/update/state");
    parts.reads(0, &source, "SoftwareUpdate.Installing", Convert::words(states));
    let topic = format!("{base}/bridge/request/device/ota_update/update");
    let body = json!({ "id": entry.friendly_name });
    parts.order(Order::new(0, "SoftwareUpdate.Install", &topic, body));
}

fn nothing() -> Description {
    Description {
        foreign_id: String::new(),
        name: String::new(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        suggested_room: None,
        via: None,
        expected_interval_s: None,
        endpoints: Vec::new(),
        unknown: Vec::new(),
    }
}
