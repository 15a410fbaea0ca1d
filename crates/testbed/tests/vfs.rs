//! The shim under plain SQLite, in every journal mode: connections see all that was written, the disk only has what
//! was synced. What a kill would leave is seen by copying the real files and opening the copy without the shim.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use lares_testbed::vfs;
use rusqlite::{Connection, OpenFlags};

fn begin(directory: &Path, journal: &str, synchronous: &str) -> Connection {
    vfs::install(None);
    let connection = Connection::open(directory.join("test.db")).unwrap();
    let pragmas = format!("PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous};");
    connection.execute_batch(&pragmas).unwrap();
    connection
}

fn numbers(connection: &Connection) -> i64 {
    connection.query_row("SELECT coalesce(sum(number), 0) FROM numbers", [], |row| row.get(0)).unwrap()
}

/// The sum of the numbers that the real files hold; `None` when they are not even a database with that table.
fn left_by_a_kill(directory: &Path) -> Option<i64> {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        // Rebuilt from the WAL after a crash; the real one would say what this process knows.
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
    }
    let path = copy.path().join("test.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags_and_vfs(path, flags, c"unix").unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).ok()?;
    assert_eq!(sound, "ok");
    connection.query_row("SELECT coalesce(sum(number), 0) FROM numbers", [], |row| row.get(0)).ok()
}

#[test]
fn what_was_committed_with_syncs_is_left_in_every_journal_mode() {
    for journal in ["WAL", "DELETE", "TRUNCATE", "PERSIST"] {
        let directory = tempfile::tempdir().unwrap();
        let writer = begin(directory.path(), journal, "FULL");
        writer.execute_batch("CREATE TABLE numbers (number INTEGER, filling BLOB)").unwrap();
        for number in 1..=50 {
            writer.execute("INSERT INTO numbers VALUES (?1, randomblob(3000))", [number]).unwrap();
            assert_eq!(left_by_a_kill(directory.path()), Some(number * (number + 1) / 2), "{journal}");
        }
        // Uncommitted, rolled back and vacuumed: truncations and hot journals.
        writer.execute_batch("PRAGMA cache_size = 2; BEGIN; UPDATE numbers SET number = 0").unwrap();
        assert_eq!(
            left_by_a_kill(directory.path()),
            Some(1_275),
            "{journal}: a transaction is not half there"
        );
        writer.execute_batch("ROLLBACK; DELETE FROM numbers WHERE number > 10; VACUUM").unwrap();
        assert_eq!(numbers(&writer), 55);
        assert_eq!(left_by_a_kill(directory.path()), Some(55), "{journal}");
        if journal == "WAL" {
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            assert_eq!(left_by_a_kill(directory.path()), Some(55));
        }
        writer.close().unwrap();
        assert_eq!(left_by_a_kill(directory.path()), Some(55), "{journal}");
    }
}

#[test]
fn without_syncs_nothing_is_left_and_all_is_seen() {
    for journal in ["WAL", "DELETE"] {
        let directory = tempfile::tempdir().unwrap();
        let writer = begin(directory.path(), journal, "FULL");
        writer.execute_batch("CREATE TABLE numbers (number INTEGER); PRAGMA synchronous = OFF").unwrap();
        for number in 1..=10 {
            writer.execute("INSERT INTO numbers VALUES (?1)", [number]).unwrap();
        }
        // Another connection of the process shares what is held.
        let reader = Connection::open(directory.path().join("test.db")).unwrap();
        reader.execute_batch("PRAGMA synchronous = OFF").unwrap();
        assert_eq!(numbers(&reader), 55, "{journal}");
        assert_eq!(left_by_a_kill(directory.path()), Some(0), "{journal}");
        // Closing is no sync either, and the page cache outlives the connections.
        drop((writer, reader));
        let again = Connection::open(directory.path().join("test.db")).unwrap();
        assert_eq!(numbers(&again), 55, "{journal}");
        assert_ne!(left_by_a_kill(directory.path()), Some(55), "{journal}");
        // Whoever syncs, syncs all of the file.
        again.execute_batch("PRAGMA synchronous = FULL; INSERT INTO numbers VALUES (45)").unwrap();
        drop(again);
        assert_eq!(left_by_a_kill(directory.path()), Some(100), "{journal}");
    }
}

#[test]
fn readers_and_a_writer_on_many_threads_agree() {
    let directory = tempfile::tempdir().unwrap();
    let writer = begin(directory.path(), "WAL", "NORMAL");
    writer.execute_batch("CREATE TABLE numbers (number INTEGER, filling BLOB)").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let reader = Connection::open(directory.path().join("test.db")).unwrap();
                reader.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
                let mut last = 0;
                while last < 300 {
                    let now = numbers(&reader);
                    assert!(now >= last, "{now} after {last}");
                    last = now;
                }
            });
        }
        for _ in 0..300 {
            writer.execute("INSERT INTO numbers VALUES (1, randomblob(5000))", []).unwrap();
        }
    });
    let sound: String = writer.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn lies_are_read_from_text() {
    let all = vfs::Lie { suffix: "-wal".to_owned(), nth: None };
    assert_eq!(vfs::Lie::parse("-wal"), Ok(all.clone()));
    assert_eq!(vfs::Lie::parse("-wal:3"), Ok(vfs::Lie { nth: Some(3), ..all }));
    assert!(vfs::Lie::parse("-wal:0").is_err());
    assert!(vfs::Lie::parse("-wal:x").is_err());
}
