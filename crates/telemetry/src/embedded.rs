//! The engine: the log with its one writer, the hot tier, the sealer, and an archive behind them.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use lares_model::record::{Entry, Position, Record};
use lares_model::{DeviceId, OrganisationId, UnixMillis};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::abilities::Ability;
use crate::archive::embedded::{self, SeriesFile};
use crate::archive::prometheus::{self, Prometheus, TEXT_BYTES_MAX};
use crate::archive::{Archive, Erasure, Expiry};
use crate::commit::Committer;
use crate::connections::Connections;
use crate::directory::{lock_file, refuse_another};
use crate::hot::{Hot, lock};
use crate::log::body::encode_body;
use crate::log::checkpoint::Checkpoints;
use crate::log::names::Names;
use crate::log::{inspect, records, schema};
use crate::priority::behind_others;
use crate::published::Published;
use crate::query::{Engine, head_of};
use crate::sealer::{DEVICES_AT_ONCE, Nudge, Sealer, hold, let_go, seal, wake};
use crate::shape::Shape;
use crate::usage::Usage;
use crate::writer::{Answer, Job, Writer};
use crate::{
    Abilities, Aggregate, AggregateQuery, Appended, BoxFuture, EngineAddress, Limits, ReadingsQuery,
    Retention, SeriesKey, Stats, Storage, StoredReading, Telemetry, TelemetryError, replay, sqlite,
};

/// Calls that may wait for the writer; further ones wait for a place among them.
const WAITING_CALLS_MAX: usize = 1_024;
/// Reads at once.
const READERS_MAX: usize = 4;

/// The embedded engine, or another archive behind the same log.
pub struct EmbeddedTelemetry {
    /// `None` only while closing.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    sealer: Option<JoinHandle<()>>,
    stopped: Arc<AtomicBool>,
    nudge: Option<SyncSender<()>>,
    moving: Arc<Mutex<()>>,
    published: Arc<Published>,
    usage: Arc<Usage>,
    limits: Limits,
    names: Arc<RwLock<Names>>,
    log: Arc<Connections>,
    engine: Arc<Engine>,
    permits: Arc<Semaphore>,
    /// Positions are counted in memory, so a second process on the same file is refused. Freed by the kernel.
    lock: File,
}

impl EmbeddedTelemetry {
    /// Opens log and archive in a directory that exists, or makes them there. Blocks on the disk.
    pub fn open(directory: &Path) -> Result<Self, TelemetryError> {
        Self::open_with(directory, Limits::default())
    }

    pub fn open_with(directory: &Path, limits: Limits) -> Result<Self, TelemetryError> {
        let lock = lock_file(directory)?;
        refuse_another(directory, prometheus::FILE_NAME)?;
        let archive = SeriesFile::open(directory)?;
        Self::assemble(directory, limits, Arc::new(archive), lock)
    }

    /// The same log in front of a Prometheus-compatible engine, which need not be there now.
    pub fn open_on_prometheus(
        directory: &Path,
        limits: Limits,
        address: &EngineAddress,
    ) -> Result<Self, TelemetryError> {
        let lock = lock_file(directory)?;
        refuse_another(directory, embedded::FILE_NAME)?;
        let archive = Prometheus::open(directory, address)?;
        let text_bytes = limits.text_bytes.min(TEXT_BYTES_MAX);
        Self::assemble(directory, Limits { text_bytes, ..limits }, Arc::new(archive), lock)
    }

    fn assemble(
        directory: &Path,
        mut limits: Limits,
        archive: Arc<dyn Archive>,
        lock: File,
    ) -> Result<Self, TelemetryError> {
        if !archive.abilities().has(Ability::CountingPoints) {
            limits.points_per_organisation = None;
        }
        let path = directory.join(schema::FILE_NAME);
        let connection = schema::open_writer(&path)?;
        match schema::make_durable(&connection) {
            // No fsync failed in this process, so that of the WAL is enough; a full disk must not prevent a start.
            Err(TelemetryError::NoSpace(why)) => tracing::warn!(why, "the telemetry file cannot grow"),
            durable => durable?,
        }
        let sealed = archive.sealed()?;
        let stored = records::stored_head(&connection).map_err(|error| sqlite::from_sqlite(&error))?;
        let head = head_of(stored, sealed.iter().map(|device| device.through));
        let hot = Arc::new(Hot::with_sealed(sealed));
        let names = Names::load(&connection)?;
        let replayed = replay::replay(&connection, &names, &hot, Position(0))?;
        let log_bytes = replayed.batches.iter().map(|(_, bytes)| bytes).sum();
        let published = Arc::new(Published::at(head, hot.durable(), log_bytes));
        let usage = Arc::new(Usage::default());
        usage.settle_all(&hot);
        published.hot_points.store(replayed.points as i64, Ordering::Relaxed);
        let names = Arc::new(RwLock::new(names));
        let log = Arc::new(Connections::new({
            let path = path.clone();
            move || schema::open_reader(&path)
        }));
        let engine = Arc::new(Engine { hot: Arc::clone(&hot), archive: Arc::clone(&archive) });
        let mut this = EmbeddedTelemetry {
            jobs: None,
            writer: None,
            sealer: None,
            stopped: Arc::default(),
            nudge: None,
            moving: Arc::default(),
            published,
            usage,
            limits,
            names,
            log,
            engine,
            permits: Arc::new(Semaphore::new(READERS_MAX)),
            lock,
        };
        this.start(&path, connection, replayed.batches)?;
        Ok(this)
    }

    fn start(
        &mut self,
        path: &Path,
        connection: Connection,
        kept: std::collections::VecDeque<(i64, u64)>,
    ) -> Result<(), TelemetryError> {
        let spawned = |error: std::io::Error| sqlite::from_io(&error, "telemetry thread");
        let (sender, nudged) = sync_channel(1);
        let nudge = Nudge::new(sender.clone());
        let (jobs, waiting) = mpsc::channel(WAITING_CALLS_MAX);
        let writer = Writer {
            path: path.to_owned(),
            connection: Some(connection),
            published: Arc::clone(&self.published),
            names: Arc::clone(&self.names),
            hot: Arc::clone(&self.engine.hot),
            limits: self.limits,
            usage: Arc::clone(&self.usage),
            kept,
            checkpoints: Checkpoints::start(path.to_owned()).map_err(spawned)?,
            committer: Committer::start().map_err(spawned)?,
            sealer: nudge.clone(),
        };
        let sealer = Sealer {
            archive: Arc::clone(&self.engine.archive),
            hot: Arc::clone(&self.engine.hot),
            published: Arc::clone(&self.published),
            usage: Arc::clone(&self.usage),
            limits: self.limits,
            nudge,
            jobs: jobs.downgrade(),
            moving: Arc::clone(&self.moving),
            stopped: Arc::clone(&self.stopped),
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        self.writer = Some(thread("telemetry-writer").spawn(move || writer.run(waiting)).map_err(spawned)?);
        let sealing = thread("telemetry-sealer").spawn(move || {
            behind_others();
            sealer.run(&nudged);
        });
        self.sealer = Some(sealing.map_err(spawned)?);
        (self.jobs, self.nudge) = (Some(jobs), Some(sender));
        Ok(())
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, TelemetryError> {
        let stopped = || TelemetryError::Unavailable("the telemetry writer has stopped".to_owned());
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job(answer)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    /// Has a thread that may block do something that reads.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, TelemetryError> + Send + 'static,
    ) -> Result<T, TelemetryError> {
        let closed = |_| TelemetryError::Unavailable("the telemetry readers have stopped".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let engine = Arc::clone(&self.engine);
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&engine)
        });
        reading.await.map_err(|error| TelemetryError::Other(format!("a telemetry read failed: {error}")))?
    }

    /// Every device that has entries or readings, by id.
    pub fn devices(&self) -> Vec<(DeviceId, OrganisationId)> {
        let all = self.engine.hot.all().into_iter();
        let mut devices: Vec<_> = all.map(|(device, hot)| (device, lock(&hot).organisation)).collect();
        devices.sort();
        devices
    }

    /// Seals everything hot now, and lets the log go of it as far as it is released: for backups, exports and tests.
    pub fn seal_all(&self) -> Result<(), TelemetryError> {
        let _moving = hold(&self.moving);
        let devices: Vec<DeviceId> = self.engine.hot.all().into_iter().map(|(device, _)| device).collect();
        let (archive, hot) = (self.engine.archive.as_ref(), &self.engine.hot);
        let published = &self.published;
        devices
            .chunks(DEVICES_AT_ONCE)
            .try_for_each(|some| seal(archive, hot, published, &self.usage, some))?;
        let_go(hot, &self.published);
        if let Some(jobs) = &self.jobs {
            wake(&jobs.downgrade());
        }
        archive.rest();
        Ok(())
    }
}

impl Drop for EmbeddedTelemetry {
    /// Finishes what was accepted, so that the files can be opened again at once.
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(nudge) = self.nudge.take() {
            let _ = nudge.try_send(());
        }
        self.jobs = None;
        for thread in [self.writer.take(), self.sealer.take()].into_iter().flatten() {
            let _ = thread.join();
        }
        // Said aloud, since a child forked at this moment shares the lock until it execs.
        let _ = self.lock.unlock();
    }
}

impl Telemetry for EmbeddedTelemetry {
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Vec<Appended>, TelemetryError>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(Vec::new());
            }
            let encoded = |entry: &Entry| encode_body(&entry.body);
            let bodies = entries.iter().map(encoded).collect::<Result<_, TelemetryError>>()?;
            self.ask(|answer| Job::Append { entries, bodies, answer }).await
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
            let (head, log, names) = (self.head(), Arc::clone(&self.log), Arc::clone(&self.names));
            self.blocking(move |_| {
                log.with(|connection| {
                    let names = names.read().unwrap_or_else(PoisonError::into_inner);
                    records::between(connection, &names, after, head, limit)
                })
            })
            .await
        })
    }

    fn release(&self, through: Position) {
        self.published.released.fetch_max(through.0, Ordering::Relaxed);
    }

    fn readings(&self, query: &ReadingsQuery) -> BoxFuture<'_, Result<Vec<StoredReading>, TelemetryError>> {
        let query = query.clone();
        Box::pin(self.blocking(move |engine| engine.readings(&query)))
    }

    fn aggregate(
        &self,
        query: &AggregateQuery,
    ) -> BoxFuture<'_, Result<Vec<Vec<Option<Aggregate>>>, TelemetryError>> {
        let parts = query.halves();
        Box::pin(async move {
            let Some((first, second, by_series)) = parts else { return Ok(Vec::new()) };
            let Some(second) = second else {
                return self.blocking(move |engine| engine.aggregate(&first)).await;
            };
            let (first, second) = tokio::try_join!(
                self.blocking(move |engine| engine.aggregate(&first)),
                self.blocking(move |engine| engine.aggregate(&second)),
            )?;
            if by_series {
                return Ok(first.into_iter().chain(second).collect());
            }
            Ok(first.into_iter().zip(second).map(|(first, second)| [first, second].concat()).collect())
        })
    }

    fn latest(
        &self,
        series: &[SeriesKey],
    ) -> BoxFuture<'_, Result<Vec<Option<StoredReading>>, TelemetryError>> {
        let series = series.to_vec();
        Box::pin(self.blocking(move |engine| engine.latest(&series)))
    }

    fn last_before(
        &self,
        series: &[SeriesKey],
        instant: UnixMillis,
    ) -> BoxFuture<'_, Result<Vec<Option<StoredReading>>, TelemetryError>> {
        let series = series.to_vec();
        Box::pin(self.blocking(move |engine| engine.last_before(&series, instant)))
    }

    fn series(&self, device: DeviceId) -> Vec<(u16, String)> {
        let series = self.engine.series_of(device).into_iter();
        series.map(|(endpoint, attribute)| (endpoint, attribute.to_string())).collect()
    }

    fn erase(&self, erasure: &Erasure) -> BoxFuture<'_, Result<u64, TelemetryError>> {
        let erasure = erasure.clone();
        Box::pin(async move {
            let (moving, published, usage) =
                (Arc::clone(&self.moving), Arc::clone(&self.published), Arc::clone(&self.usage));
            let mine = erasure.clone();
            let values = self
                .blocking(move |engine| {
                    let _moving = hold(&moving);
                    seal(engine.archive.as_ref(), &engine.hot, &published, &usage, &[mine.device])?;
                    let values = engine.archive.erase(&mine)?;
                    if let Some(device) = engine.hot.get(mine.device) {
                        let mut device = lock(&device);
                        device.forget_latest(engine.archive.shapes(mine.device));
                        device.sealed_points = engine.archive.points(mine.device);
                        usage.settle(&mut device);
                    }
                    Ok(values)
                })
                .await?;
            self.ask(|answer| Job::Scrub { erasure, answer }).await?;
            Ok(values)
        })
    }

    fn expire(&self, device: DeviceId, retention: Retention) -> BoxFuture<'_, Result<bool, TelemetryError>> {
        self.retain(device, &retention);
        let (moving, published, usage) =
            (Arc::clone(&self.moving), Arc::clone(&self.published), Arc::clone(&self.usage));
        Box::pin(self.blocking(move |engine| {
            let _moving = hold(&moving);
            let Some(hot) = engine.hot.get(device) else { return Ok(false) };
            let has_aged = lock(&hot).has_aged();
            if has_aged {
                // What they come to is in the rollups then.
                seal(engine.archive.as_ref(), &engine.hot, &published, &usage, &[device])?;
            }
            let of_shape = |shape: &Shape| Expiry::of_shape(shape, retention.as_ref());
            let more = engine.archive.expire(device, &of_shape)?;
            let mut hot = lock(&hot);
            hot.sealed_points = engine.archive.points(device);
            usage.settle(&mut hot);
            Ok(more)
        }))
    }

    fn retain(&self, device: DeviceId, retention: &Retention) {
        if self.abilities().has(Ability::Retention)
            && let Some(hot) = self.engine.hot.get(device)
        {
            lock(&hot).retain(retention);
        }
    }

    fn forget_device(&self, device: DeviceId) -> BoxFuture<'_, Result<(), TelemetryError>> {
        Box::pin(async move {
            self.ask(move |answer| Job::Forget { device, answer }).await?;
            let moving = Arc::clone(&self.moving);
            self.blocking(move |engine| {
                let _moving = hold(&moving);
                engine.archive.forget(device)
            })
            .await
        })
    }

    fn storage(&self, organisation: OrganisationId) -> BoxFuture<'_, Result<Storage, TelemetryError>> {
        let (usage, limits) = (Arc::clone(&self.usage), self.limits);
        Box::pin(self.blocking(move |engine| {
            let mut storage = engine.archive.storage(organisation)?;
            if engine.archive.abilities().has(Ability::CountingPoints) {
                storage.counted = Some(usage.of(organisation).points.max(0).unsigned_abs());
                storage.points_max = limits.points_per_organisation;
            }
            for (device, hot) in engine.hot.all() {
                let hot = lock(&hot);
                if hot.organisation == organisation {
                    storage.add_hot(device, hot.points() as u64, hot.series());
                }
            }
            Ok(storage)
        }))
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, TelemetryError>> {
        Box::pin(async move {
            let (log, names) = (Arc::clone(&self.log), Arc::clone(&self.names));
            self.blocking(move |engine| {
                let mut findings = log.with(|connection| {
                    let names = names.read().unwrap_or_else(PoisonError::into_inner);
                    inspect::inspect(connection, &names)
                })?;
                findings.extend(engine.archive.check()?);
                Ok(findings)
            })
            .await
        })
    }

    fn abilities(&self) -> Abilities {
        self.engine.archive.abilities()
    }

    fn stats(&self) -> Stats {
        self.published.stats()
    }
}
