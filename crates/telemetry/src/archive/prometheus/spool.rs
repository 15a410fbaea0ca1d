//! Rows that the engine took and may still lose: it keeps some seconds in memory only. They stay here too, in our
//! file and at hand for reading, until the engine has shown them after a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::samples::SeriesName;
use crate::archive::{Sealing, Version};
use crate::codec::chunk::{Habits, Packed, Rows};
use crate::shape::Shape;
use crate::sqlite::from_sqlite;
use crate::{SeriesKey, TelemetryError};

pub const TABLE: &str = "
CREATE TABLE unconfirmed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL,
    organisation BLOB NOT NULL,
    sealed INTEGER NOT NULL,
    shape BLOB NOT NULL,
    rows BLOB NOT NULL
);
";

/// What one seal wrote of one device.
pub struct Entry {
    /// In the file, one for each group.
    pub ids: Vec<i64>,
    pub sealing: Sealing,
    /// Since the engine took it, in looks at it.
    pub age: u32,
    /// How often it was written again.
    pub rewritten: u32,
}

impl Entry {
    fn values(&self) -> usize {
        self.sealing.groups.iter().map(|(shape, rows)| shape.0.len() * rows.len()).sum()
    }
}

/// By the order of writing.
#[derive(Default)]
pub struct Spool(Mutex<BTreeMap<u64, Entry>>);

impl Spool {
    pub fn of(entries: Vec<Entry>) -> Spool {
        Spool(Mutex::new((0..).zip(entries).collect()))
    }

    pub fn add(&self, entries: Vec<Entry>) {
        self.with(|all| {
            let next = all.last_key_value().map_or(0, |(last, _)| last + 1);
            all.extend((next..).zip(entries));
        });
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Entry>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn values(&self) -> usize {
        self.with(|all| all.values().map(Entry::values).sum())
    }

    pub fn holds(&self, device: DeviceId) -> bool {
        self.with(|all| all.values().any(|entry| entry.sealing.device == device))
    }

    pub fn versions(&self, series: &SeriesKey, from: i64, until: i64) -> Vec<Version> {
        let mut found = Vec::new();
        self.with(|all| {
            let of_device = all.values().filter(|entry| entry.sealing.device == series.device);
            for (shape, rows) in of_device.flat_map(|entry| &entry.sealing.groups) {
                let names = shape.0.iter().zip(&rows.columns);
                let named = names.filter(|(name, _)| {
                    name.endpoint == series.endpoint && *name.attribute == *series.attribute
                });
                for (_, column) in named {
                    let within = (0..rows.len()).filter(|row| (from..until).contains(&rows.times[*row]));
                    found.extend(within.map(|row| Version {
                        time: rows.times[row],
                        received: rows.received(row),
                        flags: rows.flags[row],
                        value: column.get(row),
                    }));
                }
            }
        });
        found
    }
}

/// Puts what is sealed into the file. Answers the entry that stands for it.
pub fn put(connection: &Connection, sealing: Sealing) -> Result<Entry, TelemetryError> {
    let sql = "INSERT INTO unconfirmed (uuid, organisation, sealed, shape, rows) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = connection.prepare_cached(sql).map_err(|error| from_sqlite(&error))?;
    let (device, organisation) = (sealing.device.0.as_bytes(), sealing.organisation.0.as_bytes());
    let mut ids = Vec::new();
    for (shape, rows) in &sealing.groups {
        let body = in_order(rows).encode(&Habits::of(shape));
        let values = params![device, organisation, sealing.through.0, shape.encode(), body];
        ids.push(statement.insert(values).map_err(|error| from_sqlite(&error))?);
    }
    Ok(Entry { ids, sealing, age: 0, rewritten: 0 })
}

/// A copy of what is to be sealed without what it need not say again.
pub fn copy_of(sealing: &Sealing) -> Sealing {
    let groups = sealing.groups.iter().filter(|(_, rows)| !rows.is_empty());
    Sealing {
        device: sealing.device,
        organisation: sealing.organisation,
        through: sealing.through,
        identities: Vec::new(),
        groups: groups.map(|(shape, rows)| (Arc::clone(shape), rows.clone())).collect(),
    }
}

pub fn remove(connection: &Connection, ids: &[i64]) -> Result<(), TelemetryError> {
    let removed = ids.iter().try_for_each(|id| {
        connection.prepare_cached("DELETE FROM unconfirmed WHERE id = ?1")?.execute([id]).map(drop)
    });
    removed.map_err(|error| from_sqlite(&error))
}

/// Everything in the file, an entry for each group.
pub fn load(connection: &Connection) -> Result<Vec<Entry>, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let sql = "SELECT id, uuid, organisation, sealed, shape, rows FROM unconfirmed ORDER BY id";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let shape = Shape::decode(&row.get::<_, Vec<u8>>(4).map_err(failed)?)?;
        let body: Vec<u8> = row.get(5).map_err(failed)?;
        let unpacked = Packed::open(&body, &shape)?.unpack(&shape)?;
        let sealing = Sealing {
            device: DeviceId(Uuid::from_bytes(row.get(1).map_err(failed)?)),
            organisation: OrganisationId(Uuid::from_bytes(row.get(2).map_err(failed)?)),
            through: Position(row.get(3).map_err(failed)?),
            identities: Vec::new(),
            groups: vec![(Arc::new(shape), unpacked)],
        };
        all.push(Entry { ids: vec![row.get(0).map_err(failed)?], sealing, age: 0, rewritten: 0 });
    }
    Ok(all)
}

/// What is left of something sealed without some of its series.
pub fn without(sealing: &Sealing, gone: &[SeriesName]) -> Sealing {
    let mut left = copy_of(sealing);
    for (shape, rows) in &mut left.groups {
        let is_kept = |column: &usize| {
            let name = &shape.0[*column];
            !gone
                .iter()
                .any(|(endpoint, attribute)| *endpoint == name.endpoint && *attribute == name.attribute)
        };
        let kept: Vec<usize> = (0..shape.0.len()).filter(is_kept).collect();
        rows.columns = kept.iter().map(|column| rows.columns[*column].clone()).collect();
        *shape = Arc::new(Shape(kept.iter().map(|column| shape.0[*column].clone()).collect()));
    }
    left.groups.retain(|(shape, _)| !shape.0.is_empty());
    left
}

fn in_order(rows: &Rows) -> Rows {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|row| rows.times[*row]);
    rows.gather(&order)
}
