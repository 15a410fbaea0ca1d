//! Members of an organisation: who, in which role, until when; changing, leaving, and handing an organisation over.

use lares_model::access::{Action, Membership, Role};
use lares_model::event::EventType;
use lares_model::{Invalid, MembershipId, OrganisationId, UnixMillis};
use lares_store::{Page, UnitOfWork, events, memberships, users};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::organisations::organisation_event;
use crate::sealed;

/// Else an organisation could be without anybody from one moment to the next.
pub(crate) const OWNERS_STAY: &str = "is not for owners: their place has no end";

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

/// Somebody whom the caller sees among the members of an organisation, today's or former ones. Of all others it is not
/// told whether they have an account: they are invited.
async fn known_to(
    work: &UnitOfWork,
    caller: &Caller,
    email: &str,
) -> Result<(users::User, Vec<Membership>), HubError> {
    let stranger = || Invalid::one("/email", "is of nobody whom you share an organisation with: invite them");
    let user = users::find_by_email(work, &email.trim().to_lowercase()).await?.ok_or_else(stranger)?;
    let places = memberships::of_user(work, user.id).await?;
    if !places.iter().any(|place| caller.require(Action::OrganisationRead, place.organisation).is_ok()) {
        return Err(stranger().into());
    }
    Ok((user, places))
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
    // An owner answers for everything, and the last one cannot leave.
    if new.role == Role::Owner {
        return Err(Invalid::one("/role", "is nobody's unasked: invite them as an owner").into());
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
    let (user, already) = known_to(&work, caller, &new.email).await?;
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
    // Nobody becomes a member without hearing of it.
    hub.mail_throttle.notice(&user.email)?;
    let detail = json!({ "organisation": organisation, "role": new.role });
    account_log::note(hub, &work, user.id, AccountEvent::AddedToOrganisation, detail, &Visitor::default())
        .await?;
    let member = Member { membership, email: user.email, name: user.name };
    keep(hub, &work, caller, once, &member).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(member.membership.user);
    hub.nudges.notifications.notify_one();
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

/// Whoever is the last owner stays one: an organisation is never without.
async fn refuse_last_owner(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    membership: &Membership,
) -> Result<(), HubError> {
    let scope = caller.scope().narrowed(membership.organisation);
    let page = Page { after: None, limit: 10_000 };
    let all = memberships::of_organisation(work, &scope, membership.organisation, page).await?;
    let now = hub.now();
    let stays =
        |other: &Membership| other.role == Role::Owner && other.holds_at(now) && other.valid_until.is_none();
    let others = all.iter().any(|(other, _)| other.id != membership.id && stays(other));
    if !others && membership.holds_at(now) {
        return Err(HubError::Conflict("the last owner stays: transfer the organisation first".to_owned()));
    }
    Ok(())
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
    if membership.role == Role::Owner && caller.role_in(organisation) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    end(hub, work, caller, &membership).await
}

/// A person goes by themselves.
pub async fn leave(hub: &Hub, caller: &Caller, organisation: OrganisationId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    events::hold(&work, organisation).await?;
    let now = hub.now();
    let own = memberships::of_user(&work, caller.user).await?;
    let own = own.into_iter().find(|place| place.organisation == organisation && place.holds_at(now));
    end(hub, work, caller, &own.ok_or(HubError::NotFound("organisation"))?).await
}

async fn end(hub: &Hub, work: UnitOfWork, caller: &Caller, membership: &Membership) -> Result<(), HubError> {
    if membership.role == Role::Owner {
        refuse_last_owner(hub, &work, caller, membership).await?;
    }
    memberships::remove(&work, &caller.scope().narrowed(membership.organisation), membership.id).await?;
    let payload = json!({ "user": membership.user, "role": membership.role });
    let event = organisation_event(hub, caller, membership.organisation, EventType::MemberRemoved, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(membership.user);
    Ok(())
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemberChange {
    pub role: Option<Role>,
    pub valid_until: Option<Option<UnixMillis>>,
}

pub async fn update(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    id: MembershipId,
    change: MemberChange,
) -> Result<Member, HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    let is_owner = caller.role_in(organisation) == Some(Role::Owner);
    let work = hub.store.begin().await?;
    events::hold(&work, organisation).await?;
    let scope = caller.scope().narrowed(organisation);
    let before = memberships::find(&work, &scope, id).await?.ok_or(HubError::NotFound("member"))?;
    let after = Membership {
        role: change.role.unwrap_or(before.role),
        valid_until: change.valid_until.unwrap_or(before.valid_until),
        ..before.clone()
    };
    // Nobody gives or takes more than they hold.
    if (before.role == Role::Owner || after.role == Role::Owner) && !is_owner {
        return Err(HubError::Forbidden);
    }
    if after.valid_until.is_some_and(|until| until <= hub.now()) {
        return Err(
            Invalid::one("/valid_until", "must be in the future; to end it now, remove the member").into()
        );
    }
    if after.role == Role::Owner && after.valid_until.is_some() {
        return Err(Invalid::one("/valid_until", OWNERS_STAY).into());
    }
    if before.role == Role::Owner && after.role != Role::Owner {
        refuse_last_owner(hub, &work, caller, &before).await?;
    }
    memberships::update(&work, &after).await?;
    let worded = |place: &Membership| json!({ "role": place.role, "valid_until": place.valid_until });
    let payload = json!({ "user": before.user, "before": worded(&before), "after": worded(&after) });
    let event = organisation_event(hub, caller, organisation, EventType::MemberUpdated, payload);
    events::append(&work, vec![event]).await?;
    let user = users::find(&work, after.user).await?.ok_or(HubError::NotFound("member"))?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(after.user);
    Ok(Member { membership: after, email: user.email, name: user.name })
}

/// Another member becomes owner in the caller's place, who stays as an admin.
pub async fn transfer(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    to: MembershipId,
) -> Result<(), HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    if caller.role_in(organisation) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    let work = hub.store.begin().await?;
    events::hold(&work, organisation).await?;
    let now = hub.now();
    let scope = caller.scope().narrowed(organisation);
    let next = memberships::find(&work, &scope, to).await?.filter(|place| place.holds_at(now));
    let next = next.ok_or_else(|| Invalid::one("/member", "is no member of this organisation now"))?;
    let own = memberships::of_user(&work, caller.user).await?;
    let own = own.into_iter().find(|place| place.organisation == organisation && place.holds_at(now));
    let own = own.filter(|own| own.role == Role::Owner).ok_or(HubError::Forbidden)?;
    if own.id == next.id {
        return Err(Invalid::one("/member", "is yourself").into());
    }
    let mut changed = Vec::new();
    for (before, after) in [
        (&next, Membership { role: Role::Owner, valid_until: None, ..next.clone() }),
        (&own, Membership { role: Role::Admin, ..own.clone() }),
    ] {
        memberships::update(&work, &after).await?;
        let payload = json!({
            "user": after.user, "before": { "role": before.role }, "after": { "role": after.role },
            "transfer": true,
        });
        changed.push(organisation_event(hub, caller, organisation, EventType::MemberUpdated, payload));
    }
    events::append(&work, changed).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(next.user);
    hub.nudges.access_changed(own.user);
    Ok(())
}
