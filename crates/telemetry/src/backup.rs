//! A consistent copy of log and archive while they are written. The log goes first: what is sealed meanwhile is then
//! in both, which the engine tells by its positions; nothing is in neither. Of an engine elsewhere, only what we know of
//! it is copied.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::TelemetryError;
use crate::archive::{embedded, prometheus};
use crate::log::schema;
use crate::sqlite::{from_io, from_sqlite};

/// Copies into a directory that exists and holds no telemetry yet. Works from another process too.
pub fn backup(from: &Path, to: &Path) -> Result<(), TelemetryError> {
    for name in [schema::FILE_NAME, embedded::FILE_NAME, prometheus::FILE_NAME] {
        let (source, target) = (from.join(name), to.join(name));
        if !source.exists() {
            continue;
        }
        if target.exists() {
            return Err(TelemetryError::Other(format!("{} is there already", target.display())));
        }
        let failed = |error: rusqlite::Error| from_sqlite(&error);
        let source =
            Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        // Made here so that it is the owner's alone.
        let mut options = OpenOptions::new();
        let made = options.create_new(true).write(true).mode(0o600).open(&target);
        made.map_err(|error| from_io(&error, &target.display().to_string()))?;
        let mut copy = Connection::open(&target).map_err(failed)?;
        // In one step: what is written meanwhile would have it begin again, and a WAL lets readers take their time.
        Backup::new(&source, &mut copy).and_then(|running| running.step(-1)).map_err(failed)?;
    }
    Ok(())
}
