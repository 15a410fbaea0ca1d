//! Reads chunks in the order of their time.

use rusqlite::Connection;

use super::extents;
use super::groups::Group;
use crate::TelemetryError;
use crate::codec::chunk::{Packed, Rows};

/// Has a function see every sound chunk that touches a span, both ends inclusive. One that is damaged is left out;
/// its number is returned.
pub fn each_chunk(
    connection: &Connection,
    group: &Group,
    from: i64,
    last: i64,
    mut see: impl FnMut(&Packed<'_>) -> Result<(), TelemetryError>,
) -> Result<Vec<i64>, TelemetryError> {
    let mut damaged = Vec::new();
    for extent in extents::touching(connection, group.id, from, last)? {
        let seen =
            extents::with_body(connection, extent.chunk, |body| see(&Packed::open(body, &group.shape)?));
        match seen {
            Err(TelemetryError::Corrupt(_)) => damaged.push(extent.chunk),
            seen => seen?,
        }
    }
    Ok(damaged)
}

/// All rows of a span, `until` exclusive.
pub fn rows_between(
    connection: &Connection,
    group: &Group,
    from: i64,
    until: i64,
) -> Result<Rows, TelemetryError> {
    let mut all = Rows::new(&group.shape);
    each_chunk(connection, group, from, until.saturating_sub(1), |packed| {
        let times = packed.times()?;
        let (start, end) = within(&times, from, until);
        if start < end {
            all.extend(&packed.unpack(&group.shape)?.slice(start..end));
        }
        Ok(())
    })?;
    Ok(all)
}

/// The rows of sorted times that lie in a span, `until` exclusive.
pub fn within(times: &[i64], from: i64, until: i64) -> (usize, usize) {
    (times.partition_point(|time| *time < from), times.partition_point(|time| *time < until))
}
