//! Buckets at their edges: the calendar's odd days, counters that fall, and any readings at all.

use proptest::prelude::*;

use super::*;

const DAYS: u32 = 3_660;

fn at(text: &str) -> UnixMillis {
    text.parse().unwrap()
}

fn calendar(from: &str, until: &str, step: Step, zone: &str) -> Vec<String> {
    let edges = edges(at(from), at(until), Division::Calendar(step), zone, DAYS).unwrap();
    edges.iter().map(|edge| edge.to_string().replace(":00.000Z", "Z")).collect()
}

#[test]
fn a_day_has_the_hours_that_the_clock_of_the_home_gives_it() {
    // Madrid sets its clock forward on 29 March 2026 and back on 25 October.
    let spring = calendar("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", Step::Day, "Europe/Madrid");
    assert_eq!(spring, ["2026-03-28T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z", "2026-03-30T12:00Z"]);
    let hours = |from, until| calendar(from, until, Step::Hour, "Europe/Madrid").len() - 1;
    assert_eq!(hours("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23);
    assert_eq!(hours("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25);
}

#[test]
fn hours_begin_at_the_full_hour_of_a_zone_with_half_hours() {
    let hours = calendar("2026-05-01T00:10:00Z", "2026-05-01T02:40:00Z", Step::Hour, "Asia/Kolkata");
    assert_eq!(
        hours,
        [
            "2026-05-01T00:10Z",
            "2026-05-01T00:30Z",
            "2026-05-01T01:30Z",
            "2026-05-01T02:30Z",
            "2026-05-01T02:40Z"
        ]
    );
    // Lord Howe Island sets its clock by half an hour.
    let odd = calendar("2026-04-04T13:00:00Z", "2026-04-04T18:30:00Z", Step::Hour, "Australia/Lord_Howe");
    let ascending = odd.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(ascending && odd.contains(&"2026-04-04T16:30Z".to_owned()), "{odd:?}");
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    let weeks = calendar("2026-11-18T00:00:00Z", "2026-12-02T00:00:00Z", Step::Week, "UTC");
    assert_eq!(weeks, ["2026-11-18T00:00Z", "2026-11-23T00:00Z", "2026-11-30T00:00Z", "2026-12-02T00:00Z"]);
    let months = calendar("2026-01-01T00:00:00Z", "2026-03-15T00:00:00Z", Step::Month, "UTC");
    assert_eq!(months, ["2026-01-01T00:00Z", "2026-02-01T00:00Z", "2026-03-01T00:00Z", "2026-03-15T00:00Z"]);
}

#[test]
fn what_cannot_be_divided_is_refused_with_the_field() {
    let now = at("2026-11-20T12:00:00Z");
    let field = |until: UnixMillis, division| {
        edges(now, until, division, "Europe/Madrid", DAYS).unwrap_err().errors[0].field.clone()
    };
    assert_eq!(field(now, Division::Equal(10)), "until");
    assert_eq!(field(now + (i64::from(DAYS) * DAY_MS + 1), Division::Equal(10)), "until");
    assert_eq!(field(now + DAY_MS, Division::Equal(0)), "buckets");
    assert_eq!(field(now + DAY_MS, Division::Equal(BUCKETS_MAX + 1)), "buckets");
    assert_eq!(field(now + 100 * DAY_MS, Division::Calendar(Step::Hour)), "step");
    let hours = now + BUCKETS_MAX as i64 * 3_600_000;
    let most = edges(now, hours, Division::Calendar(Step::Hour), "UTC", DAYS);
    assert_eq!(most.unwrap().len() - 1, BUCKETS_MAX as usize);
    assert_eq!(
        edges(now, now + 3, Division::Equal(300), "UTC", DAYS).unwrap().len(),
        4,
        "a millisecond is the least"
    );
}

proptest! {
    #[test]
    fn edges_ascend_from_the_first_instant_to_the_last(
        from in 946_684_800_000_i64..2_500_000_000_000,
        span in 1_i64..(80 * DAY_MS),
        zone in prop::sample::select(vec!["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        division in prop_oneof![
            (1..=BUCKETS_MAX).prop_map(Division::Equal),
            prop::sample::select(vec![Step::Hour, Step::Day, Step::Week, Step::Month]).prop_map(Division::Calendar),
        ],
    ) {
        let (from, until) = (UnixMillis(from), UnixMillis(from) + span);
        let edges = edges(from, until, division, zone, DAYS).unwrap();
        prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert_eq!((edges.first(), edges.last()), (Some(&from), Some(&until)));
    }
}
