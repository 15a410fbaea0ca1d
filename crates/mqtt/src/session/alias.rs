//! Topic aliases a v5 client sets for its own messages (section 3.3.2.3.4).

use crate::codec::{Properties, Text, Violation};

#[derive(Debug)]
pub(super) struct InboundAliases {
    maximum: u16,
    topics: Vec<Text>,
}

impl InboundAliases {
    pub fn new(maximum: u16) -> Self {
        InboundAliases { maximum, topics: Vec::new() }
    }

    /// The topic a PUBLISH means; sets the alias when both are given.
    pub fn resolve(&mut self, topic: Text, properties: &Properties) -> Result<Text, Violation> {
        let Some(&alias) = properties.topic_alias() else {
            return Ok(topic);
        };
        // [MQTT-3.3.2-8], [MQTT-3.3.2-9]
        if alias == 0 || alias > self.maximum {
            return Err(Violation::TopicAlias);
        }
        let index = usize::from(alias) - 1;
        if topic.is_empty() {
            let known = self.topics.get(index).filter(|topic| !topic.is_empty());
            return known.cloned().ok_or(Violation::UnknownTopicAlias);
        }
        if self.topics.len() <= index {
            self.topics.resize(index + 1, Text::default());
        }
        // A slice of the packet would keep its whole read buffer alive.
        self.topics[index] = topic.detached();
        Ok(topic)
    }
}
