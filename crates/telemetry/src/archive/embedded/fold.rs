//! The aggregates of one column of a group between edges: from rollups where buckets lie inside, from a chunk's own
//! aggregate where it does, and from the rows for what is left.

use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::extents::{self, Extent};
use super::read::Place;
use super::rollup::{self, LEVELS, Level};
use super::scan;
use crate::TelemetryError;
use crate::aggregate::Aggregate;
use crate::codec::chunk::Packed;
use crate::codec::column::Column;
use crate::shape::qualities;

/// A level is used when a span holds at least so many of its buckets; for fewer the rows are as quick.
const BUCKETS_WORTH: i64 = 6;

pub struct Fold<'a> {
    connection: &'a Connection,
    place: &'a Place<'a>,
    edges: &'a [i64],
    /// Those between the edges, once rows are asked for.
    extents: Option<Vec<Extent>>,
    /// Those of use between the edges, from coarse to fine.
    levels: Vec<Stored>,
    /// Where the rows begin; before it only rollups are left.
    floor: i64,
    /// All there is of all levels before the floor, from coarse to fine.
    aged: Vec<(&'static Level, Vec<(i64, Aggregate)>)>,
    /// The chunk unpacked last: neighbouring spans share one.
    unpacked: Option<Unpacked>,
    pub damaged: Vec<i64>,
}

/// A level, and of it what was read last: spans are asked for in the order of their time.
struct Stored {
    level: &'static Level,
    /// Between which instants.
    read: (i64, i64),
    buckets: Vec<(i64, Aggregate)>,
}

struct Unpacked {
    chunk: i64,
    times: Vec<i64>,
    marks: Marks,
    /// Of as many of the first rows as were thought to be asked for.
    column: Column,
}

impl Unpacked {
    fn has(&self, chunk: i64, until: i64) -> bool {
        self.chunk == chunk && self.times.get(self.column.len()).is_none_or(|time| *time >= until)
    }
}

enum Marks {
    Same(u8),
    Each(Vec<u8>),
}

impl<'a> Fold<'a> {
    pub fn new(
        connection: &'a Connection,
        place: &'a Place<'a>,
        edges: &'a [i64],
    ) -> Result<Fold<'a>, TelemetryError> {
        let (from, until) = ends(edges);
        let floor = place.group.raw_from();
        let kept = place.group.levels.load(Ordering::Relaxed);
        let widest = edges.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        let (mut levels, mut aged) = (Vec::new(), Vec::new());
        for level in LEVELS.iter().filter(|level| kept & level.bit() != 0) {
            let aligned = edges.iter().all(|edge| edge % level.width_ms == 0);
            if aligned || widest / level.width_ms >= BUCKETS_WORTH {
                levels.push(Stored { level, read: (0, 0), buckets: Vec::new() });
            }
            if from < floor {
                let until = until.min(floor);
                aged.push((level, rollup::read(connection, place.group, level, place.column, from, until)?));
            }
        }
        let (extents, unpacked, damaged) = (None, None, Vec::new());
        Ok(Fold { connection, place, edges, extents, levels, floor, aged, unpacked, damaged })
    }

    pub fn run(mut self) -> Result<(Vec<Option<Aggregate>>, Vec<i64>), TelemetryError> {
        let mut buckets = Vec::with_capacity(self.edges.len().saturating_sub(1));
        for pair in self.edges.windows(2) {
            let mut sum = None;
            let aged = self.floor.clamp(pair[0], pair[1]);
            self.aged(&mut sum, pair[0], aged);
            self.cover(&mut sum, aged, pair[1], 0)?;
            buckets.push(sum);
        }
        Ok((buckets, self.damaged))
    }

    /// Where the rows are gone a bucket counts where it begins: by days as far as they reach, then by finer ones.
    fn aged(&self, sum: &mut Option<Aggregate>, from: i64, until: i64) {
        let mut at = from;
        while at < until {
            let whole = |(level, buckets): &(&'static Level, Vec<(i64, Aggregate)>)| {
                let place = buckets.partition_point(|(start, _)| *start < at);
                let (start, aggregate) = buckets.get(place)?;
                (*start < until).then(|| (*start, level.width_ms, aggregate.clone()))
            };
            // The bucket that begins first; of those, the widest.
            let found = self.aged.iter().filter_map(whole).min_by_key(|(start, width, _)| (*start, -width));
            let Some((start, width, aggregate)) = found else { return };
            add(sum, &aggregate);
            at = start + width;
        }
    }

    fn cover(
        &mut self,
        sum: &mut Option<Aggregate>,
        from: i64,
        until: i64,
        level: usize,
    ) -> Result<(), TelemetryError> {
        if from >= until {
            return Ok(());
        }
        let Some(inner) = self.inner(from, until, level) else {
            return if level < self.levels.len() {
                self.cover(sum, from, until, level + 1)
            } else {
                self.rows(sum, from, until)
            };
        };
        self.cover(sum, from, inner.0, level + 1)?;
        self.stored(sum, inner, level)?;
        self.cover(sum, inner.1, until, level + 1)
    }

    /// The buckets of a level in a span of whole ones; no body is read that has none of them.
    fn stored(
        &mut self,
        sum: &mut Option<Aggregate>,
        (from, until): (i64, i64),
        level: usize,
    ) -> Result<(), TelemetryError> {
        let (connection, place) = (self.connection, self.place);
        // The coarsest one makes up most of what is asked; finer ones only its ends.
        let through = if level == 0 { ends(self.edges).1.max(until) } else { until };
        let Stored { level, read, buckets } = &mut self.levels[level];
        if from < read.0 || until > read.1 {
            let (first, last) = (level.span_of(from), level.span_of(through - 1));
            *read = (level.start_of(first), level.start_of(last + 1));
            *buckets = rollup::read(connection, place.group, level, place.column, read.0, read.1 - 1)?;
        }
        let first = buckets.partition_point(|(start, _)| *start < from);
        for (_, aggregate) in buckets[first..].iter().take_while(|(start, _)| *start < until) {
            add(sum, aggregate);
        }
        Ok(())
    }

    /// The part of a span that whole buckets of a level make up.
    fn inner(&self, from: i64, until: i64, level: usize) -> Option<(i64, i64)> {
        let width = self.levels.get(level)?.level.width_ms;
        let first = from.div_euclid(width) * width;
        let first = if first < from { first + width } else { first };
        let last = until.div_euclid(width) * width;
        (last - first >= width).then_some((first, last))
    }

    fn rows(&mut self, sum: &mut Option<Aggregate>, from: i64, until: i64) -> Result<(), TelemetryError> {
        let extents = match self.extents.take() {
            Some(extents) => extents,
            None => {
                let (from, until) = ends(self.edges);
                extents::touching(self.connection, self.place.group.id, from, until.saturating_sub(1))?
            }
        };
        let first = extents.partition_point(|extent| extent.end < from);
        for extent in extents[first..].iter().take_while(|extent| extent.start < until) {
            match self.extent(sum, *extent, from, until) {
                Err(TelemetryError::Corrupt(_)) => self.damaged.push(extent.chunk),
                taken => taken?,
            }
        }
        self.extents = Some(extents);
        Ok(())
    }

    fn extent(
        &mut self,
        sum: &mut Option<Aggregate>,
        extent: Extent,
        from: i64,
        until: i64,
    ) -> Result<(), TelemetryError> {
        let place = self.place;
        if extent.start >= from && extent.end < until {
            return extents::with_body(self.connection, extent.chunk, |body| {
                let packed = Packed::open(body, &place.group.shape)?;
                add(sum, &packed.aggregates[place.column]);
                Ok(())
            });
        }
        if !self.unpacked.as_ref().is_some_and(|unpacked| unpacked.has(extent.chunk, until)) {
            self.unpacked = Some(self.unpack(extent, until)?);
        }
        let Some(Unpacked { times, marks, column, .. }) = &self.unpacked else { return Ok(()) };
        let (start, end) = scan::within(times, from, until);
        let marks = match marks {
            Marks::Same(marks) => *marks,
            Marks::Each(flags) => flags[start..end].iter().fold(0, |marks, flags| marks | qualities(*flags)),
        };
        if let Some(aggregate) = Aggregate::of_rows(times, marks, column, start..end) {
            add(sum, &aggregate);
        }
        Ok(())
    }

    fn unpack(&self, extent: Extent, until: i64) -> Result<Unpacked, TelemetryError> {
        let place = self.place;
        let through = self.asked_until(&extent).max(until);
        extents::with_body(self.connection, extent.chunk, |body| {
            let packed = Packed::open(body, &place.group.shape)?;
            let times = packed.times()?;
            let wanted = times.partition_point(|time| *time < through);
            let column = packed.column_first(place.column, place.kind(), wanted)?;
            let marks = match packed.same_flags() {
                Some(flags) => Marks::Same(qualities(flags)),
                None => Marks::Each(packed.flags()?),
            };
            Ok(Unpacked { chunk: extent.chunk, times, marks, column })
        })
    }

    /// Up to when rows of a chunk will be asked for: where a level makes up the rest, until its bucket with the last
    /// edge in the chunk ends, unless that of the next edge begins in the chunk as well.
    fn asked_until(&self, extent: &Extent) -> i64 {
        let Some(finest) = self.levels.last() else { return i64::MAX };
        let width = finest.level.width_ms;
        let next = self.edges.partition_point(|edge| *edge <= extent.end);
        let begins_here = |edge: &i64| edge.div_euclid(width) * width <= extent.end;
        match (next.checked_sub(1).and_then(|last| self.edges.get(last)), self.edges.get(next)) {
            (Some(last), next) if !next.is_some_and(begins_here) => {
                last.div_euclid(width).saturating_add(1).saturating_mul(width)
            }
            _ => i64::MAX,
        }
    }
}

/// The first and the last edge.
fn ends(edges: &[i64]) -> (i64, i64) {
    (edges.first().copied().unwrap_or(0), edges.last().copied().unwrap_or(0))
}

fn add(sum: &mut Option<Aggregate>, later: &Aggregate) {
    match sum {
        Some(sum) => sum.followed_by(later),
        None => *sum = Some(later.clone()),
    }
}

/// Whether a column's group has any rows or rollups in a span.
pub fn holds(
    connection: &Connection,
    place: &Place<'_>,
    from: i64,
    until: i64,
) -> Result<bool, TelemetryError> {
    let group = place.group;
    if !extents::touching(connection, group.id, from, until.saturating_sub(1))?.is_empty() {
        return Ok(true);
    }
    let aged = until.min(group.raw_from());
    Ok(from < aged && rollup::touch(connection, group, from, aged)?)
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
