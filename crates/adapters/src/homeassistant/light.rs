//! Lights, in the three schemas that discovery has for them.

use lares_model::bounds::Bounds;
use serde_json::{Value as Json, json};

use super::components::range;
use super::entity::Entity;
use crate::convert::{Convert, Space};
use crate::wiring::{Order, Reads, Select};

const TEMPERATURE: &str = "ColorControl.ColorTemperature";
const TO_TEMPERATURE: &str = "ColorControl.MoveToColorTemperature";

pub(super) fn wire(entity: &mut Entity<'_>) {
    match entity.text_or("schema", "basic").as_str() {
        "json" => json_light(entity),
        "template" => template(entity),
        _ => basic(entity),
    }
    tones(entity);
}

/// How warm and how cold its white can be.
fn tones(entity: &mut Entity<'_>) {
    let kelvin = |mired: f64| (mired > 0.0).then(|| 1e6 / mired);
    let (warmest, coldest) = (entity.number("max_mireds"), entity.number("min_mireds"));
    let min = entity.number("min_kelvin").or_else(|| warmest.and_then(kelvin));
    let max = entity.number("max_kelvin").or_else(|| coldest.and_then(kelvin));
    entity.bound(white(min, max));
}

/// Mired are coarse: 370 of them are 2,702.7 K, and whoever wants 2,700 K means those.
pub(crate) fn white(min: Option<f64>, max: Option<f64>) -> Bounds {
    let min = min.map(|kelvin| (kelvin / 10.0).floor() * 10.0);
    let max = max.map(|kelvin| (kelvin / 10.0).ceil() * 10.0);
    Bounds { min, max, ..Bounds::of(TEMPERATURE) }
}

/// Mired, or kelvin where the light says so.
fn temperature(entity: &Entity<'_>) -> Convert {
    if entity.is_set("color_temp_kelvin") { Convert::same() } else { Convert::Inverse { product: 1e6 } }
}

fn basic(entity: &mut Entity<'_>) {
    entity.on_off("state_value_template");
    let level = range(0.0, entity.number_or("brightness_scale", 255.0));
    entity.reads(
        "brightness_state_topic",
        "brightness_value_template",
        "LevelControl.CurrentLevel",
        level.clone(),
    );
    entity.order_with(
        "brightness_command_topic",
        "brightness_command_template",
        "LevelControl.MoveToLevel",
        json!("$Level"),
        Some(("Level", level)),
    );
    let kelvin = temperature(entity);
    entity.reads("color_temp_state_topic", "color_temp_value_template", TEMPERATURE, kelvin.clone());
    let arg = Some(("ColorTemperature", kelvin));
    let body = json!("$ColorTemperature");
    entity.order_with("color_temp_command_topic", "color_temp_command_template", TO_TEMPERATURE, body, arg);
    colours(entity);
    if entity.topic("effect_command_topic").is_some() {
        entity.mode(
            ["effect_state_topic", "effect_value_template"],
            ["effect_command_topic", "effect_command_template"],
        );
        entity.choices("effect_list", "ModeSelect.CurrentMode");
    }
}

/// The first colour space that the light has is enough.
fn colours(entity: &mut Entity<'_>) {
    let spaces = [
        (Space::Hs, "hs_state_topic", "hs_value_template", "hs_command_topic", "hs_command_template", "$Hs"),
        (
            Space::Rgb,
            "rgb_state_topic",
            "rgb_value_template",
            "rgb_command_topic",
            "rgb_command_template",
            "$Rgb",
        ),
        (Space::Xy, "xy_state_topic", "xy_value_template", "xy_command_topic", "xy_command_template", "$Xy"),
    ];
    for (space, state, value_template, command, command_template, body) in spaces {
        if entity.topic(command).is_some() {
            let template = entity.text(value_template);
            entity.listens(state, template.map_or(Select::Whole, Select::Template), Reads::Colour(space));
            entity.order_colour(command, command_template, space, Json::from(body));
            return;
        }
    }
}

fn json_light(entity: &mut Entity<'_>) {
    let at = |pointer: &str| Select::At(pointer.to_owned());
    entity.reads_part("state_topic", at("/state"), "OnOff.OnOff", Convert::bools("ON", "OFF"));
    entity.order("command_topic", "", "OnOff.On", json!({ "state": "ON" }));
    entity.order("command_topic", "", "OnOff.Off", json!({ "state": "OFF" }));
    let modes = entity.list("supported_color_modes");
    let has = |names: &[&str]| modes.iter().any(|mode| names.contains(&mode.as_str()));
    let dims =
        entity.is_set("brightness") || (!modes.is_empty() && !modes.iter().all(|mode| mode == "onoff"));
    if dims {
        let level = range(0.0, entity.number_or("brightness_scale", 255.0));
        entity.reads_part("state_topic", at("/brightness"), "LevelControl.CurrentLevel", level.clone());
        let body = json!({ "state": "ON", "brightness": "$Level" });
        let arg = Some(("Level", level));
        entity.order_with("command_topic", "", "LevelControl.MoveToLevel", body, arg);
    }
    if entity.is_set("color_temp") || has(&["color_temp"]) {
        let kelvin = temperature(entity);
        entity.reads_part("state_topic", at("/color_temp"), TEMPERATURE, kelvin.clone());
        let body = json!({ "state": "ON", "color_temp": "$ColorTemperature" });
        entity.order_with("command_topic", "", TO_TEMPERATURE, body, Some(("ColorTemperature", kelvin)));
    }
    let colour = if entity.is_set("hs") || has(&["hs"]) {
        Some((Space::Hs, json!({ "h": "$Hue", "s": "$Saturation" })))
    } else if entity.is_set("rgb") || has(&["rgb", "rgbw", "rgbww"]) {
        Some((Space::Rgb, json!({ "r": "$Red", "g": "$Green", "b": "$Blue" })))
    } else if entity.is_set("xy") || has(&["xy"]) {
        Some((Space::Xy, json!({ "x": "$X", "y": "$Y" })))
    } else {
        None
    };
    if let Some((space, parts)) = colour {
        entity.listens("state_topic", at("/color"), Reads::Colour(space));
        entity.order_colour("command_topic", "", space, json!({ "state": "ON", "color": parts }));
    }
    if !entity.list("effect_list").is_empty() && entity.get("effect").is_some() {
        entity.reads_part("state_topic", at("/effect"), "ModeSelect.CurrentMode", Convert::Text);
        let order =
            Order::new(entity.endpoint, "ModeSelect.ChangeToMode", "", json!({ "effect": "$NewMode" }));
        entity.push("command_topic", "", order.with("NewMode", Convert::Text));
        entity.choices("effect_list", "ModeSelect.CurrentMode");
    }
}

fn template(entity: &mut Entity<'_>) {
    entity.reads("state_topic", "state_template", "OnOff.OnOff", Convert::bools("on", "off"));
    entity.order("command_topic", "command_on_template", "OnOff.On", json!(""));
    entity.order("command_topic", "command_off_template", "OnOff.Off", json!(""));
    if entity.get("brightness_template").is_some() {
        let level = range(0.0, 255.0);
        entity.reads("state_topic", "brightness_template", "LevelControl.CurrentLevel", level.clone());
        let arg = Some(("Level", level));
        entity.order_with(
            "command_topic",
            "command_on_template",
            "LevelControl.MoveToLevel",
            json!("$Level"),
            arg,
        );
    }
    if entity.get("color_temp_template").is_some() {
        let kelvin = temperature(entity);
        entity.reads("state_topic", "color_temp_template", TEMPERATURE, kelvin.clone());
        let arg = Some(("ColorTemperature", kelvin));
        let body = json!("$ColorTemperature");
        entity.order_with("command_topic", "command_on_template", TO_TEMPERATURE, body, arg);
    }
    let parts = ["red_template", "green_template", "blue_template"].map(|key| entity.text(key));
    if let [Some(red), Some(green), Some(blue)] = parts {
        let source = format!("{red},{green},{blue}");
        entity.listens("state_topic", Select::Template(source), Reads::Colour(Space::Rgb));
        entity.order_colour("command_topic", "command_on_template", Space::Rgb, json!("$Rgb"));
    }
}
