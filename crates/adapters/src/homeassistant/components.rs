//! The simple components of MQTT discovery. The others: `light.rs`, `openings.rs`, `air.rs`.

use lares_model::Value;
use lares_model::bounds::Bounds;
use serde_json::{Value as Json, json};

use super::PROFILE;
use super::entity::{Entity, words};
use super::{air, light, openings};
use crate::convert::Convert;
use crate::wiring::{Order, Reads, Select, Timer};

/// Wires an entity; `false` for a component that has no place in the catalogue.
pub(super) fn wire(component: &str, entity: &mut Entity<'_>) -> bool {
    match component {
        "sensor" => sensor(entity),
        "binary_sensor" => binary_sensor(entity),
        "switch" => entity.on_off("value_template"),
        "light" => light::wire(entity),
        "lock" => openings::lock(entity),
        "cover" => openings::cover(entity),
        "valve" => openings::valve(entity),
        "climate" => air::climate(entity),
        "water_heater" => air::water_heater(entity),
        "humidifier" => air::humidifier(entity),
        "fan" => air::fan(entity),
        "number" => number(entity),
        "select" => {
            entity.mode(["state_topic", "value_template"], ["command_topic", "command_template"]);
            entity.choices("options", "ModeSelect.CurrentMode");
        }
        "text" => text(entity),
        "button" => {
            let press = entity.text_or("payload_press", "PRESS");
            entity.order("command_topic", "command_template", "Button.Press", Json::from(press));
        }
        "scene" => {
            let on = entity.text_or("payload_on", "ON");
            entity.order("command_topic", "command_template", "Scene.Recall", Json::from(on));
        }
        "update" => update(entity),
        "event" => event(entity),
        "tag" => tag(entity),
        "device_automation" => device_automation(entity),
        "siren" => siren(entity),
        "alarm_control_panel" => alarm_control_panel(entity),
        "device_tracker" => device_tracker(entity),
        "vacuum" => vacuum(entity),
        "lawn_mower" => lawn_mower(entity),
        "notify" => notify(entity),
        "camera" => picture(entity, "topic"),
        "image" => {
            picture(entity, "image_topic");
            entity.reads("url_topic", "url_template", "Picture.Address", Convert::Text);
        }
        _ => return false,
    }
    true
}

fn sensor(entity: &mut Entity<'_>) {
    let class = entity.text_or("device_class", "");
    let unit = entity.text_or("unit_of_measurement", "");
    let numeric = !unit.is_empty()
        || entity.get("state_class").is_some()
        || PROFILE.named_number(&class, "").is_some()
        || entity.get("suggested_display_precision").is_some();
    if !numeric {
        entity.reads("state_topic", "value_template", "State.Value", Convert::Text);
        entity.choices("options", "State.Value");
        return;
    }
    let number = PROFILE.number(&class, &unit);
    entity.made.unit = number.unit;
    entity.reads("state_topic", "value_template", &number.attribute, number.convert);
}

fn binary_sensor(entity: &mut Entity<'_>) {
    let class = entity.text_or("device_class", "");
    let (on, off) = (entity.text_or("payload_on", "ON"), entity.text_or("payload_off", "OFF"));
    let (attribute, convert) = PROFILE
        .two_state(&class, &on, &off)
        .unwrap_or_else(|| ("State.Value".to_owned(), words(&[(&on, "on"), (&off, "off")])));
    if let (Some(seconds), Ok(Some(from)), Ok(Some(to))) =
        (entity.number("off_delay"), convert.read(&Json::from(on)), convert.read(&Json::from(off)))
        && seconds >= 0.0
    {
        let after_ms = (seconds.min(OFF_DELAY_MAX_S) * 1_000.0) as i64;
        let (endpoint, attribute) = (entity.endpoint, attribute.clone());
        entity.made.timers.push(Timer { endpoint, attribute, from, after_ms, to });
    }
    entity.reads("state_topic", "value_template", &attribute, convert);
}

const OFF_DELAY_MAX_S: f64 = 7.0 * 24.0 * 3_600.0;

fn number(entity: &mut Entity<'_>) {
    entity.text("mode");
    entity.made.unit = entity.text("unit_of_measurement");
    entity.reads("state_topic", "value_template", "Number.Value", Convert::same());
    let arg = Some(("Value", Convert::same()));
    entity.order_with("command_topic", "command_template", "Number.SetValue", json!("$Value"), arg);
    let (min, max) = (entity.number_or("min", 1.0), entity.number_or("max", 100.0));
    let (min, max, step) = (Some(min), Some(max), Some(entity.number_or("step", 1.0)));
    entity.bound(Bounds { min, max, step, ..Bounds::of("Number.Value") });
}

fn text(entity: &mut Entity<'_>) {
    entity.text("mode");
    entity.reads("state_topic", "value_template", "Text.Value", Convert::Text);
    let arg = Some(("Text", Convert::Text));
    entity.order_with("command_topic", "command_template", "Text.SetText", json!("$Text"), arg);
    let (min, max) = (entity.number("min"), entity.number("max"));
    let pattern = entity.pattern("pattern", "Text.Value");
    entity.bound(Bounds { min, max, pattern, ..Bounds::of("Text.Value") });
}

/// Words for people: said to the device, which says nothing back.
fn notify(entity: &mut Entity<'_>) {
    let arg = Some(("Text", Convert::Text));
    entity.order_with("command_topic", "command_template", "Message.Send", json!("$Text"), arg);
}

/// How large the newest picture is, and by that when it came; the picture itself is not kept.
fn picture(entity: &mut Entity<'_>, topic: &'static str) {
    entity.text("image_encoding");
    entity.text("content_type");
    entity.reads_part(topic, Select::Size, "Picture.Bytes", Convert::same());
}

fn update(entity: &mut Entity<'_>) {
    for (pointer, attribute, plain) in [
        ("/installed_version", "SoftwareUpdate.InstalledVersion", true),
        ("/latest_version", "SoftwareUpdate.LatestVersion", false),
        ("/in_progress", "SoftwareUpdate.Installing", false),
    ] {
        let convert =
            if attribute.ends_with("Installing") { Convert::bools("true", "false") } else { Convert::Text };
        entity.reads_json("state_topic", "value_template", pointer, plain, (attribute, convert));
    }
    let latest = ("SoftwareUpdate.LatestVersion", Convert::Text);
    entity.reads_json("latest_version_topic", "latest_version_template", "/latest_version", true, latest);
    if let Some(install) = entity.text("payload_install") {
        entity.order("command_topic", "command_template", "SoftwareUpdate.Install", Json::from(install));
    }
}

fn event(entity: &mut Entity<'_>) {
    let template = entity.text("value_template");
    let select = Select::Part { template, pointer: "/event_type".to_owned(), plain: false };
    entity.listens("state_topic", select, Reads::Action { when: None, word: None });
    entity.choices("event_types", "Switch.Action");
}

fn tag(entity: &mut Entity<'_>) {
    let template = entity.text("value_template");
    entity.listens(
        "topic",
        template.map_or(Select::Whole, Select::Template),
        Reads::Action { when: None, word: None },
    );
}

/// A trigger: its own payload on its topic, or any where it names none.
fn device_automation(entity: &mut Entity<'_>) {
    let words = [entity.text_or("type", ""), entity.text_or("subtype", "")];
    let word = words.join(" ").trim().to_owned();
    let template = entity.text("value_template");
    let when = entity.text("payload").filter(|payload| !payload.is_empty());
    entity.listens(
        "topic",
        template.map_or(Select::Whole, Select::Template),
        Reads::Action { when, word: Some(word) },
    );
}

fn siren(entity: &mut Entity<'_>) {
    let (on, off) = (entity.text_or("payload_on", "ON"), entity.text_or("payload_off", "OFF"));
    let (state_on, state_off) = (entity.text_or("state_on", &on), entity.text_or("state_off", &off));
    let convert = Convert::bools(&state_on, &state_off);
    entity.reads_json("state_topic", "state_value_template", "/state", true, ("Siren.Sounding", convert));
    let off_template = if entity.get("command_off_template").is_some() {
        "command_off_template"
    } else {
        "command_template"
    };
    let has_tones = !entity.list("available_tones").is_empty();
    for (command, word, template) in
        [("Siren.Sound", on, "command_template"), ("Siren.Silence", off, off_template)]
    {
        let sounds_as = Some(("Tone", Convert::Text)).filter(|_| has_tones && command == "Siren.Sound");
        // Without a template a siren is spoken to in JSON.
        let body = match (entity.get(template).is_some(), &sounds_as) {
            (true, _) => Json::from(word),
            (false, Some(_)) => json!({ "state": word, "tone": "$?Tone" }),
            (false, None) => json!({ "state": word }),
        };
        entity.order_with("command_topic", template, command, body, sounds_as);
    }
    entity.choices("available_tones", "Siren.Tone");
}

fn alarm_control_panel(entity: &mut Entity<'_>) {
    let states = words(&[
        ("disarmed", "Disarmed"),
        ("armed_home", "ArmedHome"),
        ("armed_away", "ArmedAway"),
        ("armed_night", "ArmedNight"),
        ("armed_vacation", "ArmedVacation"),
        ("armed_custom_bypass", "ArmedCustom"),
        ("arming", "Arming"),
        ("disarming", "Disarming"),
        ("pending", "Pending"),
        ("triggered", "Triggered"),
    ]);
    entity.reads("state_topic", "value_template", "AlarmPanel.State", states);
    // Without a list a panel can all of it, as Home Assistant takes it.
    let features = entity.get("supported_features").is_some().then(|| entity.list("supported_features"));
    for (command, key, default, feature) in [
        ("AlarmPanel.ArmHome", "payload_arm_home", "ARM_HOME", "arm_home"),
        ("AlarmPanel.ArmAway", "payload_arm_away", "ARM_AWAY", "arm_away"),
        ("AlarmPanel.ArmNight", "payload_arm_night", "ARM_NIGHT", "arm_night"),
        ("AlarmPanel.ArmVacation", "payload_arm_vacation", "ARM_VACATION", "arm_vacation"),
        ("AlarmPanel.ArmCustomBypass", "payload_arm_custom_bypass", "ARM_CUSTOM_BYPASS", "arm_custom_bypass"),
        ("AlarmPanel.Trigger", "payload_trigger", "TRIGGER", "trigger"),
        ("AlarmPanel.Disarm", "payload_disarm", "DISARM", ""),
    ] {
        let word = entity.text_or(key, default);
        let can = feature.is_empty()
            || features.as_ref().is_none_or(|features| features.iter().any(|known| known == feature));
        if !can {
            continue;
        }
        let arg = Some(("Code", Convert::Text));
        entity.order_with("command_topic", "command_template", command, Json::from(word), arg);
    }
    if entity.text("code").as_deref() == Some("REMOTE_CODE") {
        entity.bound(Bounds { pattern: Some(r"\d*$".to_owned()), ..Bounds::of("AlarmPanel.Code") });
    }
}

fn device_tracker(entity: &mut Entity<'_>) {
    let home = entity.text_or("payload_home", "home");
    let away = entity.text_or("payload_not_home", "not_home");
    if home == "home" && away == "not_home" {
        entity.reads("state_topic", "value_template", "Tracker.Zone", Convert::Text);
    } else {
        let zones = words(&[(&home, "home"), (&away, "not_home")]);
        entity.reads("state_topic", "value_template", "Tracker.Zone", zones);
    }
}

const ROBOT: [(&str, &str); 8] = [
    ("cleaning", "Running"),
    ("mowing", "Running"),
    ("docked", "Docked"),
    ("paused", "Paused"),
    ("idle", "Stopped"),
    ("stopped", "Stopped"),
    ("returning", "SeekingCharger"),
    ("error", "Error"),
];

fn vacuum(entity: &mut Entity<'_>) {
    let at = |pointer: &str| Select::At(pointer.to_owned());
    entity.reads_part("state_topic", at("/state"), "RvcOperationalState.OperationalState", words(&ROBOT));
    let battery = entity.topic("state_topic").is_some();
    if battery {
        entity.reads_part(
            "state_topic",
            at("/battery_level"),
            "PowerSource.BatPercentRemaining",
            Convert::same(),
        );
    }
    if !entity.list("fan_speed_list").is_empty() {
        entity.reads_part("state_topic", at("/fan_speed"), "ModeSelect.CurrentMode", Convert::Text);
        let order = Order::new(entity.endpoint, "ModeSelect.ChangeToMode", "", json!("$NewMode"));
        entity.push("set_fan_speed_topic", "", order.with("NewMode", Convert::Text));
        entity.choices("fan_speed_list", "ModeSelect.CurrentMode");
    }
    for (command, key, default) in [
        ("RvcOperationalState.Start", "payload_start", "start"),
        ("RvcOperationalState.Pause", "payload_pause", "pause"),
        ("RvcOperationalState.Stop", "payload_stop", "stop"),
        ("RvcOperationalState.GoHome", "payload_return_to_base", "return_to_base"),
        ("Identify.Identify", "payload_locate", "locate"),
    ] {
        let word = entity.text_or(key, default);
        entity.order("command_topic", "", command, Json::from(word));
    }
}

fn lawn_mower(entity: &mut Entity<'_>) {
    entity.reads(
        "activity_state_topic",
        "activity_value_template",
        "RvcOperationalState.OperationalState",
        words(&ROBOT),
    );
    for (topic, template, command, word) in [
        ("start_mowing_command_topic", "start_mowing_command_template", "Start", "start_mowing"),
        ("pause_command_topic", "pause_command_template", "Pause", "pause"),
        ("dock_command_topic", "dock_command_template", "GoHome", "dock"),
    ] {
        entity.order(topic, template, &format!("RvcOperationalState.{command}"), Json::from(word));
    }
}

/// A percentage of the catalogue in the range of the device; both ends may be the larger one.
pub(super) fn range(zero: f64, hundred: f64) -> Convert {
    if zero == hundred { Convert::same() } else { Convert::percent(zero, hundred) }
}

/// Off and on as one number for what can only be one of both.
pub(super) fn ends(zero: &str, hundred: &str) -> Convert {
    Convert::words([(zero, Value::Number(0.0)), (hundred, Value::Number(100.0))])
}
