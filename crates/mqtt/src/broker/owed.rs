//! Retained messages that a new subscription is owed (section 3.3.1.3). As many as there is room for go at once, the others
//! as its client takes what waits: no subscription fills a queue, or keeps the broker from its other clients.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Broker;
use super::keeper::Position;
use super::router::Target;
use super::seat::{Offer, Room, Seat, Subscription};
use super::space::{Look, Topics};
use crate::codec::{Qos, Text};
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
}

impl Owed {
    pub fn new(subscription: &Arc<Subscription>, before: u64) -> Owed {
        Owed { subscription: subscription.clone(), after: None, before }
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
            match topics.next_retained(&first.subscription.filter, first.after.as_ref(), now, looks) {
                Look::End => {
                    owed.pop_front();
                }
                Look::Enough(last) => {
                    first.after = last.or(first.after.take());
                    break;
                }
                Look::Found(letter) => {
                    if first.is_for(&letter) {
                        let Some(sent) = self.send_retained(&letter, &first.subscription) else { break };
                        position = position.max(sent);
                    }
                    first.after = Some(letter.topic.clone());
                }
            }
        }
        seat.owe_again(owed);
        position
    }

    /// The commit that a retained message is part of; `None` while there is no room for it.
    fn send_retained(&self, letter: &Arc<Letter>, subscription: &Subscription) -> Option<Position> {
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
        let half = seat.room(letter.bytes(), self.limits.queue_messages / 2, self.limits.queue_bytes / 2);
        waiting == 0 || (half == Room::Yes && self.room(seat, letter) == Room::Yes)
    }
}
