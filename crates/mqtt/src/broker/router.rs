//! From a published message to everybody who gets it: who that is, whether there is room, what has to be durable first.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::keeper::{Batch, Position};
use super::seat::{Offer, Room, Seat};
use super::space::{Space, Standing, Topics};
use super::subscriptions::Subscription;
use super::{Broker, Overheard};
use crate::codec::{Properties, Property, Qos, ReasonCode, Text, Variable};
use crate::journal::Record;
use crate::port::{Alarm, Handler, Message};
use crate::session::{Delivery, Letter};
use crate::topic::matches;

/// Who publishes.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    /// The publisher's own session, for `no local`; 0 is the house.
    pub seat: u64,
    pub identity: &'a Arc<str>,
    /// Whether what bounds one client bounds it.
    pub counts: bool,
}

impl<'a> From<'a> {
    pub fn seat(seat: &'a Seat) -> From<'a> {
        let counts = !seat.many.load(Ordering::Relaxed);
        From { seat: seat.number, identity: &seat.identity, counts }
    }
}

/// What became of a message for the others.
pub(super) enum Routed {
    /// On its way; safe once this is committed.
    Sent(Position),
    /// Nobody got it.
    Refused(ReasonCode),
    /// Nobody got it yet: this client has to catch up first.
    Later(Arc<Seat>),
}

pub(super) struct Target<'a> {
    pub seat: &'a Arc<Seat>,
    pub qos: Qos,
    pub retain: bool,
    pub identifiers: Vec<Variable>,
}

pub(super) fn letter_of(number: u64, message: &Message, now: u64) -> Letter {
    let mut properties = message.properties.clone();
    let expires_at = properties.message_expiry_s().map(|left_s| now + u64::from(*left_s) * 1_000);
    if !properties.is_empty() {
        let travels = |property: &Property| {
            !matches!(property, Property::MessageExpiryInterval(_) | Property::WillDelayInterval(_))
        };
        properties.retain(travels);
    }
    Letter {
        number,
        topic: message.topic.clone(),
        payload: message.payload.clone(),
        qos: message.qos,
        properties,
        expires_at,
    }
}

impl<H: Handler> Broker<H> {
    /// Gives a message to every subscriber of its space, all or none of them. `holds` is the QoS 2 identifier of a
    /// kept session that becomes durable together with it.
    pub(super) fn route(
        &self,
        space: &Space,
        message: &Message,
        from: From<'_>,
        holds: Option<(u64, u16)>,
    ) -> Routed {
        if message.retain {
            let mut topics = space.write();
            // Numbered under the lock, so that a subscription knows which ones were retained before it stood.
            let letter = letter_of(self.keeper.next_letter(), message, self.now());
            if let Err(refusal) = self.check_retained(space, &topics, &letter, from) {
                return Routed::Refused(refusal);
            }
            let letter = Arc::new(letter.detached());
            let routed = self.deliver(space, &topics, &letter, true, from, holds);
            if !matches!(routed, Routed::Sent(_)) {
                return routed;
            }
            let by = if from.counts { from.identity } else { &self.house };
            let position = self.retain(space, &mut topics, &letter, by);
            drop(topics);
            return match routed {
                Routed::Sent(sent) => Routed::Sent(sent.max(position)),
                other => other,
            };
        }
        let letter = Arc::new(letter_of(self.keeper.next_letter(), message, self.now()));
        let topics = space.read();
        self.deliver(space, &topics, &letter, false, from, holds)
    }

    fn check_retained(
        &self,
        space: &Space,
        topics: &Topics,
        letter: &Letter,
        from: From<'_>,
    ) -> Result<(), ReasonCode> {
        if letter.payload.is_empty() {
            return Ok(());
        }
        if from.counts && topics.topics_with(from.identity, &letter.topic) > self.limits().client_topics {
            let alarm = Alarm::ClientTopicsFull { identity: from.identity.clone() };
            self.handler.alarmed(&space.tenant.name, alarm);
            return Err(ReasonCode::QuotaExceeded);
        }
        let (tenant, quota) = (&space.tenant, self.bounds.quota());
        let known = topics.retained_at(&letter.topic).map_or(0, |letter| letter.bytes());
        let more = usize::from(known == 0);
        let full = tenant.retained_messages.load(Ordering::Relaxed) + more > quota.retained_messages
            || tenant.retained_bytes.load(Ordering::Relaxed) + letter.bytes() > quota.retained_bytes + known;
        if full {
            self.handler.alarmed(&tenant.name, Alarm::RetainedFull);
            return Err(ReasonCode::QuotaExceeded);
        }
        Ok(())
    }

    /// [MQTT-3.3.1-5], and [MQTT-3.3.1-6] for an empty one.
    fn retain(&self, space: &Space, topics: &mut Topics, letter: &Arc<Letter>, by: &Arc<str>) -> Position {
        let tenant = &space.tenant;
        let topic = letter.topic.clone();
        let (before, record) = if letter.payload.is_empty() {
            let before = topics.forget(&topic);
            if before.is_none() {
                return 0;
            }
            (before, Record::Unretained { space: space.name.clone(), topic })
        } else {
            tenant.retained_messages.fetch_add(1, Ordering::Relaxed);
            tenant.retained_bytes.fetch_add(letter.bytes(), Ordering::Relaxed);
            let before = topics.retain(topic.clone(), letter.clone(), by.clone());
            let name = |name: &str| Text::new(name).unwrap_or_default();
            let (space, tenant, by) = (space.name.clone(), name(&tenant.name), name(by));
            let record = Record::Retained { space, tenant, by, topic, letter: letter.number };
            (before, record)
        };
        if let Some(before) = before {
            tenant.retained_messages.fetch_sub(1, Ordering::Relaxed);
            tenant.retained_bytes.fetch_sub(before.bytes(), Ordering::Relaxed);
        }
        let mut batch = self.keeper.batch();
        if !letter.payload.is_empty() {
            batch.add(Record::Letter(letter.clone()));
        }
        batch.add(record);
        batch.position()
    }

    fn deliver(
        &self,
        space: &Space,
        topics: &Topics,
        letter: &Arc<Letter>,
        retain: bool,
        from: From<'_>,
        holds: Option<(u64, u16)>,
    ) -> Routed {
        let mut targets: Vec<Target<'_>> = Vec::new();
        topics.standing.matching(&letter.topic, &mut |standing| match standing {
            Standing::One(subscription) => add_target(&mut targets, subscription, letter, retain, from),
            Standing::Group(group) => {
                let ready = |member: &Subscription| self.room(&member.seat, letter) == Room::Yes;
                // It is never the turn of somebody who may not have it: nobody else would get it.
                let may = |member: &Subscription| is_within(member, letter);
                if let Some(member) = group.turn(may, ready) {
                    add_target(&mut targets, member, letter, retain, from);
                }
            }
            Standing::Watcher { sender, .. } => {
                // One who looks on and does not keep up misses something, and holds nobody up.
                let _ = sender.try_send(self.seen(letter, retain, from.identity));
            }
        });
        for target in targets.iter().filter(|target| target.qos > Qos::AtMostOnce) {
            match self.room(target.seat, letter) {
                Room::Yes => {}
                Room::Later => return Routed::Later(target.seat.clone()),
                Room::No => {
                    space.tenant.messages_refused.fetch_add(1, Ordering::Relaxed);
                    let (identity, client_id) = (target.seat.identity.clone(), target.seat.client_id.clone());
                    self.handler.alarmed(&space.tenant.name, Alarm::QueueFull { identity, client_id });
                    return Routed::Refused(ReasonCode::QuotaExceeded);
                }
            }
        }
        let keeps = |target: &Target<'_>| target.seat.kept && target.qos > Qos::AtMostOnce;
        if holds.is_some() || targets.iter().any(keeps) {
            return Routed::Sent(self.deliver_kept(letter, targets, holds));
        }
        for target in targets {
            self.push(letter, target);
        }
        Routed::Sent(0)
    }

    pub(super) fn room(&self, seat: &Seat, letter: &Letter) -> Room {
        let (messages_max, bytes_max) = self.bounds.queue();
        let room = seat.room(letter.bytes(), messages_max, bytes_max);
        let queued = seat.tenant.queued_bytes.load(Ordering::Relaxed);
        let beyond = queued + letter.bytes() > self.bounds.tenant_queued_bytes();
        match room {
            Room::Yes if beyond || seat.is_out_of_ids() => {
                if seat.is_open() {
                    Room::Later
                } else {
                    Room::No
                }
            }
            room => room,
        }
    }

    /// Room for QoS 1 and 2 was asked before; QoS 0 goes where there is some.
    fn push(&self, letter: &Arc<Letter>, target: Target<'_>) {
        if target.qos == Qos::AtMostOnce && self.room(target.seat, letter) != Room::Yes {
            target.seat.tenant.messages_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        target.seat.push(Delivery {
            letter: letter.clone(),
            qos: target.qos,
            retain: target.retain,
            identifiers: target.identifiers,
            entry: 0,
            id: None,
            position: 0,
        });
    }

    /// As `push`, with everything that has to survive in one submission.
    fn deliver_kept(
        &self,
        letter: &Arc<Letter>,
        targets: Vec<Target<'_>>,
        holds: Option<(u64, u16)>,
    ) -> Position {
        // What may wait for days must not keep a read buffer alive.
        let letter = &Arc::new(letter.detached());
        let mut batch = self.keeper.batch();
        let mut is_written = false;
        for target in targets {
            if target.seat.kept && target.qos > Qos::AtMostOnce {
                self.push_kept(&mut batch, letter, target, &mut is_written);
            } else {
                self.push(letter, target);
            }
        }
        if let Some((session, id)) = holds {
            batch.add(Record::Holds { session, id });
        }
        batch.recorded()
    }

    pub(super) fn push_kept(
        &self,
        batch: &mut Batch<'_>,
        letter: &Arc<Letter>,
        target: Target<'_>,
        is_written: &mut bool,
    ) -> Offer {
        let entry = self.keeper.next_entry();
        // QoS 1 may leave at once: sent again after a crash, it is a repetition that QoS 1 allows.
        let position = if target.qos == Qos::ExactlyOnce { batch.position() } else { 0 };
        let mut record = None;
        let offer = target.seat.push_kept(|id| {
            record = Some(Record::Queued {
                session: target.seat.number,
                entry,
                letter: letter.number,
                id: id.get(),
                qos: target.qos,
                retain: target.retain,
                identifiers: target.identifiers.iter().map(|identifier| identifier.0).collect(),
            });
            Delivery {
                letter: letter.clone(),
                qos: target.qos,
                retain: target.retain,
                identifiers: target.identifiers.clone(),
                entry,
                id: Some(id),
                position,
            }
        });
        if let (Offer::Queued, Some(record)) = (offer, record) {
            if !std::mem::replace(is_written, true) {
                batch.add(Record::Letter(letter.clone()));
            }
            batch.add(record);
        }
        offer
    }

    pub(super) fn seen(&self, letter: &Letter, retain: bool, from: &Arc<str>) -> Overheard {
        Overheard {
            topic: letter.topic.detached(),
            payload: bytes::Bytes::copy_from_slice(&letter.payload),
            qos: letter.qos,
            retain,
            from: from.clone(),
            at: self.now(),
        }
    }
}

/// Whether a topic is in what is left of a filter that was narrowed.
fn is_within(subscription: &Subscription, letter: &Letter) -> bool {
    let within = &subscription.within;
    within.is_empty() || within.iter().any(|pattern| matches(pattern, &letter.topic))
}

/// One copy for each client, at the best of its subscriptions.
fn add_target<'a>(
    targets: &mut Vec<Target<'a>>,
    subscription: &'a Subscription,
    letter: &Letter,
    retain: bool,
    from: From<'_>,
) {
    let options = subscription.options;
    let seat = &subscription.seat;
    // [MQTT-3.8.3-3]
    if options.no_local && seat.number == from.seat {
        return;
    }
    if !is_within(subscription, letter) {
        return;
    }
    let qos = options.qos.min(letter.qos);
    let retain = retain && options.retain_as_published;
    // One copy, at the highest quality and with the identifiers of all [MQTT-3.3.4-2] [MQTT-3.3.4-4].
    match targets.iter_mut().find(|target| Arc::ptr_eq(target.seat, seat)) {
        Some(target) => {
            target.qos = target.qos.max(qos);
            target.retain |= retain;
            target.identifiers.extend(subscription.identifier);
        }
        None => {
            let identifiers = subscription.identifier.into_iter().collect();
            targets.push(Target { seat, qos, retain, identifiers });
        }
    }
}

/// A message of the house.
pub(super) fn message(
    topic: Text,
    payload: bytes::Bytes,
    qos: Qos,
    retain: bool,
    properties: Properties,
) -> Message {
    Message { topic, payload, qos, retain, dup: false, will: false, properties }
}
