//! The chunks of a group in the file: found by time, read with their checksum, replaced.

use rusqlite::{Connection, params};

use super::groups::Group;
use crate::TelemetryError;
use crate::codec::chunk::Rows;
use crate::sqlite::from_sqlite;

/// Where a chunk lies and what time it covers, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub start: i64,
    pub end: i64,
    pub rows: usize,
    pub chunk: i64,
}

/// The extents of a group that touch a span, both ends inclusive, in the order of their time.
pub fn touching(
    connection: &Connection,
    group: i64,
    from: i64,
    last: i64,
) -> Result<Vec<Extent>, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    // Extents do not overlap, so only the last one that begins before `from` can reach into the span.
    let mut statement = connection
        .prepare_cached(
            "SELECT start_ms, end_ms, rows, chunk FROM extents WHERE grp = ?1 AND start_ms <= ?3
             AND start_ms >= coalesce((SELECT max(start_ms) FROM extents WHERE grp = ?1 AND start_ms <= ?2), ?2)
             AND end_ms >= ?2 ORDER BY start_ms",
        )
        .map_err(failed)?;
    let found = statement.query_map(params![group, from, last], |row| {
        Ok(Extent {
            start: row.get(0)?,
            end: row.get(1)?,
            rows: row.get::<_, i64>(2)? as usize,
            chunk: row.get(3)?,
        })
    });
    found.and_then(Iterator::collect).map_err(failed)
}

/// The last extent of a group that begins at or before an instant.
pub fn before(connection: &Connection, group: i64, time: i64) -> Result<Option<Extent>, TelemetryError> {
    use rusqlite::OptionalExtension;
    connection
        .prepare_cached(
            "SELECT start_ms, end_ms, rows, chunk FROM extents WHERE grp = ?1 AND start_ms <= ?2
             ORDER BY start_ms DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            statement
                .query_row(params![group, time], |row| {
                    Ok(Extent {
                        start: row.get(0)?,
                        end: row.get(1)?,
                        rows: row.get::<_, i64>(2)? as usize,
                        chunk: row.get(3)?,
                    })
                })
                .optional()
        })
        .map_err(|error| from_sqlite(&error))
}

/// Has a function read a chunk's body where it lies.
pub fn with_body<T>(
    connection: &Connection,
    chunk: i64,
    read: impl FnOnce(&[u8]) -> Result<T, TelemetryError>,
) -> Result<T, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let mut statement = connection.prepare_cached("SELECT body FROM chunks WHERE id = ?1").map_err(failed)?;
    let mut rows = statement.query([chunk]).map_err(failed)?;
    let row = rows.next().map_err(failed)?;
    let row = row.ok_or_else(|| TelemetryError::Corrupt(format!("chunk {chunk} is not there")))?;
    let body = row.get_ref(0).map_err(failed)?;
    let body = body.as_blob().map_err(|error| TelemetryError::Corrupt(error.to_string()))?;
    read(body)
}

pub fn insert(connection: &Connection, group: &Group, rows: &Rows) -> Result<(), TelemetryError> {
    let (Some(start), Some(end)) = (rows.times.first(), rows.times.last()) else { return Ok(()) };
    let body = rows.encode(&group.habits);
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    connection
        .prepare_cached("INSERT INTO chunks (body) VALUES (?1)")
        .and_then(|mut statement| statement.execute([&body]))
        .map_err(failed)?;
    let chunk = connection.last_insert_rowid();
    connection
        .prepare_cached(
            "INSERT INTO extents (grp, start_ms, end_ms, rows, bytes, chunk) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut statement| {
            statement.execute(params![group.id, start, end, rows.len() as i64, body.len() as i64, chunk])
        })
        .map_err(failed)?;
    group.change(rows.len() as i64);
    Ok(())
}

pub fn remove(connection: &Connection, group: &Group, extent: &Extent) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    connection
        .prepare_cached("DELETE FROM extents WHERE grp = ?1 AND start_ms = ?2")
        .and_then(|mut statement| statement.execute(params![group.id, extent.start]))
        .map_err(failed)?;
    connection
        .prepare_cached("DELETE FROM chunks WHERE id = ?1")
        .and_then(|mut statement| statement.execute([extent.chunk]))
        .map_err(failed)?;
    group.change(-(extent.rows as i64));
    Ok(())
}

/// Out of the way of reading, and still there for whoever repairs.
pub fn quarantine(connection: &Connection, chunk: i64) -> Result<(), TelemetryError> {
    let moved = connection
        .execute(
            "INSERT OR IGNORE INTO quarantined (chunk, grp, start_ms, end_ms, rows, bytes)
             SELECT chunk, grp, start_ms, end_ms, rows, bytes FROM extents WHERE chunk = ?1",
            [chunk],
        )
        .and_then(|_| connection.execute("DELETE FROM extents WHERE chunk = ?1", [chunk]));
    moved.map(drop).map_err(|error| from_sqlite(&error))
}

/// First and last instant of each chunk of a group that is set aside.
pub fn quarantined(connection: &Connection, group: i64) -> Result<Vec<(i64, i64)>, TelemetryError> {
    connection
        .prepare_cached("SELECT start_ms, end_ms FROM quarantined WHERE grp = ?1")
        .and_then(|mut statement| {
            statement.query_map([group], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(|error| from_sqlite(&error))
}
