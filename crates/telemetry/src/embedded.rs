//! The embedded engine: one SQLite file, one writer with group commit, and readers beside it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use lares_model::DeviceId;
use lares_model::record::{Entry, Position, Record};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::checkpoint::Checkpoints;
use crate::encoding::encode_body;
use crate::transaction::{Names, Prepared, stored_head};
use crate::writer::{Answer, Job, Published, Writer};
use crate::{
    Appended, BoxFuture, ReadingsQuery, Stats, StoredReading, Telemetry, TelemetryError, inspect, readings,
    sqlite,
};

/// Calls that may wait for the writer; further ones wait for a place among them.
const WAITING_CALLS_MAX: usize = 1_024;
/// Reads at once, and connections kept open for them.
const READERS_MAX: usize = 4;

pub struct EmbeddedTelemetry {
    /// `None` only while closing.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    published: Arc<Published>,
    readers: Arc<Readers>,
    /// Positions are counted in memory, so a second process on the same file is refused. Freed by the kernel.
    lock: File,
}

impl EmbeddedTelemetry {
    /// Opens the log in a directory that exists, or makes it there. Blocks on the disk.
    pub fn open(directory: &Path) -> Result<Self, TelemetryError> {
        let lock = lock(directory)?;
        let path = directory.join(sqlite::FILE_NAME);
        let connection = sqlite::open_writer(&path)?;
        match sqlite::make_durable(&connection) {
            // No fsync failed in this process, so that of the WAL is enough; a full disk must not prevent a start.
            Err(TelemetryError::NoSpace(why)) => tracing::warn!(why, "the telemetry file cannot grow"),
            durable => durable?,
        }
        let head = stored_head(&connection).map_err(|error| sqlite::from_sqlite(&error))?;
        let published = Arc::new(Published::at(head));
        let spawned = |error: std::io::Error| sqlite::from_io(&error, "telemetry thread");
        let writer = Writer {
            path: path.clone(),
            connection: Some(connection),
            published: Arc::clone(&published),
            names: Names::default(),
            checkpoints: Checkpoints::start(path.clone()).map_err(spawned)?,
        };
        let (jobs, waiting) = mpsc::channel(WAITING_CALLS_MAX);
        let writer = std::thread::Builder::new()
            .name("telemetry-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(spawned)?;
        let readers = Arc::new(Readers {
            path,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(READERS_MAX)),
        });
        Ok(EmbeddedTelemetry { jobs: Some(jobs), writer: Some(writer), published, readers, lock })
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, TelemetryError> {
        let stopped = || TelemetryError::Unavailable("the telemetry writer has stopped".to_owned());
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job(answer)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for EmbeddedTelemetry {
    /// Finishes what was accepted, so that the file can be opened again at once.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        // Said aloud, since a child forked at this moment shares the lock until it execs.
        let _ = self.lock.unlock();
    }
}

fn lock(directory: &Path) -> Result<File, TelemetryError> {
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

impl Telemetry for EmbeddedTelemetry {
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Vec<Appended>, TelemetryError>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(Vec::new());
            }
            let prepare = |entry: Entry| Ok(Prepared { body: encode_body(&entry.body)?, entry });
            let entries = entries.into_iter().map(prepare).collect::<Result<_, TelemetryError>>()?;
            self.ask(|answer| Job::Append { entries, answer }).await
        })
    }

    fn head(&self) -> Position {
        self.published.head()
    }

    fn since(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, TelemetryError>> {
        Box::pin(async move {
            let newest = self.published.tail().since(after, limit);
            if let Some(records) = newest {
                return Ok(records);
            }
            let head = self.head();
            self.readers.read(move |connection| readings::log_between(connection, after, head, limit)).await
        })
    }

    fn readings(&self, query: &ReadingsQuery) -> BoxFuture<'_, Result<Vec<StoredReading>, TelemetryError>> {
        let query = query.clone();
        Box::pin(self.readers.read(move |connection| readings::readings_of(connection, &query)))
    }

    fn forget_device(&self, device: DeviceId) -> BoxFuture<'_, Result<(), TelemetryError>> {
        Box::pin(self.ask(move |answer| Job::Forget { device, answer }))
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, TelemetryError>> {
        Box::pin(self.readers.read(inspect::inspect))
    }

    fn stats(&self) -> Stats {
        self.published.stats()
    }
}

/// Connections for reading, lent out one at a time to blocking tasks.
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError> + Send + 'static,
    ) -> Result<T, TelemetryError> {
        let closed = |_| TelemetryError::Unavailable("the telemetry readers have stopped".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = readers.lend();
            let connection = match idle {
                Some(connection) => connection,
                None => sqlite::open_reader(&readers.path)?,
            };
            let result = work(&connection);
            // One that met trouble is not used again.
            if result.is_ok() {
                readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            result
        });
        reading.await.map_err(|error| TelemetryError::Other(format!("a telemetry read failed: {error}")))?
    }

    fn lend(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}
