//! What a dialect compiles a device into: channels (which part of which message is which attribute), orders (how a
//! command is worded) and signs (what tells that it is there). Plain data; the roster reads and words with it.

use std::collections::BTreeMap;

use lares_model::dialect::Description;
use lares_model::{Value, capability};
use serde_json::Value as Json;

use crate::convert::{Convert, Space, number_json, text};

/// A device as its dialect wired it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wired {
    pub description: Description,
    pub channels: Vec<Channel>,
    pub orders: Vec<Order>,
    pub availability: Vec<Availability>,
    pub timers: Vec<Timer>,
}

/// A value that ends by itself: so long after it was last said, it is the other one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timer {
    pub endpoint: u16,
    pub attribute: String,
    pub from: Value,
    pub after_ms: i64,
    pub to: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Channel {
    pub topic: String,
    pub select: Select,
    pub endpoint: u16,
    pub reads: Reads,
}

/// The part of a message that is meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Select {
    Whole,
    /// How many bytes it has: of pictures that is what is kept.
    Size,
    /// A JSON pointer.
    At(String),
    /// A Jinja template that sees `value` and `value_json`.
    Template(String),
    /// A part of the JSON object that the message is, or that its template makes of it. Where `plain` is set and it is
    /// no object, it is the value itself.
    Part {
        template: Option<String>,
        pointer: String,
        plain: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reads {
    Value {
        attribute: String,
        convert: Convert,
    },
    Colour(Space),
    /// A press of a button and the like: something happened, and nothing is.
    Action {
        /// Only this payload.
        when: Option<String>,
        /// What it is called, where the payload does not say.
        word: Option<String>,
    },
}

/// One message of those that word a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub endpoint: u16,
    /// Full name, `Capability.Command`.
    pub command: String,
    pub topic: String,
    /// A text that is `$` and the name of an argument stands for that argument; `$?` for one that may be absent.
    pub body: Json,
    pub args: Vec<(String, Convert)>,
    pub colour: Option<Space>,
    pub template: Option<String>,
    pub qos: u8,
    pub retain: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Availability {
    pub mode: Mode,
    pub signs: Vec<Sign>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Latest,
    All,
    Any,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sign {
    pub topic: String,
    pub select: Select,
    pub online: Vec<String>,
    pub offline: Vec<String>,
}

impl Channel {
    pub fn value(topic: &str, select: Select, endpoint: u16, attribute: &str, convert: Convert) -> Channel {
        let reads = Reads::Value { attribute: attribute.to_owned(), convert };
        Channel { topic: topic.to_owned(), select, endpoint, reads }
    }
}

impl Sign {
    pub fn plain(topic: String, online: &[&str], offline: &[&str]) -> Sign {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Sign { topic, select: Select::Whole, online: owned(online), offline: owned(offline) }
    }
}

impl Availability {
    /// What its signs say together; those that have said nothing yet do not count. `latest` is the last that spoke.
    pub fn judge(&self, said: &[Option<bool>], latest: Option<bool>) -> Option<bool> {
        let mut spoken = said.iter().flatten().copied().peekable();
        spoken.peek()?;
        match self.mode {
            Mode::Latest => latest,
            Mode::All => Some(spoken.all(|online| online)),
            Mode::Any => Some(spoken.any(|online| online)),
        }
    }
}

impl Order {
    pub fn new(endpoint: u16, command: &str, topic: &str, body: Json) -> Order {
        Order {
            endpoint,
            command: command.to_owned(),
            topic: topic.to_owned(),
            body,
            args: Vec::new(),
            colour: None,
            template: None,
            qos: 0,
            retain: false,
        }
    }

    /// Whether this argument is worded, where it is given.
    pub fn takes(&self, arg: &str) -> bool {
        self.args.iter().any(|(name, _)| name == arg)
    }

    pub fn with(mut self, arg: &str, convert: Convert) -> Order {
        self.args.push((arg.to_owned(), convert));
        self
    }

    pub fn coloured(mut self, space: Space) -> Order {
        self.colour = Some(space);
        self.with("Hue", Convert::same()).with("Saturation", Convert::same())
    }

    /// The arguments as the device wants them, by the names that the body may use.
    pub fn filled(&self, args: &BTreeMap<String, Value>) -> Result<(Json, Vec<(String, Json)>), String> {
        let mut said = Vec::with_capacity(self.args.len());
        for (name, convert) in &self.args {
            match args.get(name) {
                Some(value) => said.push((name.clone(), convert.write(value)?)),
                None if is_optional(&self.command, name) => {}
                None => return Err(format!("{name} is missing")),
            }
        }
        if let Some(space) = self.colour {
            let part = |name: &str| args.get(name).and_then(Value::as_f64).unwrap_or_default();
            let parts = space.write(part("Hue"), part("Saturation"));
            said.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        Ok((fill(&self.body, &said).unwrap_or_default(), said))
    }
}

pub(crate) fn is_optional(command: &str, arg: &str) -> bool {
    let spec = capability::command(command);
    spec.is_some_and(|spec| spec.args.iter().any(|known| known.name == arg && known.optional))
}

/// `OPTIONAL` and a name stands for an argument that leaves nothing where it is not given.
fn fill(body: &Json, args: &[(String, Json)]) -> Option<Json> {
    let given = |name: &str| args.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    Some(match body {
        Json::String(text) => match (text.strip_prefix(OPTIONAL), text.strip_prefix('$')) {
            (Some(name), _) => given(name)?,
            (None, Some(name)) => given(name).unwrap_or_else(|| body.clone()),
            (None, None) => body.clone(),
        },
        Json::Array(list) => list.iter().filter_map(|part| fill(part, args)).collect(),
        Json::Object(object) => {
            let parts = object.iter().filter_map(|(key, part)| Some((key.clone(), fill(part, args)?)));
            Json::Object(parts.collect())
        }
        other => other.clone(),
    })
}

const OPTIONAL: &str = "$?";

/// A message's text: a bare word or number, or JSON.
pub(crate) fn payload_text(body: &Json) -> String {
    match body {
        Json::Number(number) => number_json(number.as_f64().unwrap_or_default()).to_string(),
        other => text(other),
    }
}
