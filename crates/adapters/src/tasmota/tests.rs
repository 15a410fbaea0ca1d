//! Tasmota, with messages in the form of its own discovery and telemetry.

use lares_model::Value;
use serde_json::{Value as Json, json};

use crate::testing::{Ear, number, text};

const MAC: &str = "DC4F2272F8E5";

fn config() -> Json {
    serde_json::from_str(include_str!("fixtures/config.json")).unwrap()
}

/// The device of the fixture, with some keys changed and these sensors.
fn ear(change: Json, sensors: Json) -> Ear {
    let mut config = config();
    for (key, value) in change.as_object().unwrap() {
        config[key] = value.clone();
    }
    let mut ear = Ear::of("tasmota");
    ear.hears(&format!("tasmota/discovery/{MAC}/config"), config.to_string());
    ear.hears(&format!("tasmota/discovery/{MAC}/sensors"), json!({ "sn": sensors, "ver": 1 }).to_string());
    ear
}

fn energy() -> Json {
    serde_json::from_str(include_str!("fixtures/sensor.json")).unwrap()
}

#[test]
fn a_plug_with_a_meter() {
    let mut ear = ear(json!({}), energy());
    let device = ear.description(MAC);
    assert_eq!((device.name.as_str(), device.firmware.as_deref()), ("Washing machine", Some("13.2.0")));
    let asked: Vec<(&str, &[u8])> =
        ear.said.iter().map(|say| (say.topic.as_str(), say.payload.as_slice())).collect();
    assert_eq!(
        asked,
        [("cmnd/tasmota_72F8E5/STATUS", b"11".as_slice()), ("cmnd/tasmota_72F8E5/STATUS", b"10")]
    );
    ear.hears("tele/tasmota_72F8E5/LWT", "Online");
    assert_eq!(ear.online(MAC), Some(true));
    ear.hears_once("tele/tasmota_72F8E5/SENSOR", energy().to_string());
    let of = |name: &str| format!("0/{name}");
    for (name, value) in [
        ("ElectricalPowerMeasurement.ActivePower", 21.0),
        ("ElectricalPowerMeasurement.Voltage", 234.0),
        ("ElectricalPowerMeasurement.ActiveCurrent", 0.16),
        ("ElectricalPowerMeasurement.PowerFactor", 0.56),
        ("ElectricalEnergyMeasurement.CumulativeEnergyImported", 3_185.0),
    ] {
        assert_eq!(ear.value(MAC, &of(name)), number(value), "{name}");
    }
    assert_eq!(ear.value(MAC, "ENERGY ApparentPower/Measurement.Value"), number(38.0));
    assert_eq!(ear.value(MAC, "ENERGY Today/Measurement.Value"), number(0.05));
    ear.hears_once(
        "stat/tasmota_72F8E5/STATUS8",
        json!({ "StatusSNS": { "ENERGY": { "Power": 30 } } }).to_string(),
    );
    assert_eq!(ear.value(MAC, &of("ElectricalPowerMeasurement.ActivePower")), number(30.0));
    assert_eq!(ear.rejected, Vec::<String>::new());
    ear.hears("tele/tasmota_72F8E5/LWT", "Offline");
    assert_eq!(ear.online(MAC), Some(false));
}

#[test]
fn a_relay_is_read_from_every_place_that_tells_it() {
    let mut ear = ear(json!({}), json!({}));
    let state = |ear: &Ear| ear.value(MAC, "Washing machine/OnOff.OnOff");
    ear.hears_once("stat/tasmota_72F8E5/RESULT", r#"{"POWER":"ON"}"#);
    assert_eq!(state(&ear), Value::Bool(true));
    ear.hears_once("stat/tasmota_72F8E5/POWER", "OFF");
    assert_eq!(state(&ear), Value::Bool(false));
    ear.hears_once("tele/tasmota_72F8E5/STATE", r#"{"POWER1":"ON","Wifi":{"RSSI":70,"Signal":-65}}"#);
    assert_eq!(state(&ear), Value::Bool(true));
    assert_eq!(ear.value(MAC, "0/Signal.Rssi"), number(-65.0));
    let says = ear.words(MAC, "Washing machine", "OnOff.Off", &[]);
    assert_eq!(says, [("cmnd/tasmota_72F8E5/POWER1".to_owned(), "OFF".to_owned())]);
}

#[test]
fn several_relays_are_parts_with_their_own_names() {
    let mut ear = ear(json!({ "rl": [1, 1, 0], "fn": ["Left", "Right", null] }), json!({}));
    ear.hears_once("stat/tasmota_72F8E5/RESULT", r#"{"POWER2":"ON"}"#);
    assert_eq!(ear.value(MAC, "Right/OnOff.OnOff"), Value::Bool(true));
    assert!(!ear.values(MAC).contains_key("Left/OnOff.OnOff"));
}

#[test]
fn the_full_topic_has_any_order() {
    for (full_topic, expected) in [
        ("%topic%/%prefix%/", "tasmota_72F8E5/cmnd/POWER1"),
        ("home/%prefix%/%hostname%/%id%/", "home/cmnd/tasmota-72F8E5-6373/72F8E5/POWER1"),
        ("%prefix%/%macaddr%/", "cmnd/DC4F2272F8E5/POWER1"),
    ] {
        let ear = ear(json!({ "ft": full_topic }), json!({}));
        assert_eq!(ear.words(MAC, "Washing machine", "OnOff.On", &[])[0].0, expected);
    }
}

#[test]
fn energy_in_arrays_is_one_part_a_phase() {
    let sensors = json!({ "ENERGY": { "Total": 5.5, "Power": [10, 20, 30], "Voltage": 230, "Current": [0.1, 0.2, 0.3] } });
    let mut ear = ear(json!({}), sensors.clone());
    ear.hears_once("tele/tasmota_72F8E5/SENSOR", sensors.to_string());
    assert_eq!(ear.value(MAC, "Phase 2/ElectricalPowerMeasurement.ActivePower"), number(20.0));
    assert_eq!(ear.value(MAC, "Phase 3/ElectricalPowerMeasurement.ActiveCurrent"), number(0.3));
    assert_eq!(ear.value(MAC, "0/ElectricalPowerMeasurement.Voltage"), number(230.0));
    assert_eq!(ear.value(MAC, "0/ElectricalEnergyMeasurement.CumulativeEnergyImported"), number(5_500.0));
}

#[test]
fn sensors_by_their_names_and_in_their_units() {
    let sensors = json!({ "Time": "2026-01-01T12:00:00", "AM2301": { "Temperature": 68, "Humidity": 40.5, "DewPoint": 50 }, "DS18B20-1": { "Id": "01", "Temperature": 50 }, "TempUnit": "F", "ANALOG": { "A0": 512 } });
    let mut ear = ear(json!({}), sensors.clone());
    ear.hears_once("tele/tasmota_72F8E5/SENSOR", sensors.to_string());
    assert_eq!(ear.value(MAC, "AM2301/TemperatureMeasurement.MeasuredValue"), number(20.0));
    assert_eq!(ear.value(MAC, "AM2301/RelativeHumidityMeasurement.MeasuredValue"), number(40.5));
    assert_eq!(ear.value(MAC, "AM2301 DewPoint/TemperatureMeasurement.MeasuredValue"), number(10.0));
    assert_eq!(ear.value(MAC, "DS18B20-1/TemperatureMeasurement.MeasuredValue"), number(10.0));
    assert_eq!(ear.value(MAC, "ANALOG A0/Measurement.Value"), number(512.0));
}

#[test]
fn lights_shutters_and_presses() {
    let mut light = ear(json!({ "rl": [2], "lt_st": 5, "fn": ["Lamp"] }), json!({}));
    light.hears_once(
        "stat/tasmota_72F8E5/RESULT",
        r#"{"POWER":"ON","Dimmer":40,"HSBColor":"120,100,40","CT":250}"#,
    );
    assert_eq!(light.value(MAC, "Lamp/LevelControl.CurrentLevel"), number(40.0));
    assert_eq!(light.value(MAC, "Lamp/ColorControl.CurrentHue"), number(120.0));
    assert_eq!(light.value(MAC, "Lamp/ColorControl.ColorTemperature"), number(4_000.0));
    let says = light.words(MAC, "Lamp", "LevelControl.MoveToLevel", &[("Level", number(55.4))]);
    assert_eq!(says, [("cmnd/tasmota_72F8E5/Dimmer".to_owned(), "55".to_owned())]);

    let mut shutter = ear(json!({ "rl": [3, 3] }), json!({}));
    shutter.hears_once(
        "stat/tasmota_72F8E5/RESULT",
        r#"{"Shutter1":{"Position":30,"Direction":-1,"Target":0}}"#,
    );
    assert_eq!(shutter.value(MAC, "1/WindowCovering.CurrentPositionLiftPercent"), number(70.0));
    assert_eq!(shutter.value(MAC, "1/WindowCovering.OperationalStatus"), text("Closing"));
    let says = shutter.words(MAC, "1", "WindowCovering.GoToLiftPercentage", &[("LiftPercent", number(0.0))]);
    assert_eq!(says, [("cmnd/tasmota_72F8E5/ShutterPosition1".to_owned(), "100".to_owned())]);

    let mut buttons = ear(json!({ "btn": [1, 0] }), json!({}));
    buttons.hears_once("stat/tasmota_72F8E5/RESULT", r#"{"Button1":{"Action":"DOUBLE"}}"#);
    assert_eq!(buttons.occurred[0].event, "Switch.MultiPressComplete");
}

#[test]
fn an_empty_config_removes_the_device_and_a_broken_one_is_told() {
    let mut ear = ear(json!({}), json!({}));
    ear.hears(&format!("tasmota/discovery/{MAC}/config"), "");
    assert_eq!(ear.gone, [MAC]);
    ear.hears(&format!("tasmota/discovery/{MAC}/config"), r#"{"t":5}"#);
    assert_eq!(ear.rejected.len(), 1);
}
