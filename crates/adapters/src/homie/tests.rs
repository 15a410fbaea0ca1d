//! Homie 4, attribute by attribute, and 5, by its description.

use lares_model::Value;
use serde_json::json;

use crate::testing::{Ear, number, text};

const FOUR: &str = include_str!("fixtures/version-4.txt");

#[test]
fn version_4_is_described_when_it_is_ready() {
    let mut ear = Ear::of("homie");
    ear.hears_all(FOUR);
    assert_eq!(ear.description("super-car").name, "Super car");
    assert_eq!(ear.value("super-car", "Car engine/TemperatureMeasurement.MeasuredValue"), number(21.5));
    assert_eq!(ear.value("super-car", "Lights/OnOff.OnOff"), Value::Bool(false));
    assert_eq!(ear.value("super-car", "Car engine direction/ModeSelect.CurrentMode"), text("forward"));
    assert_eq!(ear.online("super-car"), Some(true));
    let says = ear.words("super-car", "Lights", "OnOff.On", &[]);
    assert_eq!(says, [("homie/super-car/lights/power/set".to_owned(), "true".to_owned())]);
    let says = ear.words(
        "super-car",
        "Lights",
        "ColorControl.MoveToHueAndSaturation",
        &[("Hue", number(0.0)), ("Saturation", number(100.0))],
    );
    assert_eq!(says, [("homie/super-car/lights/color/set".to_owned(), "255,0,0".to_owned())]);
    ear.hears("homie/super-car/$state", "lost");
    assert_eq!(ear.online("super-car"), Some(false));
    ear.hears("homie/super-car/$state", "");
    assert_eq!(ear.gone, ["super-car"]);
}

#[test]
fn version_4_may_come_in_any_order() {
    let mut ear = Ear::of("homie");
    let mut lines: Vec<&str> = FOUR.lines().collect();
    lines.reverse();
    ear.hears_all(&lines.join("\n"));
    assert_eq!(ear.value("super-car", "Car engine/TemperatureMeasurement.MeasuredValue"), number(21.5));
    let mut straight = Ear::of("homie");
    straight.hears_all(FOUR);
    assert_eq!(ear.description("super-car"), straight.description("super-car"));
}

#[test]
fn version_5_has_one_description() {
    let mut ear = Ear::of("homie");
    ear.hears("homie/5/thermo/room/temperature", "19.5");
    ear.hears("homie/5/thermo/$state", "init");
    ear.hears("homie/5/thermo/$description", include_str!("fixtures/version-5.json"));
    ear.hears("homie/5/thermo/$state", "ready");
    ear.hears("homie/5/thermo/room/target", "21");
    ear.hears("homie/5/thermo/room/colour", "rgb,0,255,0");
    ear.hears_once("homie/5/thermo/room/button", "double");
    let id = "5/thermo";
    assert_eq!(ear.value(id, "Living room/TemperatureMeasurement.MeasuredValue"), number(19.5));
    assert_eq!(ear.value(id, "Living room Target/Number.Value"), number(21.0));
    assert_eq!(ear.value(id, "Living room/ColorControl.CurrentHue"), number(120.0));
    assert_eq!(ear.occurred[0].event, "Switch.MultiPressComplete");
    assert_eq!(ear.description(id).via.as_deref(), Some("5/gateway"));
    assert_eq!(ear.online(id), Some(true));
    let says = ear.words(id, "Living room Target", "Number.SetValue", &[("Value", number(22.5))]);
    assert_eq!(says, [("homie/5/thermo/room/target/set".to_owned(), "22.5".to_owned())]);
    ear.hears("homie/5/thermo/$state", "sleeping");
    assert_eq!(ear.online(id), Some(true));
    ear.hears("homie/5/thermo/$state", "");
    assert_eq!(ear.gone, [id]);
}

#[test]
fn values_that_cannot_be_and_descriptions_that_are_none_are_told() {
    let mut ear = Ear::of("homie");
    ear.hears("homie/5/x/$description", "{");
    let description = json!({ "homie": "5.0", "nodes": { "n": { "properties": { "on": { "datatype": "boolean", "settable": true }, "odd": { "datatype": "matrix" } } } } });
    ear.hears("homie/5/x/$description", description.to_string());
    ear.hears("homie/5/x/n/on", "TRUE");
    assert_eq!(ear.rejected.len(), 2);
    assert_eq!(ear.description("5/x").unknown[0].reason, "a property of datatype `matrix`");
}
