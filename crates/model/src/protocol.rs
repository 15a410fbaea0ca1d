//! The native device protocol, version 1: topics, messages up, the command envelope down, in JSON or CBOR of one
//! schema. Specified for device makers in docs/device-protocol.md. Decoding is pure and total: every input
//! becomes log entries, a rejected one an entry that keeps its reason.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use cbor4ii::core::dec::Read as _;
use serde::{Deserialize, Serialize};

use crate::attribute_name::AttributeName;
use crate::command::{Command, Condition};
use crate::device::{Device, Encoding};
use crate::id::{CommandId, DeviceId};
use crate::reading::{Reading, TimePolicy, judge_time};
use crate::record::{Ack, AckStatus, Body, Entry, MessageIdentity, Occurrence, Rejected};
use crate::time::UnixMillis;
use crate::value::Value;

pub const VERSION: u8 = 1;
/// Larger messages are rejected, and the rejection is recorded.
pub const PAYLOAD_MAX_BYTES: usize = 128 * 1024;
pub const ITEMS_MAX: usize = 1_000;
const NAME_MAX_BYTES: usize = 128;
pub const DATA_DEPTH_MAX: usize = 16;
pub const EPOCH_MAX_CHARS: usize = 64;
pub const REASON_MAX_CHARS: usize = 500;

/// A device's own topics, `lares/devices/{device}/{channel}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Telemetry,
    State,
    Event,
    Ack,
    Command,
}

impl Channel {
    pub const ALL: [Channel; 5] =
        [Channel::Telemetry, Channel::State, Channel::Event, Channel::Ack, Channel::Command];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Telemetry => "telemetry",
            Channel::State => "state",
            Channel::Event => "event",
            Channel::Ack => "ack",
            Channel::Command => "command",
        }
    }

    pub fn topic(self, device: DeviceId) -> String {
        format!("lares/devices/{device}/{}", self.name())
    }
}

/// The device and channel of a native topic.
pub fn parse_topic(topic: &str) -> Option<(DeviceId, Channel)> {
    let (device, channel) = topic.strip_prefix("lares/devices/")?.split_once('/')?;
    let channel = Channel::ALL.into_iter().find(|known| known.name() == channel)?;
    // One spelling only: a topic is a key, and upper case or braces would be a second one.
    let parsed: DeviceId = device.parse().ok()?;
    let mut spelling = uuid::Uuid::encode_buffer();
    (*parsed.0.hyphenated().encode_lower(&mut spelling) == *device).then_some((parsed, channel))
}

/// A message as a door took it.
#[derive(Clone, Copy, Debug)]
pub struct Inbound<'a> {
    pub device: &'a Device,
    pub channel: Channel,
    /// From the content type; `None` where the transport has none, and the first byte decides.
    pub encoding: Option<Encoding>,
    pub payload: &'a [u8],
    pub received: UnixMillis,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report<'a> {
    v: u8,
    seq: Option<u64>,
    #[serde(default, borrow)]
    epoch: Cow<'a, str>,
    time: Option<i64>,
    #[serde(borrow)]
    readings: Vec<RawReading<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReading<'a> {
    #[serde(default)]
    endpoint: Option<u16>,
    #[serde(borrow)]
    attribute: Cow<'a, str>,
    value: Value,
    time: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventReport {
    v: u8,
    seq: Option<u64>,
    #[serde(default)]
    epoch: String,
    time: Option<i64>,
    events: Vec<RawEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    #[serde(default)]
    endpoint: Option<u16>,
    event: String,
    time: Option<i64>,
    #[serde(default)]
    data: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AckReport {
    v: u8,
    seq: Option<u64>,
    #[serde(default)]
    epoch: String,
    time: Option<i64>,
    command: CommandId,
    status: AckStatus,
    reason: Option<String>,
}

/// What every message has: version, and what makes it itself.
struct Head<'a> {
    v: u8,
    seq: Option<u64>,
    epoch: &'a str,
    time: Option<i64>,
}

/// A command as the device receives it. Counter, expiry, nonce and precondition are there from the first version,
/// so that signing the same bytes (COSE_Sign1, RFC 9052) needs no new message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub v: u8,
    pub command: CommandId,
    pub device: DeviceId,
    pub counter: i64,
    /// Milliseconds since the Unix epoch.
    pub issued: i64,
    /// Milliseconds since the Unix epoch; not to be carried out later.
    pub not_after: i64,
    pub nonce: String,
    pub endpoint: u16,
    pub name: String,
    pub args: BTreeMap<String, Value>,
    #[serde(rename = "if")]
    pub preconditions: Vec<Condition>,
}

impl Envelope {
    pub fn of(command: &Command) -> Self {
        Envelope {
            v: VERSION,
            command: command.id,
            device: command.device,
            counter: command.counter,
            issued: command.created_at.0,
            not_after: command.not_after.0,
            nonce: command.nonce.clone(),
            endpoint: command.endpoint,
            name: command.name.clone(),
            args: command.args.clone(),
            preconditions: command.preconditions.clone(),
        }
    }

    pub fn encode(&self, encoding: Encoding) -> Result<Vec<u8>, EncodeError> {
        match encoding {
            Encoding::Json => serde_json::to_vec(self).map_err(|error| EncodeError(error.to_string())),
            Encoding::Cbor => {
                cbor4ii::serde::to_vec(Vec::new(), self).map_err(|error| EncodeError(error.to_string()))
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a command could not be encoded: {0}")]
pub struct EncodeError(String);

/// Decodes and judges a message into log entries. Never fails: what is wrong becomes a rejection beside what is right.
pub fn decode(policy: &TimePolicy, inbound: &Inbound<'_>) -> Vec<Entry> {
    let bodies = match decode_bodies(policy, inbound) {
        Ok(bodies) => bodies,
        Err(reason) => (None, vec![reject(inbound, reason)]),
    };
    let (identity, bodies) = bodies;
    let entry = |(index, body): (usize, Body)| Entry {
        organisation: inbound.device.organisation,
        device: inbound.device.id,
        received: inbound.received,
        // What was refused of a message is a second entry of the same message.
        identity: identity.filter(|_| index == 0).or_else(|| identity.map(|id| second_of(id, index))),
        body: if identity.is_none() { at_least_once(body) } else { body },
    };
    bodies.into_iter().enumerate().map(entry).collect()
}

/// Without an identity nothing of the message is known from a repetition of it.
fn at_least_once(mut body: Body) -> Body {
    if let Body::Readings { readings } = &mut body {
        readings.iter_mut().for_each(|reading| reading.at_least_once = true);
    }
    body
}

fn second_of(identity: MessageIdentity, index: usize) -> MessageIdentity {
    // Bits of a hash, changed to others that no message of its own is likely to have.
    MessageIdentity((identity.0 ^ 0x80).wrapping_add((index as u64) << 8))
}

/// The rejection of a whole message, for doors that refuse before decoding.
pub fn reject_entry(
    device: &Device,
    channel: &str,
    reason: &str,
    payload: &[u8],
    received: UnixMillis,
) -> Entry {
    Entry {
        organisation: device.organisation,
        device: device.id,
        received,
        identity: None,
        body: Body::Rejected { rejected: Rejected::new(channel, reason, payload) },
    }
}

fn reject(inbound: &Inbound<'_>, reason: impl fmt::Display) -> Body {
    let channel = format!("mqtt {}", inbound.channel.name());
    Body::Rejected { rejected: Rejected::new(&channel, reason.to_string(), inbound.payload) }
}

type Judged = (Option<MessageIdentity>, Vec<Body>);

fn decode_bodies(policy: &TimePolicy, inbound: &Inbound<'_>) -> Result<Judged, String> {
    if inbound.payload.len() > PAYLOAD_MAX_BYTES {
        return Err(format!(
            "payload has {} bytes; at most {PAYLOAD_MAX_BYTES} are taken",
            inbound.payload.len()
        ));
    }
    match inbound.channel {
        Channel::Telemetry | Channel::State => {
            let report: Report<'_> = parse(inbound)?;
            let head = Head { v: report.v, seq: report.seq, epoch: &report.epoch, time: report.time };
            let identity = identify(inbound, &head, report.readings.iter().all(|r| r.time.is_some()))?;
            Ok((identity, judge_readings(policy, inbound, &report)?))
        }
        Channel::Event => {
            let report: EventReport = parse(inbound)?;
            let head = Head { v: report.v, seq: report.seq, epoch: &report.epoch, time: report.time };
            let identity = identify(inbound, &head, report.events.iter().all(|e| e.time.is_some()))?;
            Ok((identity, judge_events(policy, inbound, report)?))
        }
        Channel::Ack => {
            let report: AckReport = parse(inbound)?;
            let head = Head { v: report.v, seq: report.seq, epoch: &report.epoch, time: report.time };
            let identity = identify(inbound, &head, false)?;
            if let Some(reason) = &report.reason
                && (reason.chars().count() > REASON_MAX_CHARS || reason.chars().any(char::is_control))
            {
                return Err(format!(
                    "reason: must have at most {REASON_MAX_CHARS} characters, none of them a control character"
                ));
            }
            let ack = Ack { command: report.command, status: report.status, reason: report.reason };
            Ok((identity, vec![Body::Ack { ack }]))
        }
        Channel::Command => Err("devices do not publish commands".to_owned()),
    }
}

fn identify(
    inbound: &Inbound<'_>,
    head: &Head<'_>,
    items_have_time: bool,
) -> Result<Option<MessageIdentity>, String> {
    if head.v != VERSION {
        return Err(format!("v: version {} is not known; this is version {VERSION}", head.v));
    }
    if head.epoch.chars().count() > EPOCH_MAX_CHARS {
        return Err(format!("epoch: must have at most {EPOCH_MAX_CHARS} characters"));
    }
    let kind = inbound.channel.name();
    let time = head.time.map(UnixMillis);
    let by_head = MessageIdentity::of(kind, head.epoch, head.seq, time, inbound.payload);
    // Times on every item identify as well as one on the message; the content then tells messages apart.
    Ok(by_head.or_else(|| {
        items_have_time
            .then(|| MessageIdentity::of(kind, head.epoch, None, Some(UnixMillis(0)), inbound.payload))
            .flatten()
    }))
}

fn parse<'a, T: Deserialize<'a>>(inbound: &Inbound<'a>) -> Result<T, String> {
    let named = |path: String, reason: String| {
        if path == "." { reason } else { format!("{path}: {reason}") }
    };
    match inbound.encoding.unwrap_or_else(|| sniff(inbound.payload)) {
        Encoding::Json => {
            // Keeping the path costs more than reading: only what is refused is read again with one.
            if let Ok(value) = serde_json::from_slice(inbound.payload) {
                return Ok(value);
            }
            let mut deserializer = serde_json::Deserializer::from_slice(inbound.payload);
            let value = serde_path_to_error::deserialize(&mut deserializer)
                .map_err(|error| named(error.path().to_string(), error.inner().to_string()))?;
            deserializer.end().map_err(|error| error.to_string())?;
            Ok(value)
        }
        Encoding::Cbor => {
            let reader = cbor4ii::core::utils::SliceReader::new(inbound.payload);
            let mut deserializer = cbor4ii::serde::Deserializer::new(reader);
            let value = serde_path_to_error::deserialize(&mut deserializer)
                .map_err(|error| named(error.path().to_string(), format!("CBOR: {}", error.inner())))?;
            let rest = deserializer.into_inner().fill(1).map(|rest| rest.as_ref().len());
            if !matches!(rest, Ok(0)) {
                return Err("CBOR: trailing bytes after the message".to_owned());
            }
            Ok(value)
        }
    }
}

/// No JSON message of ours starts with a byte that a CBOR map starts with (major type 5, RFC 8949), nor the reverse.
fn sniff(payload: &[u8]) -> Encoding {
    match payload.first() {
        Some(0xA0..=0xBF) => Encoding::Cbor,
        _ => Encoding::Json,
    }
}

fn item_time(
    policy: &TimePolicy,
    inbound: &Inbound<'_>,
    message: Option<i64>,
    item: Option<i64>,
) -> Result<(UnixMillis, crate::reading::Quality), String> {
    match item.or(message).map(UnixMillis) {
        Some(time) => Ok((time, judge_time(policy, time, inbound.received)?)),
        None => Ok((inbound.received, crate::reading::Quality::Measured)),
    }
}

fn judge_readings(
    policy: &TimePolicy,
    inbound: &Inbound<'_>,
    report: &Report<'_>,
) -> Result<Vec<Body>, String> {
    check_count(report.readings.len(), "readings")?;
    let mut readings = Vec::with_capacity(report.readings.len());
    let mut refused = Vec::new();
    for (index, raw) in report.readings.iter().enumerate() {
        match judge_reading(policy, inbound, report, raw) {
            Ok(reading) => readings.push(reading),
            Err(reason) => refused.push(format!("readings[{index}].{reason}")),
        }
    }
    let readings = (!readings.is_empty()).then_some(Body::Readings { readings });
    Ok(with_refusals(inbound, readings, &refused))
}

fn judge_reading(
    policy: &TimePolicy,
    inbound: &Inbound<'_>,
    report: &Report<'_>,
    raw: &RawReading<'_>,
) -> Result<Reading, String> {
    let (attribute, spec) = AttributeName::known(&raw.attribute).ok_or_else(|| {
        format!("attribute: {:?} is not known", raw.attribute.chars().take(80).collect::<String>())
    })?;
    let endpoint = endpoint_with(inbound.device, raw.endpoint, capability_of(&raw.attribute))?;
    let value = spec.kind.accept(&raw.value).map_err(|reason| format!("value: {reason}"))?;
    let (time, quality) =
        item_time(policy, inbound, report.time, raw.time).map_err(|reason| format!("time: {reason}"))?;
    let at_least_once = report.seq.is_none() && report.time.is_none() && raw.time.is_none();
    Ok(Reading { endpoint, attribute, time, value, quality, at_least_once })
}

fn judge_events(
    policy: &TimePolicy,
    inbound: &Inbound<'_>,
    report: EventReport,
) -> Result<Vec<Body>, String> {
    check_count(report.events.len(), "events")?;
    let mut occurrences = Vec::with_capacity(report.events.len());
    let mut refused = Vec::new();
    for (index, raw) in report.events.into_iter().enumerate() {
        let endpoint = endpoint_of(inbound.device, raw.endpoint, &raw.event);
        let time =
            item_time(policy, inbound, report.time, raw.time).map_err(|reason| format!("time: {reason}"));
        let fits = check_data(&raw.data);
        match endpoint.and_then(|endpoint| fits.and(Ok((endpoint, time?.0)))) {
            Ok((endpoint, time)) => {
                occurrences.push(Occurrence { endpoint, event: raw.event, time, data: raw.data });
            }
            Err(reason) => refused.push(format!("events[{index}].{reason}")),
        }
    }
    let occurrences = (!occurrences.is_empty()).then_some(Body::Occurrences { occurrences });
    Ok(with_refusals(inbound, occurrences, &refused))
}

/// Data that every store takes and every reader can parse: shallow, and without NUL.
pub(crate) fn check_data(data: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
    fn fits(value: &serde_json::Value, depth_left: usize) -> bool {
        use serde_json::Value as Json;
        match value {
            Json::String(text) => !text.contains('\0'),
            Json::Array(items) => depth_left > 0 && items.iter().all(|item| fits(item, depth_left - 1)),
            Json::Object(fields) => {
                depth_left > 0
                    && fields.iter().all(|(name, field)| !name.contains('\0') && fits(field, depth_left - 1))
            }
            _ => true,
        }
    }
    let shallow = data.iter().all(|(name, field)| !name.contains('\0') && fits(field, DATA_DEPTH_MAX));
    shallow
        .then_some(())
        .ok_or_else(|| format!("data: at most {DATA_DEPTH_MAX} levels deep, and without NUL"))
}

fn check_count(count: usize, field: &str) -> Result<(), String> {
    if count == 0 || count > ITEMS_MAX {
        return Err(format!("{field}: must have from 1 to {ITEMS_MAX} entries"));
    }
    Ok(())
}

fn with_refusals(inbound: &Inbound<'_>, good: Option<Body>, refused: &[String]) -> Vec<Body> {
    let refusal = (!refused.is_empty()).then(|| {
        let shown: Vec<_> = refused.iter().take(5).cloned().collect();
        let rest =
            if refused.len() > 5 { format!("; and {} more", refused.len() - 5) } else { String::new() };
        reject(inbound, format!("{}{rest}", shown.join("; ")))
    });
    good.into_iter().chain(refusal).collect()
}

fn endpoint_of(device: &Device, named: Option<u16>, full_name: &str) -> Result<u16, String> {
    let capability_name = capability_of(full_name);
    let is_name = full_name.len() <= NAME_MAX_BYTES && full_name.bytes().all(|byte| byte.is_ascii_graphic());
    if crate::capability::capability(capability_name).is_none() || !full_name.contains('.') || !is_name {
        let shown: String = full_name.chars().take(80).collect();
        return Err(format!("name {shown:?} does not start with a known capability"));
    }
    endpoint_with(device, named, capability_name)
}

fn capability_of(full_name: &str) -> &str {
    full_name.split('.').next().unwrap_or_default()
}

fn endpoint_with(device: &Device, named: Option<u16>, capability_name: &str) -> Result<u16, String> {
    match named {
        Some(endpoint) if device.has(endpoint, capability_name) => Ok(endpoint),
        Some(endpoint) => {
            Err(format!("endpoint: endpoint {endpoint} was not registered with {capability_name}"))
        }
        None => device
            .default_endpoint(capability_name)
            .ok_or_else(|| format!("endpoint: the device was not registered with {capability_name}")),
    }
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
