//! Zigbee2MQTT: `fixtures/home.txt` is what 2.14 published with four devices and a group; `catalogue.json` has entries
//! with the exposes of ten real converters.

use lares_model::Value;
use lares_model::dialect::CannotSay;
use serde_json::{Value as Json, json};

use crate::testing::{Ear, number, text};

const LAMP: &str = "0x00158d0000000002";
const CLIMATE: &str = "0x00158d0000000001";
const PLUG: &str = "0x00158d0000000003";
const DOOR: &str = "0x00158d0000000004";

fn home() -> Ear {
    let mut ear = Ear::of("zigbee2mqtt");
    ear.hears_all(include_str!("fixtures/home.txt"));
    ear
}

fn catalogue() -> Ear {
    let mut ear = Ear::of("zigbee2mqtt");
    ear.hears("home/zb/bridge/devices", include_str!("fixtures/catalogue.json"));
    ear
}

fn id(ear: &Ear, name: &str) -> String {
    let entries: Vec<Json> = serde_json::from_str(include_str!("fixtures/catalogue.json")).unwrap();
    let entry = entries.iter().find(|entry| entry["friendly_name"] == name).unwrap();
    let id = entry["ieee_address"].as_str().unwrap().to_owned();
    assert!(ear.knows(&id));
    id
}

fn words(ear: &Ear, name: &str, endpoint: &str, command: &str, args: &[(&str, Value)]) -> Json {
    let says = ear.words(&id(ear, name), endpoint, command, args);
    assert_eq!((says.len(), says[0].0.clone()), (1, format!("home/zb/{name}/set")));
    serde_json::from_str(&says[0].1).unwrap()
}

#[test]
fn a_real_home_is_described_and_read() {
    let ear = home();
    assert_eq!(ear.rejected, Vec::<String>::new());
    assert_eq!(ear.value(LAMP, "0/OnOff.OnOff"), Value::Bool(true));
    assert_eq!(ear.value(LAMP, "0/LevelControl.CurrentLevel"), number(50.393700787));
    assert_eq!(ear.value(CLIMATE, "0/TemperatureMeasurement.MeasuredValue"), number(22.55));
    assert_eq!(ear.value(CLIMATE, "0/RelativeHumidityMeasurement.MeasuredValue"), number(50.12));
    assert_eq!(ear.value(PLUG, "0/ElectricalPowerMeasurement.ActivePower"), number(57.0));
    assert_eq!(ear.value(PLUG, "0/ElectricalEnergyMeasurement.CumulativeEnergyImported"), number(12_400.0));
    assert_eq!(ear.value(DOOR, "0/BooleanState.StateValue"), Value::Bool(false));
    assert_eq!(ear.value(DOOR, "0/PowerSource.BatChargeLevel"), text("OK"));
    let lamp = ear.description(LAMP);
    assert_eq!((lamp.name.as_str(), lamp.vendor.as_str()), ("kitchen/lamp", "IKEA"));
    assert_eq!(lamp.via.as_deref(), Some("0x00124b00000000ff"));
    assert_eq!(ear.online(LAMP), Some(true));
    assert_eq!(
        ear.words(LAMP, "0", "LevelControl.MoveToLevel", &[("Level", number(50.0))]),
        [("zigbee2mqtt/kitchen/lamp/set".to_owned(), r#"{"brightness":127}"#.to_owned())]
    );
    // Mains-powered devices with a state are asked for it, others are left to sleep.
    let asked: Vec<&str> = ear.said.iter().map(|say| say.topic.as_str()).collect();
    assert_eq!(asked, ["zigbee2mqtt/kitchen/lamp/get", "zigbee2mqtt/0x00158d0000000003/get"]);
}

#[test]
fn a_group_is_a_device_of_its_own() {
    let ear = home();
    let id = "zigbee2mqtt:group:7";
    assert_eq!(ear.description(id).name, "all lamps");
    assert_eq!(ear.value(id, "0/OnOff.OnOff"), Value::Bool(true));
    let says = ear.words(id, "0", "OnOff.Off", &[]);
    assert_eq!(says, [("zigbee2mqtt/all lamps/set".to_owned(), r#"{"state":"OFF"}"#.to_owned())]);
}

#[test]
fn a_friendly_name_with_slashes_is_matched_and_a_rename_keeps_the_device() {
    let mut ear = home();
    let line =
        include_str!("fixtures/home.txt").lines().find(|line| line.contains("bridge/devices")).unwrap();
    let (topic, payload) = line.split_once('\t').unwrap();
    ear.hears(topic, payload.replace("kitchen/lamp", "up/stairs/lamp"));
    assert_eq!(ear.gone, Vec::<String>::new());
    assert_eq!(ear.description(LAMP).name, "up/stairs/lamp");
    ear.hears("zigbee2mqtt/up/stairs/lamp", r#"{"state":"OFF"}"#);
    assert_eq!(ear.value(LAMP, "0/OnOff.OnOff"), Value::Bool(false));
    ear.hears("zigbee2mqtt/kitchen/lamp", r#"{"state":"ON"}"#);
    assert_eq!(ear.value(LAMP, "0/OnOff.OnOff"), Value::Bool(false));
}

#[test]
fn a_device_that_left_is_gone_and_so_is_one_put_aside() {
    let mut ear = home();
    let line =
        include_str!("fixtures/home.txt").lines().find(|line| line.contains("bridge/devices")).unwrap();
    let (topic, payload) = line.split_once('\t').unwrap();
    let mut entries: Vec<Json> = serde_json::from_str(payload).unwrap();
    entries.retain(|entry| entry["ieee_address"] != CLIMATE);
    for entry in &mut entries {
        if entry["ieee_address"] == PLUG {
            entry["disabled"] = json!(true);
        }
    }
    ear.hears(topic, serde_json::to_vec(&entries).unwrap());
    ear.gone.sort();
    assert_eq!(ear.gone, [CLIMATE, PLUG]);
}

#[test]
fn availability_is_plain_or_json_and_may_come_before_the_devices() {
    let mut ear = Ear::of("zigbee2mqtt");
    ear.hears("home/zb/front door/availability", "offline");
    ear.hears("home/zb/bridge/state", "online");
    ear.hears("home/zb/bridge/devices", include_str!("fixtures/catalogue.json"));
    let door = id(&ear, "front door");
    assert_eq!(ear.online(&door), Some(false));
    assert_eq!(ear.online(&id(&ear, "blind")), Some(true));
    ear.hears("home/zb/front door/availability", r#"{"state":"online"}"#);
    assert_eq!(ear.online(&door), Some(true));
    ear.hears("home/zb/bridge/state", r#"{"state":"offline"}"#);
    assert_eq!(ear.online(&door), Some(false));
}

#[test]
fn a_state_that_was_retained_before_its_device_is_not_lost() {
    let mut ear = Ear::of("zigbee2mqtt");
    ear.hears("home/zb/leak", r#"{"water_leak":true,"battery":77}"#);
    ear.hears("home/zb/bridge/devices", include_str!("fixtures/catalogue.json"));
    let leak = id(&ear, "leak");
    assert_eq!(ear.value(&leak, "0/BooleanState.StateValue"), Value::Bool(true));
    assert_eq!(ear.value(&leak, "0/PowerSource.BatPercentRemaining"), number(77.0));
}

#[test]
fn a_lock_says_who_came_and_takes_codes() {
    let mut ear = catalogue();
    let door = id(&ear, "front door");
    ear.hears_once("home/zb/front door", r#"{"state":"LOCK","lock_state":"locked","battery":90}"#);
    assert_eq!(ear.value(&door, "0/DoorLock.LockState"), text("Locked"));
    let entry =
        r#"{"action":"unlock","action_source_name":"keypad","action_user":3,"lock_state":"unlocked"}"#;
    ear.hears_once("home/zb/front door", entry);
    let unlocked = ear.occurred.last().unwrap();
    assert_eq!((unlocked.event.as_str(), unlocked.endpoint), ("DoorLock.LockOperation", 0));
    assert_eq!(
        Json::Object(unlocked.data.clone()),
        json!({ "action": "unlock", "operation": "Unlock", "source": "Keypad", "user": 3 })
    );
    ear.hears_once("home/zb/front door", r#"{"action":"unlock_failure_invalid_pin_or_id"}"#);
    assert_eq!(ear.occurred.last().unwrap().event, "DoorLock.LockOperationError");
    let before = ear.occurred.len();
    ear.heard("home/zb/front door", entry.as_bytes(), true, true);
    assert_eq!(ear.occurred.len(), before, "what is replayed does not happen again");

    assert_eq!(words(&ear, "front door", "0", "DoorLock.LockDoor", &[]), json!({ "state": "LOCK" }));
    let args = [("UserIndex", Value::Integer(4)), ("Pin", text("0042"))];
    assert_eq!(
        words(&ear, "front door", "0", "DoorLock.SetCredential", &args),
        json!({ "pin_code": { "user": 4, "user_type": "unrestricted", "user_enabled": true, "pin_code": "0042" } })
    );
    let user = [("UserIndex", Value::Integer(4))];
    assert_eq!(
        words(&ear, "front door", "0", "DoorLock.ClearCredential", &user),
        json!({ "pin_code": { "user": 4 } })
    );
}

#[test]
fn endpoints_that_are_named_or_counted_are_parts() {
    let mut ear = catalogue();
    ear.hears_once("home/zb/hall/switch", r#"{"state_left":"ON","state_right":"OFF"}"#);
    let switch = id(&ear, "hall/switch");
    assert_eq!(ear.value(&switch, "left/OnOff.OnOff"), Value::Bool(true));
    assert_eq!(ear.value(&switch, "right/OnOff.OnOff"), Value::Bool(false));
    assert_eq!(words(&ear, "hall/switch", "right", "OnOff.Toggle", &[]), json!({ "state_right": "TOGGLE" }));

    ear.hears_once(
        "home/zb/meter",
        r#"{"power_a":10,"power_b":20,"power":30,"energy":1.5,"produced_energy":0.5,"power_factor":95}"#,
    );
    let meter = id(&ear, "meter");
    assert_eq!(ear.value(&meter, "a/ElectricalPowerMeasurement.ActivePower"), number(10.0));
    assert_eq!(ear.value(&meter, "0/ElectricalPowerMeasurement.ActivePower"), number(30.0));
    assert_eq!(ear.value(&meter, "0/ElectricalPowerMeasurement.PowerFactor"), number(0.95));
    assert_eq!(ear.value(&meter, "0/ElectricalEnergyMeasurement.CumulativeEnergyExported"), number(500.0));
}

#[test]
fn covers_are_open_at_zero_here() {
    let mut ear = catalogue();
    ear.hears_once("home/zb/blind", r#"{"position":80,"motor_state":"opening"}"#);
    let blind = id(&ear, "blind");
    assert_eq!(ear.value(&blind, "0/WindowCovering.CurrentPositionLiftPercent"), number(20.0));
    assert_eq!(ear.value(&blind, "0/WindowCovering.OperationalStatus"), text("Opening"));
    let args = [("LiftPercent", number(100.0))];
    assert_eq!(
        words(&ear, "blind", "0", "WindowCovering.GoToLiftPercentage", &args),
        json!({ "position": 0 })
    );
    assert_eq!(words(&ear, "blind", "0", "WindowCovering.StopMotion", &[]), json!({ "state": "STOP" }));
}

#[test]
fn a_radiator_valve_is_a_thermostat_and_its_settings_are_parts() {
    let mut ear = catalogue();
    ear.hears_once(
        "home/zb/radiator",
        r#"{"occupied_heating_setpoint":21,"local_temperature":19.5,"system_mode":"heat","running_state":"heat","pi_heating_demand":40,"child_lock":"UNLOCK","local_temperature_calibration":-1.5}"#,
    );
    assert_eq!(ear.rejected, Vec::<String>::new());
    let radiator = id(&ear, "radiator");
    assert_eq!(ear.value(&radiator, "0/Thermostat.OccupiedHeatingSetpoint"), number(21.0));
    assert_eq!(ear.value(&radiator, "0/Thermostat.RunningState"), text("Heating"));
    assert_eq!(ear.value(&radiator, "child lock/OnOff.OnOff"), Value::Bool(false));
    assert_eq!(ear.value(&radiator, "local temperature calibration/Number.Value"), number(-1.5));
    let args = [("Setpoint", number(22.5))];
    assert_eq!(
        words(&ear, "radiator", "0", "Thermostat.SetOccupiedHeatingSetpoint", &args),
        json!({ "occupied_heating_setpoint": 22.5 })
    );
    let off = [("SystemMode", text("Off"))];
    assert_eq!(
        words(&ear, "radiator", "0", "Thermostat.SetSystemMode", &off),
        json!({ "system_mode": "off" })
    );
    let cool = ear.try_word(&radiator, "0", "Thermostat.SetSystemMode", &[("SystemMode", text("Cool"))]);
    assert!(matches!(cool, Err(CannotSay::Unsupported(_))));
}

#[test]
fn colours_sensors_and_presses() {
    let mut ear = catalogue();
    ear.hears_once(
        "home/zb/colour",
        r#"{"state":"ON","brightness":254,"color_temp":370,"color":{"x":0.6942,"y":0.2963}}"#,
    );
    let colour = id(&ear, "colour");
    assert_eq!(ear.value(&colour, "0/LevelControl.CurrentLevel"), number(100.0));
    let Value::Number(kelvin) = ear.value(&colour, "0/ColorControl.ColorTemperature") else { panic!() };
    assert!((kelvin - 2_702.7).abs() < 0.1);
    let args = [("ColorTemperature", number(4_000.0))];
    assert_eq!(
        words(&ear, "colour", "0", "ColorControl.MoveToColorTemperature", &args),
        json!({ "color_temp": 250 })
    );
    let red = [("Hue", number(0.0)), ("Saturation", number(100.0))];
    let said = words(&ear, "colour", "0", "ColorControl.MoveToHueAndSaturation", &red);
    assert!(said["color"]["x"].as_f64().unwrap() > 0.6, "{said}");

    ear.hears_once("home/zb/air", r#"{"air_quality":"excellent","voc":120,"temperature":21,"humidity":40}"#);
    let air = id(&ear, "air");
    assert_eq!(ear.value(&air, "0/AirQuality.AirQuality"), text("Good"));
    let voc = "0/TotalVolatileOrganicCompoundsConcentrationMeasurement.MeasuredValue";
    assert_eq!(ear.value(&air, voc), number(120.0));

    ear.hears_once("home/zb/remote", r#"{"action":"on_press","battery":99}"#);
    assert_eq!(ear.occurred.last().unwrap().event, "Switch.InitialPress");
    assert_eq!(ear.occurred.last().unwrap().data["action"], "on_press");
    ear.hears_once("home/zb/motion", r#"{"occupancy":true,"illuminance":12,"device_temperature":30}"#);
    let motion = id(&ear, "motion");
    assert_eq!(ear.value(&motion, "0/OccupancySensing.Occupancy"), Value::Bool(true));
    assert_eq!(ear.value(&motion, "device temperature/TemperatureMeasurement.MeasuredValue"), number(30.0));
}

#[test]
fn a_refusal_of_the_bridge_is_told_and_what_is_not_its_own_is_left_alone() {
    let mut ear = catalogue();
    ear.hears_once(
        "home/zb/bridge/response/device/rename",
        r#"{"data":{},"error":"no such device","status":"error"}"#,
    );
    assert_eq!(ear.rejected.len(), 1);
    ear.hears("other/bridge/devices", "[]");
    ear.hears("other/bridge/devices", r#"{"x":1}"#);
    ear.hears_once("other/bridge/response/x", r#"{"status":"error","error":"x"}"#);
    assert_eq!(ear.rejected.len(), 1);
}

#[test]
fn an_unsupported_device_is_kept_with_its_reason() {
    let mut ear = Ear::of("zigbee2mqtt");
    let entries = json!([{ "ieee_address": "0x1", "friendly_name": "thing", "type": "EndDevice", "interview_completed": true, "definition": null, "model_id": "X" }]);
    ear.hears("zigbee2mqtt/bridge/devices", entries.to_string());
    assert_eq!(ear.description("0x1").unknown[0].raw["model_id"], "X");
}

#[test]
fn a_device_that_left_while_nobody_listened_is_gone() {
    let before = home();
    let mut after = Ear::of("zigbee2mqtt");
    let mut left = before.description(LAMP);
    left.foreign_id = "0x00158d0000000099".to_owned();
    let mut of_another_bridge = left.clone();
    of_another_bridge.foreign_id = "0x00158d0000000098".to_owned();
    of_another_bridge.via = Some("0x1".to_owned());
    for description in [&left, &of_another_bridge, &before.description(LAMP)] {
        after.dialect.remember(description);
    }
    after.hears_all(include_str!("fixtures/home.txt"));
    assert_eq!(after.gone, [left.foreign_id]);
}

#[test]
fn sirens_and_phases_as_other_devices_write_them() {
    let mut ear = Ear::of("zigbee2mqtt");
    let numeric = |name: &str, unit: &str| json!({ "type": "numeric", "name": name, "property": name, "access": 1, "unit": unit });
    let mode = json!({ "type": "enum", "name": "mode", "property": "mode", "access": 2, "values": ["stop", "burglar"] });
    let duration =
        json!({ "type": "numeric", "name": "duration", "property": "duration", "access": 2, "unit": "s" });
    let warning = json!({ "type": "composite", "name": "warning", "property": "warning", "label": "Warning", "access": 2, "features": [mode, duration] });
    let alarm = json!({ "type": "binary", "name": "alarm", "property": "alarm", "label": "Alarm", "access": 3, "value_on": true, "value_off": false });
    let exposes = json!([warning, alarm, numeric("power", "W"), numeric("power_phase_b", "W")]);
    let entry = json!([{ "ieee_address": "0x1", "friendly_name": "thing", "type": "Router", "interview_completed": true, "definition": { "model": "X", "vendor": "Y", "exposes": exposes } }]);
    ear.hears("z/bridge/devices", entry.to_string());
    ear.hears_once("z/thing", r#"{"alarm":true,"power":10,"power_phase_b":4}"#);
    assert_eq!(ear.value("0x1", "Alarm/Siren.Sounding"), Value::Bool(true));
    assert_eq!(ear.value("0x1", "b/ElectricalPowerMeasurement.ActivePower"), number(4.0));
    assert_eq!(ear.value("0x1", "0/ElectricalPowerMeasurement.ActivePower"), number(10.0));
    let said = |endpoint: &str, command: &str| ear.words("0x1", endpoint, command, &[])[0].1.clone();
    assert_eq!(said("Alarm", "Siren.Silence"), r#"{"alarm":false}"#);
    assert_eq!(said("Warning", "Siren.Sound"), r#"{"warning":{"duration":60,"mode":"burglar"}}"#);
    assert_eq!(said("Warning", "Siren.Silence"), r#"{"warning":{"mode":"stop"}}"#);
}

#[test]
fn exposes_bound_what_they_take() {
    let devices = json!([{ "ieee_address": "0x01", "friendly_name": "x", "type": "EndDevice", "interview_completed": true,
        "definition": { "model": "M", "vendor": "V", "exposes": [
            { "type": "enum", "name": "power_on_behavior", "property": "power_on_behavior", "access": 7, "values": ["off", "previous"] },
            { "type": "numeric", "name": "timeout", "property": "timeout", "access": 7, "value_min": 0, "value_max": 600, "value_step": 5, "unit": "s" },
            { "type": "enum", "name": "action", "property": "action", "access": 1, "values": ["single", "hold"] },
            { "type": "light", "features": [
                { "type": "binary", "name": "state", "property": "state", "access": 7, "value_on": "ON", "value_off": "OFF" },
                { "type": "numeric", "name": "color_temp", "property": "color_temp", "access": 7, "value_min": 250, "value_max": 454 } ] } ] } }]);
    let mut ear = Ear::of("zigbee2mqtt");
    ear.hears("zigbee2mqtt/bridge/devices", devices.to_string());
    let device = ear.description("0x01");
    let bounds =
        |of: &str| device.endpoints.iter().find_map(|e| e.bounds_of(of)).unwrap_or_else(|| panic!("{of}"));
    assert_eq!(bounds("ModeSelect.CurrentMode").choices, ["off", "previous"]);
    assert_eq!(bounds("Switch.Action").choices, ["single", "hold"]);
    let range = bounds("Number.Value");
    assert_eq!((range.min, range.max, range.step), (Some(0.0), Some(600.0), Some(5.0)));
    let white = bounds("ColorControl.ColorTemperature");
    assert_eq!((white.min, white.max), (Some(2_200.0), Some(4_000.0)));
}
