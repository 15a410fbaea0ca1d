//! ESPHome has no dialect of its own: it speaks Home Assistant's. Here is the test that it is understood.

use lares_model::Value;

use crate::testing::{Ear, number};

#[test]
fn a_node_is_a_device_with_its_entities() {
    let mut ear = Ear::of("homeassistant");
    ear.hears_all(include_str!("fixtures/node.txt"));
    let id = "e8db84a1b2c3";
    let device = ear.description(id);
    assert_eq!((device.name.as_str(), device.vendor.as_str()), ("Greenhouse", "espressif"));
    assert!(device.unknown.is_empty(), "{:?}", device.unknown);
    assert_eq!(ear.online(id), Some(true));
    assert_eq!(ear.value(id, "Temperature/TemperatureMeasurement.MeasuredValue"), number(21.4));
    assert_eq!(ear.value(id, "Pump/OnOff.OnOff"), Value::Bool(false));
    assert_eq!(ear.value(id, "Grow light/LevelControl.CurrentLevel"), number(100.0));
    assert_eq!(ear.value(id, "Door/BooleanState.StateValue"), Value::Bool(true));
    let says = ear.words(id, "Pump", "OnOff.On", &[]);
    assert_eq!(says, [("greenhouse/switch/pump/command".to_owned(), "ON".to_owned())]);
    let says = ear.words(id, "Grow light", "LevelControl.MoveToLevel", &[("Level", number(50.0))]);
    assert_eq!(
        says,
        [("greenhouse/light/grow_light/command".to_owned(), r#"{"brightness":128,"state":"ON"}"#.to_owned())]
    );
    ear.hears("greenhouse/status", "offline");
    assert_eq!(ear.online(id), Some(false));
}
