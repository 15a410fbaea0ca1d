//! What is kept between starts comes back as it was, and a changed scenario does not break it.

use super::*;
use crate::bed::{NOON, by_name, demo, envelope, registered, world};

#[test]
fn a_world_comes_back_with_its_counters_and_command_numbers() {
    let mut world = world();
    let lamp = by_name("Reading lamp");
    world.order(lamp, &envelope(lamp, 7, "OnOff.On"), NOON + 60_000);
    let told_until = [("x".to_owned(), NOON)].into();
    let kept = Kept::at(&world, &demo(), &told_until).with_guards(&world);
    let kept = Kept::decode(&kept.encode().unwrap()).unwrap();
    assert_eq!((kept.reached, &kept.told_until), (NOON + 60_000, &told_until));
    let mut again = kept.world(&demo(), &registered(&demo()));
    for (device, _) in world.devices() {
        assert_eq!(world.knows(device), again.knows(device));
    }
    let replay = again.order(lamp, &envelope(lamp, 6, "OnOff.Off"), NOON + 61_000);
    assert!(crate::bed::ack(&replay).reason.unwrap().contains("counter: 6"));
}

#[test]
fn a_home_that_changed_its_plan_begins_anew_and_the_others_go_on() {
    let mut world = world();
    world.advance(NOON + 3_600_000);
    let kept = Kept::at(&world, &demo(), &ToldUntil::new());
    let mut changed = demo();
    changed.homes[0].devices.remove(0);
    let again = kept.world(&changed, &registered(&demo()));
    let meter = by_name("Flat meter");
    assert_eq!(world.knows(meter), again.knows(meter));
    assert_eq!(again.now(), NOON + 3_600_000);
}

#[test]
fn what_is_not_a_kept_world_is_refused_with_a_reason() {
    assert!(matches!(Kept::decode(b"nonsense"), Err(KeptError::Unreadable(_))));
    let mut kept = Kept::at(&world(), &demo(), &ToldUntil::new());
    kept.version = 9;
    assert!(matches!(Kept::decode(&kept.encode().unwrap()), Err(KeptError::Version(9))));
}
