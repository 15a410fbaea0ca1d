//! What errors of SQLite and of files mean to a caller.

use rusqlite::{ErrorCode, ffi};

use crate::TelemetryError;

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
