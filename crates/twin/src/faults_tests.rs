//! What each fault does to a device's messages, and for how long.

use lares_model::DeviceId;
use lares_model::Value;
use lares_model::protocol::Channel;
use lares_model::record::{AckStatus, Body};
use uuid::Uuid;

use super::*;
use crate::bed::{NOON, ack, by_name, envelope, read, values, world};
use crate::message::Why;

fn message(number: u8) -> Outgoing {
    let device = DeviceId(Uuid::from_u128(1));
    let payload = format!("{{\"v\":1,\"n\":{number}}}").into_bytes();
    Outgoing { device, channel: Channel::Telemetry, time: NOON, payload, why: Why::Series }
}

fn faults(list: Vec<Misbehaviour>) -> Faults {
    Faults::new(list, 1, NOON)
}

fn through(faults: &mut Faults, count: u8) -> Vec<Outgoing> {
    (0..count).flat_map(|number| faults.pass(message(number), NOON)).collect()
}

#[test]
fn a_device_without_faults_says_what_it_says() {
    assert_eq!(through(&mut faults(vec![]), 3), [message(0), message(1), message(2)]);
}

#[test]
fn silence_duplicates_and_reordering_do_what_they_are_called() {
    assert!(through(&mut faults(vec![Misbehaviour::new(Fault::Silence)]), 3).is_empty());
    let twice = through(&mut faults(vec![Misbehaviour::new(Fault::Duplicates)]), 2);
    assert_eq!(twice, [message(0), message(0), message(1), message(1)]);
    let swapped = through(&mut faults(vec![Misbehaviour::new(Fault::Reordering)]), 4);
    assert_eq!(swapped, [message(1), message(0), message(3), message(2)]);
}

#[test]
fn garbage_spoils_each_nth_message_and_no_other() {
    let out = through(&mut faults(vec![Misbehaviour::new(Fault::Garbage)]), 30);
    assert_eq!(out.len(), 30);
    for (number, got) in (0_u8..).zip(&out) {
        assert_eq!(*got == message(number), !(number + 1).is_multiple_of(3), "{number}");
    }
}

#[test]
fn faults_begin_and_end_in_time() {
    let list = vec![Misbehaviour { after_s: 10, for_s: Some(5), ..Misbehaviour::new(Fault::Silence) }];
    let mut faults = faults(list);
    let heard = |faults: &mut Faults, s: i64| !faults.pass(message(0), NOON + s * 1_000).is_empty();
    assert!(heard(&mut faults, 9));
    assert!(!heard(&mut faults, 10));
    assert!(!heard(&mut faults, 14));
    assert!(heard(&mut faults, 15));
}

#[test]
fn a_flapping_device_comes_and_goes_and_a_flat_one_is_gone() {
    let flapping = faults(vec![Misbehaviour::new(Fault::Flapping)]);
    let up: Vec<_> = (0..30).map(|s| flapping.on_air(NOON + s * 1_000)).collect();
    assert_eq!(up.iter().filter(|up| **up).count(), 20);
    assert!(up[0] && !up[12] && up[15]);
    assert!(!faults(vec![Misbehaviour::new(Fault::FlatBattery)]).on_air(NOON));

    let (mut world, window) = (world(), by_name("Kitchen window"));
    world.misbehave(window, vec![Misbehaviour::new(Fault::FlatBattery)]);
    let said = read(&world.advance(NOON + 1_000), NOON + 1_000);
    let level = values(&said, "PowerSource.BatChargeLevel").last().unwrap().1;
    assert_eq!(level, Value::Text("Critical".to_owned()));
    assert!(!world.on_air(window) && world.has_died(window));
    assert!(!world.advance(NOON + 60_000).iter().any(|message| message.device == window));
}

#[test]
fn a_wrong_clock_stamps_wrongly_and_judges_expiry_wrongly() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    world.misbehave(lamp, vec![Misbehaviour::new(Fault::WrongClock)]);
    let said: Vec<_> =
        world.advance(NOON + 30_000).into_iter().filter(|message| message.device == lamp).collect();
    assert!(!said.is_empty());
    assert!(said.iter().all(|message| message.time.since_ms(NOON) > 3_590_000));
    let order =
        lares_model::protocol::Envelope { not_after: NOON.0 + 60_000, ..envelope(lamp, 1, "OnOff.On") };
    let answer = ack(&world.order(lamp, &order, NOON + 31_000));
    assert_eq!(answer.status, AckStatus::Refused);
}

#[test]
fn a_liar_accepts_and_does_nothing() {
    let (mut world, lamp) = (world(), by_name("Reading lamp"));
    world.misbehave(lamp, vec![Misbehaviour::new(Fault::LyingAcks)]);
    let entries = world.order(lamp, &envelope(lamp, 1, "OnOff.On"), NOON);
    assert_eq!(ack(&entries).status, AckStatus::Accepted);
    assert!(!entries.iter().any(|entry| matches!(entry.body, Body::Readings { .. })));
    assert_eq!(world.value(lamp, "OnOff.OnOff"), Value::Bool(false));
}
