//! Days in order: nobody is in two places, doors close behind people, and everybody is where yesterday left them.

use super::*;
use crate::bed::demo;

#[test]
fn a_day_is_in_order_and_within_the_day() {
    for plan in &demo().homes {
        let calendar = Calendar::new(&plan.time_zone);
        for day in 20_500..20_900 {
            let list = of_day(plan, &calendar, 5, day);
            assert!(list.is_sorted_by_key(|(at, _)| *at));
            let within = |(at, _): &Dated| (calendar.at(day, 0)..calendar.at(day + 1, 0)).contains(at);
            assert!(list.iter().all(within), "{} {day}", plan.key);
            for (_, happening) in list {
                let Happening::Moves { who, to } = happening else { continue };
                assert!(who < heads(plan));
                if let Place::In(room) | Place::Asleep(room) = to {
                    assert!(room < plan.rooms.len());
                }
            }
        }
    }
}

#[test]
fn residents_end_their_day_in_bed_and_cleaners_and_guests_end_theirs_elsewhere() {
    for plan in &demo().homes {
        let calendar = Calendar::new(&plan.time_zone);
        for day in 20_500..20_600 {
            let mut places = vec![None; heads(plan)];
            for (_, happening) in of_day(plan, &calendar, 5, day) {
                if let Happening::Moves { who, to } = happening {
                    places[who] = Some(to);
                }
            }
            let residents = &places[..plan.people.len()];
            assert!(
                residents.iter().all(|place| matches!(place, Some(Place::Asleep(_)))),
                "{day}: {places:?}"
            );
            let others = &places[plan.people.len()..];
            assert!(others.iter().all(|place| !matches!(place, Some(Place::In(_)))), "{day}: {places:?}");
        }
    }
}

#[test]
fn doors_that_open_close() {
    for plan in &demo().homes {
        let calendar = Calendar::new(&plan.time_zone);
        for day in 20_500..20_600 {
            let list = of_day(plan, &calendar, 5, day);
            let count = |wanted: Happening| list.iter().filter(|(_, happening)| *happening == wanted).count();
            assert_eq!(count(Happening::DoorOpens), count(Happening::DoorCloses));
            assert_eq!(count(Happening::WindowOpens), count(Happening::WindowCloses));
        }
    }
}

#[test]
fn days_differ_and_the_same_day_is_the_same() {
    let plan = &demo().homes[0];
    let calendar = Calendar::new(&plan.time_zone);
    let day = |seed, day| of_day(plan, &calendar, seed, day);
    assert_eq!(day(5, 20_500), day(5, 20_500));
    assert_ne!(day(5, 20_500).len(), 0);
    assert_ne!(day(5, 20_500), day(6, 20_500));
    let seconds = |list: Vec<Dated>, day: i64| {
        list.into_iter().map(|(at, _)| at.since_ms(calendar.at(day, 0))).collect::<Vec<_>>()
    };
    assert_ne!(seconds(day(5, 20_500), 20_500), seconds(day(5, 20_507), 20_507));
}
