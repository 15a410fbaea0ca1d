//! What comes due while nobody does anything: wills that were delayed, and the ends of sessions whose clients stay away.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Broker;
use super::router::{From, Routed};
use super::seat::Seat;
use super::space::Space;
use crate::codec::Will;
use crate::journal::Record;
use crate::port::{Handler, Message, Outcome};
use crate::session::UnixMs;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Whether something of what is retained has expired; what has is not delivered meanwhile.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
const WILL_PATIENCE: Duration = Duration::from_secs(10);

/// A will that was not taken back.
pub(super) struct PendingWill<H: Handler> {
    pub seat: Arc<Seat>,
    /// `None` when a crash left it behind.
    pub client: Option<Arc<H::Client>>,
    /// Of the seat's wills.
    pub number: u64,
    pub will: Will,
}

struct Absence<H: Handler> {
    seat: Arc<Seat>,
    ends: Option<Instant>,
    will: Option<(Instant, PendingWill<H>)>,
}

impl<H: Handler> Absence<H> {
    fn due(&self) -> Option<Instant> {
        let will = self.will.as_ref().map(|(at, _)| *at);
        self.ends.into_iter().chain(will).min()
    }
}

type Over<H> = (Arc<Seat>, Option<PendingWill<H>>);

struct Inner<H: Handler> {
    absent: HashMap<u64, Absence<H>>,
    order: BTreeMap<(Instant, u64), ()>,
}

pub(super) struct Dues<H: Handler> {
    inner: Mutex<Inner<H>>,
}

impl<H: Handler> Default for Dues<H> {
    fn default() -> Self {
        Dues { inner: Mutex::new(Inner { absent: HashMap::new(), order: BTreeMap::new() }) }
    }
}

impl<H: Handler> Inner<H> {
    fn remove(&mut self, seat: u64) -> Option<Absence<H>> {
        let absence = self.absent.remove(&seat)?;
        if let Some(due) = absence.due() {
            self.order.remove(&(due, seat));
        }
        Some(absence)
    }

    fn insert(&mut self, absence: Absence<H>) {
        let number = absence.seat.number;
        self.remove(number);
        if let Some(due) = absence.due() {
            self.order.insert((due, number), ());
        }
        self.absent.insert(number, absence);
    }
}

impl<H: Handler> Dues<H> {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner<H>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client of a kept session went; its will, if it left one, comes later.
    pub fn away(&self, seat: &Arc<Seat>, expiry_s: u32, will: Option<(Duration, PendingWill<H>)>) {
        let now = Instant::now();
        let ends = (expiry_s < u32::MAX).then(|| now + Duration::from_secs(u64::from(expiry_s)));
        let will = will.map(|(delay, will)| (now + delay, will));
        self.inner().insert(Absence { seat: seat.clone(), ends, will });
    }

    /// A session that was there before the start.
    pub fn restored(
        &self,
        broker: &Broker<H>,
        seat: &Arc<Seat>,
        away: UnixMs,
        expiry_s: u32,
        will: Option<Box<Will>>,
    ) {
        let gone_s = broker.now().saturating_sub(away) / 1_000;
        let left_s = match expiry_s {
            u32::MAX => u32::MAX,
            expiry_s => expiry_s.saturating_sub(u32::try_from(gone_s).unwrap_or(u32::MAX)),
        };
        let will = will.map(|will| {
            let delay_s = u64::from(will.properties.will_delay_s().copied().unwrap_or(0));
            let pending =
                PendingWill { seat: seat.clone(), client: None, number: seat.will_number(), will: *will };
            (Duration::from_secs(delay_s.saturating_sub(gone_s)), pending)
        });
        self.away(seat, left_s, will);
    }

    /// The client is back: nothing of it is due.
    pub fn forget(&self, seat: &Seat) {
        self.inner().remove(seat.number);
    }

    /// The will of a session that ends.
    pub fn take_will(&self, seat: &Seat) -> Option<PendingWill<H>> {
        let absence = self.inner().remove(seat.number)?;
        absence.will.map(|(_, will)| will)
    }

    /// Everything that is due: wills, and sessions that are over with theirs.
    fn take_due(&self, now: Instant) -> (Vec<PendingWill<H>>, Vec<Over<H>>) {
        let (mut wills, mut over) = (Vec::new(), Vec::new());
        let mut inner = self.inner();
        while let Some((&(due, number), ())) = inner.order.first_key_value()
            && due <= now
        {
            let Some(mut absence) = inner.remove(number) else { break };
            if absence.ends.is_some_and(|at| at <= now) {
                over.push((absence.seat, absence.will.map(|(_, will)| will)));
                continue;
            }
            if let Some((_, will)) = absence.will.take_if(|(at, _)| *at <= now) {
                wills.push(will);
            }
            inner.insert(absence);
        }
        (wills, over)
    }
}

impl<H: Handler> Broker<H> {
    /// Ends sessions, publishes wills and forgets retained messages when their time has come, until `stop` resolves.
    pub async fn tend(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut swept = Instant::now();
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(LOOK_EVERY) => self.look_at_dues(),
            }
            if swept.elapsed() >= SWEEP_EVERY {
                swept = Instant::now();
                self.forget_expired();
            }
        }
    }

    /// Retained messages whose time is over are delivered to nobody; here they give back their room.
    fn forget_expired(&self) {
        let now = self.now();
        let spaces: Vec<Arc<Space>> =
            self.spaces.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for space in spaces {
            if space.read().next_expiry().is_none_or(|at| at > now) {
                continue;
            }
            let mut topics = space.write();
            for letter in topics.take_expired(now) {
                space.tenant.retained_messages.fetch_sub(1, Ordering::Relaxed);
                space.tenant.retained_bytes.fetch_sub(letter.bytes(), Ordering::Relaxed);
                let (space, topic) = (space.name.clone(), letter.topic.clone());
                self.keeper.record(Record::Unretained { space, topic });
            }
        }
    }

    fn look_at_dues(self: &Arc<Self>) {
        let (wills, over) = self.dues.take_due(Instant::now());
        wills.into_iter().for_each(|will| publish_will(self, will, false));
        over.into_iter().for_each(|(seat, will)| self.end_with(&seat, will));
    }
}

/// Publishes a will as its client would have, with the rights it has now; not awaited by who calls. That it is said, or
/// with `ends` that its session is over, is recorded when it is: a crash before says it at the next start.
pub(super) fn publish_will<H: Handler>(broker: &Arc<Broker<H>>, pending: PendingWill<H>, ends: bool) {
    let broker = broker.clone();
    // Without a runtime the process is ending: what is kept says the will at the next start.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let PendingWill { seat, client, number, will } = pending;
        let client = match client {
            Some(client) => Some(client),
            None => broker.handler.absent(&seat.identity).await.map(Arc::new),
        };
        if let Some(client) = client {
            publish_now(&broker, &seat, &client, will).await;
        }
        let session = seat.number;
        let mut batch = broker.keeper.batch();
        if seat.kept && ends {
            batch.add(Record::Ended { session });
        } else if seat.kept && seat.will_number() == number {
            // Else its client came back meanwhile, with the will of another connection.
            batch.add(Record::NoWill { session });
        }
    });
}

pub(super) async fn publish_now<H: Handler>(
    broker: &Arc<Broker<H>>,
    seat: &Arc<Seat>,
    client: &Arc<H::Client>,
    will: Will,
) {
    let peer = seat.live().map_or_else(|| ([0, 0, 0, 0], 0).into(), |live| live.peer);
    // Asked again: the right may be gone, and the house may be cutting this client for that reason.
    if !broker.handler.may_publish(client, &will.topic, will.retain) {
        return;
    }
    let Will { qos, retain, properties, topic, payload } = will;
    let message = Message { topic, payload, qos, retain, dup: false, will: true, properties };
    if let Some(space) = &seat.space {
        let from = From::seat(seat);
        let until = Instant::now() + WILL_PATIENCE;
        while let Routed::Later(_) = broker.route(space, &message, from, None) {
            if Instant::now() > until {
                broker.handler.violated(Some(client), peer, "the will found no room");
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    if broker.handler.wants(client, &message.topic) {
        let published =
            tokio::time::timeout(broker.limits().drain_time, broker.handler.publish(client, message));
        if published.await != Ok(Outcome::Accepted) {
            broker.handler.violated(Some(client), peer, "the will was not accepted");
        }
    }
}
