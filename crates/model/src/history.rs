//! A series as a chart shows it: buckets of equal width, or of the home's own hours, days, weeks and months.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Span, Timestamp, ToSpan, Unit, Zoned, ZonedRound};
use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;
use crate::time::UnixMillis;
use crate::value::Value;

pub const BUCKETS_MAX: u32 = 2_000;
const DAY_MS: i64 = 86_400_000;

/// How much one question about readings may go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// That a history spans.
    pub days: u32,
    /// Readings that one chart is made of.
    pub points: u64,
    /// Of all series of an answer together.
    pub buckets: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        QueryLimits { days: 3_660, points: 2_000_000, buckets: 100_000 }
    }
}

/// A step of the calendar, in the home's time zone. Weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Hour,
    Day,
    Week,
    Month,
}

/// How a span is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    Equal(u32),
    Calendar(Step),
}

/// What the readings of one bucket come to. Only buckets that hold readings exist.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Bucket {
    pub from: UnixMillis,
    /// Exclusive.
    pub until: UnixMillis,
    pub count: u64,
    /// Of numbers and booleans (0 and 1), as are `max` and `mean`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Of the readings, whatever time lies between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Of the time: every value counts for as long as it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_weighted_mean: Option<f64>,
    #[schema(schema_with = crate::value::schema)]
    pub first: Value,
    #[schema(schema_with = crate::value::schema)]
    pub last: Value,
    /// Of counters: how much it rose since the reading before. A fall to less than half is a reset; a smaller one is a
    /// correction and adds nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increase: Option<f64>,
    /// Some of it was estimated.
    pub estimated: bool,
    /// Some of it arrived late.
    pub late: bool,
}

/// The instants between which the buckets lie: the first is `from`, the last is `until`.
pub fn edges(
    from: UnixMillis,
    until: UnixMillis,
    division: Division,
    time_zone: &str,
    days_max: u32,
) -> Result<Vec<UnixMillis>, Invalid> {
    let span_ms = until.since_ms(from);
    if span_ms <= 0 {
        return Err(Invalid::one("until", "must be after `from`"));
    }
    if span_ms > i64::from(days_max) * DAY_MS {
        return Err(Invalid::one("until", format!("must be at most {days_max} days after `from`")));
    }
    match division {
        Division::Equal(buckets) if (1..=BUCKETS_MAX).contains(&buckets) => {
            // A bucket is a millisecond wide at least.
            let buckets = i64::from(buckets).min(span_ms);
            Ok((0..=buckets).map(|nth| from + span_ms * nth / buckets).collect())
        }
        Division::Equal(_) => Err(Invalid::one("buckets", format!("must be from 1 to {BUCKETS_MAX}"))),
        Division::Calendar(step) => calendar_edges(from, until, step, time_zone),
    }
}

fn calendar_edges(
    from: UnixMillis,
    until: UnixMillis,
    step: Step,
    time_zone: &str,
) -> Result<Vec<UnixMillis>, Invalid> {
    let outside = |_| Invalid::one("from", "lies outside the calendar");
    let zone =
        TimeZone::get(time_zone).map_err(|_| Invalid::one("step", "the home's time zone is unknown"))?;
    let start = Timestamp::from_millisecond(from.0).map_err(outside)?.to_zoned(zone);
    let mut at = beginning(&start, step).map_err(outside)?;
    let mut edges = vec![from];
    while edges.len() <= BUCKETS_MAX as usize {
        // Beyond the last year of the calendar there is no step any more.
        let Ok(next) = following(&at, step) else { break };
        let edge = UnixMillis(next.timestamp().as_millisecond());
        if edge >= until {
            break;
        }
        if edge > from {
            edges.push(edge);
        }
        at = next;
    }
    edges.push(until);
    if edges.len() > BUCKETS_MAX as usize + 1 {
        let reason =
            format!("makes more than {BUCKETS_MAX} buckets here; take a longer step or a shorter span");
        return Err(Invalid::one("step", reason));
    }
    Ok(edges)
}

/// The beginning of the hour, day, week or month that an instant lies in.
fn beginning(at: &Zoned, step: Step) -> Result<Zoned, jiff::Error> {
    match step {
        Step::Hour => at.round(ZonedRound::new().smallest(Unit::Hour).mode(RoundMode::Trunc)),
        Step::Day => at.start_of_day(),
        Step::Week => {
            let days = at.weekday().since(Weekday::Monday);
            at.checked_sub(i64::from(days).days())?.start_of_day()
        }
        Step::Month => at.first_of_month()?.start_of_day(),
    }
}

/// The beginning that follows one. Days, weeks and months are of the calendar: 23, 24 or 25 hours make a day.
fn following(at: &Zoned, step: Step) -> Result<Zoned, jiff::Error> {
    let span: Span = match step {
        Step::Hour => {
            let next = at.checked_add(1.hour())?;
            // A clock that is set by half an hour must not leave the hours half past.
            let aligned = beginning(&next, step)?;
            return Ok(if &aligned > at { aligned } else { next });
        }
        Step::Day => 1.day(),
        Step::Week => 1.week(),
        Step::Month => 1.month(),
    };
    at.checked_add(span)?.start_of_day()
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
