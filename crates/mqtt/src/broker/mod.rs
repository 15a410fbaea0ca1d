//! The broker around the pure parts: listeners, one task per connection, sessions, topic spaces, and the doors through
//! which the house reaches its clients.

mod bounds;
mod connection;
mod cuts;
mod desk;
mod greeting;
mod group;
mod handling;
mod keeper;
mod limits;
mod listener;
mod live;
mod opening;
mod owed;
mod registry;
mod router;
mod seat;
mod sessions;
mod space;
mod strangers;
mod stream;
mod subscriptions;
mod taken;
mod tenant;
mod tending;
mod trace;
mod trie;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use rustls::pki_types::CertificateDer;

use tokio::sync::watch;

use crate::codec::{Properties, Qos, ReasonCode, Text};
use crate::journal::Journal;
use crate::port::Handler;
use crate::session::{Delivery, Letter, UnixMs};
use crate::topic::matches;
use bounds::Bounds;
use cuts::Cuts;
pub use desk::{ClientView, Overheard, RetainedView, Watch};
use keeper::Keeper;
pub use limits::Limits;
pub use listener::TlsProvider;
use registry::Registry;
use seat::Offer;
use space::Space;
use strangers::Strangers;
use tenant::Tenants;
pub use tenant::{TenantMetrics, TenantQuota};
use tending::Dues;
pub use trace::TraceLine;
use trace::Traces;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    pub peer: SocketAddr,
    pub local: SocketAddr,
    pub tls: bool,
    pub certificate: Option<CertificateDer<'static>>,
}

/// A message of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub topic: Text,
    pub payload: Bytes,
    /// At most this; a subscription may ask for less.
    pub qos: Qos,
    pub retain: bool,
    pub properties: Properties,
}

/// In how many sessions a message was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendReceipt {
    pub queued: usize,
    /// Sessions that should have had it too, but whose queues are full.
    pub busy: usize,
}

/// Why nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("the client is not connected")]
    NotConnected,
    #[error("the client has no subscription for this topic")]
    NotSubscribed,
    #[error("the client's queue is full")]
    Busy,
    #[error("the message is larger than the client takes")]
    TooLarge,
}

/// Milliseconds since the Unix epoch.
pub type WallClock = Arc<dyn Fn() -> UnixMs + Send + Sync>;

/// What a broker stands on.
pub struct Ground {
    pub limits: Limits,
    pub quota: TenantQuota,
    /// Without one, nothing survives the process.
    pub journal: Option<Box<dyn Journal>>,
    pub clock: WallClock,
}

pub struct Broker<H: Handler> {
    handler: Arc<H>,
    bounds: Arc<Bounds>,
    clock: WallClock,
    keeper: Keeper,
    registry: Registry,
    tenants: Tenants,
    spaces: RwLock<HashMap<Text, Arc<Space>>>,
    dues: Dues<H>,
    cuts: Cuts,
    traces: Traces,
    connections: AtomicUsize,
    strangers: AtomicUsize,
    stranger_networks: Arc<Strangers>,
    clients: AtomicUsize,
    listeners: AtomicU64,
    /// What `attend` serves hears here that it is over.
    attending: watch::Sender<bool>,
    numbers: AtomicU64,
    /// The house as a publisher.
    house: Arc<str>,
}

impl<H: Handler> Drop for Broker<H> {
    fn drop(&mut self) {
        self.keeper.end();
    }
}

impl<H: Handler> Broker<H> {
    /// A broker that keeps nothing beyond its process.
    pub fn new(handler: Arc<H>, limits: Limits) -> Arc<Self> {
        let clock = Arc::new(|| 0);
        Self::standing(handler, limits, TenantQuota::default(), clock, Keeper::forgetful())
    }

    /// A broker that knows again what its journal holds. `tend` has to run beside it.
    pub fn open(handler: Arc<H>, ground: Ground) -> std::io::Result<Arc<Self>> {
        let Ground { limits, quota, journal, clock } = ground;
        let Some(journal) = journal else {
            return Ok(Self::standing(handler, limits, quota, clock, Keeper::forgetful()));
        };
        let (keeper, kept) = Keeper::start(journal)?;
        let broker = Self::standing(handler, limits, quota, clock, keeper);
        broker.restore(kept);
        Ok(broker)
    }

    fn standing(
        handler: Arc<H>,
        limits: Limits,
        quota: TenantQuota,
        clock: WallClock,
        keeper: Keeper,
    ) -> Arc<Self> {
        let bounds = Arc::new(Bounds::new(limits, quota));
        Arc::new(Broker {
            handler,
            clock,
            keeper,
            registry: Registry::default(),
            tenants: Tenants::new(&bounds),
            bounds,
            spaces: RwLock::default(),
            dues: Dues::default(),
            cuts: Cuts::default(),
            traces: Traces::default(),
            connections: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            stranger_networks: Arc::default(),
            clients: AtomicUsize::new(0),
            listeners: AtomicU64::new(1),
            attending: watch::Sender::new(false),
            numbers: AtomicU64::new(1),
            house: "".into(),
        })
    }

    pub fn handler(&self) -> &Arc<H> {
        &self.handler
    }

    fn limits(&self) -> Arc<Limits> {
        self.bounds.limits()
    }

    /// From now on these hold. Connections, sessions and messages that are there already stay, however many; who was held
    /// back for its rate goes on by the new one. What was agreed upon at CONNECT holds for that connection.
    pub fn change_bounds(&self, limits: Limits, quota: TenantQuota) {
        self.bounds.replace(limits, quota);
        self.tenants.all().iter().for_each(|tenant| tenant.forgive());
        for seat in self.registry.all() {
            seat.pace.forgive();
            seat.go_on();
        }
    }

    fn now(&self) -> UnixMs {
        (self.clock)()
    }

    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The space of a name, made when it is first needed.
    fn space(&self, name: &Text, tenant: &Arc<str>) -> Arc<Space> {
        let known = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        known.unwrap_or_else(|| {
            let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Space::new(name.clone(), self.tenants.of(tenant)));
            spaces.entry(name.clone()).or_insert_with(new).clone()
        })
    }

    fn space_named(&self, name: &str) -> Option<Arc<Space>> {
        let name = Text::new(name)?;
        self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }

    /// Queues `message` for every live session of `identity` that subscribes to its topic. Queued is not delivered:
    /// what is in a queue when the connection ends may be gone, and `Handler::disconnected` says that it ended.
    pub fn send(&self, identity: &str, message: Outgoing) -> Result<SendReceipt, SendError> {
        let Outgoing { topic, payload, qos, retain, properties } = message;
        let number = self.keeper.next_letter();
        let letter = Arc::new(Letter { number, topic, payload, qos, properties, expires_at: None });
        let mut receipt = SendReceipt { queued: 0, busy: 0 };
        let mut error = SendError::NotConnected;
        for seat in self.registry.of_identity(identity) {
            if !seat.is_open() {
                continue;
            }
            let subscriptions = seat.subscriptions();
            let matching: Vec<_> = subscriptions
                .iter()
                .filter(|subscription| matches(&subscription.filter, &letter.topic))
                .collect();
            let Some(granted) = matching.iter().map(|subscription| subscription.options.qos).max() else {
                if error == SendError::NotConnected {
                    error = SendError::NotSubscribed;
                }
                continue;
            };
            if self.room(&seat, &letter) != seat::Room::Yes {
                receipt.busy += 1;
                continue;
            }
            let identifiers = matching.iter().filter_map(|subscription| subscription.identifier).collect();
            let qos = granted.min(letter.qos);
            let letter = letter.clone();
            let delivery = Delivery { letter, qos, retain, identifiers, entry: 0, id: None, position: 0 };
            match seat.push(delivery) {
                Offer::Queued => receipt.queued += 1,
                Offer::TooLarge => error = SendError::TooLarge,
                Offer::Gone | Offer::OutOfIds => {}
            }
        }
        match receipt {
            SendReceipt { queued: 0, busy: 0 } => Err(error),
            SendReceipt { queued: 0, .. } => Err(SendError::Busy),
            receipt => Ok(receipt),
        }
    }

    /// Publishes in a space for the house. What it gives resolves once what has to survive is durable. The house waits
    /// for nobody: where a client has to catch up first, it is told so.
    pub fn publish(
        &self,
        space: &str,
        tenant: &str,
        message: Outgoing,
    ) -> Result<impl Future<Output = ()> + Send + 'static, ReasonCode> {
        let name = Text::new(space).ok_or(ReasonCode::TopicNameInvalid)?;
        let space = self.space(&name, &tenant.into());
        let Outgoing { topic, payload, qos, retain, properties } = message;
        let message = router::message(topic, payload, qos, retain, properties);
        let from = router::From { seat: 0, identity: &self.house, counts: false };
        match self.route(&space, &message, from, None) {
            router::Routed::Sent(position) => {
                let keeper = self.keeper.clone();
                Ok(async move { keeper.committed(position).await })
            }
            router::Routed::Refused(reason) => Err(reason),
            router::Routed::Later(_) => Err(ReasonCode::ServerBusy),
        }
    }

    /// Whether somebody in a space would get this topic now.
    pub fn listens(&self, space: &str, topic: &str) -> bool {
        let Some(space) = self.space_named(space) else { return false };
        let mut found = false;
        space.read().standing.matching(topic, &mut |standing| {
            found |= match standing {
                space::Standing::One(subscription) => subscription.seat.is_open(),
                space::Standing::Group(group) => group.members().iter().any(|member| member.seat.is_open()),
                space::Standing::Watcher { .. } => false,
            };
        });
        found
    }

    /// Cuts every live session of `identity` at once, and those that are being opened by what the house said of it
    /// before; says how many there were.
    pub fn disconnect(&self, identity: &str, reason: ReasonCode) -> usize {
        self.cuts.note(identity);
        let seats = self.registry.of_identity(identity);
        seats.iter().filter(|seat| seat.is_open() && seat.cut(reason)).count()
    }

    /// Cuts `identity` and ends its sessions: nothing waits for it any more.
    pub fn forget(self: &Arc<Self>, identity: &str, reason: ReasonCode) {
        self.cuts.note(identity);
        for seat in self.registry.of_identity(identity) {
            seat.cut(reason);
            self.end(&seat);
        }
    }

    /// Cuts everybody in a space, ends their sessions, and forgets what is retained there.
    pub fn close_space(self: &Arc<Self>, name: &str) {
        self.cuts.note(name);
        let Some(space) = self.space_named(name) else { return };
        self.spaces.write().unwrap_or_else(PoisonError::into_inner).remove(&space.name);
        for seat in self.registry.all() {
            if seat.space.as_ref().is_some_and(|known| Arc::ptr_eq(known, &space)) {
                seat.cut(ReasonCode::NotAuthorized);
                self.end(&seat);
            }
        }
        let retained = space.write().forget_all();
        let (tenant, count) = (&space.tenant, retained.len());
        tenant.retained_messages.fetch_sub(count, Ordering::Relaxed);
        let bytes = retained.iter().map(|letter| letter.bytes()).sum();
        tenant.retained_bytes.fetch_sub(bytes, Ordering::Relaxed);
        for letter in retained {
            let (space, topic) = (space.name.clone(), letter.topic.clone());
            self.keeper.record(crate::journal::Record::Unretained { space, topic });
        }
    }

    /// Whether some session of `identity` is live.
    pub fn connected(&self, identity: &str) -> bool {
        self.registry.is_open(identity)
    }

    /// Clients that were let in and have not left.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Resolves once everything that has to survive is durable.
    pub async fn flushed(&self) {
        self.keeper.flushed().await;
    }

    /// Whether what has to survive cannot be written at the moment.
    pub fn is_failing(&self) -> bool {
        self.keeper.is_failing()
    }
}
