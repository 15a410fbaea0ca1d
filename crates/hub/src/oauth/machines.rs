//! Tokens of those who act for themselves: services in their organisation, and devices.

use lares_model::access::{Membership, Role};
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::{GrantType, OAuthClient};
use lares_model::oauth_request::asked_scopes;
use lares_model::{DeviceId, DeviceKeyId, MembershipId, OAuthClientId, UnixMillis, UserId};
use lares_store::{device_keys, oauth_clients};
use serde::{Deserialize, Serialize};

use super::grants::Answer;
use super::{OAuthError, Parameters, fault};
use crate::app_sessions::{ACCESS_S, AccessClaims, api_resource};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::signing::{self, ACCESS_TOKEN, BadToken};

/// A device's connection ends with its token, so it is given a longer one than a person's app; removing its key ends
/// both at once.
pub const DEVICE_ACCESS_S: i64 = 3_600;

/// Claims of a device's access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct DeviceClaims {
    iss: String,
    sub: DeviceId,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    client_id: DeviceId,
    scope: String,
    /// The key that it was given for, with which it ends.
    device_key: DeviceKeyId,
}

pub(super) fn service_token(
    hub: &Hub,
    client: &OAuthClient,
    parameters: &Parameters,
) -> Result<Answer, OAuthError> {
    let scopes = parameters.get("scope").map_or(Ok(client.scopes), |text| asked_scopes(text, client))?;
    let now_s = hub.now().0.div_euclid(1_000);
    let claims = AccessClaims {
        iss: hub.public_url.clone(),
        sub: client.id.to_string(),
        aud: api_resource(hub),
        exp: now_s + ACCESS_S,
        iat: now_s,
        jti: hub.uuid().to_string(),
        client_id: client.id.to_string(),
        scope: scopes.to_string(),
        sid: None,
        auth_time: None,
        amr: vec![],
    };
    let access_token = signing::sign(hub, ACCESS_TOKEN, &claims)?;
    Ok(Answer { access_token, expires_in_s: ACCESS_S, refresh_token: None, scopes, id_token: None })
}

pub(super) fn device_token(
    hub: &Hub,
    id: DeviceId,
    device_key: DeviceKeyId,
    grant: GrantType,
    parameters: &Parameters,
) -> Result<Answer, OAuthError> {
    if grant != GrantType::ClientCredentials {
        return Err(fault("unauthorized_client", "a device's grant_type is client_credentials").into());
    }
    let scopes = Scopes::of([OAuthScope::Device]);
    if parameters.get("scope").is_some_and(|given| Scopes::parse(given) != Ok(scopes)) {
        return Err(fault("invalid_scope", "a device's scope is device").into());
    }
    let now_s = hub.now().0.div_euclid(1_000);
    let claims = DeviceClaims {
        iss: hub.public_url.clone(),
        sub: id,
        aud: api_resource(hub),
        exp: now_s + DEVICE_ACCESS_S,
        iat: now_s,
        jti: hub.uuid().to_string(),
        client_id: id,
        scope: scopes.to_string(),
        device_key,
    };
    let access_token = signing::sign(hub, ACCESS_TOKEN, &claims)?;
    Ok(Answer { access_token, expires_in_s: DEVICE_ACCESS_S, refresh_token: None, scopes, id_token: None })
}

fn claims_of_device(hub: &Hub, jwt: &str) -> Result<DeviceClaims, BadToken> {
    let claims: DeviceClaims = signing::verify(hub, jwt, ACCESS_TOKEN, Some(&api_resource(hub)))?;
    let own = claims.scope == OAuthScope::Device.name() && claims.client_id == claims.sub;
    if own { Ok(claims) } else { Err(BadToken::Claims("it is no device's")) }
}

/// Which device a token is of and when it ends; `None` where it is nobody's now.
pub async fn device_of(hub: &Hub, jwt: &str) -> Result<Option<(DeviceId, UnixMillis)>, HubError> {
    let claims = match claims_of_device(hub, jwt) {
        Ok(claims) => claims,
        Err(reason) => {
            tracing::debug!(%reason, "a device's token was refused");
            return Ok(None);
        }
    };
    let holds = device_keys::is_there(&hub.store, claims.sub, claims.device_key).await?;
    Ok(holds.then_some((claims.sub, UnixMillis(claims.exp * 1_000))))
}

/// The service that a token without a session is of. It ends with its client, not only by itself.
pub(crate) async fn service(hub: &Hub, id: OAuthClientId, scopes: Scopes) -> Result<Caller, HubError> {
    let found = oauth_clients::find_any(&hub.store, id).await?.map(|(client, _)| client);
    let client = found.filter(|client| !client.disabled && client.may(GrantType::ClientCredentials));
    let client = client.ok_or(HubError::Unauthenticated)?;
    let role = client.role.ok_or(HubError::Unauthenticated)?;
    Ok(Caller::of_service(membership(&client, role), id, scopes.both(client.scopes), hub.now()))
}

fn membership(client: &OAuthClient, role: Role) -> Membership {
    Membership {
        id: MembershipId(client.id.0),
        organisation: client.organisation,
        user: UserId(client.id.0),
        role,
        valid_from: client.created_at,
        valid_until: None,
    }
}
