//! What people of the house look at: who is connected, what is retained, what goes by, and the metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::seat::Seat;
use super::space::{Space, Standing};
use super::{Broker, TenantMetrics, TraceLine};
use crate::codec::{Qos, ReasonCode, Text, Version};
use crate::port::Handler;
use crate::session::UnixMs;

/// A session as an operator sees it.
#[derive(Debug, Clone)]
pub struct ClientView {
    pub session: u64,
    pub identity: Arc<str>,
    pub tenant: Arc<str>,
    pub space: Option<Text>,
    pub client_id: Text,
    /// `None` while the client is away.
    pub connected: Option<ConnectedView>,
    pub kept: bool,
    pub subscriptions: Vec<Text>,
    pub queued_messages: usize,
    pub queued_bytes: usize,
    pub messages_in: u64,
    pub messages_out: u64,
}

#[derive(Debug, Clone)]
pub struct ConnectedView {
    pub version: Version,
    pub peer: std::net::SocketAddr,
    pub tls: bool,
    pub since: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedView {
    pub topic: Text,
    pub payload: Bytes,
    pub qos: Qos,
}

/// A message that went by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overheard {
    pub topic: Text,
    pub payload: Bytes,
    pub qos: Qos,
    pub retain: bool,
    /// The identity that published it; empty is the house.
    pub from: Arc<str>,
    pub at: UnixMs,
}

/// Looks on in a space until it is dropped; one that does not keep up misses messages.
pub struct Watch {
    space: Arc<Space>,
    filter: Text,
    number: u64,
    receiver: mpsc::Receiver<Overheard>,
}

impl Watch {
    pub async fn next(&mut self) -> Option<Overheard> {
        self.receiver.recv().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let number = self.number;
        self.space.write().standing.remove(
            &self.filter,
            |standing| matches!(standing, Standing::Watcher { number: known, .. } if *known == number),
        );
    }
}

const WATCHED_MAX: usize = 1_024;

impl<H: Handler> Broker<H> {
    /// Every session of an organisation, connected ones and kept ones.
    pub fn sessions_of(&self, tenant: &str) -> Vec<ClientView> {
        let mut seats = self.registry.all();
        seats.retain(|seat| &*seat.tenant.name == tenant);
        seats.sort_unstable_by_key(|seat| seat.number);
        seats.iter().map(|seat| view(seat)).collect()
    }

    fn seat_of(&self, tenant: &str, session: u64) -> Option<Arc<Seat>> {
        let mut seats = self.registry.all().into_iter();
        seats.find(|seat| seat.number == session && &*seat.tenant.name == tenant)
    }

    /// Cuts a session's connection, and ends the session when `forget` says so. False when there is none.
    pub fn end_session(self: &Arc<Self>, tenant: &str, session: u64, forget: bool) -> bool {
        let Some(seat) = self.seat_of(tenant, session) else { return false };
        seat.cut(ReasonCode::AdministrativeAction);
        if forget {
            self.end(&seat);
        }
        true
    }

    /// Turns the trace of a session's client on until then, also for its later sessions, and gives what it has.
    pub fn trace(&self, tenant: &str, session: u64, until: UnixMs) -> Option<Vec<TraceLine>> {
        let seat = self.seat_of(tenant, session)?;
        let trace = seat.trace(None);
        self.traces.begin(&seat.identity, &seat.client_id, trace, (self.now(), until));
        Some(trace.lines())
    }

    pub fn metrics(&self, tenant: &str) -> TenantMetrics {
        self.tenants.find(tenant).map(|tenant| tenant.metrics()).unwrap_or_default()
    }

    /// Retained messages of a space, in the order of their topics.
    pub fn retained(&self, space: &str, filter: &str) -> Vec<RetainedView> {
        let Some(space) = self.space_named(space) else { return Vec::new() };
        let letters = space.read().retained(filter, self.now());
        letters
            .into_iter()
            .map(|letter| RetainedView {
                topic: letter.topic.clone(),
                payload: letter.payload.clone(),
                qos: letter.qos,
            })
            .collect()
    }

    /// Looks on at what is published in a space. `None` when the names are none.
    pub fn watch(&self, space: &str, tenant: &str, filter: &str) -> Option<Watch> {
        crate::topic::check_filter(filter).ok().filter(|()| !filter.starts_with("$share/"))?;
        let space = self.space(&Text::new(space)?, &tenant.into());
        let filter = Text::new(filter)?;
        let (sender, receiver) = mpsc::channel(WATCHED_MAX);
        let number = self.next_number();
        space.write().standing.at_mut(&filter).push(Standing::Watcher { number, sender });
        Some(Watch { space, filter, number, receiver })
    }
}

fn view(seat: &Seat) -> ClientView {
    let connected = seat.live().map(|live| ConnectedView {
        version: live.version,
        peer: live.peer,
        tls: live.tls,
        since: live.since,
    });
    let (queued_messages, queued_bytes) = seat.waiting();
    ClientView {
        session: seat.number,
        identity: seat.identity.clone(),
        tenant: seat.tenant.name.clone(),
        space: seat.space.as_ref().map(|space| space.name.clone()),
        client_id: seat.client_id.clone(),
        connected,
        kept: seat.kept,
        subscriptions: seat.subscriptions().iter().map(|subscription| subscription.filter.clone()).collect(),
        queued_messages,
        queued_bytes,
        messages_in: seat.messages_in.load(Ordering::Relaxed),
        messages_out: seat.messages_out.load(Ordering::Relaxed),
    }
}
