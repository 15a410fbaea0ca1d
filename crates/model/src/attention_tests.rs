//! Every kind of concern from the state that causes it, and none from a house that is well.

use super::ConcernKind::*;
use super::*;
use crate::device::Encoding;
use crate::id::{DeviceId, HomeId, OrganisationId};
use crate::presence::Presence;
use crate::reading::Quality;
use crate::record::Position;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn device(name: &str, tags: &[&str]) -> Device {
    Device {
        id: DeviceId(uuid::Uuid::nil()),
        organisation: OrganisationId(uuid::Uuid::nil()),
        home: HomeId(uuid::Uuid::nil()),
        room: None,
        name: name.to_owned(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        endpoints: vec![],
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        encoding: Encoding::Json,
        expected_interval_s: 60,
        command_counter: 0,
        origin: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn state(values: &[(&str, Value)], for_ms: i64) -> DeviceState {
    let mut state = DeviceState::default();
    for (name, value) in values {
        let since = NOW - for_ms;
        let latest = Latest {
            value: value.clone(),
            time: NOW,
            received: NOW,
            quality: Quality::Measured,
            position: Position(1),
            unchanged_since: Some(since),
        };
        state.latest.entry(1).or_default().insert((*name).to_owned(), latest);
    }
    state
}

fn kinds(device: &Device, values: &[(&str, Value)], for_ms: i64) -> Vec<ConcernKind> {
    attention(device, &state(values, for_ms), NOW).into_iter().map(|concern| concern.kind).collect()
}

fn text(word: &str) -> Value {
    Value::Text(word.to_owned())
}

#[test]
fn each_cause_has_its_concern_and_its_opposite_none() {
    let plain = device("Thing", &[]);
    let cases = [
        ("SmokeCoAlarm.SmokeState", text("Critical"), text("Normal"), Smoke),
        ("SmokeCoAlarm.SmokeState", text("Warning"), text("Normal"), Smoke),
        ("SmokeCoAlarm.COState", text("Warning"), text("Normal"), CarbonMonoxide),
        ("SmokeCoAlarm.BatteryAlert", text("Critical"), text("Normal"), BatteryLow),
        ("PowerSource.BatChargeLevel", text("Warning"), text("OK"), BatteryLow),
        ("PowerSource.BatPercentRemaining", Value::Number(15.0), Value::Number(15.1), BatteryLow),
        ("DoorLock.DoorState", text("DoorForcedOpen"), text("DoorClosed"), DoorForced),
        ("DoorLock.DoorState", text("DoorJammed"), text("DoorClosed"), DoorJammed),
        ("DoorLock.LockState", text("NotFullyLocked"), text("Locked"), DoorJammed),
        ("AirQuality.AirQuality", text("VeryPoor"), text("Moderate"), AirPoor),
        (
            "CarbonDioxideConcentrationMeasurement.MeasuredValue",
            Value::Number(2_000.5),
            Value::Number(2_000.0),
            AirPoor,
        ),
    ];
    for (attribute, bad, good, kind) in cases {
        assert!(crate::capability::attribute(attribute).is_some(), "{attribute}");
        assert_eq!(kinds(&plain, &[(attribute, bad)], 0), [kind], "{attribute}");
        assert_eq!(kinds(&plain, &[(attribute, good)], OPEN_AFTER_MS), [], "{attribute}");
    }
}

#[test]
fn a_door_in_use_is_no_concern_and_one_left_open_is() {
    let lock = device("Front door", &["access"]);
    for (attribute, value, kind) in [
        ("DoorLock.LockState", text("Unlocked"), Unlocked),
        ("DoorLock.DoorState", text("DoorOpen"), DoorOpen),
        ("BooleanState.StateValue", Value::Bool(false), DoorOpen),
    ] {
        assert_eq!(kinds(&lock, &[(attribute, value.clone())], OPEN_AFTER_MS - 1), []);
        assert_eq!(kinds(&lock, &[(attribute, value)], OPEN_AFTER_MS), [kind]);
    }
}

#[test]
fn what_a_two_state_sensor_senses_is_told_by_its_device() {
    for (name, tags, expected) in [
        ("Under the sink", &["safety"][..], TwoState::Leak),
        ("Cellar", &["safety"], TwoState::Leak),
        ("Door of the washing room", &["leak"], TwoState::Leak),
        ("Fenster Küche", &[], TwoState::Contact),
        ("Terrassentür", &["contact"], TwoState::Contact),
        ("Thing", &[], TwoState::Plain),
        ("Washroom window", &[], TwoState::Contact),
        ("Boiler room door", &[], TwoState::Contact),
        ("Tür zum Waschkeller", &[], TwoState::Contact),
        ("Leak sensor at the back door", &[], TwoState::Leak),
        ("Under the washing machine", &[], TwoState::Leak),
        ("Unter der Spülmaschine", &[], TwoState::Leak),
        ("Washroom", &[], TwoState::Plain),
        ("Boilerhouse", &[], TwoState::Plain),
        ("Torsten", &[], TwoState::Plain),
        ("Turbine", &[], TwoState::Plain),
        ("Garten, Tor", &[], TwoState::Contact),
    ] {
        assert_eq!(two_state_of(&device(name, tags)), expected, "{name}");
    }
    let water = [("BooleanState.StateValue", Value::Bool(true))];
    assert_eq!(kinds(&device("Boiler", &[]), &water, 0), [Leak]);
    assert_eq!(kinds(&device("Window", &[]), &water, OPEN_AFTER_MS), []);
    assert_eq!(kinds(&device("Washroom window", &[]), &water, OPEN_AFTER_MS), []);
}

#[test]
fn worst_comes_first_and_one_battery_is_one_concern() {
    let mut state = state(
        &[
            ("PowerSource.BatChargeLevel", text("Critical")),
            ("PowerSource.BatPercentRemaining", Value::Number(3.0)),
            ("SmokeCoAlarm.SmokeState", text("Critical")),
        ],
        60_000,
    );
    state.presence = Presence { status: PresenceStatus::Offline, since: Some(NOW - 5) };
    let concerns = attention(&device("Alarm", &[]), &state, NOW);
    let shown: Vec<_> = concerns.iter().map(|c| (c.kind, c.endpoint, NOW.since_ms(c.since))).collect();
    assert_eq!(shown, [(Smoke, Some(1), 60_000), (Offline, None, 5), (BatteryLow, None, 60_000)]);
    assert_eq!(concerns[0].kind.severity(), Severity::Danger);
    state.presence.status = PresenceStatus::Late;
    assert_eq!(attention(&device("Alarm", &[]), &state, NOW)[1].kind, Late);
}
