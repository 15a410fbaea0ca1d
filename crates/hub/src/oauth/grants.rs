//! The token endpoint: what a program, a service or a device is given for what it came with.

use std::fmt;

use lares_model::OAuthClientId;
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::{GrantType, OAuthClient};
use lares_model::oauth_request::{self as rules};
use lares_store::app_sessions as sessions;
use serde_json::json;

use super::authorize::{CODE, Granted, parts_of_code};
use super::client_auth::{Proved, prove};
use super::id_token::id_token;
use super::{OAuthError, OAuthFault, Parameters, device_grant, fault, machines};
use crate::account_log::{self, AccountEvent, Visitor};
use crate::app_sessions::{self, ACCESS_S, IDLE_MS, NewAppSession, Tokens, api_resource};
use crate::hub::Hub;
use crate::tickets;

/// A successful answer (RFC 6749, section 5.1).
pub struct Answer {
    pub access_token: String,
    pub expires_in_s: i64,
    pub refresh_token: Option<String>,
    pub scopes: Scopes,
    pub id_token: Option<String>,
}

/// Without its tokens.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

pub async fn token(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
    visitor: &Visitor,
) -> Result<Answer, OAuthError> {
    let name = parameters.need("grant_type")?;
    let grant = GrantType::of_name(name)
        .ok_or_else(|| fault("unsupported_grant_type", "grant_type is not one that this server knows"))?;
    rules::for_this_api(parameters, &api_resource(hub))?;
    let client = match prove(hub, authorization, parameters).await? {
        Proved::Client(client) => *client,
        Proved::Device { id, key } => return machines::device_token(hub, id, key, grant, parameters),
    };
    if !client.may(grant) {
        return Err(fault("unauthorized_client", "this client did not register for this grant_type").into());
    }
    match grant {
        GrantType::AuthorizationCode => by_code(hub, &client, parameters, visitor).await,
        GrantType::RefreshToken => by_refresh_token(hub, &client, parameters, visitor).await,
        GrantType::ClientCredentials => machines::service_token(hub, &client, parameters),
        GrantType::DeviceCode => device_grant::token(hub, &client, parameters, visitor).await,
    }
}

fn wrong_code() -> OAuthFault {
    fault("invalid_grant", "the code is unknown, used or expired, or is another client's")
}

async fn by_code(
    hub: &Hub,
    client: &OAuthClient,
    parameters: &Parameters,
    visitor: &Visitor,
) -> Result<Answer, OAuthError> {
    let (secret, session) = parts_of_code(hub, parameters.need("code")?).ok_or_else(wrong_code)?;
    let verifier = parameters.need("code_verifier")?;
    let work = hub.store.begin().await?;
    let Some(taken) = tickets::take::<Granted>(hub, &work, CODE, secret).await? else {
        drop(work);
        end_reused(hub, client.id, session, visitor).await?;
        return Err(wrong_code().into());
    };
    let Granted { request, scopes, session, authenticated_at, amr } = taken.value;
    // Not taken from the client that it is for.
    if request.client != client.id {
        return Err(wrong_code().into());
    }
    let user = taken.user.ok_or_else(wrong_code)?;
    let answered_at = parameters.get("redirect_uri").is_none_or(|uri| uri == request.redirect_uri);
    if !answered_at || !rules::verifies(verifier, &request.code_challenge) {
        // Whoever has the code without what belongs to it does not get another try.
        work.commit().await?;
        return Err(fault("invalid_grant", "code_verifier or redirect_uri is not the request's").into());
    }
    // The client may have been narrowed since the person said yes.
    let scopes = scopes.both(client.scopes);
    let new = NewAppSession { user, client: Some(client.id), scopes, amr: &amr, authenticated_at };
    let lasts_ms = lasts_ms(client, scopes);
    let (session, tokens) = app_sessions::open_as(hub, &work, (session, lasts_ms), new, visitor).await?;
    work.commit().await?;
    let id_token = id_token(hub, &session, scopes, request.nonce)?;
    Ok(answer(client, tokens, id_token))
}

/// A session without a refresh token ends with its access token.
pub(super) fn lasts_ms(client: &OAuthClient, scopes: Scopes) -> i64 {
    if refreshes(client, scopes) { IDLE_MS } else { ACCESS_S * 1_000 }
}

fn refreshes(client: &OAuthClient, scopes: Scopes) -> bool {
    client.may(GrantType::RefreshToken) && scopes.has(OAuthScope::OfflineAccess)
}

pub(super) fn answer(client: &OAuthClient, tokens: Tokens, id_token: Option<String>) -> Answer {
    Answer {
        access_token: tokens.access_token,
        expires_in_s: tokens.expires_in_s,
        refresh_token: refreshes(client, tokens.scopes).then_some(tokens.refresh_token),
        scopes: tokens.scopes,
        id_token,
    }
}

/// A code that comes a second time was stolen, before or after its first use: what came of it ends.
async fn end_reused(
    hub: &Hub,
    client: OAuthClientId,
    session: lares_model::AppSessionId,
    visitor: &Visitor,
) -> Result<(), OAuthError> {
    let work = hub.store.begin().await?;
    let Some(found) = sessions::find(&work, session).await?.filter(|found| found.client == Some(client))
    else {
        return Ok(());
    };
    sessions::delete(&work, found.user, session).await?;
    let detail = json!({ "session": session, "client": client });
    account_log::note(hub, &work, found.user, AccountEvent::CodeReused, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(found.user);
    tracing::warn!(%session, user = %found.user, "a used authorization code came again");
    Ok(())
}

async fn by_refresh_token(
    hub: &Hub,
    client: &OAuthClient,
    parameters: &Parameters,
    visitor: &Visitor,
) -> Result<Answer, OAuthError> {
    let token = parameters.need("refresh_token")?;
    let narrowed = match parameters.get("scope") {
        Some(text) => {
            Some(Scopes::parse(text).map_err(|unknown| fault("invalid_scope", unknown.to_string()))?)
        }
        None => None,
    };
    let (session, tokens) = app_sessions::refresh(hub, token, Some(client.id), narrowed, visitor).await?;
    // Of the same sign-in; there is no request any more that a nonce could belong to.
    let id_token = id_token(hub, &session, tokens.scopes, None)?;
    let refresh_token = Some(tokens.refresh_token.clone());
    Ok(Answer { refresh_token, ..answer(client, tokens, id_token) })
}
