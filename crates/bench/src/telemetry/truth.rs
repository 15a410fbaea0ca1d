//! The right answers, computed from the points themselves while they are written, by no engine at all.

use std::collections::BTreeMap;

use super::queries::{Answer, Query, Rows};
use super::workload::{DAY_MS, METRICS, Point};

/// The rows of one query in the making.
struct Tally {
    query: Query,
    /// By what the rows are keyed: time, bucket, device, or device and day.
    rows: BTreeMap<(u32, i64), Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    time_ms: i64,
    last: f64,
    min: f64,
    max: f64,
    sum: f64,
    count: u32,
}

pub struct Truth {
    tallies: Vec<Tally>,
    /// Which tallies a series concerns.
    by_series: BTreeMap<u32, Vec<usize>>,
}

impl Truth {
    pub fn of(queries: &[Query]) -> Truth {
        let mut by_series: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (nth, query) in queries.iter().enumerate() {
            for series in series_of(query) {
                by_series.entry(series).or_default().push(nth);
            }
        }
        let tallies = queries.iter().map(|query| Tally { query: query.clone(), rows: BTreeMap::new() });
        Truth { tallies: tallies.collect(), by_series }
    }

    pub fn see(&mut self, point: &Point) {
        for nth in self.by_series.get(&point.series).into_iter().flatten() {
            self.tallies[*nth].see(point);
        }
    }

    /// In the order of the queries.
    pub fn answers(&self) -> Vec<Answer> {
        self.tallies.iter().map(|tally| tally.query.answer(&tally.rows())).collect()
    }
}

impl Tally {
    fn see(&mut self, point: &Point) {
        let device = point.series / METRICS as u32;
        let (within, key) = match self.query {
            Query::OneDay { from_ms, until_ms, .. } => (from_ms..until_ms, (0, point.time_ms)),
            Query::Buckets { from_ms, width_ms, buckets, .. } => {
                let until_ms = from_ms + width_ms * i64::from(buckets);
                (from_ms..until_ms, (0, (point.time_ms - from_ms) / width_ms))
            }
            Query::Last { from_ms, until_ms, .. } => (from_ms..until_ms, (device, 0)),
            Query::DailySums { from_ms, until_ms, .. } => {
                (from_ms..until_ms, (device, (point.time_ms - from_ms) / DAY_MS))
            }
        };
        if !within.contains(&point.time_ms) {
            return;
        }
        let value = point.value;
        let first = Seen { time_ms: point.time_ms, last: value, min: value, max: value, sum: 0.0, count: 0 };
        let seen = self.rows.entry(key).or_insert(first);
        if point.time_ms >= seen.time_ms {
            (seen.time_ms, seen.last) = (point.time_ms, value);
        }
        (seen.min, seen.max) = (seen.min.min(value), seen.max.max(value));
        seen.sum += value;
        seen.count += 1;
    }

    fn rows(&self) -> Rows {
        let row = |((device, slot), seen): (&(u32, i64), &Seen)| match self.query {
            Query::OneDay { .. } => [*slot as f64, seen.last, 0.0, 0.0],
            Query::Buckets { .. } => [*slot as f64, seen.min, seen.max, seen.sum / f64::from(seen.count)],
            Query::Last { .. } => [f64::from(*device), seen.last, 0.0, 0.0],
            Query::DailySums { .. } => [f64::from(*device), *slot as f64, seen.sum, 0.0],
        };
        self.rows.iter().map(row).collect()
    }
}

fn series_of(query: &Query) -> Vec<u32> {
    match *query {
        Query::OneDay { series, .. } | Query::Buckets { series, .. } => vec![series],
        Query::Last { metric, devices, .. } | Query::DailySums { metric, devices, .. } => {
            (0..devices).map(|device| device * METRICS as u32 + metric).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::queries::NAMES;
    use crate::telemetry::workload::{Row, Workload};

    #[test]
    fn every_query_finds_the_rows_that_it_should() {
        let workload = Workload { days: 1 };
        let queries: Vec<Query> =
            NAMES.iter().map(|name| Query::forms(name, workload).swap_remove(0)).collect();
        let mut truth = Truth::of(&queries);
        workload.rows().flat_map(|row: Row| row.points()).for_each(|point| truth.see(&point));
        let rows: Vec<u64> = truth.answers().iter().map(|answer| answer.rows).collect();
        assert_eq!(rows, [1_440, 300, 1_000, 1_000, 1_000]);
    }
}
