//! The limits and quotas that stand at the moment: an operator changes them while the broker runs, and everybody goes by
//! them from then on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::limits::Limits;
use super::tenant::TenantQuota;

#[derive(Debug)]
pub(super) struct Bounds {
    standing: RwLock<(Arc<Limits>, TenantQuota)>,
    /// Those that every message asks for, where a lock would be felt.
    queue_messages: AtomicUsize,
    queue_bytes: AtomicUsize,
    tenant_queued_bytes: AtomicUsize,
}

impl Bounds {
    pub fn new(limits: Limits, quota: TenantQuota) -> Bounds {
        Bounds {
            queue_messages: AtomicUsize::new(limits.queue_messages),
            queue_bytes: AtomicUsize::new(limits.queue_bytes),
            tenant_queued_bytes: AtomicUsize::new(quota.queued_bytes),
            standing: RwLock::new((Arc::new(limits), quota)),
        }
    }

    pub fn replace(&self, limits: Limits, quota: TenantQuota) {
        self.queue_messages.store(limits.queue_messages, Ordering::Relaxed);
        self.queue_bytes.store(limits.queue_bytes, Ordering::Relaxed);
        self.tenant_queued_bytes.store(quota.queued_bytes, Ordering::Relaxed);
        *self.standing.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(limits), quota);
    }

    pub fn limits(&self) -> Arc<Limits> {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Of one organisation.
    pub fn quota(&self) -> TenantQuota {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Messages and bytes that may wait for one client.
    pub fn queue(&self) -> (usize, usize) {
        (self.queue_messages.load(Ordering::Relaxed), self.queue_bytes.load(Ordering::Relaxed))
    }

    /// Bytes that may wait for all clients of an organisation.
    pub fn tenant_queued_bytes(&self) -> usize {
        self.tenant_queued_bytes.load(Ordering::Relaxed)
    }
}
