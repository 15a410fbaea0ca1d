//! Where a person is signed in: their browsers and apps in one list, and ending them. An ended one is cut from its
//! open connections, too.

use lares_model::{AppSessionId, OAuthClientId, SessionId, TokenId, UnixMillis, UserId};
use lares_store::tokens::TokenKind;
use lares_store::{UnitOfWork, app_sessions, oauth_clients, oauth_device_grants, tickets, tokens, users};
use serde_json::json;
use uuid::Uuid;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;

/// A sign-in that holds.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub id: SessionId,
    pub is_browser: bool,
    /// Whose app it is; `None` for browsers and this product's own apps.
    pub client: Option<OAuthClientId>,
    pub client_name: Option<String>,
    pub user_agent: Option<String>,
    pub peer: Option<String>,
    pub amr: Vec<String>,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
    pub expires_at: Option<UnixMillis>,
    pub current: bool,
}

fn methods(amr: &str) -> Vec<String> {
    amr.split(' ').filter(|method| !method.is_empty()).map(str::to_owned).collect()
}

/// Newest first.
pub async fn list(hub: &Hub, caller: &Caller) -> Result<Vec<SignIn>, HubError> {
    let now = hub.now();
    let own = caller.token.0;
    let browsers = tokens::list(&hub.store, caller.user).await?.into_iter().filter(|token| {
        token.kind == TokenKind::Session && token.expires_at.is_none_or(|expires_at| now < expires_at)
    });
    let browsers = browsers.map(|token| SignIn {
        id: SessionId(token.id.0),
        is_browser: true,
        client: None,
        client_name: None,
        user_agent: token.user_agent,
        peer: token.peer,
        amr: methods(token.amr.as_deref().unwrap_or_default()),
        created_at: token.created_at,
        last_used_at: token.last_used_at,
        expires_at: token.expires_at,
        current: token.id.0 == own,
    });
    let apps = app_sessions::of_user(&hub.store, caller.user).await?.into_iter();
    let apps = apps.filter(|session| now < session.expires_at).map(|session| SignIn {
        id: SessionId(session.id.0),
        is_browser: false,
        client: session.client,
        client_name: None,
        user_agent: session.user_agent,
        peer: session.peer,
        amr: methods(&session.amr),
        created_at: session.created_at,
        last_used_at: Some(session.last_used_at),
        expires_at: Some(session.expires_at),
        current: session.id.0 == own,
    });
    let mut all: Vec<_> = browsers.chain(apps).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.id));
    name_clients(hub, &mut all).await?;
    Ok(all)
}

async fn name_clients(hub: &Hub, all: &mut [SignIn]) -> Result<(), HubError> {
    let ids: Vec<_> = all.iter().filter_map(|one| one.client).collect();
    let clients = oauth_clients::find_many(&hub.store, &ids).await?;
    for one in all {
        let client = clients.iter().find(|client| one.client == Some(client.id));
        one.client_name = client.map(|client| client.name.clone());
    }
    Ok(())
}

pub async fn end_one(hub: &Hub, caller: &Caller, visitor: &Visitor, id: SessionId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let of_browser = tokens::find(&work, TokenId(id.0)).await?;
    let of_browser = of_browser.is_some_and(|token| token.kind == TokenKind::Session);
    let ended = (of_browser && tokens::delete(&work, caller.user, TokenId(id.0)).await?)
        || app_sessions::delete(&work, caller.user, AppSessionId(id.0)).await?;
    if !ended {
        return Err(HubError::NotFound("session"));
    }
    let detail = json!({ "session": id });
    account_log::note(hub, &work, caller.user, AccountEvent::SessionEnded, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(())
}

/// Everywhere; or everywhere but here.
pub async fn end_all(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    keep_current: bool,
) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let ending = if keep_current { Ending::OtherSessions(caller.token.0) } else { Ending::Sessions };
    end(&work, caller.user, ending).await?;
    let detail = json!({ "kept_current": keep_current });
    account_log::note(hub, &work, caller.user, AccountEvent::AllSessionsEnded, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    hub.nudges.notifications.notify_one();
    Ok(())
}

/// What of a person's sign-ins ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Sessions,
    /// But not this one.
    OtherSessions(Uuid),
    /// API tokens, too.
    Everything,
}

/// What was begun with a session that ends, and would let somebody in after it.
const UNDER_WAY: [&str; 4] = [
    crate::email_change::CHANGE.name,
    crate::oauth::authorize::CODE.name,
    crate::passkeys::REGISTRATION.name,
    crate::providers::LINK.name,
];

/// For what outlives the session that it is asked with: whoever asks is signed in still, and no end comes between this
/// and the commit. Since a request was let in its session may have ended, for as long as its body took to come.
pub(crate) async fn hold(work: &UnitOfWork, caller: &Caller) -> Result<(), HubError> {
    let stands = match caller.authenticated.means {
        Means::Inside | Means::Service(_) => return Ok(()),
        Means::App { session, .. } => {
            hold_user(work, caller.user).await? && app_sessions::find(work, session).await?.is_some()
        }
        Means::Session | Means::ApiToken => {
            hold_user(work, caller.user).await? && tokens::find(work, caller.token).await?.is_some()
        }
    };
    if stands { Ok(()) } else { Err(HubError::Unauthenticated) }
}

async fn hold_user(work: &UnitOfWork, user: UserId) -> Result<bool, HubError> {
    let Some(user) = users::find(work, user).await? else { return Ok(false) };
    Ok(users::hold_sign_ins(work, user.id, user.sign_in_epoch).await?)
}

/// Tell `hub.nudges.access_changed` after the commit.
pub(crate) async fn end(work: &UnitOfWork, user: UserId, ending: Ending) -> Result<(), HubError> {
    // What is under way goes first: a session that comes of it meanwhile is then among those that are listed.
    for purpose in UNDER_WAY {
        tickets::delete_of_user(work, user, purpose).await?;
    }
    oauth_device_grants::delete_of_user(work, user).await?;
    users::end_sign_ins(work, user).await?;
    let kept = |id: Uuid| ending == Ending::OtherSessions(id);
    for token in tokens::list(work, user).await? {
        let concerned = token.kind == TokenKind::Session || ending == Ending::Everything;
        if concerned && !kept(token.id.0) {
            tokens::delete(work, user, token.id).await?;
        }
    }
    for session in app_sessions::of_user(work, user).await? {
        if !kept(session.id.0) {
            app_sessions::delete(work, user, session.id).await?;
        }
    }
    Ok(())
}
