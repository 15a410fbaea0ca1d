//! The thread that moves hot rows into the archive: devices with a chunk's worth, and whoever holds the log's oldest
//! end where the log has grown long. Devices come to be sealed at different times by themselves.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lares_model::DeviceId;
use lares_model::record::Position;
use tokio::sync::mpsc;

use crate::archive::{Archive, Sealing};
use crate::hot::{Hot, lock};
use crate::published::Published;
use crate::usage::Usage;
use crate::writer::Job;
use crate::{Limits, TelemetryError};

/// Devices per transaction of the archive.
pub const DEVICES_AT_ONCE: usize = 64;
/// Without a nudge the sealer looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The sealer as others reach it.
#[derive(Clone)]
pub struct Nudge {
    sender: SyncSender<()>,
    full: Arc<Mutex<HashSet<DeviceId>>>,
}

impl Nudge {
    pub fn new(sender: SyncSender<()>) -> Nudge {
        Nudge { sender, full: Arc::default() }
    }

    pub fn nudge(&self) {
        // Full means that a nudge is waiting already.
        let _ = self.sender.try_send(());
    }

    /// A device has a chunk's worth.
    pub fn full(&self, device: DeviceId) {
        self.full.lock().unwrap_or_else(PoisonError::into_inner).insert(device);
        self.nudge();
    }
}

pub struct Sealer {
    pub archive: Arc<dyn Archive>,
    pub hot: Arc<Hot>,
    pub published: Arc<Published>,
    pub usage: Arc<Usage>,
    pub limits: Limits,
    pub nudge: Nudge,
    /// Wakes the writer to let go of what is sealed; weak, since the writer ends when nobody else can call it.
    pub jobs: mpsc::WeakSender<Job>,
    /// Held while rows move, and by whoever removes some.
    pub moving: Arc<Mutex<()>>,
    pub stopped: Arc<AtomicBool>,
}

impl Sealer {
    pub fn run(self, nudged: &Receiver<()>) {
        let mut told = None;
        while !self.stopped.load(Ordering::Relaxed) {
            let quiet = match nudged.recv_timeout(LOOK_EVERY) {
                Ok(()) => false,
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let failed = self.seal_what_is_due().err();
            if quiet && failed.is_none() {
                self.rest();
            }
            if let Some(error) = &failed {
                // An engine may be away for hours: the same reason is told once.
                if told != failed {
                    tracing::warn!(%error, "sealing telemetry failed; the log keeps it, and it is tried again");
                }
                std::thread::sleep(RETRY_AFTER);
            }
            told = failed;
        }
    }

    fn seal_what_is_due(&self) -> Result<(), TelemetryError> {
        loop {
            let full = self.take_full();
            let due: Vec<DeviceId> = if full.is_empty() { self.pinning() } else { full };
            if due.is_empty() || self.stopped.load(Ordering::Relaxed) {
                self.let_go();
                return Ok(());
            }
            for some in due.chunks(DEVICES_AT_ONCE) {
                let sealed = self.seal(some);
                if sealed.is_err() {
                    self.put_back(&due);
                }
                sealed?;
                self.let_go();
            }
        }
    }

    /// In the order of their ids, as they lie in the archive.
    fn take_full(&self) -> Vec<DeviceId> {
        let mut full: Vec<DeviceId> =
            self.nudge.full.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        full.sort_unstable();
        full
    }

    /// Nobody appends enough to nudge: what the log has not let go of on the way it does now, and the archive moves
    /// what it wrote to its place.
    fn rest(&self) {
        if self.published.may_let_go() {
            wake(&self.jobs);
        }
        self.archive.rest();
    }

    fn put_back(&self, devices: &[DeviceId]) {
        self.nudge.full.lock().unwrap_or_else(PoisonError::into_inner).extend(devices);
    }

    /// Where the log is too long, and will be when it has let go of what it may, the devices whose entries make up its
    /// oldest eighth.
    fn pinning(&self) -> Vec<DeviceId> {
        let is_long = self.published.log_bytes.load(Ordering::Relaxed) > self.limits.log_bytes;
        if !is_long || self.published.may_let_go() {
            return Vec::new();
        }
        let all = self.hot.all();
        let mut firsts: Vec<(Position, DeviceId)> =
            all.iter().filter_map(|(device, hot)| Some((lock(hot).first_unsealed?, *device))).collect();
        firsts.sort();
        let Some((oldest, _)) = firsts.first().copied() else { return Vec::new() };
        let end = oldest.0 + (self.published.head().0 - oldest.0) / 8;
        firsts.into_iter().take_while(|(first, _)| first.0 <= end).map(|(_, device)| device).collect()
    }

    /// Seals these devices with everything hot of them.
    pub fn seal(&self, devices: &[DeviceId]) -> Result<(), TelemetryError> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        seal(self.archive.as_ref(), &self.hot, &self.published, &self.usage, devices)
    }

    /// Where the log is too long. The next commits do it, a little each.
    fn let_go(&self) {
        if self.published.log_bytes.load(Ordering::Relaxed) > self.limits.log_bytes {
            let_go(&self.hot, &self.published);
        }
    }
}

/// Has the writer look without an entry.
pub fn wake(jobs: &mpsc::WeakSender<Job>) {
    if let Some(jobs) = jobs.upgrade() {
        // A full queue means that the writer is awake.
        let _ = jobs.try_send(Job::Wake);
    }
}

/// Says up to where the log may be let go of.
pub fn let_go(hot: &Hot, published: &Published) {
    let released = published.released.load(Ordering::Relaxed);
    let firsts = hot.all().into_iter().filter_map(|(_, hot)| lock(&hot).first_unsealed);
    let unsealed = firsts.map(|first| first.0 - 1).min().unwrap_or(i64::MAX);
    let through = released.min(unsealed);
    published.truncate_to.fetch_max(through, Ordering::Relaxed);
}

/// Whoever calls holds the lock on moving rows.
pub fn seal(
    archive: &dyn Archive,
    hot: &Hot,
    published: &Published,
    usage: &Usage,
    devices: &[DeviceId],
) -> Result<(), TelemetryError> {
    let copied = devices.iter().filter_map(|device| {
        let hot = hot.get(*device)?;
        let sealing = lock(&hot).sealing(*device)?;
        Some((hot, sealing))
    });
    let (hots, sealings): (Vec<_>, Vec<Sealing>) = copied.unzip();
    if sealings.is_empty() {
        return Ok(());
    }
    archive.seal(&sealings)?;
    for (hot, sealing) in hots.iter().zip(&sealings) {
        let mut device = lock(hot);
        if device.gone {
            continue; // it was forgotten meanwhile
        }
        device.sealed(sealing, Some(Position(sealing.through.0 + 1)));
        device.sealed_points = archive.points(sealing.device);
        usage.settle(&mut device);
        let points: usize = sealing.groups.iter().map(|(shape, rows)| shape.0.len() * rows.len()).sum();
        published.hot_points.fetch_sub(points as i64, Ordering::Relaxed);
    }
    Ok(())
}

/// For whoever removes: no row moves while this is held.
pub fn hold(moving: &Mutex<()>) -> MutexGuard<'_, ()> {
    moving.lock().unwrap_or_else(PoisonError::into_inner)
}
