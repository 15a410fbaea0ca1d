//! What devices do with commands and with time, seen through what they say.

use lares_model::command::Condition;
use lares_model::record::{AckStatus, Body, Entry};
use lares_model::{CommandId, Value};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::bed::{
    DAY_MS, NOON, ack, by_name, envelope, first_of, read, text, values, with, world, world_from,
};

const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const POWER: &str = "ElectricalPowerMeasurement.ActivePower";

#[track_caller]
fn refused(entries: &[Entry], because: &str) {
    let ack = ack(entries);
    assert_eq!(ack.status, AckStatus::Refused, "{ack:?}");
    let reason = ack.reason.unwrap_or_default();
    assert!(reason.contains(because), "{because:?} not in {reason:?}");
}

#[track_caller]
fn accepted(entries: &[Entry]) {
    let ack = ack(entries);
    assert_eq!((ack.status, ack.reason), (AckStatus::Accepted, None));
}

#[test]
fn whatever_a_device_says_the_server_takes() {
    let mut world = world();
    let mut messages = Vec::new();
    for device in world.devices().map(|(id, _)| id).collect::<Vec<_>>() {
        messages.extend(world.connected(device));
    }
    messages.extend(world.advance(NOON + 9 * 3_600_000));
    assert!(messages.len() > 1_000, "{}", messages.len());
    for entry in read(&messages, NOON + 9 * 3_600_000) {
        assert!(!matches!(entry.body, Body::Rejected { .. }), "{entry:?}");
        assert!(entry.identity.is_some());
    }
}

#[test]
fn every_command_with_an_effect_is_proved_by_the_state_that_follows() {
    let number = Value::Number;
    let commands = [
        (Kind::Lock, "DoorLock.UnlockDoor", None),
        (Kind::Lock, "DoorLock.LockDoor", None),
        (Kind::Plug, "OnOff.Off", None),
        (Kind::Plug, "OnOff.On", None),
        (Kind::Thermostat, "Thermostat.SetOccupiedHeatingSetpoint", Some(("Setpoint", number(18.5)))),
        (Kind::Thermostat, "Thermostat.SetSystemMode", Some(("SystemMode", text("Off")))),
        (Kind::DimmableLight, "OnOff.On", None),
        (Kind::DimmableLight, "LevelControl.MoveToLevel", Some(("Level", number(30.0)))),
        (Kind::DimmableLight, "LevelControl.MoveToLevel", Some(("Level", number(0.0)))),
        (Kind::ColourLight, "OnOff.Off", None),
        (
            Kind::ColourLight,
            "ColorControl.MoveToColorTemperature",
            Some(("ColorTemperature", number(3_000.0))),
        ),
        (Kind::Blind, "WindowCovering.GoToLiftPercentage", Some(("LiftPercent", number(40.0)))),
    ];
    for (kind, name, arg) in commands {
        let (mut world, device) = (world(), first_of(kind));
        let mut order = envelope(device, 1, name);
        if let Some((arg, value)) = arg {
            order = with(order, arg, value);
        }
        let mut entries = world.order(device, &order, NOON + 10);
        accepted(&entries);
        // A blind needs its time.
        let later: Vec<_> = world.advance(NOON + 20_000).into_iter().filter(|m| m.device == device).collect();
        entries.extend(read(&later, NOON + 20_000));
        let spec = lares_model::capability::command(name).unwrap();
        let (proof, wanted) = spec.proof(name.split('.').next().unwrap(), &order.args).unwrap();
        assert!(values(&entries, &proof).any(|(_, value)| value.same_as(&wanted)), "{name}: {proof}");
        assert!(world.value(device, &proof).same_as(&wanted), "{name}");
    }
}

#[test]
fn what_was_delivered_twice_is_done_once_and_answered_twice() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    let toggle = envelope(lamp, 1, "OnOff.Toggle");
    accepted(&world.order(lamp, &toggle, NOON));
    assert_eq!(world.value(lamp, "OnOff.OnOff"), Value::Bool(true));
    let again = world.order(lamp, &toggle, NOON + 60_000);
    accepted(&again);
    assert_eq!(values(&again, "OnOff.OnOff").last().unwrap().1, Value::Bool(true));
}

#[test]
fn replays_are_refused_and_change_nothing() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    accepted(&world.order(lamp, &envelope(lamp, 5, "OnOff.On"), NOON));
    refused(&world.order(lamp, &envelope(lamp, 4, "OnOff.Off"), NOON), "counter: 4 is not newer than 5");
    let renamed = Envelope { command: CommandId(Uuid::from_u128(9)), ..envelope(lamp, 5, "OnOff.Off") };
    refused(&world.order(lamp, &renamed, NOON), "counter: 5");
    let other_nonce = Envelope { nonce: "0".repeat(32), ..envelope(lamp, 5, "OnOff.On") };
    refused(&world.order(lamp, &other_nonce, NOON), "counter: 5");
    assert_eq!(world.value(lamp, "OnOff.OnOff"), Value::Bool(true));
    // Long after its answer was forgotten, the first one is a replay too.
    for counter in 6..40 {
        accepted(&world.order(lamp, &envelope(lamp, counter, "OnOff.Off"), NOON));
    }
    refused(&world.order(lamp, &envelope(lamp, 5, "OnOff.On"), NOON), "counter: 5 is not newer than 39");
}

#[test]
fn a_refused_command_uses_up_its_number_and_a_strange_one_does_not() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    let stranger = Envelope { device: DeviceId(Uuid::from_u128(800)), ..envelope(lamp, 100, "OnOff.On") };
    refused(&world.order(lamp, &stranger, NOON), "another device");
    refused(&world.order(lamp, &Envelope { v: 2, ..envelope(lamp, 100, "OnOff.On") }, NOON), "version 2");
    refused(&world.order(lamp, &envelope(lamp, 7, "OnOff.Explode"), NOON), "OnOff.Explode is not known");
    refused(&world.order(lamp, &envelope(lamp, 6, "OnOff.On"), NOON), "counter: 6 is not newer than 7");
    accepted(&world.order(lamp, &envelope(lamp, 8, "OnOff.On"), NOON));
}

#[test]
fn expired_commands_and_conditions_that_do_not_hold_are_refused_at_the_edge() {
    let (mut world, door) = (world(), by_name("Front door"));
    let late = Envelope { not_after: NOON.0, ..envelope(door, 1, "DoorLock.UnlockDoor") };
    refused(&world.order(door, &late, NOON + 1), "not_after");
    let wants = |counter, endpoint, attribute: &str, equals| Envelope {
        preconditions: vec![Condition { endpoint, attribute: attribute.to_owned(), equals }],
        ..envelope(door, counter, "DoorLock.UnlockDoor")
    };
    let open = wants(2, 1, "DoorLock.DoorState", text("DoorOpen"));
    refused(&world.order(door, &open, NOON), "DoorLock.DoorState is DoorClosed, not DoorOpen");
    refused(&world.order(door, &wants(3, 1, "OnOff.OnOff", Value::Bool(true)), NOON), "has no OnOff.OnOff");
    refused(&world.order(door, &wants(4, 0, "DoorLock.LockState", text("Locked")), NOON), "endpoint 0");
    assert_eq!(world.value(door, "DoorLock.LockState"), text("Locked"));
    accepted(&world.order(door, &wants(5, 1, "DoorLock.LockState", text("Locked")), NOON));
}

#[test]
fn commands_of_other_kinds_and_endpoints_are_refused_by_every_kind() {
    for kind in Kind::ALL {
        let (mut world, device) = (world(), first_of(kind));
        refused(
            &world.order(device, &envelope(device, 1, "ValveConfigurationAndControl.Open"), NOON),
            "has no",
        );
        refused(&world.order(device, &envelope(device, 2, ""), NOON), "has no");
        let itself = Envelope { endpoint: 9, ..envelope(device, 3, "Identify.Identify") };
        refused(&world.order(device, &itself, NOON), "endpoint 9");
        let blink = with(envelope(device, 4, "Identify.Identify"), "IdentifyTime", Value::Integer(5));
        accepted(&world.order(device, &blink, NOON));
    }
}

#[test]
fn arguments_that_a_device_cannot_take_are_refused() {
    let set_point = |value| ("Thermostat.SetOccupiedHeatingSetpoint", "Setpoint", value);
    let wrong = [
        (Kind::Thermostat, set_point(Value::Number(31.0)), "args.Setpoint"),
        (Kind::Thermostat, set_point(text("warm")), "args.Setpoint"),
        (Kind::Thermostat, ("Thermostat.SetSystemMode", "SystemMode", text("Cool")), "only has"),
        (Kind::DimmableLight, ("LevelControl.MoveToLevel", "Level", Value::Number(101.0)), "args.Level"),
        (
            Kind::ColourLight,
            ("ColorControl.MoveToColorTemperature", "ColorTemperature", Value::Number(9_000.0)),
            "K",
        ),
        (Kind::Blind, ("WindowCovering.GoToLiftPercentage", "Lift", Value::Number(1.0)), "args.LiftPercent"),
    ];
    for (kind, (name, arg, value), because) in wrong {
        let (mut world, device) = (world(), first_of(kind));
        let before = world.knows(device);
        refused(&world.order(device, &with(envelope(device, 1, name), arg, value), NOON), because);
        assert_eq!(world.knows(device), before);
    }
}

#[test]
fn a_lock_tells_who_turned_it_and_cannot_lock_an_open_door() {
    let (mut world, door) = (world(), by_name("Front door"));
    let entries = world.order(door, &envelope(door, 1, "DoorLock.UnlockDoor"), NOON);
    let turned = entries.iter().find_map(|entry| match &entry.body {
        Body::Occurrences { occurrences } => Some(&occurrences[0]),
        _ => None,
    });
    let turned = turned.unwrap();
    assert_eq!((turned.event.as_str(), &turned.data["source"]), ("DoorLock.LockOperation", &"Remote".into()));
    world.advance(NOON + 44_000);
    assert_eq!(world.value(door, "DoorLock.DoorState"), text("DoorClosed"));
    world.advance(NOON + 46_000);
    assert_eq!(world.value(door, "DoorLock.DoorState"), text("DoorOpen"));
    let entries = world.order(door, &envelope(door, 2, "DoorLock.LockDoor"), NOON + 47_000);
    assert_eq!(ack(&entries).status, AckStatus::Failed);
    assert!(ack(&entries).reason.unwrap().contains("door is open"));
    world.advance(NOON + 56_000);
    accepted(&world.order(door, &envelope(door, 3, "DoorLock.LockDoor"), NOON + 57_000));
    assert_eq!(world.value(door, "DoorLock.LockState"), text("Locked"));
}

#[test]
fn a_blind_stops_where_it_is_told_to() {
    let (mut world, blind) = (world(), first_of(Kind::Blind));
    let close =
        with(envelope(blind, 1, "WindowCovering.GoToLiftPercentage"), "LiftPercent", Value::Number(100.0));
    world.order(blind, &close, NOON);
    assert_eq!(world.value(blind, "WindowCovering.OperationalStatus"), text("Closing"));
    accepted(&world.order(blind, &envelope(blind, 2, "WindowCovering.StopMotion"), NOON + 8_000));
    let position = world.number(blind, "WindowCovering.CurrentPositionLiftPercent");
    assert!((30.0..70.0).contains(&position), "{position}");
    assert_eq!(world.value(blind, "WindowCovering.OperationalStatus"), text("Stopped"));
}

#[test]
fn a_smoke_alarm_tests_itself_for_a_while() {
    let (mut world, alarm) = (world(), first_of(Kind::SmokeAlarm));
    accepted(&world.order(alarm, &envelope(alarm, 1, "SmokeCoAlarm.SelfTestRequest"), NOON));
    assert_eq!(world.value(alarm, "SmokeCoAlarm.TestInProgress"), Value::Bool(true));
    world.advance(NOON + 11_000);
    assert_eq!(world.value(alarm, "SmokeCoAlarm.TestInProgress"), Value::Bool(false));
}

#[test]
fn who_switches_a_lamp_has_it_so_until_habit_wants_something_new() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    world.order(lamp, &envelope(lamp, 1, "OnOff.On"), NOON);
    // Noon and light: nobody's habit wants the lamp, and nobody's habit changes its mind.
    for minute in 1..60 {
        world.advance(NOON + minute * 60_000);
        assert_eq!(world.value(lamp, "OnOff.OnOff"), Value::Bool(true), "minute {minute}");
    }
    // By the small hours people have come, sat in the dark with it, and gone to bed.
    world.advance(NOON + 16 * 3_600_000);
    assert_eq!(world.value(lamp, "OnOff.OnOff"), Value::Bool(false));
}

#[test]
fn a_plug_that_is_off_draws_nothing_and_counts_nothing() {
    let (mut world, fridge) = (world(), by_name("Fridge"));
    world.order(fridge, &envelope(fridge, 1, "OnOff.Off"), NOON + 30_000);
    let off_wh = world.number(fridge, ENERGY);
    for hour in 1..24 {
        world.advance(NOON + hour * 3_600_000);
        assert_eq!((world.number(fridge, POWER), world.number(fridge, ENERGY)), (0.0, off_wh));
    }
}

#[test]
fn the_same_seed_says_the_same_bytes_and_another_seed_does_not() {
    let days = |seed| {
        let mut world = world_from(seed, NOON);
        world.report_every(600_000);
        world.come_alive(NOON);
        let lamp = by_name("Reading lamp");
        let order = envelope(lamp, 1, "OnOff.On").encode(Encoding::Cbor).unwrap();
        let mut out = world.command(lamp, &order, NOON + 5_000);
        (1..=48).for_each(|hour| out.extend(world.advance(NOON + hour * 3_600_000)));
        out
    };
    let first = days(7);
    assert_eq!(first, days(7));
    assert_ne!(first, days(8));
}

#[test]
fn small_steps_and_large_ones_lead_to_the_same_world() {
    let (mut small, mut large) = (world(), world());
    let until = NOON + DAY_MS;
    let mut now = NOON;
    let mut random = crate::random::Random::new(3);
    while now < until {
        now = (now + random.between(1.0, 400_000.0) as i64).min(until);
        small.advance(now);
    }
    large.advance(until);
    for (device, _) in large.devices() {
        assert_eq!(small.knows(device), large.knows(device));
    }
}

#[test]
fn ordinary_days_do_not_flood_the_event_log() {
    let mut world = world();
    let mut changes = std::collections::BTreeMap::<_, usize>::new();
    let mut last = std::collections::BTreeMap::new();
    let messages = (1..=7).flat_map(|day| world.advance(NOON + day * DAY_MS)).collect::<Vec<_>>();
    for entry in read(&messages, NOON + 7 * DAY_MS) {
        let Body::Readings { readings } = entry.body else { continue };
        for reading in readings.into_iter().filter(|reading| crate::bed::is_eventful(&reading.attribute)) {
            let key = (entry.device, reading.attribute);
            if last.insert(key.clone(), reading.value.clone()).is_some_and(|before| before != reading.value) {
                *changes.entry(key).or_default() += 1;
            }
        }
    }
    let all: usize = changes.values().sum();
    assert!((200..3_000).contains(&all), "{all} changes in a week");
    assert!(changes.values().all(|count| *count < 7 * 60), "{changes:?}");
}

/// Steps of a clock that may stand still, jump and go back.
fn clock_steps() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![8 => 0..120_000_i64, 1 => -7_200_000..0_i64, 1 => 0..3 * DAY_MS], 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn energy_counters_never_fall_and_a_meter_counts_no_less_than_its_plugs(
        steps in clock_steps(), seed: u64, switches: Vec<bool>,
    ) {
        let mut world = world_from(seed, NOON);
        world.come_alive(NOON);
        let counters: Vec<_> = world
            .devices()
            .filter(|(_, kind)| matches!(kind, Kind::Plug | Kind::Meter))
            .map(|(id, kind)| (id, kind, world.units.iter().find(|unit| unit.id == id).unwrap().home))
            .collect();
        let read_all = |world: &World| counters.iter().map(|(id, ..)| world.number(*id, ENERGY)).collect::<Vec<_>>();
        let (mut now, lamp) = (NOON, by_name("Reading lamp"));
        let mut before = read_all(&world);
        for (index, step) in steps.iter().enumerate() {
            now = now + *step;
            if let Some(on) = switches.get(index) {
                let name = if *on { "OnOff.On" } else { "OnOff.Off" };
                world.order(lamp, &envelope(lamp, index as i64 + 1, name), now);
            }
            world.advance(now);
            let after = read_all(&world);
            for home in 0..world.homes.len() {
                let (mut meter_wh, mut plugs_wh) = (0.0, 0.0);
                for ((.., kind, at), (before, after)) in counters.iter().zip(before.iter().zip(&after)) {
                    prop_assert!(after >= before);
                    if *at == home && *kind == Kind::Meter {
                        meter_wh += after - before;
                    } else if *at == home {
                        plugs_wh += after - before;
                    }
                }
                // Each shown counter is rounded down to a thousandth.
                prop_assert!(meter_wh + 0.01 >= plugs_wh, "{meter_wh} {plugs_wh}");
            }
            before = after;
        }
    }

    #[test]
    fn any_command_is_answered_or_ignored_and_never_a_panic(
        counter: i64, not_after: i64, endpoint: u16, name in "[A-Za-z.\u{0}é]{0,40}", noise: Vec<u8>,
    ) {
        let mut world = world();
        for (device, _) in world.devices().collect::<Vec<_>>() {
            let order = Envelope { counter, not_after, endpoint, name: name.clone(), ..envelope(device, 1, "") };
            world.order(device, &order, NOON);
            world.command(device, &noise, NOON);
        }
    }
}
