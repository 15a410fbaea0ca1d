//! The programs that a person let in: listed, and turned out again.

use lares_model::oauth::Scopes;
use lares_model::oauth_client::OAuthClient;
use lares_model::{OAuthClientId, UnixMillis};
use lares_store::{app_sessions, oauth_clients, oauth_consents, oauth_device_grants, tickets};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;

/// A program and what it may do.
#[derive(Debug)]
pub struct Connected {
    pub client: OAuthClient,
    pub scopes: Scopes,
    pub created_at: UnixMillis,
    /// When one of its sessions was last refreshed or opened; `None` while it has none.
    pub last_used_at: Option<UnixMillis>,
}

pub async fn list(hub: &Hub, caller: &Caller) -> Result<Vec<Connected>, HubError> {
    let consents = oauth_consents::of_user(&hub.store, caller.user).await?;
    let ids: Vec<_> = consents.iter().map(|consent| consent.client).collect();
    let clients = oauth_clients::find_many(&hub.store, &ids).await?;
    let sessions = app_sessions::of_user(&hub.store, caller.user).await?;
    let used = |id: OAuthClientId| {
        let own = sessions.iter().filter(|session| session.client == Some(id));
        own.map(|session| session.last_used_at).max()
    };
    let connected = consents.into_iter().filter_map(|consent| {
        let client = clients.iter().find(|client| client.id == consent.client)?.clone();
        let last_used_at = used(client.id);
        Some(Connected { client, scopes: consent.scopes, created_at: consent.created_at, last_used_at })
    });
    Ok(connected.collect())
}

/// Its sessions end, and it has to ask again.
pub async fn disconnect(
    hub: &Hub,
    caller: &Caller,
    client: OAuthClientId,
    visitor: &Visitor,
) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let consented = oauth_consents::delete(&work, caller.user, client).await?;
    let sessions = app_sessions::delete_of_user_and_client(&work, caller.user, client).await?;
    if !consented && sessions == 0 {
        return Err(HubError::NotFound("connected app"));
    }
    // What it was let in for and has not come for. Those of other apps ask again: they last minutes.
    tickets::delete_of_user(&work, caller.user, super::authorize::CODE.name).await?;
    oauth_device_grants::delete_of_user(&work, caller.user).await?;
    let detail = json!({ "client": client });
    account_log::note(hub, &work, caller.user, AccountEvent::AppDisconnected, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(())
}
