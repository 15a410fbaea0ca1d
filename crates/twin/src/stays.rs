//! Which nights guests are there: at most one stay within each week, drawn from the seed, so that any day can be
//! asked for without the days before it.

use crate::random::{mix, unit};
use crate::scenario::Stays;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Arrival,
    Between,
    Departure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    pub guests: u8,
    pub part: Part,
}

/// The stay that a local day belongs to.
pub(crate) fn on_day(plan: &Stays, seed: u64, day: i64) -> Option<Stay> {
    let week = day.div_euclid(7);
    let draw = |salt: u64| unit(mix(mix(seed, 0x57A7), (week as u64).wrapping_mul(8).wrapping_add(salt)));
    if draw(0) >= plan.booked_share {
        return None;
    }
    let up_to = |share: f64, count: u8| (share * f64::from(count)) as i64;
    let nights = i64::from(plan.nights_min) + up_to(draw(1), plan.nights_max - plan.nights_min + 1);
    let starts = up_to(draw(2), (7 - nights) as u8);
    let guests = 1 + up_to(draw(3), plan.guests_max) as u8;
    let part = match day.rem_euclid(7) - starts {
        0 => Part::Arrival,
        gone if gone == nights => Part::Departure,
        gone if (1..nights).contains(&gone) => Part::Between,
        _ => return None,
    };
    Some(Stay { guests, part })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn every_stay_begins_once_ends_once_and_has_its_nights() {
        let plan = Scenario::demo().unwrap().homes[2].stays.clone().unwrap();
        let mut stays = 0;
        for week in 0..400 {
            let days: Vec<_> = (0..7).filter_map(|day| on_day(&plan, 5, week * 7 + day)).collect();
            if days.is_empty() {
                continue;
            }
            stays += 1;
            let nights = days.len() - 1;
            assert!(
                (usize::from(plan.nights_min)..=usize::from(plan.nights_max)).contains(&nights),
                "{days:?}"
            );
            assert_eq!(days[0].part, Part::Arrival);
            assert_eq!(days[nights].part, Part::Departure);
            assert!(days[1..nights].iter().all(|day| day.part == Part::Between));
            assert!(
                days.iter()
                    .all(|day| day.guests == days[0].guests && (1..=plan.guests_max).contains(&day.guests))
            );
        }
        assert!((240..320).contains(&stays), "{stays} of 400 weeks at 0.7");
    }
}
