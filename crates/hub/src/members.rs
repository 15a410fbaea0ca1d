//! Members of an organisation: who, in which role, until when. Invitations by e-mail come with full identity.

use lares_model::access::{Action, Membership, Role};
use lares_model::event::EventType;
use lares_model::{Invalid, MembershipId, OrganisationId, UnixMillis};
use lares_store::{Page, events, memberships, users};
use serde_json::json;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::organisations::organisation_event;
use crate::sealed;

#[derive(Clone, Debug)]
pub struct NewMember {
    pub email: String,
    pub role: Role,
    pub valid_until: Option<UnixMillis>,
}

/// A member as others see them.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Member {
    pub membership: Membership,
    pub email: String,
    pub name: String,
}

pub async fn add(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    organisation: OrganisationId,
    new: &NewMember,
) -> Result<Member, HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    // Nobody grants more than they hold.
    if new.role == Role::Owner && caller.role_in(organisation) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    if new.email.contains(char::is_control) {
        return Err(Invalid::one("/email", "must be an e-mail address").into());
    }
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    // So that the same person is not added twice at once.
    events::hold(&work, organisation).await?;
    let user = users::find_by_email(&work, &new.email.trim().to_lowercase())
        .await?
        .ok_or_else(|| Invalid::one("/email", "nobody with this e-mail address has an account yet"))?;
    let already = memberships::of_user(&work, user.id).await?;
    if already
        .iter()
        .any(|membership| membership.organisation == organisation && membership.holds_at(hub.now()))
    {
        return Err(HubError::Conflict("this person is a member already".to_owned()));
    }
    let membership = Membership {
        id: MembershipId(hub.uuid()),
        organisation,
        user: user.id,
        role: new.role,
        valid_from: hub.now(),
        valid_until: new.valid_until,
    };
    memberships::insert(&work, &membership).await?;
    let name = sealed::personal(hub, &work, organisation, user.id.0, &user.name).await?;
    let payload = json!({ "user": user.id, "name": name, "role": new.role, "valid_until": new.valid_until });
    let event = organisation_event(hub, caller, organisation, EventType::MemberAdded, payload);
    events::append(&work, vec![event]).await?;
    let member = Member { membership, email: user.email, name: user.name };
    keep(hub, &work, caller, once, &member).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(member.membership.user);
    Ok(member)
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Member>, HubError> {
    const PURPOSE: &str = "members";
    caller.require(Action::OrganisationRead, organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let page = Page { after, limit: limit + 1 };
    let rows = memberships::of_organisation(&hub.store, caller.scope(), organisation, page).await?;
    let members = rows
        .into_iter()
        .map(|(membership, user)| Member { membership, email: user.email, name: user.name })
        .collect();
    cut(hub, PURPOSE, members, limit, |member: &Member| member.membership.id.0)
}

pub async fn remove(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    id: MembershipId,
) -> Result<(), HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    let work = hub.store.begin().await?;
    // So that the last two owners do not remove each other.
    events::hold(&work, organisation).await?;
    let scope = caller.scope().narrowed(organisation);
    let membership = memberships::find(&work, &scope, id).await?.ok_or(HubError::NotFound("member"))?;
    if membership.role == Role::Owner {
        if caller.role_in(organisation) != Some(Role::Owner) {
            return Err(HubError::Forbidden);
        }
        let all =
            memberships::of_organisation(&work, &scope, organisation, Page { after: None, limit: 10_000 });
        let now = hub.now();
        let owners =
            all.await?.iter().filter(|(other, _)| other.role == Role::Owner && other.holds_at(now)).count();
        if owners <= 1 && membership.holds_at(now) {
            return Err(HubError::Conflict("the last owner cannot be removed".to_owned()));
        }
    }
    memberships::remove(&work, &scope, id).await?;
    let payload = json!({ "user": membership.user, "role": membership.role });
    let event = organisation_event(hub, caller, organisation, EventType::MemberRemoved, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(membership.user);
    Ok(())
}
