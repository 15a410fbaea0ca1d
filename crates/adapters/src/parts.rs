//! A device while a dialect wires it: endpoints come into being as something is read or ordered on them.

use std::collections::{BTreeMap, BTreeSet};

use lares_model::bounds::Bounds;
use lares_model::device::Endpoint;
use lares_model::dialect::{Description, UnknownPart};
use serde_json::Value as Json;

use crate::convert::Convert;
use crate::numbers::Numbers;
use crate::profile::Number;
use crate::wiring::{Availability, Channel, Order, Reads, Select, Wired};

#[derive(Debug, Default)]
pub(crate) struct Parts {
    endpoints: BTreeMap<u16, Endpoint>,
    numbers: Numbers,
    channels: Vec<Channel>,
    /// What is read, by endpoint and attribute.
    read: BTreeSet<(u16, String)>,
    orders: Vec<Order>,
    unknown: Vec<UnknownPart>,
}

/// More than any device has; what a stranger's device says beyond that is not read.
const CHANNELS_MAX: usize = 2_048;
const UNKNOWN_MAX: usize = 256;

/// Where a part of a device's state stands.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub topic: String,
    pub select: Select,
}

impl Source {
    pub fn at(topic: &str, pointer: impl Into<String>) -> Source {
        Source { topic: topic.to_owned(), select: Select::At(pointer.into()) }
    }

    pub fn whole(topic: impl Into<String>) -> Source {
        Source { topic: topic.into(), select: Select::Whole }
    }
}

impl Parts {
    /// These numbers are given, and no other part takes them.
    pub fn reserve(&mut self, numbers: impl IntoIterator<Item = u16>) {
        for number in numbers {
            self.numbers.set(&format!("#{number}"), number);
        }
    }

    /// An endpoint of its own for the part with this key.
    pub fn own(&mut self, key: &str, name: &str) -> Option<u16> {
        let number = self.numbers.of(key, None);
        match number {
            Some(number) => self.name(number, name),
            None => {
                self.unknown(name, "the device has more parts than there are numbers for them", Json::Null)
            }
        }
        number
    }

    pub fn name(&mut self, endpoint: u16, name: &str) {
        if !name.is_empty() {
            self.endpoint(endpoint).name = Some(crate::roster::clip(name, 80));
        }
    }

    pub fn reads(&mut self, endpoint: u16, source: &Source, attribute: &str, convert: Convert) {
        if self.channels.len() == CHANNELS_MAX {
            return;
        }
        self.can(endpoint, attribute.split('.').next().unwrap_or_default());
        self.read.insert((endpoint, attribute.to_owned()));
        let Source { topic, select } = source.clone();
        self.channels.push(Channel::value(&topic, select, endpoint, attribute, convert));
    }

    /// Like `reads`, with the unit that the attribute has not.
    pub fn measures(&mut self, endpoint: u16, source: &Source, number: Number) {
        self.reads(endpoint, source, &number.attribute, number.convert);
        if number.unit.is_some() {
            self.endpoint(endpoint).unit = number.unit;
        }
    }

    pub fn unit(&mut self, endpoint: u16, unit: Option<String>) {
        self.endpoint(endpoint).unit = unit.filter(|unit| !unit.is_empty());
    }

    /// What the device allows there; nothing where it says nothing.
    pub fn bound(&mut self, endpoint: u16, bounds: Bounds) {
        let known = &mut self.endpoint(endpoint).bounds;
        if !bounds.is_empty() && known.iter().all(|other| other.of != bounds.of) {
            known.push(bounds);
        }
    }

    pub fn listens(&mut self, endpoint: u16, source: &Source, reads: Reads) {
        self.can(endpoint, if matches!(reads, Reads::Colour(_)) { "ColorControl" } else { "Switch" });
        let Source { topic, select } = source.clone();
        self.channels.push(Channel { topic, select, endpoint, reads });
    }

    pub fn order(&mut self, order: Order) {
        self.can(order.endpoint, order.command.split('.').next().unwrap_or_default());
        self.orders.push(order);
    }

    pub fn can(&mut self, endpoint: u16, capability: &str) {
        let capabilities = &mut self.endpoint(endpoint).capabilities;
        if !capabilities.iter().any(|known| known == capability) {
            capabilities.push(capability.to_owned());
        }
    }

    pub fn unknown(&mut self, name: &str, reason: impl Into<String>, raw: Json) {
        if self.unknown.len() < UNKNOWN_MAX {
            self.unknown.push(UnknownPart { name: name.to_owned(), reason: reason.into(), raw });
        }
    }

    /// Whether something is read as this attribute there already.
    pub fn has(&self, endpoint: u16, attribute: &str) -> bool {
        self.read.contains(&(endpoint, attribute.to_owned()))
    }

    fn endpoint(&mut self, endpoint: u16) -> &mut Endpoint {
        self.endpoints.entry(endpoint).or_insert_with(|| Endpoint { endpoint, ..Endpoint::default() })
    }

    pub fn finish(self, mut description: Description, availability: Vec<Availability>) -> Wired {
        description.endpoints = self.endpoints.into_values().collect();
        description.unknown = self.unknown;
        Wired { description, channels: self.channels, orders: self.orders, availability, timers: Vec::new() }
    }
}
