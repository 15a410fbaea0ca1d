//! What was written to the engine, in a small file of our own: through which position each device is sealed, its
//! identities, its series with the span they cover, and its last rows as they were.

use std::collections::{BTreeMap, HashMap};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId, Value};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use uuid::Uuid;

use super::samples::{Extent, INSTANTS, SeriesName};
use super::spool::{self, Entry};
use crate::TelemetryError;
use crate::archive::{Sealed, Sealing};
use crate::codec::chunk::Rows;
use crate::codec::column::{put_value, read_value};
use crate::codec::varint::{Reader, put_signed};
use crate::hot::LastRow;
use crate::shape::{ColumnName, Shape};
use crate::sqlite::{from_io, from_sqlite};

pub const FILE_NAME: &str = "prometheus.db";
const VERSION: i64 = 1;

/// `shapes.last`: the row with the last time of those with this shape. `forgotten`: devices that the engine may still
/// have something of.
const SCHEMA: &str = "
CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    organisation BLOB NOT NULL,
    sealed INTEGER NOT NULL,
    identities BLOB NOT NULL
);
CREATE TABLE shapes (
    device INTEGER NOT NULL,
    shape BLOB NOT NULL,
    last BLOB NOT NULL,
    PRIMARY KEY (device, shape)
) WITHOUT ROWID;
CREATE TABLE series (
    device INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (device, endpoint, attribute)
) WITHOUT ROWID;
CREATE TABLE forgotten (uuid BLOB PRIMARY KEY) WITHOUT ROWID;
";

#[derive(Clone)]
pub struct Device {
    id: i64,
    pub organisation: OrganisationId,
    pub through: Position,
    pub series: BTreeMap<SeriesName, Extent>,
}

pub struct Ledger {
    /// `None` after a failure that makes the connection doubtful; the next use opens it anew.
    connection: Mutex<Option<Connection>>,
    path: PathBuf,
    devices: RwLock<HashMap<DeviceId, Arc<Device>>>,
}

fn failed(error: rusqlite::Error) -> TelemetryError {
    from_sqlite(&error)
}

impl Ledger {
    pub fn open(directory: &Path) -> Result<Ledger, TelemetryError> {
        let path = directory.join(FILE_NAME);
        let connection = open_file(&path)?;
        let devices = load(&connection)?;
        let devices = RwLock::new(devices.into_iter().map(|(id, device)| (id, Arc::new(device))).collect());
        Ok(Ledger { connection: Mutex::new(Some(connection)), path, devices })
    }

    pub fn device(&self, device: DeviceId) -> Option<Arc<Device>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    pub fn devices(&self) -> Vec<(DeviceId, Arc<Device>)> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.iter().map(|(id, device)| (*id, Arc::clone(device))).collect()
    }

    pub fn sealed(&self) -> Result<Vec<Sealed>, TelemetryError> {
        self.with(|connection| {
            let mut statement = connection
                .prepare("SELECT id, uuid, organisation, sealed, identities FROM devices")
                .map_err(failed)?;
            let mut rows = statement.query([]).map_err(failed)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next().map_err(failed)? {
                let identities: Vec<u8> = row.get(4).map_err(failed)?;
                let identity = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
                let shapes = shapes(connection, row.get(0).map_err(failed)?)?;
                all.push(Sealed {
                    device: DeviceId(Uuid::from_bytes(row.get(1).map_err(failed)?)),
                    organisation: OrganisationId(Uuid::from_bytes(row.get(2).map_err(failed)?)),
                    through: Position(row.get(3).map_err(failed)?),
                    identities: identities.as_chunks::<8>().0.iter().map(identity).collect(),
                    shapes: shapes.into_iter().map(|(shape, _)| Arc::new(shape)).collect(),
                    points: 0,
                });
            }
            Ok(all)
        })
    }

    /// Notes what the engine took of these devices, all or nothing, and keeps it until it is confirmed.
    pub fn commit(
        &self,
        taken: &[(&Sealing, BTreeMap<SeriesName, Extent>)],
    ) -> Result<Vec<Entry>, TelemetryError> {
        let (changed, entries): (Vec<_>, Vec<_>) = self.write(|connection| {
            let note = |(sealing, extents): &(&Sealing, _)| {
                let known = self.device(sealing.device);
                let device = note_device(connection, sealing, extents, known.as_deref())?;
                let entry = spool::put(connection, spool::copy_of(sealing))?;
                Ok(((sealing.device, Arc::new(device)), entry))
            };
            taken.iter().map(note).collect::<Result<_, TelemetryError>>()
        })?;
        self.devices.write().unwrap_or_else(PoisonError::into_inner).extend(changed);
        Ok(entries)
    }

    /// What is not confirmed yet, after a start.
    pub fn unconfirmed(&self) -> Result<Vec<Entry>, TelemetryError> {
        self.with(spool::load)
    }

    pub fn confirmed(&self, ids: &[i64]) -> Result<(), TelemetryError> {
        self.write(|connection| spool::remove(connection, ids))
    }

    pub fn last_row(&self, device: DeviceId, shape: &Shape) -> Result<Option<LastRow>, TelemetryError> {
        let Some(known) = self.device(device) else { return Ok(None) };
        self.with(|connection| stored_last(connection, known.id, shape))
    }

    /// Forgets some series of a device; what else their rows held stays. `entries`: what is unconfirmed of the device;
    /// what is left of it is answered.
    pub fn erase(
        &self,
        device: DeviceId,
        gone: &[SeriesName],
        entries: &[Entry],
    ) -> Result<Vec<Entry>, TelemetryError> {
        let Some(known) = self.device(device) else { return Ok(Vec::new()) };
        let left_entries = self.write(|connection| {
            for (endpoint, attribute) in gone {
                connection
                    .execute(
                        "DELETE FROM series WHERE device = ?1 AND endpoint = ?2 AND attribute = ?3",
                        params![known.id, endpoint, &**attribute],
                    )
                    .map_err(failed)?;
            }
            for (shape, last) in shapes(connection, known.id)? {
                narrow(connection, known.id, &shape, last, gone)?;
            }
            entries
                .iter()
                .map(|entry| {
                    spool::remove(connection, &entry.ids)?;
                    spool::put(connection, spool::without(&entry.sealing, gone))
                })
                .collect::<Result<_, _>>()
        })?;
        let mut left = Device::clone(&known);
        left.series.retain(|name, _| !gone.contains(name));
        self.devices.write().unwrap_or_else(PoisonError::into_inner).insert(device, Arc::new(left));
        Ok(left_entries)
    }

    /// Forgets a device, and remembers that the engine has to.
    pub fn forget(&self, device: DeviceId) -> Result<(), TelemetryError> {
        let Some(known) = self.device(device) else { return Ok(()) };
        self.write(|connection| {
            for statement in [
                "DELETE FROM series WHERE device = ?1",
                "DELETE FROM shapes WHERE device = ?1",
                "DELETE FROM devices WHERE id = ?1",
            ] {
                connection.execute(statement, [known.id]).map_err(failed)?;
            }
            let unconfirmed = "DELETE FROM unconfirmed WHERE uuid = ?1";
            connection.execute(unconfirmed, [device.0.as_bytes()]).map_err(failed)?;
            let note = "INSERT INTO forgotten (uuid) VALUES (?1) ON CONFLICT DO NOTHING";
            connection.execute(note, [device.0.as_bytes()]).map(drop).map_err(failed)
        })?;
        self.devices.write().unwrap_or_else(PoisonError::into_inner).remove(&device);
        Ok(())
    }

    /// Devices that the engine has not forgotten yet.
    pub fn forgotten(&self) -> Result<Vec<DeviceId>, TelemetryError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT uuid FROM forgotten").map_err(failed)?;
            let devices = statement.query_map([], |row| Ok(DeviceId(Uuid::from_bytes(row.get(0)?))));
            devices.and_then(Iterator::collect).map_err(failed)
        })
    }

    pub fn engine_forgot(&self, device: DeviceId) -> Result<(), TelemetryError> {
        let statement = "DELETE FROM forgotten WHERE uuid = ?1";
        self.write(|connection| {
            connection.execute(statement, [device.0.as_bytes()]).map(drop).map_err(failed)
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        let mut place = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match place.take() {
            Some(connection) => connection,
            None => open_file(&self.path)?,
        };
        let done = work(&connection);
        // After an I/O error what this connection remembers of the file cannot be relied on.
        let usable = !matches!(done, Err(TelemetryError::Unavailable(_)));
        if usable && (connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()) {
            *place = Some(connection);
        }
        done
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        self.with(|connection| {
            connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
            let done = work(connection)?;
            connection.execute_batch("COMMIT").map_err(failed)?;
            Ok(done)
        })
    }
}

fn open_file(path: &Path) -> Result<Connection, TelemetryError> {
    // Made here so that the file, and the ones SQLite derives its permissions for, are the owner's alone.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| from_io(&error, &path.display().to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(TelemetryError::Unavailable(format!("the file system allows no WAL (mode {mode})")));
    }
    // The log forgets what is sealed, so this is on the disk before anybody hears of it.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 64;
             PRAGMA journal_size_limit = 1048576;",
        )
        .map_err(failed)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    match version {
        VERSION => Ok(connection),
        0 => {
            let make = format!(
                "BEGIN IMMEDIATE; {SCHEMA} {} PRAGMA user_version = {VERSION}; COMMIT;",
                spool::TABLE
            );
            connection.execute_batch(&make).map_err(failed)?;
            Ok(connection)
        }
        newer => Err(TelemetryError::Other(format!(
            "{FILE_NAME} has version {newer}; this program knows version {VERSION}"
        ))),
    }
}

fn load(connection: &Connection) -> Result<HashMap<DeviceId, Device>, TelemetryError> {
    let mut devices = HashMap::new();
    let mut statement =
        connection.prepare("SELECT id, uuid, organisation, sealed FROM devices").map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let id = row.get(0).map_err(failed)?;
        let device = Device {
            id,
            organisation: OrganisationId(Uuid::from_bytes(row.get(2).map_err(failed)?)),
            through: Position(row.get(3).map_err(failed)?),
            series: series(connection, id)?,
        };
        devices.insert(DeviceId(Uuid::from_bytes(row.get(1).map_err(failed)?)), device);
    }
    Ok(devices)
}

fn series(connection: &Connection, device: i64) -> Result<BTreeMap<SeriesName, Extent>, TelemetryError> {
    let sql = "SELECT endpoint, attribute, first_ms, last_ms, points FROM series WHERE device = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map([device], |row| {
        let name = (row.get(0)?, Arc::from(row.get::<_, String>(1)?));
        Ok((name, Extent { first: row.get(2)?, last: row.get(3)?, points: row.get::<_, i64>(4)? as u64 }))
    });
    rows.and_then(Iterator::collect).map_err(failed)
}

fn shapes(connection: &Connection, device: i64) -> Result<Vec<(Shape, LastRow)>, TelemetryError> {
    let sql = "SELECT shape, last FROM shapes WHERE device = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([device]).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let shape = Shape::decode(&row.get::<_, Vec<u8>>(0).map_err(failed)?)?;
        let last = decode_last(&row.get::<_, Vec<u8>>(1).map_err(failed)?, &shape)?;
        all.push((shape, last));
    }
    Ok(all)
}

fn note_device(
    connection: &Connection,
    sealing: &Sealing,
    extents: &BTreeMap<SeriesName, Extent>,
    known: Option<&Device>,
) -> Result<Device, TelemetryError> {
    let identities: Vec<u8> = sealing.identities.iter().flat_map(|identity| identity.to_le_bytes()).collect();
    let sql = "INSERT INTO devices (uuid, organisation, sealed, identities) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (uuid) DO UPDATE SET organisation = ?2, sealed = max(sealed, ?3), identities = ?4
         RETURNING id";
    let (device, organisation) = (sealing.device.0.as_bytes(), sealing.organisation.0.as_bytes());
    let values = params![device, organisation, sealing.through.0, identities];
    let id = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(values, |row| row.get(0)))
        .map_err(failed)?;
    let mut series = known.map(|known| known.series.clone()).unwrap_or_default();
    for (name, more) in extents {
        let extent = series.entry((name.0, Arc::clone(&name.1))).or_insert(Extent { points: 0, ..*more });
        extent.first = extent.first.min(more.first);
        extent.last = extent.last.max(more.last);
        extent.points += more.points;
        put_series(connection, id, name, extent)?;
    }
    for (shape, rows) in &sealing.groups {
        let newest = last_row(rows);
        let stored = stored_last(connection, id, shape)?;
        if let Some(newest) = newest.filter(|row| stored.is_none_or(|stored| stored.time <= row.time)) {
            put_last(connection, id, shape, &newest)?;
        }
    }
    Ok(Device { id, organisation: sealing.organisation, through: sealing.through, series })
}

fn last_row(rows: &Rows) -> Option<LastRow> {
    let taken = (0..rows.len()).filter(|row| INSTANTS.contains(&rows.times[*row]));
    let row = taken.max_by_key(|row| (rows.times[*row], rows.received(*row)))?;
    Some(LastRow {
        time: rows.times[row],
        received: rows.received(row),
        flags: rows.flags[row],
        values: rows.columns.iter().map(|column| column.get(row)).collect(),
    })
}

fn put_series(
    connection: &Connection,
    device: i64,
    (endpoint, attribute): &SeriesName,
    extent: &Extent,
) -> Result<(), TelemetryError> {
    let sql = "INSERT INTO series (device, endpoint, attribute, first_ms, last_ms, points)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET first_ms = ?4, last_ms = ?5, points = ?6";
    let values = params![device, endpoint, &**attribute, extent.first, extent.last, extent.points as i64];
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map(drop)
        .map_err(failed)
}

fn stored_last(
    connection: &Connection,
    device: i64,
    shape: &Shape,
) -> Result<Option<LastRow>, TelemetryError> {
    let sql = "SELECT last FROM shapes WHERE device = ?1 AND shape = ?2";
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_row(params![device, shape.encode()], |row| row.get(0)).optional()
        })
        .map_err(failed)?;
    bytes.map(|bytes| decode_last(&bytes, shape)).transpose()
}

fn put_last(
    connection: &Connection,
    device: i64,
    shape: &Shape,
    last: &LastRow,
) -> Result<(), TelemetryError> {
    let mut bytes = Vec::new();
    put_signed(&mut bytes, last.time);
    put_signed(&mut bytes, last.received);
    bytes.push(last.flags);
    last.values.iter().for_each(|value| put_value(&mut bytes, value));
    let sql = "INSERT INTO shapes (device, shape, last) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET last = ?3";
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![device, shape.encode(), bytes]))
        .map(drop)
        .map_err(failed)
}

fn decode_last(bytes: &[u8], shape: &Shape) -> Result<LastRow, TelemetryError> {
    let mut reader = Reader::new(bytes);
    let (time, received, flags) = (reader.signed()?, reader.signed()?, reader.byte()?);
    let values = shape.0.iter().map(|column| read_value(&mut reader, column.kind));
    let values = values.collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(LastRow { time, received, flags, values })
}

/// Takes the erased columns out of the last row of a shape.
fn narrow(
    connection: &Connection,
    device: i64,
    shape: &Shape,
    mut last: LastRow,
    gone: &[SeriesName],
) -> Result<(), TelemetryError> {
    let is_gone = |column: &ColumnName| {
        gone.iter().any(|(endpoint, name)| *endpoint == column.endpoint && *name == column.attribute)
    };
    if !shape.0.iter().any(is_gone) {
        return Ok(());
    }
    let sql = "DELETE FROM shapes WHERE device = ?1 AND shape = ?2";
    connection.execute(sql, params![device, shape.encode()]).map_err(failed)?;
    let kept = shape.0.iter().zip(std::mem::take(&mut last.values)).filter(|(column, _)| !is_gone(column));
    let (columns, values): (Vec<ColumnName>, Vec<Value>) =
        kept.map(|(column, value)| (column.clone(), value)).unzip();
    let kept = Shape(columns);
    last.values = values;
    let stored = stored_last(connection, device, &kept)?;
    if kept.0.is_empty() || stored.is_some_and(|stored| stored.time >= last.time) {
        return Ok(());
    }
    put_last(connection, device, &kept, &last)
}
