//! Sign-ins of apps: a short-lived access token (a JWT, RFC 9068) and a refresh token that is replaced at every use.
//! A refresh token that comes again ends its whole family (RFC 9700, section 4.14.2), unless it is the one just
//! replaced and its request is repeated at once: then the answer is repeated, too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lares_model::oauth::Scopes;
use lares_model::{AppSessionId, OAuthClientId, UnixMillis, UserId};
use lares_store::app_sessions as rows;
pub use lares_store::app_sessions::AppSession;
use lares_store::{Conn, UnitOfWork};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::error::HubError;
use crate::hub::Hub;
use crate::signing::{self, ACCESS_TOKEN};
use crate::vault::Vault;

pub const ACCESS_S: i64 = 300;
/// A session that is not refreshed for so long is over.
pub const IDLE_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// A request for a new refresh token may be repeated for so long, since its answer may have been lost.
pub const REPEATABLE_MS: i64 = 10_000;
const PREFIX: &str = "lares_rt_";
const SECRET_BYTES: usize = 32;
const ID_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
const TAG: &str = "refresh token";

/// Claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    /// The person, or the client where it acts for itself.
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    /// The OAuth client; this product's own apps have none and say `lares`.
    pub client_id: String,
    pub scope: String,
    /// The session, which it ends with; none where a client acts for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<AppSessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

pub const OWN_CLIENT: &str = "lares";

pub struct NewAppSession<'a> {
    pub user: UserId,
    pub client: Option<OAuthClientId>,
    pub scopes: Scopes,
    /// RFC 8176 values, separated by spaces.
    pub amr: &'a str,
    pub authenticated_at: UnixMillis,
}

/// What an app is given.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub session: AppSessionId,
    pub access_token: String,
    pub expires_in_s: i64,
    pub refresh_token: String,
    pub scopes: Scopes,
}

/// The audience of access tokens for the API (RFC 8707).
pub fn api_resource(hub: &Hub) -> String {
    format!("{}/api", hub.public_url)
}

pub(crate) fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn context(id: AppSessionId) -> String {
    format!("app_sessions/{id}")
}

/// The session's id within lets a token that was replaced long ago still be known for what it was; the tag, that it was
/// made here: nobody ends a session with a token they thought up.
fn new_refresh_token(hub: &Hub, id: AppSessionId) -> String {
    let mut bytes = id.0.as_bytes().to_vec();
    bytes.resize(ID_BYTES + SECRET_BYTES, 0);
    hub.entropy.fill(&mut bytes[ID_BYTES..]);
    let tag = hub.vault.tag(TAG, &bytes);
    bytes.extend_from_slice(&tag);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The session of a refresh token that this server made.
pub fn session_of(vault: &Vault, refresh_token: &str) -> Option<AppSessionId> {
    let bytes = URL_SAFE_NO_PAD.decode(refresh_token.strip_prefix(PREFIX)?).ok()?;
    let (body, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
    let (id, secret) = body.split_first_chunk::<ID_BYTES>()?;
    let ours = secret.len() == SECRET_BYTES && vault.tag(TAG, body) == *tag;
    ours.then(|| AppSessionId(Uuid::from_bytes(*id)))
}

pub fn access_token(hub: &Hub, session: &AppSession, scopes: Scopes) -> Result<String, HubError> {
    let now_s = hub.now().0.div_euclid(1_000);
    let claims = AccessClaims {
        iss: hub.public_url.clone(),
        sub: session.user.to_string(),
        aud: api_resource(hub),
        exp: now_s + ACCESS_S,
        iat: now_s,
        jti: hub.uuid().to_string(),
        client_id: session.client.map_or_else(|| OWN_CLIENT.to_owned(), |client| client.to_string()),
        scope: scopes.to_string(),
        sid: Some(session.id),
        auth_time: Some(session.authenticated_at.0.div_euclid(1_000)),
        amr: session.amr.split(' ').filter(|method| !method.is_empty()).map(str::to_owned).collect(),
    };
    signing::sign(hub, ACCESS_TOKEN, &claims)
}

pub async fn open(
    hub: &Hub,
    work: &UnitOfWork,
    new: NewAppSession<'_>,
    visitor: &Visitor,
) -> Result<(AppSession, Tokens), HubError> {
    open_as(hub, work, (AppSessionId(hub.uuid()), IDLE_MS), new, visitor).await
}

/// The same under an id that was given out before, for so long unless it is refreshed.
pub async fn open_as(
    hub: &Hub,
    work: &UnitOfWork,
    (id, lasts_ms): (AppSessionId, i64),
    new: NewAppSession<'_>,
    visitor: &Visitor,
) -> Result<(AppSession, Tokens), HubError> {
    let refresh_token = new_refresh_token(hub, id);
    let now = hub.now();
    let session = AppSession {
        id,
        user: new.user,
        client: new.client,
        scopes: new.scopes,
        amr: new.amr.to_owned(),
        authenticated_at: new.authenticated_at,
        created_at: now,
        expires_at: now + lasts_ms,
        last_used_at: now,
        refresh_sha256: sha256(&refresh_token),
        previous_sha256: None,
        rotated_at: None,
        sealed_refresh: None,
        user_agent: visitor.user_agent.clone(),
        peer: visitor.peer.clone(),
    };
    rows::insert(work, &session).await?;
    let tokens = tokens_of(hub, &session, refresh_token, session.scopes)?;
    Ok((session, tokens))
}

fn tokens_of(
    hub: &Hub,
    session: &AppSession,
    refresh_token: String,
    scopes: Scopes,
) -> Result<Tokens, HubError> {
    Ok(Tokens {
        session: session.id,
        access_token: access_token(hub, session, scopes)?,
        expires_in_s: ACCESS_S,
        refresh_token,
        scopes,
    })
}

/// What a refresh token is, when it comes.
#[derive(Debug, PartialEq, Eq)]
enum Presented {
    Current,
    /// Replaced just now: the answer to that may have been lost.
    Repeated,
    /// Somebody has it who should not.
    Reused,
}

fn judge(session: &AppSession, presented: [u8; 32], now: UnixMillis) -> Presented {
    if presented == session.refresh_sha256 {
        return Presented::Current;
    }
    let recent = session.rotated_at.is_some_and(|rotated| now.since_ms(rotated) <= REPEATABLE_MS);
    if recent && session.previous_sha256 == Some(presented) { Presented::Repeated } else { Presented::Reused }
}

async fn of_token(
    conn: &impl Conn,
    hub: &Hub,
    token: &str,
    client: Option<OAuthClientId>,
) -> Result<AppSession, HubError> {
    let id = session_of(&hub.vault, token).ok_or(HubError::RefreshRefused)?;
    let found = rows::find(conn, id).await?;
    found
        .filter(|session| hub.now() < session.expires_at && session.client == client)
        .ok_or(HubError::RefreshRefused)
}

/// New tokens for a refresh token. `narrowed` asks for less than the session may do, for the access token alone.
pub async fn refresh(
    hub: &Hub,
    token: &str,
    client: Option<OAuthClientId>,
    narrowed: Option<Scopes>,
    visitor: &Visitor,
) -> Result<(AppSession, Tokens), HubError> {
    let work = hub.store.begin().await?;
    let mut session = of_token(&work, hub, token, client).await?;
    let scopes = narrowed.unwrap_or(session.scopes);
    if !scopes.is_within(session.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    let now = hub.now();
    let presented = sha256(token);
    if judge(&session, presented, now) == Presented::Current {
        let next = new_refresh_token(hub, session.id);
        let sealed = hub.vault.seal(hub.entropy.as_ref(), &context(session.id), next.as_bytes());
        let sealed = sealed.map_err(|error| HubError::Internal(error.to_string()))?;
        let expires_at = now + IDLE_MS;
        if rows::rotate(&work, session.id, presented, (&sha256(&next), &sealed), now, expires_at).await? {
            work.commit().await?;
            let tokens = tokens_of(hub, &session, next, scopes)?;
            return Ok((session, tokens));
        }
        // Another request with the same token was first.
        session = of_token(&work, hub, token, client).await?;
    }
    match judge(&session, presented, now) {
        Presented::Repeated => {
            let sealed = session.sealed_refresh.clone().ok_or(HubError::RefreshRefused)?;
            let current = hub.vault.open(&context(session.id), &sealed);
            let current = current.map_err(|error| HubError::Internal(error.to_string()))?;
            let current = String::from_utf8_lossy(&current).into_owned();
            let tokens = tokens_of(hub, &session, current, scopes)?;
            Ok((session, tokens))
        }
        Presented::Current | Presented::Reused => {
            rows::delete(&work, session.user, session.id).await?;
            let detail = json!({ "session": session.id, "client": session.client });
            account_log::note(hub, &work, session.user, AccountEvent::RefreshTokenReused, detail, visitor)
                .await?;
            work.commit().await?;
            hub.nudges.access_changed(session.user);
            tracing::warn!(session = %session.id, user = %session.user, "a used refresh token came again");
            Err(HubError::RefreshRefused)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> AppSession {
        AppSession {
            id: AppSessionId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            client: None,
            scopes: Scopes::ALL,
            amr: "pwd".to_owned(),
            authenticated_at: UnixMillis(0),
            created_at: UnixMillis(0),
            expires_at: UnixMillis(IDLE_MS),
            last_used_at: UnixMillis(0),
            refresh_sha256: [2; 32],
            previous_sha256: Some([1; 32]),
            rotated_at: Some(UnixMillis(1_000)),
            sealed_refresh: None,
            user_agent: None,
            peer: None,
        }
    }

    #[test]
    fn a08_only_the_token_just_replaced_may_come_again_and_only_at_once() {
        let session = session();
        let at = |presented, now| judge(&session, presented, UnixMillis(now));
        assert_eq!(at([2; 32], 999_999), Presented::Current);
        assert_eq!(at([1; 32], 1_000 + REPEATABLE_MS), Presented::Repeated);
        assert_eq!(at([1; 32], 1_001 + REPEATABLE_MS), Presented::Reused);
        assert_eq!(at([0; 32], 1_000), Presented::Reused);
    }

    #[test]
    fn what_is_no_refresh_token_names_no_session() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let thought_up =
            format!("lares_rt_{}", URL_SAFE_NO_PAD.encode([0; ID_BYTES + SECRET_BYTES + TAG_BYTES]));
        for text in ["", "lares_rt_", "lares_rt_AAAA", "lares_x", "lares_rt_%%%", &thought_up] {
            assert_eq!(session_of(&vault, text), None, "{text}");
        }
    }
}
