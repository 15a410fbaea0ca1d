//! Gaps: spans in which a series that reports regularly has no reading.

use serde::Serialize;

use crate::time::UnixMillis;

/// An absence of readings is a gap when it is longer than so many times the typical spacing.
pub const TIMES_TYPICAL: i64 = 3;
/// Of more gaps the longest are told.
pub const GAPS_MAX: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Gap {
    /// The last reading before it, or where the span begins.
    pub from: UnixMillis,
    /// The first reading after it, or where the span ends.
    pub until: UnixMillis,
}

/// Readings in a row of which only the ends and the number are known: a single reading, or those of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub first: UnixMillis,
    pub last: UnixMillis,
    pub count: u64,
}

impl Stretch {
    pub fn of(time: UnixMillis) -> Stretch {
        Stretch { first: time, last: time, count: 1 }
    }
}

/// The gaps of a span, in order. `stretches` are in the order of time; `expected_ms` stands for the typical spacing
/// where there are too few readings to have one.
pub fn gaps(from: UnixMillis, until: UnixMillis, stretches: &[Stretch], expected_ms: i64) -> Vec<Gap> {
    let most_ms = typical_spacing(stretches).unwrap_or(expected_ms).saturating_mul(TIMES_TYPICAL);
    let mut found = Vec::new();
    let mut since = from;
    for stretch in stretches {
        found.push(Gap { from: since, until: stretch.first });
        since = stretch.last;
    }
    found.push(Gap { from: since, until });
    found.retain(|gap| gap.until.since_ms(gap.from) > most_ms);
    if found.len() > GAPS_MAX {
        found.sort_by_key(|gap| std::cmp::Reverse(gap.until.since_ms(gap.from)));
        found.truncate(GAPS_MAX);
        found.sort_by_key(|gap| gap.from);
    }
    found
}

/// The median of the times between readings; within a stretch they count as equal.
fn typical_spacing(stretches: &[Stretch]) -> Option<i64> {
    let between = stretches.windows(2).map(|pair| (pair[1].first.since_ms(pair[0].last), 1));
    let within = stretches.iter().filter(|stretch| stretch.count > 1).map(|stretch| {
        let intervals = stretch.count - 1;
        let intervals_signed = i64::try_from(intervals).unwrap_or(i64::MAX);
        (stretch.last.since_ms(stretch.first) / intervals_signed, intervals)
    });
    let mut spacings: Vec<(i64, u64)> = between.chain(within).collect();
    spacings.sort_unstable();
    let half = spacings.iter().map(|(_, times)| times).sum::<u64>().div_ceil(2);
    let mut passed = 0;
    spacings.into_iter().find_map(|(spacing, times)| {
        passed += times;
        (passed >= half).then_some(spacing)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stretches(times: &[i64]) -> Vec<Stretch> {
        times.iter().map(|time| Stretch::of(UnixMillis(*time))).collect()
    }

    fn found(from: i64, until: i64, stretches: &[Stretch]) -> Vec<(i64, i64)> {
        let gaps = gaps(UnixMillis(from), UnixMillis(until), stretches, 100);
        gaps.iter().map(|gap| (gap.from.0, gap.until.0)).collect()
    }

    #[test]
    fn three_times_the_typical_spacing_is_none_and_more_is_one() {
        assert_eq!(found(0, 100, &stretches(&[10, 20, 30, 60, 70, 80, 90])), []);
        assert_eq!(found(0, 100, &stretches(&[10, 20, 30, 61, 71, 81, 91])), [(30, 61)]);
        assert_eq!(found(0, 200, &stretches(&[50, 60, 70])), [(0, 50), (70, 200)]);
    }

    #[test]
    fn one_reading_or_none_is_judged_by_what_is_expected() {
        assert_eq!(found(0, 300, &[]), []);
        assert_eq!(found(0, 301, &[]), [(0, 301)]);
        assert_eq!(found(0, 1_000, &stretches(&[200])), [(200, 1_000)]);
    }

    #[test]
    fn buckets_say_the_same_of_what_lies_between_them() {
        let bucket = |first, last, count| Stretch { first: UnixMillis(first), last: UnixMillis(last), count };
        assert_eq!(found(0, 200, &[bucket(0, 40, 5), bucket(100, 190, 10)]), [(40, 100)]);
    }

    #[test]
    fn of_very_many_the_longest_are_told() {
        // Readings in threes, so that the typical spacing is within them.
        let times: Vec<i64> =
            (0..3 * (GAPS_MAX as i64 + 9)).map(|nth| nth / 3 * 1_000 + nth % 3 + nth / 3).collect();
        let all = stretches(&times);
        let gaps = gaps(UnixMillis(0), all.last().unwrap().last, &all, 1);
        assert_eq!(gaps.len(), GAPS_MAX);
        assert!(gaps.windows(2).all(|pair| pair[0].until <= pair[1].from));
    }

    proptest! {
        #[test]
        fn gaps_hold_no_reading_and_do_not_touch(steps in prop::collection::vec(1_i64..5_000, 0..100), after in 1_i64..9_000) {
            let mut time = 0;
            let times: Vec<i64> = steps.iter().map(|step| { time += step; time }).collect();
            let gaps = found(0, time + after, &stretches(&times));
            for (from, until) in &gaps {
                prop_assert!(from < until);
                prop_assert!(times.iter().all(|time| time <= from || time >= until));
            }
            prop_assert!(gaps.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
    }
}
