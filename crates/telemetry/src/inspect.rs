//! Looks for damage in the file: its structure, the log's positions, and the points that the entries promise.

use lares_model::record::{Body, Position, Record};
use rusqlite::{Connection, params};

use crate::encoding::encode_value;
use crate::readings::log_between;
use crate::transaction::{find_device, stored_head};
use crate::{TelemetryError, sqlite};

const LAST: Position = Position(i64::MAX);
const PAGE_ENTRIES: usize = 512;
/// More than this many findings tell nobody more.
const FINDINGS_MAX: usize = 100;

/// Sees one state of the file throughout, whatever is appended meanwhile.
pub fn inspect(connection: &Connection) -> Result<Vec<String>, TelemetryError> {
    let snapshot = connection.unchecked_transaction().map_err(|error| sqlite::from_sqlite(&error))?;
    let mut findings = structure(&snapshot).map_err(|error| sqlite::from_sqlite(&error))?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    findings.extend(positions(&snapshot).map_err(|error| sqlite::from_sqlite(&error))?);
    let mut after = Position(0);
    while findings.len() < FINDINGS_MAX {
        // An entry that does not decode is stepped over, one by one from the page it was met in.
        let page = match log_between(&snapshot, after, LAST, PAGE_ENTRIES) {
            Err(TelemetryError::Corrupt(_)) => log_between(&snapshot, after, LAST, 1),
            page => page,
        };
        match page {
            Ok(records) => {
                let Some(last) = records.last() else { break };
                after = last.position;
                for record in &records {
                    findings.extend(points(&snapshot, record).map_err(|error| sqlite::from_sqlite(&error))?);
                }
            }
            Err(TelemetryError::Corrupt(finding)) => {
                findings.push(finding);
                after = next_position(&snapshot, after).map_err(|error| sqlite::from_sqlite(&error))?;
            }
            Err(error) => return Err(error),
        }
    }
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

fn structure(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    lines.filter(|line| line.as_ref().map_or(true, |line| line != "ok")).collect()
}

/// Positions are given out one by one, so entries and forgotten entries together reach exactly the head.
fn positions(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let head = stored_head(connection)?.0;
    let (entries, forgotten): (i64, i64) =
        connection.query_row("SELECT (SELECT count(*) FROM log), entries FROM forgotten", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok((entries + forgotten != head).then(|| {
        format!("the log ends at position {head} and holds {entries} entries, {forgotten} forgotten")
    }))
}

fn next_position(connection: &Connection, after: Position) -> rusqlite::Result<Position> {
    connection.query_row("SELECT min(position) FROM log WHERE position > ?1", [after.0], |row| {
        row.get(0).map(Position)
    })
}

/// Every reading of an entry is a point, its own or an equal one from an earlier entry.
fn points(connection: &Connection, record: &Record) -> rusqlite::Result<Vec<String>> {
    let Body::Readings { readings } = &record.entry.body else { return Ok(Vec::new()) };
    let device = find_device(connection, record.entry.device)?;
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM points JOIN series ON series.id = points.series
         WHERE series.device = ?1 AND series.endpoint = ?2 AND series.attribute = ?3
         AND points.time_ms = ?4 AND points.value = ?5
         AND ((points.position = ?6 AND points.place = ?7) OR (?8 AND points.flags < 16)) LIMIT 1",
    )?;
    let mut findings = Vec::new();
    for (place, reading) in readings.iter().enumerate() {
        let found = statement.exists(params![
            device,
            reading.endpoint,
            reading.attribute,
            reading.time.0,
            encode_value(&reading.value),
            record.position.0,
            place as i64,
            !reading.at_least_once,
        ])?;
        if !found {
            let position = record.position.0;
            findings.push(format!("reading {place} of position {position} is missing from its series"));
        }
    }
    Ok(findings)
}
