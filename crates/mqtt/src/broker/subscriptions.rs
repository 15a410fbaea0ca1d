//! The subscriptions of one session, in the order of their filters, so that one among thousands is found at once: a client
//! that changes all of them again and again keeps nobody else waiting.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::limits::Limits;
use super::owed::Owed;
use super::seat::Seat;
use crate::codec::{ReasonCode, SubscribeOptions, Text, Variable};

/// A subscription as it stands.
#[derive(Debug)]
pub(super) struct Subscription {
    pub seat: Arc<Seat>,
    /// As the client named it, `$share/group/` included.
    pub filter: Text,
    pub options: SubscribeOptions,
    pub identifier: Option<Variable>,
    /// When not empty: only topics that one of these filters covers.
    pub within: Vec<Text>,
    /// It was replaced or taken back: nothing is owed to it any more.
    pub over: AtomicBool,
}

impl Subscription {
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Owed to subscriptions that are over, before they are looked for.
const OVER_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    sorted: Vec<Arc<Subscription>>,
    bytes: usize,
    owed: VecDeque<Owed>,
}

impl Subscriptions {
    fn place(&self, filter: &Text) -> Result<usize, usize> {
        self.sorted.binary_search_by(|known| known.filter.cmp(filter))
    }

    pub fn all(&self) -> &[Arc<Subscription>] {
        &self.sorted
    }

    /// Puts it in its place; the one that stood there before.
    pub fn put(
        &mut self,
        new: Arc<Subscription>,
        has_room: impl Fn(&Subscriptions) -> bool,
    ) -> Result<Option<Arc<Subscription>>, ReasonCode> {
        match self.place(&new.filter) {
            Ok(at) => {
                let before = std::mem::replace(&mut self.sorted[at], new);
                before.end();
                Ok(Some(before))
            }
            Err(_) if !has_room(self) => Err(ReasonCode::QuotaExceeded),
            Err(at) => {
                self.bytes += new.filter.len();
                self.sorted.insert(at, new);
                Ok(None)
            }
        }
    }

    pub fn is_within(&self, limits: &Limits, filter: &Text) -> bool {
        self.sorted.len() < limits.subscriptions && self.bytes + filter.len() <= limits.subscription_bytes
    }

    pub fn take(&mut self, filter: &Text) -> Option<Arc<Subscription>> {
        let gone = self.sorted.remove(self.place(filter).ok()?);
        self.bytes -= gone.filter.len();
        gone.end();
        Some(gone)
    }

    /// A subscription that is to have what is retained.
    pub fn owe(&mut self, owed: Owed) {
        if self.owed.len() > 2 * self.sorted.len() + OVER_MAX {
            self.owed.retain(|owed| !owed.subscription.is_over());
        }
        self.owed.push_back(owed);
    }

    pub fn take_owed(&mut self) -> VecDeque<Owed> {
        std::mem::take(&mut self.owed)
    }

    /// What there was no room for.
    pub fn owe_again(&mut self, owed: VecDeque<Owed>) {
        self.owed = owed;
    }
}
