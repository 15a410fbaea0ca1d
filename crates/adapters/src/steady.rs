//! Keeps descriptions steady over a restart. Retained messages are read again one by one, and a device that they make
//! up would shrink to its first part and grow again; what was known of it stands until something new is heard.

use std::collections::BTreeMap;

use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use lares_model::{UnixMillis, Value};

/// A dialect whose devices grow message by message.
pub(crate) struct Steady<D> {
    inner: D,
    /// As they were before, until something new is heard.
    remembered: BTreeMap<String, Description>,
    /// What these devices looked like so far, while messages are still read again.
    held: BTreeMap<String, Box<Description>>,
}

impl<D: Dialect> Steady<D> {
    pub fn new(inner: D) -> Steady<D> {
        Steady { inner, remembered: BTreeMap::new(), held: BTreeMap::new() }
    }
}

impl<D: Dialect> Dialect for Steady<D> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn remember(&mut self, description: &Description) {
        self.inner.remember(description);
        self.remembered.insert(description.foreign_id.clone(), description.clone());
    }

    fn greet(&mut self) -> Vec<Say> {
        self.inner.greet()
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !heard.replayed {
            let remembered = std::mem::take(&mut self.remembered);
            for (id, description) in std::mem::take(&mut self.held) {
                if remembered.get(&id) != Some(description.as_ref()) {
                    findings.push(Finding::Described(description));
                }
            }
        }
        for finding in self.inner.hear(heard) {
            match finding {
                Finding::Described(description)
                    if heard.replayed && self.remembered.contains_key(&description.foreign_id) =>
                {
                    self.held.insert(description.foreign_id.clone(), description);
                }
                Finding::Gone { foreign_id } => {
                    self.held.remove(&foreign_id);
                    findings.push(Finding::Gone { foreign_id });
                }
                other => findings.push(other),
            }
        }
        findings
    }

    fn tick(&mut self, now: UnixMillis) -> Vec<Finding> {
        self.inner.tick(now)
    }

    fn word(
        &self,
        foreign_id: &str,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay> {
        self.inner.word(foreign_id, endpoint, command, args)
    }

    fn recall(&self, foreign_id: &str) -> Vec<Finding> {
        self.inner.recall(foreign_id)
    }
}
