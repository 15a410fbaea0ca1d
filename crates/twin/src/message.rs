//! What a device says, in the native protocol's own words. Built here from docs/device-protocol.md and not from the
//! server's types: a mistake on either side then shows as a disagreement.

use std::collections::BTreeMap;

use lares_model::device::Encoding;
use lares_model::protocol::{Channel, Envelope};
use lares_model::{CommandId, DeviceId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

/// As many events of one device may share a millisecond. Stored readings are numbered by eight, so that no hour of them
/// is taken for an event.
const EVENTS_IN_A_MS: u64 = 64;

/// Numbers the events of one device by their instants, so that an event that is told again has the number it had.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventNumbers {
    at: UnixMillis,
    in_it: u64,
}

impl EventNumbers {
    pub fn next(&mut self, at: UnixMillis) -> u64 {
        self.in_it = if self.at == at { self.in_it + 1 } else { 0 };
        self.at = at;
        (at.0 as u64) * EVENTS_IN_A_MS + self.in_it
    }
}

/// One attribute and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    pub endpoint: u16,
    pub attribute: &'static str,
    pub value: Value,
}

impl Reading {
    pub(crate) fn number(endpoint: u16, attribute: &'static str, value: f64) -> Reading {
        // Sensors do not have sixteen digits.
        Reading { endpoint, attribute, value: Value::Number((value * 1_000.0).round() / 1_000.0) }
    }

    pub(crate) fn text(endpoint: u16, attribute: &'static str, value: &str) -> Reading {
        Reading { endpoint, attribute, value: Value::Text(value.to_owned()) }
    }

    pub(crate) fn bool(endpoint: u16, attribute: &'static str, value: bool) -> Reading {
        Reading { endpoint, attribute, value: Value::Bool(value) }
    }
}

/// A message for the server, with the device's own time.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub device: DeviceId,
    pub channel: Channel,
    pub time: UnixMillis,
    pub payload: Vec<u8>,
    pub why: Why,
}

/// Why a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It measures, again and again.
    Series,
    /// Something changed by itself, or it has just connected.
    Change,
    /// It was told to.
    Answer,
}

/// Something that happened, such as `DoorLock.LockOperation`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub endpoint: u16,
    pub event: &'static str,
    pub data: BTreeMap<&'static str, &'static str>,
}

/// What a device wants to tell, before it has a number and a time.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    State(Vec<Reading>),
    Telemetry(Vec<Reading>),
    Event(Event),
}

/// A device's answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Accepted,
    Refused,
    Failed,
}

/// What makes a message itself and no other.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Head<'a> {
    v: u8,
    seq: u64,
    epoch: &'a str,
    time: i64,
}

impl<'a> Head<'a> {
    pub fn new(epoch: &'a str, seq: u64, now: UnixMillis) -> Self {
        Head { v: VERSION, seq, epoch, time: now.0 }
    }
}

#[derive(Serialize)]
struct Readings<'a> {
    v: u8,
    seq: u64,
    epoch: &'a str,
    time: i64,
    readings: &'a [Reading],
}

/// A reading with a time of its own, as a device sends what it has stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Stored {
    #[serde(flatten)]
    pub reading: Reading,
    pub time: i64,
}

#[derive(Serialize)]
struct StoredReadings<'a> {
    v: u8,
    seq: u64,
    epoch: &'a str,
    time: i64,
    readings: &'a [Stored],
}

#[derive(Serialize)]
struct Events<'a> {
    v: u8,
    seq: u64,
    epoch: &'a str,
    time: i64,
    events: [&'a Event; 1],
}

#[derive(Serialize)]
struct Ack<'a> {
    v: u8,
    seq: u64,
    epoch: &'a str,
    time: i64,
    command: CommandId,
    status: Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
#[error("{encoding:?}: {reason}")]
pub(crate) struct CodecError {
    encoding: Encoding,
    reason: String,
}

fn encode<T: Serialize>(encoding: Encoding, message: &T) -> Result<Vec<u8>, CodecError> {
    let failed = |reason: String| CodecError { encoding, reason };
    match encoding {
        Encoding::Json => serde_json::to_vec(message).map_err(|error| failed(error.to_string())),
        Encoding::Cbor => {
            cbor4ii::serde::to_vec(Vec::new(), message).map_err(|error| failed(error.to_string()))
        }
    }
}

/// The channel of a report, and its bytes.
pub(crate) fn encode_report(
    encoding: Encoding,
    head: Head<'_>,
    report: &Report,
) -> Result<(Channel, Vec<u8>), CodecError> {
    let Head { v, seq, epoch, time } = head;
    let channel = match report {
        Report::State(_) => Channel::State,
        Report::Telemetry(_) => Channel::Telemetry,
        Report::Event(_) => Channel::Event,
    };
    let payload = match report {
        Report::State(readings) | Report::Telemetry(readings) => {
            encode(encoding, &Readings { v, seq, epoch, time, readings })
        }
        Report::Event(event) => encode(encoding, &Events { v, seq, epoch, time, events: [event] }),
    };
    Ok((channel, payload?))
}

pub(crate) fn encode_stored(
    encoding: Encoding,
    head: Head<'_>,
    readings: &[Stored],
) -> Result<Vec<u8>, CodecError> {
    let Head { v, seq, epoch, time } = head;
    encode(encoding, &StoredReadings { v, seq, epoch, time, readings })
}

pub(crate) fn encode_ack(
    encoding: Encoding,
    head: Head<'_>,
    command: CommandId,
    status: Answer,
    reason: Option<&str>,
) -> Result<Vec<u8>, CodecError> {
    let Head { v, seq, epoch, time } = head;
    encode(encoding, &Ack { v, seq, epoch, time, command, status, reason })
}

pub(crate) fn decode_command(encoding: Encoding, payload: &[u8]) -> Result<Envelope, CodecError> {
    let failed = |reason: String| CodecError { encoding, reason };
    match encoding {
        Encoding::Json => serde_json::from_slice(payload).map_err(|error| failed(error.to_string())),
        Encoding::Cbor => cbor4ii::serde::from_slice(payload).map_err(|error| failed(error.to_string())),
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
