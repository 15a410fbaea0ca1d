//! The past told: whole, in order, the same when told again, and readable by the server.

use std::collections::BTreeMap;

use lares_model::record::Body;

use super::*;
use crate::bed::{DAY_MS, NOON, by_name, envelope, is_eventful, read, world_from};

const SPAN_MS: i64 = 5 * DAY_MS;

fn past() -> Past {
    Past::new(world_from(9, NOON - SPAN_MS), vec![], NOON, ToldUntil::new(), false)
}

fn told(mut past: Past) -> Vec<Outgoing> {
    let mut out = Vec::new();
    while !past.is_over() {
        out.extend(past.next_hour());
    }
    out
}

#[test]
fn the_server_takes_all_of_it_within_its_limits() {
    let out = told(past());
    for message in &out {
        assert!(message.payload.len() < 100 * 1024, "{}", message.payload.len());
    }
    for entry in read(&out, NOON) {
        assert!(!matches!(entry.body, Body::Rejected { .. }), "{entry:?}");
        assert!(entry.identity.is_some());
    }
    let mut identities: Vec<_> = read(&out, NOON)
        .iter()
        .map(|entry| (entry.device, entry.identity.map(|identity| identity.0)))
        .collect();
    identities.sort_unstable();
    let all = identities.len();
    identities.dedup();
    assert_eq!(identities.len(), all, "no two messages are taken for one");
}

#[test]
fn what_is_eventful_comes_in_order_for_each_device_and_days_come_one_after_another() {
    let out = told(past());
    let mut newest = BTreeMap::new();
    for entry in read(&out, NOON) {
        let Body::Readings { readings } = entry.body else { continue };
        for reading in readings.into_iter().filter(|reading| is_eventful(&reading.attribute)) {
            let before = newest.insert((entry.device, reading.attribute.clone()), reading.time);
            assert!(before.is_none_or(|before| before <= reading.time), "{reading:?} after {before:?}");
        }
    }
    assert!(out.windows(2).all(|pair| pair[1].time.since_ms(pair[0].time) > -HOUR_MS));
}

#[test]
fn series_have_a_value_each_ten_minutes() {
    let entries = read(&told(past()), NOON);
    let meter = by_name("House meter");
    let times: Vec<_> = entries
        .iter()
        .filter(|entry| entry.device == meter)
        .flat_map(|entry| match &entry.body {
            Body::Readings { readings } => readings.clone(),
            _ => vec![],
        })
        .filter(|reading| reading.attribute == "ElectricalPowerMeasurement.ActivePower")
        .map(|reading| reading.time)
        .collect();
    assert_eq!(times.len() as i64, SPAN_MS / GRID_MS);
    assert!(times.windows(2).all(|pair| pair[1].since_ms(pair[0]) == GRID_MS));
}

#[test]
fn told_again_from_a_kept_place_it_is_the_same_messages() {
    let whole = told(past());
    let mut first = past();
    let mut messages = Vec::new();
    while first.world.now().0.rem_euclid(DAY_MS) != 0 {
        messages.extend(first.next_hour());
    }
    assert!(first.is_even());
    let scenario = crate::bed::demo();
    let kept = crate::kept::Kept::at(&first.world, &scenario, &ToldUntil::new());
    let kept = crate::kept::Kept::decode(&kept.encode().unwrap()).unwrap();
    let again = kept.world(&scenario, &crate::bed::registered(&scenario));
    let second = Past::new(again, vec![], NOON, ToldUntil::new(), true);
    messages.extend(told(second));
    assert_eq!(messages, whole);
}

#[test]
fn the_rest_of_one_device_is_its_changes_and_is_not_told_twice() {
    let door = by_name("Front door");
    let whole: Vec<_> = told(past())
        .into_iter()
        .filter(|message| message.device == door && message.channel != Channel::Telemetry)
        .collect();
    let mut past = past();
    for _ in 0..30 {
        past.next_hour();
    }
    let mut from_start = self::past();
    let mut before = Vec::new();
    for _ in 0..30 {
        let hour = from_start.next_hour().into_iter();
        before.extend(hour.filter(|message| message.device == door && message.channel != Channel::Telemetry));
    }
    let mut all = before;
    all.extend(past.branch_for(door).unwrap().changes_of(door));
    assert_eq!(all, whole);
    assert!(past.branch_for(door).is_none());
    let after = told(past);
    assert!(!after.iter().any(|message| message.device == door && message.channel != Channel::Telemetry));
    assert!(after.iter().any(|message| message.device == door));
}

#[test]
fn commands_that_were_carried_out_are_part_of_the_past() {
    let lamp = by_name("Reading lamp");
    let mut live = world_from(9, NOON - DAY_MS);
    let at = NOON - DAY_MS + 3_600_123;
    live.order(lamp, &envelope(lamp, 1, "OnOff.On"), at);
    let done = live.done.clone();
    assert_eq!(done.len(), 1);
    let past = Past::new(world_from(9, NOON - DAY_MS), done, NOON, ToldUntil::new(), false);
    let entries = read(&told(past), NOON);
    let switched = crate::bed::values(&entries, "OnOff.OnOff")
        .any(|(time, value)| time == at && value == lares_model::Value::Bool(true));
    assert!(switched);
}

#[test]
fn what_the_server_has_from_an_older_world_is_not_told_again() {
    let lamp = by_name("Reading lamp");
    let until = NOON - 2 * DAY_MS;
    let told_until = [("LUM-PM-120553".to_owned(), until)].into();
    let past = Past::new(world_from(9, NOON - SPAN_MS), vec![], NOON, told_until, false);
    let entries = read(&told(past), NOON);
    let of_lamp = entries.iter().filter(|entry| entry.device == lamp);
    let times: Vec<_> = of_lamp
        .flat_map(|entry| match &entry.body {
            Body::Readings { readings } => readings.clone(),
            _ => vec![],
        })
        .map(|reading| reading.time)
        .collect();
    assert!(!times.is_empty() && times.iter().all(|time| *time > until));
}
