//! What some consecutive readings of a series come to. Aggregates of neighbouring spans combine into that of both, so
//! chunks, rollups and buckets are all made of the same thing.

use lares_model::Value;

use crate::TelemetryError;
use crate::codec::column::{Column, Kind, put_value, read_value};
use crate::codec::varint::{Reader, SCALES, put, put_number, put_signed};

#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Readings in it, at least one.
    pub count: u64,
    /// Milliseconds since 1970.
    pub first_time: i64,
    pub last_time: i64,
    pub first: Value,
    pub last: Value,
    /// Which quality marks occur, one bit each, as `quality_bit` gives them.
    pub qualities: u8,
    /// Of numbers and booleans (0 and 1); `None` of texts.
    pub numbers: Option<Numbers>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    pub min: f64,
    pub max: f64,
    pub sum: f64,
    /// The sum of value times milliseconds, every value holding until the next reading.
    pub integral: f64,
    /// How much a counter rose from reading to reading, resets counted.
    pub increase: f64,
}

/// How much a counter rose between two readings. A fall to less than half is a reset: what it shows now came since.
/// A smaller fall is a meter correcting itself, and nothing was used.
pub fn rise(before: f64, after: f64) -> f64 {
    // Both are worked out: which one counts is a toss-up with noise, and a wrong guess costs more.
    let (up, since_reset) = (after - before, after.max(0.0));
    let down = if after < before / 2.0 { since_reset } else { 0.0 };
    if after >= before { up } else { down }
}

pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        other => other.as_f64(),
    }
}

impl Aggregate {
    /// Of one reading.
    pub fn of(time: i64, value: Value, qualities: u8) -> Aggregate {
        let numbers = number_of(&value).map(|number| Numbers {
            min: number,
            max: number,
            sum: number,
            integral: 0.0,
            increase: 0.0,
        });
        Aggregate {
            count: 1,
            first_time: time,
            last_time: time,
            first: value.clone(),
            last: value,
            qualities,
            numbers,
        }
    }

    /// Of rows that are in the order of their time; `None` of no rows.
    pub fn of_rows(
        times: &[i64],
        qualities: u8,
        column: &Column,
        rows: std::ops::Range<usize>,
    ) -> Option<Aggregate> {
        if rows.is_empty() {
            return None;
        }
        let times = times.get(rows.clone())?;
        let (first, last) = (rows.start, rows.end - 1);
        let numbers = match column {
            Column::Bool(values) => {
                numbers_of(times, values[rows.clone()].iter().map(|yes| f64::from(u8::from(*yes))))
            }
            Column::Integer(values) => {
                numbers_of(times, values[rows.clone()].iter().map(|value| *value as f64))
            }
            Column::Number(values) => numbers_of(times, values[rows.clone()].iter().copied()),
            Column::Text(_) => None,
        };
        Some(Aggregate {
            count: rows.len() as u64,
            first_time: *times.first()?,
            last_time: *times.last()?,
            first: column.get(first),
            last: column.get(last),
            qualities,
            numbers,
        })
    }

    /// Takes what comes after it.
    pub fn followed_by(&mut self, later: &Aggregate) {
        self.numbers = match (self.numbers, later.numbers) {
            (Some(a), Some(b)) => Some(self.joined(a, b, later)),
            (a, b) => a.or(b),
        };
        self.count += later.count;
        self.last_time = later.last_time;
        self.last.clone_from(&later.last);
        self.qualities |= later.qualities;
    }

    /// Takes what was measured beside it, of the same series. Exact where one ends before the other begins. Where they
    /// take turns, what lies between two readings is not known any more: the integral is that of their mean, and the
    /// increase the larger one.
    pub fn beside(&mut self, other: &Aggregate) {
        if self.last_time < other.first_time {
            return self.followed_by(other);
        }
        if other.last_time < self.first_time {
            let mut first = other.clone();
            first.followed_by(self);
            *self = first;
            return;
        }
        let span = |one: &Aggregate| one.last_time.saturating_sub(one.first_time) as f64;
        let both = span(self) + span(other);
        if other.first_time < self.first_time {
            (self.first_time, self.first) = (other.first_time, other.first.clone());
        }
        if other.last_time > self.last_time {
            (self.last_time, self.last) = (other.last_time, other.last.clone());
        }
        let whole = span(self);
        self.count += other.count;
        self.qualities |= other.qualities;
        self.numbers = match (self.numbers, other.numbers) {
            (Some(a), Some(b)) => Some(Numbers {
                min: a.min.min(b.min),
                max: a.max.max(b.max),
                sum: a.sum + b.sum,
                integral: if both > 0.0 { (a.integral + b.integral) / both * whole } else { 0.0 },
                increase: a.increase.max(b.increase),
            }),
            (a, b) => a.or(b),
        };
    }

    fn joined(&self, a: Numbers, b: Numbers, later: &Aggregate) -> Numbers {
        let (before, after) = (number_of(&self.last).unwrap_or(0.0), number_of(&later.first).unwrap_or(0.0));
        let between = later.first_time.saturating_sub(self.last_time) as f64;
        Numbers {
            min: a.min.min(b.min),
            max: a.max.max(b.max),
            sum: a.sum + b.sum,
            integral: a.integral + before * between + b.integral,
            increase: a.increase + rise(before, after) + b.increase,
        }
    }

    pub fn mean(&self) -> Option<f64> {
        self.numbers.map(|numbers| numbers.sum / self.count as f64)
    }

    /// The mean over the time from `from` to `until`, every value holding until the next; `before` is the value that
    /// held at `from`. Without one, only the time since the first reading counts.
    pub fn time_weighted_mean(&self, from: i64, until: i64, before: Option<f64>) -> Option<f64> {
        let numbers = self.numbers?;
        let last = number_of(&self.last)?;
        let lead = before.map_or(0.0, |before| before * self.first_time.saturating_sub(from) as f64);
        let since = if before.is_some() { from } else { self.first_time };
        let span = until.saturating_sub(since) as f64;
        let area = lead + numbers.integral + last * until.saturating_sub(self.last_time) as f64;
        (span > 0.0).then(|| area / span)
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put(out, self.count);
        put_signed(out, self.first_time);
        put_signed(out, self.last_time.wrapping_sub(self.first_time));
        out.push(self.qualities);
        out.push(Kind::of(&self.first).code() | Kind::of(&self.last).code() << 2);
        put_value(out, &self.first);
        put_value(out, &self.last);
        if let Some(Numbers { min, max, sum, integral, increase }) = self.numbers {
            for number in [min, max, sum, integral, increase] {
                put_number(out, number);
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Aggregate, TelemetryError> {
        let count = reader.unsigned()?;
        let first_time = reader.signed()?;
        let last_time = first_time.wrapping_add(reader.signed()?);
        let (qualities, kinds) = (reader.byte()?, reader.byte()?);
        let (first_kind, last_kind) = (Kind::from_code(kinds & 3)?, Kind::from_code(kinds >> 2)?);
        let (first, last) = (read_value(reader, first_kind)?, read_value(reader, last_kind)?);
        let numbers = match first_kind {
            Kind::Text => None,
            _ => Some(Numbers {
                min: reader.number()?,
                max: reader.number()?,
                sum: reader.number()?,
                integral: reader.number()?,
                increase: reader.number()?,
            }),
        };
        Ok(Aggregate { count, first_time, last_time, first, last, qualities, numbers })
    }
}

/// Sums of decimal fractions are decimal fractions too: what adding doubles left behind them is taken off.
fn decimal(sum: f64) -> f64 {
    let near = |scale: &f64| {
        let rounded = (sum * scale).round() / scale;
        ((rounded - sum).abs() <= sum.abs() * 1e-12 && sum.abs() < 1e11).then_some(rounded)
    };
    SCALES.iter().find_map(near).unwrap_or(sum)
}

fn numbers_of(times: &[i64], values: impl Iterator<Item = f64>) -> Option<Numbers> {
    let mut pairs = times.iter().zip(values);
    let (time, first) = pairs.next()?;
    let mut all = Numbers { min: first, max: first, sum: first, integral: 0.0, increase: 0.0 };
    let (mut before_time, mut before) = (*time, first);
    for (time, value) in pairs {
        all.min = all.min.min(value);
        all.max = all.max.max(value);
        all.sum += value;
        all.integral += before * time.wrapping_sub(before_time) as f64;
        all.increase += rise(before, value);
        (before_time, before) = (*time, value);
    }
    (all.sum, all.integral, all.increase) = (decimal(all.sum), decimal(all.integral), decimal(all.increase));
    Some(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn resets_count_and_corrections_do_not() {
        assert_eq!(rise(10.0, 12.5), 2.5);
        assert_eq!(rise(1_000.0, 0.5), 0.5);
        assert_eq!(rise(1_000.0, 999.9), 0.0);
        assert_eq!(rise(-4.0, -8.0), 0.0);
    }

    #[test]
    fn the_time_weighted_mean_counts_how_long_a_value_held() {
        let column = Column::Number(vec![10.0, 20.0]);
        let two = Aggregate::of_rows(&[100, 400], 1, &column, 0..2).unwrap();
        assert_eq!(two.time_weighted_mean(0, 500, Some(0.0)), Some((10.0 * 300.0 + 20.0 * 100.0) / 500.0));
        assert_eq!(two.time_weighted_mean(0, 500, None), Some((10.0 * 300.0 + 20.0 * 100.0) / 400.0));
        assert_eq!(two.mean(), Some(15.0));
    }

    proptest! {
        /// Whole numbers, so that sums do not depend on their order.
        #[test]
        fn parts_combine_into_the_whole(
            steps in prop::collection::vec((1_i64..1_000, -50_i64..50), 1..40),
            cut in 0_usize..40,
        ) {
            let mut time = 0;
            let times: Vec<i64> = steps.iter().map(|(step, _)| { time += step; time }).collect();
            let column = Column::Number(steps.iter().map(|(_, value)| *value as f64).collect());
            let whole = Aggregate::of_rows(&times, 1, &column, 0..times.len()).unwrap();
            let cut = cut.min(times.len());
            let parts = [0..cut, cut..times.len()].map(|rows| Aggregate::of_rows(&times, 1, &column, rows));
            let joined = parts.into_iter().flatten().reduce(|mut a, b| { a.followed_by(&b); a }).unwrap();
            prop_assert_eq!(&joined, &whole);
            let mut out = Vec::new();
            whole.put(&mut out);
            prop_assert_eq!(Aggregate::read(&mut Reader::new(&out)).unwrap(), whole);
        }
    }
}
