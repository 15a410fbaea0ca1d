//! Looks for damage in the archive: the file's structure, every chunk against its checksum and its place, and every
//! rollup against the chunks it was made of.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::extents;
use super::groups::Group;
use super::rollup;
use crate::TelemetryError;
use crate::codec::chunk::Packed;
use crate::sqlite::from_sqlite;

/// More than this many findings tell nobody more.
const FINDINGS_MAX: usize = 100;

pub fn inspect(
    connection: &Connection,
    groups: &HashMap<i64, Arc<Group>>,
) -> Result<Vec<String>, TelemetryError> {
    let mut findings = structure(connection)?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    findings.extend(quarantined(connection)?);
    let mut ids: Vec<&i64> = groups.keys().collect();
    ids.sort();
    for id in ids {
        let group = &groups[id];
        findings.extend(chunks(connection, group)?);
        findings.extend(rollup::differences(connection, group)?);
        if findings.len() >= FINDINGS_MAX {
            break;
        }
    }
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

fn structure(connection: &Connection) -> Result<Vec<String>, TelemetryError> {
    let lines = connection.prepare("PRAGMA integrity_check").and_then(|mut statement| {
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    });
    let lines = lines.map_err(|error| from_sqlite(&error))?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn quarantined(connection: &Connection) -> Result<Vec<String>, TelemetryError> {
    let lines = connection
        .prepare("SELECT chunk, grp, start_ms, end_ms, rows FROM quarantined ORDER BY chunk")
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| {
                let (chunk, group): (i64, i64) = (row.get(0)?, row.get(1)?);
                let (start, end, rows): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
                Ok(format!("chunk {chunk} of group {group}, {rows} rows from {start} to {end}, is set aside as damaged"))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
    lines.map_err(|error| from_sqlite(&error))
}

fn chunks(connection: &Connection, group: &Group) -> Result<Vec<String>, TelemetryError> {
    let mut findings = Vec::new();
    let mut before: Option<i64> = None;
    for extent in extents::touching(connection, group.id, i64::MIN, i64::MAX)? {
        if before.is_some_and(|end| end >= extent.start) {
            findings.push(format!("chunk {} of group {} overlaps the one before", extent.chunk, group.id));
        }
        before = Some(extent.end);
        let read = extents::with_body(connection, extent.chunk, |body| {
            Packed::open(body, &group.shape)?.unpack(&group.shape)
        });
        match read {
            Ok(rows) => {
                let place = (rows.times.first(), rows.times.last(), rows.len());
                let sorted = rows.times.is_sorted_by(|before, after| before < after);
                if place != (Some(&extent.start), Some(&extent.end), extent.rows) || !sorted {
                    findings.push(format!(
                        "chunk {} of group {} is not what its place says",
                        extent.chunk, group.id
                    ));
                }
            }
            Err(TelemetryError::Corrupt(why)) => {
                findings.push(format!("chunk {} of group {}: {why}", extent.chunk, group.id));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(findings)
}
