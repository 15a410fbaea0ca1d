//! The retained messages of a space, as far as a dialect may need them: a device is often described after it has
//! spoken, and MQTT would give its retained messages to whoever subscribes then. Bounded; the oldest goes first.

use std::collections::{HashMap, VecDeque};

const TOPICS_MAX: usize = 4_096;
const PAYLOAD_MAX_BYTES: usize = 16 * 1_024;

#[derive(Debug, Default)]
pub(crate) struct Retained {
    payloads: HashMap<String, Vec<u8>>,
    order: VecDeque<String>,
}

impl Retained {
    pub fn keep(&mut self, topic: &str, payload: &[u8]) {
        if payload.is_empty() || payload.len() > PAYLOAD_MAX_BYTES {
            if self.payloads.remove(topic).is_some() {
                self.order.retain(|known| known != topic);
            }
            return;
        }
        if let Some(kept) = self.payloads.get_mut(topic) {
            kept.clear();
            kept.extend_from_slice(payload);
            return;
        }
        if self.order.len() == TOPICS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.payloads.remove(&oldest);
        }
        self.order.push_back(topic.to_owned());
        self.payloads.insert(topic.to_owned(), payload.to_vec());
    }

    pub fn get(&self, topic: &str) -> Option<&[u8]> {
        self.payloads.get(topic).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_and_an_empty_one_is_forgotten() {
        let mut retained = Retained::default();
        for number in 0..=TOPICS_MAX {
            retained.keep(&number.to_string(), b"x");
        }
        assert_eq!(retained.get("0"), None);
        assert_eq!(retained.get("1"), Some(b"x".as_slice()));
        retained.keep("1", b"");
        assert_eq!((retained.get("1"), retained.order.len()), (None, TOPICS_MAX - 1));
    }
}
