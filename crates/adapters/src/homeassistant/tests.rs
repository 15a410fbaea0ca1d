//! Discovery as devices really write it: `fixtures/zigbee2mqtt.txt` is what Zigbee2MQTT 2.14 announces of four devices,
//! `fixtures/components.txt` a device of which both Home Assistants show every component.

use lares_model::Value;
use lares_model::dialect::{CannotSay, Finding};
use serde_json::{Value as Json, json};

use crate::testing::{Ear, number, text};

const DEVICE: &str = r#"{"identifiers":["unit12"],"name":"Unit 12","manufacturer":"Acme","model":"M1","sw_version":"1.2.3","suggested_area":"Flat 12"}"#;

fn ear() -> Ear {
    Ear::of("homeassistant")
}

/// An entity of the device `unit12`, with the name of its object.
pub(super) fn announces(ear: &mut Ear, component: &str, object: &str, config: Json) {
    let mut config = config;
    let device: Json = serde_json::from_str(DEVICE).unwrap();
    for (key, value) in [
        ("device", device),
        ("name", json!(object)),
        ("unique_id", json!(format!("u12_{object}"))),
        ("availability_topic", json!("u12/avail")),
    ] {
        config.as_object_mut().unwrap().entry(key).or_insert(value);
    }
    ear.hears(&format!("homeassistant/{component}/u12/{object}/config"), config.to_string());
}

pub(super) fn one(component: &str, config: Json) -> Ear {
    let mut ear = ear();
    announces(&mut ear, component, "it", config);
    ear
}

pub(super) fn words(ear: &Ear, command: &str, args: &[(&str, Value)]) -> (String, String) {
    let says = ear.words("unit12", "it", command, args);
    assert_eq!(says.len(), 1);
    says.into_iter().next().unwrap()
}

pub(super) fn pair(topic: &str, payload: &str) -> (String, String) {
    (topic.to_owned(), payload.to_owned())
}

#[test]
fn what_zigbee2mqtt_announces_is_read() {
    let mut ear = ear();
    ear.hears_all(include_str!("fixtures/zigbee2mqtt.txt"));
    let lamp = "zigbee2mqtt_0x00158d0000000002";
    assert_eq!(ear.description(lamp).name, "kitchen/lamp");
    assert_eq!(ear.online(lamp), Some(true));
    let values = ear.values(lamp);
    assert!(values.iter().any(|(key, value)| key.ends_with("OnOff.OnOff") && *value == Value::Bool(true)));
    let climate = ear.values("zigbee2mqtt_0x00158d0000000001");
    let temperature = climate.iter().find(|(key, _)| key.ends_with("TemperatureMeasurement.MeasuredValue"));
    assert_eq!(temperature.unwrap().1, &number(22.55));
    let door = ear.values("zigbee2mqtt_0x00158d0000000004");
    assert!(
        door.iter()
            .any(|(key, value)| key.ends_with("BooleanState.StateValue") && *value == Value::Bool(false))
    );
    assert_eq!(ear.rejected, Vec::<String>::new());
    // The one template that wants the clock is refused when it is described, and said.
    let unknown = ear.description("zigbee2mqtt_bridge_0x00124b00000000ff").unknown;
    assert!(unknown.iter().any(|part| part.reason.contains("`now`")), "{unknown:#?}");
}

#[test]
fn what_its_own_dialect_speaks_for_appears_once() {
    let mut dialects = crate::dialects();
    let fixture = include_str!("fixtures/zigbee2mqtt.txt");
    let devices = include_str!("../zigbee2mqtt/fixtures/home.txt");
    let mut described = std::collections::BTreeMap::<String, i32>::new();
    // Discovery first: what was described by it is let go when the bridge is heard of.
    for line in fixture.lines().chain(devices.lines()).chain(fixture.lines()) {
        let (topic, payload) = line.split_once('\t').unwrap();
        let heard = lares_model::dialect::Heard {
            topic,
            payload: payload.as_bytes(),
            retain: true,
            replayed: true,
            received: crate::testing::NOW,
        };
        for dialect in &mut dialects {
            for finding in dialect.hear(&heard) {
                match finding {
                    Finding::Described(found) => {
                        described.insert(format!("{} {}", dialect.name(), found.foreign_id), 1);
                    }
                    Finding::Gone { foreign_id } => {
                        described.remove(&format!("{} {foreign_id}", dialect.name()));
                    }
                    _ => {}
                }
            }
        }
    }
    let dialects: std::collections::BTreeSet<&str> =
        described.keys().filter_map(|key| key.split(' ').next()).collect();
    assert_eq!(dialects.into_iter().collect::<Vec<_>>(), ["zigbee2mqtt"], "{described:#?}");
    assert_eq!(described.len(), 6);
}

/// One device with twenty components, whose states Home Assistant 2024.3 and 2025.4 show as they are read here.
#[test]
fn twenty_components_of_one_device() {
    let mut ear = ear();
    ear.hears_all(include_str!("fixtures/components.txt"));
    assert_eq!(ear.rejected, Vec::<String>::new());
    let device = ear.description("unit12");
    assert!(device.unknown.is_empty(), "{:#?}", device.unknown);
    assert_eq!((device.endpoints.len(), ear.online("unit12")), (20, Some(true)));
    for (key, value) in [
        ("temp/TemperatureMeasurement.MeasuredValue", number(21.5)),
        ("energy/ElectricalEnergyMeasurement.CumulativeEnergyImported", number(12_500.0)),
        ("door/BooleanState.StateValue", Value::Bool(false)),
        ("plug/OnOff.OnOff", Value::Bool(true)),
        ("lamp/OnOff.OnOff", Value::Bool(true)),
        ("lamp/ColorControl.CurrentHue", number(210.0)),
        ("trv/Thermostat.SystemMode", text("Heat")),
        ("trv/Thermostat.LocalTemperature", number(19.5)),
        ("front/DoorLock.LockState", text("Locked")),
        ("blind/WindowCovering.CurrentPositionLiftPercent", number(30.0)),
        ("limit/Number.Value", number(4.0)),
        ("mode/ModeSelect.CurrentMode", text("away")),
        ("fw/SoftwareUpdate.LatestVersion", text("1.1")),
        ("pin/Text.Value", text("abc")),
        ("alarm/AlarmPanel.State", text("ArmedAway")),
        ("vent/OnOff.OnOff", Value::Bool(false)),
        ("siren/Siren.Sounding", Value::Bool(false)),
        ("water/ValveConfigurationAndControl.CurrentState", text("Open")),
        ("tag/Tracker.Zone", text("home")),
    ] {
        assert_eq!(ear.value("unit12", key), value, "{key}");
    }
    for (endpoint, command, args, topic, payload) in [
        ("plug", "OnOff.Off", vec![], "u12/plug/set", "OFF"),
        ("front", "DoorLock.UnlockDoor", vec![], "u12/lock/set", "UNLOCK"),
        (
            "trv",
            "Thermostat.SetOccupiedHeatingSetpoint",
            vec![("Setpoint", number(22.5))],
            "u12/trv/t/set",
            "22.5",
        ),
        (
            "blind",
            "WindowCovering.GoToLiftPercentage",
            vec![("LiftPercent", number(70.0))],
            "u12/blind/p/set",
            "30",
        ),
        ("reboot", "Button.Press", vec![], "u12/reboot", "PRESS"),
        ("fw", "SoftwareUpdate.Install", vec![], "u12/fw/install", "go"),
        ("mode", "ModeSelect.ChangeToMode", vec![("NewMode", text("home"))], "u12/mode/set", "home"),
        ("movie", "Scene.Recall", vec![], "u12/scene", "ON"),
    ] {
        assert_eq!(ear.words("unit12", endpoint, command, &args), [pair(topic, payload)]);
    }
    assert_eq!(ear.occurred.len(), 1, "the bell rang");
}

#[test]
fn it_greets_as_home_assistant_does() {
    let says = ear().dialect.greet();
    assert_eq!(says.len(), 1);
    assert_eq!(
        (says[0].topic.as_str(), says[0].payload.as_slice()),
        ("homeassistant/status", b"online".as_slice())
    );
    assert!(!says[0].retain);
}

#[test]
fn abbreviations_and_the_base_topic_are_expanded() {
    let mut ear = ear();
    ear.hears(
        "homeassistant/sensor/0A1B2C/config",
        r#"{"~":"dev/x","name":"T","stat_t":"~/state","val_tpl":"{{ value_json.t }}","dev_cla":"temperature","unit_of_meas":"°F","uniq_id":"x1","avty":[{"t":"~/lwt","pl_avail":"up","pl_not_avail":"down"}],"dev":{"ids":"x","mf":"Maker","mdl":"M","sw":"2","sa":"Attic","sn":"77"}}"#,
    );
    ear.hears("dev/x/state", r#"{"t":212}"#);
    ear.hears("dev/x/lwt", "down");
    let device = ear.description("x");
    assert_eq!((device.vendor.as_str(), device.suggested_room.as_deref()), ("Maker", Some("Attic")));
    assert_eq!((device.serial.as_deref(), device.firmware.as_deref()), (Some("77"), Some("2")));
    assert_eq!(ear.value("x", "T/TemperatureMeasurement.MeasuredValue"), number(100.0));
    assert_eq!(ear.online("x"), Some(false));
    assert!(device.unknown.is_empty(), "{:?}", device.unknown);
}

#[test]
fn a_topic_that_ends_in_the_base_has_it_too() {
    let mut ear = ear();
    let config = r#"{"~":"dev","name":"S","stat_t":"stat/~","cmd_t":"cmnd/~","uniq_id":"s"}"#;
    ear.hears("homeassistant/switch/s/config", config);
    ear.hears("stat/dev", "ON");
    assert_eq!(ear.value("entity:switch.s", "S/OnOff.OnOff"), Value::Bool(true));
    assert_eq!(ear.words("entity:switch.s", "S", "OnOff.Off", &[]), [pair("cmnd/dev", "OFF")]);
}

#[test]
fn a_device_in_one_message_is_the_same_as_its_entities() {
    let mut ear = ear();
    let config = json!({
        "dev": { "ids": ["dv"], "name": "Bundle" }, "o": { "name": "t" }, "avty_t": "dv/lwt",
        "cmps": {
            "a": { "p": "sensor", "name": "A", "unique_id": "dva", "stat_t": "dv/a", "unit_of_meas": "W", "dev_cla": "power" },
            "b": { "p": "binary_sensor", "name": "B", "unique_id": "dvb", "stat_t": "dv/b" },
        },
    });
    ear.hears("homeassistant/device/dv/config", config.to_string());
    ear.hears("dv/a", "5");
    ear.hears("dv/b", "ON");
    ear.hears("dv/lwt", "online");
    assert_eq!(ear.value("dv", "A/ElectricalPowerMeasurement.ActivePower"), number(5.0));
    assert_eq!(ear.value("dv", "B/State.Value"), text("on"));
    assert_eq!(ear.online("dv"), Some(true));
    let mut config = config;
    config["cmps"]["b"] = json!({ "p": "binary_sensor" });
    ear.hears("homeassistant/device/dv/config", config.to_string());
    assert_eq!(ear.description("dv").endpoints.len(), 1);
    ear.hears("homeassistant/device/dv/config", "");
    assert_eq!(ear.gone, ["dv"]);
}

#[test]
fn a_migration_to_the_device_form_loses_nothing() {
    let mut ear = ear();
    let single = json!({ "name": "A", "unique_id": "dva", "state_topic": "dv/a", "device": { "identifiers": ["dv"] } });
    ear.hears("homeassistant/sensor/dva/config", single.to_string());
    ear.hears("dv/a", "on");
    let number = ear.description("dv").endpoints[0].endpoint;
    ear.hears("homeassistant/sensor/dva/config", r#"{"migrate_discovery":true}"#);
    let device = json!({ "dev": { "ids": ["dv"] }, "o": { "name": "t" }, "cmps": { "a": { "p": "sensor", "name": "A", "unique_id": "dva", "stat_t": "dv/a" } } });
    ear.hears("homeassistant/device/dv/config", device.to_string());
    ear.hears("homeassistant/sensor/dva/config", "");
    assert_eq!(ear.gone, Vec::<String>::new());
    assert_eq!(ear.description("dv").endpoints[0].endpoint, number);
    assert_eq!(ear.value("dv", "A/State.Value"), text("on"));
}

#[test]
fn an_empty_config_removes_the_entity_and_the_last_one_the_device() {
    let mut ear = ear();
    announces(&mut ear, "switch", "plug", json!({ "command_topic": "u12/plug/set" }));
    announces(&mut ear, "sensor", "temp", json!({ "state_topic": "u12/temp" }));
    ear.hears("homeassistant/switch/u12/plug/config", "");
    assert_eq!(ear.description("unit12").endpoints.len(), 1);
    assert_eq!(ear.gone, Vec::<String>::new());
    ear.hears("homeassistant/sensor/u12/temp/config", "");
    assert_eq!(ear.gone, ["unit12"]);
    assert_eq!(ear.try_fail("unit12"), CannotSay::Unknown);
}

#[test]
fn the_same_config_again_is_nothing_new() {
    let mut ear = one("switch", json!({ "command_topic": "u12/plug/set" }));
    let before = ear.described;
    announces(&mut ear, "switch", "it", json!({ "command_topic": "u12/plug/set" }));
    assert_eq!(ear.described, before);
}

#[test]
fn availability_may_come_before_the_device_and_has_three_modes() {
    let list = |mode: &str| {
        let topics = json!([{ "topic": "a" }, { "topic": "b", "value_template": "{{ value_json.state }}" }]);
        json!({ "state_topic": "s", "availability": topics, "availability_mode": mode, "availability_topic": null })
    };
    for (mode, after_one, after_both) in [("all", true, false), ("any", true, true), ("latest", true, false)]
    {
        let mut ear = ear();
        ear.hears("a", "online");
        announces(&mut ear, "sensor", "it", list(mode));
        assert_eq!(ear.online("unit12"), Some(after_one), "{mode}");
        ear.hears("b", r#"{"state":"offline"}"#);
        assert_eq!(ear.online("unit12"), Some(after_both), "{mode}");
        ear.hears("b", "gibberish");
        assert_eq!(ear.online("unit12"), Some(after_both), "{mode}");
    }
}

#[test]
fn a_state_that_was_retained_before_the_config_is_not_lost() {
    let mut ear = ear();
    ear.hears("u12/temp", "21.5");
    announces(
        &mut ear,
        "sensor",
        "it",
        json!({ "state_topic": "u12/temp", "unit_of_measurement": "°C", "device_class": "temperature" }),
    );
    assert_eq!(ear.value("unit12", "it/TemperatureMeasurement.MeasuredValue"), number(21.5));
}

#[test]
fn templates_of_the_wild() {
    let tasmota = r#"{"Time":"2026-01-01T12:00:00","ENERGY":{"Power":21,"Total":3.185}}"#;
    for (template, payload, expected) in [
        ("{{ value_json['ENERGY']['Power'] }}", tasmota, Some("21")),
        ("{{ value_json.ENERGY.Total | float | round(1) }}", tasmota, Some("3.2")),
        ("{{ value }}", "7", Some("7")),
        ("{{ value_json.x | float(0) }}", "{}", Some("0")),
        ("{{ value_json.x | float }}", r#"{"x":21}"#, Some("21.0")),
        ("{{ value_json.x | int }}", r#"{"x":"21.7"}"#, Some("21")),
        ("{{ value_json.x | default('none yet') }}", "{}", Some("none yet")),
        ("{{ value_json.x | is_defined }}", "{}", None),
        ("{{ value_json.x | is_defined }}", r#"{"x":3}"#, Some("3")),
        ("{{ value_json.x | multiply(0.01) | round(2) }}", r#"{"x":2150}"#, Some("21.5")),
        ("{{ value_json.x * 0.1 }}", r#"{"x":5}"#, Some("0.5")),
        ("{{ value_json.x / 2 }}", r#"{"x":42}"#, Some("21.0")),
        ("{{ 'ON' if value_json.state == 1 else 'OFF' }}", r#"{"state":1}"#, Some("ON")),
        ("{% if value == '1' %}open{% elif value == '0' %}closed{% else %}?{% endif %}", "0", Some("closed")),
        ("{{ value_json.action if value_json.action else '' }}", r#"{"action":null}"#, None),
        ("{{ value_json.on }}", r#"{"on":true}"#, Some("True")),
        ("{{ (value | from_json).a.b[0] }}", r#"{"a":{"b":[4]}}"#, Some("4")),
        ("{{ value.split(',')[1] }}", "a,b", Some("b")),
        ("{{ value_json.get('x', 5) }}", "{}", Some("5")),
        ("{{ value | int(base=16) }}", "ff", Some("255")),
        ("{{ value_json.x | tojson }}", r#"{"x":{"a":"<b>"}}"#, Some(r#"{"a":"<b>"}"#)),
        ("{{ value_json.list }}", r#"{"list":["a",true,1.5]}"#, Some("['a', True, 1.5]")),
        ("{{ value_json.x | lower | replace('a', 'b') }}", r#"{"x":"AA"}"#, Some("bb")),
        (
            "{{ value_json.t | as_timestamp | int }}",
            r#"{"t":"2026-01-01T00:00:00+00:00"}"#,
            Some("1767225600"),
        ),
        ("{{ value_json.a.b.c }}", "{}", None),
        ("{{ value_json.x }}", "no json", None),
        ("{{ value_json.x | round }}", r#"{"x":2.5}"#, Some("2")),
        ("{{ iif(value == 'y', 'yes', 'no') }}", "y", Some("yes")),
        ("{{ is_number(value) }}", "12x", Some("False")),
        ("{{ value_json.x is defined }}", "{}", Some("False")),
    ] {
        let mut ear = one("sensor", json!({ "state_topic": "s", "value_template": template }));
        ear.hears("s", payload);
        let found = ear.values("unit12").into_iter().next().map(|(_, value)| value);
        assert_eq!(found, expected.map(text), "{template} of {payload}: {:?}", ear.rejected);
    }
}

#[test]
fn a_missing_key_keeps_the_value_and_is_told_and_nan_is_no_number() {
    let config = json!({ "state_topic": "s", "unit_of_measurement": "W", "device_class": "power", "value_template": "{{ value_json.a.p }}" });
    let mut ear = one("sensor", config);
    ear.hears("s", r#"{"a":{"p":5}}"#);
    ear.hears("s", "{}");
    ear.hears("s", "{}");
    assert_eq!(ear.rejected.len(), 1, "the same is not told with every message");
    for payload in [r#"{"a":{"p":"nan"}}"#, r#"{"a":{"p":true}}"#, r#"{"a":{"p":"x"}}"#] {
        ear.hears("s", payload);
    }
    assert_eq!(ear.rejected.len(), 4);
    ear.hears("s", r#"{"a":{"p":"unknown"}}"#);
    assert_eq!(ear.rejected.len(), 4);
    assert_eq!(ear.value("unit12", "it/ElectricalPowerMeasurement.ActivePower"), number(5.0));
}

#[test]
fn a_template_that_wants_more_than_its_message_or_never_ends_is_refused() {
    for template in ["{{ states('sensor.x') }}", "{{ now() }}", "{{ this.state }}", "{{ value_json. }}"] {
        let ear = one("sensor", json!({ "state_topic": "s", "value_template": template }));
        assert!(!ear.description("unit12").unknown.is_empty(), "{template}");
    }
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let mut ear = one("sensor", json!({ "state_topic": "s", "value_template": endless }));
    ear.hears("s", "1");
    assert!(ear.rejected[0].contains("fuel"), "{:?}", ear.rejected);
}

#[test]
fn booleans_are_compared_as_python_writes_them() {
    let config = json!({ "state_topic": "s", "value_template": "{{ value_json.open }}", "payload_on": "True", "payload_off": "False", "device_class": "window" });
    let mut ear = one("binary_sensor", config);
    ear.hears("s", r#"{"open":true}"#);
    assert_eq!(ear.value("unit12", "it/BooleanState.StateValue"), Value::Bool(false));
}

#[test]
fn what_is_not_understood_is_kept() {
    let mut ear = one("holodeck", json!({ "topic": "deck", "code": "0042" }));
    let kept = ear.description("unit12").unknown.remove(0).raw;
    assert_eq!((&kept["topic"], &kept["code"]), (&json!("deck"), &Json::Null));
    announces(
        &mut ear,
        "fan",
        "vent",
        json!({ "command_topic": "v", "oscillation_command_topic": "v/o", "off_delay": 3 }),
    );
    let names: Vec<String> = ear.description("unit12").unknown.into_iter().map(|part| part.name).collect();
    assert!(names.contains(&"vent: oscillation_command_topic".to_owned()), "{names:?}");
    ear.hears("homeassistant/sensor/x/config", "{no json");
    assert_eq!(ear.rejected.len(), 1);
}

#[test]
fn a_part_keeps_its_number_after_a_restart_in_any_order() {
    let names: Vec<String> = (0..40).map(|number| format!("part {number}")).collect();
    let announce = |ear: &mut Ear, name: &str| {
        let object = name.replace(' ', "_");
        announces(ear, "sensor", &object, json!({ "name": name, "state_topic": "s" }));
    };
    let mut first = ear();
    names.iter().for_each(|name| announce(&mut first, name));
    let before = first.description("unit12");
    let mut second = ear();
    second.dialect.remember(&before);
    names.iter().rev().for_each(|name| announce(&mut second, name));
    assert_eq!(second.description("unit12").endpoints, before.endpoints);
}

#[test]
fn a_thousand_entities_are_too_many_for_one_device_and_are_told() {
    let mut ear = ear();
    for count in 0..70 {
        announces(&mut ear, "sensor", &format!("s{count}"), json!({ "state_topic": "s" }));
    }
    let device = ear.description("unit12");
    assert_eq!((device.endpoints.len(), device.unknown.len()), (64, 6));
}

#[test]
fn switches_and_their_commands() {
    let config = json!({ "state_topic": "s", "command_topic": "c", "payload_on": "1", "payload_off": "0", "state_on": "yes", "state_off": "no", "retain": true, "qos": 1 });
    let mut ear = one("switch", config);
    ear.hears("s", "yes");
    assert_eq!(ear.value("unit12", "it/OnOff.OnOff"), Value::Bool(true));
    let say = ear.try_word("unit12", "it", "OnOff.Off", &[]).unwrap().remove(0);
    assert_eq!(
        (say.topic.as_str(), say.payload.as_slice(), say.qos, say.retain),
        ("c", b"0".as_slice(), 1, true)
    );
    assert_eq!(words(&ear, "OnOff.Toggle", &[]), pair("c", "0"));
    ear.hears("s", "maybe");
    assert_eq!(ear.rejected.len(), 1);
}

#[test]
fn lights_in_three_schemas() {
    let mut ear = one(
        "light",
        json!({ "schema": "json", "state_topic": "s", "command_topic": "c", "brightness": true, "supported_color_modes": ["rgb", "color_temp"] }),
    );
    ear.hears("s", r#"{"state":"ON","brightness":128,"color_mode":"rgb","color":{"r":0,"g":255,"b":0}}"#);
    assert_eq!(ear.value("unit12", "it/LevelControl.CurrentLevel"), number(50.196078431));
    assert_eq!(ear.value("unit12", "it/ColorControl.CurrentHue"), number(120.0));
    assert_eq!(words(&ear, "OnOff.On", &[]), pair("c", r#"{"state":"ON"}"#));
    let level = words(&ear, "LevelControl.MoveToLevel", &[("Level", number(100.0))]);
    assert_eq!(level, pair("c", r#"{"brightness":255,"state":"ON"}"#));
    let blue = [("Hue", number(240.0)), ("Saturation", number(100.0))];
    let said = words(&ear, "ColorControl.MoveToHueAndSaturation", &blue);
    assert_eq!(said, pair("c", r#"{"color":{"b":255,"g":0,"r":0},"state":"ON"}"#));

    let mut ear = one(
        "light",
        json!({ "command_topic": "c", "state_topic": "s", "brightness_command_topic": "b/set", "brightness_state_topic": "b", "brightness_scale": 100, "color_temp_command_topic": "ct/set", "color_temp_state_topic": "ct", "rgb_command_topic": "rgb/set", "rgb_state_topic": "rgb", "rgb_command_template": "{{ '#%02x%02x%02x' | format(red, green, blue) }}" }),
    );
    ear.hears("b", "40");
    ear.hears("ct", "250");
    ear.hears("rgb", "255,0,0");
    assert_eq!(ear.value("unit12", "it/LevelControl.CurrentLevel"), number(40.0));
    assert_eq!(ear.value("unit12", "it/ColorControl.ColorTemperature"), number(4_000.0));
    assert_eq!(ear.value("unit12", "it/ColorControl.CurrentSaturation"), number(100.0));
    let kelvin = [("ColorTemperature", number(2_000.0))];
    assert_eq!(words(&ear, "ColorControl.MoveToColorTemperature", &kelvin), pair("ct/set", "500"));
    assert_eq!(words(&ear, "ColorControl.MoveToHueAndSaturation", &blue), pair("rgb/set", "#0000ff"));

    let mut ear = one(
        "light",
        json!({ "schema": "template", "command_topic": "c", "state_topic": "s", "command_on_template": "on{% if brightness is defined %},{{ brightness }}{% endif %}", "command_off_template": "off", "state_template": "{{ value.split(',')[0] }}", "brightness_template": "{{ value.split(',')[1] }}" }),
    );
    ear.hears("s", "on,51");
    assert_eq!(ear.value("unit12", "it/OnOff.OnOff"), Value::Bool(true));
    assert_eq!(ear.value("unit12", "it/LevelControl.CurrentLevel"), number(20.0));
    assert_eq!(words(&ear, "OnOff.On", &[]), pair("c", "on"));
    assert_eq!(words(&ear, "LevelControl.MoveToLevel", &[("Level", number(20.0))]), pair("c", "on,51"));
}

#[test]
fn locks_covers_and_valves() {
    let mut ear = one(
        "lock",
        json!({ "state_topic": "s", "command_topic": "c", "payload_open": "OPEN", "command_template": "{\"do\":\"{{ value }}\"}" }),
    );
    for (state, expected) in [
        ("LOCKED", "Locked"),
        ("UNLOCKING", "Locked"),
        ("UNLOCKED", "Unlocked"),
        ("JAMMED", "NotFullyLocked"),
    ] {
        ear.hears("s", state);
        assert_eq!(ear.value("unit12", "it/DoorLock.LockState"), text(expected));
    }
    assert_eq!(words(&ear, "DoorLock.LockDoor", &[]), pair("c", r#"{"do":"LOCK"}"#));
    assert_eq!(words(&ear, "DoorLock.UnboltDoor", &[]), pair("c", r#"{"do":"OPEN"}"#));

    let mut ear = one(
        "cover",
        json!({ "state_topic": "s", "command_topic": "c", "position_topic": "p", "set_position_topic": "p/set" }),
    );
    ear.hears("p", "70");
    ear.hears("s", "closing");
    assert_eq!(ear.value("unit12", "it/WindowCovering.CurrentPositionLiftPercent"), number(30.0));
    assert_eq!(ear.value("unit12", "it/WindowCovering.OperationalStatus"), text("Closing"));
    let to = |percent: f64| [("LiftPercent", number(percent))];
    assert_eq!(words(&ear, "WindowCovering.GoToLiftPercentage", &to(30.0)), pair("p/set", "70"));
    assert_eq!(words(&ear, "WindowCovering.StopMotion", &[]), pair("c", "STOP"));

    let mut ear = one("cover", json!({ "state_topic": "s", "command_topic": "c" }));
    ear.hears("s", "closed");
    assert_eq!(ear.value("unit12", "it/WindowCovering.CurrentPositionLiftPercent"), number(100.0));
    assert_eq!(words(&ear, "WindowCovering.GoToLiftPercentage", &to(0.0)), pair("c", "OPEN"));
    assert!(ear.try_word("unit12", "it", "WindowCovering.GoToLiftPercentage", &to(50.0)).is_err());

    let mut ear = one("valve", json!({ "state_topic": "s", "command_topic": "c" }));
    ear.hears("s", r#"{"state":"open"}"#);
    assert_eq!(ear.value("unit12", "it/ValveConfigurationAndControl.CurrentState"), text("Open"));
    ear.hears("s", "closed");
    assert_eq!(ear.value("unit12", "it/ValveConfigurationAndControl.CurrentState"), text("Closed"));
    assert_eq!(words(&ear, "ValveConfigurationAndControl.Open", &[]), pair("c", "OPEN"));
}

#[test]
fn what_heats_and_moves_air() {
    let mut ear = one(
        "climate",
        json!({ "mode_state_topic": "m", "mode_command_topic": "m/set", "modes": ["off", "heat_cool"], "temperature_state_topic": "t", "temperature_command_topic": "t/set", "temperature_unit": "F", "current_temperature_topic": "c", "action_topic": "a", "fan_mode_state_topic": "f", "fan_mode_command_topic": "f/set", "preset_modes": ["eco"], "preset_mode_state_topic": "p", "preset_mode_command_topic": "p/set" }),
    );
    for (topic, payload) in
        [("m", "heat_cool"), ("t", "68"), ("c", "50"), ("a", "heating"), ("f", "low"), ("p", "eco")]
    {
        ear.hears(topic, payload);
    }
    assert_eq!(ear.rejected, Vec::<String>::new());
    for (key, value) in [
        ("Thermostat.SystemMode", text("Auto")),
        ("Thermostat.OccupiedHeatingSetpoint", number(20.0)),
        ("Thermostat.LocalTemperature", number(10.0)),
        ("Thermostat.RunningState", text("Heating")),
        ("FanControl.FanMode", text("Low")),
        ("ModeSelect.CurrentMode", text("eco")),
    ] {
        assert_eq!(ear.value("unit12", &format!("it/{key}")), value, "{key}");
    }
    let auto = [("SystemMode", text("Auto"))];
    assert_eq!(words(&ear, "Thermostat.SetSystemMode", &auto), pair("m/set", "heat_cool"));
    let warm = [("Setpoint", number(25.0))];
    assert_eq!(words(&ear, "Thermostat.SetOccupiedHeatingSetpoint", &warm), pair("t/set", "77"));

    let mut ear = one(
        "fan",
        json!({ "state_topic": "s", "command_topic": "c", "percentage_state_topic": "p", "percentage_command_topic": "p/set", "speed_range_max": 4 }),
    );
    ear.hears("p", "2");
    assert_eq!(ear.value("unit12", "it/FanControl.PercentSetting"), number(50.0));
    let full = [("PercentSetting", number(100.0))];
    assert_eq!(words(&ear, "FanControl.SetPercentSetting", &full), pair("p/set", "4"));

    let mut ear = one(
        "humidifier",
        json!({ "state_topic": "s", "command_topic": "c", "target_humidity_state_topic": "t", "target_humidity_command_topic": "t/set" }),
    );
    ear.hears("t", "45");
    assert_eq!(ear.value("unit12", "it/Number.Value"), number(45.0));
    assert_eq!(words(&ear, "OnOff.On", &[]), pair("c", "ON"));
}

#[test]
fn the_rest_of_the_components() {
    for (component, config, payload, attribute, value) in [
        ("number", json!({}), "4", "Number.Value", number(4.0)),
        ("select", json!({ "options": ["home"] }), "home", "ModeSelect.CurrentMode", text("home")),
        ("text", json!({}), "abc", "Text.Value", text("abc")),
        ("siren", json!({}), "ON", "Siren.Sounding", Value::Bool(true)),
        ("siren", json!({}), r#"{"state":"OFF"}"#, "Siren.Sounding", Value::Bool(false)),
        ("alarm_control_panel", json!({}), "armed_away", "AlarmPanel.State", text("ArmedAway")),
        ("device_tracker", json!({}), "not_home", "Tracker.Zone", text("not_home")),
        (
            "vacuum",
            json!({}),
            r#"{"state":"cleaning"}"#,
            "RvcOperationalState.OperationalState",
            text("Running"),
        ),
        (
            "water_heater",
            json!({ "temperature_state_topic": "s" }),
            "60",
            "Thermostat.OccupiedHeatingSetpoint",
            number(60.0),
        ),
        (
            "lawn_mower",
            json!({ "activity_state_topic": "s" }),
            "docked",
            "RvcOperationalState.OperationalState",
            text("Docked"),
        ),
        (
            "update",
            json!({}),
            r#"{"installed_version":"1.0","latest_version":"1.1"}"#,
            "SoftwareUpdate.LatestVersion",
            text("1.1"),
        ),
        ("update", json!({}), "1.0", "SoftwareUpdate.InstalledVersion", text("1.0")),
        (
            "sensor",
            json!({ "device_class": "energy", "unit_of_measurement": "kWh" }),
            "12.5",
            "ElectricalEnergyMeasurement.CumulativeEnergyImported",
            number(12_500.0),
        ),
        ("sensor", json!({ "unit_of_measurement": "°dH" }), "8", "Measurement.Value", number(8.0)),
        (
            "binary_sensor",
            json!({ "device_class": "smoke" }),
            "ON",
            "SmokeCoAlarm.SmokeState",
            text("Critical"),
        ),
        (
            "binary_sensor",
            json!({ "device_class": "moisture" }),
            "ON",
            "BooleanState.StateValue",
            Value::Bool(true),
        ),
    ] {
        let mut config = config;
        config["state_topic"] = json!("s");
        config["command_topic"] = json!("c");
        let mut ear = one(component, config);
        ear.hears("s", payload);
        assert_eq!(ear.rejected, Vec::<String>::new(), "{component}");
        assert_eq!(ear.value("unit12", &format!("it/{attribute}")), value, "{component} {payload}");
    }
    let ear = one("sensor", json!({ "state_topic": "s", "unit_of_measurement": "°dH" }));
    assert_eq!(ear.description("unit12").endpoints[0].unit.as_deref(), Some("°dH"));
    for (component, config, command, args, payload) in [
        ("button", json!({}), "Button.Press", vec![], "PRESS"),
        ("scene", json!({}), "Scene.Recall", vec![], "ON"),
        ("number", json!({}), "Number.SetValue", vec![("Value", number(2.5))], "2.5"),
        ("select", json!({}), "ModeSelect.ChangeToMode", vec![("NewMode", text("away"))], "away"),
        ("text", json!({}), "Text.SetText", vec![("Text", text("hi"))], "hi"),
        ("siren", json!({}), "Siren.Sound", vec![], r#"{"state":"ON"}"#),
        ("update", json!({ "payload_install": "go" }), "SoftwareUpdate.Install", vec![], "go"),
        ("vacuum", json!({}), "RvcOperationalState.GoHome", vec![], "return_to_base"),
        (
            "alarm_control_panel",
            json!({ "command_template": "{{ action }} {{ code }}" }),
            "AlarmPanel.Disarm",
            vec![("Code", text("1234"))],
            "DISARM 1234",
        ),
    ] {
        let mut config = config;
        config["state_topic"] = json!("s");
        config["command_topic"] = json!("c");
        let ear = one(component, config);
        assert_eq!(words(&ear, command, &args), pair("c", payload), "{component}");
    }
}

#[test]
fn events_tags_and_triggers_happen_once() {
    let mut ear =
        one("event", json!({ "state_topic": "s", "event_types": ["press"], "device_class": "doorbell" }));
    ear.heard("s", br#"{"event_type":"press"}"#, true, true);
    assert!(ear.occurred.is_empty());
    ear.hears_once("s", r#"{"event_type":"press"}"#);
    assert_eq!(ear.occurred[0].event, "Switch.InitialPress");
    let mut ear = one(
        "device_automation",
        json!({ "automation_type": "trigger", "topic": "s", "type": "button_long_press", "subtype": "button_1", "payload": "hold" }),
    );
    ear.hears_once("s", "other");
    ear.hears_once("s", "hold");
    assert_eq!(ear.occurred.len(), 1);
    assert_eq!(ear.occurred[0].event, "Switch.LongPress");
    let mut ear = one("tag", json!({ "topic": "s", "value_template": "{{ value_json.uid }}" }));
    ear.hears_once("s", r#"{"uid":"E9F35959"}"#);
    assert_eq!(ear.occurred[0].data["action"], "E9F35959");
}

impl Ear {
    fn try_fail(&self, id: &str) -> CannotSay {
        self.dialect.word(id, 1, "OnOff.On", &Default::default()).unwrap_err()
    }
}
