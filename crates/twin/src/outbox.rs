//! What a device has said and the server has not yet acknowledged. Nothing leaves but by an acknowledgement, so a
//! broken connection costs nothing: what was on its way is sent again, with the number and time it had.

use std::collections::VecDeque;

use lares_model::protocol::Channel;

/// A device has little memory; when it is full the oldest measurements go.
const MESSAGES_MAX: usize = 500;
/// As many messages are on their way at once.
const UNDERWAY_MAX: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    pub channel: Channel,
    pub payload: Vec<u8>,
    /// What it stored for later; a device has room for that elsewhere.
    pub stored: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Message>,
    /// On their way, oldest first; the packet identifier comes when the packet is written.
    underway: VecDeque<(Option<u16>, Message)>,
}

impl Outbox {
    /// Returns the message that had to go for it.
    pub fn push(&mut self, message: Message) -> Option<Message> {
        let mut dropped = None;
        if !message.stored && self.waiting.iter().filter(|waiting| !waiting.stored).count() >= MESSAGES_MAX {
            let live = |waiting: &Message| !waiting.stored;
            let measured = |waiting: &Message| live(waiting) && waiting.channel == Channel::Telemetry;
            let oldest =
                self.waiting.iter().position(measured).or_else(|| self.waiting.iter().position(live));
            dropped = oldest.and_then(|oldest| self.waiting.remove(oldest));
        }
        self.waiting.push_back(message);
        dropped
    }

    /// The next message to hand to the connection.
    pub fn next(&mut self) -> Option<&Message> {
        if self.underway.len() >= UNDERWAY_MAX {
            return None;
        }
        let message = self.waiting.pop_front()?;
        self.underway.push_back((None, message));
        self.underway.back().map(|(_, message)| message)
    }

    /// The oldest handed-over message was written with this packet identifier.
    pub fn written(&mut self, packet_id: u16) {
        if let Some((id, _)) = self.underway.iter_mut().find(|(id, _)| id.is_none()) {
            *id = Some(packet_id);
        }
    }

    pub fn acknowledged(&mut self, packet_id: u16) -> Option<Message> {
        let place = self.underway.iter().position(|(id, _)| *id == Some(packet_id))?;
        self.underway.remove(place).map(|(_, message)| message)
    }

    /// The connection is gone: what was on its way waits again, in front and in its old order.
    pub fn disconnected(&mut self) {
        for (_, message) in self.underway.drain(..).rev() {
            self.waiting.push_front(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u16) -> Message {
        Message { channel: Channel::Telemetry, payload: number.to_be_bytes().to_vec(), stored: false }
    }

    #[test]
    fn what_was_not_acknowledged_is_sent_again_in_order() {
        let mut outbox = Outbox::default();
        (0..4).for_each(|number| drop(outbox.push(message(number))));
        for packet_id in 1..=3 {
            assert!(outbox.next().is_some());
            outbox.written(packet_id);
        }
        assert_eq!(outbox.acknowledged(2), Some(message(1)));
        assert_eq!(outbox.acknowledged(2), None);
        outbox.disconnected();
        let again: Vec<_> = std::iter::from_fn(|| outbox.next().cloned()).collect();
        assert_eq!(again, [message(0), message(2), message(3)]);
    }

    #[test]
    fn a_full_outbox_forgets_measurements_before_answers() {
        let mut outbox = Outbox::default();
        let ack = Message { channel: Channel::Ack, payload: vec![], stored: false };
        outbox.push(ack.clone());
        let dropped =
            (0..=MESSAGES_MAX as u16).filter(|number| outbox.push(message(*number)).is_some()).count();
        assert_eq!(dropped, 2);
        assert_eq!(outbox.push(Message { stored: true, ..message(0) }), None);
        outbox.waiting.pop_back();
        assert_eq!(outbox.waiting.len(), MESSAGES_MAX);
        assert_eq!(outbox.waiting[0], ack);
        assert_eq!(outbox.waiting[1], message(2));
    }

    #[test]
    fn only_so_many_are_on_their_way() {
        let mut outbox = Outbox::default();
        (0..100).for_each(|number| drop(outbox.push(message(number))));
        assert_eq!(std::iter::from_fn(|| outbox.next().cloned()).count(), UNDERWAY_MAX);
    }
}
