//! Retained messages that a new subscription is owed (section 3.3.1.3). As many as there is room for go at once, the others
//! as its client takes what waits: no subscription fills a queue, or keeps the broker from its other clients. What is still
//! owed to a session that is kept is in the journal, so that a crash owes it, too.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Broker;
use super::keeper::Position;
use super::router::Target;
use super::seat::{Offer, Room, Seat};
use super::space::{Look, Topics};
use super::subscriptions::Subscription;
use crate::codec::{Qos, Text};
use crate::journal::{KeptOwed, Record};
use crate::port::Handler;
use crate::session::{Delivery, Letter};
use crate::topic::matches;

/// Topics that one SUBSCRIBE, or one turn of a connection, has looked at.
pub(super) const LOOKS_MAX: usize = 16 * 1024;

/// What of the retained messages a subscription has not had.
#[derive(Debug)]
pub(super) struct Owed {
    pub subscription: Arc<Subscription>,
    /// The last topic that was looked at; they have an order.
    after: Option<Text>,
    /// A message with this number or a later one was published while the subscription stood, and went to it then.
    before: u64,
    /// The journal says what is owed, and after which topic.
    recorded: Option<Option<Text>>,
}

impl Owed {
    pub fn new(subscription: &Arc<Subscription>, before: u64) -> Owed {
        Owed { subscription: subscription.clone(), after: None, before, recorded: None }
    }

    /// As the journal has it.
    pub fn restored(subscription: &Arc<Subscription>, kept: KeptOwed) -> Owed {
        let KeptOwed { before, after } = kept;
        Owed { subscription: subscription.clone(), recorded: Some(after.clone()), after, before }
    }

    fn record(&self, after: Option<Text>) -> Record {
        let (session, filter) = (self.subscription.seat.number, self.subscription.filter.clone());
        Record::Owes { session, filter, before: self.before, after }
    }

    fn is_for(&self, letter: &Letter) -> bool {
        let within = &self.subscription.within;
        letter.number < self.before
            && (within.is_empty() || within.iter().any(|pattern| matches(pattern, &letter.topic)))
    }
}

impl<H: Handler> Broker<H> {
    /// Goes on with what a client is owed; whether there is more to look at although nothing waits for it.
    pub(super) fn go_on_with_owed(&self, seat: &Arc<Seat>) -> bool {
        let Some(space) = &seat.space else { return false };
        let mut looks = LOOKS_MAX;
        self.send_owed(seat, &space.read(), &mut looks);
        looks == 0
    }

    /// Queues what a client is owed, as far as there is room; the commit that it is part of.
    pub(super) fn send_owed(&self, seat: &Arc<Seat>, topics: &Topics, looks: &mut usize) -> Position {
        let now = self.now();
        let mut position = 0;
        let mut owed: VecDeque<Owed> = seat.take_owed();
        while let Some(first) = owed.front_mut() {
            if first.subscription.is_over() {
                owed.pop_front();
                continue;
            }
            match topics.next_retained(&first.subscription.filter, first.after.as_ref(), now, looks) {
                Look::End => {
                    let paid = owed.pop_front();
                    position = position.max(paid.map_or(0, |paid| self.record_paid(&paid)));
                }
                Look::Enough(last) => {
                    first.after = last.or(first.after.take());
                    break;
                }
                Look::Found(letter) => {
                    if first.is_for(&letter) {
                        let Some(sent) = self.send_retained(&letter, first) else { break };
                        position = position.max(sent);
                    }
                    first.after = Some(letter.topic.clone());
                }
            }
        }
        if seat.kept {
            // Only of the first was something looked at; those before the new ones stand in the journal.
            let first = owed.front_mut().map_or(0, |first| self.record_owed(first));
            let new = owed.iter_mut().rev().take_while(|owed| owed.recorded.is_none());
            position = new.map(|new| self.record_owed(new)).fold(position.max(first), Position::max);
        }
        seat.owe_again(owed);
        position
    }

    /// The commit after which a crash owes it, too.
    fn record_owed(&self, owed: &mut Owed) -> Position {
        if owed.subscription.is_over() || owed.recorded.as_ref() == Some(&owed.after) {
            return 0;
        }
        owed.recorded = Some(owed.after.clone());
        self.keeper.record(owed.record(owed.after.clone()))
    }

    fn record_paid(&self, paid: &Owed) -> Position {
        if paid.recorded.is_none() {
            return 0;
        }
        let (session, filter) = (paid.subscription.seat.number, paid.subscription.filter.clone());
        self.keeper.record(Record::OwesNothing { session, filter })
    }

    /// The commit that a retained message is part of; `None` while there is no room for it.
    fn send_retained(&self, letter: &Arc<Letter>, owed: &mut Owed) -> Option<Position> {
        let subscription = owed.subscription.clone();
        let seat = &subscription.seat;
        if !self.has_room_for_retained(seat, letter) {
            return None;
        }
        let target = Target {
            seat,
            qos: subscription.options.qos.min(letter.qos),
            retain: true,
            identifiers: subscription.identifier.into_iter().collect(),
        };
        let (offer, position) = if seat.kept && target.qos > Qos::AtMostOnce {
            let mut batch = self.keeper.batch();
            let offer = self.push_kept(&mut batch, letter, target, &mut false);
            // Together with the message: after a crash it is either still owed, or waits.
            if offer == Offer::Queued && owed.recorded.is_some() {
                let after = Some(letter.topic.clone());
                batch.add(owed.record(after.clone()));
                owed.recorded = Some(after);
            }
            (offer, batch.recorded())
        } else {
            let Target { qos, retain, identifiers, .. } = target;
            let letter = letter.clone();
            (seat.push(Delivery { letter, qos, retain, identifiers, entry: 0, id: None, position: 0 }), 0)
        };
        match offer {
            // One that its client does not take is as good as sent.
            Offer::Queued | Offer::TooLarge => Some(position),
            Offer::Gone | Offer::OutOfIds => None,
        }
    }

    /// Half of a queue is for what is retained, so that who publishes meanwhile finds room. A client for whom nothing
    /// waits always gets the next one, however little room its organisation has.
    fn has_room_for_retained(&self, seat: &Seat, letter: &Letter) -> bool {
        if seat.is_out_of_ids() {
            return false;
        }
        let (waiting, _) = seat.waiting();
        let (messages, bytes) = self.bounds.queue();
        let half = seat.room(letter.bytes(), messages / 2, bytes / 2);
        waiting == 0 || (half == Room::Yes && self.room(seat, letter) == Room::Yes)
    }
}
