//! Whether days are believable: warmth, air, loads and people over weeks and a year.

use super::*;
use crate::bed::{DAY_MS, NOON, demo};

const MINUTES: i64 = 60_000;

fn home(index: usize, from: UnixMillis) -> Home {
    let plan = Arc::new(demo().homes[index].clone());
    Home::new(&plan, 42, from, from)
}

fn device(home: &Home, name: &str) -> usize {
    home.plan.devices.iter().position(|device| device.name == name).expect(name)
}

fn number(home: &Home, name: &str, attribute: &str) -> f64 {
    let series = home.series(device(home, name));
    series
        .iter()
        .find(|reading| reading.attribute == attribute)
        .and_then(|r| r.value.as_f64())
        .expect(attribute)
}

const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";

#[test]
fn rooms_stay_within_nature_all_year_and_people_are_not_cold() {
    for index in 0..3 {
        let mut home = home(index, NOON - 365 * DAY_MS);
        for hour in 0..(365 * 24) {
            home.step(NOON - 365 * DAY_MS + hour * 60 * MINUTES);
            for room in &home.state.rooms {
                let ok =
                    (6.0..36.0).contains(&room.temperature_c) && (400.0..3_500.0).contains(&room.co2_ppm);
                assert!(ok, "{} hour {hour}: {room:?}", home.plan.key);
                assert!((0.0..=100.0).contains(&home.humidity_percent(room)));
            }
        }
        home.take_said();
    }
}

#[test]
fn a_room_with_a_thermostat_keeps_its_set_point_when_people_are_there() {
    let mut house = home(0, NOON + 60 * DAY_MS);
    let living = device(&house, "Living room heating");
    let mut within = 0;
    for minute in 1..=(7 * 1_440) {
        house.step(NOON + 60 * DAY_MS + minute * MINUTES);
        let Device::Thermostat(thermostat) = &house.state.devices[living] else { panic!() };
        let room_c = house.state.rooms[house.room_of[living]].temperature_c;
        assert!(room_c > thermostat.set_point_c - 5.0, "{room_c}");
        within += usize::from((room_c - thermostat.set_point_c).abs() < 1.0);
    }
    assert!(within > 5_000, "{within} of 10080 minutes near the set point");
}

#[test]
fn an_open_window_cools_and_airs_a_room() {
    let mut house = home(0, NOON + 60 * DAY_MS);
    let before = house.state.rooms[1].clone();
    let mut shut = house.clone();
    house.move_windows(true);
    let until = house.now() + 12 * MINUTES;
    house.step(until);
    shut.step(until);
    assert!(house.state.rooms[1].temperature_c < shut.state.rooms[1].temperature_c - 0.5);
    assert!(house.state.rooms[1].co2_ppm <= before.co2_ppm.max(FRESH_TOLERANCE_PPM));
    let said = house.take_said();
    assert!(said.iter().any(|said| said.device == device(&house, "Kitchen window")));
}

const FRESH_TOLERANCE_PPM: f64 = 480.0;

#[test]
fn the_air_gets_worse_where_people_sleep_and_better_once_they_are_up() {
    let mut house = home(0, NOON);
    let (mut night, mut noon): (f64, f64) = (0.0, f64::MAX);
    let bed = house.plan.rooms.iter().position(|room| room.name == "Bedroom").unwrap();
    for minute in 1..=1_440 {
        house.step(NOON + minute * MINUTES);
        let ppm = house.state.rooms[bed].co2_ppm;
        match minute {
            900..=1_080 => night = night.max(ppm),
            1_380..=1_440 => noon = noon.min(ppm),
            _ => {}
        }
    }
    assert!(night > noon + 250.0, "{night} {noon}");
}

#[test]
fn appliances_take_what_such_appliances_take() {
    let mut house = home(0, NOON);
    let mut flat = home(1, NOON);
    let before = |home: &Home, name: &str| number(home, name, ENERGY);
    let names = ["Fridge", "Washing machine", "Reading lamp", "House meter"];
    let start: Vec<_> = names.iter().map(|name| before(&house, name)).collect();
    let flat_start: Vec<_> = ["Kettle", "TV", "Flat meter"].iter().map(|name| before(&flat, name)).collect();
    house.step(NOON + 28 * DAY_MS);
    flat.step(NOON + 28 * DAY_MS);
    let per_day: Vec<_> =
        names.iter().zip(start).map(|(name, start)| (before(&house, name) - start) / 28.0).collect();
    let ranges = [(450.0, 1_100.0), (250.0, 1_100.0), (40.0, 600.0), (5_000.0, 20_000.0)];
    for ((name, wh), (low, high)) in names.iter().zip(&per_day).zip(ranges) {
        assert!((low..high).contains(wh), "{name}: {wh} Wh a day");
    }
    let names = ["Kettle", "TV", "Flat meter"];
    for ((name, start), (low, high)) in
        names.iter().zip(flat_start).zip([(60.0, 900.0), (60.0, 600.0), (1_500.0, 9_000.0)])
    {
        let wh = (before(&flat, name) - start) / 28.0;
        assert!((low..high).contains(&wh), "{name}: {wh} Wh a day");
    }
}

#[test]
fn a_compressor_cycles_and_a_kettle_comes_in_bursts() {
    const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
    let mut house = home(0, NOON);
    let mut flat = home(1, NOON);
    let (mut fridge, mut kettle) = (vec![], vec![]);
    for minute in 1..=(3 * 1_440) {
        house.step(NOON + minute * MINUTES);
        flat.step(NOON + minute * MINUTES);
        fridge.push(number(&house, "Fridge", POWER) > 50.0);
        kettle.push(number(&flat, "Kettle", POWER) > 1_000.0);
    }
    let bursts = |on: &[bool]| on.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert!((80..105).contains(&bursts(&fridge)), "{} cycles in three days", bursts(&fridge));
    assert!((2..40).contains(&bursts(&kettle)), "{} kettles in three days", bursts(&kettle));
    assert!(kettle.iter().filter(|on| **on).count() <= bursts(&kettle) * 6);
}

#[test]
fn people_come_and_go_through_a_door_that_is_locked_behind_them() {
    let mut house = home(0, NOON);
    let door = device(&house, "Front door");
    house.step(NOON + 7 * DAY_MS);
    let said = house.take_said();
    let events = said.iter().filter(|said| said.device == door && matches!(said.what, Change::Event(_)));
    let count = events.count();
    assert!((20..200).contains(&count), "{count} turns of the lock in a week");
    let instants: Vec<_> = said.iter().map(|said| said.at).collect();
    assert!(instants.is_sorted(), "what a home says is in order");
    // At four in the morning everybody is in bed behind a locked door.
    house.step(NOON + 7 * DAY_MS + 16 * 60 * MINUTES);
    let Device::Lock(lock) = &house.state.devices[door] else { panic!() };
    assert!(lock.locked && !lock.door_open);
    assert!(house.state.places.iter().filter(|place| matches!(place, Place::Asleep(_))).count() >= 3);
}

#[test]
fn a_rental_is_warm_while_guests_are_there_and_not_otherwise() {
    let mut rental = home(2, NOON + 30 * DAY_MS);
    let valve = device(&rental, "Tiled stove valve");
    let (mut comfort, mut setback) = (0, 0);
    for hour in 1..=(42 * 24) {
        rental.step(NOON + 30 * DAY_MS + hour * 60 * MINUTES);
        let Device::Thermostat(thermostat) = &rental.state.devices[valve] else { panic!() };
        match thermostat.set_point_c {
            21.5 => comfort += 1,
            14.0 => setback += 1,
            other => panic!("{other}"),
        }
        if thermostat.set_point_c > 20.0 {
            assert!(rental.state.last_awake.is_some());
        }
    }
    assert!(comfort > 80 && setback > 300, "{comfort} hours with guests up, {setback} without");
}

#[test]
fn batteries_drain_over_months_and_are_changed_in_time() {
    let mut house = home(0, NOON);
    let window = device(&house, "Kitchen window");
    let mut before = house.battery_percent(window);
    let mut changed = 0;
    assert!((before - 11.5).abs() < 0.1, "{before}");
    for day in 1..=365 {
        house.step(NOON + day * DAY_MS);
        let percent = house.battery_percent(window);
        assert!((3.0..=100.0).contains(&percent));
        changed += usize::from(percent > before);
        before = percent;
    }
    assert_eq!(changed, 1);
    let levels = house.take_said().into_iter().filter(|said| {
        let Change::State(readings) = &said.what else { return false };
        said.device == window
            && readings.iter().any(|reading| reading.attribute == "PowerSource.BatChargeLevel")
    });
    assert_eq!(levels.count(), 2, "it was at Warning; then Critical, and OK with the new one");
}

#[test]
fn a_kept_home_goes_on_as_if_it_had_never_stopped() {
    for index in 0..3 {
        let mut one = home(index, NOON);
        one.step(NOON + 7 * 3_600_000 + 12_345);
        let bytes = cbor4ii::serde::to_vec(Vec::new(), one.state()).unwrap();
        let state = cbor4ii::serde::from_slice(&bytes).unwrap();
        assert!(Home::fits(&one.plan, &state));
        let mut other = Home::restore(&one.plan, one.seed, one.born, state);
        one.take_said();
        for home in [&mut one, &mut other] {
            home.step(NOON + 3 * DAY_MS);
        }
        assert_eq!(one.take_said(), other.take_said());
        for device in 0..one.plan.devices.len() {
            assert_eq!(one.series(device), other.series(device));
        }
    }
}

#[test]
fn a_counter_from_an_older_world_is_lifted_and_never_lowered() {
    let mut house = home(0, NOON);
    let meter = device(&house, "House meter");
    let before = number(&house, "House meter", ENERGY);
    house.lift_counter(meter, before - 1_000.0);
    assert_eq!(number(&house, "House meter", ENERGY), before);
    house.lift_counter(meter, before + 1_000.0);
    let after = number(&house, "House meter", ENERGY);
    assert!((after - before - 1_000.0).abs() < 0.01, "{before} {after}");
}
