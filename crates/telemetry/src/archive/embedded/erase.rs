//! Takes readings out of the archive: a span of some series or of all, or raw readings that grew old.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::extents;
use super::groups::Group;
use super::merge;
use super::rollup::{self, LEVELS};
use super::scan;
use crate::TelemetryError;
use crate::codec::chunk::{Packed, Rows};
use crate::shape::Shape;
use crate::sqlite::from_sqlite;

/// Rows that keep some of their series, in the shape that is left of them.
pub struct Moved {
    pub shape: Arc<Shape>,
    pub rows: Rows,
}

/// Removes the marked columns of a group between `from` and `until`. Answers how many values went, and the rows that
/// must be put elsewhere.
pub fn erase(
    connection: &Connection,
    group: &Group,
    marked: &[bool],
    from: i64,
    until: i64,
) -> Result<(u64, Option<Moved>), TelemetryError> {
    let kept: Vec<usize> = (0..marked.len()).filter(|column| !marked[*column]).collect();
    let mut moved = Rows::new(&Shape(kept.iter().map(|&column| group.shape.0[column].clone()).collect()));
    let mut values = 0;
    for extent in extents::touching(connection, group.id, from, until.saturating_sub(1))? {
        let unpacked = extents::with_body(connection, extent.chunk, |body| {
            Packed::open(body, &group.shape)?.unpack(&group.shape)
        });
        let rows = match unpacked {
            Ok(rows) => rows,
            Err(TelemetryError::Corrupt(_)) => {
                // Nobody can say what of it is meant; the span is to be gone.
                extents::remove(connection, group, &extent)?;
                continue;
            }
            Err(other) => return Err(other),
        };
        let (start, end) = scan::within(&rows.times, from, until);
        if start == end {
            continue;
        }
        values += ((end - start) * (marked.len() - kept.len())) as u64;
        if !kept.is_empty() {
            let mut part = rows.slice(start..end);
            part.columns = kept.iter().map(|&column| part.columns[column].clone()).collect();
            moved.extend(&part);
        }
        extents::remove(connection, group, &extent)?;
        let left: Vec<usize> = (0..start).chain(end..rows.len()).collect();
        if !left.is_empty() {
            // Two parts, since what is put between them later must not overlap.
            for part in [0..start, end..rows.len()] {
                merge::insert(connection, group, &rows.slice(part))?;
            }
        }
    }
    for column in (0..marked.len()).filter(|column| marked[*column]) {
        connection
            .prepare_cached(
                "DELETE FROM superseded WHERE grp = ?1 AND col = ?2 AND time_ms >= ?3 AND time_ms < ?4",
            )
            .and_then(|mut statement| statement.execute(params![group.id, column as i64, from, until]))
            .map_err(|error| from_sqlite(&error))?;
    }
    let levels = group.levels.load(Ordering::Relaxed);
    for level in LEVELS.iter().filter(|level| levels & level.bit() != 0) {
        rollup::recompute_between(connection, group, level, from, until)?;
    }
    let shape = Arc::new(Shape(kept.iter().map(|&column| group.shape.0[column].clone()).collect()));
    Ok((values, (!moved.is_empty()).then_some(Moved { shape, rows: moved })))
}

/// Everything of a group.
pub fn drop_group(connection: &Connection, group: i64) -> Result<(), TelemetryError> {
    for statement in [
        "DELETE FROM chunks WHERE id IN (SELECT chunk FROM extents WHERE grp = ?1
         UNION ALL SELECT chunk FROM quarantined WHERE grp = ?1)",
        "DELETE FROM extents WHERE grp = ?1",
        "DELETE FROM quarantined WHERE grp = ?1",
        "DELETE FROM superseded WHERE grp = ?1",
        "DELETE FROM rollups WHERE grp = ?1",
        "DELETE FROM groups WHERE id = ?1",
    ] {
        connection.execute(statement, [group]).map_err(|error| from_sqlite(&error))?;
    }
    Ok(())
}
