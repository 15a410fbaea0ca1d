//! Takes entries, or some of their readings, out of the batches that the log still keeps: what somebody wants gone
//! must not come back from there.

use std::sync::Arc;

use lares_model::DeviceId;
use lares_model::record::{Body, Entry, Position};
use rusqlite::{Connection, params};

use super::batch::{Encoder, EntryPlan, RowPlan};
use super::names::Names;
use super::records::batch_after;
use super::walk::{Content, RawEntry, RawRow, walk};
use crate::TelemetryError;
use crate::archive::Erasure;
use crate::shape::Shape;
use crate::sqlite::from_sqlite;

/// All entries of a device.
pub fn forget(connection: &Connection, names: &mut Names, device: DeviceId) -> Result<(), TelemetryError> {
    rewrite(connection, names, &mut |entry| {
        if entry.device == device { Change::Drop } else { Change::Keep }
    })
}

/// The readings of an erasure; the entries stay, so that followers see what they saw.
pub fn scrub(connection: &Connection, names: &mut Names, erasure: &Erasure) -> Result<(), TelemetryError> {
    rewrite(connection, names, &mut |entry| {
        let Content::Rows(rows) = &entry.content else { return Change::Keep };
        let within = |row: &RawRow<'_>| row.time >= erasure.from.0 && row.time < erasure.until.0;
        if entry.device != erasure.device || !rows.iter().any(within) {
            return Change::Keep;
        }
        Change::Rows(
            rows.iter()
                .filter_map(|row| if within(row) { without(row, erasure) } else { Some(copy(row)) })
                .collect(),
        )
    })
}

/// A row with the shape that is left of it.
struct Left {
    shape: Shape,
    time: i64,
    flags: u8,
    values: Vec<lares_model::Value>,
}

enum Change {
    Keep,
    Drop,
    Rows(Vec<Left>),
}

fn copy(row: &RawRow<'_>) -> Left {
    Left { shape: Shape::clone(row.shape), time: row.time, flags: row.flags, values: row.values.clone() }
}

fn without(row: &RawRow<'_>, erasure: &Erasure) -> Option<Left> {
    let series = erasure.series.as_ref()?;
    let named = row.shape.0.iter().zip(&row.values);
    let kept = named.filter(|(column, _)| {
        !series.iter().any(|(endpoint, name)| *endpoint == column.endpoint && **name == *column.attribute)
    });
    let (columns, values): (Vec<_>, Vec<_>) =
        kept.map(|(column, value)| (column.clone(), value.clone())).unzip();
    (!columns.is_empty()).then_some(Left { shape: Shape(columns), time: row.time, flags: row.flags, values })
}

fn rewrite(
    connection: &Connection,
    names: &mut Names,
    judge: &mut dyn FnMut(&RawEntry<'_>) -> Change,
) -> Result<(), TelemetryError> {
    let mut at = Position(0);
    while let Some((first, last, body)) = batch_after(connection, at)? {
        at = last;
        let mut kept = Vec::new();
        let mut changed = false;
        walk(&body, first, names, |entry| {
            let change = judge(&entry);
            changed |= !matches!(change, Change::Keep);
            let rows = match change {
                Change::Drop => return Ok(()),
                Change::Rows(rows) => Some(rows),
                Change::Keep => match &entry.content {
                    Content::Rows(rows) => Some(rows.iter().map(copy).collect()),
                    Content::Body(_) => None,
                },
            };
            kept.push(Kept::new(entry, rows));
            Ok(())
        })?;
        if changed {
            store(connection, names, first, last, kept)?;
        }
    }
    Ok(())
}

/// An entry on its way back, free of the names it was read with.
struct Kept {
    entry: Entry,
    position: Position,
    body: Vec<u8>,
    shapes: Vec<(Arc<Shape>, usize)>,
}

impl Kept {
    fn new(raw: RawEntry<'_>, rows: Option<Vec<Left>>) -> Kept {
        let body = match raw.content {
            Content::Body(body) => body,
            Content::Rows(_) => Vec::new(),
        };
        let mut entry = Entry {
            organisation: raw.organisation,
            device: raw.device,
            received: lares_model::UnixMillis(raw.received),
            identity: raw.identity,
            // Only tells rows from bodies below.
            body: Body::Presence {
                status: lares_model::presence::PresenceStatus::Online,
                reason: String::new(),
            },
        };
        let mut shapes = Vec::new();
        if let Some(rows) = rows {
            let mut readings = Vec::new();
            for row in rows {
                shapes.push((Arc::new(row.shape.clone()), readings.len()));
                readings.extend(readings_of(row));
            }
            entry.body = Body::Readings { readings };
        }
        Kept { entry, position: raw.position, body, shapes }
    }
}

fn readings_of(row: Left) -> impl Iterator<Item = lares_model::reading::Reading> {
    let (quality, at_least_once) =
        crate::shape::parse_flags(row.flags).unwrap_or((lares_model::reading::Quality::Measured, false));
    let time = lares_model::UnixMillis(row.time);
    row.shape.0.into_iter().zip(row.values).map(move |(column, value)| lares_model::reading::Reading {
        endpoint: column.endpoint,
        attribute: column.attribute.as_ref().into(),
        time,
        value,
        quality,
        at_least_once,
    })
}

fn store(
    connection: &Connection,
    names: &mut Names,
    first: Position,
    last: Position,
    kept: Vec<Kept>,
) -> Result<(), TelemetryError> {
    let mut encoder = Encoder::new(first);
    for Kept { entry, position, body, shapes } in &kept {
        let mut rows = Vec::with_capacity(shapes.len());
        for (shape, start) in shapes {
            let (number, _) = names.shape(connection, Shape::clone(shape))?;
            rows.push(RowPlan { shape: number, start: *start, length: shape.0.len() });
        }
        let device = names.device(connection, entry.device)?;
        let organisation = names.organisation(connection, entry.organisation)?;
        encoder.put(&EntryPlan { position: *position, device, organisation, entry, rows: &rows, body });
    }
    connection
        .execute("UPDATE batches SET body = ?2 WHERE last = ?1", params![last.0, encoder.finish()])
        .map(drop)
        .map_err(|error| from_sqlite(&error))
}
