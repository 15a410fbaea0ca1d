//! Asking about tokens (RFC 7662) and giving them back (RFC 7009). A client is told of its own tokens alone: of all
//! others it learns nothing, not even that they are.

use lares_model::oauth::Scopes;
use lares_model::{AppSessionId, OAuthClientId};
use lares_store::app_sessions::{self as sessions, AppSession};
use serde_json::{Value, json};

use super::client_auth::{invalid_client, prove_client};
use super::{OAuthError, Parameters, machines};
use crate::app_sessions::{AccessClaims, api_resource, session_of, sha256};
use crate::hub::Hub;
use crate::signing::{self, ACCESS_TOKEN};

fn inactive() -> Value {
    json!({ "active": false })
}

pub async fn introspect(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
) -> Result<Value, OAuthError> {
    let client = prove_client(hub, authorization, parameters).await?;
    if !client.is_confidential() {
        return Err(invalid_client("only a client that proves itself may ask").into());
    }
    let token = parameters.need("token")?;
    let told = if signing::looks_like_a_jwt(token) {
        of_access_token(hub, client.id, token).await?
    } else {
        of_refresh_token(hub, client.id, token).await?
    };
    Ok(told.unwrap_or_else(inactive))
}

async fn live(hub: &Hub, id: AppSessionId, client: OAuthClientId) -> Result<Option<AppSession>, OAuthError> {
    let found = sessions::find(&hub.store, id).await?;
    Ok(found.filter(|session| session.client == Some(client) && hub.now() < session.expires_at))
}

async fn of_access_token(hub: &Hub, client: OAuthClientId, jwt: &str) -> Result<Option<Value>, OAuthError> {
    let Some(claims) = own_claims(hub, client, jwt) else { return Ok(None) };
    let Ok(given) = Scopes::parse(&claims.scope) else { return Ok(None) };
    let (scopes, expires) = match claims.sid {
        Some(sid) => {
            let Some(session) = live(hub, sid, client).await? else { return Ok(None) };
            (given.both(session.scopes), claims.exp)
        }
        None => {
            let Ok(service) = machines::service(hub, client, given).await else { return Ok(None) };
            (service.authenticated.scopes, claims.exp)
        }
    };
    Ok(Some(json!({
        "active": true,
        "token_type": "Bearer",
        "iss": claims.iss,
        "sub": claims.sub,
        "aud": claims.aud,
        "client_id": claims.client_id,
        "scope": scopes.to_string(),
        "iat": claims.iat,
        "exp": expires,
        "jti": claims.jti,
    })))
}

fn own_claims(hub: &Hub, client: OAuthClientId, jwt: &str) -> Option<AccessClaims> {
    let claims = signing::verify::<AccessClaims>(hub, jwt, ACCESS_TOKEN, Some(&api_resource(hub))).ok()?;
    (claims.client_id == client.to_string()).then_some(claims)
}

async fn of_refresh_token(
    hub: &Hub,
    client: OAuthClientId,
    token: &str,
) -> Result<Option<Value>, OAuthError> {
    let Some(id) = session_of(&hub.vault, token) else { return Ok(None) };
    let found = live(hub, id, client).await?.filter(|session| session.refresh_sha256 == sha256(token));
    Ok(found.map(|session| {
        json!({
            "active": true,
            "iss": hub.public_url,
            "sub": session.user,
            "client_id": client,
            "scope": session.scopes.to_string(),
            "iat": session.rotated_at.unwrap_or(session.created_at).0.div_euclid(1_000),
            "exp": session.expires_at.0.div_euclid(1_000),
        })
    }))
}

/// Ends what the token is of: an access token and a refresh token of one sign-in end together. A token that is not
/// the client's is left alone, and nothing is said of it.
pub async fn revoke(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
) -> Result<(), OAuthError> {
    let client = prove_client(hub, authorization, parameters).await?;
    let token = parameters.need("token")?;
    let session = if signing::looks_like_a_jwt(token) {
        own_claims(hub, client.id, token).and_then(|claims| claims.sid)
    } else {
        session_of(&hub.vault, token)
    };
    let Some(id) = session else { return Ok(()) };
    let work = hub.store.begin().await?;
    let found = sessions::find(&work, id).await?.filter(|found| found.client == Some(client.id));
    let proves = |found: &AppSession| {
        let given = sha256(token);
        signing::looks_like_a_jwt(token)
            || found.refresh_sha256 == given
            || found.previous_sha256 == Some(given)
    };
    let Some(found) = found.filter(proves) else { return Ok(()) };
    sessions::delete(&work, found.user, found.id).await?;
    work.commit().await?;
    hub.nudges.access_changed(found.user);
    Ok(())
}
