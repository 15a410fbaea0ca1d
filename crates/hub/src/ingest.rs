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

/// Resolves once the message is safe in the log (or was there already), or a limit has kept it out for good.
pub async fn report(
    hub: &Arc<Hub>,
    device: &Device,
    channel: Channel,
    encoding: Option<Encoding>,
    payload: &[u8],
) -> Result<Reported, TelemetryError> {
    let inbound = Inbound { device, channel, encoding, payload, received: hub.now() };
    let entries = decode(&hub.time_policy, &inbound);
    for entry in &entries {
        count(entry, channel.name());
    }
    let refused = entries.iter().filter_map(|entry| match &entry.body {
        Body::Rejected { rejected } => Some(rejected.reason.clone()),
        _ => None,
    });
    let mut refused: Vec<String> = refused.collect();
    let entered = entries.len();
    let limits = append(hub, entries).await?;
    refused.extend(limits.iter().map(ToString::to_string));
    Ok(Reported { refused, limit: limits.first().copied().filter(|_| limits.len() == entered) })
}

/// What was found in a home's space, already judged; of one device or of several. The limit that kept all of it out.
pub(crate) async fn found(hub: &Arc<Hub>, entries: Vec<Entry>) -> Result<Option<Refusal>, TelemetryError> {
    for entry in &entries {
        count(entry, "home");
    }
    let entered = entries.len();
    let limits = append(hub, entries).await?;
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

/// The limits that kept entries out, one for each such entry.
async fn append(hub: &Arc<Hub>, entries: Vec<Entry>) -> Result<Vec<Refusal>, TelemetryError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let whose: Vec<_> =
        entries.iter().map(|entry| (entry.organisation, entry.device, entry.received)).collect();
    let appended = hub.telemetry.append(entries).await?;
    if appended.iter().any(|outcome| matches!(outcome, Appended::At(_))) {
        hub.nudges.log.notify_one();
    }
    let (mut limits, mut rejections) = (Vec::new(), Vec::new());
    for (outcome, (organisation, device, received)) in appended.iter().zip(&whose) {
        let Appended::Refused(refusal) = outcome else { continue };
        limits_reached::note(hub, *organisation, *refusal);
        limits.push(*refusal);
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
    Ok(limits)
}

fn count(entry: &Entry, channel: &'static str) {
    metrics::counter!("lares_ingest_messages_total", "channel" => channel).increment(1);
    match &entry.body {
        Body::Readings { readings } => {
            metrics::counter!("lares_ingest_readings_total").increment(readings.len() as u64);
        }
        Body::Rejected { .. } => metrics::counter!("lares_ingest_rejected_total").increment(1),
        _ => {}
    }
}
