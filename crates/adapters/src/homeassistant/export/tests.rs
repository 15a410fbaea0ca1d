//! Every capability is exported or withheld with a reason; what is exported is read back by our own Home Assistant.

use std::collections::BTreeSet;

use lares_model::bounds::Bounds;
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::{HomeId, OrganisationId, UnixMillis};

use super::table::TABLE;
use super::*;
use crate::testing::{Ear, number, text};

fn device(endpoints: &[(u16, &str, &[&str])]) -> Device {
    let id = |digit: u8| uuid(digit);
    Device {
        id: id(1).parse().unwrap(),
        organisation: id(2).parse::<OrganisationId>().unwrap(),
        home: id(3).parse::<HomeId>().unwrap(),
        room: None,
        name: "Küche Wand".to_owned(),
        vendor: "Acme".to_owned(),
        model: "M1".to_owned(),
        serial: None,
        firmware: Some("1.2".to_owned()),
        endpoints: endpoints
            .iter()
            .map(|(endpoint, name, capabilities)| Endpoint {
                endpoint: *endpoint,
                capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
                name: (!name.is_empty()).then(|| (*name).to_owned()),
                ..Endpoint::default()
            })
            .collect(),
        tags: Vec::new(),
        encoding: Encoding::Json,
        expected_interval_s: 300,
        command_counter: 0,
        origin: None,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
    }
}

fn uuid(digit: u8) -> String {
    format!("018f0000-0000-7000-8000-00000000000{digit}")
}

fn config(say: &Say) -> Json {
    serde_json::from_slice(&say.payload).unwrap()
}

#[test]
fn every_capability_is_exported_or_withheld() {
    let mut said = String::new();
    for known in capability::capabilities() {
        let mut parts: Vec<&str> = vec![known.name];
        // A colour needs a light.
        if known.name == "ColorControl" {
            parts.push("OnOff");
        }
        for say in describe(&device(&[(1, "", &parts)]), None, "lares") {
            said.push_str(std::str::from_utf8(&say.payload).unwrap());
        }
    }
    for known in capability::capabilities() {
        for attribute in known.attributes {
            let name = format!("{}.{}", known.name, attribute.name);
            let exported = said.contains(&format!("/{name}/state"));
            assert_ne!(exported, TABLE.withheld.contains_key(&name), "{name}");
        }
        for command in known.commands {
            let name = format!("{}.{}", known.name, command.name);
            let exported = said.contains(command.name) || command.name == "Toggle";
            assert_ne!(exported, TABLE.withheld.contains_key(&name), "{name}");
        }
    }
    for name in TABLE.withheld.keys() {
        assert!(capability::attribute(name).is_some() || capability::command(name).is_some(), "{name}");
    }
}

#[test]
fn names_are_apart_and_never_repeat_the_device() {
    let device = device(&[
        (1, "", &["OnOff", "ElectricalPowerMeasurement"]),
        (2, "küche wand left", &["OnOff", "ElectricalPowerMeasurement"]),
        (3, "", &["OnOff", "TemperatureMeasurement"]),
        (4, "", &["OnOff", "TemperatureMeasurement"]),
    ]);
    let says = describe(&device, None, "lares");
    let mut seen = BTreeSet::new();
    for say in &says {
        let config = config(say);
        let name = config["name"].as_str().unwrap_or_default().to_lowercase();
        assert!(!name.starts_with("küche"), "{name}");
        assert!(seen.insert(name.clone()), "{name} twice");
        assert!(config["object_id"].as_str().unwrap().starts_with("kuche_wand_"));
    }
    assert!(seen.contains("") && seen.contains("left power"), "{seen:?}");
    let ids: BTreeSet<String> = says.iter().map(|say| config(say)["default_entity_id"].to_string()).collect();
    assert_eq!(ids.len(), says.len());
    assert!(says.iter().all(|say| say.retain));
    assert_eq!(retract(&device, "lares").len(), says.len() + 1);
    assert!(retract(&device, "lares").iter().all(|say| say.payload.is_empty() && say.retain));
}

/// What we export is heard by our own dialect, and what that one says is understood: so both sides of each template
/// and of each payload are held against each other.
#[test]
fn what_goes_out_comes_in_again() {
    for (capabilities, attribute, value, command, args) in [
        (&["OnOff"][..], "OnOff.OnOff", Value::Bool(true), "OnOff.Off", vec![]),
        (
            &["OnOff", "LevelControl"],
            "LevelControl.CurrentLevel",
            number(40.0),
            "LevelControl.MoveToLevel",
            vec![("Level", number(55.0))],
        ),
        (&["LevelControl"], "", number(0.0), "", vec![]),
        (
            &["OnOff", "ColorControl"],
            "ColorControl.ColorTemperature",
            number(4_000.0),
            "ColorControl.MoveToColorTemperature",
            vec![("ColorTemperature", number(2_500.0))],
        ),
        (
            &["OnOff", "ColorControl"],
            "OnOff.OnOff",
            Value::Bool(false),
            "ColorControl.MoveToHueAndSaturation",
            vec![("Hue", number(120.0)), ("Saturation", number(50.0))],
        ),
        (&["DoorLock"], "DoorLock.LockState", text("NotFullyLocked"), "DoorLock.UnlockDoor", vec![]),
        (
            &["WindowCovering"],
            "WindowCovering.CurrentPositionLiftPercent",
            number(30.0),
            "WindowCovering.GoToLiftPercentage",
            vec![("LiftPercent", number(75.0))],
        ),
        (
            &["WindowCovering"],
            "WindowCovering.OperationalStatus",
            text("Closing"),
            "WindowCovering.StopMotion",
            vec![],
        ),
        (
            &["Thermostat"],
            "Thermostat.OccupiedHeatingSetpoint",
            number(21.5),
            "Thermostat.SetOccupiedHeatingSetpoint",
            vec![("Setpoint", number(19.5))],
        ),
        (
            &["Thermostat"],
            "Thermostat.SystemMode",
            text("FanOnly"),
            "Thermostat.SetSystemMode",
            vec![("SystemMode", text("Cool"))],
        ),
        (&["Thermostat"], "Thermostat.RunningState", text("Heating"), "", vec![]),
        (
            &["FanControl"],
            "FanControl.PercentSetting",
            number(30.0),
            "FanControl.SetPercentSetting",
            vec![("PercentSetting", number(60.0))],
        ),
        (
            &["FanControl"],
            "FanControl.AirflowDirection",
            text("Reverse"),
            "FanControl.SetAirflowDirection",
            vec![("AirflowDirection", text("Forward"))],
        ),
        (&["FanControl", "OnOff"], "OnOff.OnOff", Value::Bool(true), "OnOff.Off", vec![]),
        (
            &["ValveConfigurationAndControl"],
            "ValveConfigurationAndControl.CurrentState",
            text("Open"),
            "ValveConfigurationAndControl.Close",
            vec![],
        ),
        (&["Siren"], "Siren.Sounding", Value::Bool(true), "Siren.Silence", vec![]),
        (
            &["AlarmPanel"],
            "AlarmPanel.State",
            text("ArmedNight"),
            "AlarmPanel.Disarm",
            vec![("Code", text("0042"))],
        ),
        (&["SoftwareUpdate"], "SoftwareUpdate.LatestVersion", text("1.1"), "SoftwareUpdate.Install", vec![]),
        (&["Number"], "Number.Value", number(4.5), "Number.SetValue", vec![("Value", number(7.0))]),
        (&["Text"], "Text.Value", text("a \"b\""), "Text.SetText", vec![("Text", text("c \"d\""))]),
        (&["ModeSelect"], "", text("eco"), "", vec![]),
        (&["Button"], "", Value::Bool(true), "Button.Press", vec![]),
        (&["Scene"], "", Value::Bool(true), "Scene.Recall", vec![]),
        (&["Tracker"], "Tracker.Zone", text("home"), "", vec![]),
        (&["TemperatureMeasurement"], "TemperatureMeasurement.MeasuredValue", number(-3.25), "", vec![]),
        (
            &["ElectricalEnergyMeasurement"],
            "ElectricalEnergyMeasurement.CumulativeEnergyImported",
            number(12_500.0),
            "",
            vec![],
        ),
        (
            &["Pm25ConcentrationMeasurement"],
            "Pm25ConcentrationMeasurement.MeasuredValue",
            number(8.0),
            "",
            vec![],
        ),
        (&["WaterVolume"], "WaterVolume.CumulativeVolume", number(8.0), "", vec![]),
        (&["OccupancySensing"], "OccupancySensing.Occupancy", Value::Bool(true), "", vec![]),
        (&["SmokeCoAlarm"], "SmokeCoAlarm.SmokeState", text("Critical"), "", vec![]),
        (&["PowerSource"], "PowerSource.BatPercentRemaining", number(55.0), "", vec![]),
    ] {
        let device = device(&[(3, "", capabilities)]);
        let mut ear = Ear::of("homeassistant");
        for say in describe(&device, None, "lares") {
            assert_eq!(
                ear.hears(&say.topic, &say.payload),
                Vec::new(),
                "our own export is no foreign device"
            );
            ear.hears(&say.topic.replace("/lares_", "/other_"), &say.payload);
        }
        let id = format!("lares_{}", device.id);
        assert!(ear.description(&id).unknown.is_empty(), "{:?}", ear.description(&id).unknown);
        if !attribute.is_empty() {
            let say = state("lares", device.id, 3, attribute, &value);
            ear.hears(&say.topic, &say.payload);
            assert_eq!(ear.rejected, Vec::<String>::new(), "{attribute}");
            let values = ear.values(&id);
            let found = values.iter().find(|(key, _)| key.ends_with(&format!("/{attribute}")));
            assert_eq!(found.map(|(_, value)| value), Some(&value), "{attribute} in {values:?}");
        }
        if !command.is_empty() {
            let description = ear.description(&id);
            let capability = command.split('.').next().unwrap();
            let endpoints =
                description.endpoints.iter().filter(|e| e.capabilities.iter().any(|c| c == capability));
            let says = endpoints
                .map(|e| ear.try_word(&id, &e.endpoint.to_string(), command, &args))
                .find_map(Result::ok);
            let says = says.unwrap_or_else(|| panic!("{command} is not worded: {description:#?}"));
            let wanted = command_of("lares", &says[0].topic, &says[0].payload).unwrap().unwrap();
            assert_eq!((wanted.endpoint, wanted.command.as_str()), (3, command));
            let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            assert_eq!(wanted.args, args, "{command}");
        }
        let say = availability("lares", device.id, false);
        ear.hears(&say.topic, &say.payload);
        assert_eq!(ear.online(&id), Some(false));
        for say in retract(&device, "lares") {
            ear.hears(&say.topic.replace("/lares_", "/other_"), &say.payload);
        }
        assert!(!ear.knows(&id));
    }
}

#[test]
fn what_comes_back_is_checked() {
    let topic = format!("lares/{}/2/OnOff/set", uuid(1));
    let wanted = |topic: &str, payload: &str| command_of("lares", topic, payload.as_bytes());
    let on = wanted(&topic, "On").unwrap().unwrap();
    assert_eq!((on.device.to_string(), on.endpoint, on.command.as_str()), (uuid(1), 2, "OnOff.On"));
    for payload in ["", "Explode", "{\"On\":1}", "{\"On\":{},\"Off\":{}}", "{\"On\":{\"x\":1}}", "\u{0}"] {
        assert!(wanted(&topic, payload).unwrap().is_err(), "{payload}");
    }
    let level = format!("lares/{}/2/LevelControl/set", uuid(1));
    assert!(wanted(&level, "{\"MoveToLevel\":{\"Level\":101}}").unwrap().is_err());
    for other in ["lares/x/2/OnOff/set", "other/1/2/OnOff/set", "lares", &topic.replace("/2/", "/two/")] {
        assert_eq!(wanted(other, "On"), None, "{other}");
    }
}

#[test]
fn what_happens_is_an_event() {
    let device = device(&[(1, "", &["Switch", "DoorLock"])]);
    let occurrence = Occurrence {
        endpoint: 1,
        event: "Switch.LongPress".to_owned(),
        time: UnixMillis(0),
        data: Map::from_iter([("action".to_owned(), json!("hold"))]),
    };
    let say = happened("lares", device.id, &occurrence).unwrap();
    let types: Vec<Json> = describe(&device, None, "lares")
        .iter()
        .map(config)
        .filter(|config| config["state_topic"] == json!(say.topic))
        .collect();
    assert!(types[0]["event_types"].as_array().unwrap().contains(&json!("LongPress")));
    assert_eq!(config(&say), json!({ "event_type": "LongPress", "action": "hold" }));
    assert!(!say.retain);
}

fn bounded(capability: &str, bounds: Vec<Bounds>) -> Vec<Json> {
    let mut device = device(&[(1, "", &[capability])]);
    device.endpoints[0].bounds = bounds;
    describe(&device, None, "lares").iter().map(config).collect()
}

#[test]
fn what_a_device_allows_is_told_on() {
    let choices = vec!["eco".to_owned(), "boost".to_owned()];
    let mut device = device(&[(1, "", &["ModeSelect"])]);
    device.endpoints[0].bounds = vec![Bounds { choices, ..Bounds::of("ModeSelect.CurrentMode") }];
    let say = &describe(&device, None, "lares")[0];
    assert!(say.topic.starts_with("homeassistant/select/"), "{}", say.topic);
    assert_eq!(config(say)["options"], json!(["eco", "boost"]));
    let range = Bounds { min: Some(-5.0), max: Some(5.0), step: Some(0.5), ..Bounds::of("Number.Value") };
    let number = &bounded("Number", vec![range])[0];
    assert_eq!((&number["min"], &number["max"], &number["step"]), (&json!(-5.0), &json!(5.0), &json!(0.5)));
    let form = Bounds { max: Some(8.0), pattern: Some("[a-z]+".into()), ..Bounds::of("Text.Value") };
    let text = &bounded("Text", vec![form])[0];
    assert_eq!((&text["max"], &text["pattern"]), (&json!(8), &json!("[a-z]+")));
    let modes = Bounds { choices: vec!["Off".into(), "Heat".into()], ..Bounds::of("Thermostat.SystemMode") };
    let range =
        Bounds { min: Some(7.0), max: Some(28.0), ..Bounds::of("Thermostat.OccupiedHeatingSetpoint") };
    let climate = &bounded("Thermostat", vec![modes, range])[0];
    assert_eq!((&climate["modes"], &climate["max_temp"]), (&json!(["off", "heat"]), &json!(28.0)));
}

#[test]
fn a_lock_that_asks_for_a_code_asks_there_too_and_gets_it_back() {
    let code = Bounds { pattern: Some("^\\d{4}$".into()), ..Bounds::of("DoorLock.Code") };
    let mut device = device(&[(1, "", &["DoorLock"])]);
    device.endpoints[0].bounds = vec![code];
    let mut ear = Ear::of("homeassistant");
    for say in describe(&device, None, "lares") {
        ear.hears(&say.topic.replace("/lares_", "/other_"), &say.payload);
    }
    let id = format!("lares_{}", device.id);
    let part = ear.description(&id).endpoints.into_iter().find(|e| e.capabilities == ["DoorLock"]).unwrap();
    assert_eq!(part.bounds_of("DoorLock.Code").unwrap().pattern.as_deref(), Some("^\\d{4}$"));
    for (args, wanted_args) in [(vec![("Code", text("0042"))], 1), (vec![], 0)] {
        let said = ear.words(&id, &part.endpoint.to_string(), "DoorLock.UnlockDoor", &args);
        let wanted = command_of("lares", &said[0].0, said[0].1.as_bytes()).unwrap().unwrap();
        assert_eq!((wanted.command.as_str(), wanted.args.len()), ("DoorLock.UnlockDoor", wanted_args));
    }
}
