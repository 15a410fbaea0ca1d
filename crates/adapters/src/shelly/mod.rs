//! Shelly of the second generation and later, by RPC over MQTT. A device is met by what it says, and then asked.

mod decode;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use lares_model::{UnixMillis, Value};
use serde_json::{Map, Value as Json, json};

use crate::claims::{Claims, mac};
use crate::message::Message;
use crate::press;
use crate::profile::{Profile, embedded};
use crate::roster::{Roster, rejected};

static PROFILE: LazyLock<Profile> =
    LazyLock::new(|| embedded(include_str!("../../../../profiles/shelly.toml")));

/// Where devices send their answers.
const ANSWERS: &str = "lares-shelly/rpc";
pub(super) const SOURCE: &str = "lares-shelly";
/// The number of every command; questions have numbers of their own above it.
pub(super) const COMMAND_ID: u64 = 1;
const DEVICES_MAX: usize = 1_024;

#[derive(Default)]
pub(crate) struct Shelly {
    roster: Roster,
    claims: Claims,
    /// By topic prefix.
    met: BTreeMap<String, Met>,
    /// Questions without an answer yet: what was asked under which prefix.
    asked: BTreeMap<u64, (String, Question)>,
    last_question: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Question {
    Info,
    Config,
    Status,
}

#[derive(Default)]
pub(super) struct Met {
    /// `shellyplus1pm-a8032ab1`; the device's own id, whatever its prefix is.
    pub id: Option<String>,
    pub info: Map<String, Json>,
    pub config: Map<String, Json>,
    pub status: Map<String, Json>,
}

impl Question {
    fn method(self) -> &'static str {
        match self {
            Question::Info => "Shelly.GetDeviceInfo",
            Question::Config => "Shelly.GetConfig",
            Question::Status => "Shelly.GetStatus",
        }
    }
}

impl Shelly {
    pub fn new(claims: Claims) -> Shelly {
        Shelly { claims, last_question: COMMAND_ID, ..Shelly::default() }
    }

    fn ask(&mut self, prefix: &str, questions: &[Question]) -> Vec<Finding> {
        let mut says = Vec::new();
        for question in questions {
            self.last_question += 1;
            // A device that sleeps never answers; its question is asked again when it speaks.
            if self.asked.len() == DEVICES_MAX {
                self.asked.pop_first();
            }
            self.asked.insert(self.last_question, (prefix.to_owned(), *question));
            let body = json!({ "id": self.last_question, "src": SOURCE, "method": question.method() });
            says.push(Finding::Say(Say {
                topic: format!("{prefix}/rpc"),
                payload: body.to_string().into_bytes(),
                qos: 0,
                retain: false,
            }));
        }
        says
    }

    /// Asks everything of a device that is new here.
    fn meet(&mut self, prefix: &str) -> Vec<Finding> {
        if self.met.contains_key(prefix) || self.met.len() == DEVICES_MAX {
            return Vec::new();
        }
        self.met.insert(prefix.to_owned(), Met::default());
        self.ask(prefix, &[Question::Info, Question::Config, Question::Status])
    }

    fn online(&mut self, prefix: &str, heard: &Heard<'_>) -> Vec<Finding> {
        self.roster.keep(heard);
        let mut findings = self.roster.hear(heard);
        let last = prefix.rsplit('/').next().unwrap_or(prefix);
        // Others have a topic of that name, too; what has another prefix is met by its events.
        let first_generation = prefix.starts_with("shellies/");
        if heard.payload == b"true" && last.contains("shelly") && !first_generation {
            let known = self.met.contains_key(prefix);
            findings.extend(self.meet(prefix));
            // It was away: what it is now need not be what it was.
            if known && !heard.replayed {
                findings.extend(self.ask(prefix, &[Question::Info, Question::Config, Question::Status]));
            }
        }
        findings
    }

    fn notified(&mut self, prefix: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Ok(said) = serde_json::from_slice::<Map<String, Json>>(heard.payload) else { return Vec::new() };
        let text = |key: &str| said.get(key).and_then(Json::as_str).unwrap_or_default();
        let (source, method) = (text("src"), text("method"));
        if !method.starts_with("Notify") || !source.contains("shelly") {
            return Vec::new();
        }
        let mut findings = self.meet(prefix);
        if let Some(met) = self.met.get_mut(prefix) {
            met.id.get_or_insert_with(|| source.to_lowercase());
        }
        let Some(Json::Object(params)) = said.get("params") else { return findings };
        match method {
            "NotifyFullStatus" => findings.extend(self.status(prefix, params.clone(), heard)),
            "NotifyStatus" => findings.extend(self.partly(prefix, params, heard)),
            "NotifyEvent" => findings.extend(self.events(prefix, params, heard)),
            _ => {}
        }
        findings
    }

    /// The whole status: the device is wired by it.
    fn status(&mut self, prefix: &str, status: Map<String, Json>, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(met) = self.met.get_mut(prefix) else { return Vec::new() };
        met.status = status;
        let mut findings = self.settle(prefix, heard);
        let status = self.met.get(prefix).map(|met| met.status.clone()).unwrap_or_default();
        findings.extend(self.partly(prefix, &status, heard));
        findings
    }

    /// Only what changed: it is laid over the whole, and read by itself.
    fn partly(&mut self, prefix: &str, params: &Map<String, Json>, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(met) = self.met.get_mut(prefix) else { return Vec::new() };
        if !met.status.is_empty() {
            overlay(&mut met.status, params);
        }
        let Some(id) = met.id.clone() else { return Vec::new() };
        let topic = decode::status_topic(prefix);
        let inner = Heard { topic: &topic, ..*heard };
        let message = Message::of(Json::Object(params.clone()));
        let mut findings = self.roster.hear_one(&id, &inner, &message);
        if let Some(time) = params.get("ts").and_then(seconds) {
            for finding in &mut findings {
                if let Finding::Readings { readings, .. } = finding {
                    readings.iter_mut().for_each(|measured| measured.time = Some(time));
                }
            }
        }
        findings
    }

    fn events(&mut self, prefix: &str, params: &Map<String, Json>, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(id) = self.met.get(prefix).and_then(|met| met.id.clone()) else { return Vec::new() };
        if heard.replayed || !self.roster.knows(&id) {
            return Vec::new();
        }
        let mut occurrences = Vec::new();
        for event in params.get("events").and_then(Json::as_array).into_iter().flatten() {
            let component = event.get("component").and_then(Json::as_str).unwrap_or_default();
            let pressed = ["input", "button", "bthome"].iter().any(|kind| component.starts_with(kind));
            let Some(endpoint) = self.roster.endpoint_at(&id, &format!("/{component}")).filter(|_| pressed)
            else {
                continue;
            };
            let time = event.get("ts").and_then(seconds).unwrap_or(heard.received);
            occurrences.extend(press::occurrence(endpoint, event.get("event").unwrap_or(&Json::Null), time));
        }
        if occurrences.is_empty() {
            return Vec::new();
        }
        vec![Finding::Occurred { foreign_id: id, occurrences }]
    }

    /// An answer to a question of ours, or a refusal.
    fn answered(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let Ok(said) = serde_json::from_slice::<Map<String, Json>>(heard.payload) else { return Vec::new() };
        let number = said.get("id").and_then(Json::as_u64).unwrap_or_default();
        let source = said.get("src").and_then(Json::as_str).unwrap_or_default().to_lowercase();
        let asked = self.asked.remove(&number);
        if let Some(error) = said.get("error") {
            let about = asked.map_or("a command", |(_, question)| question.method());
            let reason = format!("{source} refuses {about}: {}", decode::refusal(error));
            return vec![if self.roster.knows(&source) {
                rejected(&source, reason)
            } else {
                Finding::Rejected { foreign_id: None, reason }
            }];
        }
        let (Some((prefix, question)), Some(Json::Object(result))) = (asked, said.get("result")) else {
            return Vec::new();
        };
        let Some(met) = self.met.get_mut(&prefix) else { return Vec::new() };
        if !source.is_empty() {
            met.id = Some(source);
        }
        match question {
            Question::Info => met.info = result.clone(),
            Question::Config => met.config = result.clone(),
            Question::Status => return self.status(&prefix, result.clone(), heard),
        }
        self.settle(&prefix, heard)
    }

    fn settle(&mut self, prefix: &str, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(met) = self.met.get(prefix) else { return Vec::new() };
        let Some(id) = met.id.clone().filter(|_| !met.status.is_empty()) else { return Vec::new() };
        let address = met.info.get("mac").and_then(Json::as_str).map(str::to_owned);
        let address = address.or_else(|| id.rsplit('-').next().map(str::to_owned)).unwrap_or_default();
        self.claims.claim([mac(&address), id.clone()]);
        let wired = decode::wired(prefix, &id, met);
        self.roster.wire(wired, heard.received)
    }
}

/// Unix seconds, with a fraction. A device without a clock says a few seconds.
fn seconds(value: &Json) -> Option<UnixMillis> {
    let seconds = value.as_f64().filter(|seconds| (1e9..1e11).contains(seconds))?;
    Some(UnixMillis((seconds * 1_000.0) as i64))
}

fn overlay(whole: &mut Map<String, Json>, part: &Map<String, Json>) {
    for (key, value) in part {
        match (whole.get_mut(key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => overlay(old, new),
            _ => {
                whole.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Dialect for Shelly {
    fn name(&self) -> &'static str {
        "shelly"
    }

    fn remember(&mut self, description: &Description) {
        let id = description.foreign_id.clone();
        let address = description.serial.as_deref().or_else(|| id.rsplit('-').next()).map(mac);
        self.claims.claim(address.into_iter().chain([id.clone()]));
    }

    fn greet(&mut self) -> Vec<Say> {
        Vec::new()
    }

    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        if heard.topic == ANSWERS {
            return self.answered(heard);
        }
        if let Some(prefix) = heard.topic.strip_suffix("/online") {
            return self.online(prefix, heard);
        }
        if let Some(prefix) = heard.topic.strip_suffix("/events/rpc") {
            return self.notified(prefix, heard);
        }
        let Some((prefix, component)) = heard.topic.split_once("/status/") else { return Vec::new() };
        if !self.met.contains_key(prefix) || !component.contains(':') {
            return Vec::new();
        }
        let Ok(status) = serde_json::from_slice::<Json>(heard.payload) else { return Vec::new() };
        let params = Map::from_iter([(component.to_owned(), status)]);
        self.partly(prefix, &params, heard)
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
