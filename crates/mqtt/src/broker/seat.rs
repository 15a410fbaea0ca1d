//! What the broker has of one client, between connections and during one: its subscriptions, what waits for it, what was
//! sent and is not over, and the rope to cut a live connection with.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use super::limits::Limits;
use super::live::Live;
use super::owed::Owed;
use super::space::Space;
use super::subscriptions::{Subscription, Subscriptions};
use super::tenant::{Pace, Tenant};
use super::trace::Trace;
use crate::codec::{PacketId, ReasonCode, Text};
use crate::session::{AtRest, Delivery};

#[derive(Debug, Default)]
struct Inner {
    subscriptions: Subscriptions,
    queue: VecDeque<Delivery>,
    live: Option<Live>,
    cut: Option<ReasonCode>,
    at_rest: AtRest,
    /// Identifiers of what waits and of what is on its way, in a session that is kept.
    ids: HashSet<PacketId>,
    last_id: u16,
    ended: bool,
    room_wakers: Vec<Waker>,
}

impl Inner {
    fn unused_id(&mut self) -> Option<PacketId> {
        for _ in 0..u16::MAX {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            let id = PacketId::new(self.last_id);
            if id.is_some_and(|id| !self.ids.contains(&id)) {
                return id;
            }
        }
        None
    }
}

const IDS_IN_RESERVE: usize = 256;

/// What offering a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Queued,
    TooLarge,
    Gone,
    /// As many messages of a kept session are under way or wait as there are identifiers.
    OutOfIds,
}

/// Whether more may wait for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Yes,
    /// The client is there and does not keep up.
    Later,
    /// The client is away.
    No,
}

#[derive(Debug)]
pub(super) struct Seat {
    /// Unique, also in the journal.
    pub number: u64,
    pub identity: Arc<str>,
    pub client_id: Text,
    pub space: Option<Arc<Space>>,
    pub tenant: Arc<Tenant>,
    /// Survives its connection and a crash.
    pub kept: bool,
    pub pace: Arc<Pace>,
    /// Many share its identity: what bounds one client does not bound it.
    pub many: AtomicBool,
    trace: OnceLock<Arc<Trace>>,
    waker: AtomicWaker,
    inner: Mutex<Inner>,
    waiting_messages: AtomicUsize,
    waiting_bytes: AtomicUsize,
    somebody_waits: AtomicBool,
    owes: AtomicBool,
    goes_on: AtomicBool,
    /// How many wills it was given, or had taken back.
    wills: AtomicU64,
    pub messages_in: AtomicU64,
    pub messages_out: AtomicU64,
    freed: Notify,
}

impl Seat {
    pub fn new(
        number: u64,
        identity: Arc<str>,
        client_id: Text,
        space: Option<Arc<Space>>,
        tenant: Arc<Tenant>,
        (kept, pace): (bool, Arc<Pace>),
    ) -> Seat {
        tenant.sessions.fetch_add(1, Ordering::Relaxed);
        Seat {
            number,
            identity,
            client_id,
            space,
            tenant,
            kept,
            pace,
            many: AtomicBool::new(false),
            trace: OnceLock::new(),
            waker: AtomicWaker::new(),
            inner: Mutex::default(),
            waiting_messages: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            somebody_waits: AtomicBool::new(false),
            owes: AtomicBool::new(false),
            goes_on: AtomicBool::new(false),
            wills: AtomicU64::new(0),
            messages_in: AtomicU64::new(0),
            messages_out: AtomicU64::new(0),
            freed: Notify::new(),
        }
    }

    /// The trace of its client, when it is on.
    pub fn traced(&self, now: impl FnOnce() -> u64) -> Option<&Trace> {
        let trace = self.trace.get()?;
        trace.is_on(now).then_some(&**trace)
    }

    /// What is noted of its client, where somebody asked.
    pub fn trace(&self, known: Option<Arc<Trace>>) -> &Arc<Trace> {
        self.trace.get_or_init(|| known.unwrap_or_default())
    }

    /// Tells the will of one connection from those of others.
    pub fn will_number(&self) -> u64 {
        self.wills.load(Ordering::SeqCst)
    }

    /// Another connection says what its will is.
    pub fn next_will(&self) {
        self.wills.fetch_add(1, Ordering::SeqCst);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the seat for a connection; `None` when another one has it, or the session is over.
    pub fn sit(&self, live: Live) -> Option<AtRest> {
        let mut inner = self.inner();
        if inner.live.is_some() || inner.ended {
            return None;
        }
        inner.live = Some(live);
        inner.cut = None;
        Some(std::mem::take(&mut inner.at_rest))
    }

    /// The connection is over: leaves what is not. Nothing is left when another connection was let through.
    pub fn leave(&self, connection: u64, at_rest: AtRest, pending: VecDeque<Delivery>) {
        let mut inner = self.inner();
        if inner.live.as_ref().is_some_and(|live| live.connection == connection) {
            inner.live = None;
            if self.kept {
                inner.at_rest = at_rest;
                for delivery in pending.into_iter().rev() {
                    inner.queue.push_front(delivery);
                }
                // Only what is kept waits for an absent client.
                let removed = drain_where(&mut inner.queue, |delivery| delivery.entry == 0);
                self.account_gone(&removed);
            }
        }
        let wakers = self.take_room_wakers(&mut inner);
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
        self.freed.notify_waiters();
    }

    /// Resolves once no connection has the seat.
    pub async fn free(&self) {
        loop {
            let freed = self.freed.notified();
            if self.inner().live.is_none() {
                return;
            }
            freed.await;
        }
    }

    /// The session is over: its subscriptions, which the caller takes out of the space. `None` when it was before.
    pub fn end(&self) -> Option<Vec<Arc<Subscription>>> {
        let mut inner = self.inner();
        if std::mem::replace(&mut inner.ended, true) {
            return None;
        }
        let queue = std::mem::take(&mut inner.queue);
        self.account_gone(&queue);
        inner.at_rest = AtRest::default();
        inner.ids = HashSet::new();
        inner.cut.get_or_insert(ReasonCode::SessionTakenOver);
        let subscriptions = std::mem::take(&mut inner.subscriptions).all().to_vec();
        let wakers = self.take_room_wakers(&mut inner);
        drop(inner);
        self.tenant.sessions.fetch_sub(1, Ordering::Relaxed);
        subscriptions.iter().for_each(|subscription| self.tenant.unsubscribed(&subscription.filter));
        wakers.into_iter().for_each(Waker::wake);
        self.waker.wake();
        Some(subscriptions)
    }

    /// The subscription in its place, and the one that stood there before; or that there are too many.
    pub fn subscribe(
        &self,
        new: Arc<Subscription>,
        limits: Option<&Limits>,
    ) -> Result<Option<Arc<Subscription>>, ReasonCode> {
        let mut inner = self.inner();
        if inner.ended {
            return Err(ReasonCode::UnspecifiedError);
        }
        let filter = new.filter.clone();
        // What is restored after a start was within them once.
        let has_room = |known: &Subscriptions| {
            limits.is_none_or(|limits| known.is_within(limits, &filter) && self.tenant.has_room_for(&filter))
        };
        let before = inner.subscriptions.put(new, has_room)?;
        if before.is_none() {
            self.tenant.subscribed(&filter);
        }
        Ok(before)
    }

    pub fn unsubscribe(&self, filter: &Text) -> Option<Arc<Subscription>> {
        let gone = self.inner().subscriptions.take(filter)?;
        self.tenant.unsubscribed(&gone.filter);
        Some(gone)
    }

    /// A subscription that is to have what is retained.
    pub fn owe(&self, owed: Owed) {
        let mut inner = self.inner();
        if !inner.ended {
            inner.subscriptions.owe(owed);
            self.owes.store(true, Ordering::Relaxed);
        }
    }

    pub fn owes(&self) -> bool {
        self.owes.load(Ordering::Relaxed)
    }

    pub fn take_owed(&self) -> VecDeque<Owed> {
        self.inner().subscriptions.take_owed()
    }

    /// What there was no room for.
    pub fn owe_again(&self, owed: VecDeque<Owed>) {
        let mut inner = self.inner();
        if !inner.ended {
            self.owes.store(!owed.is_empty(), Ordering::Relaxed);
            inner.subscriptions.owe_again(owed);
        }
    }

    pub fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        self.inner().subscriptions.all().to_vec()
    }

    /// Whether a message of `bytes` may wait.
    pub fn room(&self, bytes: usize, messages_max: usize, bytes_max: usize) -> Room {
        let full = self.waiting_messages.load(Ordering::Relaxed) >= messages_max
            || self.waiting_bytes.load(Ordering::Relaxed) + bytes > bytes_max;
        match full {
            false => Room::Yes,
            true if self.is_open() => Room::Later,
            true => Room::No,
        }
    }

    /// Wakes once there may be room again; false when there is now.
    pub fn wake_with_room(&self, bytes: usize, messages_max: usize, bytes_max: usize, waker: &Waker) -> bool {
        let mut inner = self.inner();
        inner.room_wakers.retain(|known| !known.will_wake(waker));
        inner.room_wakers.push(waker.clone());
        self.somebody_waits.store(true, Ordering::SeqCst);
        drop(inner);
        self.room(bytes, messages_max, bytes_max) == Room::Later
    }

    pub fn holds_somebody_up(&self) -> bool {
        self.somebody_waits.load(Ordering::Relaxed)
    }

    fn take_room_wakers(&self, inner: &mut Inner) -> Vec<Waker> {
        self.somebody_waits.store(false, Ordering::SeqCst);
        std::mem::take(&mut inner.room_wakers)
    }

    /// Puts a message into the queue, whatever the bounds: those were asked before.
    pub fn push(&self, delivery: Delivery) -> Offer {
        let mut inner = self.inner();
        self.push_locked(&mut inner, delivery)
    }

    /// As `push`, with an identifier of its own that survives a crash: `make` gets it.
    pub fn push_kept(&self, make: impl FnOnce(PacketId) -> Delivery) -> Offer {
        let mut inner = self.inner();
        let Some(id) = inner.unused_id() else { return Offer::OutOfIds };
        let delivery = make(id);
        let offer = self.push_locked(&mut inner, delivery);
        if offer == Offer::Queued {
            inner.ids.insert(id);
        }
        offer
    }

    /// Whether no more messages should be offered: nearly every identifier is taken. The last ones are for those who
    /// asked at the same time.
    pub fn is_out_of_ids(&self) -> bool {
        self.kept && self.inner().ids.len() >= usize::from(u16::MAX) - IDS_IN_RESERVE
    }

    fn push_locked(&self, inner: &mut Inner, delivery: Delivery) -> Offer {
        let waits = match &inner.live {
            _ if inner.ended => return Offer::Gone,
            Some(live) if !live.takes(&delivery) => return Offer::TooLarge,
            Some(_) => inner.cut.is_none() || delivery.entry > 0,
            None => delivery.entry > 0,
        };
        if !waits {
            return Offer::Gone;
        }
        let bytes = delivery.bytes();
        self.waiting_messages.fetch_add(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.tenant.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let was_empty = inner.queue.is_empty();
        inner.queue.push_back(delivery);
        if was_empty {
            self.waker.wake();
        }
        Offer::Queued
    }

    /// A message that was there before the start.
    pub fn restore(&self, delivery: Delivery, in_flight: Option<crate::session::InFlight>) {
        let mut inner = self.inner();
        inner.ids.extend(delivery.id);
        inner.last_id = inner.last_id.max(delivery.id.map_or(0, PacketId::get));
        match in_flight {
            Some(in_flight) => inner.at_rest.in_flight.push_back(in_flight),
            None => {
                let _ = self.push_locked(&mut inner, delivery);
            }
        }
    }

    pub fn restore_received(&self, received: Vec<PacketId>) {
        self.inner().at_rest.received = received;
    }

    /// Everything that waits moves to the connection, which sends it as it can; or why the connection must end.
    pub fn take(&self, pending: &mut VecDeque<Delivery>) -> Option<ReasonCode> {
        let mut inner = self.inner();
        if inner.cut.is_some() {
            return inner.cut;
        }
        if pending.is_empty() {
            std::mem::swap(pending, &mut inner.queue);
        } else {
            pending.append(&mut inner.queue);
        }
        None
    }

    /// Messages left for the client, or are gone.
    pub fn sent(&self, messages: usize, bytes: usize) {
        self.waiting_messages.fetch_sub(messages, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.tenant.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        if self.somebody_waits.load(Ordering::SeqCst) {
            let wakers = self.take_room_wakers(&mut self.inner());
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// The exchange of an identifier of `push_kept` is over.
    pub fn forget_id(&self, id: PacketId) {
        self.inner().ids.remove(&id);
    }

    fn account_gone<'a>(&self, gone: impl IntoIterator<Item = &'a Delivery>) {
        let (mut messages, mut bytes) = (0, 0);
        for delivery in gone {
            (messages, bytes) = (messages + 1, bytes + delivery.bytes());
        }
        self.waiting_messages.fetch_sub(messages, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.tenant.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub fn waiting(&self) -> (usize, usize) {
        (self.waiting_messages.load(Ordering::Relaxed), self.waiting_bytes.load(Ordering::Relaxed))
    }

    /// Asks the connection to end; the first reason stands. False when there is none.
    pub fn cut(&self, reason: ReasonCode) -> bool {
        let mut inner = self.inner();
        if inner.live.is_none() {
            return false;
        }
        inner.cut.get_or_insert(reason);
        let wakers = self.take_room_wakers(&mut inner);
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
        self.waker.wake();
        true
    }

    /// The connection is ending: nothing goes out through it any more.
    pub fn close(&self) {
        let mut inner = self.inner();
        inner.cut.get_or_insert(ReasonCode::UnspecifiedError);
        let wakers = self.take_room_wakers(&mut inner);
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub fn is_cut(&self) -> Option<ReasonCode> {
        self.inner().cut
    }

    /// Whether a connection has the seat and goes on.
    pub fn is_open(&self) -> bool {
        let inner = self.inner();
        inner.live.is_some() && inner.cut.is_none()
    }

    pub fn live(&self) -> Option<Live> {
        self.inner().live.clone()
    }

    pub fn has_ended(&self) -> bool {
        self.inner().ended
    }

    /// Its connection is held back for its rate no longer.
    pub fn go_on(&self) {
        self.goes_on.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    pub fn takes_go_on(&self) -> bool {
        self.goes_on.swap(false, Ordering::SeqCst)
    }

    pub fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }
}

fn drain_where(queue: &mut VecDeque<Delivery>, gone: impl Fn(&Delivery) -> bool) -> Vec<Delivery> {
    let (removed, kept) = std::mem::take(queue).into_iter().partition::<Vec<_>, _>(|delivery| gone(delivery));
    *queue = kept.into();
    removed
}
