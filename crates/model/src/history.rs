//! A series as a chart shows it: readings folded into buckets of equal width, or of the home's own hours, days, weeks
//! and months. One pass, one bucket in hand, however many readings there are.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Span, Timestamp, ToSpan, Unit, Zoned, ZonedRound};
use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;
use crate::reading::Quality;
use crate::time::UnixMillis;
use crate::value::Value;

pub const BUCKETS_MAX: u32 = 2_000;
pub const SPAN_MAX_DAYS: i64 = 3_660;
const DAY_MS: i64 = 86_400_000;

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
    #[schema(schema_with = crate::value::schema)]
    pub first: Value,
    #[schema(schema_with = crate::value::schema)]
    pub last: Value,
    /// Of counters: how much it rose since the reading before. A fall is a reset and adds nothing.
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
) -> Result<Vec<UnixMillis>, Invalid> {
    let span_ms = until.since_ms(from);
    if span_ms <= 0 {
        return Err(Invalid::one("until", "must be after `from`"));
    }
    if span_ms > SPAN_MAX_DAYS * DAY_MS {
        return Err(Invalid::one("until", format!("must be at most {SPAN_MAX_DAYS} days after `from`")));
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

/// Readings in the order of their time become buckets.
pub struct HistoryFold {
    edges: Vec<UnixMillis>,
    /// The bucket being filled lies between this edge and the next.
    at: usize,
    counter: Option<Counter>,
    open: Option<Open>,
    done: Vec<Bucket>,
}

struct Counter {
    before: Option<f64>,
}

struct Open {
    bucket: Bucket,
    sum: f64,
}

impl HistoryFold {
    /// `edges` as `edges` gives them.
    pub fn new(edges: Vec<UnixMillis>) -> HistoryFold {
        HistoryFold { edges, at: 0, counter: None, open: None, done: Vec::new() }
    }

    /// Counts increases too, from the value before the first edge where there was one.
    pub fn counting_from(mut self, before: Option<&Value>) -> HistoryFold {
        self.counter = Some(Counter { before: before.and_then(number_of) });
        self
    }

    /// The next reading; one outside the edges is left out.
    pub fn take(&mut self, time: UnixMillis, value: &Value, quality: Quality) {
        if self.edges.first().is_none_or(|first| time < *first) {
            return;
        }
        while self.edges.get(self.at + 1).is_some_and(|until| time >= *until) {
            self.close();
            self.at += 1;
        }
        let (Some(from), Some(until)) = (self.edges.get(self.at), self.edges.get(self.at + 1)) else {
            return;
        };
        let number = number_of(value);
        let rise = self.counter.as_mut().map(|counter| counter.rise(number));
        let open = self.open.get_or_insert_with(|| Open::new(*from, *until, value));
        open.take(value, number, quality);
        if let Some(rise) = rise {
            *open.bucket.increase.get_or_insert(0.0) += rise;
        }
    }

    pub fn finish(mut self) -> Vec<Bucket> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        let Some(Open { mut bucket, sum }) = self.open.take() else { return };
        bucket.mean = bucket.min.map(|_| sum / bucket.count as f64);
        self.done.push(bucket);
    }
}

impl Counter {
    fn rise(&mut self, number: Option<f64>) -> f64 {
        let Some(number) = number else { return 0.0 };
        let before = self.before.replace(number).unwrap_or(number);
        (number - before).max(0.0)
    }
}

impl Open {
    fn new(from: UnixMillis, until: UnixMillis, first: &Value) -> Open {
        let bucket = Bucket {
            from,
            until,
            count: 0,
            min: None,
            max: None,
            mean: None,
            first: first.clone(),
            last: first.clone(),
            increase: None,
            estimated: false,
            late: false,
        };
        Open { bucket, sum: 0.0 }
    }

    fn take(&mut self, value: &Value, number: Option<f64>, quality: Quality) {
        let bucket = &mut self.bucket;
        bucket.count += 1;
        bucket.last.clone_from(value);
        bucket.estimated |= quality == Quality::Estimated;
        bucket.late |= quality == Quality::Late;
        if let Some(number) = number {
            bucket.min = Some(bucket.min.map_or(number, |min| min.min(number)));
            bucket.max = Some(bucket.max.map_or(number, |max| max.max(number)));
            self.sum += number;
        }
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        other => other.as_f64(),
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
