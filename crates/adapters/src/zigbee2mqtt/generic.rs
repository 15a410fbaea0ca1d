//! Generic exposes: numbers, two-state values, choices and texts, by their names; and the composites that are known.

use lares_model::Value;
use serde_json::{Value as Json, json};

use super::PROFILE;
use super::expose::{Expose, Target, endpoint_of, mode, named_endpoint, on_off};
use crate::convert::{Convert, text};
use crate::parts::Parts;
use crate::profile::{measurement, number_by_unit};
use crate::wiring::Reads;

pub(super) fn wire_generic(target: &Target, expose: &Expose, parts: &mut Parts) {
    match expose.kind.as_str() {
        "numeric" => numeric(target, expose, parts),
        "binary" => binary(target, expose, parts),
        "enum" => choice(target, expose, parts),
        "text" => free_text(target, expose, parts),
        "composite" if expose.name == "pin_code" => pin_code(target, expose, parts),
        "composite" if expose.name == "warning" => warning(target, expose, parts),
        other => {
            parts.unknown(&expose.label, format!("an expose of type `{other}`"), expose.raw.clone());
        }
    }
}

fn numeric(target: &Target, expose: &Expose, parts: &mut Parts) {
    let source = target.source(&expose.property);
    if expose.is_settable() {
        let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
        if expose.is_published() {
            parts.reads(endpoint, &source, "Number.Value", Convert::same());
        }
        let order = target.order(endpoint, "Number.SetValue", &expose.property, json!("$Value"));
        parts.order(order.with("Value", Convert::same()));
        parts.unit(endpoint, Some(expose.unit.clone()));
        parts.bound(endpoint, expose.range("Number.Value"));
        return;
    }
    let (name, phase) = phase_of(&expose.name);
    if let Some(number) = PROFILE.named_number(name, &expose.unit) {
        let endpoint = match phase {
            Some(phase) => named_endpoint(phase, parts),
            None => endpoint_of(expose, parts),
        };
        let Some(endpoint) = endpoint else { return };
        if !number.attribute.starts_with("Thermostat.") && !parts.has(endpoint, &number.attribute) {
            parts.measures(endpoint, &source, number);
            return;
        }
    }
    let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
    let number = number_by_unit(&expose.unit).unwrap_or_else(|| measurement(&expose.unit));
    parts.measures(endpoint, &source, number);
}

/// `power_a` and `power_phase_a` are the power of phase a, where the expose has no endpoint.
fn phase_of(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('_') {
        Some((rest, phase @ ("a" | "b" | "c" | "l1" | "l2" | "l3"))) => {
            (rest.strip_suffix("_phase").unwrap_or(rest), Some(phase))
        }
        _ => (name, None),
    }
}

fn binary(target: &Target, expose: &Expose, parts: &mut Parts) {
    if expose.is_settable() {
        let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
        match expose.name.as_str() {
            "alarm" => siren(target, expose, endpoint, parts),
            _ => on_off(target, expose, endpoint, parts),
        }
        return;
    }
    let source = target.source(&expose.property);
    let [on, off] = expose.on_off().map(|word| text(&word));
    if let Some((attribute, convert)) = PROFILE.two_state(&expose.name, &on, &off) {
        let Some(endpoint) = endpoint_of(expose, parts) else { return };
        if !parts.has(endpoint, &attribute) {
            parts.reads(endpoint, &source, &attribute, convert);
            return;
        }
    }
    if let Some(endpoint) = parts.own(&expose.property, &expose.label) {
        let words = [(on, "on"), (off, "off")].map(|(word, value)| (word, Value::Text(value.to_owned())));
        parts.reads(endpoint, &source, "State.Value", Convert::Words(words.to_vec()));
    }
}

fn choice(target: &Target, expose: &Expose, parts: &mut Parts) {
    let source = target.source(&expose.property);
    if expose.name == "action" {
        let Some(endpoint) = endpoint_of(expose, parts) else { return };
        parts.listens(endpoint, &source, Reads::Action { when: None, word: None });
        parts.bound(endpoint, expose.choices("Switch.Action"));
        return;
    }
    if expose.name == "identify" && !expose.is_published() {
        let word = expose.values().first().cloned().unwrap_or_default();
        parts.order(target.order(0, "Identify.Identify", &expose.property, Json::from(word)));
        return;
    }
    let known = PROFILE.one_of(&expose.name).filter(|_| !expose.is_settable());
    if let Some((attribute, convert)) = known {
        let Some(endpoint) = endpoint_of(expose, parts) else { return };
        parts.reads(endpoint, &source, &attribute, convert);
        return;
    }
    let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
    if expose.is_settable() {
        mode(target, expose, endpoint, parts);
    } else {
        parts.reads(endpoint, &source, "State.Value", Convert::Text);
        parts.bound(endpoint, expose.choices("State.Value"));
    }
}

fn free_text(target: &Target, expose: &Expose, parts: &mut Parts) {
    let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
    let source = target.source(&expose.property);
    if !expose.is_settable() {
        parts.reads(endpoint, &source, "State.Value", Convert::Text);
        return;
    }
    if expose.is_published() {
        parts.reads(endpoint, &source, "Text.Value", Convert::Text);
    }
    let order = target.order(endpoint, "Text.SetText", &expose.property, json!("$Text"));
    parts.order(order.with("Text", Convert::Text));
}

fn siren(target: &Target, expose: &Expose, endpoint: u16, parts: &mut Parts) {
    let [on, off] = expose.on_off();
    let convert = Convert::bools(&text(&on), &text(&off));
    parts.reads(endpoint, &target.source(&expose.property), "Siren.Sounding", convert);
    parts.order(target.order(endpoint, "Siren.Sound", &expose.property, on));
    parts.order(target.order(endpoint, "Siren.Silence", &expose.property, off));
}

/// A siren that is told how to sound, and says nothing of it. It ends by itself, or when told to stop.
fn warning(target: &Target, expose: &Expose, parts: &mut Parts) {
    let Some(endpoint) = parts.own(&expose.property, &expose.label) else { return };
    let mut sound = json!({ "mode": "burglar" });
    for (name, value) in [
        ("level", json!("high")),
        ("strobe", json!(true)),
        ("strobe_level", json!("high")),
        ("duration", json!(60)),
    ] {
        if expose.feature(name).is_some() {
            sound[name] = value;
        }
    }
    parts.order(target.order(endpoint, "Siren.Sound", &expose.property, sound));
    parts.order(target.order(endpoint, "Siren.Silence", &expose.property, json!({ "mode": "stop" })));
}

/// Codes of a lock's users. The code goes as a text: a number would lose its leading zeros.
fn pin_code(target: &Target, expose: &Expose, parts: &mut Parts) {
    let mut set = json!({ "user": "$UserIndex", "pin_code": "$Pin" });
    if expose.feature("user_type").is_some() {
        set["user_type"] = json!("unrestricted");
    }
    if expose.feature("user_enabled").is_some() {
        set["user_enabled"] = json!(true);
    }
    let user = || Convert::Linear { factor: 1.0, offset: 0.0, integer: true };
    let order = target.order(0, "DoorLock.SetCredential", &expose.property, set);
    parts.order(order.with("UserIndex", user()).with("Pin", Convert::Text));
    let clear = json!({ "user": "$UserIndex" });
    let order = target.order(0, "DoorLock.ClearCredential", &expose.property, clear);
    parts.order(order.with("UserIndex", user()));
}
