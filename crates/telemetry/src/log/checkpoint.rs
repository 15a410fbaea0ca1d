//! Moves what the WAL holds into the file, on a thread of its own: an acknowledgement never waits for it.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::schema;
use crate::priority::behind_others;
use crate::{TelemetryError, sqlite};

/// The checkpoint thread is nudged each time so many more pages are there: it writes what has come since, and while it
/// does commits wait longer for the disk.
const PAGES_WANTED: i32 = 250;
/// From this many pages on the writer itself does it, since only a writer that stands still lets the WAL start over.
const PAGES_MAX: i32 = 1_000;

thread_local! {
    /// Pages in the WAL after this thread's last commit. SQLite's hook takes a plain function, hence no field.
    static WAL_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// Has commits of this connection count the pages of the WAL.
pub fn count_pages(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        WAL_PAGES.set(pages);
        Ok(())
    }));
}

pub fn wal_pages() -> i32 {
    WAL_PAGES.get()
}

/// As counted by another thread, which committed for this one.
pub fn set_wal_pages(pages: i32) {
    WAL_PAGES.set(pages);
}

/// The writer's end of the checkpoint thread.
pub struct Checkpoints {
    /// How many pages there were when the thread was nudged last.
    asked_at: Cell<i32>,
    nudge: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub fn start(path: PathBuf) -> std::io::Result<Self> {
        let (nudge, nudged) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("telemetry-checkpoint".to_owned())
            .spawn(move || run(path, &nudged))?;
        Ok(Checkpoints { asked_at: Cell::new(0), nudge: Some(nudge), thread: Some(thread) })
    }

    /// After a commit was answered: has the WAL moved when it has grown enough.
    pub fn after_commit(&self, writer: &Connection) {
        let pages = WAL_PAGES.get();
        if pages < self.asked_at.get() {
            self.asked_at.set(0); // it has started over
        }
        if pages >= PAGES_MAX {
            move_wal(writer);
        } else if pages - self.asked_at.get() >= PAGES_WANTED
            && let Some(nudge) = &self.nudge
        {
            self.asked_at.set(pages);
            // Full means that a nudge is waiting already.
            let _ = nudge.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.nudge = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(path: PathBuf, nudged: &Receiver<()>) {
    behind_others();
    let mut connection: Option<Connection> = None;
    while nudged.recv().is_ok() {
        if connection.is_none() {
            connection = schema::open_checkpointer(&path).inspect_err(warn).ok();
        }
        if let Some(open) = &connection {
            move_wal(open);
        }
    }
}

fn move_wal(connection: &Connection) {
    let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = moved {
        warn(&sqlite::from_sqlite(&error));
    }
}

/// Nothing is lost by a checkpoint that fails: the WAL holds it all and the next one tries again.
fn warn(error: &TelemetryError) {
    tracing::warn!(%error, "telemetry checkpoint failed");
}
