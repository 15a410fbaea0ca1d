//! Old readings go by whole chunks, a few at a time, and leave their rollups; old rollups go by whole spans.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::groups::Group;
use super::rollup::{self, LEVELS};
use crate::TelemetryError;
use crate::archive::Expiry;
use crate::sqlite::from_sqlite;

/// Chunks per transaction, so that no seal waits long.
const CHUNKS_AT_ONCE: i64 = 64;
const DAY_MS: i64 = 86_400_000;

/// What changed, to be known in memory after the commit.
pub struct Expired {
    pub levels: u8,
    pub raw_from: i64,
    pub more: bool,
}

pub fn expire(connection: &Connection, group: &Group, expiry: &Expiry) -> Result<Expired, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    // Whole days, so that no rollup is cut in two.
    let raw_before = expiry.raw_before.0.div_euclid(DAY_MS).saturating_mul(DAY_MS);
    let rollups_before = expiry.rollups_before.0.min(raw_before);
    let mut levels = group.levels.load(Ordering::Relaxed);
    let due: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT start_ms, chunk FROM extents WHERE grp = ?1 AND end_ms < ?2 ORDER BY start_ms LIMIT ?3",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![group.id, raw_before, CHUNKS_AT_ONCE], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect()
        })
        .map_err(failed)?;
    if !due.is_empty() {
        for level in LEVELS.iter().filter(|level| level.code > 0) {
            if levels & level.bit() == 0 {
                rollup::rebuild(connection, group, level)?;
                levels |= level.bit();
            }
        }
    }
    for (start, chunk) in &due {
        let delete = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(failed)
        };
        delete("DELETE FROM extents WHERE grp = ?1 AND start_ms = ?2", &[&group.id, start])?;
        delete("DELETE FROM chunks WHERE id = ?1", &[chunk])?;
    }
    let raw_from = match due.is_empty() {
        true => group.raw_from(),
        false => group.raw_from().max(raw_before),
    };
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
    connection
        .execute(
            "UPDATE groups SET levels = ?2, raw_from_ms = ?3 WHERE id = ?1",
            params![group.id, levels, raw_from],
        )
        .map_err(failed)?;
    Ok(Expired { levels, raw_from, more: due.len() as i64 == CHUNKS_AT_ONCE })
}
