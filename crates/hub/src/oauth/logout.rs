//! Signing out from a program (OpenID Connect RP-Initiated Logout): its own session ends, and the browser's with it.
//! A browser shows its cookie only to a page of this server, so the request waits as a ticket for that page.

use lares_model::oauth_request::with_query;
use lares_model::{AppSessionId, OAuthClientId, UserId};
use lares_store::app_sessions as sessions;
use lares_store::{oauth_clients, tokens};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::id_token::{IdClaims, TYPE};
use super::{OAuthError, Parameters, fault};
use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::signing::{self, BadToken};
use crate::tickets::{self, Purpose};

const LOGOUT: Purpose = Purpose { name: "oauth_logout", good_for_ms: 2 * 60 * 1_000 };

#[derive(Debug, Serialize, Deserialize)]
struct SigningOut {
    user: UserId,
    session: AppSessionId,
    redirect_to: Option<String>,
}

/// Judges a request: the ticket that the browser comes back with. `None` where it does not prove whose sign-in it is
/// about: then a person signs out by themselves.
pub async fn begin(hub: &Hub, parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    let Some(hint) = parameters.get("id_token_hint") else { return Ok(None) };
    // It may be long over: it says who signs out, and lets nobody in.
    let claims = match signing::verify_ever::<IdClaims>(hub, hint, TYPE) {
        Ok(claims) => claims,
        // Signed so long ago that its key is gone, or by somebody else: it proves as little as none.
        Err(BadToken::UnknownKey) => return Ok(None),
        Err(_) => {
            return Err(fault("invalid_request", "id_token_hint is no ID token of this server").into());
        }
    };
    if parameters.get("client_id").is_some_and(|id| id.parse() != Ok(claims.aud)) {
        return Err(fault("invalid_request", "client_id is another than the ID token's").into());
    }
    let redirect_to = match parameters.get("post_logout_redirect_uri") {
        Some(uri) => Some(known_uri(hub, claims.aud, uri, parameters.get("state")).await?),
        None => None,
    };
    let value = SigningOut { user: claims.sub, session: claims.sid, redirect_to };
    let work = hub.store.begin().await?;
    let ticket = tickets::issue(hub, &work, LOGOUT, None, &value).await?;
    work.commit().await?;
    Ok(Some(ticket))
}

async fn known_uri(
    hub: &Hub,
    client: OAuthClientId,
    uri: &str,
    state: Option<&str>,
) -> Result<String, OAuthError> {
    let found = oauth_clients::find_any(&hub.store, client).await?;
    if !found.is_some_and(|(client, _)| client.may_sign_out_to(uri)) {
        let text = "post_logout_redirect_uri is not one that this client registered";
        return Err(fault("invalid_request", text).into());
    }
    let state: Vec<_> = state.map(|state| ("state", state)).into_iter().collect();
    Ok(with_query(uri, &state))
}

/// What came of it.
#[derive(Debug)]
pub struct SignedOut {
    pub redirect_to: Option<String>,
    /// Whether the browser's own session ended, too.
    pub browser: bool,
}

/// Ends the program's session, and the browser's where it is the same person's. `None`: there is no such ticket.
pub async fn finish(
    hub: &Hub,
    caller: Option<&Caller>,
    ticket: &str,
    visitor: &Visitor,
) -> Result<Option<SignedOut>, HubError> {
    let work = hub.store.begin().await?;
    let Some(taken) = tickets::take::<SigningOut>(hub, &work, LOGOUT, ticket).await? else {
        return Ok(None);
    };
    let SigningOut { user, session, redirect_to } = taken.value;
    let mut ended = sessions::delete(&work, user, session).await?;
    let own = caller.filter(|caller| caller.user == user && caller.authenticated.means == Means::Session);
    let mut browser = false;
    if let Some(caller) = own {
        browser = tokens::delete(&work, user, caller.token).await?;
        ended |= browser;
    }
    if ended {
        let detail = json!({ "session": session });
        account_log::note(hub, &work, user, AccountEvent::SessionEnded, detail, visitor).await?;
    }
    work.commit().await?;
    hub.nudges.access_changed(user);
    Ok(Some(SignedOut { redirect_to, browser }))
}
