//! The one thread that writes the log: it takes every call that waits, commits them with one fsync, makes them
//! visible, then answers them all.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use lares_model::DeviceId;
use lares_model::record::{Entry, Position};
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

use crate::archive::Erasure;
use crate::commit::{self, Committer};
use crate::hot::{Hot, lock};
use crate::log::checkpoint::{self, Checkpoints};
use crate::log::names::Names;
use crate::log::records::stored_head;
use crate::log::tail::Tail;
use crate::log::{schema, scrub, shorten};
use crate::plan::{Plan, PlannedRow};
use crate::published::Published;
use crate::sealer::Nudge;
use crate::staging::{Outcomes, Staging};
use crate::usage::{ByOrganisation, Usage, Used};
use crate::{Appended, Limits, TelemetryError, sqlite};

/// How long a group is held open for what comes right behind it: less than an fsync takes. A device's acknowledgement
/// and the state that proves it then share one commit here, and one in whoever follows.
const LINGER: Duration = Duration::from_micros(150);
/// A group takes no further call once it holds this many entries.
const GROUP_ENTRIES_MAX: usize = 4_096;
/// How long the log may be too long before it is said aloud instead of waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// From so many entries on it is quicker to have another thread commit meanwhile than to do one after the other.
const WORTH_A_THREAD: usize = 128;

pub type Answer<T> = oneshot::Sender<Result<T, TelemetryError>>;

pub enum Job {
    Append {
        entries: Vec<Entry>,
        /// Of each, encoded, where it is not readings; otherwise empty.
        bodies: Vec<Vec<u8>>,
        answer: Answer<Vec<Appended>>,
    },
    Forget {
        device: DeviceId,
        answer: Answer<()>,
    },
    Scrub {
        erasure: Erasure,
        answer: Answer<()>,
    },
    /// There is something to let go of.
    Wake,
}

pub struct Writer {
    pub path: PathBuf,
    /// `None` after a failure that makes the connection doubtful; the next group opens it anew.
    pub connection: Option<Connection>,
    pub published: Arc<Published>,
    pub names: Arc<RwLock<Names>>,
    pub hot: Arc<Hot>,
    pub limits: Limits,
    pub usage: Arc<Usage>,
    /// What the log keeps: last position and bytes of each batch, oldest first.
    pub kept: VecDeque<(i64, u64)>,
    pub checkpoints: Checkpoints,
    pub committer: Committer,
    pub sealer: Nudge,
}

/// What a group commit writes.
struct Written {
    outcomes: Outcomes,
    rows: Vec<PlannedRow>,
    /// Values of each organisation.
    taken: ByOrganisation<i64>,
    head: Position,
    bytes: u64,
    truncated: i64,
}

impl Writer {
    /// Serves until every sender is gone, and what they sent is done.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        if let Some(connection) = &self.connection {
            checkpoint::count_pages(connection);
        }
        self.tell_the_oldest();
        while let Some(first) = jobs.blocking_recv() {
            for group in apart(gather(first, &mut jobs)) {
                self.serve(group);
            }
        }
    }

    fn serve(&mut self, mut group: Vec<Job>) {
        if let Err(error) = self.wait_for_the_archive() {
            return refuse_all(group, &error);
        }
        match self.write(&mut group) {
            Ok((written, staging)) => {
                let idle = is_idle(&group);
                self.publish(group, written, staging);
                if let Some(connection) = &self.connection {
                    self.checkpoints.after_commit(connection);
                    // Only a checkpoint makes the file shorter. What fails here is tried with the next.
                    if idle && let Err(error) = schema::make_durable(connection) {
                        tracing::debug!(%error, "the log's file was not shortened yet");
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, calls = group.len(), "telemetry commit failed and was rolled back");
                self.recover(&error);
                refuse_all(group, &error);
            }
        }
    }

    /// Nothing is shed: whoever appends waits until the archive has taken enough, or is told that it does not.
    fn wait_for_the_archive(&mut self) -> Result<(), TelemetryError> {
        let began = Instant::now();
        while self.published.log_bytes.load(Ordering::Relaxed) > self.limits.log_bytes_refused {
            self.sealer.nudge();
            if self.published.truncate_to.load(Ordering::Relaxed)
                >= self.kept.front().map_or(i64::MAX, |kept| kept.0)
            {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let bytes = self.published.log_bytes.load(Ordering::Relaxed);
                return Err(TelemetryError::NoSpace(format!(
                    "the log holds {bytes} bytes that the archive has not taken; {} are allowed",
                    self.limits.log_bytes_refused
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn write(&mut self, group: &mut [Job]) -> Result<(Written, Staging), TelemetryError> {
        if self.connection.is_none() {
            self.reopen()?;
        }
        let mut written = self.plan(group)?;
        let outcomes = std::mem::take(&mut written.outcomes);
        let entries: usize = outcomes.iter().map(Vec::len).sum();
        let stage = || Staging::of(group, outcomes, &written.rows, &self.published);
        if entries < WORTH_A_THREAD {
            self.connection.as_ref().map_or_else(|| Err(not_open()), commit::commit)?;
            let staging = stage();
            return Ok((written, staging));
        }
        let connection = self.connection.take().ok_or_else(not_open)?;
        let (staging, connection, committed) = self.committer.commit(connection, stage);
        self.connection = connection;
        if let Err(error) = committed {
            staging.undo();
            return Err(error);
        }
        Ok((written, staging))
    }

    /// Everything of a group but its commit.
    fn plan(&mut self, group: &mut [Job]) -> Result<Written, TelemetryError> {
        let connection = self.connection.as_ref().ok_or_else(not_open)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| sqlite::from_sqlite(&error))?;
        let before = self.published.head();
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        for job in group.iter() {
            match job {
                Job::Forget { device, .. } => {
                    scrub::forget(connection, &mut names, *device)?;
                    names.forget(connection, *device)?;
                }
                Job::Scrub { erasure, .. } => scrub::scrub(connection, &mut names, erasure)?,
                Job::Append { .. } | Job::Wake => {}
            }
        }
        let entries = group.iter().map(weight).sum();
        let mut plan =
            Plan::new(connection, &mut names, &self.hot, &self.limits, &self.usage, before, entries);
        let mut outcomes = Vec::with_capacity(group.len());
        for job in group.iter_mut() {
            outcomes.push(match job {
                Job::Append { entries, bodies, .. } => {
                    let prepared = entries.iter_mut().zip(bodies);
                    prepared.map(|(entry, body)| plan.take(entry, body)).collect::<Result<Vec<_>, _>>()?
                }
                _ => Vec::new(),
            });
        }
        let Plan { head, encoder, rows, taken, .. } = plan;
        drop(names);
        let blob = (head > before).then(|| encoder.finish());
        if let Some(blob) = &blob {
            insert_batch(connection, before, head, blob)?;
        }
        let idle = is_idle(group);
        let bytes = blob.map_or(0, |blob| blob.len() as u64);
        let in_a_rush = (!idle).then_some(bytes);
        let truncated = shorten::truncate(connection, &self.published, head, &self.kept, in_a_rush)?;
        if idle || truncated > 0 {
            shorten::give_back(connection, idle)?;
        }
        Ok(Written { outcomes, rows, taken, head, bytes, truncated })
    }

    /// Makes what was committed visible, before anybody is told that it is.
    fn publish(&mut self, group: Vec<Job>, written: Written, mut staging: Staging) {
        let published = Arc::clone(&self.published);
        self.account(&written);
        let mut answers: Vec<Box<dyn FnOnce() + Send>> = Vec::with_capacity(group.len());
        let mut tail = published.tail();
        for (job, told) in group.into_iter().zip(std::mem::take(&mut staging.told)) {
            match job {
                Job::Append { answer, .. } => answers.push(Box::new(move || drop(answer.send(Ok(told))))),
                Job::Forget { device, answer } => {
                    tail.forget(device);
                    if let Some(device) = self.hot.get(device) {
                        let mut device = lock(&device);
                        published.hot_points.fetch_sub(device.points() as i64, Ordering::Relaxed);
                        self.usage.forget(&mut device);
                    }
                    self.hot.remove(device);
                    answers.push(Box::new(move || drop(answer.send(Ok(())))));
                }
                Job::Scrub { answer, .. } => {
                    // What it holds may be what was to go; the file has the rest.
                    *tail = Tail::after(written.head);
                    answers.push(Box::new(move || drop(answer.send(Ok(())))));
                }
                Job::Wake => {}
            }
        }
        tail.extend(std::mem::take(&mut staging.records));
        published.count(&staging.counted);
        for (organisation, points) in written.taken {
            self.usage.add(organisation, Used { series: 0, points });
        }
        published.set_head(written.head);
        drop(tail);
        // Whoever stopped waiting is not missed.
        answers.into_iter().for_each(|answer| answer());
        staging.settle();
        staging.full.iter().for_each(|device| self.sealer.full(*device));
        if published.log_bytes.load(Ordering::Relaxed) > self.limits.log_bytes {
            self.sealer.nudge();
        }
    }

    fn account(&mut self, written: &Written) {
        if written.bytes > 0 {
            self.kept.push_back((written.head.0, written.bytes));
            self.published.log_bytes.fetch_add(written.bytes, Ordering::Relaxed);
            self.published.bytes.fetch_add(written.bytes, Ordering::Relaxed);
        }
        while let Some((last, bytes)) = self.kept.front().copied().filter(|kept| kept.0 <= written.truncated)
        {
            debug_assert!(last <= written.truncated);
            self.kept.pop_front();
            self.published.log_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        self.tell_the_oldest();
    }

    fn tell_the_oldest(&self) {
        let oldest = self.kept.front().map_or(i64::MAX, |(last, _)| *last);
        self.published.oldest.store(oldest, Ordering::Relaxed);
    }

    fn recover(&mut self, error: &TelemetryError) {
        self.published.failed_batches.fetch_add(1, Ordering::Relaxed);
        let rolled_back = self.connection.as_ref().is_some_and(|connection| {
            connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
        });
        // After an I/O error what this connection remembers of the file cannot be relied on.
        if !rolled_back || !matches!(error, TelemetryError::NoSpace(_)) {
            self.connection = None;
            return;
        }
        // They may hold numbers that were never committed.
        let known = self.connection.as_ref().map(Names::load);
        match known {
            Some(Ok(names)) => self.adopt(names),
            _ => self.connection = None,
        }
    }

    fn adopt(&mut self, names: Names) {
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
        // Series of entries that came to nothing are counted, too.
        self.usage.settle_all(&self.hot);
        for (_, device) in self.hot.all() {
            lock(&device).forget_numbers();
        }
    }

    /// A commit whose fsync failed may turn out to be there after all: the file decides where the log ends, and what
    /// is beyond the end that was told is hot as well.
    fn reopen(&mut self) -> Result<(), TelemetryError> {
        let connection = schema::open_writer(&self.path)?;
        schema::make_durable(&connection)?;
        checkpoint::count_pages(&connection);
        let names = Names::load(&connection)?;
        self.adopt(names);
        let told = self.published.head();
        let head = stored_head(&connection).map_err(|error| sqlite::from_sqlite(&error))?.max(told);
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let replayed = crate::replay::replay(&connection, &names, &self.hot, told)?;
        drop(names);
        self.usage.settle_all(&self.hot);
        self.published.hot_points.fetch_add(replayed.points as i64, Ordering::Relaxed);
        self.kept.extend(replayed.batches.iter().copied().filter(|batch| batch.0 > told.0));
        *self.published.tail() = Tail::after(head);
        self.published.set_head(head);
        self.connection = Some(connection);
        Ok(())
    }
}

fn not_open() -> TelemetryError {
    TelemetryError::Unavailable("the file is not open".to_owned())
}

fn insert_batch(
    connection: &Connection,
    before: Position,
    head: Position,
    blob: &[u8],
) -> Result<(), TelemetryError> {
    connection
        .prepare_cached("INSERT INTO batches (last, first, body) VALUES (?1, ?2, ?3)")
        .and_then(|mut statement| statement.execute(params![head.0, before.0 + 1, blob]))
        .map(drop)
        .map_err(|error| sqlite::from_sqlite(&error))
}

/// Nobody waits for it.
fn is_idle(group: &[Job]) -> bool {
    group.iter().all(|job| matches!(job, Job::Wake))
}

fn weight(job: &Job) -> usize {
    match job {
        Job::Append { entries, .. } => entries.len(),
        _ => 1,
    }
}

fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut entries = weight(&first);
    let mut group = vec![first];
    // A call that fills half a group needs no company to be worth its fsync.
    let mut lingered = entries >= GROUP_ENTRIES_MAX / 8;
    while entries < GROUP_ENTRIES_MAX {
        let Ok(job) = jobs.try_recv() else {
            if lingered {
                break;
            }
            std::thread::sleep(LINGER);
            lingered = true;
            continue;
        };
        entries += weight(&job);
        group.push(job);
    }
    group
}

/// What removes is a group of its own, so that what comes behind it sees it done.
fn apart(group: Vec<Job>) -> Vec<Vec<Job>> {
    let mut groups: Vec<Vec<Job>> = Vec::new();
    for job in group {
        let alone = matches!(job, Job::Forget { .. } | Job::Scrub { .. });
        let joins = groups
            .last()
            .and_then(|last| last.last())
            .is_some_and(|last| !alone && !matches!(last, Job::Forget { .. } | Job::Scrub { .. }));
        match groups.last_mut() {
            Some(last) if joins => last.push(job),
            _ => groups.push(vec![job]),
        }
    }
    groups
}

fn refuse_all(group: Vec<Job>, error: &TelemetryError) {
    for job in group {
        match job {
            Job::Append { answer, .. } => drop(answer.send(Err(error.clone()))),
            Job::Forget { answer, .. } | Job::Scrub { answer, .. } => drop(answer.send(Err(error.clone()))),
            Job::Wake => {}
        }
    }
}
