//! The end of an account: what is only the person's own goes with it, what others share stays without them. The key of
//! their personal fields is destroyed, so that the event log stays whole and shows nothing of them any more.

use lares_model::access::{Membership, Role};
use lares_model::event::EventType;
use lares_store::personal::{self, Person};
use lares_store::{UnitOfWork, events, memberships, users};
use serde_json::json;

use crate::account_log::Visitor;
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity;
use crate::notifications::{self, Mail};
use crate::organisation_erasure::{self, others};
use crate::organisations::organisation_event;

/// What becomes of a place when its person goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nobody else is in the organisation: it goes, too.
    Alone,
    Leaves,
    /// Nobody else could look after it.
    LastOwner,
}

fn place(own: Role, others: &[Membership]) -> Place {
    if others.is_empty() && own == Role::Owner {
        return Place::Alone;
    }
    if own == Role::Owner
        && !others.iter().any(|other| other.role == Role::Owner && other.valid_until.is_none())
    {
        return Place::LastOwner;
    }
    Place::Leaves
}

pub async fn delete_account(hub: &Hub, caller: &Caller, visitor: &Visitor) -> Result<(), HubError> {
    caller.in_person()?;
    let user = identity::profile(hub, caller).await?;
    let mut alone = Vec::new();
    for organisation in caller.scope().organisations() {
        let Some(role) = caller.role_in(*organisation) else { continue };
        match place(role, &others(hub, &hub.store, caller, *organisation).await?) {
            Place::Alone => alone.push(*organisation),
            Place::Leaves => {}
            Place::LastOwner => {
                let reason = "you are the last owner of an organisation with other members: hand it over, or \
                              remove them, first";
                return Err(HubError::Conflict(reason.to_owned()));
            }
        }
    }
    for organisation in alone {
        organisation_erasure::erase(hub, caller, visitor, organisation).await?;
    }
    erase(hub, caller, &user).await
}

async fn erase(hub: &Hub, caller: &Caller, user: &identity::User) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let mut places = memberships::of_user(&work, user.id).await?;
    // In the order in which everybody locks them.
    places.sort_by_key(|place| place.organisation);
    let mut told = Vec::new();
    for own in places.iter().filter(|place| place.holds_at(hub.now())) {
        events::hold(&work, own.organisation).await?;
        // Another owner may have gone at the same time.
        let others = others(hub, &work, caller, own.organisation).await?;
        if place(own.role, &others) == Place::LastOwner {
            return Err(HubError::Conflict("the organisation's owners have changed; look again".to_owned()));
        }
        let payload = json!({ "user": user.id, "role": own.role });
        told.push(organisation_event(hub, caller, own.organisation, EventType::MemberRemoved, payload));
    }
    events::append(&work, told).await?;
    say_goodbye(hub, &work, user).await?;
    personal::erase(&work, &Person { id: user.id, email: &user.email }).await?;
    work.commit().await?;
    tracing::info!(user = %user.id, "an account was deleted");
    hub.nudges.events_committed();
    hub.nudges.access_changed(user.id);
    hub.nudges.notifications.notify_one();
    Ok(())
}

/// Where nothing sends mails, it would wait for ever, and the address with it.
async fn say_goodbye(hub: &Hub, work: &UnitOfWork, user: &identity::User) -> Result<(), HubError> {
    if hub.notifier().is_none() {
        return Ok(());
    }
    let preferences = users::preferences(work, user.id).await?;
    let mail = Mail {
        // Of nobody: it would go with the account.
        user: None,
        organisation: None,
        to: &user.email,
        language: preferences.language.tag(),
        template: "account_deleted",
        values: json!({ "time": hub.now().to_the_minute(&preferences.time_zone) }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::{MembershipId, OrganisationId, UnixMillis, UserId};
    use uuid::Uuid;

    #[test]
    fn nobody_leaves_others_without_an_owner() {
        let other = |role| Membership {
            id: MembershipId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            role,
            valid_from: UnixMillis(0),
            valid_until: None,
        };
        assert_eq!(place(Role::Owner, &[]), Place::Alone);
        assert_eq!(place(Role::Owner, &[other(Role::Admin)]), Place::LastOwner);
        assert_eq!(place(Role::Owner, &[other(Role::Admin), other(Role::Owner)]), Place::Leaves);
        assert_eq!(place(Role::Viewer, &[other(Role::Owner)]), Place::Leaves);
    }
}
