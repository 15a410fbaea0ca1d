//! Home Assistant's MQTT discovery, in: we stand where Home Assistant would. Out: `export`.

mod air;
mod components;
mod discovery;
mod entity;
pub mod export;
mod group;
mod light;
mod openings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use lares_model::{UnixMillis, Value};

use crate::claims::Claims;
use crate::profile::{Profile, embedded};
use crate::roster::Roster;
use discovery::Discovered;
use group::Group;
pub(crate) use light::white;

static PROFILE: LazyLock<Profile> =
    LazyLock::new(|| embedded(include_str!("../../../../profiles/homeassistant.toml")));

/// A stranger's announcements are not kept without end.
const DEVICES_MAX: usize = 2_048;

#[derive(Default)]
pub(crate) struct HomeAssistant {
    roster: Roster,
    claims: Claims,
    claims_seen: u64,
    /// Devices by foreign id, with their entities.
    groups: BTreeMap<String, Group>,
    /// Which device an identifier or connection belongs to.
    owners: BTreeMap<String, String>,
    /// Which entities a discovery topic has, as (device, key).
    by_topic: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Endpoint numbers of before the restart, by device and endpoint name.
    remembered: BTreeMap<String, BTreeMap<String, u16>>,
}

impl HomeAssistant {
    pub fn new(claims: Claims) -> HomeAssistant {
        HomeAssistant { claims, ..HomeAssistant::default() }
    }

    fn discover(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(address) = discovery::address(heard.topic) else { return Vec::new() };
        // Our own export comes by here, too.
        if address.id.starts_with(export::NODE_PREFIX) || discovery::is_migration(heard.payload) {
            return Vec::new();
        }
        let discovered = match discovery::entities(&address, heard.payload) {
            Ok(discovered) => discovered,
            Err(reason) => return vec![Finding::Rejected { foreign_id: None, reason }],
        };
        let before = self.by_topic.remove(heard.topic).unwrap_or_default();
        let mut changed: BTreeSet<String> = BTreeSet::new();
        let mut now = BTreeSet::new();
        for entity in discovered {
            if let Some(device) = self.admit(entity.clone(), heard.topic) {
                now.insert((device.clone(), entity.key));
                changed.insert(device);
            }
        }
        for (device, key) in before.difference(&now) {
            if let Some(group) = self.groups.get_mut(device)
                && group.remove(key, heard.topic)
            {
                changed.insert(device.clone());
            }
        }
        if !now.is_empty() {
            self.by_topic.insert(heard.topic.to_owned(), now);
        }
        changed.into_iter().flat_map(|device| self.settle(&device, heard)).collect()
    }

    /// Puts an entity into its device; `None` where another dialect speaks for that one.
    fn admit(&mut self, entity: Discovered, topic: &str) -> Option<String> {
        let ids = group::ids(&entity.config);
        if self.claims.any(ids.iter()) {
            return None;
        }
        let known = ids.iter().find_map(|id| self.owners.get(id)).cloned();
        let full = match &known {
            Some(device) => self.groups.get(device).is_some_and(Group::is_full),
            None => self.groups.len() >= DEVICES_MAX,
        };
        if full {
            return None;
        }
        let device = known
            .or_else(|| ids.first().cloned())
            .unwrap_or_else(|| format!("entity:{}", entity.key.replace(' ', ".")));
        for id in ids {
            self.owners.entry(id).or_insert_with(|| device.clone());
        }
        let remembered = self.remembered.get(&device);
        let group = self.groups.entry(device.clone()).or_insert_with(|| Group::new(&device));
        group.put(entity, topic, remembered);
        Some(device)
    }

    /// Describes a device anew, or lets it go when it has no entity any more.
    fn settle(&mut self, device: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(group) = self.groups.get(device) else { return Vec::new() };
        if !group.is_empty() {
            return self.roster.wire(group.wired(), heard.received);
        }
        self.groups.remove(device);
        self.owners.retain(|_, owner| owner != device);
        self.roster.remove(device).into_iter().collect()
    }

    /// Another dialect turned out to speak for devices that were discovered before.
    fn yield_claimed(&mut self) -> Vec<Finding> {
        let version = self.claims.version();
        if version == self.claims_seen {
            return Vec::new();
        }
        self.claims_seen = version;
        let claimed: BTreeSet<String> = (self.owners.iter())
            .filter(|(id, _)| self.claims.any(std::iter::once(*id)))
            .map(|(_, device)| device.clone())
            .collect();
        for device in &claimed {
            self.groups.remove(device);
            self.owners.retain(|_, owner| owner != device);
        }
        claimed.iter().filter_map(|device| self.roster.remove(device)).collect()
    }
}

impl Dialect for HomeAssistant {
    fn name(&self) -> &'static str {
        "homeassistant"
    }

    fn remember(&mut self, description: &Description) {
        let numbers = (description.endpoints.iter())
            .filter_map(|endpoint| Some((endpoint.name.clone()?, endpoint.endpoint)))
            .collect();
        self.remembered.insert(description.foreign_id.clone(), numbers);
    }

    fn greet(&mut self) -> Vec<Say> {
        let topic = "homeassistant/status".to_owned();
        vec![Say { topic, payload: b"online".to_vec(), qos: 0, retain: false }]
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let mut findings = self.yield_claimed();
        if heard.topic.starts_with("homeassistant/") && heard.topic.ends_with("/config") {
            findings.extend(self.discover(heard));
        } else {
            self.roster.keep(heard);
            findings.extend(self.roster.hear(heard));
        }
        findings
    }

    fn tick(&mut self, now: UnixMillis) -> Vec<Finding> {
        self.roster.tick(now)
    }

    fn word(
        &self,
        foreign_id: &str,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay> {
        self.roster.word(foreign_id, endpoint, command, args)
    }

    fn recall(&self, foreign_id: &str) -> Vec<Finding> {
        self.roster.recall(foreign_id)
    }
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;
