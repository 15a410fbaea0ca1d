//! Commits on a thread of their own, so that the writer can do something while the disk writes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::log::checkpoint;
use crate::{TelemetryError, sqlite};

struct Committed {
    connection: Connection,
    outcome: Result<(), TelemetryError>,
    wal_pages: i32,
}

pub struct Committer {
    /// `None` only while closing.
    open: Option<SyncSender<Connection>>,
    committed: Receiver<Committed>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub fn start() -> std::io::Result<Committer> {
        let (open, waiting) = sync_channel::<Connection>(1);
        let (done, committed) = sync_channel(1);
        let thread = std::thread::Builder::new().name("telemetry-commit".to_owned()).spawn(move || {
            while let Ok(connection) = waiting.recv() {
                let outcome = commit(&connection);
                let wal_pages = checkpoint::wal_pages();
                if done.send(Committed { connection, outcome, wal_pages }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Committer { open: Some(open), committed, thread: Some(thread) })
    }

    /// Commits the open transaction of a connection and has the caller do something meanwhile. The connection comes
    /// back if the thread is alive.
    pub fn commit<T>(
        &self,
        connection: Connection,
        meanwhile: impl FnOnce() -> T,
    ) -> (T, Option<Connection>, Result<(), TelemetryError>) {
        let stopped = || TelemetryError::Unavailable("the thread that commits has stopped".to_owned());
        let sent = self.open.as_ref().is_some_and(|open| open.send(connection).is_ok());
        let done = meanwhile();
        match sent.then(|| self.committed.recv()) {
            Some(Ok(Committed { connection, outcome, wal_pages })) => {
                checkpoint::set_wal_pages(wal_pages);
                (done, Some(connection), outcome)
            }
            _ => (done, None, Err(stopped())),
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.open = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns after the fsync.
pub fn commit(connection: &Connection) -> Result<(), TelemetryError> {
    connection.execute_batch("COMMIT").map_err(|error| sqlite::from_sqlite(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_connection_comes_back_with_what_was_committed_or_why_not() {
        let committer = Committer::start().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1)").unwrap();
        let (seven, connection, outcome) = committer.commit(connection, || 7);
        let connection = connection.unwrap();
        assert_eq!((seven, outcome), (7, Ok(())));
        assert!(connection.is_autocommit() && count(&connection) == 1);
        let (_, connection, outcome) = committer.commit(connection, || ());
        assert!(outcome.is_err() && count(&connection.unwrap()) == 1);
    }
}
