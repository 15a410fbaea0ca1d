//! The file of the embedded engine: its schema, how connections to it are opened, and what its errors mean.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::TelemetryError;

pub const FILE_NAME: &str = "telemetry.db";

const VERSION: i64 = 1;

/// Every uuid is stored once and named by a small integer. A series' points are ordered by their own time; the
/// value is part of the key because two values at one time are two readings, and because finding a repetition must
/// not depend on how many there are. `delay_ms` is the server's time minus the reading's own.
/// `log_devices` takes every NULL identity as different: those entries are at-least-once.
const SCHEMA: &str = "
CREATE TABLE organisations (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);
CREATE TABLE devices (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);
CREATE TABLE log (
    position INTEGER PRIMARY KEY,
    organisation INTEGER NOT NULL,
    device INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    identity BLOB,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX log_devices ON log (device, identity);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    UNIQUE (device, endpoint, attribute)
);
CREATE TABLE points (
    series INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    position INTEGER NOT NULL,
    place INTEGER NOT NULL,
    delay_ms INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    PRIMARY KEY (series, time_ms, value, position, place)
) WITHOUT ROWID;
CREATE TABLE forgotten (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    entries INTEGER NOT NULL,
    head_at_least INTEGER NOT NULL
);
INSERT INTO forgotten VALUES (1, 0, 0);
";

/// Opens the file for the writer, making it when it is not there.
pub fn open_writer(path: &Path) -> Result<Connection, TelemetryError> {
    // Made here so that the file, and the ones SQLite derives its permissions for, are the owner's alone.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| from_io(&error, &format!("{}", path.display())))?;
    let mut connection = connect(path)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| from_sqlite(&error))?;
    if mode != "wal" {
        return Err(TelemetryError::Unavailable(format!("the file system allows no WAL (mode {mode})")));
    }
    // FULL: one fsync of the WAL per commit. Checkpoints have their own thread, off the way of acknowledgements.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096;
             PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 33554432;",
        )
        .map_err(|error| from_sqlite(&error))?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate(&mut connection)?;
    Ok(connection)
}

/// After a crash, or a commit whose fsync failed, the WAL may hold transactions that are only in the page cache.
/// They are going to count as there (a repetition of them is answered as one), so they go to the disk first: into
/// the database file, since an fsync of the WAL that failed once may succeed later without having written it. Where
/// the answer is `NoSpace`, the fsync of the WAL, which comes first, was done.
pub fn make_durable(connection: &Connection) -> Result<(), TelemetryError> {
    let busy: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(|error| from_sqlite(&error))?;
    if busy {
        return Err(TelemetryError::Unavailable(
            "the log is being read and cannot be made durable".to_owned(),
        ));
    }
    Ok(())
}

/// Opens the file for reading.
pub fn open_reader(path: &Path) -> Result<Connection, TelemetryError> {
    let connection = connect(path)?;
    connection
        .execute_batch("PRAGMA query_only = 1; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;")
        .map_err(|error| from_sqlite(&error))?;
    Ok(connection)
}

/// Opens the file for checkpoints.
pub fn open_checkpointer(path: &Path) -> Result<Connection, TelemetryError> {
    let connection = connect(path)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -64;")
        .map_err(|error| from_sqlite(&error))?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, TelemetryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| from_sqlite(&error))?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|error| from_sqlite(&error))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), TelemetryError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(|error| from_sqlite(&error))?;
    let version: i64 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| from_sqlite(&error))?;
    match version {
        VERSION => Ok(()),
        0 => transaction
            .execute_batch(&format!("{SCHEMA} PRAGMA user_version = {VERSION};"))
            .and_then(|()| transaction.commit())
            .map_err(|error| from_sqlite(&error)),
        newer => Err(TelemetryError::Other(format!(
            "{FILE_NAME} has version {newer}; this program knows version {VERSION}"
        ))),
    }
}

/// What an error of SQLite means to a caller.
pub fn from_sqlite(error: &rusqlite::Error) -> TelemetryError {
    let text = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::FromSqlConversionFailure(..) => TelemetryError::Corrupt(text),
            _ => TelemetryError::Other(text),
        };
    };
    match failure.code {
        ErrorCode::DiskFull => TelemetryError::NoSpace(text),
        // The shared-memory file could not grow: the same lack of space by another name.
        _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => TelemetryError::NoSpace(text),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => TelemetryError::Corrupt(text),
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::OutOfMemory
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly => TelemetryError::Unavailable(text),
        _ => TelemetryError::Other(text),
    }
}

pub fn from_io(error: &std::io::Error, what: &str) -> TelemetryError {
    let text = format!("{what}: {error}");
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => TelemetryError::NoSpace(text),
        _ => TelemetryError::Unavailable(text),
    }
}
