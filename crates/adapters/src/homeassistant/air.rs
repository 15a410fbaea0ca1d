//! What heats, cools, moistens and moves air, and heats water.

use lares_model::Value;
use lares_model::bounds::Bounds;
use serde_json::{Value as Json, json};

use super::components::range;
use super::entity::{Entity, words};
use crate::convert::Convert;

const MODES: [(&str, &str); 7] = [
    ("off", "Off"),
    ("auto", "Auto"),
    ("heat_cool", "Auto"),
    ("cool", "Cool"),
    ("heat", "Heat"),
    ("dry", "Dry"),
    ("fan_only", "FanOnly"),
];
const ACTIONS: [(&str, &str); 8] = [
    ("off", "Idle"),
    ("idle", "Idle"),
    ("fan", "Idle"),
    ("drying", "Idle"),
    ("defrosting", "Idle"),
    ("heating", "Heating"),
    ("preheating", "Heating"),
    ("cooling", "Cooling"),
];

fn celsius(entity: &Entity<'_>) -> Convert {
    let unit = entity.text_or("temperature_unit", "C");
    crate::profile::conversion(&unit, "degC").unwrap_or_else(Convert::same)
}

pub(super) fn climate(entity: &mut Entity<'_>) {
    let wanted = entity.list("modes");
    let known = |word: &&(&str, &str)| wanted.is_empty() || wanted.iter().any(|mode| mode == word.0);
    let modes: Vec<(&str, &str)> = MODES.iter().filter(known).copied().collect();
    entity.reads("mode_state_topic", "mode_state_template", "Thermostat.SystemMode", words(&MODES));
    entity.order_with(
        "mode_command_topic",
        "mode_command_template",
        "Thermostat.SetSystemMode",
        json!("$SystemMode"),
        Some(("SystemMode", words(&modes))),
    );
    entity.reads("action_topic", "action_template", "Thermostat.RunningState", words(&ACTIONS));
    temperatures(entity);
    power(entity);
    let fan: Vec<String> = entity.list("fan_modes");
    entity.reads(
        "fan_mode_state_topic",
        "fan_mode_state_template",
        "FanControl.FanMode",
        fan_modes(entity, &fan),
    );
    let arg = Some(("FanMode", fan_modes(entity, &fan)));
    let body = json!("$FanMode");
    entity.order_with(
        "fan_mode_command_topic",
        "fan_mode_command_template",
        "FanControl.SetFanMode",
        body,
        arg,
    );
    presets(entity);
    allowed_modes(entity, &modes, &fan);
    let humidity = "RelativeHumidityMeasurement.MeasuredValue";
    entity.reads("current_humidity_topic", "current_humidity_template", humidity, Convert::same());
}

/// What Home Assistant's words for modes are in the catalogue's.
fn allowed_modes(entity: &mut Entity<'_>, modes: &[(&str, &str)], fan: &[String]) {
    if entity.get("modes").is_some() {
        let mut choices: Vec<String> = Vec::new();
        for (_, ours) in modes {
            if !choices.iter().any(|known| known == ours) {
                choices.push((*ours).to_owned());
            }
        }
        entity.bound(Bounds { choices, ..Bounds::of("Thermostat.SystemMode") });
    }
    let Convert::Words(words) = fan_modes(entity, fan) else { return };
    let choices = words.into_iter().map(|(_, value)| value.to_string()).filter(|word| !word.is_empty());
    entity.bound(Bounds { choices: choices.collect(), ..Bounds::of("FanControl.FanMode") });
}

fn presets(entity: &mut Entity<'_>) {
    entity.mode(
        ["preset_mode_state_topic", "preset_mode_value_template"],
        ["preset_mode_command_topic", "preset_mode_command_template"],
    );
    entity.choices("preset_modes", "ModeSelect.CurrentMode");
}

/// The set point's range; a step is a difference, so that only the unit's factor counts.
fn allowed_temperatures(entity: &mut Entity<'_>, convert: &Convert) {
    let ours = |number: f64| convert.read(&Json::from(number)).ok().flatten().and_then(|it| it.as_f64());
    let (min, max) = (entity.number("min_temp").and_then(ours), entity.number("max_temp").and_then(ours));
    let scale = ours(1.0).zip(ours(0.0)).map_or(1.0, |(one, zero)| one - zero);
    let step = entity.number("temp_step").map(|step| step * scale);
    // Where the device counts in Fahrenheit, half a degree of ours is none of its steps.
    let step = step.filter(|_| scale == 1.0);
    for of in ["Thermostat.OccupiedHeatingSetpoint", "Thermostat.OccupiedCoolingSetpoint"] {
        entity.bound(Bounds { min, max, step, ..Bounds::of(of) });
    }
}

fn temperatures(entity: &mut Entity<'_>) {
    let convert = celsius(entity);
    allowed_temperatures(entity, &convert);
    entity.reads(
        "current_temperature_topic",
        "current_temperature_template",
        "Thermostat.LocalTemperature",
        convert.clone(),
    );
    for (state, template, command, command_template, name) in [
        (
            "temperature_state_topic",
            "temperature_state_template",
            "temperature_command_topic",
            "temperature_command_template",
            "OccupiedHeatingSetpoint",
        ),
        (
            "temperature_low_state_topic",
            "temperature_low_state_template",
            "temperature_low_command_topic",
            "temperature_low_command_template",
            "OccupiedHeatingSetpoint",
        ),
        (
            "temperature_high_state_topic",
            "temperature_high_state_template",
            "temperature_high_command_topic",
            "temperature_high_command_template",
            "OccupiedCoolingSetpoint",
        ),
    ] {
        entity.reads(state, template, &format!("Thermostat.{name}"), convert.clone());
        let arg = Some(("Setpoint", convert.clone()));
        entity.order_with(
            command,
            command_template,
            &format!("Thermostat.Set{name}"),
            json!("$Setpoint"),
            arg,
        );
    }
}

fn power(entity: &mut Entity<'_>) {
    let (on, off) = (entity.text_or("payload_on", "ON"), entity.text_or("payload_off", "OFF"));
    for (command, word) in [("OnOff.On", on), ("OnOff.Off", off)] {
        entity.order("power_command_topic", "power_command_template", command, Json::from(word));
    }
}

/// The device's words for Matter's fan modes; its other words say nothing that we have a name for.
fn fan_modes(entity: &Entity<'_>, list: &[String]) -> Convert {
    let mut modes = list.to_vec();
    if modes.is_empty() && entity.topic("fan_mode_command_topic").is_some() {
        modes = ["auto", "low", "medium", "high"].map(str::to_owned).to_vec();
    }
    let known = ["Off", "Low", "Medium", "High", "On", "Auto", "Smart"];
    let value = |word: &String| {
        let name = known.into_iter().find(|name| name.eq_ignore_ascii_case(word)).unwrap_or_default();
        (word.clone(), Value::Text(name.to_owned()))
    };
    Convert::Words(modes.iter().map(value).collect())
}

pub(super) fn water_heater(entity: &mut Entity<'_>) {
    temperatures(entity);
    power(entity);
    entity.mode(["mode_state_topic", "mode_state_template"], ["mode_command_topic", "mode_command_template"]);
    entity.choices("modes", "ModeSelect.CurrentMode");
}

pub(super) fn humidifier(entity: &mut Entity<'_>) {
    entity.on_off("state_value_template");
    entity.made.unit = Some("%".to_owned());
    entity.reads(
        "target_humidity_state_topic",
        "target_humidity_state_template",
        "Number.Value",
        Convert::same(),
    );
    let arg = Some(("Value", Convert::same()));
    let template = "target_humidity_command_template";
    entity.order_with("target_humidity_command_topic", template, "Number.SetValue", json!("$Value"), arg);
    let humidity = "RelativeHumidityMeasurement.MeasuredValue";
    entity.reads("current_humidity_topic", "current_humidity_template", humidity, Convert::same());
    entity.mode(["mode_state_topic", "mode_state_template"], ["mode_command_topic", "mode_command_template"]);
    entity.choices("modes", "ModeSelect.CurrentMode");
    let (min, max) = (entity.number("min_humidity"), entity.number("max_humidity"));
    entity.bound(Bounds { min, max, ..Bounds::of("Number.Value") });
}

pub(super) fn fan(entity: &mut Entity<'_>) {
    entity.on_off("state_value_template");
    // The lowest speed is not off: nothing is below it.
    let speed =
        range(entity.number_or("speed_range_min", 1.0) - 1.0, entity.number_or("speed_range_max", 100.0));
    entity.reads(
        "percentage_state_topic",
        "percentage_value_template",
        "FanControl.PercentSetting",
        speed.clone(),
    );
    entity.order_with(
        "percentage_command_topic",
        "percentage_command_template",
        "FanControl.SetPercentSetting",
        json!("$PercentSetting"),
        Some(("PercentSetting", speed)),
    );
    let direction = words(&[("forward", "Forward"), ("reverse", "Reverse")]);
    let (topic, template) = ("direction_state_topic", "direction_value_template");
    entity.reads(topic, template, "FanControl.AirflowDirection", direction.clone());
    entity.order_with(
        "direction_command_topic",
        "direction_command_template",
        "FanControl.SetAirflowDirection",
        json!("$AirflowDirection"),
        Some(("AirflowDirection", direction)),
    );
    presets(entity);
}
