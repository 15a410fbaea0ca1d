//! Topic aliases (section 3.3.2.3.4): those a v5 client sets for its own messages, and those it lets us set for ours.

use std::collections::HashMap;

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

/// The first topics that are sent get an alias each, as many as the client takes; none is given up for another.
#[derive(Debug)]
pub(super) struct OutboundAliases {
    maximum: u16,
    topics: HashMap<Text, u16>,
}

pub(super) enum Alias {
    None,
    /// Topic and alias both travel.
    New(u16),
    /// The alias stands for the topic.
    Known(u16),
}

impl OutboundAliases {
    pub fn new(maximum: u16) -> Self {
        OutboundAliases { maximum, topics: HashMap::new() }
    }

    /// The alias for a topic; a new one counts once `set` has confirmed that the packet is written.
    pub fn of(&self, topic: &Text) -> Alias {
        if self.maximum == 0 {
            return Alias::None;
        }
        if let Some(&alias) = self.topics.get(topic) {
            return Alias::Known(alias);
        }
        let next = self.topics.len() + 1;
        u16::try_from(next).ok().filter(|next| *next <= self.maximum).map_or(Alias::None, Alias::New)
    }

    pub fn set(&mut self, topic: &Text, alias: u16) {
        self.topics.insert(topic.detached(), alias);
    }
}
