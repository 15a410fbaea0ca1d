//! Clients of a home's MQTT space: made with credentials of their own, changed, given new secrets, removed; and the
//! question that the MQTT door asks of each that signs in. Whatever a change takes away ends the live session.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use lares_model::access::Action;
use lares_model::event::{EventType, NewEvent};
use lares_model::mqtt_client::{ALL_TOPICS, MqttClient, USERNAME_MAX_CHARS, identity};
use lares_model::oauth::OAuthScope;
use lares_model::{HomeId, Invalid, MqttClientId, OrganisationId, UnixMillis};
use lares_store::mqtt_clients::{self as rows, KeptSecret};
use lares_store::{Page, UnitOfWork, events, homes};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::devices::{SECRET_BYTES, hash_secret};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::password_policy::{LENGTH_MAX_CHARS, LENGTH_MIN_CHARS};
use crate::passwords::Verdict;

#[derive(Clone, Debug)]
pub struct NewHomeClient {
    pub name: String,
    /// Made up where `None`.
    pub username: Option<String>,
    /// Generated where `None`.
    pub secret: Option<String>,
    pub publish: Option<Vec<String>>,
    pub subscribe: Option<Vec<String>>,
    pub trusted: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct HomeClientChange {
    pub name: Option<String>,
    pub publish: Option<Vec<String>>,
    pub subscribe: Option<Vec<String>>,
    pub trusted: Option<bool>,
}

/// A client with its secret: shown once, and only where it was generated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub client: MqttClient,
    pub secret: Option<String>,
}

/// A client that has signed in, as the MQTT door needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeClient {
    pub id: MqttClientId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    pub publish: Vec<String>,
    pub subscribe: Vec<String>,
    pub trusted: bool,
}

impl HomeClient {
    fn of(client: MqttClient) -> HomeClient {
        HomeClient {
            id: client.id,
            organisation: client.organisation,
            home: client.home,
            name: client.name,
            publish: client.publish,
            subscribe: client.subscribe,
            trusted: client.trusted,
        }
    }

    pub fn identity(&self) -> String {
        identity(self.id)
    }
}

/// What is remembered between sign-ins.
#[derive(Default)]
pub struct HomeClients {
    /// Outcomes of the slow hash by a keyed tag over hash and password, so that reconnects do not hash again.
    verified: Mutex<HashMap<[u8; 16], bool>>,
    /// Rows by user name, so that clients which come back all at once do not queue for the store.
    rows: Mutex<Remembered>,
    /// When clients signed in, since the start.
    seen: Mutex<BTreeMap<MqttClientId, UnixMillis>>,
    /// Those of them that are not in the store yet.
    unwritten: Mutex<BTreeMap<MqttClientId, UnixMillis>>,
}

#[derive(Default)]
struct Remembered {
    /// Counts what was changed: what was read before a change is not remembered after it.
    changes: u64,
    by_username: HashMap<String, (UnixMillis, MqttClient, KeptSecret)>,
}

/// A row that another process changed is taken for what it was for so long.
const REMEMBERED_MS: i64 = 10_000;
const VERIFIED_MAX: usize = 4_096;
const USERNAME_RANDOM_CHARS: usize = 8;

fn event(
    hub: &Hub,
    caller: &Caller,
    client: &MqttClient,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let concerns = Concerns { organisation: client.organisation, home: Some(client.home), device: None };
    caused_by(hub, caller, concerns, event_type, payload)
}

fn payload_of(client: &MqttClient) -> serde_json::Value {
    json!({
        "name": client.name,
        "username": client.username,
        "publish": client.publish,
        "subscribe": client.subscribe,
        "trusted": client.trusted,
    })
}

/// A user name that nobody has chosen, in lower case so that it is easy to type.
fn made_up_username(hub: &Hub) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; USERNAME_RANDOM_CHARS];
    hub.entropy.fill(&mut random);
    let random = random.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    format!("home-{}", random.iter().collect::<String>())
}

/// The secret as it is kept, and its text where it was generated.
async fn kept_secret(hub: &Hub, chosen: Option<&str>) -> Result<(KeptSecret, Option<String>), HubError> {
    let Some(chosen) = chosen else {
        let generated = hub.secret_text(SECRET_BYTES);
        return Ok((KeptSecret::Sha256(hash_secret(&generated)), Some(generated)));
    };
    let (min, max) = (LENGTH_MIN_CHARS, LENGTH_MAX_CHARS);
    if !(min..=max).contains(&chosen.chars().count()) || chosen.contains(char::is_control) {
        let reason = format!("must have from {min} to {max} characters, none of them a control character");
        return Err(Invalid::one("/secret", reason).into());
    }
    let mut salt = [0; 16];
    hub.entropy.fill(&mut salt);
    Ok((KeptSecret::Phc(hub.passwords.hash(chosen, salt).await?), None))
}

async fn replay_issued(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    once: Option<&Once>,
) -> Result<Option<Issued>, HubError> {
    let done: Option<Issued> = replay(hub, work, caller, once).await?;
    if let Some(done) = &done {
        // The kept answer holds a secret: who lost the right since does not see it again.
        caller.require(Action::HomeManage, done.client.organisation)?;
    }
    Ok(done)
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    home: HomeId,
    new: NewHomeClient,
) -> Result<Issued, HubError> {
    let found = homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, found.organisation)?;
    may_hand_on(caller)?;
    let all = || vec![ALL_TOPICS.to_owned()];
    let client = MqttClient {
        id: MqttClientId(hub.uuid()),
        organisation: found.organisation,
        home,
        name: new.name,
        username: new.username.unwrap_or_else(|| made_up_username(hub)),
        publish: new.publish.unwrap_or_else(all),
        subscribe: new.subscribe.unwrap_or_else(all),
        trusted: new.trusted,
        created_at: hub.now(),
        last_seen: None,
    };
    client.check()?;
    let (kept, secret) = kept_secret(hub, new.secret.as_deref()).await?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay_issued(hub, &work, caller, once).await? {
        return Ok(done);
    }
    rows::insert(&work, &client, &kept).await?;
    let payload = json!({ "mqtt_client": client.id, "after": payload_of(&client) });
    events::append(&work, vec![event(hub, caller, &client, EventType::MqttClientCreated, payload)]).await?;
    let issued = Issued { client, secret };
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(issued)
}

pub async fn find(hub: &Hub, caller: &Caller, id: MqttClientId) -> Result<MqttClient, HubError> {
    let found = rows::find(&hub.store, caller.scope(), id).await?;
    found.map(|client| as_seen(hub, client)).ok_or(HubError::NotFound("MQTT client"))
}

pub async fn of_home(
    hub: &Hub,
    caller: &Caller,
    home: HomeId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<MqttClient>, HubError> {
    const PURPOSE: &str = "mqtt clients";
    homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::of_home(&hub.store, caller.scope(), home, Page { after, limit: limit + 1 }).await?;
    let items = items.into_iter().map(|client| as_seen(hub, client)).collect();
    cut(hub, PURPOSE, items, limit, |client: &MqttClient| client.id.0)
}

fn as_seen(hub: &Hub, client: MqttClient) -> MqttClient {
    let seen = hub.home_clients.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let last_seen = seen.get(&client.id).copied().or(client.last_seen);
    MqttClient { last_seen, ..client }
}

/// A client acts on devices in the home's name, doors among them: nobody hands on more than they hold.
fn may_hand_on(caller: &Caller) -> Result<(), HubError> {
    caller.has_scope(OAuthScope::DevicesControl)?;
    caller.has_scope(OAuthScope::DoorsUnlock)
}

async fn managed(work: &UnitOfWork, caller: &Caller, id: MqttClientId) -> Result<MqttClient, HubError> {
    let client = rows::find(work, caller.scope(), id).await?.ok_or(HubError::NotFound("MQTT client"))?;
    caller.require(Action::HomeManage, client.organisation)?;
    Ok(client)
}

/// Its live session ends, since it may hold what it may no longer have; the client comes back with its new rights.
pub async fn update(
    hub: &Hub,
    caller: &Caller,
    id: MqttClientId,
    change: HomeClientChange,
) -> Result<MqttClient, HubError> {
    let work = hub.store.begin().await?;
    let before = managed(&work, caller, id).await?;
    may_hand_on(caller)?;
    let after = MqttClient {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        publish: change.publish.unwrap_or_else(|| before.publish.clone()),
        subscribe: change.subscribe.unwrap_or_else(|| before.subscribe.clone()),
        trusted: change.trusted.unwrap_or(before.trusted),
        ..before.clone()
    };
    if after == before {
        return Ok(as_seen(hub, before));
    }
    after.check()?;
    if !rows::update(&work, &after).await? {
        return Err(HubError::NotFound("MQTT client"));
    }
    let payload = json!({ "mqtt_client": id, "before": payload_of(&before), "after": payload_of(&after) });
    events::append(&work, vec![event(hub, caller, &after, EventType::MqttClientUpdated, payload)]).await?;
    work.commit().await?;
    cut_session(hub, id);
    hub.nudges.events_committed();
    Ok(as_seen(hub, after))
}

/// Another secret for the same client; the old one ends at once.
pub async fn rotate(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: MqttClientId,
    chosen: Option<&str>,
) -> Result<Issued, HubError> {
    // Before the slow hash, which is nothing for strangers.
    let found = rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("MQTT client"))?;
    caller.require(Action::HomeManage, found.organisation)?;
    let (kept, secret) = kept_secret(hub, chosen).await?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay_issued(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let client = managed(&work, caller, id).await?;
    rows::set_secret(&work, id, &kept).await?;
    let payload = json!({ "mqtt_client": id });
    let rotated = event(hub, caller, &client, EventType::MqttClientSecretRotated, payload);
    events::append(&work, vec![rotated]).await?;
    let issued = Issued { client: as_seen(hub, client), secret };
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    cut_session(hub, id);
    hub.nudges.events_committed();
    Ok(issued)
}

pub async fn delete(hub: &Hub, caller: &Caller, id: MqttClientId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let client = managed(&work, caller, id).await?;
    rows::delete(&work, id).await?;
    let payload = json!({ "mqtt_client": id, "before": payload_of(&client) });
    events::append(&work, vec![event(hub, caller, &client, EventType::MqttClientDeleted, payload)]).await?;
    work.commit().await?;
    forget(hub, id);
    hub.nudges.events_committed();
    Ok(())
}

/// The clients of a home that is being removed: their rows go with it.
pub(crate) async fn all_of_home(
    hub: &Hub,
    caller: &Caller,
    home: HomeId,
) -> Result<Vec<MqttClientId>, HubError> {
    let all = Page { after: None, limit: 100_000 };
    let found = rows::of_home(&hub.store, caller.scope(), home, all).await?;
    Ok(found.into_iter().map(|client| client.id).collect())
}

/// A client that is no more.
pub(crate) fn forget(hub: &Hub, id: MqttClientId) {
    let known = &hub.home_clients;
    known.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    known.unwritten.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    cut_session(hub, id);
}

fn cut_session(hub: &Hub, id: MqttClientId) {
    let mut remembered = hub.home_clients.rows.lock().unwrap_or_else(PoisonError::into_inner);
    remembered.changes += 1;
    remembered.by_username.clear();
    drop(remembered);
    if let Some(bus) = hub.bus() {
        bus.cut(&identity(id));
    }
}

/// Who signs in with this name and password; `None` when nobody does.
pub async fn authenticate(
    hub: &Hub,
    username: &str,
    password: &[u8],
) -> Result<Option<Arc<HomeClient>>, HubError> {
    if username.len() > USERNAME_MAX_CHARS || password.len() > LENGTH_MAX_CHARS * 4 {
        return Ok(None);
    }
    let Ok(password) = std::str::from_utf8(password) else { return Ok(None) };
    let Some((client, kept)) = row_of(hub, username).await? else { return Ok(None) };
    let proved = match kept {
        // 160 random bits need no slow hash; comparing hashes leaks nothing of the secret.
        KeptSecret::Sha256(known) => known == hash_secret(password),
        KeptSecret::Phc(phc) => chosen_matches(hub, username, password, phc).await?,
    };
    if !proved {
        return Ok(None);
    }
    let now = hub.now();
    let known = &hub.home_clients;
    known.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(client.id, now);
    known.unwritten.lock().unwrap_or_else(PoisonError::into_inner).insert(client.id, now);
    Ok(Some(Arc::new(HomeClient::of(client))))
}

async fn row_of(hub: &Hub, username: &str) -> Result<Option<(MqttClient, KeptSecret)>, HubError> {
    let now = hub.now();
    let remembered = || hub.home_clients.rows.lock().unwrap_or_else(PoisonError::into_inner);
    let changes = {
        let remembered = remembered();
        if let Some((read_at, client, kept)) = remembered.by_username.get(username)
            && (0..REMEMBERED_MS).contains(&now.since_ms(*read_at))
        {
            return Ok(Some((client.clone(), kept.clone())));
        }
        remembered.changes
    };
    let found = rows::find_by_username(&hub.store, username).await?;
    if let Some((client, kept)) = &found {
        let mut remembered = remembered();
        if remembered.changes == changes {
            if remembered.by_username.len() >= VERIFIED_MAX {
                remembered.by_username.clear();
            }
            remembered.by_username.insert(username.to_owned(), (now, client.clone(), kept.clone()));
        }
    }
    Ok(found)
}

/// The client that an identity is of, with the rights it has now.
pub async fn of_identity(hub: &Hub, identity: &str) -> Result<Option<Arc<HomeClient>>, HubError> {
    let Some(id) = identity.strip_prefix("client:").and_then(|id| id.parse().ok()) else { return Ok(None) };
    let client = rows::find_any(&hub.store, id).await?;
    Ok(client.map(|client| Arc::new(HomeClient::of(client))))
}

/// Hashes once for each pair of hash and password, right or wrong: a client that keeps trying costs a look-up.
async fn chosen_matches(hub: &Hub, username: &str, password: &str, phc: String) -> Result<bool, HubError> {
    let tag = hub.vault.tag(&format!("mqtt password\0{phc}"), password.as_bytes());
    let remembered = |outcome: Option<bool>| {
        let mut verified = hub.home_clients.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let known = verified.get(&tag).copied();
        if let Some(outcome) = outcome {
            if verified.len() >= VERIFIED_MAX {
                verified.clear();
            }
            verified.insert(tag, outcome);
        }
        known
    };
    if let Some(outcome) = remembered(None) {
        return Ok(outcome);
    }
    hub.client_throttle.check(&format!("mqtt/{username}"))?;
    let outcome = hub.passwords.verify(password, Some(phc)).await? != Verdict::Wrong;
    remembered(Some(outcome));
    Ok(outcome)
}

/// Writes when clients were seen; called now and then, so that a sign-in costs no commit.
pub async fn write_seen(hub: &Hub) -> Result<(), HubError> {
    let known = &hub.home_clients;
    let seen = std::mem::take(&mut *known.unwritten.lock().unwrap_or_else(PoisonError::into_inner));
    if seen.is_empty() {
        return Ok(());
    }
    let work = hub.store.begin().await?;
    rows::touch(&work, &seen).await?;
    work.commit().await?;
    Ok(())
}
