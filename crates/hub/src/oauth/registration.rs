//! Programs that register themselves (RFC 7591) with a token that an organisation gave them, and manage their
//! registration (RFC 7592) with one of their own.

use lares_model::access::Action;
use lares_model::event::{Cause, EventType, NewEvent};
use lares_model::oauth::Scopes;
use lares_model::oauth_client::{ApplicationType, ClientAuthMethod, GrantType, OAuthClient};
use lares_model::{EventId, Invalid, OAuthClientId, OrganisationId, UnixMillis};
use lares_store::{UnitOfWork, events, oauth_clients as rows};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::authorize::person;
use super::clients::{self, Issued, NewClient};
use super::metadata::REGISTER;
use super::{OAuthError, OAuthFault, fault};
use crate::app_sessions::sha256;
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::tickets::{self, Purpose};

/// Handed to whoever sets the program up, and used once.
const INITIAL: Purpose = Purpose { name: "oauth_registration", good_for_ms: 24 * 3_600 * 1_000 };
const ACCESS_BYTES: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
struct Initial {
    organisation: OrganisationId,
}

/// A token that one program may register itself with.
pub async fn initial_token(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
) -> Result<(String, UnixMillis), HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    person(caller)?;
    let work = hub.store.begin().await?;
    let token = tickets::issue(hub, &work, INITIAL, None, &Initial { organisation }).await?;
    work.commit().await?;
    Ok((token, hub.now() + INITIAL.good_for_ms))
}

/// A registration, with what was issued just now.
pub struct Registered {
    pub client: OAuthClient,
    pub secret: Option<String>,
    /// What the program manages its registration with; only when it is new.
    pub access_token: Option<String>,
}

fn refused(description: impl Into<String>) -> OAuthFault {
    fault("invalid_client_metadata", description)
}

fn unauthorized() -> OAuthFault {
    fault("invalid_token", "the token is missing, unknown, used or expired")
}

/// RFC 7591 names fields otherwise than this server.
fn named_otherwise(invalid: &Invalid) -> OAuthFault {
    let text = invalid.to_string();
    let text = text.replace("/scopes", "scope").replace("/uri", "client_uri").replace("/logo", "logo_uri");
    let text = text.replace("/name", "client_name");
    match invalid.errors.iter().any(|error| error.field.starts_with("/redirect_uris")) {
        true => fault("invalid_redirect_uri", text),
        false => refused(text),
    }
}

/// What a program says of itself, in the words of RFC 7591. What it does not say is what OAuth takes for said.
fn metadata(given: &Map<String, Value>) -> Result<NewClient, OAuthFault> {
    if given.contains_key("jwks_uri") {
        return Err(refused("jwks_uri is not fetched: send the keys as jwks"));
    }
    if given.contains_key("software_statement") {
        return Err(fault("unapproved_software_statement", "software statements are not taken"));
    }
    let grants: Vec<String> = field(given, "grant_types")?.unwrap_or(vec!["authorization_code".to_owned()]);
    let grant =
        |name: &String| GrantType::of_name(name).ok_or_else(|| refused(format!("grant_types: {name}")));
    let grant_types = grants.iter().map(grant).collect::<Result<Vec<_>, _>>()?;
    if grant_types.contains(&GrantType::ClientCredentials) {
        return Err(refused("grant_types: a service is registered by those who manage its organisation"));
    }
    let code = grant_types.contains(&GrantType::AuthorizationCode);
    let expected: &[&str] = if code { &["code"] } else { &[] };
    if field::<Vec<String>>(given, "response_types")?.is_some_and(|types| types != expected) {
        return Err(refused("response_types: is code with authorization_code, and none without"));
    }
    let scope: Option<String> = field(given, "scope")?;
    let scopes = match scope {
        None => Scopes::GRANTABLE,
        Some(text) => Scopes::parse(&text).map_err(|unknown| refused(unknown.to_string()))?,
    };
    let name: Option<String> = field(given, "client_name")?;
    Ok(NewClient {
        name: name.unwrap_or_default(),
        application_type: field::<ApplicationType>(given, "application_type")?.unwrap_or_default(),
        redirect_uris: field(given, "redirect_uris")?.unwrap_or_default(),
        post_logout_redirect_uris: field(given, "post_logout_redirect_uris")?.unwrap_or_default(),
        grant_types,
        scopes,
        auth_method: field(given, "token_endpoint_auth_method")?
            .unwrap_or(ClientAuthMethod::ClientSecretBasic),
        jwks: field(given, "jwks")?,
        role: None,
        uri: field(given, "client_uri")?,
        logo: field(given, "logo_uri")?,
    })
}

fn field<T: serde::de::DeserializeOwned>(
    given: &Map<String, Value>,
    name: &str,
) -> Result<Option<T>, OAuthFault> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|error| refused(format!("{name}: {error}"))),
    }
}

fn event(hub: &Hub, client: &OAuthClient, event_type: EventType, payload: Value) -> NewEvent {
    let now = hub.now();
    NewEvent {
        id: EventId(hub.uuid()),
        organisation: client.organisation,
        event_type,
        time: now,
        recorded: now,
        home: None,
        device: None,
        cause: Cause::Service(client.id),
        origin: None,
        payload,
    }
}

pub async fn register(
    hub: &Hub,
    token: Option<&str>,
    given: &Map<String, Value>,
) -> Result<Registered, OAuthError> {
    let token = token.ok_or_else(unauthorized)?;
    let work = hub.store.begin().await?;
    let taken = tickets::take::<Initial>(hub, &work, INITIAL, token).await?.ok_or_else(unauthorized)?;
    let made = clients::made(hub, taken.value.organisation, metadata(given)?, true);
    let client = made.map_err(|invalid| named_otherwise(&invalid))?;
    clients::check_points(&client).map_err(|invalid| named_otherwise(&invalid))?;
    let access_token = hub.secret_text(ACCESS_BYTES);
    let issued = clients::insert(hub, &work, client, Some(sha256(&access_token))).await?;
    let Issued { client, secret } = issued;
    let payload = json!({ "oauth_client": client.id, "after": { "name": client.name, "dynamic": true } });
    events::append(&work, vec![event(hub, &client, EventType::OAuthClientCreated, payload)]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(Registered { client, secret, access_token: Some(access_token) })
}

/// The client whose own registration token this is. Nobody learns whether there is a client that is not theirs.
async fn owned(
    work: &UnitOfWork,
    id: Option<OAuthClientId>,
    token: Option<&str>,
) -> Result<OAuthClient, OAuthError> {
    let (Some(id), Some(token)) = (id, token) else { return Err(unauthorized().into()) };
    let (client, secrets) = rows::find_any(work, id).await?.ok_or_else(unauthorized)?;
    let known = secrets.registration_sha256.is_some_and(|known| known == sha256(token));
    if known && !client.disabled { Ok(client) } else { Err(unauthorized().into()) }
}

pub async fn read(
    hub: &Hub,
    id: Option<OAuthClientId>,
    token: Option<&str>,
) -> Result<Registered, OAuthError> {
    let work = hub.store.begin().await?;
    let client = owned(&work, id, token).await?;
    Ok(Registered { client, secret: None, access_token: token.map(str::to_owned) })
}

/// Everything that it says of itself, anew (RFC 7592, section 2.2).
pub async fn replace(
    hub: &Hub,
    id: Option<OAuthClientId>,
    token: Option<&str>,
    given: &Map<String, Value>,
) -> Result<Registered, OAuthError> {
    let work = hub.store.begin().await?;
    let before = owned(&work, id, token).await?;
    if given.get("client_id").is_some_and(|id| *id != json!(before.id)) {
        return Err(fault("invalid_request", "client_id is another one").into());
    }
    let new = metadata(given)?;
    if new.auth_method != before.auth_method {
        return Err(refused("token_endpoint_auth_method: register again to prove yourself otherwise").into());
    }
    let after = OAuthClient {
        name: clients::shown_as(new.name, before.id, true),
        application_type: new.application_type,
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        grant_types: new.grant_types,
        scopes: new.scopes,
        jwks: new.jwks,
        uri: new.uri,
        logo: new.logo,
        updated_at: hub.now(),
        ..before.clone()
    };
    after.check().map_err(|invalid| named_otherwise(&invalid))?;
    let ended = clients::write(&work, &before, &after).await?;
    let payload = json!({ "oauth_client": after.id, "before": { "name": before.name }, "after": { "name": after.name } });
    events::append(&work, vec![event(hub, &after, EventType::OAuthClientUpdated, payload)]).await?;
    work.commit().await?;
    clients::tell(hub, after.id, ended);
    hub.nudges.events_committed();
    Ok(Registered { client: after, secret: None, access_token: token.map(str::to_owned) })
}

pub async fn remove(hub: &Hub, id: Option<OAuthClientId>, token: Option<&str>) -> Result<(), OAuthError> {
    let work = hub.store.begin().await?;
    let client = owned(&work, id, token).await?;
    let ended = clients::remove(&work, client.id).await?;
    let payload = json!({ "oauth_client": client.id, "before": { "name": client.name } });
    events::append(&work, vec![event(hub, &client, EventType::OAuthClientDeleted, payload)]).await?;
    work.commit().await?;
    clients::tell(hub, client.id, ended);
    hub.nudges.events_committed();
    Ok(())
}

/// The registration in the words of RFC 7591, section 3.2.1.
pub fn told(hub: &Hub, registered: &Registered) -> Value {
    let client = &registered.client;
    let code = client.may(GrantType::AuthorizationCode);
    let mut told = json!({
        "client_id": client.id,
        "client_id_issued_at": client.created_at.0.div_euclid(1_000),
        "client_name": client.name,
        "application_type": client.application_type,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "grant_types": client.grant_types,
        "response_types": if code { vec!["code"] } else { vec![] },
        "scope": client.scopes.to_string(),
        "token_endpoint_auth_method": client.auth_method,
        "registration_client_uri": format!("{}{REGISTER}/{}", hub.public_url, client.id),
    });
    let texts = [
        ("client_secret", &registered.secret),
        ("registration_access_token", &registered.access_token),
        ("client_uri", &client.uri),
        ("logo_uri", &client.logo),
    ];
    for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
        told[name] = json!(text);
    }
    if client.auth_method.has_secret() {
        // It does not expire.
        told["client_secret_expires_at"] = json!(0);
    }
    if let Some(jwks) = &client.jwks {
        told["jwks"] = jwks.clone();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(given: Value) -> Result<NewClient, &'static str> {
        metadata(given.as_object().unwrap()).map_err(|fault| fault.error)
    }

    #[test]
    fn what_a_program_leaves_out_is_what_oauth_takes_for_said() {
        let new = judged(json!({ "redirect_uris": ["https://v.example/"] })).unwrap();
        assert_eq!(new.name, "");
        assert_eq!(new.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(new.auth_method, ClientAuthMethod::ClientSecretBasic);
        assert_eq!(new.scopes, Scopes::GRANTABLE);
    }

    #[test]
    fn what_this_server_cannot_do_is_said() {
        for bad in [
            json!({ "client_name": 7 }),
            json!({ "client_name": "V", "jwks_uri": "https://v.example/jwks" }),
            json!({ "client_name": "V", "grant_types": ["implicit"] }),
            json!({ "client_name": "V", "grant_types": ["client_credentials"] }),
            json!({ "client_name": "V", "response_types": ["token"] }),
            json!({ "client_name": "V", "scope": "everything" }),
            json!({ "client_name": "V", "redirect_uris": "https://v.example" }),
            json!({ "client_name": "V", "token_endpoint_auth_method": "tls_client_auth" }),
        ] {
            assert_eq!(judged(bad.clone()).unwrap_err(), "invalid_client_metadata", "{bad}");
        }
    }
}
