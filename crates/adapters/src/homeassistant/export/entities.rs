//! The entities of a device: one for each capability that has a component of its own, and those of the table.

use lares_model::attention::{TwoState, two_state_of};
use lares_model::bounds::Bounds;
use lares_model::capability::{self, Kind};
use lares_model::device::{Device, Endpoint};
use serde_json::{Map, Value as Json, json};

use super::table::{Row, TABLE, unit};
use super::{command_topic, state_topic};

/// An entity before it has its device.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub component: &'static str,
    pub endpoint: u16,
    pub key: String,
    /// `None` where the device's own name says it all.
    pub name: Option<String>,
    pub config: Map<String, Json>,
}

impl Entity {
    pub fn id(&self) -> String {
        format!("{}_{}", self.endpoint, self.key)
    }
}

const SWITCH_EVENTS: [&str; 7] = [
    "SwitchLatched",
    "InitialPress",
    "LongPress",
    "ShortRelease",
    "LongRelease",
    "MultiPressOngoing",
    "MultiPressComplete",
];
const LOCK_EVENTS: [&str; 4] = ["LockOperation", "LockOperationError", "DoorLockAlarm", "LockUserChange"];

/// The events of a capability that have an entity.
pub(super) fn events(capability: &str) -> &'static [&'static str] {
    match capability {
        "Switch" => &SWITCH_EVENTS,
        "DoorLock" => &LOCK_EVENTS,
        _ => &[],
    }
}

pub(super) fn all(device: &Device, base: &str) -> Vec<Entity> {
    let mut entities = Vec::new();
    for endpoint in &device.endpoints {
        let part = Part { device, base, endpoint };
        for name in &endpoint.capabilities {
            entities.extend(part.component(name));
        }
        entities.extend(part.tabled());
    }
    name_apart(device, &mut entities);
    entities
}

/// No two entities of a device have one name, only the first goes without, and none repeats the device's.
fn name_apart(device: &Device, entities: &mut [Entity]) {
    let mut seen = std::collections::BTreeSet::new();
    for entity in entities {
        let own = entity.name.take().and_then(|name| without_prefix(&name, &device.name));
        let mut name = own.unwrap_or_default();
        if !seen.insert(name.to_lowercase()) {
            let plain = entity.key.replace('_', " ");
            let base = if name.is_empty() { capitalised(&plain) } else { name };
            let numbered = format!("{base} {}", entity.endpoint);
            name = if seen.contains(&base.to_lowercase()) { numbered } else { base };
            while !seen.insert(name.to_lowercase()) {
                name = format!("{name} {plain}");
            }
        }
        entity.name = (!name.is_empty()).then_some(name);
    }
}

fn without_prefix(name: &str, device: &str) -> Option<String> {
    let rest = match name.get(..device.len()) {
        Some(start) if start.eq_ignore_ascii_case(device) => name[device.len()..].trim(),
        _ => name.trim(),
    };
    (!rest.is_empty()).then(|| rest.to_owned())
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One endpoint of a device.
pub(super) struct Part<'a> {
    device: &'a Device,
    base: &'a str,
    endpoint: &'a Endpoint,
}

/// `{"Name":{"Arg":<template>}}`, as a command template writes it.
pub(super) fn call(command: &str, arg: &str, template: &str) -> Json {
    json!(format!("{{\"{command}\":{{\"{arg}\":{template}}}}}"))
}

/// A template that translates words.
pub(super) fn translate(pairs: &[(&str, &str)]) -> Json {
    let pairs: Vec<String> = pairs.iter().map(|(from, to)| format!("'{from}':'{to}'")).collect();
    json!(format!("{{{{ {{{}}}[value] }}}}", pairs.join(",")))
}

impl Part<'_> {
    pub(super) fn has(&self, capability: &str) -> bool {
        self.endpoint.capabilities.iter().any(|name| name == capability)
    }

    pub(super) fn state(&self, attribute: &str) -> Json {
        json!(state_topic(self.base, self.device.id, self.endpoint.endpoint, attribute))
    }

    pub(super) fn set(&self, capability: &str) -> Json {
        json!(command_topic(self.base, self.device.id, self.endpoint.endpoint, capability))
    }

    /// Named after its endpoint, where that has a name.
    pub(super) fn entity<const N: usize>(
        &self,
        component: &'static str,
        key: &str,
        config: [(&str, Json); N],
    ) -> Entity {
        Entity {
            component,
            endpoint: self.endpoint.endpoint,
            key: key.to_owned(),
            name: self.endpoint.name.clone(),
            config: config.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        }
    }

    fn component(&self, name: &str) -> Vec<Entity> {
        let dims = self.has("OnOff") && self.has("LevelControl");
        let lit = self.has("OnOff") && (dims || self.has("ColorControl"));
        match name {
            "OnOff" if lit => vec![self.light()],
            "OnOff" if self.has("FanControl") => Vec::new(),
            "OnOff" => vec![self.switch()],
            "LevelControl" if !dims => vec![self.level()],
            "DoorLock" => vec![self.lock(), self.event("DoorLock", "access", None)],
            "WindowCovering" => vec![self.cover()],
            "Thermostat" => vec![self.climate()],
            "FanControl" => vec![self.fan()],
            "ValveConfigurationAndControl" => vec![self.valve()],
            "Siren" => vec![self.siren()],
            "AlarmPanel" => vec![self.alarm()],
            "SoftwareUpdate" => vec![self.update()],
            "Switch" => vec![self.event("Switch", "button", Some("button"))],
            "BooleanState" => vec![self.two_state()],
            "ModeSelect" => vec![self.mode()],
            "Text" => vec![self.text("Text.Value", "SetText", "Text", "text")],
            "Number" => vec![self.number()],
            "Message" => {
                let template = call("Send", "Text", "{{ value | tojson }}");
                let config = [("command_topic", self.set("Message")), ("command_template", template)];
                vec![self.entity("notify", "message", config)]
            }
            "Scene" => {
                let config = [("command_topic", self.set("Scene")), ("payload_on", json!("Recall"))];
                vec![self.entity("scene", "scene", config)]
            }
            "Tracker" => {
                let config = [("state_topic", self.state("Tracker.Zone"))];
                vec![self.entity("device_tracker", "zone", config)]
            }
            _ => Vec::new(),
        }
    }

    fn event(&self, capability: &str, key: &str, class: Option<&str>) -> Entity {
        let topic = format!("{}/{}/{}/{capability}/event", self.base, self.device.id, self.endpoint.endpoint);
        let config = [("state_topic", json!(topic)), ("event_types", json!(events(capability)))];
        let mut entity = self.entity("event", key, config);
        entity.name = Some(self.labelled(&capitalised(key), false));
        if let Some(class) = class {
            entity.config.insert("device_class".to_owned(), json!(class));
        }
        entity
    }

    fn two_state(&self) -> Entity {
        let (class, on, off, label) = match two_state_of(self.device) {
            TwoState::Contact => (Some("opening"), "false", "true", "Opening"),
            TwoState::Leak => (Some("moisture"), "true", "false", "Leak"),
            TwoState::Plain => (None, "true", "false", "Active"),
        };
        let config = [
            ("state_topic", self.state("BooleanState.StateValue")),
            ("payload_on", json!(on)),
            ("payload_off", json!(off)),
        ];
        let mut entity = self.entity("binary_sensor", "contact", config);
        entity.name = Some(self.labelled(label, false));
        if let Some(class) = class {
            entity.config.insert("device_class".to_owned(), json!(class));
        }
        entity
    }

    fn text(&self, attribute: &str, command: &str, arg: &str, key: &str) -> Entity {
        let capability = attribute.split('.').next().unwrap_or_default();
        let config = [
            ("state_topic", self.state(attribute)),
            ("command_topic", self.set(capability)),
            ("command_template", call(command, arg, "{{ value | tojson }}")),
        ];
        let mut entity = self.entity("text", key, config);
        entity.name = Some(self.labelled(&capitalised(key), true));
        if let Some(own) = self.bounds(attribute) {
            for (key, value) in [("min", own.min), ("max", own.max)] {
                if let Some(chars) = value {
                    entity.config.insert(key.to_owned(), json!(chars as u32));
                }
            }
            if let Some(pattern) = &own.pattern {
                entity.config.insert("pattern".to_owned(), json!(pattern));
            }
        }
        entity
    }

    /// A list to choose from, where the device has told one.
    fn mode(&self) -> Entity {
        let mut entity = self.text("ModeSelect.CurrentMode", "ChangeToMode", "NewMode", "mode");
        let choices = self.bounds("ModeSelect.CurrentMode").map(|bounds| bounds.choices.clone());
        if let Some(choices) = choices.filter(|choices| !choices.is_empty()) {
            entity.component = "select";
            for text_only in ["min", "max", "pattern"] {
                entity.config.remove(text_only);
            }
            entity.config.insert("options".to_owned(), json!(choices));
        }
        entity
    }

    pub(super) fn bounds(&self, of: &str) -> Option<&Bounds> {
        self.endpoint.bounds_of(of)
    }

    fn number(&self) -> Entity {
        let own = self.bounds("Number.Value").cloned().unwrap_or_default();
        let config = [
            ("state_topic", self.state("Number.Value")),
            ("command_topic", self.set("Number")),
            ("command_template", call("SetValue", "Value", "{{ value }}")),
            ("min", json!(own.min.unwrap_or(-1_000_000.0))),
            ("max", json!(own.max.unwrap_or(1_000_000.0))),
            // Home Assistant takes no finer one.
            ("step", json!(own.step.unwrap_or(0.01).max(0.001))),
            ("mode", json!("box")),
        ];
        let mut entity = self.entity("number", "number", config);
        entity.name = Some(self.labelled("Number", true));
        if let Some(own) = &self.endpoint.unit {
            entity.config.insert("unit_of_measurement".to_owned(), json!(unit(own)));
        }
        entity
    }

    /// The endpoint's name and what of it is meant; a plain one says only the first.
    fn labelled(&self, label: &str, plain: bool) -> String {
        match &self.endpoint.name {
            Some(name) if plain || name.eq_ignore_ascii_case(label) => name.clone(),
            Some(name) => format!("{name} {}", label.to_lowercase()),
            None => label.to_owned(),
        }
    }

    fn tabled(&self) -> Vec<Entity> {
        let mine = |full_name: &str| full_name.split('.').next().is_some_and(|name| self.has(name));
        let mut entities = Vec::new();
        entities.extend(TABLE.sensor.iter().filter(|row| mine(&row.attribute)).map(|row| self.sensor(row)));
        let rows = TABLE.binary_sensor.iter().filter(|row| mine(&row.attribute));
        entities.extend(rows.map(|row| self.binary_sensor(row)));
        entities.extend(TABLE.button.iter().filter(|row| mine(&row.command)).map(|row| self.button(row)));
        entities
    }

    fn row<const N: usize>(&self, component: &'static str, row: &Row, config: [(&str, Json); N]) -> Entity {
        let mut entity = self.entity(component, &row.key, config);
        entity.name = Some(self.labelled(&row.label, row.plain));
        for (key, value) in
            [("device_class", &row.class), ("state_class", &row.state), ("entity_category", &row.category)]
        {
            if let Some(value) = value {
                entity.config.insert(key.to_owned(), json!(value));
            }
        }
        entity
    }

    fn sensor(&self, row: &Row) -> Entity {
        let mut entity = self.row("sensor", row, [("state_topic", self.state(&row.attribute))]);
        let kind = capability::attribute(&row.attribute).map(|attribute| attribute.kind);
        let own = kind.and_then(|kind| kind.unit()).or(self.endpoint.unit.as_deref().filter(|_| row.plain));
        if let Some(own) = own.filter(|_| row.attribute != "State.Value") {
            entity.config.insert("unit_of_measurement".to_owned(), json!(unit(own)));
        }
        if let Some(choices) =
            self.bounds(&row.attribute).map(|own| &own.choices).filter(|own| !own.is_empty())
        {
            entity.config.insert("device_class".to_owned(), json!("enum"));
            entity.config.insert("options".to_owned(), json!(choices));
        } else if let (Some("enum"), Some(Kind::Enum(names))) = (row.class.as_deref(), kind) {
            entity.config.insert("options".to_owned(), json!(names));
        }
        entity
    }

    fn binary_sensor(&self, row: &Row) -> Entity {
        let test = match (&row.on, &row.off) {
            (Some(on), _) => format!("value == '{on}'"),
            (None, off) => format!("value != '{}'", off.as_deref().unwrap_or_default()),
        };
        let template = json!(format!("{{{{ 'ON' if {test} else 'OFF' }}}}"));
        let config = [("state_topic", self.state(&row.attribute)), ("value_template", template)];
        self.row("binary_sensor", row, config)
    }

    fn button(&self, row: &Row) -> Entity {
        let (capability, command) = row.command.split_once('.').unwrap_or_default();
        let payload = if row.args.is_empty() {
            json!(command)
        } else {
            json!(json!({ command: row.args }).to_string())
        };
        self.row("button", row, [("command_topic", self.set(capability)), ("payload_press", payload)])
    }
}
