//! Why the store did not do what was asked: one enum without driver types, mapped from both engines here only.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

use crate::schema::conflict_in_words;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It exists already, is still referred to, or is not as it was expected to be.
    #[error("conflict: {what}")]
    Conflict { what: String },
    #[error("no space: {0}")]
    NoSpace(String),
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("corrupt: {0}")]
    Corrupt(String),
    #[error("{0}")]
    Other(String),
}

impl StoreError {
    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        StoreError::Conflict { what: what.into() }
    }
}

pub(crate) const STILL_REFERRED_TO: &str = "something that refers to it, or that it refers to";

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        match &error {
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause))
            | DbErr::Conn(RuntimeErr::SqlxError(cause)) => from_driver(cause, text),
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => StoreError::Unavailable(text),
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => StoreError::Corrupt(text),
            _ => StoreError::Other(text),
        }
    }
}

fn from_driver(cause: &SqlxError, text: String) -> StoreError {
    match cause {
        SqlxError::Database(error) => from_engine(error.as_ref(), text),
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::BeginFailed
        | SqlxError::InvalidSavePointStatement => StoreError::Unavailable(text),
        SqlxError::ColumnDecode { .. } | SqlxError::Decode(_) => StoreError::Corrupt(text),
        _ => StoreError::Other(text),
    }
}

fn from_engine(error: &dyn DatabaseError, text: String) -> StoreError {
    let code = error.code().unwrap_or_default();
    // A SQLSTATE has five characters, an extended result code of SQLite at most four digits.
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => from_sqlite(number, error.message(), text),
        _ => from_postgres(&code, error.constraint(), text),
    }
}

/// Extended result codes: <https://www.sqlite.org/rescode.html>
fn from_sqlite(code: i32, message: &str, text: String) -> StoreError {
    match code {
        // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID
        1555 | 2067 | 2579 => {
            let columns = message.rsplit_once("failed: ").map_or(message, |(_, columns)| columns);
            StoreError::conflict(conflict_in_words(columns).unwrap_or("a row like it"))
        }
        // SQLITE_CONSTRAINT_FOREIGNKEY, _TRIGGER (how an immediate refusal is reported)
        787 | 1811 => StoreError::conflict(STILL_REFERRED_TO),
        // SQLITE_FULL; SQLITE_IOERR_WRITE, _TRUNCATE, _SHMSIZE: what a file system without space answers.
        13 | 778 | 1546 | 4874 => StoreError::NoSpace(text),
        // SQLITE_CORRUPT and SQLITE_NOTADB with their extensions; SQLITE_IOERR_DATA, _CORRUPTFS.
        _ if matches!(code & 0xff, 11 | 26) || matches!(code, 8202 | 8458) => StoreError::Corrupt(text),
        // SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _CANTOPEN, _PROTOCOL
        _ if matches!(code & 0xff, 5 | 6 | 8 | 10 | 14 | 15) => StoreError::Unavailable(text),
        _ => StoreError::Other(text),
    }
}

/// SQLSTATE: <https://www.postgresql.org/docs/15/errcodes-appendix.html>
fn from_postgres(code: &str, constraint: Option<&str>, text: String) -> StoreError {
    match code {
        "23505" => StoreError::conflict(constraint.and_then(conflict_in_words).unwrap_or("a row like it")),
        "23503" => StoreError::conflict(STILL_REFERRED_TO),
        "53100" => StoreError::NoSpace(text),
        "XX001" | "XX002" => StoreError::Corrupt(text),
        // Deadlock and serialization failure: the other one went through, and trying again would too.
        "40001" | "40P01" | "55P03" => StoreError::Unavailable(text),
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Other(text),
    }
}
