//! One expose of a device. Specific ones (light, lock, cover ...) are wired here, by their features; the rest by
//! `generic.rs`.

use lares_model::Value;
use lares_model::bounds::{Bounds, CHOICES_MAX};
use serde_json::{Value as Json, json};

use super::PROFILE;
use super::generic::wire_generic;
use crate::convert::{Convert, Space, text};
use crate::homeassistant::white;
use crate::parts::{Parts, Source};
use crate::wiring::{Order, Reads};

/// The topics of one device or group.
pub(super) struct Target {
    pub state: String,
    set: String,
}

impl Target {
    pub fn new(base: &str, friendly_name: &str) -> Target {
        Target { state: format!("{base}/{friendly_name}"), set: format!("{base}/{friendly_name}/set") }
    }

    pub fn source(&self, property: &str) -> Source {
        Source::at(&self.state, format!("/{}", property.replace('~', "~0").replace('/', "~1")))
    }

    pub fn order(&self, endpoint: u16, command: &str, property: &str, body: Json) -> Order {
        Order::new(endpoint, command, &self.set, json!({ property: body }))
    }
}

/// An expose as far as it concerns us.
#[derive(Clone, Debug)]
pub(super) struct Expose {
    pub kind: String,
    pub name: String,
    pub property: String,
    endpoint: Option<String>,
    access: u64,
    pub unit: String,
    pub label: String,
    pub features: Vec<Expose>,
    pub raw: Json,
}

impl Expose {
    pub fn of(raw: &Json) -> Option<Expose> {
        let own = |key: &str| raw.get(key).and_then(Json::as_str).map(str::to_owned);
        let name = own("name").unwrap_or_default();
        let property = own("property").unwrap_or_else(|| name.clone());
        let readable = property.replace('_', " ");
        Some(Expose {
            kind: own("type")?,
            label: own("label").unwrap_or(readable),
            endpoint: own("endpoint"),
            access: raw.get("access").and_then(Json::as_u64).unwrap_or(1),
            unit: own("unit").unwrap_or_default(),
            features: raw
                .get("features")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Expose::of)
                .collect(),
            name,
            property,
            raw: raw.clone(),
        })
    }

    pub fn is_published(&self) -> bool {
        self.access & 1 != 0
    }

    pub fn is_settable(&self) -> bool {
        self.access & 2 != 0
    }

    pub fn is_gettable(&self) -> bool {
        self.access & 4 != 0
    }

    pub fn feature(&self, name: &str) -> Option<&Expose> {
        self.features.iter().find(|feature| feature.name == name)
    }

    fn raw(&self, key: &str) -> Json {
        self.raw.get(key).cloned().unwrap_or_default()
    }

    pub fn values(&self) -> Vec<String> {
        self.raw.get("values").and_then(Json::as_array).into_iter().flatten().map(text).collect()
    }

    /// Its words for on and off.
    pub fn on_off(&self) -> [Json; 2] {
        [self.raw("value_on"), self.raw("value_off")]
    }

    fn number(&self, key: &str, default: f64) -> f64 {
        self.raw.get(key).and_then(Json::as_f64).unwrap_or(default)
    }

    /// Its range and step.
    pub fn range(&self, of: &str) -> Bounds {
        let own = |key: &str| self.raw.get(key).and_then(Json::as_f64);
        let (min, max, step) = (own("value_min"), own("value_max"), own("value_step"));
        Bounds { min, max, step: step.filter(|step| *step > 0.0), ..Bounds::of(of) }
    }

    /// Its list of words, unless it is too long to be kept.
    pub fn choices(&self, of: &str) -> Bounds {
        let choices = Some(self.values()).filter(|choices| choices.len() <= CHOICES_MAX);
        Bounds { choices: choices.unwrap_or_default(), ..Bounds::of(of) }
    }
}

pub(super) fn wire_all<'a>(target: &Target, exposes: impl Iterator<Item = &'a Json>, parts: &mut Parts) {
    let exposes: Vec<Expose> = exposes.filter_map(Expose::of).collect();
    parts.reserve(0..=8);
    let is_lock = exposes.iter().any(|expose| expose.kind == "lock");
    // What has a capability of its own comes first, and the nameless rest gets what is left.
    let (specific, generic): (Vec<&Expose>, Vec<&Expose>) =
        exposes.iter().partition(|expose| !expose.features.is_empty() && expose.kind != "composite");
    for expose in specific {
        wire_specific(target, expose, parts);
    }
    for expose in generic {
        // `lock.rs` makes more of these three than we could here.
        let told_by_lock = ["action", "action_user", "action_source_name"].contains(&expose.name.as_str());
        if !(is_lock && told_by_lock) {
            wire_generic(target, expose, parts);
        }
    }
}

/// 0 is the device itself; `l1` is 1; other names have a number of their own.
pub(super) fn endpoint_of(expose: &Expose, parts: &mut Parts) -> Option<u16> {
    let Some(name) = &expose.endpoint else { return Some(0) };
    named_endpoint(name, parts)
}

pub(super) fn named_endpoint(name: &str, parts: &mut Parts) -> Option<u16> {
    let number = name.trim_start_matches('l').parse().ok().filter(|number| (1..=8).contains(number));
    match number {
        Some(number) => {
            parts.name(number, name);
            Some(number)
        }
        None => parts.own(&format!("endpoint {name}"), name),
    }
}

fn wire_specific(target: &Target, expose: &Expose, parts: &mut Parts) {
    let Some(endpoint) = endpoint_of(expose, parts) else { return };
    let mut used: Vec<&str> = vec!["state"];
    match expose.kind.as_str() {
        "switch" => switch(target, expose, endpoint, parts),
        "light" => {
            used.extend(["brightness", "color_temp", "color_xy", "color_hs"]);
            light(target, expose, endpoint, parts);
        }
        "lock" => {
            used.push("lock_state");
            lock(target, expose, endpoint, parts);
        }
        "cover" => {
            used.extend(["position", "tilt"]);
            cover(target, expose, endpoint, parts);
        }
        "fan" => {
            used.extend(["mode", "speed"]);
            fan(target, expose, endpoint, parts);
        }
        "climate" => used.extend(climate(target, expose, endpoint, parts)),
        other => {
            parts.unknown(&expose.label, format!("an expose of type `{other}`"), expose.raw.clone());
            return;
        }
    }
    for feature in expose.features.iter().filter(|feature| !used.contains(&feature.name.as_str())) {
        wire_generic(target, feature, parts);
    }
}

fn switch(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    let Some(state) = expose.feature("state") else { return };
    // Some devices have several switches in one place, such as `child_lock` and `away_mode`.
    let plain = state.property.starts_with("state") && !parts.has(endpoint, "OnOff.OnOff");
    let endpoint = if plain { Some(endpoint) } else { parts.own(&state.property, &state.label) };
    if let Some(endpoint) = endpoint {
        on_off(target, state, endpoint, parts);
    }
}

pub(super) fn on_off(target: &Target, state: &Expose, endpoint: u16, parts: &mut Parts) {
    let [on, off] = state.on_off();
    let convert = Convert::bools(&text(&on), &text(&off));
    parts.reads(endpoint, &target.source(&state.property), "OnOff.OnOff", convert);
    if state.is_settable() {
        parts.order(target.order(endpoint, "OnOff.On", &state.property, on));
        parts.order(target.order(endpoint, "OnOff.Off", &state.property, off));
        if let Some(toggle) = state.raw.get("value_toggle") {
            parts.order(target.order(endpoint, "OnOff.Toggle", &state.property, toggle.clone()));
        }
    }
}

fn light(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    if let Some(state) = expose.feature("state") {
        on_off(target, state, endpoint, parts);
    }
    if let Some(brightness) = expose.feature("brightness") {
        let level =
            Convert::percent(brightness.number("value_min", 0.0), brightness.number("value_max", 254.0));
        let property = &brightness.property;
        parts.reads(endpoint, &target.source(property), "LevelControl.CurrentLevel", level.clone());
        let order = target.order(endpoint, "LevelControl.MoveToLevel", property, json!("$Level"));
        parts.order(order.with("Level", level));
    }
    if let Some(temperature) = expose.feature("color_temp") {
        let kelvin = Convert::Inverse { product: 1e6 };
        let property = &temperature.property;
        let attribute = "ColorControl.ColorTemperature";
        parts.reads(endpoint, &target.source(property), attribute, kelvin.clone());
        let command = "ColorControl.MoveToColorTemperature";
        let order = target.order(endpoint, command, property, json!("$ColorTemperature"));
        parts.order(order.with("ColorTemperature", kelvin));
        let Bounds { min, max, .. } = temperature.range(attribute);
        let of_mired = |mired: f64| (mired > 0.0).then(|| 1e6 / mired);
        parts.bound(endpoint, white(max.and_then(of_mired), min.and_then(of_mired)));
    }
    let colour = (expose.feature("color_xy").map(|f| (f, Space::Xy, json!({ "x": "$X", "y": "$Y" }))))
        .or_else(|| {
            let body = json!({ "hue": "$Hue", "saturation": "$Saturation" });
            expose.feature("color_hs").map(|feature| (feature, Space::Hs, body))
        });
    if let Some((feature, space, body)) = colour {
        parts.listens(endpoint, &target.source(&feature.property), Reads::Colour(space));
        let command = "ColorControl.MoveToHueAndSaturation";
        parts.order(target.order(endpoint, command, &feature.property, body).coloured(space));
    }
}

fn lock(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    let Some(state) = expose.feature("state") else { return };
    let [lock, unlock] = state.on_off();
    match expose.feature("lock_state").and_then(|feature| Some((feature, PROFILE.one_of("lock_state")?))) {
        Some((feature, (attribute, convert))) => {
            parts.reads(endpoint, &target.source(&feature.property), &attribute, convert);
        }
        None => {
            let words = [(text(&lock), "Locked"), (text(&unlock), "Unlocked")];
            let words = words.map(|(word, value)| (word, Value::Text(value.to_owned())));
            let source = target.source(&state.property);
            parts.reads(endpoint, &source, "DoorLock.LockState", Convert::Words(words.to_vec()));
        }
    }
    parts.order(target.order(endpoint, "DoorLock.LockDoor", &state.property, lock));
    parts.order(target.order(endpoint, "DoorLock.UnlockDoor", &state.property, unlock));
}

fn cover(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    let lift = "WindowCovering.CurrentPositionLiftPercent";
    let command = "WindowCovering.GoToLiftPercentage";
    let state = expose.feature("state");
    if let Some(position) = expose.feature("position") {
        let percent =
            Convert::percent(position.number("value_max", 100.0), position.number("value_min", 0.0));
        parts.reads(endpoint, &target.source(&position.property), lift, percent.clone());
        let order = target.order(endpoint, command, &position.property, json!("$LiftPercent"));
        parts.order(order.with("LiftPercent", percent));
    } else if let Some(state) = state {
        let ends = [("OPEN", Value::Number(0.0)), ("CLOSE", Value::Number(100.0))];
        let mut words = ends.map(|(word, value)| (word.to_owned(), value)).to_vec();
        words.push(("STOP".to_owned(), Value::Text(String::new())));
        let words = Convert::Words(words);
        parts.reads(endpoint, &target.source(&state.property), lift, words.clone());
        let order = target.order(endpoint, command, &state.property, json!("$LiftPercent"));
        parts.order(order.with("LiftPercent", words));
    }
    if let Some(tilt) = expose.feature("tilt") {
        let percent = Convert::percent(100.0, 0.0);
        let source = target.source(&tilt.property);
        parts.reads(endpoint, &source, "WindowCovering.CurrentPositionTiltPercent", percent.clone());
        let order = target.order(
            endpoint,
            "WindowCovering.GoToTiltPercentage",
            &tilt.property,
            json!("$TiltPercent"),
        );
        parts.order(order.with("TiltPercent", percent));
    }
    if let Some(state) = state.filter(|state| state.values().iter().any(|word| word == "STOP")) {
        parts.order(target.order(endpoint, "WindowCovering.StopMotion", &state.property, json!("STOP")));
    }
}

fn fan(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    if let Some(state) = expose.feature("state") {
        on_off(target, state, endpoint, parts);
    }
    if let Some(mode) = expose.feature("mode") {
        chosen(target, mode, endpoint, "fan_mode", parts);
    }
    if let Some(speed) = expose.feature("speed") {
        let percent = Convert::percent(speed.number("value_min", 0.0), speed.number("value_max", 254.0));
        let source = target.source(&speed.property);
        parts.reads(endpoint, &source, "FanControl.PercentSetting", percent.clone());
        let command = "FanControl.SetPercentSetting";
        let order = target.order(endpoint, command, &speed.property, json!("$PercentSetting"));
        parts.order(order.with("PercentSetting", percent));
    }
}

/// An enum that the profile knows, with the command that sets its attribute; other words become a mode.
fn chosen(target: &Target, expose: &Expose, endpoint: u16, name: &str, parts: &mut Parts) {
    let Some((attribute, Convert::Words(words))) = PROFILE.one_of(name) else { return };
    let values = expose.values();
    if !values.iter().all(|value| words.iter().any(|(word, _)| word == value)) {
        mode(target, expose, endpoint, parts);
        return;
    }
    let words: Vec<(String, Value)> = words.into_iter().filter(|(word, _)| values.contains(word)).collect();
    parts.reads(endpoint, &target.source(&expose.property), &attribute, Convert::Words(words.clone()));
    if expose.is_settable()
        && let Some((capability, arg)) = attribute.split_once('.')
    {
        let command = format!("{capability}.Set{arg}");
        let order = target.order(endpoint, &command, &expose.property, json!(format!("${arg}")));
        let choices = words.iter().map(|(_, value)| value.to_string()).collect();
        parts.order(order.with(arg, Convert::Words(words)));
        parts.bound(endpoint, Bounds { choices, ..Bounds::of(attribute) });
    }
}

pub(super) fn mode(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    if expose.is_published() {
        let source = target.source(&expose.property);
        parts.reads(endpoint, &source, "ModeSelect.CurrentMode", Convert::Text);
    }
    let order = target.order(endpoint, "ModeSelect.ChangeToMode", &expose.property, json!("$NewMode"));
    parts.order(order.with("NewMode", Convert::Text));
    parts.bound(endpoint, expose.choices("ModeSelect.CurrentMode"));
}

/// Returns the names of the features that were used.
fn climate<'a>(target: &Target, expose: &'a Expose, endpoint: u16, parts: &mut Parts) -> Vec<&'a str> {
    let mut used = Vec::new();
    for feature in &expose.features {
        let name = feature.name.as_str();
        match name {
            "system_mode" | "running_state" | "fan_mode" => {
                chosen(target, feature, endpoint, name, parts);
                used.push(name);
            }
            "preset" => {
                mode(target, feature, endpoint, parts);
                used.push(name);
            }
            _ => {
                let Some(number) = PROFILE.named_number(name, &feature.unit) else { continue };
                if !number.attribute.starts_with("Thermostat.") || parts.has(endpoint, &number.attribute) {
                    continue;
                }
                used.push(name);
                let convert = number.convert.clone();
                let setpoint = number.attribute.strip_prefix("Thermostat.").unwrap_or_default().to_owned();
                parts.measures(endpoint, &target.source(&feature.property), number);
                if feature.is_settable() && setpoint.ends_with("Setpoint") {
                    let command = format!("Thermostat.Set{setpoint}");
                    let order = target.order(endpoint, &command, &feature.property, json!("$Setpoint"));
                    parts.order(order.with("Setpoint", convert));
                    parts.bound(endpoint, feature.range(&format!("Thermostat.{setpoint}")));
                }
            }
        }
    }
    used
}
