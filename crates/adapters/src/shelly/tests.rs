//! Shelly, with answers and notifications in the form of its documentation.

use lares_model::dialect::Finding;
use lares_model::{UnixMillis, Value};
use serde_json::{Value as Json, json};

use crate::testing::{Ear, number, text};

const PM: &str = "shellyplus1pm-a8032ab1";

/// Meets a device of this status, and gives it our questions' answers.
fn meet(prefix: &str, id: &str, config: Json, status: Json) -> Ear {
    let mut ear = Ear::of("shelly");
    ear.hears_once(&format!("{prefix}/events/rpc"), event(id, "NotifyStatus", json!({ "ts": 1.0 })));
    let info = json!({ "id": id, "mac": "A8032AB10000", "model": "SNSW-001P16EU", "gen": 2, "ver": "1.4.4", "app": "Plus1PM", "name": null });
    for (question, answer) in [("GetDeviceInfo", info), ("GetConfig", config), ("GetStatus", status)] {
        let asked = ear
            .said
            .iter()
            .find(|say| say.payload.windows(question.len()).any(|part| part == question.as_bytes()));
        let asked: Json = serde_json::from_slice(&asked.unwrap().payload).unwrap();
        let reply = json!({ "id": asked["id"], "src": id, "dst": asked["src"], "result": answer });
        ear.hears_once("lares-shelly/rpc", reply.to_string());
    }
    assert_eq!(ear.rejected, Vec::<String>::new());
    ear
}

fn event(id: &str, method: &str, params: Json) -> String {
    json!({ "src": id, "dst": "x/events", "method": method, "params": params }).to_string()
}

fn status() -> Json {
    serde_json::from_str(include_str!("fixtures/plus1pm.json")).unwrap()
}

fn plus1pm() -> Ear {
    meet(
        PM,
        PM,
        json!({ "switch:0": { "name": "Boiler" }, "sys": { "device": { "name": "Cellar" } } }),
        status(),
    )
}

fn rpc(ear: &Ear, id: &str, endpoint: &str, command: &str, args: &[(&str, Value)]) -> (String, Json) {
    let says = ear.words(id, endpoint, command, args);
    assert_eq!(says.len(), 1);
    (says[0].0.clone(), serde_json::from_str(&says[0].1).unwrap())
}

#[test]
fn a_device_is_met_asked_and_described() {
    let ear = plus1pm();
    let device = ear.description(PM);
    assert_eq!((device.name.as_str(), device.model.as_str()), ("Cellar", "Plus1PM"));
    assert_eq!(ear.value(PM, "Boiler/OnOff.OnOff"), Value::Bool(false));
    assert_eq!(ear.value(PM, "Boiler/ElectricalPowerMeasurement.Voltage"), number(230.4));
    assert_eq!(
        ear.value(PM, "Boiler/ElectricalEnergyMeasurement.CumulativeEnergyImported"),
        number(11_679.27)
    );
    assert_eq!(ear.value(PM, "Boiler inside/TemperatureMeasurement.MeasuredValue"), number(38.4));
    assert_eq!(ear.value(PM, "0/Signal.Rssi"), number(-58.0));
    let (topic, body) = rpc(&ear, PM, "Boiler", "OnOff.On", &[]);
    assert_eq!(topic, format!("{PM}/rpc"));
    assert_eq!((&body["method"], &body["params"]), (&json!("Switch.Set"), &json!({ "id": 0, "on": true })));
    assert_eq!(body["src"], "lares-shelly");
}

#[test]
fn it_is_met_when_it_comes_online_and_others_are_left_alone() {
    let mut ear = Ear::of("shelly");
    ear.hears("garage/thing/online", "true");
    ear.hears("shellies/shelly1-AABB/online", "true");
    assert!(ear.said.is_empty());
    ear.hears(&format!("{PM}/online"), "true");
    let methods: Vec<Json> = ear
        .said
        .iter()
        .map(|say| serde_json::from_slice::<Json>(&say.payload).unwrap()["method"].clone())
        .collect();
    assert_eq!(methods, ["Shelly.GetDeviceInfo", "Shelly.GetConfig", "Shelly.GetStatus"]);
    let mut ear = plus1pm();
    ear.hears(&format!("{PM}/online"), "false");
    assert_eq!(ear.online(PM), Some(false));
}

#[test]
fn a_partial_status_changes_only_what_it_says_and_has_its_time() {
    let mut ear = plus1pm();
    let params =
        json!({ "ts": 1_789_000_000.25, "switch:0": { "id": 0, "output": true, "apower": 1_800.5 } });
    let findings = ear.hears_once(&format!("{PM}/events/rpc"), event(PM, "NotifyStatus", params));
    assert_eq!(ear.value(PM, "Boiler/OnOff.OnOff"), Value::Bool(true));
    assert_eq!(ear.value(PM, "Boiler/ElectricalPowerMeasurement.ActivePower"), number(1_800.5));
    assert_eq!(ear.value(PM, "Boiler/ElectricalPowerMeasurement.Voltage"), number(230.4));
    let Some(Finding::Readings { readings, .. }) = findings.first() else { panic!("{findings:?}") };
    assert_eq!((readings.len(), readings[0].time), (2, Some(UnixMillis(1_789_000_000_250))));
    ear.hears(&format!("{PM}/status/switch:0"), r#"{"id":0,"output":false}"#);
    assert_eq!(ear.value(PM, "Boiler/OnOff.OnOff"), Value::Bool(false));
}

#[test]
fn a_prefix_of_its_own_and_a_device_that_sleeps() {
    let mut ear = Ear::of("shelly");
    let id = "shellyplusht-c049ef8b3a44";
    let params = json!({ "ts": 1_789_000_000, "temperature:0": { "id": 0, "tC": 21.3, "tF": 70.3 }, "humidity:0": { "id": 0, "rh": 55.1 }, "devicepower:0": { "id": 0, "battery": { "V": 5.4, "percent": 88 }, "external": { "present": false } } });
    ear.hears_once("attic/climate/events/rpc", event(id, "NotifyFullStatus", params));
    assert_eq!(ear.value(id, "temperature:0/TemperatureMeasurement.MeasuredValue"), number(21.3));
    assert_eq!(ear.value(id, "humidity:0/RelativeHumidityMeasurement.MeasuredValue"), number(55.1));
    assert_eq!(ear.value(id, "0/PowerSource.BatPercentRemaining"), number(88.0));
}

#[test]
fn a_three_phase_meter() {
    let status: Json = serde_json::from_str(include_str!("fixtures/pro3em.json")).unwrap();
    let id = "shellypro3em-34987a45d3cc";
    let ear = meet(id, id, json!({}), status);
    assert_eq!(ear.value(id, "Phase A/ElectricalPowerMeasurement.ActivePower"), number(951.2));
    assert_eq!(ear.value(id, "Phase C/ElectricalPowerMeasurement.Voltage"), number(228.9));
    assert_eq!(ear.value(id, "1/ElectricalPowerMeasurement.ActivePower"), number(1_520.9));
    assert_eq!(
        ear.value(id, "Phase A/ElectricalEnergyMeasurement.CumulativeEnergyImported"),
        number(120_300.5)
    );
    assert_eq!(ear.value(id, "1/ElectricalEnergyMeasurement.CumulativeEnergyExported"), number(12.1));
}

#[test]
fn covers_lights_inputs_and_alarms() {
    let id = "shellyplus2pm-1";
    let cover = json!({ "cover:0": { "id": 0, "state": "open", "current_pos": 100, "pos_control": true, "apower": 0.0 } });
    let ear = meet(id, id, json!({}), cover);
    assert_eq!(ear.value(id, "cover:0/WindowCovering.CurrentPositionLiftPercent"), number(0.0));
    let (_, body) =
        rpc(&ear, id, "cover:0", "WindowCovering.GoToLiftPercentage", &[("LiftPercent", number(75.0))]);
    assert_eq!((&body["method"], &body["params"]["pos"]), (&json!("Cover.GoToPosition"), &json!(25)));
    let uncalibrated =
        json!({ "cover:0": { "id": 0, "state": "closed", "current_pos": null, "pos_control": false } });
    let ear = meet(id, id, json!({}), uncalibrated);
    assert_eq!(ear.value(id, "cover:0/WindowCovering.CurrentPositionLiftPercent"), number(100.0));
    let (_, body) =
        rpc(&ear, id, "cover:0", "WindowCovering.GoToLiftPercentage", &[("LiftPercent", number(0.0))]);
    assert_eq!((&body["method"], &body["params"]), (&json!("Cover.Open"), &json!({ "id": 0 })));

    let light = json!({ "rgb:0": { "id": 0, "output": true, "brightness": 40, "rgb": [255, 0, 0] }, "input:0": { "id": 0, "state": null }, "smoke:0": { "id": 0, "alarm": true, "mute": false }, "odd:1": { "x": 1 } });
    let mut ear = meet(id, id, json!({}), light);
    assert_eq!(ear.value(id, "rgb:0/ColorControl.CurrentSaturation"), number(100.0));
    assert_eq!(ear.value(id, "smoke:0/SmokeCoAlarm.SmokeState"), text("Critical"));
    let green = [("Hue", number(120.0)), ("Saturation", number(100.0))];
    let (_, body) = rpc(&ear, id, "rgb:0", "ColorControl.MoveToHueAndSaturation", &green);
    assert_eq!(body["params"], json!({ "id": 0, "on": true, "rgb": [0, 255, 0] }));
    assert_eq!(ear.description(id).unknown[0].raw, json!({ "x": 1 }));
    let press = json!({ "ts": 1_789_000_001, "events": [{ "component": "input:0", "id": 0, "event": "double_push", "ts": 1_789_000_001 }, { "component": "sys", "event": "config_changed" }] });
    ear.hears_once(&format!("{id}/events/rpc"), event(id, "NotifyEvent", press));
    assert_eq!(ear.occurred.len(), 1);
    assert_eq!(
        (ear.occurred[0].event.as_str(), ear.occurred[0].time),
        ("Switch.MultiPressComplete", UnixMillis(1_789_000_001_000))
    );
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let mut ear = plus1pm();
    let error = json!({ "id": 1, "src": PM, "dst": "lares-shelly", "error": { "code": -103, "message": "Invalid argument 'id'!" } });
    let findings = ear.hears_once("lares-shelly/rpc", error.to_string());
    assert!(
        matches!(&findings[0], Finding::Rejected { foreign_id: Some(id), reason } if id == PM && reason.contains("-103"))
    );
    let mut ear = Ear::of("shelly");
    ear.hears(&format!("{PM}/online"), "true");
    let asked: Json = serde_json::from_slice(&ear.said[0].payload).unwrap();
    let error = json!({ "id": asked["id"], "src": PM, "error": { "code": 401, "message": "{\"auth_type\":\"digest\"}" } });
    ear.hears_once("lares-shelly/rpc", error.to_string());
    assert!(ear.rejected[0].contains("password"));
}
