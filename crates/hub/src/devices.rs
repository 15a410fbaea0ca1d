//! Devices: registered with credentials of their own, changed, replaced, removed. A replacement keeps the identity,
//! so that history, rules and grants follow without being touched.

use aws_lc_rs::hmac;
use lares_model::access::Action;
use lares_model::device::{Device, EXPECTED_INTERVAL_DEFAULT_S, Encoding, Endpoint};
use lares_model::event::{EventType, NewEvent};
use lares_model::{DeviceId, HomeId, Invalid, OrganisationId, RoomId};
use lares_store::devices as rows;
pub use lares_store::devices::DeviceFilter;
use lares_store::{
    Page, UnitOfWork, certificates, credentials, device_keys, discovered, events, homes, ingest, rooms,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

pub const SECRET_BYTES: usize = 20;

#[derive(Clone, Debug)]
pub struct NewDevice {
    pub home: HomeId,
    pub room: Option<RoomId>,
    pub name: String,
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub endpoints: Vec<Endpoint>,
    pub tags: Vec<String>,
    pub encoding: Encoding,
    pub expected_interval_s: Option<u32>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct DeviceChange {
    pub home: Option<HomeId>,
    pub room: Option<Option<RoomId>>,
    pub name: Option<String>,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub serial: Option<Option<String>>,
    pub firmware: Option<Option<String>>,
    pub endpoints: Option<Vec<Endpoint>>,
    pub tags: Option<Vec<String>>,
    pub encoding: Option<Encoding>,
    pub expected_interval_s: Option<u32>,
}

/// A device with the credentials it signs in with: shown once, kept only as a hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    pub device: Device,
    pub password: String,
}

pub(crate) fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

pub(crate) fn device_event(
    hub: &Hub,
    caller: &Caller,
    device: &Device,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let concerns =
        Concerns { organisation: device.organisation, home: Some(device.home), device: Some(device.id) };
    caused_by(hub, caller, concerns, event_type, payload)
}

pub(crate) fn payload_of(device: &Device) -> serde_json::Value {
    json!({
        "home": device.home,
        "room": device.room,
        "name": device.name,
        "vendor": device.vendor,
        "model": device.model,
        "serial": device.serial,
        "firmware": device.firmware,
        "endpoints": device.endpoints,
        "tags": device.tags,
        "encoding": device.encoding,
        "expected_interval_s": device.expected_interval_s,
    })
}

/// The organisation of a home the caller may manage, with the room checked to be in it.
pub(crate) async fn place(
    work: &UnitOfWork,
    caller: &Caller,
    home: HomeId,
    room: Option<RoomId>,
) -> Result<OrganisationId, HubError> {
    let found = homes::find(work, caller.scope(), home)
        .await?
        .ok_or_else(|| Invalid::one("/home", "is not one of your homes"))?;
    caller.require(Action::DeviceManage, found.organisation)?;
    if let Some(room) = room {
        let in_home = rooms::find(work, caller.scope(), room).await?.is_some_and(|room| room.home == home);
        if !in_home {
            return Err(Invalid::one("/room", "is not a room of this home").into());
        }
    }
    Ok(found.organisation)
}

pub(crate) async fn insert_new(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    new: &NewDevice,
) -> Result<Registered, HubError> {
    let organisation = place(work, caller, new.home, new.room).await?;
    let now = hub.now();
    let device = Device {
        id: DeviceId(hub.uuid()),
        organisation,
        home: new.home,
        room: new.room,
        name: new.name.clone(),
        vendor: new.vendor.clone(),
        model: new.model.clone(),
        serial: new.serial.clone(),
        firmware: new.firmware.clone(),
        endpoints: new.endpoints.clone(),
        tags: new.tags.clone(),
        encoding: new.encoding,
        expected_interval_s: new.expected_interval_s.unwrap_or(EXPECTED_INTERVAL_DEFAULT_S),
        command_counter: 0,
        origin: None,
        created_at: now,
        updated_at: now,
    };
    device.check()?;
    rows::insert(work, &device).await?;
    let password = hub.secret_text(SECRET_BYTES);
    credentials::set(work, device.id, organisation, hash_secret(&password), now).await?;
    let payload = json!({ "after": payload_of(&device) });
    let event = device_event(hub, caller, &device, EventType::DeviceRegistered, payload);
    events::append(work, vec![event]).await?;
    Ok(Registered { device, password })
}

/// The kept answer holds a password: who lost the right to the device since does not see it again.
async fn replay_registered(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    once: Option<&Once>,
) -> Result<Option<Registered>, HubError> {
    let done: Option<Registered> = replay(hub, work, caller, once).await?;
    if let Some(done) = &done {
        caller.require(Action::DeviceManage, done.device.organisation)?;
    }
    Ok(done)
}

pub async fn register(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    new: &NewDevice,
) -> Result<Registered, HubError> {
    let work = hub.store.begin().await?;
    if let Some(done) = replay_registered(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let registered = insert_new(hub, &work, caller, new).await?;
    keep(hub, &work, caller, once, &registered).await?;
    work.commit().await?;
    hub.directory.put(registered.device.clone());
    hub.nudges.events_committed();
    Ok(registered)
}

pub async fn find(hub: &Hub, caller: &Caller, id: DeviceId) -> Result<Device, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("device"))
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    filter: &DeviceFilter,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Device>, HubError> {
    const PURPOSE: &str = "devices";
    let scope = caller.narrowed(organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::list(&hub.store, &scope, filter, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |device| device.id.0)
}

async fn managed(work: &UnitOfWork, caller: &Caller, id: DeviceId) -> Result<Device, HubError> {
    let device = rows::find(work, caller.scope(), id).await?.ok_or(HubError::NotFound("device"))?;
    caller.require(Action::DeviceManage, device.organisation)?;
    Ok(device)
}

/// A device that signs in itself.
pub(crate) async fn native(work: &UnitOfWork, caller: &Caller, id: DeviceId) -> Result<Device, HubError> {
    let device = managed(work, caller, id).await?;
    match &device.origin {
        None => Ok(device),
        Some(origin) => Err(HubError::Conflict(format!(
            "this device has no credentials of its own: {} speaks for it",
            origin.dialect
        ))),
    }
}

fn changed(before: &Device, change: DeviceChange) -> Device {
    let moved = change.home.is_some_and(|home| home != before.home);
    Device {
        home: change.home.unwrap_or(before.home),
        // A room belongs to one home: moving without naming a room leaves the room behind.
        room: change.room.unwrap_or(if moved { None } else { before.room }),
        name: change.name.unwrap_or_else(|| before.name.clone()),
        vendor: change.vendor.unwrap_or_else(|| before.vendor.clone()),
        model: change.model.unwrap_or_else(|| before.model.clone()),
        serial: change.serial.unwrap_or_else(|| before.serial.clone()),
        firmware: change.firmware.unwrap_or_else(|| before.firmware.clone()),
        endpoints: change.endpoints.unwrap_or_else(|| before.endpoints.clone()),
        tags: change.tags.unwrap_or_else(|| before.tags.clone()),
        encoding: change.encoding.unwrap_or(before.encoding),
        expected_interval_s: change.expected_interval_s.unwrap_or(before.expected_interval_s),
        ..before.clone()
    }
}

pub async fn update(
    hub: &Hub,
    caller: &Caller,
    id: DeviceId,
    change: DeviceChange,
) -> Result<Device, HubError> {
    // Held over the commit and what the directory is told, so that the directory never goes back in time.
    let _gate = hub.command_gate.lock().await;
    let work = hub.store.begin().await?;
    let before = managed(&work, caller, id).await?;
    let mut after = changed(&before, change);
    if after == before {
        return Ok(before);
    }
    after.updated_at = hub.now();
    after.check()?;
    if after.home != before.home && before.origin.is_some() {
        let reason = "a device that speaks in its home's MQTT space stays in that home";
        return Err(Invalid::one("/home", reason).into());
    }
    let organisation = place(&work, caller, after.home, after.room).await?;
    if organisation != before.organisation {
        return Err(Invalid::one("/home", "is a home of another organisation").into());
    }
    if !rows::update(&work, &after).await? {
        return Err(HubError::NotFound("device"));
    }
    let payload = json!({ "before": payload_of(&before), "after": payload_of(&after) });
    events::append(&work, vec![device_event(hub, caller, &after, EventType::DeviceUpdated, payload)]).await?;
    work.commit().await?;
    hub.directory.put(after.clone());
    hub.nudges.events_committed();
    Ok(after)
}

/// The new hardware of a device: what is given replaces the old one's, the rest stays.
#[derive(Clone, Debug, Default)]
pub struct Replacement {
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub endpoints: Option<Vec<Endpoint>>,
}

/// A new device takes over the identity of a broken one. The old credentials end, and its live session with them.
pub async fn replace(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: DeviceId,
    new: Replacement,
) -> Result<Registered, HubError> {
    let _gate = hub.command_gate.lock().await;
    let work = hub.store.begin().await?;
    if let Some(done) = replay_registered(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let before = native(&work, caller, id).await?;
    let change = DeviceChange {
        vendor: new.vendor,
        model: new.model,
        serial: Some(new.serial),
        firmware: Some(new.firmware),
        endpoints: new.endpoints,
        ..DeviceChange::default()
    };
    let after = Device { updated_at: hub.now(), ..changed(&before, change) };
    after.check()?;
    rows::update(&work, &after).await?;
    let password = hub.secret_text(SECRET_BYTES);
    credentials::set(&work, id, after.organisation, hash_secret(&password), hub.now()).await?;
    certificates::revoke_all(&work, id, hub.now()).await?;
    device_keys::delete_of_device(&work, id).await?;
    let payload = json!({ "before": payload_of(&before), "after": payload_of(&after) });
    events::append(&work, vec![device_event(hub, caller, &after, EventType::DeviceReplaced, payload)])
        .await?;
    let registered = Registered { device: after, password };
    keep(hub, &work, caller, once, &registered).await?;
    work.commit().await?;
    hub.directory.put(registered.device.clone());
    cut_session(hub, id);
    hub.nudges.events_committed();
    Ok(registered)
}

/// New credentials for the same device; the old ones end at once.
pub async fn rotate_credentials(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: DeviceId,
) -> Result<Registered, HubError> {
    let _gate = hub.command_gate.lock().await;
    let work = hub.store.begin().await?;
    if let Some(done) = replay_registered(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let device = native(&work, caller, id).await?;
    let password = hub.secret_text(SECRET_BYTES);
    credentials::set(&work, id, device.organisation, hash_secret(&password), hub.now()).await?;
    let event = device_event(hub, caller, &device, EventType::DeviceCredentialsRotated, json!({}));
    events::append(&work, vec![event]).await?;
    let registered = Registered { device, password };
    keep(hub, &work, caller, once, &registered).await?;
    work.commit().await?;
    cut_session(hub, id);
    hub.nudges.events_committed();
    Ok(registered)
}

/// The device, its credentials and its readings go; its events stay as history.
pub async fn delete(hub: &Hub, caller: &Caller, id: DeviceId) -> Result<(), HubError> {
    let _gate = hub.command_gate.lock().await;
    let work = hub.store.begin().await?;
    let device = managed(&work, caller, id).await?;
    // Locks the device's row: a command that is being submitted is either seen here or refused there.
    rows::next_command_counter(&work, id).await?;
    let failed = crate::commands::fail_unsettled(hub, &work, &device).await?;
    if !rows::delete(&work, id).await? {
        return Err(HubError::NotFound("device"));
    }
    ingest::forget_device(&work, id).await?;
    if let Some(origin) = &device.origin {
        discovered::ignore_origin(&work, device.home, origin).await?;
    }
    let payload = json!({ "before": payload_of(&device) });
    events::append(&work, vec![device_event(hub, caller, &device, EventType::DeviceDeleted, payload)])
        .await?;
    // From here on it is away for the doors; its readings go first, since after the commit nobody would know of them.
    hub.directory.remove(id);
    cut_session(hub, id);
    let outcome = async {
        hub.telemetry.forget_device(id).await?;
        work.commit().await.map_err(HubError::from)
    };
    if let Err(error) = outcome.await {
        hub.directory.put(device);
        return Err(error);
    }
    hub.dialects.changed(device.home);
    hub.live.write(|states| states.remove(&id));
    for command in failed {
        hub.nudges.command_moved(command);
    }
    hub.nudges.events_committed();
    Ok(())
}

pub(crate) fn cut_session(hub: &Hub, id: DeviceId) {
    if let Some(link) = hub.link() {
        link.cut(id);
    }
}

/// Whether the device signed this: HMAC-SHA256 under the SHA-256 of its secret, since nothing else of it is kept.
pub async fn signed(hub: &Hub, id: DeviceId, message: &[u8], mac: &[u8]) -> Result<bool, HubError> {
    let Some(known) = credentials::find(&hub.store, id).await? else { return Ok(false) };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &known);
    Ok(hmac::verify(&key, message, mac).is_ok())
}

/// Whether this is the device's secret. A device that does not exist has none.
pub async fn authenticate(hub: &Hub, id: DeviceId, secret: &str) -> Result<bool, HubError> {
    let given = hash_secret(secret);
    let known = credentials::find(&hub.store, id).await?;
    // The secret has 160 random bits, so a plain hash suffices; comparing hashes leaks nothing of the secret.
    Ok(known.is_some_and(|known| known == given))
}
