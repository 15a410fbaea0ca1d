//! What one turn took from a client: the messages and requests that count in its rate, and the work since the clock was
//! looked at.

use crate::codec::Packet;

/// Messages and topic filters between two looks at the clock.
const LOOK_AFTER: usize = 16;

#[derive(Default)]
pub struct Taken {
    pub published: u32,
    /// Packets that ask for work and carry no message.
    pub asked: u32,
    pub bytes: u64,
    unlooked: usize,
}

impl Taken {
    /// Whether so much was taken that the clock should be looked at; then it counts from the beginning.
    pub fn looks(&mut self) -> bool {
        let looks = self.unlooked >= LOOK_AFTER;
        self.unlooked %= LOOK_AFTER;
        looks
    }

    pub fn note(&mut self, packet: &Packet) {
        self.unlooked += filters_in(packet).max(1);
        match packet {
            Packet::Publish(publish) => {
                self.published += 1;
                self.bytes += (publish.payload.len() + publish.properties.bytes()) as u64;
            }
            // Who is held to a rate cannot flood with these instead.
            Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::PingReq | Packet::Auth(_) => {
                self.asked += 1
            }
            _ => {}
        }
    }
}

fn filters_in(packet: &Packet) -> usize {
    match packet {
        Packet::Subscribe(subscribe) => subscribe.filters.len(),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.filters.len(),
        _ => 0,
    }
}
