//! The versions of a series in the archive: chunk by chunk in the order of time, no further than asked.

use rusqlite::{Connection, params};

use super::extents::{self, Extent};
use super::groups::Group;
use super::scan;
use crate::TelemetryError;
use crate::archive::{Slice, Version};
use crate::codec::chunk::Packed;
use crate::codec::column::{Kind, read_value};
use crate::codec::varint::Reader;
use crate::hot::LastRow;
use crate::sqlite::from_sqlite;

/// A column of a group: where a series, or a part of it, lies.
pub struct Place<'a> {
    pub group: &'a Group,
    pub column: usize,
}

impl Place<'_> {
    pub fn kind(&self) -> Kind {
        self.group.shape.0[self.column].kind
    }
}

/// What was found, and which chunks were damaged.
#[derive(Default)]
pub struct Found {
    pub versions: Vec<Version>,
    pub damaged: Vec<i64>,
}

pub fn versions(
    connection: &Connection,
    places: &[Place<'_>],
    slice: Slice,
) -> Result<Found, TelemetryError> {
    let mut found = Found::default();
    if slice.from >= slice.until || slice.instants == 0 {
        return Ok(found);
    }
    let mut extents: Vec<(usize, Extent)> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let of_group = extents::touching(connection, place.group.id, slice.from, slice.until - 1)?;
        extents.extend(of_group.into_iter().map(|extent| (index, extent)));
    }
    match slice.descending {
        false => extents.sort_by_key(|(_, extent)| extent.start),
        true => extents.sort_by_key(|(_, extent)| std::cmp::Reverse(extent.end)),
    }
    let mut span = (slice.from, slice.until);
    for (nth, (place, extent)) in extents.iter().enumerate() {
        let taken = extents::with_body(connection, extent.chunk, |body| {
            take(&mut found.versions, body, &places[*place], slice)
        });
        match taken {
            Err(TelemetryError::Corrupt(_)) => found.damaged.push(extent.chunk),
            taken => taken?,
        }
        // What the remaining chunks cannot touch any more is complete.
        let Some((_, next)) = extents.get(nth + 1) else { break };
        let complete = match slice.descending {
            false => (slice.from, next.start),
            true => (next.end.saturating_add(1), slice.until),
        };
        if found.versions.len() >= slice.instants && instants(&found.versions, complete) >= slice.instants {
            span = complete;
            break;
        }
    }
    // What was superseded comes first: of equal times the chunk's row is the later one.
    let mut versions = Vec::new();
    for place in places {
        superseded(connection, place, span, &mut versions)?;
    }
    versions.extend(found.versions.into_iter().filter(|version| (span.0..span.1).contains(&version.time)));
    found.versions = versions;
    match slice.descending {
        false => found.versions.sort_by_key(|version| version.time),
        true => found.versions.sort_by_key(|version| std::cmp::Reverse(version.time)),
    }
    Ok(found)
}

/// How many different instants lie within.
fn instants(versions: &[Version], span: (i64, i64)) -> usize {
    let within = versions.iter().map(|version| version.time).filter(|time| (span.0..span.1).contains(time));
    let mut times: Vec<i64> = within.collect();
    times.sort_unstable();
    times.dedup();
    times.len()
}

fn take(
    versions: &mut Vec<Version>,
    body: &[u8],
    place: &Place<'_>,
    slice: Slice,
) -> Result<(), TelemetryError> {
    let packed = Packed::open(body, &place.group.shape)?;
    let times = packed.times()?;
    let (start, end) = scan::within(&times, slice.from, slice.until);
    if start == end {
        return Ok(());
    }
    let (delays, flags) = (packed.delays()?, packed.flags()?);
    let column = packed.column(place.column, place.kind())?;
    versions.extend((start..end).map(|row| Version {
        time: times[row],
        received: times[row].wrapping_add(delays[row]),
        flags: flags[row],
        value: column.get(row),
    }));
    Ok(())
}

fn superseded(
    connection: &Connection,
    place: &Place<'_>,
    span: (i64, i64),
    versions: &mut Vec<Version>,
) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let mut statement = connection
        .prepare_cached(
            "SELECT time_ms, received_ms, flags, value FROM superseded
             WHERE grp = ?1 AND col = ?2 AND time_ms >= ?3 AND time_ms < ?4",
        )
        .map_err(failed)?;
    let key = params![place.group.id, place.column as i64, span.0, span.1];
    let mut rows = statement.query(key).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let value: Vec<u8> = row.get(3).map_err(failed)?;
        versions.push(Version {
            time: row.get(0).map_err(failed)?,
            received: row.get(1).map_err(failed)?,
            flags: row.get(2).map_err(failed)?,
            value: read_value(&mut Reader::new(&value), place.kind())?,
        });
    }
    Ok(())
}

/// The last row of a group.
pub fn last_row(connection: &Connection, group: &Group) -> Result<Option<LastRow>, TelemetryError> {
    let mut before = i64::MAX;
    while let Some(extent) = extents::before(connection, group.id, before)? {
        let found = extents::with_body(connection, extent.chunk, |body| {
            let packed = Packed::open(body, &group.shape)?;
            let row = packed.rows - 1;
            let (times, delays) = (packed.times()?, packed.delays()?);
            // Its values stand in front of a chunk.
            let values = packed.aggregates.iter().map(|aggregate| aggregate.last.clone()).collect();
            let received = times[row].wrapping_add(delays[row]);
            Ok(LastRow { time: times[row], received, flags: packed.flags()?[row], values })
        });
        match found {
            // The one before it may be sound.
            Err(TelemetryError::Corrupt(_)) if extent.start > i64::MIN => before = extent.start - 1,
            found => return found.map(Some),
        }
    }
    Ok(None)
}
