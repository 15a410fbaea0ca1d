//! Which devices the archive knows, and the shapes their rows have: read once, kept in memory, changed after a commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::archive::Sealed;
use crate::codec::chunk::Habits;
use crate::shape::Shape;
use crate::sqlite::from_sqlite;
use crate::{SeriesKey, TelemetryError};

pub struct Group {
    pub id: i64,
    pub shape: Arc<Shape>,
    /// The rollup levels that are kept of it, one bit each.
    pub levels: AtomicU8,
    /// Before it only rollups are left.
    pub raw_from: AtomicI64,
    pub habits: Habits,
    /// Of all its chunks.
    rows: AtomicI64,
    /// What the write that goes on puts to them, and is not committed. There is one at a time.
    changing: AtomicI64,
}

impl Group {
    pub fn new(id: i64, shape: Shape, levels: u8, raw_from: i64) -> Group {
        Group {
            id,
            habits: Habits::of(&shape),
            shape: Arc::new(shape),
            levels: AtomicU8::new(levels),
            raw_from: AtomicI64::new(raw_from),
            rows: AtomicI64::new(0),
            changing: AtomicI64::new(0),
        }
    }

    /// A write begins: what one that failed had put there came to nothing.
    pub fn begin(&self) {
        self.changing.store(0, Ordering::Relaxed);
    }

    /// Notes what a write puts to the rows or takes from them.
    pub fn change(&self, rows: i64) {
        self.changing.fetch_add(rows, Ordering::Relaxed);
    }

    /// What was noted is committed.
    pub fn committed(&self) {
        self.rows.fetch_add(self.changing.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Values of all its series.
    pub fn points(&self) -> i64 {
        self.rows.load(Ordering::Relaxed) * self.shape.0.len() as i64
    }

    pub fn raw_from(&self) -> i64 {
        self.raw_from.load(Ordering::Relaxed)
    }
}

pub struct Device {
    pub id: i64,
    pub organisation: OrganisationId,
    pub groups: Vec<Arc<Group>>,
}

#[derive(Default)]
pub struct Registry {
    pub devices: HashMap<DeviceId, Device>,
}

impl Registry {
    /// The groups that hold a series, with its place in each.
    pub fn columns_of(&self, series: &SeriesKey) -> Vec<(Arc<Group>, usize)> {
        let Some(device) = self.devices.get(&series.device) else { return Vec::new() };
        let mut found = Vec::new();
        for group in &device.groups {
            for (index, column) in group.shape.0.iter().enumerate() {
                if column.endpoint == series.endpoint && *column.attribute == *series.attribute {
                    found.push((Arc::clone(group), index));
                }
            }
        }
        found
    }
}

/// Whether no series of a shape is in another of a device's groups too.
pub fn is_alone(groups: &[Arc<Group>], shape: &Shape) -> bool {
    let others = groups.iter().filter(|group| *group.shape != *shape);
    let mut columns = others.flat_map(|group| &group.shape.0);
    !columns.any(|other| {
        shape.0.iter().any(|column| column.endpoint == other.endpoint && column.attribute == other.attribute)
    })
}

pub fn load(connection: &Connection) -> Result<(Registry, Vec<Sealed>), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let rows_of = rows_of_groups(connection)?;
    let mut by_id: HashMap<i64, Vec<Arc<Group>>> = HashMap::new();
    let mut statement = connection
        .prepare("SELECT id, device, shape, levels, raw_from_ms FROM groups ORDER BY id")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let shape: Vec<u8> = row.get(2).map_err(failed)?;
        let shape = Shape::decode(&shape)?;
        let id = row.get(0).map_err(failed)?;
        let group = Group::new(id, shape, row.get(3).map_err(failed)?, row.get(4).map_err(failed)?);
        group.change(rows_of.get(&id).copied().unwrap_or_default());
        group.committed();
        by_id.entry(row.get(1).map_err(failed)?).or_default().push(Arc::new(group));
    }
    let mut registry = Registry::default();
    let mut sealed = Vec::new();
    let mut statement = connection
        .prepare("SELECT id, uuid, organisation, sealed, identities FROM devices")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let id: i64 = row.get(0).map_err(failed)?;
        let device = DeviceId(Uuid::from_bytes(row.get(1).map_err(failed)?));
        let organisation = OrganisationId(Uuid::from_bytes(row.get(2).map_err(failed)?));
        let identities: Vec<u8> = row.get(4).map_err(failed)?;
        let groups = by_id.remove(&id).unwrap_or_default();
        sealed.push(Sealed {
            device,
            organisation,
            through: Position(row.get(3).map_err(failed)?),
            identities: identities
                .as_chunks::<8>()
                .0
                .iter()
                .map(|bytes| u64::from_le_bytes(*bytes))
                .collect(),
            shapes: groups.iter().map(|group| Arc::clone(&group.shape)).collect(),
            points: groups.iter().map(|group| group.points()).sum(),
        });
        registry.devices.insert(device, Device { id, organisation, groups });
    }
    Ok((registry, sealed))
}

fn rows_of_groups(connection: &Connection) -> Result<HashMap<i64, i64>, TelemetryError> {
    connection
        .prepare("SELECT grp, sum(rows) FROM extents GROUP BY grp")
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(|error| from_sqlite(&error))
}

/// The row of a device, new or with what has moved since.
pub fn put_device(
    connection: &Connection,
    device: DeviceId,
    organisation: OrganisationId,
    through: Position,
    identities: &[u64],
) -> Result<i64, TelemetryError> {
    let bytes: Vec<u8> = identities.iter().flat_map(|identity| identity.to_le_bytes()).collect();
    connection
        .prepare_cached(
            "INSERT INTO devices (uuid, organisation, sealed, identities) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (uuid) DO UPDATE SET organisation = ?2, sealed = max(sealed, ?3), identities = ?4
             RETURNING id",
        )
        .and_then(|mut statement| {
            let values = params![device.0.as_bytes(), organisation.0.as_bytes(), through.0, bytes];
            statement.query_row(values, |row| row.get(0))
        })
        .map_err(|error| from_sqlite(&error))
}

pub fn insert_group(
    connection: &Connection,
    device: i64,
    shape: &Arc<Shape>,
) -> Result<Group, TelemetryError> {
    connection
        .prepare_cached("INSERT INTO groups (device, shape) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![device, shape.encode()]))
        .map_err(|error| from_sqlite(&error))?;
    Ok(Group::new(connection.last_insert_rowid(), Shape::clone(shape), 0, i64::MIN))
}
