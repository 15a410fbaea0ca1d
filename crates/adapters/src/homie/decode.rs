//! A Homie device from its attributes (version 4) or its description (version 5), the same from there on.

use std::collections::BTreeMap;

use lares_model::Value;
use lares_model::dialect::Description;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::PROFILE;
use crate::convert::{Convert, Space};
use crate::parts::{Parts, Source};
use crate::profile::{measurement, number_by_unit};
use crate::wiring::{Availability, Mode, Order, Reads, Sign, Wired};

#[derive(Debug, Default, Deserialize)]
struct Device {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    nodes: BTreeMap<String, Node>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    root: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Node {
    #[serde(default)]
    name: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Property>,
}

#[derive(Debug, Deserialize)]
struct Property {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    datatype: String,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    format: Option<Json>,
    #[serde(default)]
    settable: bool,
    #[serde(default = "yes")]
    retained: bool,
}

fn yes() -> bool {
    true
}

pub(super) fn version_4(id: &str, told: &BTreeMap<String, String>) -> Wired {
    let said = |path: String| told.get(&path).cloned();
    let list = |path: String| {
        let names = said(path).unwrap_or_default();
        // Version 3 had arrays of nodes, marked by brackets.
        let plain = |name: &str| name.trim().trim_end_matches("[]").to_owned();
        names.split(',').map(plain).filter(|name| !name.is_empty()).collect::<Vec<String>>()
    };
    let mut device = Device { name: said("$name".to_owned()), ..Device::default() };
    for node_id in list("$nodes".to_owned()) {
        let mut node = Node {
            name: said(format!("{node_id}/$name")),
            kind: said(format!("{node_id}/$type")),
            properties: BTreeMap::new(),
        };
        for property_id in list(format!("{node_id}/$properties")) {
            let of = |attribute: &str| said(format!("{node_id}/{property_id}/{attribute}"));
            let property = Property {
                name: of("$name"),
                datatype: of("$datatype").unwrap_or_else(|| "string".to_owned()),
                unit: of("$unit"),
                format: of("$format").map(Json::from),
                settable: of("$settable").as_deref() == Some("true"),
                retained: of("$retained").as_deref() != Some("false"),
            };
            node.properties.insert(property_id, property);
        }
        device.nodes.insert(node_id, node);
    }
    wired(id.to_owned(), id, &format!("homie/{id}"), false, &device)
}

pub(super) fn version_5(id: &str, payload: &[u8]) -> Result<Wired, String> {
    let device: Device =
        serde_json::from_slice(payload).map_err(|error| format!("homie/5/{id}/$description: {error}"))?;
    Ok(wired(format!("5/{id}"), id, &format!("homie/5/{id}"), true, &device))
}

fn wired(foreign_id: String, id: &str, base: &str, tagged: bool, device: &Device) -> Wired {
    let mut parts = Parts::default();
    for (node_id, node) in &device.nodes {
        let name = node.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(node_id);
        let Some(endpoint) = parts.own(node_id, name) else { continue };
        for (property_id, property) in &node.properties {
            let wire = Wire {
                node_id,
                node,
                property_id,
                property,
                topic: format!("{base}/{node_id}/{property_id}"),
                tagged,
            };
            wire.into_parts(endpoint, &mut parts);
        }
        if let Some(kind) = node.kind.as_deref().filter(|_| node.properties.is_empty()) {
            parts.unknown(name, "a node without properties", json!({ "type": kind }));
        }
    }
    let via = device.parent.as_ref().or(device.root.as_ref());
    let description = Description {
        foreign_id,
        name: device.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned()),
        vendor: "Homie".to_owned(),
        model: String::new(),
        serial: None,
        firmware: None,
        suggested_room: None,
        via: via.map(|parent| format!("5/{parent}")),
        expected_interval_s: None,
        endpoints: Vec::new(),
        unknown: Vec::new(),
    };
    // One that sleeps is where it should be.
    let online = ["ready", "alert", "sleeping"];
    let sign = Sign::plain(format!("{base}/$state"), &online, &["disconnected", "lost"]);
    parts.finish(description, vec![Availability { mode: Mode::Latest, signs: vec![sign] }])
}

/// One property on its way to becoming a part.
struct Wire<'a> {
    node_id: &'a str,
    node: &'a Node,
    property_id: &'a str,
    property: &'a Property,
    topic: String,
    /// Version 5 writes a colour's space before its numbers.
    tagged: bool,
}

impl Wire<'_> {
    fn into_parts(self, endpoint: u16, parts: &mut Parts) {
        match self.property.datatype.as_str() {
            "integer" | "float" | "percent" => self.number(endpoint, parts),
            "boolean" => self.boolean(endpoint, parts),
            "color" => self.colour(endpoint, parts),
            "enum" => self.choice(parts),
            "string" | "datetime" | "duration" | "json" => self.text(parts),
            other => {
                let reason = format!("a property of datatype `{other}`");
                parts.unknown(&self.label(), reason, json!({ "topic": self.topic }));
            }
        }
    }

    fn label(&self) -> String {
        let node = self.node.name.as_deref().unwrap_or(self.node_id);
        let property = self.property.name.as_deref().unwrap_or(self.property_id);
        format!("{node} {property}")
    }

    fn own(&self, parts: &mut Parts) -> Option<u16> {
        parts.own(&format!("{}/{}", self.node_id, self.property_id), &self.label())
    }

    fn source(&self) -> Source {
        Source::whole(self.topic.clone())
    }

    fn order(&self, endpoint: u16, command: &str, body: Json) -> Order {
        Order::new(endpoint, command, &format!("{}/set", self.topic), body)
    }

    fn number(&self, endpoint: u16, parts: &mut Parts) {
        let percent = if self.property.datatype == "percent" { "%" } else { "" };
        let unit =
            self.property.unit.clone().filter(|unit| unit != "#").unwrap_or_else(|| percent.to_owned());
        if self.property.settable {
            let Some(own) = self.own(parts) else { return };
            let whole = self.property.datatype == "integer";
            let convert = Convert::Linear { factor: 1.0, offset: 0.0, integer: whole };
            parts.reads(own, &self.source(), "Number.Value", convert.clone());
            parts.order(self.order(own, "Number.SetValue", json!("$Value")).with("Value", convert));
            parts.unit(own, Some(unit));
            return;
        }
        let known = PROFILE
            .named_number(self.property_id, &unit)
            .or_else(|| number_by_unit(&unit))
            .filter(|number| !parts.has(endpoint, &number.attribute));
        match known {
            Some(number) => parts.measures(endpoint, &self.source(), number),
            None => {
                if let Some(own) = self.own(parts) {
                    parts.measures(own, &self.source(), measurement(&unit));
                }
            }
        }
    }

    fn boolean(&self, endpoint: u16, parts: &mut Parts) {
        if self.property.settable {
            let taken = parts.has(endpoint, "OnOff.OnOff");
            let Some(endpoint) = (if taken { self.own(parts) } else { Some(endpoint) }) else { return };
            parts.reads(endpoint, &self.source(), "OnOff.OnOff", Convert::bools("true", "false"));
            parts.order(self.order(endpoint, "OnOff.On", json!("true")));
            parts.order(self.order(endpoint, "OnOff.Off", json!("false")));
            return;
        }
        match PROFILE.two_state(self.property_id, "true", "false") {
            Some((attribute, convert)) if !parts.has(endpoint, &attribute) => {
                parts.reads(endpoint, &self.source(), &attribute, convert);
            }
            _ => {
                if let Some(own) = self.own(parts) {
                    let words = [("true", "on"), ("false", "off")];
                    let words = words.map(|(word, value)| (word, Value::Text(value.to_owned())));
                    parts.reads(own, &self.source(), "State.Value", Convert::words(words));
                }
            }
        }
    }

    fn colour(&self, endpoint: u16, parts: &mut Parts) {
        let format = self.property.format.as_ref().map(crate::convert::text).unwrap_or_default();
        let (space, body) = match (format.split(',').next(), self.tagged) {
            (Some("hsv"), false) => (Space::Hs, "$Hsv"),
            (Some("hsv"), true) => (Space::Hs, "$TaggedHsv"),
            (_, false) => (Space::Rgb, "$Rgb"),
            (_, true) => (Space::Rgb, "$TaggedRgb"),
        };
        parts.listens(endpoint, &self.source(), Reads::Colour(space));
        if self.property.settable {
            let command = "ColorControl.MoveToHueAndSaturation";
            parts.order(self.order(endpoint, command, json!(body)).coloured(space));
        }
    }

    fn choice(&self, parts: &mut Parts) {
        let Some(own) = self.own(parts) else { return };
        if self.property.settable {
            parts.reads(own, &self.source(), "ModeSelect.CurrentMode", Convert::Text);
            let order = self.order(own, "ModeSelect.ChangeToMode", json!("$NewMode"));
            parts.order(order.with("NewMode", Convert::Text));
        } else if !self.property.retained {
            // What is not retained is no state: a button was pressed.
            parts.listens(own, &self.source(), Reads::Action { when: None, word: None });
        } else {
            parts.reads(own, &self.source(), "State.Value", Convert::Text);
        }
    }

    fn text(&self, parts: &mut Parts) {
        let Some(own) = self.own(parts) else { return };
        if self.property.settable {
            parts.reads(own, &self.source(), "Text.Value", Convert::Text);
            parts.order(self.order(own, "Text.SetText", json!("$Text")).with("Text", Convert::Text));
        } else {
            parts.reads(own, &self.source(), "State.Value", Convert::Text);
        }
    }
}
