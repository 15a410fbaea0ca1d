//! Tasmota, by its own discovery: `tasmota/discovery/<MAC>/config` and `/sensors`.

mod decode;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lares_model::Value;
use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use serde_json::Value as Json;

use crate::claims::{Claims, mac};
use crate::profile::{Profile, embedded};
use crate::roster::Roster;
use decode::Config;

static PROFILE: LazyLock<Profile> =
    LazyLock::new(|| embedded(include_str!("../../../../profiles/tasmota.toml")));

const DEVICES_MAX: usize = 1_024;

#[derive(Default)]
pub(crate) struct Tasmota {
    roster: Roster,
    claims: Claims,
    /// What each device has told of itself, by its MAC address as the topic has it.
    told: BTreeMap<String, Told>,
}

#[derive(Default)]
struct Told {
    config: Option<Config>,
    sensors: Json,
}

impl Tasmota {
    pub fn new(claims: Claims) -> Tasmota {
        Tasmota { claims, ..Tasmota::default() }
    }

    fn discover(&mut self, address: &str, part: &str, heard: &Heard<'_>) -> Vec<Finding> {
        if heard.payload.is_empty() {
            if part == "config" {
                self.told.remove(address);
                return self.roster.remove(address).into_iter().collect();
            }
            return Vec::new();
        }
        if !self.told.contains_key(address) && self.told.len() == DEVICES_MAX {
            return Vec::new();
        }
        let told = self.told.entry(address.to_owned()).or_default();
        match part {
            "config" => match serde_json::from_slice::<Config>(heard.payload) {
                Ok(config) => told.config = Some(config),
                Err(error) => {
                    let reason = format!("{}: {error}", heard.topic);
                    return vec![Finding::Rejected { foreign_id: None, reason }];
                }
            },
            "sensors" => {
                let said: Json = serde_json::from_slice(heard.payload).unwrap_or_default();
                told.sensors = said.get("sn").cloned().unwrap_or_default();
            }
            _ => return Vec::new(),
        }
        let Some(config) = &told.config else { return Vec::new() };
        self.claims.claim(claims_of(address));
        let wired = decode::wired(address, config, &told.sensors);
        let asks =
            if self.roster.knows(address) { Vec::new() } else { decode::first_questions(address, config) };
        let mut findings = self.roster.wire(wired, heard.received);
        findings.extend(asks.into_iter().map(Finding::Say));
        findings
    }
}

/// The ids under which it may announce itself to Home Assistant.
fn claims_of(address: &str) -> [String; 3] {
    let last_six = address.get(address.len().saturating_sub(6)..).unwrap_or(address);
    [mac(address), address.to_owned(), last_six.to_owned()]
}

impl Dialect for Tasmota {
    fn name(&self) -> &'static str {
        "tasmota"
    }

    fn remember(&mut self, description: &Description) {
        self.claims.claim(claims_of(&description.foreign_id));
    }

    fn greet(&mut self) -> Vec<Say> {
        Vec::new()
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        if let Some(rest) = heard.topic.strip_prefix("tasmota/discovery/") {
            let parts = rest.split_once('/').filter(|(address, _)| !address.is_empty());
            return parts.map_or_else(Vec::new, |(address, part)| self.discover(address, part, heard));
        }
        // Of what it retains, this is what a device is found by before its discovery is heard.
        let last = heard.topic.rsplit('/').next().unwrap_or_default();
        if matches!(last, "LWT" | "STATE" | "SENSOR" | "RESULT") || last.starts_with("POWER") {
            self.roster.keep(heard);
        }
        self.roster.hear(heard)
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
