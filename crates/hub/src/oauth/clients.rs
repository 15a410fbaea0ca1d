//! The OAuth clients of an organisation: registered, changed, disabled and removed by those who manage it. A secret is
//! shown once and kept as a hash.

use lares_model::access::{Action, Role};
use lares_model::event::EventType;
use lares_model::oauth::Scopes;
use lares_model::oauth_client::{ApplicationType, ClientAuthMethod, GrantType, OAuthClient};
use lares_model::{Invalid, OAuthClientId, OrganisationId, UserId};
use lares_store::oauth_clients::{self as rows, Secrets};
use lares_store::{Page, UnitOfWork, app_sessions, events};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authorize::person;
use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::devices::hash_secret;
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::organisations::organisation_event;

const SECRET_BYTES: usize = 32;
/// Long enough to change it everywhere.
pub const OVERLAP_MAX_S: i64 = 30 * 24 * 3_600;
pub const CLIENTS_MAX: usize = 1_000;

/// What a client says of itself.
#[derive(Clone, Debug)]
pub struct NewClient {
    pub name: String,
    pub application_type: ApplicationType,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub grant_types: Vec<GrantType>,
    pub scopes: Scopes,
    pub auth_method: ClientAuthMethod,
    pub jwks: Option<Value>,
    pub role: Option<Role>,
    pub uri: Option<String>,
    pub logo: Option<String>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ClientChange {
    pub name: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    pub grant_types: Option<Vec<GrantType>>,
    pub scopes: Option<Scopes>,
    pub jwks: Option<Value>,
    pub role: Option<Role>,
    pub uri: Option<Option<String>>,
    pub logo: Option<Option<String>>,
    pub disabled: Option<bool>,
}

/// A client with the secret that it was given just now, where it has one.
#[derive(Clone, Serialize, Deserialize)]
pub struct Issued {
    pub client: OAuthClient,
    pub secret: Option<String>,
}

fn payload_of(client: &OAuthClient) -> Value {
    json!({
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": client.grant_types,
        "scopes": client.scopes,
        "token_endpoint_auth_method": client.auth_method,
        "role": client.role,
        "disabled": client.disabled,
        "dynamic": client.dynamic,
    })
}

/// A program need not say how it is called (RFC 7591, section 2): people are then shown its id.
pub(super) fn shown_as(name: String, id: OAuthClientId, dynamic: bool) -> String {
    if dynamic && name.is_empty() { id.to_string() } else { name }
}

/// The client as it would be, checked.
pub(super) fn made(
    hub: &Hub,
    organisation: OrganisationId,
    new: NewClient,
    dynamic: bool,
) -> Result<OAuthClient, Invalid> {
    let now = hub.now();
    let id = OAuthClientId(hub.uuid());
    let client = OAuthClient {
        id,
        organisation,
        name: shown_as(new.name, id, dynamic),
        application_type: new.application_type,
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        grant_types: new.grant_types,
        scopes: new.scopes,
        auth_method: new.auth_method,
        jwks: new.jwks,
        role: new.role,
        uri: new.uri,
        logo: new.logo,
        disabled: false,
        dynamic,
        previous_secret_until: None,
        created_at: now,
        updated_at: now,
    };
    client.check()?;
    Ok(client)
}

pub(super) fn new_secret(hub: &Hub) -> String {
    hub.secret_text(SECRET_BYTES)
}

/// Written with the secret it is given, where it proves itself with one.
pub(super) async fn insert(
    hub: &Hub,
    work: &UnitOfWork,
    client: OAuthClient,
    registration_sha256: Option<[u8; 32]>,
) -> Result<Issued, HubError> {
    let all = Page { after: None, limit: CLIENTS_MAX as u64 };
    let own = lares_model::access::Scope::of([client.organisation]);
    if rows::of_organisation(work, &own, client.organisation, all).await?.len() >= CLIENTS_MAX {
        return Err(HubError::Conflict(format!("an organisation has at most {CLIENTS_MAX} clients")));
    }
    let secret = client.auth_method.has_secret().then(|| new_secret(hub));
    let secrets = Secrets {
        current_sha256: secret.as_deref().map(hash_secret),
        previous_sha256: None,
        registration_sha256,
    };
    rows::insert(work, &client, &secrets).await?;
    Ok(Issued { client, secret })
}

/// Nobody gives a service more than they hold, and no program that was let in makes others that outlive it.
fn may_give(caller: &Caller, client: &OAuthClient) -> Result<(), HubError> {
    person(caller)?;
    if client.role == Some(Role::Owner) && caller.role_in(client.organisation) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    if client.role.is_some() && !client.scopes.is_within(caller.authenticated.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    Ok(())
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
        caller.require(Action::OrganisationManage, done.client.organisation)?;
    }
    Ok(done)
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    organisation: OrganisationId,
    new: NewClient,
) -> Result<Issued, HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    let client = made(hub, organisation, new, false)?;
    may_give(caller, &client)?;
    check_points(&client)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay_issued(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let issued = insert(hub, &work, client, None).await?;
    let payload = json!({ "oauth_client": issued.client.id, "after": payload_of(&issued.client) });
    let event = organisation_event(hub, caller, organisation, EventType::OAuthClientCreated, payload);
    events::append(&work, vec![event]).await?;
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(issued)
}

/// Coordinates that are no point of the curve would be found out at the first signature only.
pub(crate) fn check_points(client: &OAuthClient) -> Result<(), Invalid> {
    for (nth, named) in client.keys().iter().enumerate() {
        if !crate::device_keys::is_a_point(&named.key) {
            return Err(Invalid::one("/jwks", format!("keys/{nth}: is not a point of its curve")));
        }
    }
    Ok(())
}

pub async fn find(hub: &Hub, caller: &Caller, id: OAuthClientId) -> Result<OAuthClient, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("OAuth client"))
}

pub async fn of_organisation(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<OAuthClient>, HubError> {
    const PURPOSE: &str = "oauth clients";
    caller.require(Action::OrganisationRead, organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let page = Page { after, limit: limit + 1 };
    let items = rows::of_organisation(&hub.store, caller.scope(), organisation, page).await?;
    cut(hub, PURPOSE, items, limit, |client: &OAuthClient| client.id.0)
}

async fn managed(work: &UnitOfWork, caller: &Caller, id: OAuthClientId) -> Result<OAuthClient, HubError> {
    let client = rows::find(work, caller.scope(), id).await?.ok_or(HubError::NotFound("OAuth client"))?;
    caller.require(Action::OrganisationManage, client.organisation)?;
    Ok(client)
}

fn changed(before: &OAuthClient, change: ClientChange) -> OAuthClient {
    let before = before.clone();
    OAuthClient {
        name: change.name.unwrap_or(before.name),
        redirect_uris: change.redirect_uris.unwrap_or(before.redirect_uris),
        post_logout_redirect_uris: change
            .post_logout_redirect_uris
            .unwrap_or(before.post_logout_redirect_uris),
        grant_types: change.grant_types.unwrap_or(before.grant_types),
        scopes: change.scopes.unwrap_or(before.scopes),
        jwks: change.jwks.or(before.jwks),
        role: change.role.or(before.role),
        uri: change.uri.unwrap_or(before.uri),
        logo: change.logo.unwrap_or(before.logo),
        disabled: change.disabled.unwrap_or(before.disabled),
        ..before
    }
}

/// Where it may do less than before, or nothing at all, what it was let in to ends.
pub async fn update(
    hub: &Hub,
    caller: &Caller,
    id: OAuthClientId,
    change: ClientChange,
) -> Result<OAuthClient, HubError> {
    let work = hub.store.begin().await?;
    let before = managed(&work, caller, id).await?;
    let mut after = changed(&before, change);
    if after == before {
        return Ok(before);
    }
    may_give(caller, &after)?;
    after.updated_at = hub.now();
    let ended = write(&work, &before, &after).await?;
    let payload = json!({
        "oauth_client": id, "before": payload_of(&before), "after": payload_of(&after),
    });
    let event = organisation_event(hub, caller, before.organisation, EventType::OAuthClientUpdated, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    tell(hub, id, ended);
    hub.nudges.events_committed();
    Ok(after)
}

/// Whose sessions ended by it.
pub(super) async fn write(
    work: &UnitOfWork,
    before: &OAuthClient,
    after: &OAuthClient,
) -> Result<Vec<UserId>, HubError> {
    after.check()?;
    check_points(after)?;
    if !rows::update(work, after).await? {
        return Err(HubError::NotFound("OAuth client"));
    }
    let narrowed = !before.scopes.is_within(after.scopes)
        || before.grant_types.iter().any(|grant| !after.may(*grant))
        || (after.disabled && !before.disabled);
    if narrowed { end_sessions(work, after.id).await } else { Ok(vec![]) }
}

async fn end_sessions(work: &UnitOfWork, id: OAuthClientId) -> Result<Vec<UserId>, HubError> {
    let users = app_sessions::users_of_client(work, id).await?;
    app_sessions::delete_of_client(work, id).await?;
    Ok(users)
}

/// Open connections of those whose sessions ended look again, and the service's own.
pub(super) fn tell(hub: &Hub, id: OAuthClientId, ended: Vec<UserId>) {
    for user in ended {
        hub.nudges.access_changed(user);
    }
    hub.nudges.access_changed(UserId(id.0));
}

/// Another secret. The one before it is taken for `overlap_s` more.
pub async fn rotate_secret(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: OAuthClientId,
    overlap_s: i64,
) -> Result<Issued, HubError> {
    if !(0..=OVERLAP_MAX_S).contains(&overlap_s) {
        return Err(Invalid::one("/overlap_s", format!("must be from 0 to {OVERLAP_MAX_S}")).into());
    }
    let work = hub.store.begin().await?;
    if let Some(done) = replay_issued(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let client = managed(&work, caller, id).await?;
    may_give(caller, &client)?;
    if !client.auth_method.has_secret() {
        return Err(HubError::Conflict("this client does not prove itself with a secret".to_owned()));
    }
    let (_, known) = rows::find_any(&work, id).await?.ok_or(HubError::NotFound("OAuth client"))?;
    let until = hub.now() + overlap_s * 1_000;
    let previous = known.current_sha256.filter(|_| overlap_s > 0).map(|hash| (hash, until));
    let secret = new_secret(hub);
    rows::set_secret(&work, id, Some(hash_secret(&secret)), previous).await?;
    let payload = json!({ "oauth_client": id });
    let kind = EventType::OAuthClientSecretRotated;
    events::append(&work, vec![organisation_event(hub, caller, client.organisation, kind, payload)]).await?;
    let client = OAuthClient { previous_secret_until: previous.map(|(_, until)| until), ..client };
    let issued = Issued { client, secret: Some(secret) };
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(issued)
}

/// With everything that it was let in to.
pub async fn delete(hub: &Hub, caller: &Caller, id: OAuthClientId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let client = managed(&work, caller, id).await?;
    let ended = remove(&work, id).await?;
    let payload = json!({ "oauth_client": id, "before": payload_of(&client) });
    let event = organisation_event(hub, caller, client.organisation, EventType::OAuthClientDeleted, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    tell(hub, id, ended);
    hub.nudges.events_committed();
    Ok(())
}

pub(super) async fn remove(work: &UnitOfWork, id: OAuthClientId) -> Result<Vec<UserId>, HubError> {
    let ended = end_sessions(work, id).await?;
    rows::delete(work, id).await?;
    Ok(ended)
}
