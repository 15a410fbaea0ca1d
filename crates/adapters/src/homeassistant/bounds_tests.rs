//! What an entity allows and asks for: lists, ranges, patterns and codes; parts that only take words or show pictures;
//! states that end by themselves; and what nothing is made of, which is kept.

use lares_model::Value;
use lares_model::bounds::Bounds;
use lares_model::dialect::Finding;
use serde_json::{Value as Json, json};

use super::tests::{announces, one, pair, words};
use crate::testing::{Ear, NOW, text};

fn bounds(ear: &Ear, of: &str) -> Bounds {
    let device = ear.description("unit12");
    let found = device.endpoints.iter().find_map(|endpoint| endpoint.bounds_of(of));
    found.unwrap_or_else(|| panic!("nothing bounds {of}: {device:#?}")).clone()
}

fn unknown(ear: &Ear) -> Vec<String> {
    ear.description("unit12").unknown.into_iter().map(|part| part.name).collect()
}

#[test]
fn a_select_has_its_list_and_a_number_its_range_and_step() {
    let ear = one("select", json!({ "command_topic": "s", "options": ["eco", "boost"] }));
    assert_eq!(bounds(&ear, "ModeSelect.CurrentMode").choices, ["eco", "boost"]);
    let ear = one("number", json!({ "cmd_t": "n", "min": -5, "max": 5, "step": 0.5 }));
    let own = bounds(&ear, "Number.Value");
    assert_eq!((own.min, own.max, own.step), (Some(-5.0), Some(5.0), Some(0.5)));
    // Home Assistant's own, where the entity says nothing.
    let own = bounds(&one("number", json!({ "command_topic": "n" })), "Number.Value");
    assert_eq!((own.min, own.max, own.step), (Some(1.0), Some(100.0), Some(1.0)));
    let ear = one("text", json!({ "command_topic": "t", "min": 2, "max": 8, "pattern": "[a-z]+$" }));
    let own = bounds(&ear, "Text.Value");
    assert_eq!((own.min, own.max, own.pattern.as_deref()), (Some(2.0), Some(8.0), Some("[a-z]+$")));
    assert!(unknown(&ear).is_empty());
}

#[test]
fn sensors_events_and_lights_keep_their_lists_and_ranges() {
    let ear = one("sensor", json!({ "state_topic": "s", "device_class": "enum", "options": ["dry", "wet"] }));
    assert_eq!(bounds(&ear, "State.Value").choices, ["dry", "wet"]);
    let ear = one("event", json!({ "state_topic": "e", "event_types": ["single", "double"] }));
    assert_eq!(bounds(&ear, "Switch.Action").choices, ["single", "double"]);
    let light = json!({ "schema": "json", "command_topic": "l", "state_topic": "l", "color_temp": true,
        "min_mireds": 153, "max_mireds": 370 });
    let own = bounds(&one("light", light), "ColorControl.ColorTemperature");
    assert_eq!((own.min, own.max), (Some(2_700.0), Some(6_540.0)));
}

#[test]
fn a_thermostat_keeps_its_modes_and_range_in_our_words_and_unit() {
    let climate = json!({ "temperature_command_topic": "c/t", "mode_command_topic": "c/m",
        "modes": ["off", "heat"], "min_temp": 41, "max_temp": 86, "temp_step": 1, "temperature_unit": "F",
        "preset_mode_command_topic": "c/p", "preset_modes": ["away", "home"] });
    let ear = one("climate", climate);
    assert_eq!(bounds(&ear, "Thermostat.SystemMode").choices, ["Off", "Heat"]);
    assert_eq!(bounds(&ear, "ModeSelect.CurrentMode").choices, ["away", "home"]);
    let own = bounds(&ear, "Thermostat.OccupiedHeatingSetpoint");
    assert_eq!((own.min, own.max, own.step), (Some(5.0), Some(30.0), None));
}

#[test]
fn a_lock_that_asks_for_a_code_gets_it_and_one_that_does_not_refuses_it() {
    let lock = json!({ "command_topic": "k", "state_topic": "k/s", "code_format": "^\\d{4}$",
        "command_template": "{\"action\":\"{{ value }}\",\"code\":\"{{ code }}\"}" });
    let ear = one("lock", lock);
    assert_eq!(bounds(&ear, "DoorLock.Code").pattern.as_deref(), Some("^\\d{4}$"));
    let said = words(&ear, "DoorLock.UnlockDoor", &[("Code", text("0042"))]);
    assert_eq!(said, pair("k", r#"{"action":"UNLOCK","code":"0042"}"#));
    assert_eq!(words(&ear, "DoorLock.LockDoor", &[]), pair("k", r#"{"action":"LOCK","code":""}"#));
    let plain = one("lock", json!({ "command_topic": "k", "state_topic": "k/s" }));
    assert_eq!(words(&plain, "DoorLock.LockDoor", &[]), pair("k", "LOCK"));
    let refused = plain.try_word("unit12", "it", "DoorLock.LockDoor", &[("Code", text("0042"))]).unwrap_err();
    assert!(refused.to_string().contains("takes no Code"), "{refused}");
    assert!(!refused.to_string().contains("0042"));
}

#[test]
fn a_template_that_fails_over_a_code_does_not_tell_it() {
    let lock = json!({ "command_topic": "k", "command_template": "{{ code | float }}" });
    let refused =
        one("lock", lock).try_word("unit12", "it", "DoorLock.LockDoor", &[("Code", text("sesame"))]);
    let reason = refused.unwrap_err().to_string();
    assert!(!reason.contains("sesame"), "{reason}");
}

#[test]
fn a_format_that_we_cannot_read_is_kept_and_shown() {
    let ear = one("lock", json!({ "command_topic": "k", "code_format": "^(?=x)$" }));
    assert_eq!(unknown(&ear), ["it: code_format"]);
    assert_eq!(words(&ear, "DoorLock.LockDoor", &[("Code", text("x"))]), pair("k", "LOCK"));
}

#[test]
fn an_alarm_panel_does_what_its_features_say() {
    let all = one("alarm_control_panel", json!({ "command_topic": "a", "state_topic": "a/s" }));
    for (command, word) in [
        ("AlarmPanel.ArmVacation", "ARM_VACATION"),
        ("AlarmPanel.ArmCustomBypass", "ARM_CUSTOM_BYPASS"),
        ("AlarmPanel.Trigger", "TRIGGER"),
        ("AlarmPanel.ArmHome", "ARM_HOME"),
    ] {
        assert_eq!(words(&all, command, &[]), pair("a", word), "{command}");
    }
    let config = json!({ "command_topic": "a", "state_topic": "a/s", "code": "REMOTE_CODE",
        "supported_features": ["arm_away", "trigger"],
        "command_template": "{\"action\":\"{{ action }}\",\"code\":\"{{ code }}\"}" });
    let some = one("alarm_control_panel", config);
    let said = words(&some, "AlarmPanel.Trigger", &[("Code", text("007"))]);
    assert_eq!(said, pair("a", r#"{"action":"TRIGGER","code":"007"}"#));
    assert!(some.try_word("unit12", "it", "AlarmPanel.ArmVacation", &[]).is_err());
    assert!(some.try_word("unit12", "it", "AlarmPanel.Disarm", &[]).is_ok());
    assert_eq!(bounds(&some, "AlarmPanel.Code").pattern.as_deref(), Some("\\d*$"));
}

#[test]
fn a_siren_sounds_as_asked_and_plainly_otherwise() {
    let ear = one(
        "siren",
        json!({ "command_topic": "w", "state_topic": "w/s", "available_tones": ["fire", "door"] }),
    );
    assert_eq!(bounds(&ear, "Siren.Tone").choices, ["fire", "door"]);
    let said = words(&ear, "Siren.Sound", &[("Tone", text("fire"))]);
    assert_eq!(said, pair("w", r#"{"state":"ON","tone":"fire"}"#));
    assert_eq!(words(&ear, "Siren.Sound", &[]), pair("w", r#"{"state":"ON"}"#));
    let mute = one("siren", json!({ "command_topic": "w" }));
    assert!(mute.try_word("unit12", "it", "Siren.Sound", &[("Tone", text("fire"))]).is_err());
}

#[test]
fn a_message_is_sent_and_pictures_are_parts_that_only_tell() {
    let ear = one(
        "notify",
        json!({ "command_topic": "tv/say", "command_template": "{\"text\":{{ value | tojson }}}" }),
    );
    let said = words(&ear, "Message.Send", &[("Text", text("dinner \"now\""))]);
    assert_eq!(said, pair("tv/say", r#"{"text":"dinner \"now\""}"#));
    let mut ear = one("camera", json!({ "topic": "cam/door", "image_encoding": "b64" }));
    assert!(unknown(&ear).is_empty());
    ear.hears("cam/door", [0xff, 0xd8, 0x00, 0x17]);
    assert_eq!(ear.value("unit12", "it/Picture.Bytes").as_f64(), Some(4.0));
    let mut ear = one("image", json!({ "url_topic": "door/url", "url_template": "{{ value_json.at }}" }));
    ear.hears("door/url", r#"{"at":"http://cam.home/1.jpg"}"#);
    assert_eq!(ear.value("unit12", "it/Picture.Address"), text("http://cam.home/1.jpg"));
    assert!(unknown(&ear).is_empty());
}

fn later(ear: &mut Ear, ms: i64) -> Vec<(Value, i64)> {
    let findings = ear.dialect.tick(NOW + ms);
    let readings = findings.into_iter().filter_map(|finding| match finding {
        Finding::Readings { readings, .. } => Some(readings),
        _ => None,
    });
    readings.flatten().map(|read| (read.value, read.time.unwrap().since_ms(NOW))).collect()
}

#[test]
fn motion_ends_by_itself_after_its_delay() {
    let config = json!({ "state_topic": "pir", "device_class": "motion", "off_delay": 30 });
    let mut ear = one("binary_sensor", config);
    assert!(unknown(&ear).is_empty());
    ear.hears("pir", "ON");
    assert_eq!(later(&mut ear, 29_999), []);
    assert_eq!(later(&mut ear, 30_000), [(Value::Bool(false), 30_000)]);
    assert_eq!(ear.value("unit12", "it/OccupancySensing.Occupancy"), Value::Bool(false));
    assert_eq!(later(&mut ear, 90_000), []);
    // Said to be over is over, and nothing is left to end.
    ear.hears("pir", "ON");
    ear.hears("pir", "OFF");
    assert_eq!(later(&mut ear, 90_000), []);
    // A device that is gone ends nothing.
    ear.hears("pir", "ON");
    ear.hears("homeassistant/binary_sensor/u12/it/config", "");
    assert_eq!(later(&mut ear, 90_000), []);
}

#[test]
fn attributes_and_resets_that_nothing_is_made_of_are_shown() {
    let config = json!({ "state_topic": "s", "unit_of_measurement": "kWh", "device_class": "energy",
        "state_class": "total", "last_reset_value_template": "{{ value_json.since }}",
        "json_attributes_topic": "s/attributes", "json_attributes_template": "{{ value_json.more | tojson }}" });
    let ear = one("sensor", config);
    let device = ear.description("unit12");
    let part =
        |name: &str| device.unknown.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(part("it: attributes").raw["topic"], json!("s/attributes"));
    assert_eq!(part("it: last_reset_value_template").raw, json!("{{ value_json.since }}"));
}

#[test]
fn bounds_follow_what_is_announced_anew() {
    let mut ear = one("select", json!({ "command_topic": "s", "options": ["eco"] }));
    let described = ear.described;
    announces(&mut ear, "select", "it", json!({ "command_topic": "s", "options": ["eco", "boost"] }));
    assert_eq!(ear.described, described + 1);
    assert_eq!(bounds(&ear, "ModeSelect.CurrentMode").choices, ["eco", "boost"]);
    // More choices than are kept: half a list would forbid what the device can.
    let many: Vec<Json> = (0..600).map(|number| json!(number.to_string())).collect();
    announces(&mut ear, "select", "it", json!({ "command_topic": "s", "options": many }));
    assert!(ear.description("unit12").endpoints[0].bounds.is_empty());
    assert_eq!(unknown(&ear), ["it: options"]);
}
