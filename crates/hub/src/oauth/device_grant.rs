//! Letting in what has no keyboard (RFC 8628): it shows a code, a person types it elsewhere and says yes or no, and
//! meanwhile it asks how far it is.

use lares_model::oauth::Scopes;
use lares_model::oauth_client::{GrantType, OAuthClient};
use lares_model::oauth_device::{self as rules, Decision, GOOD_FOR_MS, INTERVAL_S, Poll, Standing};
use lares_model::oauth_request::{asked_scopes, for_this_api};
use lares_model::{AppSessionId, OAuthClientId};
use lares_store::oauth_device_grants::{self as rows, DeviceGrant, Person};
use lares_store::{Conn, oauth_clients};

use super::authorize::{proof_of, remember};
use super::client_auth::prove_client;
use super::grants::{Answer, answer, lasts_ms};
use super::id_token::id_token;
use super::{OAuthError, Parameters, fault};
use crate::account_log::Visitor;
use crate::app_sessions::{self, NewAppSession, api_resource, sha256};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::sessions;

const DEVICE_CODE_BYTES: usize = 32;
/// Enough that eight of them are letters.
const USER_CODE_RANDOM_BYTES: usize = 64;
/// Where a person types the code.
const PAGE: &str = "/device";

/// RFC 8628, section 3.2.
pub struct Begun {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    pub expires_in_s: i64,
    pub interval_s: i64,
}

/// Under the server's key: 34 bits alone would be found out of a hash.
fn user_code_hash(hub: &Hub, code: &str) -> [u8; 32] {
    let tag = hub.vault.tag("oauth user code", code.as_bytes());
    sha256(&tag.map(|byte| format!("{byte:02x}")).concat())
}

pub async fn begin(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
    visitor: &Visitor,
) -> Result<Begun, OAuthError> {
    let client = prove_client(hub, authorization, parameters).await?;
    if !client.may(GrantType::DeviceCode) {
        return Err(fault("unauthorized_client", "this client did not register for device_code").into());
    }
    for_this_api(parameters, &api_resource(hub))?;
    let scopes = parameters.get("scope").map_or(Ok(client.scopes), |text| asked_scopes(text, &client))?;
    let mut random = [0; USER_CODE_RANDOM_BYTES];
    hub.entropy.fill(&mut random);
    let code = rules::user_code(&random)
        .ok_or_else(|| HubError::Internal("there were too few random letters".to_owned()))?;
    let device_code = hub.secret_text(DEVICE_CODE_BYTES);
    let now = hub.now();
    let expires_at = now + GOOD_FOR_MS;
    let grant = DeviceGrant {
        device_code_sha256: sha256(&device_code),
        user_code_sha256: user_code_hash(hub, &code),
        client: client.id,
        scopes,
        user_agent: visitor.user_agent.clone(),
        peer: visitor.peer.clone(),
        created_at: now,
        standing: Standing { expires_at, interval_s: INTERVAL_S, polled_at: None, decision: None },
        person: None,
    };
    let work = hub.store.begin().await?;
    rows::insert(&work, &grant).await?;
    work.commit().await?;
    let user_code = rules::shown(&code);
    let verification_uri = format!("{}{PAGE}", hub.public_url);
    Ok(Begun {
        device_code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        user_code,
        verification_uri,
        expires_in_s: GOOD_FOR_MS / 1_000,
        interval_s: INTERVAL_S,
    })
}

/// Answers to whoever asks how far it is.
pub(super) async fn token(
    hub: &Hub,
    client: &OAuthClient,
    parameters: &Parameters,
    visitor: &Visitor,
) -> Result<Answer, OAuthError> {
    let unknown = || fault("invalid_grant", "the device_code is unknown, used, or another client's");
    let code = sha256(parameters.need("device_code")?);
    let work = hub.store.begin().await?;
    let found = rows::by_device_code(&work, code).await?.filter(|grant| grant.client == client.id);
    let grant = found.ok_or_else(unknown)?;
    let refused = match rules::poll(&grant.standing, hub.now()) {
        Poll::Granted => None,
        Poll::Pending => {
            rows::polled(&work, code, hub.now(), grant.standing.interval_s).await?;
            Some(fault("authorization_pending", "the person has not answered yet"))
        }
        Poll::SlowDown { interval_s } => {
            rows::polled(&work, code, hub.now(), interval_s).await?;
            Some(fault("slow_down", format!("wait {interval_s} s between two questions")))
        }
        Poll::Denied => {
            rows::delete(&work, code).await?;
            Some(fault("access_denied", "the person said no"))
        }
        Poll::Expired => Some(fault("expired_token", "nobody answered in time: begin again")),
    };
    if let Some(refused) = refused {
        work.commit().await?;
        return Err(refused.into());
    }
    let person = grant.person.ok_or_else(unknown)?;
    if !rows::delete(&work, code).await? {
        return Err(unknown().into());
    }
    let scopes = grant.scopes.both(client.scopes);
    let new = NewAppSession {
        user: person.user,
        client: Some(client.id),
        scopes,
        amr: &person.amr,
        authenticated_at: person.authenticated_at,
    };
    let opening = (AppSessionId(hub.uuid()), lasts_ms(client, scopes));
    let (session, tokens) = app_sessions::open_as(hub, &work, opening, new, visitor).await?;
    work.commit().await?;
    let id_token = id_token(hub, &session, scopes, None)?;
    Ok(answer(client, tokens, id_token))
}

/// What a person is shown of it.
#[derive(Debug)]
pub struct Shown {
    pub client: OAuthClient,
    pub first_party: bool,
    pub scopes: Scopes,
    /// Where it asks from, and what it says it is.
    pub from: Option<String>,
}

/// A person has ten tries a minute at 20 to the power of 8 codes.
async fn by_code(
    hub: &Hub,
    conn: &impl Conn,
    caller: &Caller,
    user_code: &str,
) -> Result<(DeviceGrant, OAuthClient), HubError> {
    caller.in_person()?;
    hub.client_throttle.check(&format!("user code {}", caller.user))?;
    let unknown = || HubError::NotFound("a device that waits with this code");
    let code = rules::typed(user_code).ok_or_else(unknown)?;
    let found = rows::by_user_code(conn, user_code_hash(hub, &code)).await?;
    let waits =
        |grant: &DeviceGrant| grant.standing.decision.is_none() && hub.now() < grant.standing.expires_at;
    let mut grant = found.filter(waits).ok_or_else(unknown)?;
    let client = client_of(conn, grant.client).await?.ok_or_else(unknown)?;
    // The client may have been narrowed since it asked.
    grant.scopes = grant.scopes.both(client.scopes);
    Ok((grant, client))
}

async fn client_of(conn: &impl Conn, id: OAuthClientId) -> Result<Option<OAuthClient>, HubError> {
    let found = oauth_clients::find_any(conn, id).await?.map(|(client, _)| client);
    Ok(found.filter(|client| !client.disabled))
}

pub async fn look(hub: &Hub, caller: &Caller, user_code: &str) -> Result<Shown, HubError> {
    let (grant, client) = by_code(hub, &hub.store, caller, user_code).await?;
    let from = [grant.user_agent, grant.peer].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Ok(Shown {
        first_party: caller.scope().contains(client.organisation),
        client,
        scopes: grant.scopes,
        from: (!from.is_empty()).then_some(from),
    })
}

pub async fn decide(
    hub: &Hub,
    caller: &Caller,
    user_code: &str,
    allow: bool,
    visitor: &Visitor,
) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let (grant, client) = by_code(hub, &work, caller, user_code).await?;
    // Nobody lets others do what they were not let in for themselves.
    if allow && !grant.scopes.is_within(caller.authenticated.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    sessions::hold(&work, caller).await?;
    let (authenticated_at, amr) = proof_of(&work, caller).await?;
    let decision = if allow { Decision::Allowed } else { Decision::Denied };
    let who = Person { user: caller.user, authenticated_at, amr };
    if !rows::decide(&work, grant.user_code_sha256, decision, &who).await? {
        return Err(HubError::NotFound("a device that waits with this code"));
    }
    if allow {
        remember(hub, &work, caller, client.id, grant.scopes, visitor).await?;
    }
    work.commit().await?;
    Ok(())
}
