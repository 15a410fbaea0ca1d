//! The one thread that writes: it takes every call that waits, commits them with one fsync, then answers them all.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lares_model::DeviceId;
use lares_model::record::{Position, Record};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::{self, Checkpoints};
use crate::tail::Tail;
use crate::transaction::{Names, Prepared, Writing, stored_head};
use crate::{Appended, Stats, TelemetryError, sqlite};

/// How long a group is held open for what comes right behind it: less than an fsync takes. A device's acknowledgement
/// and the state that proves it then share one commit here, and one in whoever follows.
const LINGER: std::time::Duration = std::time::Duration::from_micros(150);
/// A group takes no further call once it holds this many entries or bytes.
const GROUP_ENTRIES_MAX: usize = 4_096;
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

pub type Answer<T> = oneshot::Sender<Result<T, TelemetryError>>;

pub enum Job {
    Append { entries: Vec<Prepared>, answer: Answer<Vec<Appended>> },
    Forget { device: DeviceId, answer: Answer<()> },
}

/// What the writer tells everybody else.
pub struct Published {
    tail: Mutex<Tail>,
    head: AtomicI64,
    entries: AtomicU64,
    duplicates: AtomicU64,
    readings: AtomicU64,
    batches: AtomicU64,
    failed_batches: AtomicU64,
    bytes: AtomicU64,
}

impl Published {
    pub fn at(head: Position) -> Self {
        Published {
            tail: Mutex::new(Tail::after(head)),
            head: AtomicI64::new(head.0),
            entries: AtomicU64::default(),
            duplicates: AtomicU64::default(),
            readings: AtomicU64::default(),
            batches: AtomicU64::default(),
            failed_batches: AtomicU64::default(),
            bytes: AtomicU64::default(),
        }
    }

    pub fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    pub fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            entries: read(&self.entries),
            duplicates: read(&self.duplicates),
            readings: read(&self.readings),
            batches: read(&self.batches),
            failed_batches: read(&self.failed_batches),
            bytes: read(&self.bytes),
        }
    }
}

/// What a job came to, before anybody is told.
enum Outcome {
    Appended(Vec<Appended>),
    Forgotten,
}

pub struct Writer {
    pub path: PathBuf,
    /// `None` after a failure that makes the connection doubtful; the next group opens it anew.
    pub connection: Option<Connection>,
    pub published: Arc<Published>,
    pub names: Names,
    pub checkpoints: Checkpoints,
}

impl Writer {
    /// Serves until every sender is gone, and what they sent is done.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        if let Some(connection) = &self.connection {
            checkpoint::count_pages(connection);
        }
        while let Some(first) = jobs.blocking_recv() {
            let group = gather(first, &mut jobs);
            match self.write(&group) {
                Ok((outcomes, readings)) => {
                    self.publish(&group, &outcomes, readings);
                    answer_all(group, outcomes);
                    if let Some(connection) = &self.connection {
                        self.checkpoints.after_commit(connection);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, calls = group.len(), "telemetry commit failed and was rolled back");
                    self.recover(&error);
                    refuse_all(group, &error);
                }
            }
        }
    }

    fn write(&mut self, group: &[Job]) -> Result<(Vec<Outcome>, u64), TelemetryError> {
        if self.connection.is_none() {
            self.reopen()?;
        }
        let Some(connection) = &self.connection else {
            return Err(TelemetryError::Unavailable("the file is not open".to_owned()));
        };
        let run = |sql| connection.execute_batch(sql).map_err(|error| sqlite::from_sqlite(&error));
        run("BEGIN IMMEDIATE")?;
        let mut writing =
            Writing { connection, names: &mut self.names, head: self.published.head(), readings: 0 };
        let outcomes = group.iter().map(|job| apply(&mut writing, job)).collect::<Result<_, _>>()?;
        let readings = writing.readings;
        run("COMMIT")?;
        Ok((outcomes, readings))
    }

    /// Makes what was committed visible, before anybody is told that it is.
    fn publish(&mut self, group: &[Job], outcomes: &[Outcome], readings: u64) {
        let published = &self.published;
        let mut tail = published.tail();
        let mut head = published.head();
        for (job, outcome) in group.iter().zip(outcomes) {
            match (job, outcome) {
                (Job::Append { entries, .. }, Outcome::Appended(appended)) => {
                    for (prepared, appended) in entries.iter().zip(appended) {
                        let Appended::At(position) = *appended else {
                            published.duplicates.fetch_add(1, Ordering::Relaxed);
                            continue;
                        };
                        head = position;
                        published.entries.fetch_add(1, Ordering::Relaxed);
                        published.bytes.fetch_add(prepared.body.len() as u64, Ordering::Relaxed);
                        tail.push(Record { position, entry: prepared.entry.clone() }, prepared.body.len());
                    }
                }
                (Job::Forget { device, .. }, _) => tail.forget(*device),
                (Job::Append { .. }, Outcome::Forgotten) => {}
            }
        }
        published.readings.fetch_add(readings, Ordering::Relaxed);
        published.batches.fetch_add(1, Ordering::Relaxed);
        published.head.store(head.0, Ordering::Release);
    }

    fn recover(&mut self, error: &TelemetryError) {
        self.published.failed_batches.fetch_add(1, Ordering::Relaxed);
        self.names = Names::default();
        let rolled_back = self.connection.as_ref().is_some_and(|connection| {
            connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
        });
        // After an I/O error what this connection remembers of the file cannot be relied on.
        if !rolled_back || !matches!(error, TelemetryError::NoSpace(_)) {
            self.connection = None;
        }
    }

    /// A commit whose fsync failed may turn out to be there after all: the file decides where the log ends.
    fn reopen(&mut self) -> Result<(), TelemetryError> {
        let connection = sqlite::open_writer(&self.path)?;
        sqlite::make_durable(&connection)?;
        checkpoint::count_pages(&connection);
        let head = stored_head(&connection).map_err(|error| sqlite::from_sqlite(&error))?;
        if head < self.published.head() {
            return Err(TelemetryError::Corrupt(format!(
                "the log ends at {} and ended at {} before",
                head.0,
                self.published.head().0
            )));
        }
        *self.published.tail() = Tail::after(head);
        self.published.head.store(head.0, Ordering::Release);
        self.connection = Some(connection);
        Ok(())
    }
}

fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let weigh = |job: &Job| match job {
        Job::Append { entries, .. } => {
            (entries.len(), entries.iter().map(|prepared| prepared.body.len()).sum::<usize>())
        }
        Job::Forget { .. } => (1, 0),
    };
    let (mut entries, mut bytes) = weigh(&first);
    let mut group = vec![first];
    let mut lingered = false;
    while entries < GROUP_ENTRIES_MAX && bytes < GROUP_BYTES_MAX {
        let Ok(job) = jobs.try_recv() else {
            if lingered {
                break;
            }
            std::thread::sleep(LINGER);
            lingered = true;
            continue;
        };
        let (more_entries, more_bytes) = weigh(&job);
        entries += more_entries;
        bytes += more_bytes;
        group.push(job);
    }
    group
}

fn apply(writing: &mut Writing<'_>, job: &Job) -> Result<Outcome, TelemetryError> {
    match job {
        Job::Append { entries, .. } => {
            let appended = entries.iter().map(|prepared| writing.append(prepared));
            Ok(Outcome::Appended(appended.collect::<Result<_, _>>()?))
        }
        Job::Forget { device, .. } => writing.forget(*device).map(|()| Outcome::Forgotten),
    }
}

/// Whoever stopped waiting is not missed.
fn answer_all(group: Vec<Job>, outcomes: Vec<Outcome>) {
    for (job, outcome) in group.into_iter().zip(outcomes) {
        match (job, outcome) {
            (Job::Append { answer, .. }, Outcome::Appended(appended)) => drop(answer.send(Ok(appended))),
            (Job::Forget { answer, .. }, _) => drop(answer.send(Ok(()))),
            (Job::Append { .. }, Outcome::Forgotten) => {}
        }
    }
}

fn refuse_all(group: Vec<Job>, error: &TelemetryError) {
    for job in group {
        match job {
            Job::Append { answer, .. } => drop(answer.send(Err(error.clone()))),
            Job::Forget { answer, .. } => drop(answer.send(Err(error.clone()))),
        }
    }
}
