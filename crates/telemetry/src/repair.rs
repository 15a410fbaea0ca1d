//! Makes sound files out of damaged ones: everything that can be read and matches its checksum is copied to new files,
//! what cannot is listed, and the old files stay beside the new ones.

use std::path::{Path, PathBuf};

use lares_model::record::Position;
use rusqlite::{Connection, OpenFlags, Row, params};

use crate::TelemetryError;
use crate::archive::embedded;
use crate::directory::lock_file;
use crate::log::names::Names;
use crate::log::schema;
use crate::log::walk::walk;
use crate::sqlite::{from_io, from_sqlite};

/// Repairs log and archive of a directory that no engine has open. Answers what was found and lost, in words.
pub fn repair(directory: &Path) -> Result<Vec<String>, TelemetryError> {
    let _lock = lock_file(directory)?;
    let mut findings = Vec::new();
    findings.extend(renew(directory, schema::FILE_NAME, schema::open_writer, copy_log)?);
    findings.extend(renew(directory, embedded::FILE_NAME, embedded::open_file, embedded::copy_sound)?);
    Ok(findings)
}

type Open = fn(&Path) -> Result<Connection, TelemetryError>;
type Copy = fn(&Connection, &Connection, &mut Vec<String>) -> Result<(), TelemetryError>;

/// Copies a file and exchanges it, where anything was wrong with it.
fn renew(directory: &Path, name: &str, open: Open, copy: Copy) -> Result<Vec<String>, TelemetryError> {
    let path = directory.join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let fresh = directory.join(format!("{name}.repaired"));
    remove(&fresh)?;
    let mut findings = Vec::new();
    let old = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|error| from_sqlite(&error))?;
    let structure = integrity(&old);
    findings.extend(structure.into_iter().map(|finding| format!("{name}: {finding}")));
    let new = open(&fresh)?;
    let run = |sql| new.execute_batch(sql).map_err(|error| from_sqlite(&error));
    run("BEGIN IMMEDIATE")?;
    copy(&old, &new, &mut findings)?;
    run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop((old, new));
    if findings.is_empty() {
        remove(&fresh)?;
        return Ok(findings);
    }
    let kept = (0..).map(|nth| directory.join(format!("{name}.damaged-{nth}"))).find(|path| !path.exists());
    let kept = kept.unwrap_or_else(|| directory.join(format!("{name}.damaged")));
    let failed = |error: std::io::Error| from_io(&error, &path.display().to_string());
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(&path, suffix);
        if beside.exists() {
            std::fs::rename(&beside, with_suffix(&kept, suffix)).map_err(failed)?;
        }
    }
    std::fs::rename(&path, &kept).map_err(failed)?;
    std::fs::rename(&fresh, &path).map_err(failed)?;
    findings.push(format!("{name}: the old file is kept as {}", kept.display()));
    Ok(findings)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), TelemetryError> {
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(with_suffix(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(from_io(&error, &path.display().to_string()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn integrity(connection: &Connection) -> Vec<String> {
    let lines = connection.prepare("PRAGMA integrity_check(20)").and_then(|mut statement| {
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    });
    match lines {
        Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Has a function see every row of a query that can be read; where reading ends early, it says so.
pub fn each_row(
    connection: &Connection,
    what: &str,
    sql: &str,
    findings: &mut Vec<String>,
    mut see: impl FnMut(&Row<'_>, &mut Vec<String>) -> Result<(), TelemetryError>,
) -> Result<(), TelemetryError> {
    let read = connection.prepare(sql).map_err(|error| from_sqlite(&error)).and_then(|mut statement| {
        let mut rows = statement.query([]).map_err(|error| from_sqlite(&error))?;
        while let Some(row) = rows.next().map_err(|error| from_sqlite(&error))? {
            see(row, findings)?;
        }
        Ok(())
    });
    match read {
        Err(TelemetryError::Corrupt(why)) => {
            findings.push(format!("{what}: not all of it can be read: {why}"));
            Ok(())
        }
        read => read,
    }
}

fn copy_log(old: &Connection, new: &Connection, findings: &mut Vec<String>) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    for (table, column) in [("organisations", "uuid"), ("devices", "uuid"), ("shapes", "columns")] {
        let insert = format!("INSERT INTO {table} (id, {column}) VALUES (?1, ?2)");
        each_row(old, table, &format!("SELECT id, {column} FROM {table}"), findings, |row, _| {
            let (id, value): (i64, Vec<u8>) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            new.execute(&insert, params![id, value]).map(drop).map_err(failed)
        })?;
    }
    let names = Names::load(new)?;
    let mut head = 0;
    each_row(old, "head", "SELECT at_least FROM head", findings, |row, _| {
        head = row.get(0).map_err(failed)?;
        Ok(())
    })?;
    let mut keys: Vec<(i64, i64)> = Vec::new();
    each_row(old, "batches", "SELECT last, first FROM batches ORDER BY last", findings, |row, _| {
        keys.push((row.get(0).map_err(failed)?, row.get(1).map_err(failed)?));
        Ok(())
    })?;
    for (last, first) in keys {
        head = head.max(last);
        let body =
            old.query_row("SELECT body FROM batches WHERE last = ?1", [last], |row| row.get::<_, Vec<u8>>(0));
        let sound = body.map_err(failed).and_then(|body| {
            walk(&body, Position(first), &names, |entry| entry.into_record().map(drop)).map(|()| body)
        });
        match sound {
            Ok(body) => {
                let insert = "INSERT INTO batches (last, first, body) VALUES (?1, ?2, ?3)";
                new.execute(insert, params![last, first, body]).map_err(failed)?;
            }
            Err(TelemetryError::Corrupt(why)) => {
                findings.push(format!("the log: entries {first} to {last} are lost: {why}"));
            }
            Err(other) => return Err(other),
        }
    }
    new.execute("UPDATE head SET at_least = ?1", [head]).map(drop).map_err(failed)
}
