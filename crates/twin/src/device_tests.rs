//! What each device does with commands and with time.

use lares_model::Value;
use lares_model::capability::attribute;
use lares_model::command::Condition;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::message::Event;

const NOON: UnixMillis = UnixMillis(1_795_172_400_000); // 2026-11-20T11:00:00Z
const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
const ROOM: &str = "Thermostat.LocalTemperature";
const BATTERY: &str = "PowerSource.BatPercentRemaining";

fn id() -> DeviceId {
    DeviceId(Uuid::from_u128(7))
}

fn device(kind: Kind) -> Device {
    Device::new(kind, id(), 42, NOON)
}

fn envelope(counter: i64, name: &str) -> Envelope {
    Envelope {
        v: 1,
        command: CommandId(Uuid::from_u128(1_000 + counter as u128)),
        device: id(),
        counter,
        issued: NOON.0,
        not_after: NOON.0 + 60_000,
        nonce: format!("{counter:032x}"),
        endpoint: if name.starts_with("Identify") { 0 } else { 1 },
        name: name.to_owned(),
        args: Default::default(),
        preconditions: vec![],
    }
}

fn with(counter: i64, name: &str, arg: &str, value: Value) -> Envelope {
    Envelope { args: [(arg.to_owned(), value)].into(), ..envelope(counter, name) }
}

fn set_point(counter: i64, value: f64) -> Envelope {
    with(counter, "Thermostat.SetOccupiedHeatingSetpoint", "Setpoint", Value::Number(value))
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn state(device: &Device) -> Vec<Reading> {
    match device.state() {
        Report::State(readings) => readings,
        other => panic!("{other:?}"),
    }
}

fn value(device: &Device, name: &str) -> Value {
    state(device).into_iter().find(|reading| reading.attribute == name).expect(name).value
}

fn number(device: &Device, name: &str) -> f64 {
    value(device, name).as_f64().expect(name)
}

fn reported(reports: &[Report], name: &str) -> Option<Value> {
    reports
        .iter()
        .find_map(|report| match report {
            Report::State(readings) => readings.iter().find(|reading| reading.attribute == name),
            _ => None,
        })
        .map(|reading| reading.value.clone())
}

#[track_caller]
fn refused(outcome: &Outcome, because: &str) {
    assert_eq!(outcome.answer, Answer::Refused, "{outcome:?}");
    let reason = outcome.reason.as_deref().unwrap_or_default();
    assert!(reason.contains(because), "{because:?} not in {reason:?}");
}

#[test]
fn every_reading_is_one_that_the_device_was_registered_for() {
    for kind in Kind::ALL {
        let mut device = device(kind);
        let mut random = Random::new(1);
        let mut reports = vec![device.state()];
        for minute in 1..50 {
            reports.extend(device.tick(NOON + minute * 60_000, &mut random));
        }
        for report in reports {
            let (Report::State(readings) | Report::Telemetry(readings)) = report else { continue };
            assert!(!readings.is_empty());
            for reading in readings {
                let spec = attribute(reading.attribute).unwrap_or_else(|| panic!("{}", reading.attribute));
                assert!(spec.kind.accept(&reading.value).is_ok(), "{reading:?}");
                let capability = reading.attribute.split('.').next().unwrap();
                assert!(
                    kind.endpoints().iter().any(|known| known.endpoint == reading.endpoint
                        && known.capabilities.iter().any(|name| name == capability)),
                    "{reading:?}"
                );
            }
        }
    }
}

#[test]
fn every_command_with_an_effect_is_proved_by_the_state_that_follows() {
    let commands = [
        (Kind::Lock, envelope(1, "DoorLock.UnlockDoor")),
        (Kind::Lock, envelope(1, "DoorLock.LockDoor")),
        (Kind::Plug, envelope(1, "OnOff.Off")),
        (Kind::Plug, envelope(1, "OnOff.On")),
        (Kind::Thermostat, set_point(1, 18.5)),
        (Kind::Thermostat, with(1, "Thermostat.SetSystemMode", "SystemMode", text("Off"))),
    ];
    for (kind, order) in commands {
        let mut device = device(kind);
        let outcome = device.obey(&order, NOON + 10);
        assert_eq!((outcome.answer, &outcome.reason), (Answer::Accepted, &None), "{}", order.name);
        let spec = lares_model::capability::command(&order.name).unwrap();
        let capability = order.name.split('.').next().unwrap();
        let (proof, wanted) = spec.proof(capability, &order.args).unwrap();
        let found = reported(&outcome.reports, &proof).unwrap_or_else(|| panic!("{proof}"));
        assert!(found.same_as(&wanted), "{proof}: {found} is not {wanted}");
        assert!(value(&device, &proof).same_as(&wanted));
    }
}

#[test]
fn what_was_delivered_twice_is_done_once_and_answered_twice() {
    let mut device = device(Kind::Plug);
    let toggle = envelope(1, "OnOff.Toggle");
    assert_eq!(device.obey(&toggle, NOON).answer, Answer::Accepted);
    assert_eq!(value(&device, "OnOff.OnOff"), Value::Bool(false));
    let again = device.obey(&toggle, NOON + 3_600_000);
    assert_eq!((again.answer, again.reason), (Answer::Accepted, None));
    assert_eq!(reported(&again.reports, "OnOff.OnOff"), Some(Value::Bool(false)));
    assert_eq!(value(&device, "OnOff.OnOff"), Value::Bool(false));
}

#[test]
fn replays_are_refused_and_change_nothing() {
    let mut device = device(Kind::Plug);
    device.obey(&envelope(5, "OnOff.Off"), NOON);
    refused(&device.obey(&envelope(4, "OnOff.On"), NOON), "counter: 4 is not newer than 5");
    let renamed = Envelope { command: CommandId(Uuid::from_u128(9)), ..envelope(5, "OnOff.On") };
    refused(&device.obey(&renamed, NOON), "counter: 5");
    let other_nonce = Envelope { nonce: "0".repeat(32), ..envelope(5, "OnOff.Off") };
    refused(&device.obey(&other_nonce, NOON), "counter: 5");
    assert_eq!(value(&device, "OnOff.OnOff"), Value::Bool(false));
    // Long after its answer was forgotten, the first one is a replay too.
    for counter in 6..40 {
        assert_eq!(device.obey(&envelope(counter, "OnOff.Off"), NOON).answer, Answer::Accepted);
    }
    refused(&device.obey(&envelope(5, "OnOff.Off"), NOON), "counter: 5 is not newer than 39");
}

#[test]
fn a_refused_command_uses_up_its_number_and_a_strange_one_does_not() {
    let mut device = device(Kind::Plug);
    let stranger = Envelope { device: DeviceId(Uuid::from_u128(8)), ..envelope(100, "OnOff.Off") };
    refused(&device.obey(&stranger, NOON), "another device");
    refused(&device.obey(&Envelope { v: 2, ..envelope(100, "OnOff.Off") }, NOON), "version 2");
    refused(&device.obey(&envelope(7, "OnOff.Explode"), NOON), "OnOff.Explode is not known");
    refused(&device.obey(&envelope(6, "OnOff.Off"), NOON), "counter: 6 is not newer than 7");
    assert_eq!(device.obey(&envelope(8, "OnOff.Off"), NOON).answer, Answer::Accepted);
}

#[test]
fn expired_commands_are_refused_at_the_edge() {
    let mut device = device(Kind::Lock);
    let order = envelope(1, "DoorLock.UnlockDoor");
    refused(&device.obey(&order, UnixMillis(order.not_after + 1)), "not_after");
    assert_eq!(value(&device, "DoorLock.LockState"), text("Locked"));
    let order = envelope(2, "DoorLock.UnlockDoor");
    assert_eq!(device.obey(&order, UnixMillis(order.not_after)).answer, Answer::Accepted);
}

#[test]
fn preconditions_are_judged_by_the_devices_own_state() {
    let mut device = device(Kind::Lock);
    let wants = |counter, endpoint, attribute: &str, equals| Envelope {
        preconditions: vec![Condition { endpoint, attribute: attribute.to_owned(), equals }],
        ..envelope(counter, "DoorLock.UnlockDoor")
    };
    let open = wants(1, 1, "DoorLock.DoorState", text("DoorOpen"));
    refused(&device.obey(&open, NOON), "DoorLock.DoorState is DoorClosed, not DoorOpen");
    let absent = wants(2, 1, "OnOff.OnOff", Value::Bool(true));
    refused(&device.obey(&absent, NOON), "endpoint 1 has no OnOff.OnOff");
    let elsewhere = wants(3, 0, "DoorLock.LockState", text("Locked"));
    refused(&device.obey(&elsewhere, NOON), "endpoint 0");
    assert_eq!(value(&device, "DoorLock.LockState"), text("Locked"));
    let holds = wants(4, 1, "DoorLock.LockState", text("Locked"));
    assert_eq!(device.obey(&holds, NOON).answer, Answer::Accepted);
}

#[test]
fn commands_of_other_kinds_and_endpoints_are_refused_by_every_kind() {
    for kind in Kind::ALL {
        let mut device = device(kind);
        refused(&device.obey(&envelope(1, "WindowCovering.StopMotion"), NOON), "endpoint 1 has no");
        refused(&device.obey(&envelope(2, ""), NOON), "has no");
        let itself = Envelope { endpoint: 9, ..envelope(3, "Identify.Identify") };
        refused(&device.obey(&itself, NOON), "endpoint 9");
        let blink = with(4, "Identify.Identify", "IdentifyTime", Value::Integer(5));
        assert_eq!(device.obey(&blink, NOON).answer, Answer::Accepted);
    }
}

#[test]
fn a_lock_tells_who_turned_it_and_cannot_lock_an_open_door() {
    let mut lock = device(Kind::Lock);
    let mut random = Random::new(1);
    let outcome = lock.obey(&envelope(1, "DoorLock.UnlockDoor"), NOON);
    let data = [("operation", "Unlock"), ("source", "Remote")].into_iter().collect();
    let event = Event { endpoint: 1, event: "DoorLock.LockOperation", data };
    assert!(outcome.reports.contains(&Report::Event(event)));

    lock.tick(NOON + 44_000, &mut random);
    assert_eq!(value(&lock, "DoorLock.DoorState"), text("DoorClosed"));
    let reports = lock.tick(NOON + 46_000, &mut random);
    assert_eq!(reported(&reports, "DoorLock.DoorState"), Some(text("DoorOpen")));
    let outcome = lock.obey(&envelope(2, "DoorLock.LockDoor"), NOON + 47_000);
    assert_eq!(outcome.answer, Answer::Failed);
    assert!(outcome.reason.unwrap().contains("door is open"));
    assert_eq!(value(&lock, "DoorLock.LockState"), text("Unlocked"));

    lock.tick(NOON + 56_000, &mut random);
    assert_eq!(value(&lock, "DoorLock.DoorState"), text("DoorClosed"));
    assert_eq!(lock.obey(&envelope(3, "DoorLock.LockDoor"), NOON + 57_000).answer, Answer::Accepted);
    assert_eq!(value(&lock, "DoorLock.LockState"), text("Locked"));
}

#[test]
fn a_plug_that_is_off_draws_nothing_and_counts_nothing() {
    let mut plug = device(Kind::Plug);
    let mut random = Random::new(1);
    let before_wh = number(&plug, ENERGY);
    plug.obey(&envelope(1, "OnOff.Off"), NOON + 30_000);
    assert_eq!(number(&plug, POWER), 0.0);
    let off_wh = number(&plug, ENERGY);
    // Half a minute of 42 W.
    assert!((off_wh - before_wh - 0.35).abs() < 0.002, "{before_wh} {off_wh}");
    for hour in 1..24 {
        plug.tick(NOON + hour * 3_600_000, &mut random);
        assert_eq!((number(&plug, POWER), number(&plug, ENERGY)), (0.0, off_wh));
    }
}

#[test]
fn a_meters_counter_is_the_integral_of_its_load() {
    let mut meter = device(Kind::Meter);
    let mut random = Random::new(1);
    let start_wh = number(&meter, ENERGY);
    let mut integral_wh = 0.0;
    for minute in 0..1_440 {
        integral_wh += number(&meter, POWER) / 60.0;
        meter.tick(NOON + (minute + 1) * 60_000, &mut random);
    }
    let counted_wh = number(&meter, ENERGY) - start_wh;
    assert!((counted_wh - integral_wh).abs() < 1.0, "{counted_wh} {integral_wh}");
    assert!((5_000.0..20_000.0).contains(&counted_wh), "{counted_wh} Wh a day is no household");
}

#[test]
fn a_house_draws_more_in_the_evening_than_at_night() {
    let at = |hour: i64| number(&Device::new(Kind::Meter, id(), 42, NOON + hour * 3_600_000), POWER);
    assert!(at(7) > 2.0 * at(15), "{} {}", at(7), at(15));
}

#[test]
fn a_thermostat_keeps_its_set_point_and_says_what_it_does() {
    let mut thermostat = device(Kind::Thermostat);
    let mut random = Random::new(1);
    thermostat.obey(&set_point(1, 23.0), NOON);
    assert_eq!(value(&thermostat, "Thermostat.RunningState"), text("Heating"));
    let mut switched = false;
    for minute in 1..(24 * 60) {
        let reports = thermostat.tick(NOON + minute * 60_000, &mut random);
        switched |= reported(&reports, "Thermostat.RunningState").is_some();
    }
    assert!(switched);
    assert!((number(&thermostat, ROOM) - 23.0).abs() < 0.5, "{}", number(&thermostat, ROOM));

    let off =
        Envelope { not_after: i64::MAX, ..with(2, "Thermostat.SetSystemMode", "SystemMode", text("Off")) };
    let evening = NOON + 24 * 3_600_000;
    assert_eq!(thermostat.obey(&off, evening).answer, Answer::Accepted);
    assert_eq!(value(&thermostat, "Thermostat.RunningState"), text("Idle"));
    thermostat.tick(evening + 6 * 3_600_000, &mut random);
    assert!(number(&thermostat, ROOM) < 21.0, "{}", number(&thermostat, ROOM));
}

#[test]
fn a_thermostat_refuses_what_it_cannot_do() {
    let mut thermostat = device(Kind::Thermostat);
    refused(&thermostat.obey(&set_point(1, 31.0), NOON), "args.Setpoint");
    refused(&thermostat.obey(&set_point(2, f64::NAN), NOON), "args.Setpoint");
    refused(&thermostat.obey(&envelope(3, "Thermostat.SetOccupiedHeatingSetpoint"), NOON), "args.Setpoint");
    let cool = with(4, "Thermostat.SetSystemMode", "SystemMode", text("Cool"));
    refused(&thermostat.obey(&cool, NOON), "only has");
    assert_eq!(number(&thermostat, "Thermostat.OccupiedHeatingSetpoint"), 21.0);
    assert_eq!(value(&thermostat, "Thermostat.SystemMode"), text("Heat"));
}

#[test]
fn a_leak_sensor_is_dry_and_its_battery_slowly_falls() {
    let mut sensor = device(Kind::LeakSensor);
    let before = number(&sensor, BATTERY);
    sensor.tick(NOON + 20 * 86_400_000, &mut Random::new(1));
    let after = number(&sensor, BATTERY);
    assert!(before - after > 2.0 && before - after < 4.0, "{before} {after}");
    assert_eq!(value(&sensor, "BooleanState.StateValue"), Value::Bool(false));
}

#[test]
fn a_world_that_starts_again_carries_on() {
    for kind in [Kind::Meter, Kind::Plug] {
        let mut first = device(kind);
        let later = NOON + 86_400_000 + 12_345;
        first.tick(later, &mut Random::new(1));
        let second = Device::new(kind, id(), 42, later);
        assert!(number(&second, ENERGY) >= number(&first, ENERGY), "{kind:?}");
    }
}

/// Steps of a clock that may stand still, jump and go back.
fn clock_steps() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(
        prop_oneof![8 => 0..120_000_i64, 1 => -7_200_000..0_i64, 1 => 0..30 * 86_400_000_i64],
        1..60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn energy_counters_never_fall(steps in clock_steps(), seed: u64, switches: Vec<bool>) {
        for kind in [Kind::Meter, Kind::Plug] {
            let mut device = Device::new(kind, id(), seed, NOON);
            let mut random = Random::new(seed);
            let (mut now, mut before_wh) = (NOON, number(&device, ENERGY));
            for (index, step) in steps.iter().enumerate() {
                now = now + *step;
                if let Some(on) = switches.get(index) {
                    let name = if *on { "OnOff.On" } else { "OnOff.Off" };
                    let order = Envelope { not_after: i64::MAX, ..envelope(index as i64 + 1, name) };
                    device.obey(&order, now);
                }
                device.tick(now, &mut random);
                let now_wh = number(&device, ENERGY);
                prop_assert!(now_wh >= before_wh, "{kind:?}: {before_wh} to {now_wh}");
                prop_assert!(number(&device, POWER) >= 0.0);
                before_wh = now_wh;
            }
        }
    }

    #[test]
    fn rooms_stay_within_nature(steps in clock_steps(), seed: u64, wanted in prop::collection::vec(-5.0..40.0_f64, 60)) {
        let mut device = Device::new(Kind::Thermostat, id(), seed, NOON);
        let mut random = Random::new(seed);
        let mut now = NOON;
        for (index, step) in steps.iter().enumerate() {
            now = now + *step;
            device.obey(&Envelope { not_after: i64::MAX, ..set_point(index as i64 + 1, wanted[index]) }, now);
            device.tick(now, &mut random);
            let room = number(&device, ROOM);
            // No colder than the coldest hour outside, no warmer than the highest set point and one step.
            prop_assert!((1.0..=30.3).contains(&room), "{room}");
            let demand = number(&device, "Thermostat.PIHeatingDemand");
            prop_assert!((0.0..=100.0).contains(&demand));
            let set = number(&device, "Thermostat.OccupiedHeatingSetpoint");
            prop_assert!((5.0..=30.0).contains(&set), "{set}");
        }
    }

    #[test]
    fn batteries_stay_between_new_and_empty(offset_ms: i32, seed: u64) {
        let device = Device::new(Kind::Lock, id(), seed, NOON + i64::from(offset_ms) * 1_000);
        prop_assert!((8.0..=100.0).contains(&number(&device, BATTERY)));
    }

    #[test]
    fn any_envelope_is_answered_and_never_a_panic(
        counter: i64, not_after: i64, endpoint: u16, name in "[A-Za-z.\u{0}é]{0,40}", now: i64,
    ) {
        for kind in Kind::ALL {
            let mut device = device(kind);
            let order = Envelope { not_after, endpoint, name: name.clone(), command: CommandId(Uuid::nil()), ..envelope(1, "") };
            device.obey(&Envelope { counter, ..order }, UnixMillis(now));
        }
    }
}
