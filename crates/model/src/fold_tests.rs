//! The fold: facts exactly where state changes, order by the device's time, and equal results however it is cut.

use super::*;
use crate::id::{DeviceId, OrganisationId};
use crate::record::{Entry, MessageIdentity};
use proptest::prelude::*;
use uuid::Uuid;

fn record(position: i64, received: i64, body: Body) -> Record {
    Record {
        position: Position(position),
        entry: Entry {
            organisation: OrganisationId(Uuid::nil()),
            device: DeviceId(Uuid::nil()),
            received: UnixMillis(received),
            identity: Some(MessageIdentity(position as u64)),
            body,
        },
    }
}

fn on_off(position: i64, time: i64, received: i64, on: bool) -> Record {
    let reading = Reading {
        endpoint: 1,
        attribute: "OnOff.OnOff".into(),
        time: UnixMillis(time),
        value: Value::Bool(on),
        quality: Quality::Measured,
        at_least_once: false,
    };
    record(position, received, Body::Readings { readings: vec![reading] })
}

fn changes(facts: &[Fact]) -> usize {
    facts.iter().filter(|fact| fact.event_type == EventType::AttributeChanged).count()
}

#[test]
fn a_change_is_one_fact_and_a_repetition_none() {
    let mut state = DeviceState::default();
    let first = fold(&mut state, &on_off(1, 10, 10, true));
    assert_eq!(
        first.iter().map(|fact| fact.event_type).collect::<Vec<_>>(),
        [EventType::DeviceOnline, EventType::AttributeChanged]
    );
    assert!(fold(&mut state, &on_off(2, 20, 20, true)).is_empty());
    assert_eq!(changes(&fold(&mut state, &on_off(3, 30, 30, false))), 1);
}

#[test]
fn an_older_reading_that_arrives_later_changes_nothing() {
    let mut state = DeviceState::default();
    fold(&mut state, &on_off(1, 20, 20, true));
    assert!(fold(&mut state, &on_off(2, 10, 30, false)).is_empty());
    assert_eq!(state.value(1, "OnOff.OnOff").unwrap().value, Value::Bool(true));
}

#[test]
fn a_clock_ahead_does_not_shut_out_what_follows() {
    let mut state = DeviceState::default();
    fold(&mut state, &on_off(1, 1_000_000, 20, true));
    assert_eq!(changes(&fold(&mut state, &on_off(2, 30, 30, false))), 1);
}

#[test]
fn rejections_are_counted_and_the_newest_kept() {
    let mut state = DeviceState::default();
    for position in 0..25 {
        let rejected = Rejected::new("mqtt telemetry", format!("reason {position}"), b"\xff\0{");
        assert!(fold(&mut state, &record(position, position, Body::Rejected { rejected })).is_empty());
    }
    assert_eq!(state.counts.rejected, 25);
    assert_eq!(state.rejections.len(), REJECTIONS_KEPT);
    assert_eq!(state.rejections.back().unwrap().rejected.reason, "reason 24");
    assert_eq!(state.rejections.back().unwrap().rejected.excerpt, "\\xff\\x00{");
}

proptest! {
    /// Folding from a checkpoint (serialised and read back) equals folding from the start.
    #[test]
    fn a_checkpoint_anywhere_changes_nothing(
        steps in prop::collection::vec((0..3_u8, 0..50_i64, any::<bool>()), 1..60),
        cut in any::<prop::sample::Index>(),
    ) {
        let records: Vec<_> = steps.iter().enumerate().map(|(index, (kind, back, on))| {
            let now = 100 + index as i64;
            match kind {
                0 => on_off(now, now - back, now, *on),
                1 => record(now, now, Body::Presence {
                    status: if *on { PresenceStatus::Online } else { PresenceStatus::Offline },
                    reason: "test".into(),
                }),
                _ => record(now, now, Body::Rejected { rejected: Rejected::new("x", "y", b"z") }),
            }
        }).collect();
        let mut whole = DeviceState::default();
        let all: Vec<_> = records.iter().flat_map(|record| fold(&mut whole, record)).collect();
        let cut = cut.index(records.len());
        let mut state = DeviceState::default();
        let mut pieces: Vec<_> = records[..cut].iter().flat_map(|record| fold(&mut state, record)).collect();
        let saved = serde_json::to_string(&state).unwrap();
        let mut state: DeviceState = serde_json::from_str(&saved).unwrap();
        pieces.extend(records[cut..].iter().flat_map(|record| fold(&mut state, record)));
        prop_assert_eq!(all, pieces);
        prop_assert_eq!(whole, state);
    }
}

#[test]
fn what_a_person_enters_is_no_word_of_the_device() {
    let mut state = DeviceState::default();
    let mut entered = on_off(1, 5, 10, true);
    entered.entry.identity = None;
    assert_eq!(fold(&mut state, &entered), []);
    assert_eq!((state.presence, state.last_seen, state.latest.len()), (Presence::UNKNOWN, None, 0));
    // A device that gives neither time nor number says so on every reading.
    if let Body::Readings { readings } = &mut entered.entry.body {
        readings[0].at_least_once = true;
    }
    assert_eq!(fold(&mut state, &entered).len(), 2);
}

#[test]
fn what_is_erased_is_no_longer_known() {
    let erased = |from, until, attribute: Option<&str>| {
        let mut state = DeviceState::default();
        fold(&mut state, &on_off(1, 5, 10, true));
        let (from, until) = (UnixMillis(from), UnixMillis(until));
        fold(
            &mut state,
            &record(2, 20, Body::Erased { from, until, attribute: attribute.map(str::to_owned) }),
        );
        state.value(1, "OnOff.OnOff").is_none()
    };
    assert!(erased(5, 6, None) && erased(0, 9, Some("OnOff.OnOff")));
    assert!(!erased(0, 5, None) && !erased(6, 9, None) && !erased(0, 9, Some("LevelControl.CurrentLevel")));
}
