//! Reads the log from its file: batches by position, whole or from the middle.

use lares_model::record::{Position, Record};
use rusqlite::{Connection, OptionalExtension};

use super::names::Names;
use super::walk::{RawEntry, walk};
use crate::TelemetryError;
use crate::sqlite::from_sqlite;

/// The entries after a position up to and with another, at most `limit`.
pub fn between(
    connection: &Connection,
    names: &Names,
    after: Position,
    last: Position,
    limit: usize,
) -> Result<Vec<Record>, TelemetryError> {
    let mut records = Vec::new();
    let mut at = after;
    while records.len() < limit && at < last {
        let Some((first, until, body)) = batch_after(connection, at)? else { break };
        walk(&body, first, names, |entry| {
            if entry.position > after && entry.position <= last && records.len() < limit {
                records.push(entry.into_record()?);
            }
            Ok(())
        })
        .map_err(|error| in_batch(error, first))?;
        at = until;
    }
    Ok(records)
}

fn in_batch(error: TelemetryError, first: Position) -> TelemetryError {
    match error {
        TelemetryError::Corrupt(why) => {
            TelemetryError::Corrupt(format!("batch of position {}: {why}", first.0))
        }
        other => other,
    }
}

/// Has a function see every entry that is left in the log behind a position.
pub fn each(
    connection: &Connection,
    names: &Names,
    after: Position,
    mut see: impl FnMut(RawEntry<'_>) -> Result<(), TelemetryError>,
) -> Result<(), TelemetryError> {
    let mut at = after;
    while let Some((first, until, body)) = batch_after(connection, at)? {
        let seen =
            walk(&body, first, names, |entry| if entry.position > after { see(entry) } else { Ok(()) });
        seen.map_err(|error| in_batch(error, first))?;
        at = until;
    }
    Ok(())
}

/// The batch that holds the entry after a position, or the next one: its first and last position and its blob.
pub fn batch_after(
    connection: &Connection,
    after: Position,
) -> Result<Option<(Position, Position, Vec<u8>)>, TelemetryError> {
    connection
        .prepare_cached("SELECT first, last, body FROM batches WHERE last > ?1 ORDER BY last LIMIT 1")
        .and_then(|mut statement| {
            let row =
                |row: &rusqlite::Row<'_>| Ok((Position(row.get(0)?), Position(row.get(1)?), row.get(2)?));
            statement.query_row([after.0], row).optional()
        })
        .map_err(|error| from_sqlite(&error))
}

/// The last position given out.
pub fn stored_head(connection: &Connection) -> rusqlite::Result<Position> {
    connection.query_row(
        "SELECT max(at_least, coalesce((SELECT max(last) FROM batches), 0)) FROM head",
        [],
        |row| row.get(0).map(Position),
    )
}
