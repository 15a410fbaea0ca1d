//! Zigbee2MQTT: devices from `<base>/bridge/devices`, groups, and what happens at locks. The base is learnt from there.

mod expose;
mod generic;
mod lock;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lares_model::Value;
use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::claims::Claims;
use crate::message::Message;
use crate::profile::{Profile, embedded};
use crate::roster::Roster;

static PROFILE: LazyLock<Profile> =
    LazyLock::new(|| embedded(include_str!("../../../../profiles/zigbee2mqtt.toml")));

const BRIDGES_MAX: usize = 16;

#[derive(Default)]
pub(crate) struct Zigbee2Mqtt {
    roster: Roster,
    claims: Claims,
    bases: BTreeMap<String, Bridge>,
    /// Devices of before the restart, and the bridge that they were reached through.
    remembered: BTreeMap<String, Option<String>>,
}

/// One Zigbee2MQTT, by its base topic.
#[derive(Default)]
struct Bridge {
    devices: Vec<Entry>,
    groups: Vec<GroupEntry>,
    /// Foreign ids of what was described from here.
    described: BTreeSet<String>,
    /// Topics of locks, whose actions say who came.
    locks: BTreeMap<String, String>,
}

/// An entry of `bridge/devices`.
#[derive(Clone, Debug, Deserialize)]
struct Entry {
    ieee_address: String,
    friendly_name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    disabled: bool,
    interview_completed: Option<bool>,
    interview_state: Option<String>,
    #[serde(default)]
    power_source: Option<String>,
    #[serde(default)]
    model_id: Option<String>,
    #[serde(default)]
    manufacturer: Option<String>,
    #[serde(default)]
    software_build_id: Option<String>,
    #[serde(default)]
    definition: Option<Definition>,
}

#[derive(Clone, Debug, Deserialize)]
struct Definition {
    #[serde(default)]
    model: String,
    #[serde(default)]
    vendor: String,
    #[serde(default)]
    supports_ota: bool,
    #[serde(default)]
    exposes: Vec<Json>,
}

#[derive(Clone, Debug, Deserialize)]
struct GroupEntry {
    id: u64,
    friendly_name: String,
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Clone, Debug, Deserialize)]
struct Member {
    ieee_address: String,
}

impl Zigbee2Mqtt {
    pub fn new(claims: Claims) -> Zigbee2Mqtt {
        Zigbee2Mqtt { claims, ..Zigbee2Mqtt::default() }
    }

    fn devices(&mut self, base: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Ok(entries) = serde_json::from_slice::<Vec<Json>>(heard.payload) else { return Vec::new() };
        // Anything else may be called `bridge/devices`; Zigbee2MQTT always lists at least its coordinator.
        let is_bridge = entries.iter().any(|entry| entry.get("ieee_address").is_some());
        if !self.bases.contains_key(base) && (!is_bridge || self.bases.len() == BRIDGES_MAX) {
            return Vec::new();
        }
        let mut findings = Vec::new();
        let mut devices = Vec::new();
        for entry in entries {
            match Entry::deserialize(&entry) {
                Ok(entry) => devices.push(entry),
                Err(error) => findings.push(Finding::Rejected {
                    foreign_id: None,
                    reason: format!("{}: a device that cannot be read: {error}", heard.topic),
                }),
            }
        }
        self.bases.entry(base.to_owned()).or_default().devices = devices;
        findings.extend(self.settle(base, heard));
        findings
    }

    fn groups(&mut self, base: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(bridge) = self.bases.get_mut(base) else {
            self.roster.keep(heard);
            return Vec::new();
        };
        let Ok(groups) = serde_json::from_slice(heard.payload) else { return Vec::new() };
        bridge.groups = groups;
        self.settle(base, heard)
    }

    /// Describes what the bridge has now, and lets go what it has no more.
    fn settle(&mut self, base: &str, heard: &Heard<'_>) -> Vec<Finding> {
        if let Some(kept) = self.roster.retained(&format!("{base}/bridge/groups"))
            && let Some(bridge) = self.bases.get_mut(base)
            && bridge.groups.is_empty()
        {
            bridge.groups = serde_json::from_slice(&kept).unwrap_or_default();
        }
        let Some(bridge) = self.bases.get_mut(base) else { return Vec::new() };
        let coordinator = bridge.devices.iter().find(|entry| entry.kind == "Coordinator");
        let via = coordinator.map(|entry| entry.ieee_address.clone());
        let mut wired = Vec::new();
        bridge.locks.clear();
        for entry in bridge.devices.iter().filter(|entry| entry.is_ready()) {
            if entry.kind == "Coordinator" {
                wired.push(wire::bridge(base, entry));
                continue;
            }
            if entry.is_lock() {
                bridge.locks.insert(format!("{base}/{}", entry.friendly_name), entry.ieee_address.clone());
            }
            wired.push(wire::device(base, entry, via.clone()));
        }
        for group in &bridge.groups {
            wired.extend(wire::group(base, group, &bridge.devices, via.clone()));
        }
        let now: BTreeSet<String> = wired.iter().map(|wired| wired.description.foreign_id.clone()).collect();
        let mut gone: Vec<String> = bridge.described.difference(&now).cloned().collect();
        // What this bridge had before the restart and has no more left while nobody listened.
        let left = |(id, before): (&String, &Option<String>)| {
            // Groups are listed elsewhere, and later.
            let was_listed = via.is_some() && *before == via && !id.contains(wire::GROUP);
            (was_listed && !now.contains(id)).then(|| id.clone())
        };
        gone.extend(self.remembered.iter().filter_map(left));
        gone.iter().for_each(|id| drop(self.remembered.remove(id)));
        let new: BTreeSet<String> = now.difference(&bridge.described).cloned().collect();
        bridge.described = now;
        self.claims.claim(bridge.described.iter().flat_map(|id| wire::claims_of(id)));
        let mut findings = Vec::new();
        for foreign_id in gone {
            self.roster.remove(&foreign_id);
            findings.push(Finding::Gone { foreign_id });
        }
        for device in wired {
            if new.contains(&device.description.foreign_id) {
                findings.extend(wire::first_question(base, self.bases.get(base), &device));
            }
            findings.extend(self.roster.wire(device, heard.received));
        }
        findings
    }

    /// What the bridge answers to requests: only its refusals are of interest.
    fn response(heard: &Heard<'_>) -> Option<Finding> {
        let message = Message::new(heard.payload);
        let said = message.json()?;
        let error =
            said.get("error").filter(|_| said.get("status").and_then(Json::as_str) == Some("error"))?;
        let reason = format!("{}: {}", heard.topic, crate::convert::text(error));
        Some(Finding::Rejected { foreign_id: None, reason })
    }
}

impl Entry {
    /// Its interview is over, and nobody has put it aside.
    fn is_ready(&self) -> bool {
        let interviewed = match (&self.interview_state, self.interview_completed) {
            (Some(state), _) => state == "SUCCESSFUL" || self.definition.is_some(),
            (None, completed) => completed.unwrap_or(true),
        };
        !self.disabled && (interviewed || self.kind == "Coordinator")
    }

    fn is_lock(&self) -> bool {
        let exposes = self.definition.iter().flat_map(|definition| &definition.exposes);
        exposes.clone().any(|expose| expose.get("type").and_then(Json::as_str) == Some("lock"))
    }
}

impl Dialect for Zigbee2Mqtt {
    fn name(&self) -> &'static str {
        "zigbee2mqtt"
    }

    /// What is announced to Home Assistant may be read again before the bridge is.
    fn remember(&mut self, description: &Description) {
        self.claims.claim(wire::claims_of(&description.foreign_id));
        self.remembered.insert(description.foreign_id.clone(), description.via.clone());
    }

    fn greet(&mut self) -> Vec<Say> {
        Vec::new()
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        if let Some(base) = heard.topic.strip_suffix("/bridge/devices") {
            return self.devices(base, heard);
        }
        if let Some(base) = heard.topic.strip_suffix("/bridge/groups") {
            return self.groups(base, heard);
        }
        if heard.topic.contains("/bridge/response/") {
            let known = self.bases.keys().any(|base| heard.topic.starts_with(&format!("{base}/bridge/")));
            return if known { Self::response(heard).into_iter().collect() } else { Vec::new() };
        }
        // States are objects; other words than these two are none of its own.
        if heard.payload.starts_with(b"{") || matches!(heard.payload, b"online" | b"offline" | b"") {
            self.roster.keep(heard);
        }
        let mut findings = self.roster.hear(heard);
        let locks = self.bases.values().find_map(|bridge| bridge.locks.get(heard.topic));
        if let Some(foreign_id) = locks.filter(|_| !heard.replayed) {
            findings.extend(lock::operation(foreign_id, heard));
        }
        findings
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
mod tests;
