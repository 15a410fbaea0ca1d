//! Webhooks: what a service posts to a home, signed as Standard Webhooks has it, becomes readings of the home's devices
//! by a mapping that is data. Source: <https://www.standardwebhooks.com>, version 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lares_model::access::Action;
use lares_model::dialect::Measured;
use lares_model::event::{EventType, NewEvent};
use lares_model::foreign::{FoundIn, readings};
use lares_model::record::{Body, Entry, MessageIdentity};
use lares_model::webhook::{Mapped, Mapping, Webhook};
use lares_model::{DeviceId, HomeId, Invalid, UnixMillis, WebhookId};
use lares_store::{Page, events, homes, webhooks as rows};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::ingest;
use crate::once::{Once, keep, replay};
use crate::replays::SIGNED_WITHIN_MS;

const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;
/// As Standard Webhooks has it.
const SECRET_GIVEN_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const MESSAGE_ID_MAX_BYTES: usize = 255;

#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub name: String,
    /// What the service gave, `whsec_` and Base64; generated where `None`.
    pub secret: Option<String>,
    pub mapping: Mapping,
}

/// A webhook with its secret, shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub webhook: Webhook,
    pub secret: String,
}

fn context(id: WebhookId) -> String {
    format!("webhooks/{id}/secret")
}

fn secret_bytes(text: &str) -> Result<Vec<u8>, Invalid> {
    let encoded = text.strip_prefix(SECRET_PREFIX);
    let bytes = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
    bytes.filter(|bytes| SECRET_GIVEN_BYTES.contains(&bytes.len())).ok_or_else(|| {
        Invalid::one("/secret", "must be whsec_ followed by the Base64 of from 24 to 64 bytes")
    })
}

fn generated_secret(hub: &Hub) -> String {
    let mut bytes = [0; SECRET_BYTES];
    hub.entropy.fill(&mut bytes);
    format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes))
}

fn event(hub: &Hub, caller: &Caller, webhook: &Webhook, event_type: EventType, payload: Json) -> NewEvent {
    let concerns = Concerns { organisation: webhook.organisation, home: Some(webhook.home), device: None };
    caused_by(hub, caller, concerns, event_type, payload)
}

/// Every device of the mapping is one of the home's that can report this.
fn check_devices(hub: &Hub, webhook: &Webhook) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    for (index, reading) in webhook.mapping.readings.iter().enumerate() {
        let at = format!("/mapping/readings/{index}");
        let device = hub.directory.get(reading.device);
        let Some(device) = device.filter(|device| device.home == webhook.home) else {
            invalid.add(format!("{at}/device"), "is not a device of this home");
            continue;
        };
        let capability = reading.attribute.split('.').next().unwrap_or_default();
        if !device.has(reading.endpoint, capability) {
            invalid.add(format!("{at}/endpoint"), format!("has no {capability} on this device"));
        }
    }
    invalid.or(())
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    home: HomeId,
    new: NewWebhook,
) -> Result<Issued, HubError> {
    let found = homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, found.organisation)?;
    let webhook = Webhook {
        id: WebhookId(hub.uuid()),
        organisation: found.organisation,
        home,
        name: new.name,
        mapping: new.mapping,
        created_at: hub.now(),
    };
    webhook.check()?;
    check_devices(hub, &webhook)?;
    let secret = new.secret.unwrap_or_else(|| generated_secret(hub));
    let sealed = hub
        .vault
        .seal(hub.entropy.as_ref(), &context(webhook.id), &secret_bytes(&secret)?)
        .map_err(|error| HubError::Internal(error.to_string()))?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Issued>(hub, &work, caller, once).await? {
        caller.require(Action::HomeManage, done.webhook.organisation)?;
        return Ok(done);
    }
    rows::insert(&work, &webhook, sealed).await?;
    let payload =
        json!({ "webhook": webhook.id, "after": { "name": webhook.name, "mapping": webhook.mapping } });
    events::append(&work, vec![event(hub, caller, &webhook, EventType::WebhookCreated, payload)]).await?;
    let issued = Issued { webhook, secret };
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(issued)
}

pub async fn find(hub: &Hub, caller: &Caller, id: WebhookId) -> Result<Webhook, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("webhook"))
}

pub async fn of_home(
    hub: &Hub,
    caller: &Caller,
    home: HomeId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Webhook>, HubError> {
    const PURPOSE: &str = "webhooks";
    homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::of_home(&hub.store, caller.scope(), home, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |webhook: &Webhook| webhook.id.0)
}

pub async fn delete(hub: &Hub, caller: &Caller, id: WebhookId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let webhook = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("webhook"))?;
    caller.require(Action::HomeManage, webhook.organisation)?;
    rows::delete(&work, id).await?;
    let payload = json!({ "webhook": id, "before": { "name": webhook.name, "mapping": webhook.mapping } });
    events::append(&work, vec![event(hub, caller, &webhook, EventType::WebhookDeleted, payload)]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(())
}

/// What a payload would become; nothing is kept.
pub async fn try_out(hub: &Hub, caller: &Caller, id: WebhookId, payload: &Json) -> Result<Mapped, HubError> {
    let webhook = find(hub, caller, id).await?;
    caller.require(Action::HomeManage, webhook.organisation)?;
    let mut mapped = webhook.mapping.read(payload);
    let now = hub.now();
    for (device, measured) in by_device(mapped.readings.clone()) {
        let (_, refused) = entries_of(hub, &webhook, device, measured, b"", now);
        mapped.problems.extend(refused);
    }
    Ok(mapped)
}

/// A post as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// `webhook-id`: the same for every attempt to deliver the message.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds, of this attempt.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or several, separated by blanks.
    pub signatures: &'a str,
    pub body: &'a [u8],
}

/// What became of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub readings: usize,
    /// What of it could not be taken.
    pub refused: Vec<String>,
}

/// Resolves once what it said is in the log. Whoever cannot sign is told nothing, not even whether there is a webhook.
pub async fn receive(hub: &Arc<Hub>, id: WebhookId, posted: &Posted<'_>) -> Result<Received, HubError> {
    let (webhook, sealed) = rows::find_any(&hub.store, id).await?.ok_or(HubError::Unauthenticated)?;
    let secret = hub
        .vault
        .open(&context(id), &sealed)
        .map_err(|error| HubError::Internal(format!("a webhook's secret: {error}")))?;
    let now = hub.now();
    if !is_signed(posted, &secret, now) {
        metrics::counter!("lares_webhooks_refused_total").increment(1);
        return Err(HubError::Unauthenticated);
    }
    let payload: Json = match serde_json::from_slice(posted.body) {
        Ok(payload) => payload,
        Err(error) => {
            return Ok(Received { readings: 0, refused: vec![format!("the body is not JSON: {error}")] });
        }
    };
    let mapped = webhook.mapping.read(&payload);
    let mut received = Received { readings: 0, refused: mapped.problems };
    let mut entries = Vec::new();
    for (device, measured) in by_device(mapped.readings) {
        let (written, refused) = entries_of(hub, &webhook, device, measured, posted.body, now);
        received.refused.extend(refused);
        entries.extend(once_per_message(written, &webhook, posted.id));
    }
    received.readings = entries.iter().map(readings_in).sum();
    ingest::found(hub, entries).await?;
    metrics::counter!("lares_webhooks_received_total").increment(1);
    Ok(received)
}

fn is_signed(posted: &Posted<'_>, secret: &[u8], now: UnixMillis) -> bool {
    let fits = |text: &str, max: usize| !text.is_empty() && text.len() <= max;
    let Ok(timestamp) = posted.timestamp.parse::<i64>() else { return false };
    let age_ms = now.since_ms(UnixMillis(timestamp.saturating_mul(1_000)));
    if !fits(posted.id, MESSAGE_ID_MAX_BYTES) || age_ms.saturating_abs() > SIGNED_WITHIN_MS {
        return false;
    }
    let mut message = format!("{}.{}.", posted.id, posted.timestamp).into_bytes();
    message.extend_from_slice(posted.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let given = posted.signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    given
        .take(8)
        .any(|encoded| STANDARD.decode(encoded).is_ok_and(|mac| hmac::verify(&key, &message, &mac).is_ok()))
}

fn by_device(readings: Vec<(DeviceId, Measured)>) -> BTreeMap<DeviceId, Vec<Measured>> {
    let mut all: BTreeMap<DeviceId, Vec<Measured>> = BTreeMap::new();
    for (device, measured) in readings {
        all.entry(device).or_default().push(measured);
    }
    all
}

/// A device's part of a post, and why some of it cannot be taken.
fn entries_of(
    hub: &Hub,
    webhook: &Webhook,
    device: DeviceId,
    measured: Vec<Measured>,
    body: &[u8],
    received: UnixMillis,
) -> (Vec<Entry>, Vec<String>) {
    let known = hub.directory.get(device).filter(|device| device.home == webhook.home);
    let Some(device) = known else {
        return (vec![], vec![format!("device {device} is not in this home any more")]);
    };
    let found = FoundIn { dialect: "webhook", payload: body, received, nth: 0 };
    let entries = readings(&hub.time_policy, &found, &device, measured);
    let refused = entries.iter().filter_map(|entry| match &entry.body {
        Body::Rejected { rejected } => Some(rejected.reason.clone()),
        _ => None,
    });
    let refused = refused.collect();
    (entries, refused)
}

/// The message's own id tells a repetition, whatever its readings say.
fn once_per_message(entries: Vec<Entry>, webhook: &Webhook, message: &str) -> Vec<Entry> {
    let kind = format!("webhook {}", webhook.id);
    let identified = entries.into_iter().enumerate().map(|(nth, mut entry)| {
        let epoch = nth.to_string();
        entry.identity = MessageIdentity::of(&kind, &epoch, None, Some(UnixMillis(0)), message.as_bytes());
        if let Body::Readings { readings } = &mut entry.body {
            readings.iter_mut().for_each(|reading| reading.at_least_once = false);
        }
        entry
    });
    identified.collect()
}

fn readings_in(entry: &Entry) -> usize {
    match &entry.body {
        Body::Readings { readings } => readings.len(),
        _ => 0,
    }
}
