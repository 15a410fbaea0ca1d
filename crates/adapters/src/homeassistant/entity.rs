//! An entity while it is wired: its configuration, and what has been made of it so far. What is never asked for is
//! left over in the end and kept as unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lares_model::Value;
use lares_model::bounds::{Bounds, CHOICES_MAX};
use lares_model::dialect::UnknownPart;
use serde_json::Value as Json;

use super::PROFILE;
use super::discovery::Config;
use crate::convert::{Convert, Space};
use crate::template::Templates;
use crate::wiring::{Channel, Order, Reads, Select, Timer};

pub(super) struct Entity<'a> {
    config: &'a Config,
    pub endpoint: u16,
    asked: RefCell<BTreeSet<&'static str>>,
    pub made: Made,
}

#[derive(Debug, Default)]
pub(super) struct Made {
    pub capabilities: Vec<String>,
    pub unit: Option<String>,
    pub bounds: Vec<Bounds>,
    pub channels: Vec<Channel>,
    pub orders: Vec<Order>,
    pub timers: Vec<Timer>,
    pub unknown: Vec<UnknownPart>,
}

impl<'a> Entity<'a> {
    pub fn new(config: &'a Config, endpoint: u16) -> Entity<'a> {
        Entity { config, endpoint, asked: RefCell::default(), made: Made::default() }
    }

    pub fn get(&self, key: &'static str) -> Option<&'a Json> {
        self.asked.borrow_mut().insert(key);
        self.config.get(key).filter(|value| !value.is_null())
    }

    /// A text; booleans and numbers as Home Assistant makes them texts.
    pub fn text(&self, key: &'static str) -> Option<String> {
        match self.get(key)? {
            Json::String(text) => Some(text.clone()),
            Json::Bool(true) => Some("True".to_owned()),
            Json::Bool(false) => Some("False".to_owned()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn text_or(&self, key: &'static str, default: &str) -> String {
        self.text(key).unwrap_or_else(|| default.to_owned())
    }

    pub fn number(&self, key: &'static str) -> Option<f64> {
        self.get(key).and_then(Json::as_f64).filter(|number| number.is_finite())
    }

    /// The list of choices under this key bounds an attribute or argument.
    pub fn choices(&mut self, key: &'static str, of: &str) {
        let mut choices = self.list(key);
        choices.dedup();
        if choices.len() > CHOICES_MAX {
            let raw = Json::from(choices.split_off(CHOICES_MAX));
            self.unknown(key, format!("more than {CHOICES_MAX} choices"), raw);
            // Half a list would forbid what the device can.
            return;
        }
        self.bound(Bounds { choices, ..Bounds::of(of) });
    }

    /// A regular expression under this key; one that we cannot read is kept as unknown.
    pub fn pattern(&mut self, key: &'static str, of: &str) -> Option<String> {
        let pattern = self.text(key).filter(|pattern| !pattern.is_empty())?;
        let bounds = Bounds { pattern: Some(pattern.clone()), ..Bounds::of(of) };
        let capability = of.split('.').next().unwrap_or_default().to_owned();
        if let Some((_, reason)) = bounds.fault(&[capability]) {
            self.unknown(key, reason, Json::from(pattern));
            return None;
        }
        Some(pattern)
    }

    /// The first that says something counts.
    pub fn bound(&mut self, bounds: Bounds) {
        if !bounds.is_empty() && self.made.bounds.iter().all(|other| other.of != bounds.of) {
            self.made.bounds.push(bounds);
        }
    }

    pub fn number_or(&self, key: &'static str, default: f64) -> f64 {
        self.get(key).and_then(Json::as_f64).unwrap_or(default)
    }

    pub fn is_set(&self, key: &'static str) -> bool {
        self.get(key) == Some(&Json::Bool(true))
    }

    pub fn list(&self, key: &'static str) -> Vec<String> {
        let list = self.get(key).and_then(Json::as_array);
        list.into_iter().flatten().map(crate::convert::text).collect()
    }

    pub fn topic(&self, key: &'static str) -> Option<String> {
        let topic = self.get(key)?.as_str()?;
        (!topic.is_empty() && !topic.contains(['+', '#', '\0'])).then(|| topic.to_owned())
    }

    /// The attribute is read from this topic, where there is one.
    pub fn reads(&mut self, topic: &'static str, template: &'static str, attribute: &str, convert: Convert) {
        let template = self.text(template);
        let select = template.map_or(Select::Whole, Select::Template);
        self.reads_part(topic, select, attribute, convert);
    }

    /// A part of a JSON object, also behind a template; `plain` where the whole may be the value itself.
    pub fn reads_json(
        &mut self,
        topic: &'static str,
        template: &'static str,
        pointer: &str,
        plain: bool,
        (attribute, convert): (&str, Convert),
    ) {
        let template = self.text(template);
        let select = Select::Part { template, pointer: pointer.to_owned(), plain };
        self.reads_part(topic, select, attribute, convert);
    }

    pub fn reads_part(&mut self, topic: &'static str, select: Select, attribute: &str, convert: Convert) {
        self.listens(topic, select, Reads::Value { attribute: attribute.to_owned(), convert });
    }

    pub fn listens(&mut self, topic: &'static str, select: Select, reads: Reads) {
        let Some(topic) = self.topic(topic) else { return };
        let source = match &select {
            Select::Template(source) | Select::Part { template: Some(source), .. } => Some(source),
            _ => None,
        };
        if let Some(source) = source
            && let Err(reason) = Templates::check(source)
        {
            self.unknown("template", reason, Json::from(source.clone()));
            return;
        }
        match &reads {
            Reads::Value { attribute, .. } => self.can(attribute.split('.').next().unwrap_or_default()),
            Reads::Colour(_) => self.can("ColorControl"),
            Reads::Action { .. } => self.can("Switch"),
        }
        self.made.channels.push(Channel { topic, select, endpoint: self.endpoint, reads });
    }

    pub fn can(&mut self, capability: &str) {
        if !self.made.capabilities.iter().any(|known| known == capability) {
            self.made.capabilities.push(capability.to_owned());
        }
    }

    /// The command is worded on this topic, where there is one.
    pub fn order(&mut self, topic: &'static str, template: &'static str, command: &str, body: Json) -> bool {
        self.order_with(topic, template, command, body, None)
    }

    pub fn order_with(
        &mut self,
        topic: &'static str,
        template: &'static str,
        command: &str,
        body: Json,
        arg: Option<(&str, Convert)>,
    ) -> bool {
        let order = Order::new(self.endpoint, command, "", body);
        let order = match arg {
            Some((name, convert)) => order.with(name, convert),
            None => order,
        };
        self.push(topic, template, order)
    }

    pub fn order_colour(&mut self, topic: &'static str, template: &'static str, space: Space, body: Json) {
        let order = Order::new(self.endpoint, "ColorControl.MoveToHueAndSaturation", "", body);
        self.push(topic, template, order.coloured(space));
    }

    pub fn push(&mut self, topic: &'static str, template: &'static str, mut order: Order) -> bool {
        let template = self.text(template);
        let Some(topic) = self.topic(topic) else { return false };
        if let Some(source) = &template
            && let Err(reason) = Templates::check(source)
        {
            self.unknown("template", reason, Json::from(source.clone()));
            return false;
        }
        self.can(order.command.split('.').next().unwrap_or_default());
        order.topic = topic;
        order.template = template;
        order.retain = self.is_set("retain");
        order.qos = self.number_or("qos", 0.0).clamp(0.0, 2.0) as u8;
        self.made.orders.push(order);
        true
    }

    /// A mode in the device's words: read, and changed where that is possible.
    pub fn mode(&mut self, state: [&'static str; 2], command: [&'static str; 2]) {
        self.reads(state[0], state[1], "ModeSelect.CurrentMode", Convert::Text);
        let arg = Some(("NewMode", Convert::Text));
        self.order_with(command[0], command[1], "ModeSelect.ChangeToMode", Json::from("$NewMode"), arg);
    }

    /// On and off, as most components have it.
    pub fn on_off(&mut self, value_template: &'static str) {
        let on = self.text_or("payload_on", "ON");
        let off = self.text_or("payload_off", "OFF");
        let (state_on, state_off) = (self.text_or("state_on", &on), self.text_or("state_off", &off));
        self.reads("state_topic", value_template, "OnOff.OnOff", Convert::bools(&state_on, &state_off));
        self.order("command_topic", "command_template", "OnOff.On", Json::from(on));
        self.order("command_topic", "command_template", "OnOff.Off", Json::from(off));
    }

    pub fn unknown(&mut self, name: &str, reason: impl Into<String>, raw: Json) {
        let part = UnknownPart { name: name.to_owned(), reason: reason.into(), raw };
        if !self.made.unknown.contains(&part) {
            self.made.unknown.push(part);
        }
    }

    /// What was made; the keys that nobody asked for are unknown.
    pub fn finish(mut self, component: &str) -> Made {
        let asked = self.asked.take();
        for (key, value) in self.config {
            if !asked.contains(key.as_str()) && !PROFILE.ignores(key) {
                self.unknown(key, format!("a key of `{component}` that is not read"), value.clone());
            }
        }
        let Made { capabilities, bounds, .. } = &mut self.made;
        bounds.retain(|bounds| bounds.fault(capabilities).is_none());
        self.made
    }
}

/// Words of the device for texts of the catalogue; an empty text is for a word that says nothing.
pub(super) fn words(pairs: &[(&str, &str)]) -> Convert {
    let owned = |(word, value): &(&str, &str)| ((*word).to_owned(), Value::Text((*value).to_owned()));
    Convert::Words(pairs.iter().map(owned).collect())
}
