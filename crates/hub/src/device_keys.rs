//! Public keys of devices, in place of their password: added and removed by those who manage the device. With one a
//! device signs for a short-lived token (RFC 7523), which MQTT and HTTP take.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use lares_model::access::Action;
use lares_model::event::EventType;
use lares_model::home::NAME_MAX_CHARS;
use lares_model::public_key::PublicKey;
use lares_model::{DeviceId, DeviceKeyId, Invalid};
pub use lares_store::device_keys::DeviceKey;
use lares_store::{Page, device_keys as rows, devices, events};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::devices::{cut_session, device_event, native};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

/// Enough to replace one while others are in use.
pub const PER_DEVICE_MAX: usize = 10;

pub(crate) fn is_a_point(key: &PublicKey) -> bool {
    match key {
        PublicKey::P256 { x, y } => {
            // Uncompressed (SEC 1, 2.3.3).
            let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok()
        }
        PublicKey::Ed25519 { x } => ParsedPublicKey::new(&ED25519, x).is_ok(),
    }
}

pub async fn add(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    device: DeviceId,
    name: &str,
    jwk: &Value,
) -> Result<DeviceKey, HubError> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 0, NAME_MAX_CHARS);
    invalid.or(())?;
    let key = PublicKey::of_jwk(jwk).map_err(|reason| Invalid::one("/jwk", reason))?;
    if !is_a_point(&key) {
        return Err(Invalid::one("/jwk", "is not a point of its curve").into());
    }
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<DeviceKey>(hub, &work, caller, once).await? {
        caller.require(Action::DeviceManage, done.organisation)?;
        return Ok(done);
    }
    let device = native(&work, caller, device).await?;
    let known = rows::all_of_device(&work, device.id).await?;
    if known.len() >= PER_DEVICE_MAX {
        return Err(HubError::Conflict(format!("a device has at most {PER_DEVICE_MAX} keys: remove one")));
    }
    let added = DeviceKey {
        id: DeviceKeyId(hub.uuid()),
        organisation: device.organisation,
        device: device.id,
        name: name.to_owned(),
        jwk: key.jwk(),
        thumbprint: key.thumbprint(),
        created_at: hub.now(),
    };
    rows::insert(&work, &added).await?;
    let payload = json!({ "key": added.id });
    let event = device_event(hub, caller, &device, EventType::DeviceKeyAdded, payload);
    events::append(&work, vec![event]).await?;
    keep(hub, &work, caller, once, &added).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(added)
}

pub async fn of_device(
    hub: &Hub,
    caller: &Caller,
    device: DeviceId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<DeviceKey>, HubError> {
    const PURPOSE: &str = "device keys";
    devices::find(&hub.store, caller.scope(), device).await?.ok_or(HubError::NotFound("device"))?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::of_device(&hub.store, caller.scope(), device, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |key: &DeviceKey| key.id.0)
}

/// Tokens that were given for it are good no more, and the device's live session ends.
pub async fn remove(hub: &Hub, caller: &Caller, device: DeviceId, id: DeviceKeyId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let known = rows::find(&work, caller.scope(), id).await?.filter(|known| known.device == device);
    let known = known.ok_or(HubError::NotFound("key"))?;
    caller.require(Action::DeviceManage, known.organisation)?;
    let device = devices::find(&work, caller.scope(), device).await?.ok_or(HubError::NotFound("device"))?;
    rows::delete(&work, id).await?;
    let event = device_event(hub, caller, &device, EventType::DeviceKeyRemoved, json!({ "key": id }));
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    cut_session(hub, device.id);
    hub.nudges.events_committed();
    Ok(())
}
