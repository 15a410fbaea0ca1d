//! The file of sealed chunks. Bodies lie in one table in the order of their sealing, so that its pages are full;
//! where each belongs stands in a small index beside it. Pages are large for the same reason.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::TelemetryError;
use crate::sqlite::{from_io, from_sqlite};

pub const FILE_NAME: &str = "series.db";
const VERSION: i64 = 1;

/// `groups`: the rows of a device that share a shape. `extents`: the chunks of a group, which never overlap.
/// `raw_from_ms`: a day's beginning, before which only rollups are left. `quarantined`: chunks that did not match their checksum, out of the way of reading.
/// `superseded`: values that later ones replaced, for whoever asks what was known when.
const SCHEMA: &str = "
CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    organisation BLOB NOT NULL,
    sealed INTEGER NOT NULL,
    identities BLOB NOT NULL
);
CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL,
    shape BLOB NOT NULL,
    levels INTEGER NOT NULL DEFAULT 0,
    raw_from_ms INTEGER NOT NULL DEFAULT -9223372036854775808,
    UNIQUE (device, shape)
);
CREATE TABLE chunks (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE extents (
    grp INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (grp, start_ms)
) WITHOUT ROWID;
CREATE TABLE quarantined (
    chunk INTEGER PRIMARY KEY,
    grp INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE TABLE superseded (
    grp INTEGER NOT NULL,
    col INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    flags INTEGER NOT NULL,
    PRIMARY KEY (grp, col, time_ms, received_ms, value)
) WITHOUT ROWID;
CREATE TABLE rollups (
    grp INTEGER NOT NULL,
    level INTEGER NOT NULL,
    span INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (grp, level, span)
) WITHOUT ROWID;
";

pub fn open_writer(path: &Path) -> Result<Connection, TelemetryError> {
    // Made here so that the file, and the ones SQLite derives its permissions for, are the owner's alone.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| from_io(&error, &format!("{}", path.display())))?;
    let connection = connect(path)?;
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    connection.execute_batch("PRAGMA page_size = 32768;").map_err(failed)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(TelemetryError::Unavailable(format!("the file system allows no WAL (mode {mode})")));
    }
    // The log forgets what is sealed, so a seal is on the disk before anybody hears of it.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192;
             PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304;",
        )
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&connection)?;
    Ok(connection)
}

pub fn open_reader(path: &Path) -> Result<Connection, TelemetryError> {
    let connection = connect(path)?;
    // A year of a series a minute goes through three megabytes of chunks and rollups.
    connection
        .execute_batch("PRAGMA query_only = 1; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")
        .map_err(|error| from_sqlite(&error))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, TelemetryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| from_sqlite(&error))?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|error| from_sqlite(&error))?;
    Ok(connection)
}

fn migrate(connection: &Connection) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    match version {
        VERSION => Ok(()),
        0 => connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))
            .map_err(failed),
        newer => Err(TelemetryError::Other(format!(
            "{FILE_NAME} has version {newer}; this program knows version {VERSION}"
        ))),
    }
}
