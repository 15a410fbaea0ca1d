//! Discovery messages: the grammar of their topics, abbreviations, the base topic `~`, and the per-device form taken
//! apart into entities.

use serde_json::{Map, Value as Json};

use super::PROFILE;

pub(super) type Config = Map<String, Json>;

/// What a discovery topic names.
#[derive(Debug, PartialEq)]
pub(super) struct Address<'a> {
    pub component: &'a str,
    /// `node_id object_id`, or the object's alone.
    pub id: String,
}

/// One entity of a discovery message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Discovered {
    pub component: String,
    /// The same in every message about this entity, also when it moves to another topic.
    pub key: String,
    pub config: Config,
}

pub(super) fn address<'a>(topic: &'a str) -> Option<Address<'a>> {
    let rest = topic.strip_prefix("homeassistant/")?.strip_suffix("/config")?;
    let parts: Vec<&'a str> = rest.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if !parts.iter().all(plain) {
        return None;
    }
    match parts[..] {
        [component, object] => Some(Address { component, id: object.to_owned() }),
        [component, node, object] => Some(Address { component, id: format!("{node} {object}") }),
        _ => None,
    }
}

/// The entities of a message; none where it says that they are gone.
pub(super) fn entities(address: &Address<'_>, payload: &[u8]) -> Result<Vec<Discovered>, String> {
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    let config: Config = serde_json::from_slice(payload).map_err(|error| format!("discovery: {error}"))?;
    let config = expanded(config);
    if address.component != "device" {
        return Ok(entity(address.component, &address.id, config).into_iter().collect());
    }
    let Some(Json::Object(components)) = config.get("components") else {
        return Err("discovery: a device without `components`".to_owned());
    };
    let shared: Vec<(&String, &Json)> =
        config.iter().filter(|(key, _)| key.as_str() != "components").collect();
    let mut found = Vec::new();
    for (key, component) in components {
        let Json::Object(own) = component else { continue };
        let mut own = own.clone();
        // Only its platform: that is how one of several components is taken away.
        if own.len() <= 1 {
            continue;
        }
        for (name, value) in &shared {
            own.entry(name.as_str()).or_insert_with(|| (*value).clone());
        }
        let platform = own.get("platform").and_then(Json::as_str).unwrap_or_default().to_owned();
        let id = format!("{} {key}", address.id);
        found.extend(entity(&platform, &id, own));
    }
    Ok(found)
}

/// Whether the message only says that the entity will come in the per-device form.
pub(super) fn is_migration(payload: &[u8]) -> bool {
    let said: Option<Config> = serde_json::from_slice(payload).ok();
    said.is_some_and(|said| {
        said.len() == 1 && (said.contains_key("migrate_discovery") || said.contains_key("migr_discvry"))
    })
}

fn entity(component: &str, id: &str, config: Config) -> Option<Discovered> {
    if component.is_empty() {
        return None;
    }
    let key = match config.get("unique_id").and_then(Json::as_str) {
        Some(unique) => format!("{component} {unique}"),
        None => format!("{component} {id}"),
    };
    Some(Discovered { component: component.to_owned(), key, config })
}

fn expanded(config: Config) -> Config {
    let mut config = renamed(config, &PROFILE.abbreviations);
    for (key, names) in [("device", &PROFILE.device_abbreviations), ("origin", &PROFILE.origin_abbreviations)]
    {
        if let Some(Json::Object(object)) = config.get_mut(key) {
            *object = renamed(std::mem::take(object), names);
        }
    }
    match config.get_mut("availability") {
        Some(Json::Array(list)) => {
            for entry in list.iter_mut().filter_map(Json::as_object_mut) {
                *entry = renamed(std::mem::take(entry), &PROFILE.abbreviations);
            }
        }
        Some(Json::Object(entry)) => *entry = renamed(std::mem::take(entry), &PROFILE.abbreviations),
        _ => {}
    }
    if let Some(Json::Object(components)) = config.get_mut("components") {
        for component in components.values_mut().filter_map(Json::as_object_mut) {
            *component = expanded(std::mem::take(component));
        }
    }
    if let Some(Json::String(base)) = config.remove("~") {
        with_base(&mut config, &base);
    }
    config
}

fn renamed(config: Config, names: &std::collections::BTreeMap<String, String>) -> Config {
    config.into_iter().map(|(key, value)| (names.get(&key).cloned().unwrap_or(key), value)).collect()
}

fn with_base(config: &mut Config, base: &str) {
    for (key, value) in config.iter_mut() {
        match value {
            Json::String(topic) if key.ends_with("topic") => {
                if let Some(rest) = topic.strip_prefix('~') {
                    *topic = format!("{base}{rest}");
                } else if let Some(rest) = topic.strip_suffix('~') {
                    *topic = format!("{rest}{base}");
                }
            }
            Json::Array(list) if key == "availability" => {
                list.iter_mut().filter_map(Json::as_object_mut).for_each(|entry| with_base(entry, base));
            }
            Json::Object(parts) if key == "availability" => with_base(parts, base),
            Json::Object(parts) if key == "components" => {
                parts.values_mut().filter_map(Json::as_object_mut).for_each(|part| with_base(part, base));
            }
            _ => {}
        }
    }
}
