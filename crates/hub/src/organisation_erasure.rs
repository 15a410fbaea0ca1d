//! An organisation's end: its devices and homes go as if each was removed, then everything that is left of it, its
//! event log included. It can be asked for again where it was cut short.

use lares_model::access::{Membership, Role};
use lares_model::{OrganisationId, UnixMillis};
use lares_store::devices::DeviceFilter;
use lares_store::{Conn, Page, app_sessions, events, memberships, oauth_clients, personal};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::{devices, homes, organisations};

const PORTION: u64 = 100;
const MEMBERS_MAX: u64 = 10_000;

/// Whether it holds now or will.
fn is_open(membership: &Membership, now: UnixMillis) -> bool {
    membership.valid_until.is_none_or(|until| now < until)
}

/// Who else has a place there, now or later.
pub(crate) async fn others(
    hub: &Hub,
    conn: &impl Conn,
    caller: &Caller,
    organisation: OrganisationId,
) -> Result<Vec<Membership>, HubError> {
    let scope = caller.scope().narrowed(organisation);
    let page = Page { after: None, limit: MEMBERS_MAX };
    let all = memberships::of_organisation(conn, &scope, organisation, page).await?.into_iter();
    let others = all.map(|(membership, _)| membership);
    Ok(others.filter(|other| other.user != caller.user && is_open(other, hub.now())).collect())
}

/// Its owner deletes it, once nobody else is in it.
pub async fn delete(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    id: OrganisationId,
) -> Result<(), HubError> {
    organisations::find(hub, caller, id).await?;
    if caller.role_in(id) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    erase(hub, caller, visitor, id).await
}

pub(crate) async fn erase(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    id: OrganisationId,
) -> Result<(), HubError> {
    refuse_with_members(hub, &hub.store, caller, id).await?;
    erase_devices(hub, caller, id).await?;
    erase_homes(hub, caller, id).await?;
    let work = hub.store.begin().await?;
    events::hold(&work, id).await?;
    // Somebody may have come in meanwhile.
    refuse_with_members(hub, &work, caller, id).await?;
    // What people let its programs do ends with the programs.
    let page = Page { after: None, limit: MEMBERS_MAX };
    for client in oauth_clients::of_organisation(&work, caller.scope(), id, page).await? {
        app_sessions::delete_of_client(&work, client.id).await?;
    }
    personal::erase_organisation(&work, id).await?;
    let detail = json!({ "organisation": id });
    account_log::note(hub, &work, caller.user, AccountEvent::OrganisationDeleted, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(caller.user);
    Ok(())
}

async fn refuse_with_members(
    hub: &Hub,
    conn: &impl Conn,
    caller: &Caller,
    id: OrganisationId,
) -> Result<(), HubError> {
    if others(hub, conn, caller, id).await?.is_empty() {
        return Ok(());
    }
    let reason = "the organisation has other members: remove them, or hand it over and leave it";
    Err(HubError::Conflict(reason.to_owned()))
}

async fn erase_devices(hub: &Hub, caller: &Caller, id: OrganisationId) -> Result<(), HubError> {
    let scope = caller.scope().narrowed(id);
    loop {
        let page = Page { after: None, limit: PORTION };
        let found = lares_store::devices::list(&hub.store, &scope, &DeviceFilter::default(), page).await?;
        if found.is_empty() {
            return Ok(());
        }
        for device in found {
            match devices::delete(hub, caller, device.id).await {
                Ok(()) | Err(HubError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn erase_homes(hub: &Hub, caller: &Caller, id: OrganisationId) -> Result<(), HubError> {
    let scope = caller.scope().narrowed(id);
    loop {
        let page = Page { after: None, limit: PORTION };
        let found = lares_store::homes::list(&hub.store, &scope, page).await?;
        if found.is_empty() {
            return Ok(());
        }
        for home in found {
            match homes::delete(hub, caller, home.id).await {
                Ok(()) | Err(HubError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
