//! Invitations into an organisation: a link that is sent by mail or shown as a QR code, good once and until it
//! expires. Whoever has the link may take the place; nobody offers more than they hold.

use lares_model::access::{Action, Membership, Role, may};
use lares_model::event::EventType;
use lares_model::{Invalid, InvitationId, MembershipId, OrganisationId, UnixMillis};
use lares_store::invitations as rows;
pub use lares_store::invitations::Invitation;
use lares_store::{Conn, Page, UnitOfWork, events, memberships, users};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::account_log::Visitor;
use crate::caller::{Caller, Means};
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::members::OWNERS_STAY;
use crate::notifications::{self, Mail};
use crate::once::{Once, keep, replay};
use crate::organisations::organisation_event;
use crate::sealed;

const SECRET_BYTES: usize = 32;
const SECRET_MAX_CHARS: usize = 64;
const DAY_MS: i64 = 24 * 3_600 * 1_000;
pub const GOOD_FOR_DAYS_DEFAULT: u32 = 7;
pub const GOOD_FOR_DAYS_MAX: u32 = 90;
/// Offered and not taken, at a time.
const OPEN_MAX: usize = 1_000;

#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Where to send the link; nowhere where `None`.
    pub email: Option<String>,
    pub role: Role,
    /// When the membership ends.
    pub member_until: Option<UnixMillis>,
    pub good_for_days: Option<u32>,
    /// The language of the mail.
    pub language: Option<String>,
}

/// An invitation with its link: shown once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Offered {
    pub id: InvitationId,
    pub link: String,
    pub expires_at: UnixMillis,
}

/// What the link tells whoever has it.
#[derive(Clone, Debug)]
pub struct Looked {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub role: Role,
    pub invited_by: Option<String>,
    pub email: Option<String>,
    pub member_until: Option<UnixMillis>,
    pub expires_at: UnixMillis,
}

fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn check(hub: &Hub, new: &NewInvitation) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    if let Some(email) = &new.email
        && !crate::identity::is_email(email)
    {
        invalid.add("/email", "must be an e-mail address");
    }
    if new.member_until.is_some_and(|until| until <= hub.now()) {
        invalid.add("/member_until", "must be in the future");
    }
    if new.role == Role::Owner && new.member_until.is_some() {
        invalid.add("/member_until", OWNERS_STAY);
    }
    if !new.good_for_days.is_none_or(|days| (1..=GOOD_FOR_DAYS_MAX).contains(&days)) {
        invalid.add("/good_for_days", format!("must be from 1 to {GOOD_FOR_DAYS_MAX}"));
    }
    if new.language.as_ref().is_some_and(|language| !matches!(language.as_str(), "en" | "de")) {
        invalid.add("/language", "must be en or de");
    }
    invalid.or(())
}

/// Nobody offers more than they hold.
fn may_offer(caller: &Caller, organisation: OrganisationId, role: Role) -> Result<(), HubError> {
    caller.require(Action::OrganisationManage, organisation)?;
    if role == Role::Owner && caller.role_in(organisation) != Some(Role::Owner) {
        return Err(HubError::Forbidden);
    }
    Ok(())
}

pub async fn offer(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    once: Option<&Once>,
    organisation: OrganisationId,
    new: &NewInvitation,
) -> Result<Offered, HubError> {
    may_offer(caller, organisation, new.role)?;
    check(hub, new)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let page = Page { after: None, limit: OPEN_MAX as u64 };
    if rows::of_organisation(&work, caller.scope(), organisation, hub.now(), page).await?.len() >= OPEN_MAX {
        return Err(HubError::Conflict(format!("{OPEN_MAX} invitations are open; withdraw some first")));
    }
    let secret = hub.secret_text(SECRET_BYTES);
    let days = i64::from(new.good_for_days.unwrap_or(GOOD_FOR_DAYS_DEFAULT));
    let invitation = Invitation {
        id: InvitationId(hub.uuid()),
        organisation,
        email: new.email.as_ref().map(|email| email.trim().to_lowercase()),
        role: new.role,
        member_until: new.member_until,
        secret_sha256: sha256(&secret),
        invited_by: caller.user,
        created_at: hub.now(),
        expires_at: hub.now() + days * DAY_MS,
    };
    rows::insert(&work, &invitation).await?;
    let payload = json!({
        "invitation": invitation.id, "role": new.role, "member_until": new.member_until,
        "by_mail": new.email.is_some(),
    });
    let event = organisation_event(hub, caller, organisation, EventType::MemberInvited, payload);
    events::append(&work, vec![event]).await?;
    let link = format!("{}/invitation#token={secret}", hub.public_url);
    if let Some(email) = &invitation.email {
        hub.mail_throttle.mail(visitor, email)?;
        send(hub, &work, caller, &invitation, email, new.language.as_deref(), &link).await?;
    }
    let offered = Offered { id: invitation.id, link, expires_at: invitation.expires_at };
    keep(hub, &work, caller, once, &offered).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.notifications.notify_one();
    Ok(offered)
}

async fn send(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    invitation: &Invitation,
    email: &str,
    language: Option<&str>,
    link: &str,
) -> Result<(), HubError> {
    let names = names_of(work, caller, invitation).await?;
    // Whoever has an account already chose a language there.
    let chosen = match users::find_by_email(work, email).await? {
        Some(known) => Some(users::preferences(work, known.id).await?.language.tag()),
        None => language,
    };
    let mail = Mail {
        user: None,
        organisation: Some(invitation.organisation),
        to: email,
        language: chosen.unwrap_or("en"),
        template: "invitation",
        values: json!({
            "organisation": names.0, "invited_by": names.1, "role": invitation.role, "link": link,
            "expires_at": invitation.expires_at,
        }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

async fn names_of(
    conn: &impl Conn,
    caller: &Caller,
    invitation: &Invitation,
) -> Result<(String, Option<String>), HubError> {
    let found = lares_store::organisations::find(conn, caller.scope(), invitation.organisation).await?;
    let by = users::find(conn, invitation.invited_by).await?;
    Ok((found.map(|organisation| organisation.name).unwrap_or_default(), by.map(|user| user.name)))
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: OrganisationId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Invitation>, HubError> {
    const PURPOSE: &str = "invitations";
    caller.require(Action::OrganisationManage, organisation)?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let page = Page { after, limit: limit + 1 };
    let found = rows::of_organisation(&hub.store, caller.scope(), organisation, hub.now(), page).await?;
    cut(hub, PURPOSE, found, limit, |invitation: &Invitation| invitation.id.0)
}

pub async fn withdraw(hub: &Hub, caller: &Caller, id: InvitationId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let found = rows::find(&work, caller.scope(), id).await?.ok_or(HubError::NotFound("invitation"))?;
    caller.require(Action::OrganisationManage, found.organisation)?;
    rows::delete(&work, id).await?;
    let payload = json!({ "invitation": id });
    let event = organisation_event(hub, caller, found.organisation, EventType::InvitationWithdrawn, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(())
}

/// The invitation that a link's secret is for, while it is good.
pub async fn of_secret(hub: &Hub, conn: &impl Conn, secret: &str) -> Result<Invitation, HubError> {
    let gone = HubError::NotFound("invitation");
    if secret.len() > SECRET_MAX_CHARS {
        return Err(gone);
    }
    let found = rows::find_by_secret(conn, sha256(secret)).await?;
    found.filter(|invitation| hub.now() < invitation.expires_at).ok_or(gone)
}

pub async fn look(hub: &Hub, secret: &str) -> Result<Looked, HubError> {
    let invitation = of_secret(hub, &hub.store, secret).await?;
    if !may_still_offer(&hub.store, &invitation, hub.now()).await? {
        return Err(HubError::NotFound("invitation"));
    }
    let scope = lares_model::access::Scope::of([invitation.organisation]);
    let organisation = lares_store::organisations::find(&hub.store, &scope, invitation.organisation).await?;
    let organisation = organisation.ok_or(HubError::NotFound("invitation"))?;
    let by = users::find(&hub.store, invitation.invited_by).await?;
    Ok(Looked {
        organisation: organisation.id,
        organisation_name: organisation.name,
        role: invitation.role,
        invited_by: by.map(|user| user.name),
        email: invitation.email,
        member_until: invitation.member_until,
        expires_at: invitation.expires_at,
    })
}

/// Whoever lost the right to offer this does not come back, or bring others, by what they offered before.
async fn may_still_offer(
    conn: &impl Conn,
    invitation: &Invitation,
    now: UnixMillis,
) -> Result<bool, HubError> {
    let places = memberships::of_user(conn, invitation.invited_by).await?;
    let place = places.iter().find(|one| one.organisation == invitation.organisation && one.holds_at(now));
    Ok(place.is_some_and(|place| {
        may(place.role, Action::OrganisationManage)
            && (invitation.role != Role::Owner || place.role == Role::Owner)
    }))
}

/// Takes the place that is offered, once.
pub async fn accept(hub: &Hub, caller: &Caller, secret: &str) -> Result<Membership, HubError> {
    if matches!(caller.authenticated.means, Means::Service(_)) {
        return Err(HubError::Forbidden);
    }
    let work = hub.store.begin().await?;
    let invitation = of_secret(hub, &work, secret).await?;
    let organisation = invitation.organisation;
    // So that the same person is not added twice at once, and the link is taken once.
    events::hold(&work, organisation).await?;
    let now = hub.now();
    if !may_still_offer(&work, &invitation, now).await? {
        return Err(HubError::NotFound("invitation"));
    }
    let already = memberships::of_user(&work, caller.user).await?;
    if already.iter().any(|place| place.organisation == organisation && place.holds_at(now)) {
        return Err(HubError::Conflict("you are a member of this organisation already".to_owned()));
    }
    if !rows::delete(&work, invitation.id).await? {
        return Err(HubError::NotFound("invitation"));
    }
    let membership = Membership {
        id: MembershipId(hub.uuid()),
        organisation,
        user: caller.user,
        role: invitation.role,
        valid_from: now,
        valid_until: invitation.member_until,
    };
    memberships::insert(&work, &membership).await?;
    let user = users::find(&work, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let name = sealed::personal(hub, &work, organisation, user.id.0, &user.name).await?;
    let payload = json!({
        "user": user.id, "name": name, "role": invitation.role, "valid_until": invitation.member_until,
        "invitation": invitation.id, "invited_by": invitation.invited_by,
    });
    let event = organisation_event(hub, caller, organisation, EventType::MemberAdded, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.access_changed(caller.user);
    Ok(membership)
}
