//! What a person says of themselves and prefers.

use lares_model::Invalid;
use lares_model::event::EventType;
use lares_model::home::NAME_MAX_CHARS;
use lares_model::person::{DataChange, Language, NotificationChange, Preferences, Units};
use lares_store::{UnitOfWork, events, memberships, users};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::organisations::organisation_event;
use crate::sealed;

/// What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub language: Option<Language>,
    pub time_zone: Option<String>,
    pub units: Option<Units>,
    pub notifications: NotificationChange,
    pub data: DataChange,
}

impl ProfileChange {
    fn of(&self, before: &Preferences) -> Preferences {
        Preferences {
            language: self.language.unwrap_or(before.language),
            time_zone: self.time_zone.clone().unwrap_or_else(|| before.time_zone.clone()),
            units: self.units.unwrap_or(before.units),
            notifications: self.notifications.of(before.notifications),
            data: self.data.of(before.data),
        }
    }
}

pub async fn preferences(hub: &Hub, caller: &Caller) -> Result<Preferences, HubError> {
    Ok(users::preferences(&hub.store, caller.user).await?)
}

pub async fn update(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    change: &ProfileChange,
) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let user = users::find(&work, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let before = users::preferences(&work, caller.user).await?;
    let after = change.of(&before);
    let mut invalid = Invalid::default();
    if let Some(name) = &change.name {
        invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    }
    after.check(&mut invalid);
    invalid.or(())?;
    let name = change.name.as_deref().filter(|name| **name != user.name);
    if name.is_none() && after == before {
        return Ok(());
    }
    if let Some(name) = name {
        // Each change stays in the log of every organisation, whatever the person may do there otherwise.
        hub.client_throttle.check(&format!("name {}", caller.user))?;
        tell_members(hub, &work, caller, &user.name, name).await?;
        users::set_name(&work, caller.user, name).await?;
    }
    users::set_preferences(&work, caller.user, &after).await?;
    account_log::note(hub, &work, caller.user, AccountEvent::ProfileChanged, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(())
}

/// Whoever sees this person among the members of an organisation sees another name from now on.
async fn tell_members(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    before: &str,
    after: &str,
) -> Result<(), HubError> {
    let mut places = memberships::of_user(work, caller.user).await?;
    places.retain(|place| place.holds_at(hub.now()));
    // In the order in which everybody locks them.
    places.sort_by_key(|place| place.organisation);
    let mut told = Vec::new();
    for place in places {
        let organisation = place.organisation;
        events::hold(work, organisation).await?;
        let before = sealed::personal(hub, work, organisation, caller.user.0, before).await?;
        let after = sealed::personal(hub, work, organisation, caller.user.0, after).await?;
        let payload =
            json!({ "user": caller.user, "before": { "name": before }, "after": { "name": after } });
        told.push(organisation_event(hub, caller, organisation, EventType::MemberUpdated, payload));
    }
    events::append(work, told).await?;
    Ok(())
}
