//! The entities of one device of Home Assistant, together one device of ours with an endpoint for each.

use std::collections::BTreeMap;

use lares_model::device::Endpoint;
use lares_model::dialect::{Description, UnknownPart};
use serde_json::Value as Json;

use super::components;
use super::discovery::{Config, Discovered};
use super::entity::Entity;
use crate::claims::mac;
use crate::numbers::Numbers;
use crate::roster::clip;
use crate::template::Templates;
use crate::wiring::{Availability, Mode, Select, Sign, Wired};

const NAME_MAX_CHARS: usize = 80;
/// More than any device has: each new one has the others wired again.
const ENTITIES_MAX: usize = 512;

#[derive(Debug)]
pub(super) struct Group {
    foreign_id: String,
    entities: BTreeMap<String, Member>,
    numbers: Numbers,
}

#[derive(Debug)]
struct Member {
    topic: String,
    endpoint: Option<u16>,
    discovered: Discovered,
}

/// Identifiers and connections of an entity's device; none for an entity without one.
pub(super) fn ids(config: &Config) -> Vec<String> {
    let Some(Json::Object(device)) = config.get("device") else { return Vec::new() };
    let mut ids: Vec<String> = match device.get("identifiers") {
        Some(Json::Array(list)) => list.iter().map(crate::convert::text).collect(),
        Some(Json::Null) | None => Vec::new(),
        Some(one) => vec![crate::convert::text(one)],
    };
    for connection in device.get("connections").and_then(Json::as_array).into_iter().flatten() {
        if let [kind, address] = connection.as_array().map(Vec::as_slice).unwrap_or_default() {
            let (kind, address) = (crate::convert::text(kind), crate::convert::text(address));
            ids.push(if kind == "mac" { mac(&address) } else { format!("{kind}:{address}") });
        }
    }
    ids.retain(|id| !id.is_empty());
    ids
}

impl Group {
    pub fn new(foreign_id: &str) -> Group {
        Group { foreign_id: foreign_id.to_owned(), entities: BTreeMap::new(), numbers: Numbers::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.entities.len() >= ENTITIES_MAX
    }

    pub fn put(&mut self, discovered: Discovered, topic: &str, remembered: Option<&BTreeMap<String, u16>>) {
        let preferred = remembered.and_then(|names| names.get(&name_of(&discovered.config)?)).copied();
        let endpoint = self.numbers.of(&discovered.key, preferred);
        let key = discovered.key.clone();
        self.entities.insert(key, Member { topic: topic.to_owned(), endpoint, discovered });
    }

    /// Unless it has moved to another topic.
    pub fn remove(&mut self, key: &str, topic: &str) -> bool {
        let there = self.entities.get(key).is_some_and(|member| member.topic == topic);
        there && self.entities.remove(key).is_some()
    }

    pub fn wired(&self) -> Wired {
        let mut wired = Wired {
            description: self.description(),
            channels: Vec::new(),
            orders: Vec::new(),
            availability: Vec::new(),
            timers: Vec::new(),
        };
        for member in self.entities.values() {
            let Discovered { component, config, .. } = &member.discovered;
            let name = name_of(config);
            let Some(number) = member.endpoint else {
                unknown(&mut wired, member, "the device has more parts than there are numbers for them");
                continue;
            };
            let mut entity = Entity::new(config, number);
            if !components::wire(component, &mut entity) {
                unknown(&mut wired, member, &format!("`{component}` has no place in the catalogue"));
                continue;
            }
            attributes(&mut entity);
            let made = entity.finish(component);
            let label = name.clone().unwrap_or_else(|| component.clone());
            wired.description.unknown.extend(made.unknown.into_iter().map(|part| UnknownPart {
                name: clip(&format!("{label}: {}", part.name), NAME_MAX_CHARS),
                ..part
            }));
            if made.capabilities.is_empty() {
                unknown(&mut wired, member, "it says nothing and takes no commands that we know");
                continue;
            }
            wired.description.endpoints.push(Endpoint {
                endpoint: number,
                capabilities: made.capabilities,
                name,
                unit: made.unit,
                bounds: made.bounds,
            });
            wired.channels.extend(made.channels);
            wired.orders.extend(made.orders);
            wired.timers.extend(made.timers);
            availability(config, &mut wired);
        }
        wired
    }

    fn description(&self) -> Description {
        let configs = || self.entities.values().map(|member| &member.discovered.config);
        let of_device = |key: &str| {
            let text = |config: &Config| config.get("device")?.get(key).filter(|v| !v.is_null()).cloned();
            configs().find_map(text).map(|value| crate::convert::text(&value))
        };
        let own_name = || configs().find_map(name_of);
        let expires = configs().filter_map(|config| config.get("expire_after")?.as_u64()).max();
        Description {
            foreign_id: self.foreign_id.clone(),
            name: of_device("name").or_else(own_name).unwrap_or_else(|| self.foreign_id.clone()),
            vendor: of_device("manufacturer").unwrap_or_default(),
            model: of_device("model").or_else(|| of_device("model_id")).unwrap_or_default(),
            serial: of_device("serial_number"),
            firmware: of_device("sw_version"),
            suggested_room: of_device("suggested_area"),
            via: of_device("via_device"),
            expected_interval_s: expires.map(|seconds| seconds.clamp(1, 7 * 24 * 3_600) as u32),
            endpoints: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

/// Its own name, or what it is of; an entity that is expressly nameless is the device's main one.
fn name_of(config: &Config) -> Option<String> {
    let name = match config.get("name") {
        Some(name) => clip(name.as_str()?, NAME_MAX_CHARS),
        None => clip(&config.get("device_class")?.as_str()?.replace('_', " "), NAME_MAX_CHARS),
    };
    (!name.is_empty()).then_some(name)
}

fn unknown(wired: &mut Wired, member: &Member, reason: &str) {
    let Discovered { component, config, .. } = &member.discovered;
    let name = name_of(config).unwrap_or_else(|| component.clone());
    let mut raw = config.clone();
    // The same for every part, and told already.
    raw.remove("device");
    // A code that Home Assistant itself would ask for: not for whoever reads of the part.
    raw.remove("code");
    wired.description.unknown.push(UnknownPart { name, reason: reason.to_owned(), raw: Json::Object(raw) });
}

/// Attributes that go with an entity have no names of their own before they are heard, so nothing is read of them; that
/// there are some is shown.
fn attributes(entity: &mut Entity<'_>) {
    let template = entity.text("json_attributes_template");
    if let Some(topic) = entity.topic("json_attributes_topic") {
        let raw = serde_json::json!({ "topic": topic, "template": template });
        entity.unknown("attributes", "further attributes, which are not read", raw);
    }
}

/// One topic, or a list of them; entities of a device mostly have the same.
fn availability(config: &Config, wired: &mut Wired) {
    let mut signs = Vec::new();
    match config.get("availability") {
        Some(Json::Array(list)) => {
            signs.extend(
                list.iter()
                    .filter_map(Json::as_object)
                    .filter_map(|entry| sign(entry, "topic", "value_template", entry)),
            );
        }
        Some(Json::Object(entry)) => signs.extend(sign(entry, "topic", "value_template", entry)),
        _ => signs.extend(sign(config, "availability_topic", "availability_template", config)),
    }
    if signs.is_empty() {
        return;
    }
    let mode = match config.get("availability_mode").and_then(Json::as_str) {
        Some("all") => Mode::All,
        Some("any") => Mode::Any,
        _ => Mode::Latest,
    };
    let availability = Availability { mode, signs };
    if !wired.availability.contains(&availability) {
        wired.availability.push(availability);
    }
}

fn sign(entry: &Config, topic: &str, template: &str, payloads: &Config) -> Option<Sign> {
    let text = |config: &Config, key: &str| config.get(key).map(crate::convert::text);
    let source = text(entry, template).filter(|source| Templates::check(source).is_ok());
    Some(Sign {
        topic: text(entry, topic).filter(|topic| !topic.is_empty())?,
        select: source.map_or(Select::Whole, Select::Template),
        online: vec![text(payloads, "payload_available").unwrap_or_else(|| "online".to_owned())],
        offline: vec![text(payloads, "payload_not_available").unwrap_or_else(|| "offline".to_owned())],
    })
}
