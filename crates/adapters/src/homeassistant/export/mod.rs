//! Our own devices, as Home Assistant's MQTT discovery describes them; and what it sends back. Valid for Home Assistant
//! 2024.3 and later. A state's topic carries the attribute as it is in the catalogue; templates make of it what a
//! component wants. A command's payload is its name, or an object with its name and arguments.

mod components;
mod entities;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use lares_model::device::Device;
use lares_model::dialect::Say;
use lares_model::record::Occurrence;
use lares_model::{DeviceId, Value, capability};
use serde_json::{Map, Value as Json, json};

pub(crate) use entities::Entity;

/// Every discovery topic of ours has it before the device's id.
pub(super) const NODE_PREFIX: &str = "lares_";

/// What Home Assistant wants of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub device: DeviceId,
    pub endpoint: u16,
    /// Full name, `Capability.Command`.
    pub command: String,
    pub args: BTreeMap<String, Value>,
}

/// The discovery messages of a device in a room; its topics are below `base`.
pub fn describe(device: &Device, room: Option<&str>, base: &str) -> Vec<Say> {
    let mut about = about(device);
    if let Some(room) = room {
        about.insert("suggested_area".to_owned(), json!(room));
    }
    let mut object_ids = BTreeSet::new();
    let mut says = Vec::new();
    for entity in entities::all(device, base) {
        let mut object_id = format!("{}_{}", slug(&device.name), entity.key);
        if !object_ids.insert((entity.component, object_id.clone())) {
            object_id = format!("{object_id}_{}", entity.endpoint);
            object_ids.insert((entity.component, object_id.clone()));
        }
        let mut config = entity.config.clone();
        config.insert("name".to_owned(), entity.name.clone().map_or(Json::Null, Json::from));
        config.insert("unique_id".to_owned(), json!(format!("lares_{}_{}", device.id, entity.id())));
        // Old versions know the first, new ones want the second.
        config.insert("object_id".to_owned(), json!(object_id));
        config.insert("default_entity_id".to_owned(), json!(format!("{}.{object_id}", entity.component)));
        config.insert("availability_topic".to_owned(), json!(availability_topic(base, device.id)));
        config.insert("qos".to_owned(), json!(1));
        config.insert("device".to_owned(), Json::Object(about.clone()));
        config
            .insert("origin".to_owned(), json!({ "name": "Lares", "sw_version": env!("CARGO_PKG_VERSION") }));
        says.push(retained(config_topic(device.id, &entity), Json::Object(config).to_string()));
    }
    says
}

/// Takes away what `describe` gave; of the device as it was then.
pub fn retract(device: &Device, base: &str) -> Vec<Say> {
    let entities = entities::all(device, base);
    let mut says: Vec<Say> =
        entities.iter().map(|entity| retained(config_topic(device.id, entity), String::new())).collect();
    says.push(retained(availability_topic(base, device.id), String::new()));
    says
}

pub fn availability(base: &str, device: DeviceId, online: bool) -> Say {
    let word = if online { "online" } else { "offline" };
    retained(availability_topic(base, device), word.to_owned())
}

/// The newest value of an attribute, as the catalogue has it.
pub fn state(base: &str, device: DeviceId, endpoint: u16, attribute: &str, value: &Value) -> Say {
    retained(state_topic(base, device, endpoint, attribute), value.to_string())
}

/// Something that happened, for the event entities of locks and switches.
pub fn happened(base: &str, device: DeviceId, occurrence: &Occurrence) -> Option<Say> {
    let (capability, event) = occurrence.event.split_once('.')?;
    if !entities::events(capability).contains(&event) {
        return None;
    }
    let mut payload = occurrence.data.clone();
    payload.insert("event_type".to_owned(), Json::from(event));
    let topic = format!("{base}/{device}/{}/{capability}/event", occurrence.endpoint);
    Some(Say { topic, payload: Json::Object(payload).to_string().into_bytes(), qos: 1, retain: false })
}

/// What a message on a command topic wants; `None` where the topic is none of ours.
pub fn command_of(base: &str, topic: &str, payload: &[u8]) -> Option<Result<Wanted, String>> {
    let rest = topic.strip_prefix(base)?.strip_prefix('/')?.strip_suffix("/set")?;
    let mut parts = rest.splitn(3, '/');
    let device = parts.next()?.parse().ok()?;
    let endpoint = parts.next()?.parse().ok()?;
    let capability_name = parts.next()?;
    Some(wanted(device, endpoint, capability_name, payload))
}

fn wanted(device: DeviceId, endpoint: u16, capability_name: &str, payload: &[u8]) -> Result<Wanted, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "a command is a text".to_owned())?.trim();
    let (name, args) = match serde_json::from_str::<Map<String, Json>>(text) {
        Ok(object) => {
            let mut entries = object.into_iter();
            match (entries.next(), entries.next()) {
                (Some((name, Json::Object(args))), None) => (name, args),
                _ => return Err("a command is its name, or an object of its name and arguments".to_owned()),
            }
        }
        Err(_) => (text.to_owned(), Map::new()),
    };
    let command = format!("{capability_name}.{name}");
    let spec = capability::command(&command).ok_or_else(|| format!("there is no {command:.80}"))?;
    let value = |json: Json| serde_json::from_value::<Value>(json).map_err(|error| error.to_string());
    let args: BTreeMap<String, Value> =
        args.into_iter().map(|(key, json)| Ok((key, value(json)?))).collect::<Result<_, String>>()?;
    let args = spec.accept_args(&args).map_err(|invalid| invalid.to_string())?;
    Ok(Wanted { device, endpoint, command, args })
}

fn about(device: &Device) -> Map<String, Json> {
    let mut about = Map::new();
    about.insert("identifiers".to_owned(), json!([format!("lares_{}", device.id)]));
    about.insert("name".to_owned(), json!(device.name));
    let texts = [
        ("manufacturer", Some(&device.vendor)),
        ("model", Some(&device.model)),
        ("sw_version", device.firmware.as_ref()),
        ("serial_number", device.serial.as_ref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            about.insert(key.to_owned(), json!(text));
        }
    }
    about
}

fn retained(topic: String, payload: String) -> Say {
    Say { topic, payload: payload.into_bytes(), qos: 1, retain: true }
}

fn config_topic(device: DeviceId, entity: &Entity) -> String {
    format!("homeassistant/{}/{NODE_PREFIX}{device}/{}/config", entity.component, entity.id())
}

fn availability_topic(base: &str, device: DeviceId) -> String {
    format!("{base}/{device}/availability")
}

pub(crate) fn state_topic(base: &str, device: DeviceId, endpoint: u16, attribute: &str) -> String {
    format!("{base}/{device}/{endpoint}/{attribute}/state")
}

pub(crate) fn command_topic(base: &str, device: DeviceId, endpoint: u16, capability: &str) -> String {
    format!("{base}/{device}/{endpoint}/{capability}/set")
}

/// Lower-case letters, digits and single underscores, as Home Assistant would make of the name.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        let plain = match letter {
            'ä' | 'à' | 'á' | 'â' | 'å' => "a",
            'ö' | 'ò' | 'ó' | 'ô' => "o",
            'ü' | 'ù' | 'ú' | 'û' => "u",
            'é' | 'è' | 'ê' | 'ë' => "e",
            'ß' => "ss",
            _ => "",
        };
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !plain.is_empty() {
            slug.push_str(plain);
        } else if !slug.ends_with('_') && !slug.is_empty() {
            slug.push('_');
        }
    }
    let slug = slug.trim_end_matches('_');
    if slug.is_empty() { "device".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests;
