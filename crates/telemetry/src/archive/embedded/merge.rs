//! New rows of a group among its chunks: behind the last one most often, else into the chunks they fall into. One
//! instant keeps one row, the one the server took last; what it replaced goes to the superseded values.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::extents::{self, Extent};
use super::groups::Group;
use crate::TelemetryError;
use crate::codec::chunk::{CHUNK_ROWS_MAX, Packed, Rows};
use crate::codec::column::put_value;
use crate::sqlite::from_sqlite;

/// A chunk with fewer rows takes in what comes behind it.
const SMALL_ROWS: usize = CHUNK_ROWS_MAX / 2;
/// So few rows between two chunks make no chunk of their own.
const FEW_ROWS: usize = 64;
/// A chunk is split only when it is longer than this: most late rows then rewrite one chunk and make none.
const SPLIT_ROWS: usize = CHUNK_ROWS_MAX + CHUNK_ROWS_MAX / 4;

/// Puts rows, in any order, into the file. `alone`: no series of the group is in another group of the device, so that
/// a repetition can be told from a change right here.
pub fn merge(connection: &Connection, group: &Group, rows: &Rows, alone: bool) -> Result<(), TelemetryError> {
    let rows = in_order(rows);
    let (Some(first), Some(last)) = (rows.times.first(), rows.times.last()) else { return Ok(()) };
    let mut there: Vec<Extent> =
        extents::before(connection, group.id, first.saturating_sub(1))?.into_iter().collect();
    for extent in extents::touching(connection, group.id, *first, *last)? {
        if there.last().is_none_or(|before| before.start != extent.start) {
            there.push(extent);
        }
    }
    for (place, mine) in places(&there, &rows.times) {
        let target = place.map(|index| there[index]);
        put(connection, group, target, rows.slice(mine), alone)?;
    }
    Ok(())
}

/// Which rows go behind or into which extent; `None` is before them all. Rows are in order, so each takes a range.
fn places(there: &[Extent], times: &[i64]) -> BTreeMap<Option<usize>, std::ops::Range<usize>> {
    let mut places: BTreeMap<Option<usize>, std::ops::Range<usize>> = BTreeMap::new();
    for (row, time) in times.iter().enumerate() {
        let behind = there.partition_point(|extent| extent.start <= *time).checked_sub(1);
        places.entry(behind).and_modify(|range| range.end = row + 1).or_insert(row..row + 1);
    }
    places
}

fn put(
    connection: &Connection,
    group: &Group,
    target: Option<Extent>,
    rows: Rows,
    alone: bool,
) -> Result<(), TelemetryError> {
    let joins = |extent: &Extent| {
        rows.times.first().is_some_and(|first| *first <= extent.end)
            || extent.rows < SMALL_ROWS
            || rows.len() < FEW_ROWS && extent.rows < SPLIT_ROWS
    };
    let Some(extent) = target.filter(joins) else {
        return insert(connection, group, &settle(connection, group, rows, alone)?);
    };
    let old = extents::with_body(connection, extent.chunk, |body| {
        Packed::open(body, &group.shape)?.unpack(&group.shape)
    });
    let old = match old {
        Ok(old) => old,
        Err(TelemetryError::Corrupt(why)) => {
            // What is new must not go down with what is damaged.
            tracing::error!(chunk = extent.chunk, why, "a chunk is damaged and set aside");
            extents::quarantine(connection, extent.chunk)?;
            group.change(-(extent.rows as i64));
            return insert(connection, group, &settle(connection, group, rows, alone)?);
        }
        Err(other) => return Err(other),
    };
    extents::remove(connection, group, &extent)?;
    let mut whole = old;
    whole.extend(&rows);
    let whole = settle(connection, group, in_order(&whole), alone)?;
    insert(connection, group, &whole)
}

/// One chunk, or several of equal length.
pub fn insert(connection: &Connection, group: &Group, rows: &Rows) -> Result<(), TelemetryError> {
    if rows.len() <= SPLIT_ROWS {
        return extents::insert(connection, group, rows);
    }
    let parts = rows.len().div_ceil(CHUNK_ROWS_MAX);
    for part in 0..parts {
        let range = rows.len() * part / parts..rows.len() * (part + 1) / parts;
        extents::insert(connection, group, &rows.slice(range))?;
    }
    Ok(())
}

/// By time, within one instant by the server's time, and then as they came.
fn in_order(rows: &Rows) -> Rows {
    if rows.times.is_sorted_by(|before, after| before < after) {
        return rows.clone();
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| (rows.times[row], rows.received(row)));
    rows.gather(&order)
}

/// One row per instant: the last. Rows before it that say the same are the same reading, known since then.
fn settle(connection: &Connection, group: &Group, rows: Rows, alone: bool) -> Result<Rows, TelemetryError> {
    if rows.times.is_sorted_by(|before, after| before < after) {
        return Ok(rows);
    }
    let mut kept = Vec::with_capacity(rows.len());
    let mut start = 0;
    while start < rows.len() {
        let mut end = start + 1;
        while end < rows.len() && rows.times[end] == rows.times[start] {
            end += 1;
        }
        let mut winner = end - 1;
        let same = |a: usize, b: usize| rows.columns.iter().all(|column| column.same(a, b));
        while alone && winner > start && same(winner - 1, winner) {
            winner -= 1;
        }
        kept.push(winner);
        for row in start..winner {
            supersede(connection, group, &rows, row)?;
        }
        start = end;
    }
    Ok(rows.gather(&kept))
}

fn supersede(connection: &Connection, group: &Group, rows: &Rows, row: usize) -> Result<(), TelemetryError> {
    for (index, column) in rows.columns.iter().enumerate() {
        let mut value = Vec::new();
        put_value(&mut value, &column.get(row));
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO superseded (grp, col, time_ms, received_ms, value, flags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )
            .and_then(|mut statement| {
                let flags = rows.flags[row];
                let (time, received) = (rows.times[row], rows.received(row));
                statement.execute(params![group.id, index as i64, time, received, value, flags])
            })
            .map_err(|error| from_sqlite(&error))?;
    }
    Ok(())
}
