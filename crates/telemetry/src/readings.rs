//! Reads the log and the points of a device. The series of a device are merged lazily, so that a page costs what it
//! shows and not what the device ever reported.

use lares_model::record::{Entry, MessageIdentity, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis};
use rusqlite::{Connection, Row, Rows, params};
use uuid::Uuid;

use crate::encoding::{decode_body, decode_value, parse_flags};
use crate::transaction::find_device;
use crate::{ReadingKey, ReadingsQuery, StoredReading, TelemetryError, sqlite};

/// The entries after one position up to and with another.
pub fn log_between(
    connection: &Connection,
    after: Position,
    last: Position,
    limit: usize,
) -> Result<Vec<Record>, TelemetryError> {
    let failed = |error: rusqlite::Error| sqlite::from_sqlite(&error);
    let mut statement = connection
        .prepare_cached(
            "SELECT log.position, organisations.uuid, devices.uuid, log.received_ms, log.identity, log.body
             FROM log LEFT JOIN organisations ON organisations.id = log.organisation
             LEFT JOIN devices ON devices.id = log.device
             WHERE log.position > ?1 AND log.position <= ?2 ORDER BY log.position LIMIT ?3",
        )
        .map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after.0, last.0, limit]).map_err(failed)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        records.push(record_of(row)?);
    }
    Ok(records)
}

fn record_of(row: &Row<'_>) -> Result<Record, TelemetryError> {
    let position = row.get(0).map(Position).map_err(|error| sqlite::from_sqlite(&error))?;
    let entry = entry_of(row).map_err(|error| match error {
        TelemetryError::Corrupt(why) => TelemetryError::Corrupt(format!("position {}: {why}", position.0)),
        other => other,
    })?;
    Ok(Record { position, entry })
}

fn entry_of(row: &Row<'_>) -> Result<Entry, TelemetryError> {
    let failed = |error: rusqlite::Error| sqlite::from_sqlite(&error);
    let identity: Option<[u8; 16]> = row.get(4).map_err(failed)?;
    let body = row.get_ref(5).and_then(|body| Ok(body.as_blob()?)).map_err(failed)?;
    Ok(Entry {
        organisation: OrganisationId(Uuid::from_bytes(row.get(1).map_err(failed)?)),
        device: DeviceId(Uuid::from_bytes(row.get(2).map_err(failed)?)),
        received: UnixMillis(row.get(3).map_err(failed)?),
        identity: identity.map(MessageIdentity),
        body: decode_body(body)?,
    })
}

struct Series {
    id: i64,
    endpoint: u16,
    attribute: String,
}

pub fn readings_of(
    connection: &Connection,
    query: &ReadingsQuery,
) -> Result<Vec<StoredReading>, TelemetryError> {
    let failed = |error: rusqlite::Error| sqlite::from_sqlite(&error);
    let Some((first, last)) = span_of(query) else { return Ok(Vec::new()) };
    let wanted = series_of(connection, query).map_err(failed)?;
    let sql = if query.descending { POINTS_DESCENDING } else { POINTS_ASCENDING };
    // Where nothing was read yet, a place before (or behind) every key.
    let start = if query.descending { (i64::MAX, i64::MAX, u32::MAX) } else { (i64::MIN, i64::MIN, 0) };
    let (time, position, place) = query.after.map_or(start, ReadingKey::parts);
    let passed = query.after.is_some();
    let mut statements = wanted
        .iter()
        .map(|_| connection.prepare_cached(sql))
        .collect::<rusqlite::Result<Vec<_>>>()
        .map_err(failed)?;
    let mut sources = Vec::with_capacity(wanted.len());
    for (statement, series) in statements.iter_mut().zip(&wanted) {
        let rows = statement
            .query(params![series.id, first, last, time, position, place, passed])
            .map_err(failed)?;
        sources.push(Source { rows, series, head: None });
    }
    merge(sources, query)
}

/// The first and last instant that can match, both inclusive; `None` when none can.
fn span_of(query: &ReadingsQuery) -> Option<(i64, i64)> {
    let mut first = query.from.map_or(i64::MIN, |from| from.0);
    let mut last = match query.until {
        Some(until) => until.0.checked_sub(1)?,
        None => i64::MAX,
    };
    if let Some(after) = query.after {
        match query.descending {
            false => first = first.max(after.parts().0),
            true => last = last.min(after.parts().0),
        }
    }
    (first <= last && query.limit > 0).then_some((first, last))
}

const POINTS_ASCENDING: &str = "SELECT time_ms, position, place, delay_ms, value, flags FROM points
    WHERE series = ?1 AND time_ms BETWEEN ?2 AND ?3
    AND NOT (?7 AND time_ms = ?4 AND (position, place) <= (?5, ?6))
    ORDER BY time_ms, position, place";

const POINTS_DESCENDING: &str = "SELECT time_ms, position, place, delay_ms, value, flags FROM points
    WHERE series = ?1 AND time_ms BETWEEN ?2 AND ?3
    AND NOT (?7 AND time_ms = ?4 AND (position, place) >= (?5, ?6))
    ORDER BY time_ms DESC, position DESC, place DESC";

fn series_of(connection: &Connection, query: &ReadingsQuery) -> rusqlite::Result<Vec<Series>> {
    let Some(device) = find_device(connection, query.device)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT id, endpoint, attribute FROM series WHERE device = ?1
         AND (?2 IS NULL OR endpoint = ?2) AND (?3 IS NULL OR attribute = ?3)",
    )?;
    let found = statement.query_map(params![device, query.endpoint, query.attribute], |row| {
        Ok(Series { id: row.get(0)?, endpoint: row.get(1)?, attribute: row.get(2)? })
    })?;
    found.collect()
}

/// The points of one series, one ahead.
struct Source<'a> {
    rows: Rows<'a>,
    series: &'a Series,
    head: Option<StoredReading>,
}

impl Source<'_> {
    fn advance(&mut self) -> Result<Option<StoredReading>, TelemetryError> {
        let next = match self.rows.next().map_err(|error| sqlite::from_sqlite(&error))? {
            Some(row) => Some(reading_of(row, self.series)?),
            None => None,
        };
        Ok(std::mem::replace(&mut self.head, next))
    }
}

fn reading_of(row: &Row<'_>, series: &Series) -> Result<StoredReading, TelemetryError> {
    let failed = |error: rusqlite::Error| sqlite::from_sqlite(&error);
    let integer = |column: usize| row.get::<_, i64>(column).map_err(failed);
    let (time, position) = (UnixMillis(integer(0)?), Position(integer(1)?));
    let place: u32 = row.get(2).map_err(failed)?;
    let bytes: Vec<u8> = row.get(4).map_err(failed)?;
    let (quality, at_least_once) = parse_flags(row.get(5).map_err(failed)?)?;
    Ok(StoredReading {
        key: ReadingKey::new(time, position, place),
        endpoint: series.endpoint,
        attribute: series.attribute.clone(),
        time,
        received: UnixMillis(time.0.wrapping_add(integer(3)?)),
        value: decode_value(&bytes)?,
        quality,
        at_least_once,
        position,
    })
}

fn merge(mut sources: Vec<Source<'_>>, query: &ReadingsQuery) -> Result<Vec<StoredReading>, TelemetryError> {
    for source in &mut sources {
        source.advance()?;
    }
    let mut merged = Vec::new();
    while merged.len() < query.limit {
        let heads = sources.iter().enumerate();
        let heads = heads.filter_map(|(index, source)| Some((source.head.as_ref()?.key, index)));
        let Some((_, next)) = (if query.descending { heads.max() } else { heads.min() }) else { break };
        merged.extend(sources[next].advance()?);
    }
    Ok(merged)
}
