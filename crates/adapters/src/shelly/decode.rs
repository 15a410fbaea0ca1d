//! A Shelly by its status: each component (`switch:0`) is a part, its fields are attributes.

use lares_model::Value;
use lares_model::dialect::Description;
use serde_json::{Map, Value as Json, json};

use super::{COMMAND_ID, Met, PROFILE, SOURCE};
use crate::convert::{Convert, Space};
use crate::parts::{Parts, Source};
use crate::wiring::{Availability, Mode, Order, Reads, Sign, Wired};

const LIFT: &str = "WindowCovering.CurrentPositionLiftPercent";

/// Not a topic of the device: what its status is read as, whichever way it came.
pub(super) fn status_topic(prefix: &str) -> String {
    format!("{prefix}/status")
}

/// What an error of the device means.
pub(super) fn refusal(error: &Json) -> String {
    let code = error.get("code").and_then(Json::as_i64).unwrap_or_default();
    let message = error.get("message").map(crate::convert::text).unwrap_or_default();
    if code == 401 {
        "it wants a password, which is not supported over MQTT".to_owned()
    } else {
        format!("{message} ({code})")
    }
}

pub(super) fn wired(prefix: &str, id: &str, met: &Met) -> Wired {
    let mut parts = Parts::default();
    parts.reserve(0..=8);
    for (name, status) in &met.status {
        let (kind, number) = name
            .split_once(':')
            .map_or((name.as_str(), 0), |(kind, number)| (kind, number.parse().unwrap_or(0)));
        let Json::Object(status) = status else { continue };
        let configured = met.config.get(name).and_then(|config| config.get("name")).and_then(Json::as_str);
        let component = Component { prefix, name, kind, number, status, label: configured.unwrap_or(name) };
        component.into_parts(&mut parts);
    }
    let text = |key: &str| met.info.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let system = met.config.get("sys").and_then(|system| system.get("device"));
    let named = text("name").or_else(|| system?.get("name")?.as_str()).filter(|name| !name.is_empty());
    let kind = id.split('-').next().unwrap_or(id);
    let description = Description {
        foreign_id: id.to_owned(),
        name: named.unwrap_or(id).to_owned(),
        vendor: "Shelly".to_owned(),
        model: text("app").or_else(|| text("model")).unwrap_or(kind).to_owned(),
        serial: text("mac").map(str::to_owned),
        firmware: text("ver").map(str::to_owned),
        suggested_room: None,
        via: None,
        expected_interval_s: None,
        endpoints: Vec::new(),
        unknown: Vec::new(),
    };
    let sign = Sign::plain(format!("{prefix}/online"), &["true"], &["false"]);
    parts.finish(description, vec![Availability { mode: Mode::Latest, signs: vec![sign] }])
}

struct Component<'a> {
    prefix: &'a str,
    /// `switch:0`
    name: &'a str,
    kind: &'a str,
    number: u16,
    status: &'a Map<String, Json>,
    label: &'a str,
}

impl Component<'_> {
    fn into_parts(self, parts: &mut Parts) {
        match self.kind {
            "switch" => self.switch(parts),
            "light" | "rgb" | "rgbw" | "cct" => self.light(parts),
            "cover" => self.cover(parts),
            "input" => self.input(parts),
            "smoke" => self.alarm("SmokeCoAlarm.SmokeState", parts),
            "flood" => self.alarm("BooleanState.StateValue", parts),
            "devicepower" | "wifi" => self.numbers(Some(0), parts),
            "pm1" | "em1" => {
                let endpoint = self.counted(parts);
                self.numbers(Some(endpoint), parts);
            }
            "em" | "emdata" | "em1data" => self.meter(parts),
            "temperature" | "humidity" | "voltmeter" | "illuminance" => {
                let endpoint = parts.own(self.name, self.label);
                self.numbers(endpoint, parts);
            }
            other if PROFILE.ignores(other) => {}
            other => {
                let reason = format!("a component of type `{other}`");
                parts.unknown(self.label, reason, Json::Object(self.status.clone()));
            }
        }
    }

    /// The first switch, cover or meter is endpoint 1.
    fn counted(&self, parts: &mut Parts) -> u16 {
        let endpoint = self.number.saturating_add(1).min(8);
        parts.name(endpoint, self.label);
        endpoint
    }

    fn source(&self, path: &str) -> Source {
        Source::at(&status_topic(self.prefix), format!("/{}/{path}", self.name))
    }

    fn call(&self, endpoint: u16, command: &str, method: &str, mut params: Json) -> Order {
        params["id"] = json!(self.number);
        let body = json!({ "id": COMMAND_ID, "src": SOURCE, "method": method, "params": params });
        Order::new(endpoint, command, &format!("{}/rpc", self.prefix), body)
    }

    fn on_off(&self, endpoint: u16, method: &str, parts: &mut Parts) {
        parts.reads(endpoint, &self.source("output"), "OnOff.OnOff", Convert::bools("true", "false"));
        parts.order(self.call(endpoint, "OnOff.On", method, json!({ "on": true })));
        parts.order(self.call(endpoint, "OnOff.Off", method, json!({ "on": false })));
    }

    fn switch(&self, parts: &mut Parts) {
        let endpoint = self.counted(parts);
        self.on_off(endpoint, "Switch.Set", parts);
        let toggle = self.call(endpoint, "OnOff.Toggle", "Switch.Toggle", json!({}));
        parts.order(toggle);
        self.numbers(Some(endpoint), parts);
    }

    fn light(&self, parts: &mut Parts) {
        let endpoint = self.counted(parts);
        let method = match self.kind {
            "rgb" => "RGB.Set",
            "rgbw" => "RGBW.Set",
            "cct" => "CCT.Set",
            _ => "Light.Set",
        };
        self.on_off(endpoint, method, parts);
        if self.status.contains_key("brightness") {
            let percent = Convert::percent(0.0, 100.0);
            parts.reads(endpoint, &self.source("brightness"), "LevelControl.CurrentLevel", percent.clone());
            let body = json!({ "on": true, "brightness": "$Level" });
            let order = self.call(endpoint, "LevelControl.MoveToLevel", method, body);
            parts.order(order.with("Level", percent));
        }
        if self.status.contains_key("rgb") {
            parts.listens(endpoint, &self.source("rgb"), Reads::Colour(Space::Rgb));
            let body = json!({ "on": true, "rgb": ["$Red", "$Green", "$Blue"] });
            let command = "ColorControl.MoveToHueAndSaturation";
            parts.order(self.call(endpoint, command, method, body).coloured(Space::Rgb));
        }
        if self.status.contains_key("ct") {
            let kelvin = Convert::Linear { factor: 1.0, offset: 0.0, integer: true };
            parts.reads(endpoint, &self.source("ct"), "ColorControl.ColorTemperature", kelvin.clone());
            let body = json!({ "on": true, "ct": "$ColorTemperature" });
            let order = self.call(endpoint, "ColorControl.MoveToColorTemperature", method, body);
            parts.order(order.with("ColorTemperature", kelvin));
        }
        self.numbers(Some(endpoint), parts);
    }

    /// Shelly's 100 is open. Without a calibration it knows no positions.
    fn cover(&self, parts: &mut Parts) {
        let endpoint = self.counted(parts);
        let movement = ["opening", "closing", "open", "closed", "stopped", "calibrating"];
        let words = movement.map(|word| {
            let value = match word {
                "opening" => "Opening",
                "closing" => "Closing",
                "calibrating" => "",
                _ => "Stopped",
            };
            (word, Value::Text(value.to_owned()))
        });
        parts.reads(
            endpoint,
            &self.source("state"),
            "WindowCovering.OperationalStatus",
            Convert::words(words),
        );
        let command = "WindowCovering.GoToLiftPercentage";
        if self.status.get("pos_control") == Some(&Json::Bool(false)) {
            let ends = movement.map(|word| match word {
                "open" => (word, Value::Number(0.0)),
                "closed" => (word, Value::Number(100.0)),
                _ => (word, Value::Text(String::new())),
            });
            parts.reads(endpoint, &self.source("state"), LIFT, Convert::words(ends));
            let methods =
                Convert::words([("Cover.Open", Value::Number(0.0)), ("Cover.Close", Value::Number(100.0))]);
            let order = self.call(endpoint, command, "$LiftPercent", json!({}));
            parts.order(order.with("LiftPercent", methods));
        } else {
            let percent = Convert::percent(100.0, 0.0);
            parts.reads(endpoint, &self.source("current_pos"), LIFT, percent.clone());
            let order = self.call(endpoint, command, "Cover.GoToPosition", json!({ "pos": "$LiftPercent" }));
            parts.order(order.with("LiftPercent", percent));
        }
        parts.order(self.call(endpoint, "WindowCovering.StopMotion", "Cover.Stop", json!({})));
        self.numbers(Some(endpoint), parts);
    }

    /// A button has no state but says events; a switch has both.
    fn input(&self, parts: &mut Parts) {
        let Some(endpoint) = parts.own(self.name, self.label) else { return };
        let position = [("true", Value::Integer(1)), ("false", Value::Integer(0))];
        parts.reads(endpoint, &self.source("state"), "Switch.CurrentPosition", Convert::words(position));
    }

    fn alarm(&self, attribute: &str, parts: &mut Parts) {
        let Some(endpoint) = parts.own(self.name, self.label) else { return };
        let convert = match attribute {
            "BooleanState.StateValue" => Convert::bools("true", "false"),
            _ => Convert::words([
                ("true", Value::Text("Critical".to_owned())),
                ("false", Value::Text("Normal".to_owned())),
            ]),
        };
        parts.reads(endpoint, &self.source("alarm"), attribute, convert);
    }

    /// The three phases of an energy meter, and what they are together. `emdata:0` counts for `em:0`.
    fn meter(&self, parts: &mut Parts) {
        if self.kind == "em1data" {
            let endpoint = self.counted_meter();
            self.numbers(Some(endpoint), parts);
            return;
        }
        for field in self.status.keys() {
            let (prefix, name) = field.split_once('_').unwrap_or(("", field));
            let endpoint = match prefix {
                "a" | "b" | "c" | "n" => {
                    let phase = format!("Phase {}", prefix.to_uppercase());
                    parts.own(&format!("em:{} {prefix}", self.number), &phase)
                }
                _ => Some(self.counted_meter()),
            };
            let plain = if prefix == "total" && self.kind == "em" { name } else { field };
            let name = if matches!(prefix, "a" | "b" | "c" | "n") { name } else { plain };
            self.number_at(field, name, endpoint, parts);
        }
    }

    fn counted_meter(&self) -> u16 {
        self.number.saturating_add(1).min(8)
    }

    /// Every field that the profile knows, also one level down.
    fn numbers(&self, endpoint: Option<u16>, parts: &mut Parts) {
        for (field, value) in self.status {
            match value {
                Json::Object(inner) => {
                    for deeper in inner.keys() {
                        let path = format!("{field}/{deeper}");
                        self.number_at(&path, &path, endpoint, parts);
                    }
                }
                Json::Number(_) | Json::Null => self.number_at(field, field, endpoint, parts),
                _ => {}
            }
        }
    }

    fn number_at(&self, path: &str, name: &str, endpoint: Option<u16>, parts: &mut Parts) {
        let Some(number) = PROFILE.named_number(name, "") else { return };
        // How warm the device is inside is not how warm its load or room is.
        let inside = name == "temperature/tC";
        let own = |parts: &mut Parts, what: &str| {
            parts.own(&format!("{} {path}", self.name), &format!("{} {what}", self.label))
        };
        let endpoint = if inside {
            own(parts, "inside")
        } else if number.attribute == "Measurement.Value" {
            own(parts, &name.replace('_', " "))
        } else {
            endpoint.filter(|endpoint| !parts.has(*endpoint, &number.attribute))
        };
        if let Some(endpoint) = endpoint {
            parts.measures(endpoint, &self.source(path), number);
        }
    }
}
