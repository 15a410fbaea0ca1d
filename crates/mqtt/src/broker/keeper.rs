//! The journal's one writer: takes what all connections have recorded since its last turn, makes it durable at once,
//! and wakes who waits for that. A journal that cannot be written holds answers back; nothing is forgotten.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use crate::journal::{Journal, Kept, Record};

/// Counts submissions; what waits for one leaves once it is committed. 0 is before all.
pub(super) type Position = u64;

const COMPACT_FROM_BYTES: u64 = 4 * 1024 * 1024;
const RETRY_AFTER: Duration = Duration::from_millis(200);

#[derive(Default)]
struct State {
    records: Vec<Record>,
    submitted: Position,
    wakers: Vec<Waker>,
    ends: bool,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    committed: AtomicU64,
    failing: AtomicBool,
    letters: AtomicU64,
    entries: AtomicU64,
    sessions: AtomicU64,
}

/// The hand that records. Without a journal everything is committed at once, and nothing survives.
#[derive(Clone)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    keeps: bool,
}

/// Records that become one submission; meanwhile nobody else records, so that their order is the order of events.
pub(super) struct Batch<'a> {
    keeper: &'a Keeper,
    state: MutexGuard<'a, State>,
    before: usize,
}

impl Batch<'_> {
    /// The commit that these records will be part of; 0 without a journal.
    pub fn position(&self) -> Position {
        if self.keeper.keeps { self.state.submitted + 1 } else { 0 }
    }

    /// The commit to wait for: as `position`, and 0 when nothing was recorded.
    pub fn recorded(&self) -> Position {
        if self.state.records.len() > self.before { self.position() } else { 0 }
    }

    pub fn add(&mut self, record: Record) {
        if self.keeper.keeps {
            self.state.records.push(record);
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.state.records.len() > self.before {
            self.state.submitted += 1;
            self.keeper.shared.work.notify_one();
        }
    }
}

impl Keeper {
    /// Without a journal.
    pub fn forgetful() -> Keeper {
        Keeper::new(false, &Kept::default())
    }

    fn new(keeps: bool, kept: &Kept) -> Keeper {
        let shared = Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            committed: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            letters: AtomicU64::new(kept.last_letter + 1),
            entries: AtomicU64::new(kept.last_entry + 1),
            sessions: AtomicU64::new(kept.last_session + 1),
        };
        Keeper { shared: Arc::new(shared), keeps }
    }

    /// Loads what was kept and starts the writer, which ends with the last hand.
    pub fn start(mut journal: Box<dyn Journal>) -> std::io::Result<(Keeper, Kept)> {
        let kept = Kept::of(&journal.load()?);
        let keeper = Keeper::new(true, &kept);
        let shared = keeper.shared.clone();
        let mirror = kept.clone();
        std::thread::Builder::new()
            .name("mqtt-journal".to_owned())
            .spawn(move || write(&shared, journal.as_mut(), mirror))?;
        Ok((keeper, kept))
    }

    pub fn is_failing(&self) -> bool {
        self.shared.failing.load(Ordering::Relaxed)
    }

    pub fn next_letter(&self) -> u64 {
        self.shared.letters.fetch_add(1, Ordering::Relaxed)
    }

    pub fn next_entry(&self) -> u64 {
        self.shared.entries.fetch_add(1, Ordering::Relaxed)
    }

    pub fn next_session(&self) -> u64 {
        self.shared.sessions.fetch_add(1, Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn batch(&self) -> Batch<'_> {
        let state = self.state();
        let before = state.records.len();
        Batch { keeper: self, state, before }
    }

    /// Records one thing; the commit that it is part of, 0 without a journal.
    pub fn record(&self, record: Record) -> Position {
        let mut batch = self.batch();
        batch.add(record);
        batch.position()
    }

    pub fn is_committed(&self, position: Position) -> bool {
        position <= self.shared.committed.load(Ordering::Acquire)
    }

    /// Wakes at the next commit; false when `position` is committed already.
    pub fn wake_after(&self, position: Position, waker: &Waker) -> bool {
        let mut state = self.state();
        if self.is_committed(position) {
            return false;
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        true
    }

    /// Resolves once `position` is committed.
    pub async fn committed(&self, position: Position) {
        std::future::poll_fn(|cx| {
            if self.is_committed(position) || !self.wake_after(position, cx.waker()) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    /// Resolves once everything recorded so far is durable.
    pub async fn flushed(&self) {
        let submitted = self.state().submitted;
        self.committed(submitted).await;
    }

    /// Writes what is there and ends the writer.
    pub fn end(&self) {
        self.state().ends = true;
        self.shared.work.notify_one();
    }
}

fn write(shared: &Shared, journal: &mut dyn Journal, mut kept: Kept) {
    let mut compacted_bytes = journal.bytes();
    loop {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.records.is_empty() && !state.ends {
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let records = std::mem::take(&mut state.records);
        let position = state.submitted;
        let ends = state.ends;
        drop(state);
        if records.is_empty() && ends {
            return;
        }
        if !append(shared, journal, &records) {
            return;
        }
        records.iter().for_each(|record| kept.apply(record));
        if kept.letters() > 1_024 {
            kept.forget_unused_letters();
        }
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        shared.committed.store(position, Ordering::Release);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if journal.bytes() > COMPACT_FROM_BYTES.max(3 * compacted_bytes) {
            kept.forget_unused_letters();
            match journal.compact(&kept.to_records()) {
                Ok(()) => compacted_bytes = journal.bytes(),
                Err(error) => {
                    tracing::warn!(%error, "the journal of MQTT sessions could not be made shorter");
                    compacted_bytes = journal.bytes();
                }
            }
        }
    }
}

/// Tries until it is written; false when the broker ends first.
fn append(shared: &Shared, journal: &mut dyn Journal, records: &[Record]) -> bool {
    loop {
        match journal.append(records) {
            Ok(()) => {
                if shared.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the journal of MQTT sessions can be written again");
                }
                return true;
            }
            Err(error) => {
                if !shared.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "the journal of MQTT sessions cannot be written; answers wait");
                }
                if shared.state.lock().unwrap_or_else(PoisonError::into_inner).ends {
                    return false;
                }
                std::thread::sleep(RETRY_AFTER);
            }
        }
    }
}
