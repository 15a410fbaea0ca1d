//! The file of the ingest log: its schema, and how connections to it are opened.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::TelemetryError;
use crate::sqlite::{from_io, from_sqlite};

pub const FILE_NAME: &str = "telemetry.db";

const VERSION: i64 = 2;

/// One row of `batches` is one group commit, by its last position. `head`: the log may have let go of its end.
const SCHEMA: &str = "
CREATE TABLE organisations (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB NOT NULL UNIQUE);
CREATE TABLE devices (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB NOT NULL UNIQUE);
CREATE TABLE shapes (id INTEGER PRIMARY KEY AUTOINCREMENT, columns BLOB NOT NULL UNIQUE);
CREATE TABLE batches (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), at_least INTEGER NOT NULL);
INSERT INTO head VALUES (1, 0);
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
    // Before the first table: pages that a burst took can be given back.
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").map_err(|error| from_sqlite(&error))?;
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
             PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304;",
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
        1 => Err(TelemetryError::Other(format!(
            "{FILE_NAME} is of a development version before the first release; move it away to begin anew"
        ))),
        newer => Err(TelemetryError::Other(format!(
            "{FILE_NAME} has version {newer}; this program knows version {VERSION}"
        ))),
    }
}
