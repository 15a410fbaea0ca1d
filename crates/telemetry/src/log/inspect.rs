//! Looks for damage in the log: its file's structure, every batch against its checksum, every position in its place.

use lares_model::record::Position;
use rusqlite::Connection;

use super::names::Names;
use super::records::batch_after;
use super::walk::walk;
use crate::TelemetryError;
use crate::sqlite::from_sqlite;

/// More than this many findings tell nobody more.
const FINDINGS_MAX: usize = 100;

/// Sees one state of the file throughout, whatever is appended meanwhile.
pub fn inspect(connection: &Connection, names: &Names) -> Result<Vec<String>, TelemetryError> {
    let snapshot = connection.unchecked_transaction().map_err(|error| from_sqlite(&error))?;
    let mut findings = structure(&snapshot).map_err(|error| from_sqlite(&error))?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    let mut at: Option<Position> = None;
    while findings.len() < FINDINGS_MAX {
        let Some((first, last, body)) = batch_after(&snapshot, at.unwrap_or_default())? else { break };
        if at.is_some_and(|before| before.0 + 1 != first.0) {
            findings.push(format!(
                "the log has nothing between positions {} and {}",
                at.unwrap_or_default().0,
                first.0
            ));
        }
        let mut before = Position(first.0 - 1);
        let walked = walk(&body, first, names, |entry| {
            let position = entry.position;
            if position <= before || position > last {
                let why = format!("position {} follows {}", position.0, before.0);
                return Err(TelemetryError::Corrupt(why));
            }
            before = position;
            entry.into_record().map(drop)
        });
        match walked {
            Err(TelemetryError::Corrupt(why)) => {
                findings.push(format!("batch of position {}: {why}", first.0))
            }
            walked => walked?,
        }
        at = Some(last);
    }
    Ok(findings)
}

fn structure(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    lines.filter(|line| line.as_ref().map_or(true, |line| line != "ok")).collect()
}
