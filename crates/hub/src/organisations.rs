//! Organisations: whoever makes one owns it.

use lares_model::access::{Action, Membership, Role};
use lares_model::event::{EventType, NewEvent};
use lares_model::home::{NAME_MAX_CHARS, Organisation};
use lares_model::{Invalid, MembershipId, OrganisationId};
use lares_store::organisations::{self as rows};
use lares_store::{Page, UnitOfWork, events, memberships};
use serde_json::json;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

/// An event of an organisation that concerns no home or device.
pub(crate) fn organisation_event(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let concerns = Concerns { organisation, home: None, device: None };
    caused_by(hub, caller, concerns, event_type, payload)
}

pub(crate) async fn insert_with_owner(
    hub: &Hub,
    work: &UnitOfWork,
    organisation: &Organisation,
    owner: lares_model::UserId,
) -> Result<(), HubError> {
    rows::insert(work, organisation).await?;
    let membership = Membership {
        id: MembershipId(hub.uuid()),
        organisation: organisation.id,
        user: owner,
        role: Role::Owner,
        valid_from: organisation.created_at,
        valid_until: None,
    };
    memberships::insert(work, &membership).await?;
    Ok(())
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    invalid.or(())
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    name: &str,
) -> Result<Organisation, HubError> {
    check_name(name)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let organisation =
        Organisation { id: OrganisationId(hub.uuid()), name: name.to_owned(), created_at: hub.now() };
    insert_with_owner(hub, &work, &organisation, caller.user).await?;
    let event = organisation_event(
        hub,
        caller,
        organisation.id,
        EventType::OrganisationCreated,
        json!({ "after": { "name": organisation.name } }),
    );
    events::append(&work, vec![event]).await?;
    keep(hub, &work, caller, once, &organisation).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(organisation)
}

pub async fn rename(
    hub: &Hub,
    caller: &Caller,
    id: OrganisationId,
    name: &str,
) -> Result<Organisation, HubError> {
    caller.require(Action::OrganisationManage, id)?;
    check_name(name)?;
    let work = hub.store.begin().await?;
    let before = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("organisation"))?;
    rows::rename(&work, id, name).await?;
    let payload = json!({ "before": { "name": before.name }, "after": { "name": name } });
    let event = organisation_event(hub, caller, id, EventType::OrganisationUpdated, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(Organisation { name: name.to_owned(), ..before })
}

pub async fn find(hub: &Hub, caller: &Caller, id: OrganisationId) -> Result<Organisation, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("organisation"))
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Organisation>, HubError> {
    const PURPOSE: &str = "organisations";
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::list(&hub.store, caller.scope(), Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |organisation| organisation.id.0)
}
