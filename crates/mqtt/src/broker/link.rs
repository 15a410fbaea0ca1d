//! What the rest of the process sees of a live connection: its subscriptions, its bounded queue, and the rope to
//! cut it with.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use super::Limits;
use crate::codec::{
    Packet, Properties, Property, Publish, Qos, ReasonCode, SubscribeOptions, Text, Variable, Version,
    encoded_bytes,
};
use crate::topic::matches;

/// A message of the house for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub topic: Text,
    pub payload: Bytes,
    /// At most this; a subscription may ask for less.
    pub qos: Qos,
    pub retain: bool,
    pub properties: Properties,
}

#[derive(Debug)]
struct Subscription {
    filter: Box<str>,
    options: SubscribeOptions,
    identifier: Option<Variable>,
}

/// A message in the queue of one client, at the quality its subscriptions granted.
struct Delivery {
    message: Arc<Outgoing>,
    qos: Qos,
    identifiers: Vec<Variable>,
}

impl Delivery {
    fn bytes(&self) -> usize {
        self.message.topic.len() + self.message.payload.len()
    }

    fn to_publish(&self) -> Publish {
        let mut properties = self.message.properties.clone();
        for identifier in &self.identifiers {
            properties.push(Property::SubscriptionIdentifier(*identifier));
        }
        Publish {
            dup: false,
            qos: self.qos,
            retain: self.message.retain,
            topic: self.message.topic.clone(),
            id: None,
            properties,
            payload: self.message.payload.clone(),
        }
    }
}

/// What came of offering a message to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Queued,
    NotSubscribed,
    Busy,
    TooLarge,
    Gone,
}

#[derive(Default)]
struct Inner {
    subscriptions: Vec<Subscription>,
    queue: VecDeque<Delivery>,
    queue_bytes: usize,
    cut: Option<ReasonCode>,
    closed: bool,
}

pub(super) struct Link {
    pub identity: Arc<str>,
    pub client_id: Text,
    pub listener: u64,
    version: Version,
    peer_packet_bytes_max: usize,
    waker: AtomicWaker,
    inner: Mutex<Inner>,
    ended: AtomicBool,
    ending: Notify,
}

impl Link {
    pub fn new(
        identity: Arc<str>,
        client_id: Text,
        listener: u64,
        version: Version,
        peer_packet_bytes_max: usize,
    ) -> Self {
        Link {
            identity,
            client_id,
            listener,
            version,
            peer_packet_bytes_max,
            waker: AtomicWaker::new(),
            inner: Mutex::default(),
            ended: AtomicBool::new(false),
            ending: Notify::new(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `message` when a subscription matches it and there is room.
    pub fn offer(&self, message: &Arc<Outgoing>, limits: &Limits) -> Offer {
        let mut inner = self.inner();
        if inner.closed || inner.cut.is_some() {
            return Offer::Gone;
        }
        let matching = inner.subscriptions.iter().filter(|sub| matches(&sub.filter, &message.topic));
        let mut granted = None;
        let mut identifiers = Vec::new();
        for subscription in matching {
            granted = granted.max(Some(subscription.options.qos));
            identifiers.extend(subscription.identifier);
        }
        let Some(granted) = granted else {
            return Offer::NotSubscribed;
        };
        let delivery = Delivery { message: message.clone(), qos: granted.min(message.qos), identifiers };
        if !self.fits(&delivery) {
            return Offer::TooLarge;
        }
        let bytes = delivery.bytes();
        if inner.queue.len() >= limits.queue_messages || inner.queue_bytes + bytes > limits.queue_bytes {
            return Offer::Busy;
        }
        inner.queue_bytes += bytes;
        inner.queue.push_back(delivery);
        drop(inner);
        self.waker.wake();
        Offer::Queued
    }

    /// Whether the client takes a packet of this size [MQTT-3.1.2-24].
    fn fits(&self, delivery: &Delivery) -> bool {
        let mut publish = delivery.to_publish();
        publish.id = (publish.qos != Qos::AtMostOnce).then_some(crate::codec::PacketId::MIN);
        encoded_bytes(&Packet::Publish(publish), self.version)
            .is_ok_and(|bytes| bytes <= self.peer_packet_bytes_max)
    }

    /// Hands queued messages to `take`, oldest first, until it declines one; or says why the connection must end.
    pub fn take_queued(
        &self,
        mut take: impl FnMut(Qos, &mut dyn FnMut() -> Publish) -> bool,
    ) -> Option<ReasonCode> {
        let mut inner = self.inner();
        if inner.cut.is_some() {
            return inner.cut;
        }
        while let Some(delivery) = inner.queue.front() {
            if !take(delivery.qos, &mut || delivery.to_publish()) {
                return None;
            }
            let bytes = delivery.bytes();
            inner.queue_bytes -= bytes;
            inner.queue.pop_front();
        }
        if inner.queue.capacity() > 0 {
            inner.queue = VecDeque::new();
        }
        None
    }

    /// Adds or replaces a subscription [MQTT-3.8.4-3]; false when there are too many.
    pub fn subscribe(
        &self,
        filter: &str,
        options: SubscribeOptions,
        identifier: Option<Variable>,
        subscriptions_max: usize,
    ) -> bool {
        let mut inner = self.inner();
        if let Some(known) = inner.subscriptions.iter_mut().find(|known| &*known.filter == filter) {
            known.options = options;
            known.identifier = identifier;
            return true;
        }
        if inner.subscriptions.len() >= subscriptions_max {
            return false;
        }
        inner.subscriptions.push(Subscription { filter: filter.into(), options, identifier });
        true
    }

    /// Whether there was such a subscription.
    pub fn unsubscribe(&self, filter: &str) -> bool {
        let mut inner = self.inner();
        let before = inner.subscriptions.len();
        inner.subscriptions.retain(|known| &*known.filter != filter);
        inner.subscriptions.len() < before
    }

    /// Asks the connection to end; the first reason stands.
    pub fn cut(&self, reason: ReasonCode) {
        let mut inner = self.inner();
        inner.cut.get_or_insert(reason);
        drop(inner);
        self.waker.wake();
    }

    pub fn is_cut(&self) -> Option<ReasonCode> {
        self.inner().cut
    }

    pub fn is_open(&self) -> bool {
        let inner = self.inner();
        !inner.closed && inner.cut.is_none()
    }

    /// No message is taken from here on.
    pub fn close(&self) {
        let mut inner = self.inner();
        inner.closed = true;
        inner.queue = VecDeque::new();
        inner.queue_bytes = 0;
        inner.subscriptions = Vec::new();
    }

    /// Everything about this connection is over, the house has been told.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.ending.notify_waiters();
    }

    pub async fn ended(&self) {
        let ending = self.ending.notified();
        if !self.ended.load(Ordering::Acquire) {
            ending.await;
        }
    }

    pub fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }
}
