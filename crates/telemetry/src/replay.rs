//! Makes the hot tier again from the log: every entry that the archive does not have.

use std::collections::VecDeque;

use lares_model::record::Position;
use rusqlite::Connection;

use crate::TelemetryError;
use crate::hot::{Hot, lock};
use crate::log::names::Names;
use crate::log::records;
use crate::log::walk::Content;
use crate::sqlite::from_sqlite;

pub struct Replayed {
    pub points: u64,
    /// Last position and bytes of each batch, oldest first.
    pub batches: VecDeque<(i64, u64)>,
}

/// Takes what lies behind a position.
pub fn replay(
    connection: &Connection,
    names: &Names,
    hot: &Hot,
    after: Position,
) -> Result<Replayed, TelemetryError> {
    let mut points = 0;
    records::each(connection, names, after, |entry| {
        let device = hot.get_or_insert(entry.device, entry.organisation);
        let mut device = lock(&device);
        if entry.position <= device.sealed {
            return Ok(());
        }
        device.organisation = entry.organisation;
        device.note(entry.position, entry.identity.map(|identity| identity.0));
        if let Content::Rows(rows) = &entry.content {
            for row in rows {
                let group = device.group(row.shape, row.shape_no);
                device.push(group, (row.time, entry.received, row.flags), row.values.iter());
                points += row.values.len() as u64;
            }
        }
        Ok(())
    })?;
    Ok(Replayed { points, batches: batches(connection)? })
}

fn batches(connection: &Connection) -> Result<VecDeque<(i64, u64)>, TelemetryError> {
    connection
        .prepare("SELECT last, length(body) FROM batches ORDER BY last")
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
            rows.collect()
        })
        .map_err(|error| from_sqlite(&error))
}
