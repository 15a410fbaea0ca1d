//! Old readings go by whole chunks, a few at a time, and leave their rollups; old rollups go by whole spans. What is
//! too old in what stays is shown no more.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::extents::{self, Extent};
use super::groups::Group;
use super::rollup::{self, LEVELS};
use crate::TelemetryError;
use crate::archive::Expiry;
use crate::sqlite::from_sqlite;

/// Chunks per transaction, so that no seal waits long.
const CHUNKS_AT_ONCE: i64 = 64;

/// What changed, to be known in memory after the commit.
pub struct Expired {
    pub levels: u8,
    pub raw_from: i64,
    pub more: bool,
}

pub fn expire(connection: &Connection, group: &Group, expiry: &Expiry) -> Result<Expired, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let (raw_before, rollups_before) = (expiry.raw_before.0, expiry.rollups_before.0);
    let (kept_levels, kept_from) = (group.levels.load(Ordering::Relaxed), group.raw_from());
    // What is younger in a chunk keeps it; what is older in it is seen by nobody from now on.
    let raw_from = kept_from.max(raw_before);
    let mut levels = kept_levels;
    if raw_from > kept_from && extents::before(connection, group.id, raw_from.saturating_sub(1))?.is_some() {
        for level in LEVELS.iter().filter(|level| level.code > 0) {
            if levels & level.bit() == 0 {
                rollup::rebuild(connection, group, level)?;
                levels |= level.bit();
            }
        }
    }
    let due = due(connection, group, raw_before)?;
    due.iter().try_for_each(|extent| extents::remove(connection, group, extent))?;
    connection
        .execute("DELETE FROM superseded WHERE grp = ?1 AND time_ms < ?2", params![group.id, raw_from])
        .map_err(failed)?;
    for level in &LEVELS {
        let before = level.span_of(rollups_before);
        connection
            .execute(
                "DELETE FROM rollups WHERE grp = ?1 AND level = ?2 AND span < ?3",
                params![group.id, level.code, before],
            )
            .map_err(failed)?;
    }
    if (levels, raw_from) != (kept_levels, kept_from) {
        connection
            .execute(
                "UPDATE groups SET levels = ?2, raw_from_ms = ?3 WHERE id = ?1",
                params![group.id, levels, raw_from],
            )
            .map_err(failed)?;
    }
    Ok(Expired { levels, raw_from, more: due.len() as i64 == CHUNKS_AT_ONCE })
}

/// The first chunks that end before an instant.
fn due(connection: &Connection, group: &Group, before: i64) -> Result<Vec<Extent>, TelemetryError> {
    connection
        .prepare_cached(
            "SELECT start_ms, end_ms, rows, chunk FROM extents WHERE grp = ?1 AND end_ms < ?2
             ORDER BY start_ms LIMIT ?3",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![group.id, before, CHUNKS_AT_ONCE], |row| {
                Ok(Extent {
                    start: row.get(0)?,
                    end: row.get(1)?,
                    rows: row.get::<_, i64>(2)? as usize,
                    chunk: row.get(3)?,
                })
            })?;
            rows.collect()
        })
        .map_err(|error| from_sqlite(&error))
}
