//! ID tokens and what a program may know of its person (OpenID Connect Core, sections 2 and 5).

use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::{AppSessionId, OAuthClientId, UserId};
use lares_store::app_sessions::AppSession;
use lares_store::users::{self, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::signing;

/// The type of an ID token.
pub const TYPE: &str = "JWT";
/// Read once, when it arrives.
const GOOD_FOR_S: i64 = 300;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IdClaims {
    pub iss: String,
    pub sub: UserId,
    pub aud: OAuthClientId,
    pub exp: i64,
    pub iat: i64,
    pub auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    pub sid: AppSessionId,
}

/// `None` where the program did not ask who its person is.
pub fn id_token(
    hub: &Hub,
    session: &AppSession,
    scopes: Scopes,
    nonce: Option<String>,
) -> Result<Option<String>, HubError> {
    let Some(client) = session.client.filter(|_| scopes.has(OAuthScope::OpenId)) else { return Ok(None) };
    let now_s = hub.now().0.div_euclid(1_000);
    let claims = IdClaims {
        iss: hub.public_url.clone(),
        sub: session.user,
        aud: client,
        exp: now_s + GOOD_FOR_S,
        iat: now_s,
        auth_time: session.authenticated_at.0.div_euclid(1_000),
        nonce,
        amr: session.amr.split(' ').filter(|method| !method.is_empty()).map(str::to_owned).collect(),
        sid: session.id,
    };
    signing::sign(hub, TYPE, &claims).map(Some)
}

/// Who the caller is, as far as the token's scopes go.
pub async fn userinfo(hub: &Hub, caller: &Caller) -> Result<Value, HubError> {
    caller.has_scope(OAuthScope::OpenId)?;
    let user = users::find(&hub.store, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    Ok(said_of(&user, caller.authenticated.scopes))
}

fn said_of(user: &User, scopes: Scopes) -> Value {
    let mut said = json!({ "sub": user.id });
    if scopes.has(OAuthScope::Profile) {
        said["name"] = json!(user.name);
    }
    if scopes.has(OAuthScope::Email) {
        said["email"] = json!(user.email);
        said["email_verified"] = json!(user.email_verified_at.is_some());
    }
    said
}
