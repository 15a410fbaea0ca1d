//! Readings by the minute, hour and day (UTC), kept beside the chunks where a bucket holds enough of them to be worth
//! it, and computed anew from the chunks whenever rows fall into it: late data leaves nothing inexact.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use lares_model::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::extents;
use super::groups::Group;
use super::scan;
use crate::TelemetryError;
use crate::aggregate::{Aggregate, Numbers};
use crate::codec::chunk::Rows;
use crate::codec::column::{Column, Kind};
use crate::codec::integers::{self, Habit};
use crate::codec::varint::{Reader, put};
use crate::shape::{Shape, qualities};
use crate::sqlite::from_sqlite;

pub struct Level {
    pub code: u8,
    pub width_ms: i64,
    /// Buckets that share a body.
    span: i64,
    /// Readings must not be further apart, on average, for the level to be kept.
    interval_max_ms: i64,
}

impl Level {
    pub fn bit(&self) -> u8 {
        1 << self.code
    }

    /// The body that holds the bucket of an instant.
    pub fn span_of(&self, time: i64) -> i64 {
        time.div_euclid(self.width_ms * self.span)
    }

    /// When a body's first bucket begins.
    pub fn start_of(&self, span: i64) -> i64 {
        span.saturating_mul(self.width_ms * self.span)
    }
}

/// From coarse to fine.
pub const LEVELS: [Level; 3] = [
    Level { code: 2, width_ms: 86_400_000, span: 64, interval_max_ms: 7_200_000 },
    Level { code: 1, width_ms: 3_600_000, span: 96, interval_max_ms: 180_000 },
    Level { code: 0, width_ms: 60_000, span: 180, interval_max_ms: 2_500 },
];

/// What the buckets of one body come to: when each begins, and by series.
#[derive(Clone, Debug, Default)]
struct Buckets {
    starts: Vec<i64>,
    series: Vec<Vec<Aggregate>>,
}

/// Which levels rows like these are worth.
pub fn wanted(rows: &Rows) -> u8 {
    let (Some(first), Some(last)) = (rows.times.iter().min(), rows.times.iter().max()) else { return 0 };
    if rows.len() < 8 {
        return 0;
    }
    let interval = last.saturating_sub(*first) / (rows.len() as i64 - 1);
    LEVELS
        .iter()
        .filter(|level| interval <= level.interval_max_ms)
        .map(Level::bit)
        .fold(0, |all, bit| all | bit)
}

/// Brings the rollups of a group up to date with its chunks for the instants that changed, and begins the levels that
/// it has become worth.
pub fn update(
    connection: &Connection,
    group: &Group,
    times: &[i64],
    wanted: u8,
) -> Result<u8, TelemetryError> {
    let before = group.levels.load(Ordering::Relaxed);
    let after = before | wanted;
    for level in &LEVELS {
        if after & level.bit() == 0 {
            continue;
        }
        if before & level.bit() == 0 {
            rebuild(connection, group, level)?;
            continue;
        }
        // Where the rows are gone, a late one cannot be counted with them.
        let known = times.iter().filter(|time| **time >= group.raw_from());
        let buckets: BTreeSet<i64> = known.map(|time| time.div_euclid(level.width_ms)).collect();
        recompute(connection, group, level, &buckets)?;
    }
    if after != before {
        connection
            .execute("UPDATE groups SET levels = ?2 WHERE id = ?1", params![group.id, after])
            .map_err(|error| from_sqlite(&error))?;
    }
    Ok(after)
}

/// Everything of a level from everything in the chunks.
pub fn rebuild(connection: &Connection, group: &Group, level: &Level) -> Result<(), TelemetryError> {
    let mut buckets = BTreeSet::new();
    // What came for a time whose rows are gone does not count, though its chunk may still hold it.
    scan::each_chunk(connection, group, group.raw_from(), i64::MAX, |packed| {
        let times = packed.times()?;
        let counted = times.iter().filter(|time| **time >= group.raw_from());
        buckets.extend(counted.map(|time| time.div_euclid(level.width_ms)));
        Ok(())
    })?;
    recompute(connection, group, level, &buckets)
}

/// The stored buckets that touch a span, from what the chunks hold now.
pub fn recompute_between(
    connection: &Connection,
    group: &Group,
    level: &Level,
    from: i64,
    until: i64,
) -> Result<(), TelemetryError> {
    let touched = |start: &i64| start + level.width_ms > from && *start < until;
    let stored = read(connection, group, level, 0, from, until)?;
    let starts = stored.iter().map(|(start, _)| *start).filter(touched);
    recompute(connection, group, level, &starts.map(|start| start.div_euclid(level.width_ms)).collect())
}

fn recompute(
    connection: &Connection,
    group: &Group,
    level: &Level,
    buckets: &BTreeSet<i64>,
) -> Result<(), TelemetryError> {
    let mut rest: Vec<i64> = buckets.iter().copied().collect();
    while let Some(first) = rest.first() {
        let span = first.div_euclid(level.span);
        let here = rest.partition_point(|bucket| bucket.div_euclid(level.span) == span);
        let mut body = load_span(connection, group, level, span)?.unwrap_or_default();
        for run in rest[..here].chunk_by(|a, b| b - a == 1) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let (from, until) = (first * level.width_ms, (last + 1) * level.width_ms);
            let rows = scan::rows_between(connection, group, from.max(group.raw_from()), until)?;
            body.replace(from, until, buckets_of(&rows, level, group.shape.0.len()));
        }
        save_span(connection, group, level, span, &body)?;
        rest.drain(..here);
    }
    Ok(())
}

fn buckets_of(rows: &Rows, level: &Level, columns: usize) -> Buckets {
    let mut buckets = Buckets { starts: Vec::new(), series: vec![Vec::new(); columns] };
    let mut start = 0;
    while start < rows.len() {
        let bucket = rows.times[start].div_euclid(level.width_ms);
        let mut end = start + 1;
        while end < rows.len() && rows.times[end].div_euclid(level.width_ms) == bucket {
            end += 1;
        }
        let marks = rows.flags[start..end].iter().fold(0, |marks, flags| marks | qualities(*flags));
        buckets.starts.push(bucket * level.width_ms);
        for (series, column) in buckets.series.iter_mut().zip(&rows.columns) {
            series.extend(Aggregate::of_rows(&rows.times, marks, column, start..end));
        }
        start = end;
    }
    buckets
}

impl Buckets {
    /// Exchanges what begins within a span.
    fn replace(&mut self, from: i64, until: i64, new: Buckets) {
        let first = self.starts.partition_point(|start| *start < from);
        let last = self.starts.partition_point(|start| *start < until);
        self.starts.splice(first..last, new.starts);
        if self.series.is_empty() {
            self.series = vec![Vec::new(); new.series.len()];
        }
        for (series, new) in self.series.iter_mut().zip(new.series) {
            series.splice(first..last, new);
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.starts.len() as u64);
        let mut section = |values: &[i64]| {
            let mut bytes = Vec::new();
            integers::encode(&mut bytes, values, &Habit::default());
            integers::put_section(&mut out, &bytes);
        };
        section(&self.starts);
        if let Some(any) = self.series.first() {
            // Rows are whole, so these are the same for every series.
            section(&any.iter().map(|one| one.count as i64).collect::<Vec<_>>());
            section(
                &any.iter().zip(&self.starts).map(|(one, start)| one.first_time - start).collect::<Vec<_>>(),
            );
            section(
                &any.iter().zip(&self.starts).map(|(one, start)| one.last_time - start).collect::<Vec<_>>(),
            );
            section(&any.iter().map(|one| i64::from(one.qualities)).collect::<Vec<_>>());
        }
        for series in &self.series {
            for column in columns_of(series) {
                integers::put_section(&mut out, &column.encode(&Habit::default()));
            }
        }
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }
}

/// First, last and, of what can be counted, min, max, sum, integral, increase.
fn columns_of(series: &[Aggregate]) -> Vec<Column> {
    let Some(any) = series.first() else { return Vec::new() };
    let mut columns = vec![Column::new(Kind::of(&any.first)), Column::new(Kind::of(&any.first))];
    for one in series {
        columns[0].push(&one.first);
        columns[1].push(&one.last);
    }
    if any.numbers.is_some() {
        let of = |read: fn(&Numbers) -> f64| {
            Column::Number(series.iter().map(|one| one.numbers.as_ref().map_or(0.0, read)).collect())
        };
        columns.extend([of(|n| n.min), of(|n| n.max), of(|n| n.sum), of(|n| n.integral), of(|n| n.increase)]);
    }
    columns
}

fn columns_per_series(kind: Kind) -> usize {
    if kind == Kind::Text { 2 } else { 7 }
}

/// The buckets of one series of a body, or of all where `None`.
fn decode(body: &[u8], shape: &Shape, only: Option<usize>) -> Result<Buckets, TelemetryError> {
    let (content, sum) = body
        .split_last_chunk::<4>()
        .ok_or_else(|| TelemetryError::Corrupt("a rollup has no checksum".to_owned()))?;
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return Err(TelemetryError::Corrupt("a rollup does not match its checksum".to_owned()));
    }
    let mut reader = Reader::new(content);
    let count = reader.count(1 << 16)?;
    let mut integers = || integers::decode(reader.bytes()?, count);
    let starts = integers()?;
    let (counts, firsts, lasts, marks) = (integers()?, integers()?, integers()?, integers()?);
    let mut series = Vec::new();
    for (index, name) in shape.0.iter().enumerate() {
        let sections = columns_per_series(name.kind);
        if only.is_some_and(|only| only != index) {
            for _ in 0..sections {
                reader.bytes()?;
            }
            continue;
        }
        let mut columns = Vec::with_capacity(sections);
        for nth in 0..sections {
            let kind = if nth < 2 { name.kind } else { Kind::Number };
            columns.push(Column::decode(kind, reader.bytes()?, count)?);
        }
        let one = |row: usize| Aggregate {
            count: counts[row] as u64,
            first_time: starts[row] + firsts[row],
            last_time: starts[row] + lasts[row],
            first: columns[0].get(row),
            last: columns[1].get(row),
            qualities: marks[row] as u8,
            numbers: numbers_at(&columns, row),
        };
        series.push((0..count).map(one).collect());
    }
    Ok(Buckets { starts, series })
}

pub fn is_sound(body: &[u8], shape: &Shape) -> bool {
    decode(body, shape, None).is_ok()
}

fn numbers_at(columns: &[Column], row: usize) -> Option<Numbers> {
    let at = |index: usize| match columns.get(index)?.get(row) {
        Value::Number(number) => Some(number),
        _ => None,
    };
    Some(Numbers { min: at(2)?, max: at(3)?, sum: at(4)?, integral: at(5)?, increase: at(6)? })
}

fn load_span(
    connection: &Connection,
    group: &Group,
    level: &Level,
    span: i64,
) -> Result<Option<Buckets>, TelemetryError> {
    let body: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM rollups WHERE grp = ?1 AND level = ?2 AND span = ?3")
        .and_then(|mut statement| {
            statement.query_row(params![group.id, level.code, span], |row| row.get(0)).optional()
        })
        .map_err(|error| from_sqlite(&error))?;
    match body.map(|body| decode(&body, &group.shape, None)) {
        // It is computed from the chunks again; what they no longer hold is lost with it, and said.
        Some(Err(TelemetryError::Corrupt(why))) => {
            tracing::error!(group = group.id, why, "a rollup is damaged and made anew");
            Ok(None)
        }
        other => other.transpose(),
    }
}

fn save_span(
    connection: &Connection,
    group: &Group,
    level: &Level,
    span: i64,
    buckets: &Buckets,
) -> Result<(), TelemetryError> {
    let key = (group.id, level.code, span);
    let written = if buckets.starts.is_empty() {
        connection
            .prepare_cached("DELETE FROM rollups WHERE grp = ?1 AND level = ?2 AND span = ?3")
            .and_then(|mut statement| statement.execute(key))
    } else {
        connection
            .prepare_cached("INSERT OR REPLACE INTO rollups (grp, level, span, body) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![key.0, key.1, key.2, buckets.encode()]))
    };
    written.map(drop).map_err(|error| from_sqlite(&error))
}

/// The buckets of a series at one level that touch a span, as (start, aggregate) in the order of their time.
pub fn read(
    connection: &Connection,
    group: &Group,
    level: &Level,
    column: usize,
    from: i64,
    until: i64,
) -> Result<Vec<(i64, Aggregate)>, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let width = level.width_ms * level.span;
    let mut statement = connection
        .prepare_cached(
            "SELECT body FROM rollups WHERE grp = ?1 AND level = ?2 AND span BETWEEN ?3 AND ?4 ORDER BY span",
        )
        .map_err(failed)?;
    let (first, last) = (from.div_euclid(width), until.div_euclid(width));
    let mut rows = statement.query(params![group.id, level.code, first, last]).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let body = row.get_ref(0).map_err(failed)?;
        let body = body.as_blob().map_err(|error| TelemetryError::Corrupt(error.to_string()))?;
        let mut buckets = decode(body, &group.shape, Some(column))?;
        found.extend(buckets.starts.into_iter().zip(buckets.series.remove(0)));
    }
    Ok(found)
}

/// Whether bodies of any level may hold something of a span.
pub fn touch(connection: &Connection, group: &Group, from: i64, until: i64) -> Result<bool, TelemetryError> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM rollups WHERE grp = ?1 AND level = ?2 AND span BETWEEN ?3 AND ?4")
        .map_err(|error| from_sqlite(&error))?;
    for level in &LEVELS {
        let (first, last) = (level.span_of(from), level.span_of(until));
        if statement
            .exists(params![group.id, level.code, first, last])
            .map_err(|error| from_sqlite(&error))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Compares every stored bucket with what the chunks say, where they still hold its readings.
pub fn differences(connection: &Connection, group: &Group) -> Result<Vec<String>, TelemetryError> {
    let mut findings = Vec::new();
    let lost = extents::quarantined(connection, group.id)?;
    let levels = group.levels.load(Ordering::Relaxed);
    for level in LEVELS.iter().filter(|level| levels & level.bit() != 0) {
        let spans: Vec<i64> = connection
            .prepare_cached("SELECT span FROM rollups WHERE grp = ?1 AND level = ?2 ORDER BY span")
            .and_then(|mut statement| {
                statement.query_map(params![group.id, level.code], |row| row.get(0))?.collect()
            })
            .map_err(|error| from_sqlite(&error))?;
        for span in spans {
            let Some(stored) = load_span(connection, group, level, span)? else {
                findings
                    .push(format!("rollup {span} of level {} of group {} is damaged", level.code, group.id));
                continue;
            };
            let width = level.width_ms * level.span;
            let from = group.raw_from().max(span * width);
            let rows = scan::rows_between(connection, group, from, (span + 1) * width)?;
            let computed = buckets_of(&rows, level, group.shape.0.len());
            let differing = differing(&stored, &computed, |start| {
                // What a damaged chunk held is still in its rollup.
                lost.iter().any(|(from, last)| *from < start + level.width_ms && *last >= start)
            });
            findings.extend(differing.map(|start| {
                format!(
                    "the rollup at {start} of level {} of group {} is not what its chunks hold",
                    level.code, group.id
                )
            }));
        }
    }
    Ok(findings)
}

/// The first bucket of the chunks that is stored otherwise. Stored ones without chunks outlived their readings.
fn differing(stored: &Buckets, computed: &Buckets, excused: impl Fn(i64) -> bool) -> Option<i64> {
    let at = |start: &i64| stored.starts.binary_search(start).ok();
    computed.starts.iter().enumerate().find_map(|(row, start)| {
        let same = at(start)
            .is_some_and(|place| stored.series.iter().zip(&computed.series).all(|(a, b)| a[place] == b[row]));
        (!same && !excused(*start)).then_some(*start)
    })
}
