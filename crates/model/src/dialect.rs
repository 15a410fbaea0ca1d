//! A dialect: how devices of other makers speak in a home's MQTT topic space. A dialect is a pure state machine of one
//! home: it hears every message there, says what it found, and words commands. No I/O, no clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::device::Endpoint;
use crate::record::Occurrence;
use crate::time::UnixMillis;
use crate::value::Value;

/// A message in a home's own topic space.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    /// Sent to be retained.
    pub retain: bool,
    /// A retained message that is read again at a start, to know again what was known; nothing new happened.
    pub replayed: bool,
    pub received: UnixMillis,
}

/// A message for a home's topic space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub topic: String,
    pub payload: Vec<u8>,
    /// 0, 1 or 2.
    pub qos: u8,
    pub retain: bool,
}

/// A device as its dialect describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The dialect's own stable id of the device; unique in its home and dialect.
    pub foreign_id: String,
    pub name: String,
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    /// The room that the device's own configuration names.
    pub suggested_room: Option<String>,
    /// The foreign id of the bridge that it is reached through.
    pub via: Option<String>,
    pub expected_interval_s: Option<u32>,
    pub endpoints: Vec<Endpoint>,
    /// What the dialect says and we have no word for: kept and shown.
    pub unknown: Vec<UnknownPart>,
}

/// A part of a device's description that became no capability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnknownPart {
    pub name: String,
    pub reason: String,
    /// As the device sent it.
    pub raw: serde_json::Value,
}

/// A value that a device reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub endpoint: u16,
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    pub value: Value,
    /// When the device says it was; `None` where it does not say.
    pub time: Option<UnixMillis>,
}

/// What a dialect makes of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A device, new or described anew.
    Described(Box<Description>),
    /// It was removed from where it was configured.
    Gone {
        foreign_id: String,
    },
    Presence {
        foreign_id: String,
        online: bool,
        reason: String,
    },
    Readings {
        foreign_id: String,
        readings: Vec<Measured>,
    },
    Occurred {
        foreign_id: String,
        occurrences: Vec<Occurrence>,
    },
    /// Addressed to us and not understood; kept in the device's diagnostics, or the home's where no device is known.
    Rejected {
        foreign_id: Option<String>,
        reason: String,
    },
    /// To be published in the home's space.
    Say(Say),
}

/// Why a command cannot be worded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSay {
    #[error("the device has not been heard of since the start")]
    Unknown,
    #[error("{0}")]
    Unsupported(String),
}

/// One way of speaking in one home's topic space.
pub trait Dialect: Send {
    /// A word for the store and the API, such as `zigbee2mqtt`. Never changes.
    fn name(&self) -> &'static str;

    /// A device as it was described before a restart, told before anything is heard: its endpoints keep their numbers.
    fn remember(&mut self, _description: &Description) {}

    /// When the space opens: birth messages, requests for descriptions.
    fn greet(&mut self) -> Vec<Say>;

    /// Hears every message of the space, also those of other dialects; must be quick to say nothing of them.
    fn hear(&mut self, heard: &Heard<'_>) -> Vec<Finding>;

    /// Time has passed: what ends by itself ends.
    fn tick(&mut self, _now: UnixMillis) -> Vec<Finding> {
        Vec::new()
    }

    /// Words a command, named in full (`OnOff.On`), for a device it has described.
    fn word(
        &self,
        foreign_id: &str,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay>;

    /// Everything it knows of a device as if heard now: description, presence and newest values. For a device that is
    /// accepted after it was first heard.
    fn recall(&self, foreign_id: &str) -> Vec<Finding>;
}

/// The dialects of one home, in the order of precedence; made anew for each home.
pub type Dialects = fn() -> Vec<Box<dyn Dialect>>;
