//! The Homie convention, versions 3, 4 and 5, under its usual root `homie`.

mod decode;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lares_model::Value;
use lares_model::dialect::{CannotSay, Dialect, Finding, Heard, Say};

use crate::profile::{Profile, embedded};
use crate::roster::Roster;

static PROFILE: LazyLock<Profile> =
    LazyLock::new(|| embedded(include_str!("../../../../profiles/homie.toml")));

/// More than any device has; a stranger's tree is not kept without end.
const ATTRIBUTES_MAX: usize = 1_024;
const DEVICES_MAX: usize = 1_024;

#[derive(Default)]
pub(crate) struct Homie {
    roster: Roster,
    /// What devices of version 4 said of themselves, by the path below the device. A later version says it at once.
    told: BTreeMap<String, BTreeMap<String, String>>,
}

impl Homie {
    fn version_4(&mut self, id: &str, path: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Ok(payload) = std::str::from_utf8(heard.payload) else { return Vec::new() };
        if payload.is_empty() && matches!(path, "$homie" | "$state") {
            self.told.remove(id);
            return self.roster.remove(id).into_iter().collect();
        }
        if !self.told.contains_key(id) && self.told.len() == DEVICES_MAX {
            return Vec::new();
        }
        let told = self.told.entry(id.to_owned()).or_default();
        if told.len() < ATTRIBUTES_MAX || told.contains_key(path) {
            told.insert(path.to_owned(), payload.to_owned());
        }
        let settled = told.contains_key("$nodes") && told.get("$state").is_some_and(|state| state != "init");
        // It is read when it is whole, and again when something of it changes.
        if !settled {
            return Vec::new();
        }
        let wired = decode::version_4(id, told);
        let mut findings = self.roster.wire(wired, heard.received);
        findings.extend(self.roster.hear(heard));
        findings
    }

    fn version_5(&mut self, id: &str, path: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let foreign_id = format!("5/{id}");
        match path {
            "$state" if heard.payload.is_empty() => self.roster.remove(&foreign_id).into_iter().collect(),
            "$description" if !heard.payload.is_empty() => match decode::version_5(id, heard.payload) {
                Ok(wired) => self.roster.wire(wired, heard.received),
                Err(reason) => vec![Finding::Rejected {
                    foreign_id: self.roster.knows(&foreign_id).then_some(foreign_id),
                    reason,
                }],
            },
            _ => {
                self.roster.keep(heard);
                self.roster.hear(heard)
            }
        }
    }
}

impl Dialect for Homie {
    fn name(&self) -> &'static str {
        "homie"
    }

    fn greet(&mut self) -> Vec<Say> {
        Vec::new()
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(rest) = heard.topic.strip_prefix("homie/") else { return Vec::new() };
        if let Some(rest) = rest.strip_prefix("5/") {
            let Some((id, path)) = rest.split_once('/') else { return Vec::new() };
            return self.version_5(id, path, heard);
        }
        let Some((id, path)) = rest.split_once('/') else { return Vec::new() };
        if path.rsplit('/').next().is_some_and(|last| last.starts_with('$')) {
            self.roster.keep(heard);
            return self.version_4(id, path, heard);
        }
        self.roster.keep(heard);
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
