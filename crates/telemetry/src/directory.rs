//! A data directory belongs to one process and one engine.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::{TelemetryError, sqlite};

/// What one engine has sealed another would not show.
pub fn refuse_another(directory: &Path, file: &str) -> Result<(), TelemetryError> {
    let path = directory.join(file);
    if path.exists() {
        let path = path.display();
        let why = format!(
            "{path}: the readings here are kept by another engine; it is chosen once for a data directory"
        );
        return Err(TelemetryError::Other(why));
    }
    Ok(())
}

/// No second engine opens a directory while this is held.
pub fn lock_file(directory: &Path) -> Result<File, TelemetryError> {
    let path = directory.join("telemetry.lock");
    let what = path.display().to_string();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| sqlite::from_io(&error, &what))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(TelemetryError::Unavailable(format!("{what}: another process has this log open")))
        }
        Err(TryLockError::Error(error)) => Err(sqlite::from_io(&error, &what)),
    }
}
