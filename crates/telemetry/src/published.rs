//! What the writer tells everybody else: where the log ends, its newest entries, what was done.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lares_model::record::Position;

use crate::Stats;
use crate::log::tail::Tail;

pub struct Published {
    tail: Mutex<Tail>,
    /// What was staged up to here is seen.
    head: Arc<AtomicI64>,
    pub entries: AtomicU64,
    pub duplicates: AtomicU64,
    pub readings: AtomicU64,
    pub batches: AtomicU64,
    pub failed_batches: AtomicU64,
    pub bytes: AtomicU64,
    /// Bytes of batches that the log keeps.
    pub log_bytes: AtomicU64,
    pub hot_points: AtomicI64,
    /// Followers have passed it.
    pub released: AtomicI64,
    /// Everything up to here may leave the log.
    pub truncate_to: AtomicI64,
    /// Where the oldest batch ends that it keeps.
    pub oldest: AtomicI64,
}

/// What one group commit came to.
#[derive(Default)]
pub struct Counted {
    pub entries: u64,
    pub duplicates: u64,
    pub readings: u64,
}

impl Published {
    pub fn at(head: Position, durable: Arc<AtomicI64>, log_bytes: u64) -> Self {
        durable.store(head.0, Ordering::Release);
        Published {
            tail: Mutex::new(Tail::after(head)),
            head: durable,
            entries: AtomicU64::default(),
            duplicates: AtomicU64::default(),
            readings: AtomicU64::default(),
            batches: AtomicU64::default(),
            failed_batches: AtomicU64::default(),
            bytes: AtomicU64::default(),
            log_bytes: AtomicU64::new(log_bytes),
            hot_points: AtomicI64::default(),
            released: AtomicI64::default(),
            truncate_to: AtomicI64::default(),
            oldest: AtomicI64::new(i64::MAX),
        }
    }

    /// Whether the log keeps a batch that may leave it.
    pub fn may_let_go(&self) -> bool {
        self.truncate_to.load(Ordering::Relaxed) >= self.oldest.load(Ordering::Relaxed)
    }

    pub fn count(&self, counted: &Counted) {
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed);
        add(&self.batches, 1);
        add(&self.entries, counted.entries);
        add(&self.duplicates, counted.duplicates);
        add(&self.readings, counted.readings);
        self.hot_points.fetch_add(counted.readings as i64, Ordering::Relaxed);
    }

    pub fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    pub fn set_head(&self, head: Position) {
        self.head.store(head.0, Ordering::Release);
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
            log_bytes: read(&self.log_bytes),
            hot_points: self.hot_points.load(Ordering::Relaxed).max(0) as u64,
        }
    }
}
