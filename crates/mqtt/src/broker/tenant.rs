//! What one organisation has of the broker: its quotas, and how much of them is used.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::bounds::Bounds;
use super::limits::Limits;

/// The bounds of one organisation, over all of its clients.
#[derive(Debug, Clone, Copy)]
pub struct TenantQuota {
    pub connections: usize,
    /// Sessions, connected or kept.
    pub sessions: usize,
    /// PUBLISH packets per second; above, reading is held back.
    pub messages_per_s: u32,
    /// What waits for all of its sessions.
    pub queued_bytes: usize,
    /// Of all of its sessions, and the bytes of their filters.
    pub subscriptions: usize,
    pub subscription_bytes: usize,
    pub retained_messages: usize,
    pub retained_bytes: usize,
}

impl Default for TenantQuota {
    fn default() -> Self {
        TenantQuota {
            connections: 10_000,
            sessions: 20_000,
            messages_per_s: 1_000_000,
            queued_bytes: 256 * 1024 * 1024,
            subscriptions: 1_000_000,
            subscription_bytes: 64 * 1024 * 1024,
            retained_messages: 100_000,
            retained_bytes: 64 * 1024 * 1024,
        }
    }
}

/// What happened since the start, and what stands now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantMetrics {
    pub connections: u64,
    pub sessions: u64,
    pub subscriptions: u64,
    pub retained_messages: u64,
    pub retained_bytes: u64,
    pub queued_bytes: u64,
    pub messages_received: u64,
    pub bytes_received: u64,
    pub messages_sent: u64,
    pub bytes_sent: u64,
    /// QoS 0 messages for a client that did not keep up.
    pub messages_dropped: u64,
    /// Messages that were refused, since a queue they were for is full.
    pub messages_refused: u64,
    pub refusals: u64,
}

/// Counters of one organisation.
#[derive(Debug)]
pub(super) struct Tenant {
    pub name: Arc<str>,
    pub bounds: Arc<Bounds>,
    pub connections: AtomicUsize,
    pub sessions: AtomicUsize,
    pub subscriptions: AtomicUsize,
    pub subscription_bytes: AtomicUsize,
    pub retained_messages: AtomicUsize,
    pub retained_bytes: AtomicUsize,
    pub queued_bytes: AtomicUsize,
    pub messages_received: AtomicU64,
    pub bytes_received: AtomicU64,
    pub messages_sent: AtomicU64,
    pub bytes_sent: AtomicU64,
    pub messages_dropped: AtomicU64,
    pub messages_refused: AtomicU64,
    pub refusals: AtomicU64,
    rate: Rate,
}

impl Tenant {
    fn new(name: Arc<str>, bounds: Arc<Bounds>, began: Instant) -> Tenant {
        Tenant {
            name,
            bounds,
            connections: AtomicUsize::new(0),
            sessions: AtomicUsize::new(0),
            subscriptions: AtomicUsize::new(0),
            subscription_bytes: AtomicUsize::new(0),
            retained_messages: AtomicUsize::new(0),
            retained_bytes: AtomicUsize::new(0),
            queued_bytes: AtomicUsize::new(0),
            messages_received: AtomicU64::new(0),
            bytes_received: AtomicU64::new(0),
            messages_sent: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            messages_dropped: AtomicU64::new(0),
            messages_refused: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
            rate: Rate::new(began),
        }
    }

    /// When the next messages may be taken, after `taken` of them; `None` for now.
    pub fn pace(&self, taken: u32, now: Instant) -> Option<Instant> {
        self.rate.take(taken.into(), self.bounds.quota().messages_per_s.into(), now)
    }

    /// Nothing of what was said so far has to be paid for any more.
    pub fn forgive(&self) {
        self.rate.forgive();
    }

    /// Whether one more subscription to this filter is within its quota.
    pub fn has_room_for(&self, filter: &str) -> bool {
        let quota = self.bounds.quota();
        self.subscriptions.load(Ordering::Relaxed) < quota.subscriptions
            && self.subscription_bytes.load(Ordering::Relaxed) + filter.len() <= quota.subscription_bytes
    }

    pub fn subscribed(&self, filter: &str) {
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
        self.subscription_bytes.fetch_add(filter.len(), Ordering::Relaxed);
    }

    pub fn unsubscribed(&self, filter: &str) {
        self.subscriptions.fetch_sub(1, Ordering::Relaxed);
        self.subscription_bytes.fetch_sub(filter.len(), Ordering::Relaxed);
    }

    pub fn metrics(&self) -> TenantMetrics {
        let size = |counter: &AtomicUsize| counter.load(Ordering::Relaxed) as u64;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TenantMetrics {
            connections: size(&self.connections),
            sessions: size(&self.sessions),
            subscriptions: size(&self.subscriptions),
            retained_messages: size(&self.retained_messages),
            retained_bytes: size(&self.retained_bytes),
            queued_bytes: size(&self.queued_bytes),
            messages_received: count(&self.messages_received),
            bytes_received: count(&self.bytes_received),
            messages_sent: count(&self.messages_sent),
            bytes_sent: count(&self.bytes_sent),
            messages_dropped: count(&self.messages_dropped),
            messages_refused: count(&self.messages_refused),
            refusals: count(&self.refusals),
        }
    }
}

/// A leaky bucket (GCRA) of one second's depth: the instant at which everything taken so far would be paid for.
#[derive(Debug)]
pub(super) struct Rate {
    began: Instant,
    paid_until_ns: AtomicU64,
}

const BURST_NS: u64 = 1_000_000_000;

impl Rate {
    pub fn new(began: Instant) -> Rate {
        Rate { began, paid_until_ns: AtomicU64::new(0) }
    }

    pub fn forgive(&self) {
        self.paid_until_ns.store(0, Ordering::Relaxed);
    }

    pub fn take(&self, count: u64, per_s: u64, now: Instant) -> Option<Instant> {
        let now_ns = now.saturating_duration_since(self.began).as_nanos() as u64;
        let cost = count.saturating_mul(1_000_000_000) / per_s.max(1);
        let paid = self.paid_until_ns.load(Ordering::Relaxed).max(now_ns) + cost;
        // A lost race lets a few more through, which the next ones pay for.
        self.paid_until_ns.store(paid, Ordering::Relaxed);
        let ahead = paid - now_ns;
        (ahead > BURST_NS).then(|| now + std::time::Duration::from_nanos(ahead - BURST_NS))
    }
}

/// What one identity may say, over all of its connections.
#[derive(Debug)]
pub(super) struct Pace {
    messages: Rate,
    bytes: Rate,
}

impl Pace {
    pub fn new() -> Pace {
        let began = Instant::now();
        Pace { messages: Rate::new(began), bytes: Rate::new(began) }
    }

    /// When the next messages may be taken, after these; `None` for now.
    pub fn take(&self, messages: u32, bytes: u64, limits: &Limits, now: Instant) -> Option<Instant> {
        let messages = self.messages.take(messages.into(), limits.client_messages_per_s.into(), now);
        messages.max(self.bytes.take(bytes, limits.client_bytes_per_s, now))
    }

    /// Nothing of what was said so far has to be paid for any more.
    pub fn forgive(&self) {
        self.messages.forgive();
        self.bytes.forgive();
    }
}

/// Every organisation that was ever seen.
pub(super) struct Tenants {
    known: Mutex<HashMap<Arc<str>, Arc<Tenant>>>,
    bounds: Arc<Bounds>,
    began: Instant,
}

impl Tenants {
    pub fn new(bounds: &Arc<Bounds>) -> Tenants {
        Tenants { known: Mutex::default(), bounds: bounds.clone(), began: Instant::now() }
    }

    pub fn of(&self, name: &Arc<str>) -> Arc<Tenant> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Tenant::new(name.clone(), self.bounds.clone(), self.began));
        known.entry(name.clone()).or_insert_with(new).clone()
    }

    pub fn all(&self) -> Vec<Arc<Tenant>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub fn find(&self, name: &str) -> Option<Arc<Tenant>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}
