//! The way in for whatever devices report: decode and judge (pure), append, and only after the log's fsync tell the
//! door that it may acknowledge. Load is shed by not answering, never by dropping what was answered.

use std::sync::Arc;

use lares_model::UnixMillis;
use lares_model::command::Command;
use lares_model::device::{Device, Encoding};
use lares_model::presence::PresenceStatus;
use lares_model::protocol::{Channel, Inbound, decode, reject_entry};
use lares_model::reading::Reading;
use lares_model::record::{Ack, AckStatus, Body, Entry, Rejected};
use lares_telemetry::{Appended, Refusal, TelemetryError};

use crate::hub::Hub;
use crate::limits_reached;

/// What became of a message that is safe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// Why some of it was refused, in words.
    pub refused: Vec<String>,
    /// The limit that kept all of it out.
    pub limit: Option<Refusal>,
}

/// A message of a device.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub channel: Channel,
    pub encoding: Option<Encoding>,
    pub payload: &'a [u8],
}

/// Resolves once the message is safe in the log (or was there already), or a limit has kept it out for good.
pub async fn report(
    hub: &Arc<Hub>,
    device: &Device,
    channel: Channel,
    encoding: Option<Encoding>,
    payload: &[u8],
) -> Result<Reported, TelemetryError> {
    let reported = report_all(hub, device, [Said { channel, encoding, payload }]).await?.pop();
    reported.ok_or_else(|| TelemetryError::Other("a message was appended without an answer".to_owned()))
}

/// The same for messages that arrived together, in this order: all are safe then, or none of them is known to be.
pub async fn report_all<'a>(
    hub: &Arc<Hub>,
    device: &Device,
    said: impl IntoIterator<Item = Said<'a>>,
) -> Result<Vec<Reported>, TelemetryError> {
    let received = hub.now();
    let (mut entries, mut messages) = (Vec::new(), Vec::new());
    for Said { channel, encoding, payload } in said {
        entries.extend(decode(&hub.time_policy, &Inbound { device, channel, encoding, payload, received }));
        messages.push((channel, entries.len()));
    }
    count_all(&entries, &messages);
    let mut reported = Vec::with_capacity(messages.len());
    let mut start = 0;
    for (_, end) in &messages {
        let refused = entries[start..*end].iter().filter_map(|entry| match &entry.body {
            Body::Rejected { rejected } => Some(rejected.reason.clone()),
            _ => None,
        });
        reported.push(Reported { refused: refused.collect(), limit: None });
        start = *end;
    }
    let appended = append(hub, entries).await?;
    start = 0;
    for (reported, (_, end)) in reported.iter_mut().zip(&messages) {
        let limits = appended[start..*end].iter().filter_map(limit_of);
        let before = reported.refused.len();
        reported.refused.extend(limits.clone().map(|refusal| refusal.to_string()));
        let all = reported.refused.len() - before == end - start;
        reported.limit = limits.clone().next().filter(|_| all);
        start = *end;
    }
    Ok(reported)
}

fn limit_of(outcome: &Appended) -> Option<Refusal> {
    match outcome {
        Appended::Refused(refusal) => Some(*refusal),
        _ => None,
    }
}

/// What was found in a home's space, already judged; of one device or of several. The limit that kept all of it out.
pub(crate) async fn found(hub: &Arc<Hub>, entries: Vec<Entry>) -> Result<Option<Refusal>, TelemetryError> {
    count("home", &entries);
    let entered = entries.len();
    let appended = append(hub, entries).await?;
    let limits: Vec<_> = appended.iter().filter_map(limit_of).collect();
    Ok(limits.first().copied().filter(|_| limits.len() == entered))
}

/// Input that a door refused before decoding it, kept for the device's diagnostics.
pub async fn refused(
    hub: &Arc<Hub>,
    device: &Device,
    channel: &str,
    reason: &str,
    payload: &[u8],
) -> Result<(), TelemetryError> {
    append(hub, vec![reject_entry(device, channel, reason, payload, hub.now())]).await.map(drop)
}

/// What a door or the sweeper saw of a device's presence.
pub async fn presence(
    hub: &Arc<Hub>,
    device: &Device,
    status: PresenceStatus,
    reason: &str,
) -> Result<(), TelemetryError> {
    let entry = Entry {
        organisation: device.organisation,
        device: device.id,
        received: hub.now(),
        identity: None,
        body: Body::Presence { status, reason: reason.to_owned() },
    };
    append(hub, vec![entry]).await.map(drop)
}

/// A command that was said to a device which never acknowledges.
pub(crate) async fn handed_over(
    hub: &Arc<Hub>,
    device: &Device,
    command: &Command,
) -> Result<(), TelemetryError> {
    let ack = Ack { command: command.id, status: AckStatus::Accepted, reason: None };
    let entry = Entry {
        organisation: device.organisation,
        device: device.id,
        received: hub.now(),
        identity: None,
        body: Body::Ack { ack },
    };
    append(hub, vec![entry]).await.map(drop)
}

/// Readings that a person enters or corrects: history, known since `received`.
pub(crate) async fn by_hand(
    hub: &Hub,
    device: &Device,
    readings: Vec<Reading>,
    received: UnixMillis,
) -> Result<Appended, TelemetryError> {
    let (organisation, device) = (device.organisation, device.id);
    let entry = Entry { organisation, device, received, identity: None, body: Body::Readings { readings } };
    let outcome = hub.telemetry.append(vec![entry]).await?.pop();
    hub.nudges.log.notify_one();
    if let Some(Appended::Refused(refusal)) = outcome {
        limits_reached::note(hub, organisation, refusal);
    }
    outcome.ok_or_else(|| TelemetryError::Other("an entry was appended without an answer".to_owned()))
}

/// What became of each entry; of one that a limit kept out, its rejection was appended in its place.
async fn append(hub: &Arc<Hub>, entries: Vec<Entry>) -> Result<Vec<Appended>, TelemetryError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let whose: Vec<_> =
        entries.iter().map(|entry| (entry.organisation, entry.device, entry.received)).collect();
    let appended = hub.telemetry.append(entries).await?;
    if appended.iter().any(|outcome| matches!(outcome, Appended::At(_))) {
        hub.nudges.log.notify_one();
    }
    let mut rejections = Vec::new();
    for (outcome, (organisation, device, received)) in appended.iter().zip(&whose) {
        let Appended::Refused(refusal) = outcome else { continue };
        limits_reached::note(hub, *organisation, *refusal);
        let body = Body::Rejected { rejected: Rejected::new("telemetry limits", refusal.to_string(), b"") };
        let (organisation, device, received) = (*organisation, *device, *received);
        rejections.push(Entry { organisation, device, received, identity: None, body });
    }
    if !rejections.is_empty() {
        metrics::counter!("lares_ingest_rejected_total").increment(rejections.len() as u64);
        hub.telemetry.append(rejections).await?;
        hub.nudges.log.notify_one();
    }
    for (outcome, (_, device, _)) in appended.iter().zip(&whose) {
        if matches!(outcome, Appended::Duplicate) {
            metrics::counter!("lares_ingest_duplicates_total").increment(1);
            hub.directory.count_duplicates(*device, 1);
        }
    }
    Ok(appended)
}

/// `messages`: the channel of each, and where its entries end.
fn count_all(entries: &[Entry], messages: &[(Channel, usize)]) {
    let mut start = 0;
    for alike in messages.chunk_by(|(one, _), (next, _)| one == next) {
        let Some((channel, end)) = alike.last() else { continue };
        count(channel.name(), &entries[start..*end]);
        start = *end;
    }
}

/// Many at once, since finding a counter costs as much as adding to it a hundred times.
fn count(channel: &'static str, entries: &[Entry]) {
    let (mut taken, mut rejected) = (0, 0);
    for entry in entries {
        match &entry.body {
            Body::Readings { readings } => taken += readings.len() as u64,
            Body::Rejected { .. } => rejected += 1,
            _ => {}
        }
    }
    metrics::counter!("lares_ingest_messages_total", "channel" => channel).increment(entries.len() as u64);
    metrics::counter!("lares_ingest_readings_total").increment(taken);
    if rejected > 0 {
        metrics::counter!("lares_ingest_rejected_total").increment(rejected);
    }
}
