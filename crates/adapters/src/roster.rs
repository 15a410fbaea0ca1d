//! The devices that a dialect has described, and what they last said: it reads messages through their channels, words
//! commands through their orders and recalls. The one place where readings are held against the catalogue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lares_model::capability;
use lares_model::device::{ENDPOINTS_MAX, Endpoint};
use lares_model::dialect::{CannotSay, Finding, Heard, Measured, Say, UnknownPart};
use lares_model::home::NAME_MAX_CHARS;
use lares_model::record::Occurrence;
use lares_model::{UnixMillis, Value};
use serde_json::Value as Json;

use crate::convert::text;
use crate::message::Message;
use crate::press;
use crate::retained::Retained;
use crate::running::Running;
use crate::template::Templates;
use crate::wiring::{Channel, Order, Reads, Select, Sign, Wired, is_optional, payload_text};

/// What is kept of parts that became no capability: a stranger's description is not kept without end.
const UNKNOWN_MAX: usize = 128;
const TOLD_MAX: usize = 64;
const UNKNOWN_MAX_BYTES: usize = 24 * 1_024;

#[derive(Default)]
pub(crate) struct Roster {
    known: BTreeMap<String, Known>,
    /// Who has a channel or a sign on a topic.
    by_topic: HashMap<String, BTreeSet<String>>,
    retained: Retained,
    templates: Templates,
    running: Running,
}

struct Known {
    wired: Arc<Wired>,
    /// For each availability, what its signs said, and what was said last.
    signs: Vec<(Vec<Option<bool>>, Option<bool>)>,
    presence: Option<(bool, String)>,
    latest: BTreeMap<(u16, String), Measured>,
    /// Reasons that were told already: a template that fails does so with every message.
    told: BTreeSet<String>,
}

impl Roster {
    pub fn knows(&self, foreign_id: &str) -> bool {
        self.known.contains_key(foreign_id)
    }

    /// A retained message that a device may turn out to have sent.
    pub fn keep(&mut self, heard: &Heard<'_>) {
        if heard.retain || heard.replayed {
            self.retained.keep(heard.topic, heard.payload);
        }
    }

    /// The endpoint of the part whose state begins at this pointer.
    pub fn endpoint_at(&self, foreign_id: &str, pointer: &str) -> Option<u16> {
        let prefix = format!("{pointer}/");
        let known = self.known.get(foreign_id)?;
        let channel = known.wired.channels.iter().find(|channel| match &channel.select {
            Select::At(at) => at.starts_with(&prefix),
            _ => false,
        })?;
        Some(channel.endpoint)
    }

    pub fn retained(&self, topic: &str) -> Option<Vec<u8>> {
        self.retained.get(topic).map(<[u8]>::to_vec)
    }

    /// Takes a device as it is wired now. What is new in it hears the retained messages of its topics.
    pub fn wire(&mut self, mut wired: Wired, received: UnixMillis) -> Vec<Finding> {
        fit(&mut wired);
        let id = wired.description.foreign_id.clone();
        let before = self.unlink(&id);
        let mut findings = Vec::new();
        if before.as_ref().is_none_or(|before| before.wired.description != wired.description) {
            findings.push(Finding::Described(Box::new(wired.description.clone())));
        }
        let empty = Vec::new();
        let old_channels = before.as_ref().map_or(&empty, |before| &before.wired.channels);
        let fresh: Vec<Channel> =
            wired.channels.iter().filter(|channel| !old_channels.contains(channel)).cloned().collect();
        let topics = wired.topics();
        for topic in &topics {
            self.by_topic.entry(topic.clone()).or_default().insert(id.clone());
        }
        self.known.insert(id.clone(), Known::new(Arc::new(wired), before));
        for topic in &topics {
            let Some(payload) = self.retained.get(topic).map(<[u8]>::to_vec) else { continue };
            let heard = Heard { topic, payload: &payload, retain: true, replayed: true, received };
            let channels: Vec<&Channel> = fresh.iter().filter(|channel| channel.topic == *topic).collect();
            findings.extend(self.read(&id, &heard, &Message::new(&payload), &channels));
        }
        findings
    }

    pub fn remove(&mut self, foreign_id: &str) -> Option<Finding> {
        self.unlink(foreign_id)?;
        self.running.forget(foreign_id);
        Some(Finding::Gone { foreign_id: foreign_id.to_owned() })
    }

    fn unlink(&mut self, id: &str) -> Option<Known> {
        let known = self.known.remove(id)?;
        for topic in known.wired.topics() {
            if let Some(ids) = self.by_topic.get_mut(&topic) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_topic.remove(&topic);
                }
            }
        }
        Some(known)
    }

    /// Reads a message for every device that has wired its topic.
    pub fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding> {
        let Some(ids) = self.by_topic.get(heard.topic).cloned() else { return Vec::new() };
        let message = Message::new(heard.payload);
        ids.iter().flat_map(|id| self.hear_one(id, heard, &message)).collect()
    }

    /// The same for one device and a message that its dialect has unwrapped.
    pub fn hear_one(&mut self, id: &str, heard: &Heard<'_>, message: &Message<'_>) -> Vec<Finding> {
        let Some(wired) = self.known.get(id).map(|known| known.wired.clone()) else { return Vec::new() };
        let channels: Vec<&Channel> =
            wired.channels.iter().filter(|channel| channel.topic == heard.topic).collect();
        self.read(id, heard, message, &channels)
    }

    fn read(
        &mut self,
        id: &str,
        heard: &Heard<'_>,
        message: &Message<'_>,
        channels: &[&Channel],
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.judge(id, heard.topic, message).into_iter().collect();
        let mut readings = Vec::new();
        let mut occurrences = Vec::new();
        let mut reasons = BTreeSet::new();
        for channel in channels {
            match self.take(channel, message, heard) {
                Ok(Taken::Values(values)) => readings.extend(values),
                Ok(Taken::Happened(occurrence)) => occurrences.push(occurrence),
                Ok(Taken::Nothing) => {}
                Err(reason) => {
                    reasons.insert(reason);
                }
            }
        }
        if let Some(known) = self.known.get(id) {
            self.running.heard(id, &known.wired.timers, &readings, heard.received);
        }
        findings.extend(self.record(id, readings));
        if !occurrences.is_empty() {
            findings.push(Finding::Occurred { foreign_id: id.to_owned(), occurrences });
        }
        findings.extend(reasons.into_iter().filter_map(|reason| self.reject(id, reason)));
        findings
    }

    fn take(&mut self, channel: &Channel, message: &Message<'_>, heard: &Heard<'_>) -> Result<Taken, String> {
        let Some(raw) = select(&channel.select, message, &mut self.templates)? else {
            return Ok(Taken::Nothing);
        };
        let endpoint = channel.endpoint;
        let of = |attribute: &str, value| Measured {
            endpoint,
            attribute: attribute.to_owned(),
            value,
            time: None,
        };
        match &channel.reads {
            Reads::Value { attribute, convert } => {
                let value = convert.read(&raw).map_err(|reason| format!("{attribute}: {reason}"))?;
                Ok(value.map_or(Taken::Nothing, |value| Taken::Values(vec![of(attribute, value)])))
            }
            Reads::Colour(space) => {
                let colour = space.read(&raw).map_err(|reason| format!("ColorControl: {reason}"))?;
                Ok(colour.map_or(Taken::Nothing, |(hue, saturation)| {
                    Taken::Values(vec![
                        of("ColorControl.CurrentHue", Value::Number(hue)),
                        of("ColorControl.CurrentSaturation", Value::Number(saturation)),
                    ])
                }))
            }
            // What is read again at a start has happened long ago.
            Reads::Action { .. } if heard.replayed => Ok(Taken::Nothing),
            Reads::Action { when, .. } if when.as_ref().is_some_and(|when| *when != text(&raw)) => {
                Ok(Taken::Nothing)
            }
            Reads::Action { word, .. } => {
                let raw = word.as_deref().map_or(raw, Json::from);
                let happened = press::occurrence(endpoint, &raw, heard.received);
                Ok(happened.map_or(Taken::Nothing, Taken::Happened))
            }
        }
    }

    /// Whether the message says that the device is there or not.
    fn judge(&mut self, id: &str, topic: &str, message: &Message<'_>) -> Option<Finding> {
        let known = self.known.get_mut(id)?;
        let mut spoke = false;
        for (availability, (said, latest)) in known.wired.availability.iter().zip(&mut known.signs) {
            for (sign, said) in availability.signs.iter().zip(said) {
                if sign.topic != topic {
                    continue;
                }
                if let Some(online) = heard_of(sign, message, &mut self.templates) {
                    (*said, *latest) = (Some(online), Some(online));
                    spoke = true;
                }
            }
        }
        if !spoke {
            return None;
        }
        let verdicts: Vec<bool> = (known.wired.availability.iter().zip(&known.signs))
            .filter_map(|(availability, (said, latest))| availability.judge(said, *latest))
            .collect();
        let online = verdicts.iter().any(|online| *online);
        let reason = format!("{topic} says {}", clip(message.text().unwrap_or("what is no text"), 64));
        self.presence(id, online, reason)
    }

    /// Nothing where it is known already.
    pub fn presence(&mut self, id: &str, online: bool, reason: String) -> Option<Finding> {
        let known = self.known.get_mut(id)?;
        if known.presence.as_ref().is_some_and(|(before, _)| *before == online) {
            return None;
        }
        known.presence = Some((online, reason.clone()));
        Some(Finding::Presence { foreign_id: id.to_owned(), online, reason })
    }

    /// What has ended by itself by now.
    pub fn tick(&mut self, now: UnixMillis) -> Vec<Finding> {
        let over = self.running.over(now);
        over.into_iter().flat_map(|(id, measured)| self.record(&id, vec![measured])).collect()
    }

    /// Holds readings against the catalogue: what no attribute may be is rejected, the rest is known from now on.
    pub fn record(&mut self, id: &str, readings: Vec<Measured>) -> Vec<Finding> {
        let mut accepted: Vec<Measured> = Vec::with_capacity(readings.len());
        let mut findings = Vec::new();
        for mut measured in readings {
            let kind = capability::attribute(&measured.attribute).map(|attribute| attribute.kind);
            match kind
                .ok_or_else(|| "is no attribute".to_owned())
                .and_then(|kind| kind.accept(&measured.value))
            {
                Ok(value) => {
                    measured.value = value;
                    accepted.push(measured);
                }
                Err(reason) => findings.extend(self.reject(id, format!("{}: {reason}", measured.attribute))),
            }
        }
        let Some(known) = self.known.get_mut(id).filter(|_| !accepted.is_empty()) else { return findings };
        for measured in &accepted {
            known.latest.insert((measured.endpoint, measured.attribute.clone()), measured.clone());
        }
        findings.insert(0, Finding::Readings { foreign_id: id.to_owned(), readings: accepted });
        findings
    }

    /// Nothing for a reason that was told.
    fn reject(&mut self, id: &str, reason: String) -> Option<Finding> {
        let told = &mut self.known.get_mut(id)?.told;
        if told.len() == TOLD_MAX {
            told.clear();
        }
        told.insert(reason.clone()).then(|| rejected(id, reason))
    }

    pub fn word(
        &self,
        foreign_id: &str,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay> {
        let known = self.known.get(foreign_id).ok_or(CannotSay::Unknown)?;
        let meant = |order: &&Order| order.endpoint == endpoint && order.command == command;
        let untaken = args.keys().find(|name| {
            let is_taken = known.wired.orders.iter().filter(meant).any(|order| order.takes(name));
            is_optional(command, name) && !is_taken
        });
        let is_there = known.wired.orders.iter().any(|order| meant(&order));
        if let Some(name) = untaken.filter(|_| is_there) {
            return Err(CannotSay::Unsupported(format!("the device takes no {name}")));
        }
        let says: Vec<Say> = (known.wired.orders.iter().filter(meant))
            .map(|order| self.say(order, args).map_err(CannotSay::Unsupported))
            .collect::<Result<_, _>>()?;
        if says.is_empty()
            && command == "OnOff.Toggle"
            && let Some(on) = known.is_on(endpoint)
        {
            let other = if on { "OnOff.Off" } else { "OnOff.On" };
            return self.word(foreign_id, endpoint, other, args);
        }
        if says.is_empty() {
            return Err(CannotSay::Unsupported(format!(
                "endpoint {endpoint} of the device has no {command}"
            )));
        }
        Ok(says)
    }

    fn say(&self, order: &Order, args: &BTreeMap<String, Value>) -> Result<Say, String> {
        let (body, said) = order.filled(args)?;
        let payload = match &order.template {
            Some(template) => self.templates.word(template, &body, &said)?,
            None => payload_text(&body),
        };
        Ok(Say {
            topic: order.topic.clone(),
            payload: payload.into_bytes(),
            qos: order.qos,
            retain: order.retain,
        })
    }

    pub fn recall(&self, foreign_id: &str) -> Vec<Finding> {
        let Some(known) = self.known.get(foreign_id) else { return Vec::new() };
        let foreign_id = foreign_id.to_owned();
        let mut findings = vec![Finding::Described(Box::new(known.wired.description.clone()))];
        if let Some((online, reason)) = known.presence.clone() {
            findings.push(Finding::Presence { foreign_id: foreign_id.clone(), online, reason });
        }
        if !known.latest.is_empty() {
            findings
                .push(Finding::Readings { foreign_id, readings: known.latest.values().cloned().collect() });
        }
        findings
    }
}

enum Taken {
    Nothing,
    Values(Vec<Measured>),
    Happened(Occurrence),
}

impl Known {
    /// What was known of a device stays, as far as it still has that part or sign.
    fn new(wired: Arc<Wired>, before: Option<Known>) -> Known {
        let signs = (wired.availability.iter())
            .map(|availability| {
                let old = before.as_ref().and_then(|before| before.said(&availability.signs));
                old.unwrap_or_else(|| (vec![None; availability.signs.len()], None))
            })
            .collect();
        let (presence, latest) =
            before.map_or((None, BTreeMap::new()), |before| (before.presence, before.latest));
        let latest = (latest.into_iter())
            .filter(|((endpoint, attribute), _)| {
                let capability = attribute.split('.').next().unwrap_or_default();
                (wired.description.endpoints.iter())
                    .any(|e| e.endpoint == *endpoint && e.capabilities.iter().any(|name| name == capability))
            })
            .collect();
        Known { wired, signs, presence, latest, told: BTreeSet::new() }
    }

    fn is_on(&self, endpoint: u16) -> Option<bool> {
        match self.latest.get(&(endpoint, "OnOff.OnOff".to_owned()))?.value {
            Value::Bool(on) => Some(on),
            _ => None,
        }
    }

    fn said(&self, signs: &[Sign]) -> Option<(Vec<Option<bool>>, Option<bool>)> {
        let index = self.wired.availability.iter().position(|known| known.signs == signs)?;
        self.signs.get(index).cloned()
    }
}

impl Wired {
    fn topics(&self) -> BTreeSet<String> {
        let signs = self.availability.iter().flat_map(|availability| &availability.signs);
        let topics = self.channels.iter().map(|channel| &channel.topic);
        topics.chain(signs.map(|sign| &sign.topic)).cloned().collect()
    }
}

fn select(select: &Select, message: &Message<'_>, templates: &mut Templates) -> Result<Option<Json>, String> {
    match select {
        Select::Whole => Ok(message.text().map(Json::from)),
        Select::Size => Ok((message.bytes() > 0).then(|| Json::from(message.bytes()))),
        Select::At(pointer) => Ok(message.json().and_then(|json| json.pointer(pointer)).cloned()),
        Select::Template(source) => {
            let rendered = templates.read(source, message)?;
            Ok((!rendered.is_empty()).then_some(Json::String(rendered)))
        }
        Select::Part { template, pointer, plain } => {
            let whole = match template {
                Some(source) => templates.read(source, message)?,
                None => message.text().unwrap_or_default().to_owned(),
            };
            match serde_json::from_str::<Json>(&whole) {
                Ok(object @ Json::Object(_)) => Ok(object.pointer(pointer).cloned()),
                _ if *plain && !whole.is_empty() => Ok(Some(Json::String(whole))),
                _ => Ok(None),
            }
        }
    }
}

/// A sign that cannot be read says nothing.
fn heard_of(sign: &Sign, message: &Message<'_>, templates: &mut Templates) -> Option<bool> {
    let said = text(&select(&sign.select, message, templates).ok()??);
    if sign.online.contains(&said) {
        return Some(true);
    }
    sign.offline.contains(&said).then_some(false)
}

pub(crate) fn rejected(id: &str, reason: String) -> Finding {
    Finding::Rejected { foreign_id: Some(id.to_owned()), reason: clip(&reason, 500) }
}

pub(crate) fn clip(text: &str, max_chars: usize) -> String {
    let printable = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let clipped: String = printable.take(max_chars).collect();
    clipped.trim().to_owned()
}

/// Where a device has too many parts, its settings and nameless states go first.
fn is_setting(endpoint: &Endpoint) -> bool {
    let plain = ["Number", "ModeSelect", "Text", "State", "Measurement"];
    endpoint.capabilities.iter().all(|name| plain.contains(&name.as_str()))
}

/// A description that a registration accepts: short plain texts, endpoints that can something, not too many of them.
fn fit(wired: &mut Wired) {
    let description = &mut wired.description;
    for text in [&mut description.name, &mut description.vendor, &mut description.model] {
        *text = clip(text, NAME_MAX_CHARS);
    }
    if description.name.is_empty() {
        description.name = clip(&description.foreign_id, NAME_MAX_CHARS);
    }
    for text in [&mut description.serial, &mut description.firmware, &mut description.suggested_room] {
        *text = text.take().map(|text| clip(&text, NAME_MAX_CHARS)).filter(|text| !text.is_empty());
    }
    let endpoints = &mut description.endpoints;
    endpoints.retain(|endpoint| !endpoint.capabilities.is_empty());
    endpoints.sort_by_key(|endpoint| (is_setting(endpoint), endpoint.endpoint));
    for endpoint in endpoints.split_off(endpoints.len().min(ENDPOINTS_MAX)) {
        let name = endpoint.name.clone().unwrap_or_else(|| format!("endpoint {}", endpoint.endpoint));
        let reason = format!("a device has at most {ENDPOINTS_MAX} parts");
        let raw = serde_json::to_value(&endpoint).unwrap_or_default();
        description.unknown.push(UnknownPart { name, reason, raw });
    }
    endpoints.sort_by_key(|endpoint| endpoint.endpoint);
    let mut bytes = 0;
    for part in &mut description.unknown {
        part.name = clip(&part.name, NAME_MAX_CHARS);
        bytes += part.raw.to_string().len() + part.name.len() + part.reason.len();
        if bytes > UNKNOWN_MAX_BYTES {
            part.raw = Json::Null;
        }
    }
    description.unknown.truncate(UNKNOWN_MAX);
    let numbers: BTreeSet<u16> = endpoints.iter().map(|endpoint| endpoint.endpoint).collect();
    wired.channels.retain(|channel| numbers.contains(&channel.endpoint));
    wired.orders.retain(|order| numbers.contains(&order.endpoint));
    wired.timers.retain(|timer| numbers.contains(&timer.endpoint));
}
