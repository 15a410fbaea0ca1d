//! The life of a session: opened or resumed, subscribed, kept while its client is away, ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::timeout;

use super::Broker;
use super::keeper::Position;
use super::live::Live;
use super::owed::{LOOKS_MAX, Owed};
use super::seat::Seat;
use super::space::Space;
use super::subscriptions::Subscription;
use super::tenant::Pace;
use super::tending::{self, PendingWill};
use crate::codec::{PacketId, ReasonCode, RetainHandling, Subscribe, Text, Version};
use crate::journal::{Kept, KeptDelivery, KeptRetained, KeptSession, Record, variables};
use crate::port::{Alarm, Handler};
use crate::session::{AtRest, Awaited, Delivery, InFlight};
use crate::topic;

/// Filters of more levels are refused: the tree of filters is walked level by level.
pub(super) const LEVELS_MAX: usize = 128;

/// What a client asks of its session.
pub(super) struct Wanted {
    pub identity: Arc<str>,
    pub many: bool,
    pub client_id: Text,
    pub space: Option<Arc<Space>>,
    pub tenant: Arc<super::tenant::Tenant>,
    pub clean_start: bool,
    pub expiry_s: u32,
}

/// A session that a connection has.
pub(super) struct Opened {
    pub seat: Arc<Seat>,
    pub at_rest: AtRest,
    /// It was there before [MQTT-3.2.2-2].
    pub present: bool,
    /// What the answer has to wait for.
    pub position: Position,
}

impl<H: Handler> Broker<H> {
    /// Takes over, resumes or opens the session of a client; an older connection of it is over when this returns.
    pub(super) async fn open_session(
        self: &Arc<Self>,
        wanted: &Wanted,
        client: &H::Client,
        live: &Live,
    ) -> Result<Opened, ReasonCode> {
        let patience = self.limits().drain_time * 2;
        loop {
            let Some(seat) = self.registry.find(&wanted.identity, &wanted.client_id) else {
                match self.new_session(wanted, live)? {
                    Some(opened) => return Ok(opened),
                    None => continue,
                }
            };
            if seat.cut(ReasonCode::SessionTakenOver) && timeout(patience, seat.free()).await.is_err() {
                // It hangs: what it has is lost, and its session with it.
                self.end(&seat);
            }
            let is_resumed = !wanted.clean_start && seat.kept && same_space(&seat, wanted);
            if !is_resumed || !self.may_still(&seat, client) {
                self.end(&seat);
                self.registry.leave(&seat);
                continue;
            }
            let Some(at_rest) = seat.sit(live.clone()) else {
                if seat.has_ended() {
                    self.registry.leave(&seat);
                }
                continue;
            };
            seat.many.store(wanted.many, Ordering::Relaxed);
            self.dues.forget(&seat);
            let position = self.keeper.record(opened(&seat, wanted.expiry_s));
            return Ok(Opened { seat, at_rest, present: true, position });
        }
    }

    fn new_session(self: &Arc<Self>, wanted: &Wanted, live: &Live) -> Result<Option<Opened>, ReasonCode> {
        let tenant = &wanted.tenant;
        if tenant.sessions.load(Ordering::Relaxed) >= self.bounds.quota().sessions {
            self.handler.alarmed(&tenant.name, Alarm::SessionsFull);
            return Err(ReasonCode::QuotaExceeded);
        }
        let (sessions, pace) = if wanted.many { (0, None) } else { self.registry.shared(&wanted.identity) };
        if sessions >= self.limits().client_sessions {
            let alarm = Alarm::ClientSessionsFull { identity: wanted.identity.clone() };
            self.handler.alarmed(&tenant.name, alarm);
            return Err(ReasonCode::QuotaExceeded);
        }
        let pace = pace.unwrap_or_else(|| Arc::new(Pace::new()));
        let seat = Arc::new(Seat::new(
            self.keeper.next_session(),
            wanted.identity.clone(),
            wanted.client_id.clone(),
            wanted.space.clone(),
            wanted.tenant.clone(),
            (wanted.expiry_s > 0, pace),
        ));
        if let Some(trace) = self.traces.find(&seat.identity, &seat.client_id) {
            seat.trace(Some(trace));
        }
        seat.many.store(wanted.many, Ordering::Relaxed);
        let Some(at_rest) = seat.sit(live.clone()) else { return Ok(None) };
        if !self.registry.enter(&seat) {
            seat.end();
            return Ok(None);
        }
        let position = if seat.kept { self.keeper.record(opened(&seat, wanted.expiry_s)) } else { 0 };
        Ok(Some(Opened { seat, at_rest, present: false, position }))
    }

    /// The session is over: nothing of it remains.
    pub(super) fn end(self: &Arc<Self>, seat: &Arc<Seat>) {
        let will = self.dues.take_will(seat);
        self.end_with(seat, will);
    }

    /// As `end`; its will is said first, also when a crash comes between.
    pub(super) fn end_with(self: &Arc<Self>, seat: &Arc<Seat>, will: Option<PendingWill<H>>) {
        let subscriptions = seat.end();
        let ends = subscriptions.is_some();
        // [MQTT-3.1.3-9] the will does not outlive the session.
        if let Some(will) = will {
            tending::publish_will(self, will, ends);
        } else if ends && seat.kept {
            self.keeper.record(Record::Ended { session: seat.number });
        }
        let Some(subscriptions) = subscriptions else { return };
        if let Some(space) = &seat.space
            && !subscriptions.is_empty()
        {
            let mut topics = space.write();
            subscriptions.iter().for_each(|subscription| topics.remove(subscription));
        }
        self.registry.leave(seat);
    }

    /// The reasons for SUBACK, and the commit it waits for.
    pub(super) fn subscribe(
        &self,
        seat: &Arc<Seat>,
        client: &H::Client,
        subscribe: &Subscribe,
    ) -> (Vec<ReasonCode>, Position) {
        let (mut position, mut looks) = (0, LOOKS_MAX);
        // Of a filter that is named again only the last counts: the others would have been replaced at once.
        let indexed = subscribe.filters.iter().enumerate();
        let last: HashMap<&Text, usize> = indexed.map(|(index, wanted)| (&wanted.filter, index)).collect();
        let mut reasons = vec![ReasonCode::Success; subscribe.filters.len()];
        for (index, wanted) in subscribe.filters.iter().enumerate() {
            if last.get(&wanted.filter) != Some(&index) {
                continue;
            }
            let placed = self.judge_subscription(seat, client, &wanted.filter).and_then(|within| {
                let subscription = Arc::new(Subscription {
                    seat: seat.clone(),
                    filter: wanted.filter.detached(),
                    options: wanted.options,
                    identifier: subscribe.properties.subscription_identifier().copied(),
                    within,
                    over: Default::default(),
                });
                self.place_subscription(&subscription, &mut looks)
            });
            reasons[index] = match placed {
                Ok(placed) => {
                    position = position.max(placed);
                    wanted.options.qos.granted()
                }
                Err(reason) => reason,
            };
        }
        for (index, wanted) in subscribe.filters.iter().enumerate() {
            let of_last = last.get(&wanted.filter).map_or(ReasonCode::Success, |last| reasons[*last]);
            reasons[index] = if of_last.is_error() { of_last } else { wanted.options.qos.granted() };
        }
        (reasons, position)
    }

    /// Whether a client has the rights that its session was built on: they may have changed while nobody was there to end
    /// it, as between a commit of the house's and a crash.
    fn may_still(&self, seat: &Seat, client: &H::Client) -> bool {
        seat.subscriptions().iter().all(|known| {
            self.judge_subscription(seat, client, &known.filter).is_ok_and(|within| within == known.within)
        })
    }

    fn judge_subscription(
        &self,
        seat: &Seat,
        client: &H::Client,
        wanted: &Text,
    ) -> Result<Vec<Text>, ReasonCode> {
        let filter = match topic::shared(wanted) {
            // Without a space there is nobody to share with.
            Some(_) if seat.space.is_none() => return Err(ReasonCode::SharedSubscriptionsNotSupported),
            Some((_, filter)) => filter,
            None => &**wanted,
        };
        if filter.split('/').count() > LEVELS_MAX {
            return Err(ReasonCode::TopicFilterInvalid);
        }
        if self.handler.may_subscribe(client, filter) {
            return Ok(Vec::new());
        }
        let narrowed = self.handler.narrowed(client, filter);
        if narrowed.is_empty() {
            return Err(self.handler.subscription_refusal(client, filter));
        }
        Ok(narrowed)
    }

    fn place_subscription(
        &self,
        subscription: &Arc<Subscription>,
        looks: &mut usize,
    ) -> Result<Position, ReasonCode> {
        let (seat, limits) = (&subscription.seat, self.limits());
        let subscribe = || {
            seat.subscribe(subscription.clone(), Some(&*limits)).inspect_err(|_| {
                if !seat.tenant.has_room_for(&subscription.filter) {
                    self.handler.alarmed(&seat.tenant.name, Alarm::SubscriptionsFull);
                }
            })
        };
        let Some(space) = &seat.space else {
            subscribe()?;
            return Ok(self.record_subscription(subscription));
        };
        let mut topics = space.write();
        let before = subscribe()?;
        if let Some(before) = &before {
            topics.remove(before);
        }
        topics.add(subscription);
        let position = self.record_subscription(subscription);
        // [MQTT-3.3.1-9] to [MQTT-3.3.1-11], and [MQTT-4.8.2-x]: a group gets none.
        let wants_retained = match subscription.options.retain_handling {
            RetainHandling::Send => true,
            RetainHandling::SendIfNew => before.is_none(),
            RetainHandling::DoNotSend => false,
        };
        if !wants_retained || topic::shared(&subscription.filter).is_some() {
            return Ok(position);
        }
        seat.owe(Owed::new(subscription, self.keeper.next_letter()));
        Ok(self.send_owed(seat, &topics, looks).max(position))
    }

    fn record_subscription(&self, subscription: &Subscription) -> Position {
        if !subscription.seat.kept {
            return 0;
        }
        self.keeper.record(Record::Subscribed {
            session: subscription.seat.number,
            filter: subscription.filter.clone(),
            options: subscription.options,
            identifier: subscription.identifier.map(|identifier| identifier.0),
            within: subscription.within.clone(),
        })
    }

    /// Whether there was such a subscription, and the commit that its end waits for.
    pub(super) fn unsubscribe(&self, seat: &Seat, filter: &Text) -> (ReasonCode, Position) {
        let gone = match &seat.space {
            None => seat.unsubscribe(filter),
            Some(space) => {
                let mut topics = space.write();
                let gone = seat.unsubscribe(filter);
                if let Some(gone) = &gone {
                    topics.remove(gone);
                }
                gone
            }
        };
        match gone {
            None => (ReasonCode::NoSubscriptionExisted, 0),
            Some(_) if seat.kept => {
                let record = Record::Unsubscribed { session: seat.number, filter: filter.detached() };
                (ReasonCode::Success, self.keeper.record(record))
            }
            Some(_) => (ReasonCode::Success, 0),
        }
    }

    /// What the journal kept, as it was; every client is away.
    pub(super) fn restore(self: &Arc<Self>, kept: Kept) {
        let mut known: HashMap<Text, Arc<str>> = HashMap::new();
        for ((space, topic), KeptRetained { tenant, by, letter }) in kept.retained {
            let tenant = self.tenants.of(&(&*tenant).into());
            tenant.retained_messages.fetch_add(1, Ordering::Relaxed);
            tenant.retained_bytes.fetch_add(letter.bytes(), Ordering::Relaxed);
            let by = known.entry(by).or_insert_with_key(|by| (&**by).into()).clone();
            self.space(&space, &tenant.name).write().retain(topic, letter, by);
        }
        let key = |session: &KeptSession| (session.identity.clone(), session.client_id.clone());
        let newest: HashMap<_, u64> =
            kept.sessions.iter().map(|(number, session)| (key(session), *number)).collect();
        for (number, session) in kept.sessions {
            if newest.get(&key(&session)) == Some(&number) {
                self.restore_session(number, session);
            } else {
                self.restore_will(number, session);
            }
        }
    }

    /// Of a session that was over, and whose client had the next one, only its will was not said yet.
    fn restore_will(self: &Arc<Self>, number: u64, kept: KeptSession) {
        let tenant = self.tenants.of(&(&*kept.tenant).into());
        let space = (!kept.space.is_empty()).then(|| self.space(&kept.space, &tenant.name));
        let identity: Arc<str> = (&*kept.identity).into();
        let pace = Arc::new(Pace::new());
        let seat = Arc::new(Seat::new(number, identity, kept.client_id, space, tenant, (true, pace)));
        self.dues.restored(self, &seat, self.now(), 0, kept.will);
    }

    fn restore_session(self: &Arc<Self>, number: u64, kept: KeptSession) {
        let tenant = self.tenants.of(&(&*kept.tenant).into());
        let space = (!kept.space.is_empty()).then(|| self.space(&kept.space, &tenant.name));
        let identity: Arc<str> = (&*kept.identity).into();
        let pace = self.registry.shared(&identity).1.unwrap_or_else(|| Arc::new(Pace::new()));
        let seat = Arc::new(Seat::new(number, identity, kept.client_id, space.clone(), tenant, (true, pace)));
        for (filter, subscription) in kept.subscriptions {
            let owes = subscription.owes;
            let subscription = Arc::new(Subscription {
                seat: seat.clone(),
                filter,
                options: subscription.options,
                identifier: variables(subscription.identifier.as_slice()).pop(),
                within: subscription.within,
                over: Default::default(),
            });
            if seat.subscribe(subscription.clone(), None).is_ok()
                && let Some(space) = &space
            {
                space.write().add(&subscription);
                owes.into_iter().for_each(|owed| seat.owe(Owed::restored(&subscription, owed)));
            }
        }
        for (entry, delivery) in kept.queue {
            restore_delivery(&seat, entry, delivery);
        }
        seat.restore_received(kept.holds.into_iter().filter_map(PacketId::new).collect());
        self.registry.enter(&seat);
        let away = kept.away.unwrap_or_else(|| self.now());
        self.dues.restored(self, &seat, away, kept.expiry_s, kept.will);
    }
}

fn restore_delivery(seat: &Seat, entry: u64, kept: KeptDelivery) {
    let delivery = Delivery {
        letter: kept.letter,
        qos: kept.qos,
        retain: kept.retain,
        identifiers: variables(&kept.identifiers),
        entry,
        id: PacketId::new(kept.id),
        position: 0,
    };
    let in_flight = delivery.id.filter(|_| kept.received).map(|id| InFlight {
        id,
        awaited: Awaited::Completed,
        delivery: delivery.clone(),
    });
    seat.restore(delivery, in_flight);
}

fn same_space(seat: &Seat, wanted: &Wanted) -> bool {
    match (&seat.space, &wanted.space) {
        (Some(known), Some(wanted)) => Arc::ptr_eq(known, wanted),
        (None, None) => true,
        _ => false,
    }
}

fn opened(seat: &Seat, expiry_s: u32) -> Record {
    let text = |text: &str| Text::new(text).unwrap_or_default();
    Record::Opened {
        session: seat.number,
        identity: text(&seat.identity),
        client_id: seat.client_id.clone(),
        space: seat.space.as_ref().map(|space| space.name.clone()).unwrap_or_default(),
        tenant: text(&seat.tenant.name),
        expiry_s,
    }
}

/// How long a session is kept after its connection: 3.1.1 asks for ever or not at all.
pub(super) fn expiry_wanted(connect: &crate::codec::Connect) -> u32 {
    match connect.version {
        Version::V5 => connect.properties.session_expiry_s().copied().unwrap_or(0),
        Version::V311 if connect.clean_start => 0,
        Version::V311 => u32::MAX,
    }
}
