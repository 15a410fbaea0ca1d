//! How long an organisation keeps its readings, and what the worker that removes older ones is doing.

use std::collections::BTreeMap;

use lares_model::access::Action;
use lares_model::event::EventType;
use lares_model::retention::Retention;
use lares_model::{OrganisationId, UnixMillis};
use lares_store::{events, retention as rows};
use lares_telemetry::Ability;
use serde_json::json;

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::organisations::{self, organisation_event};

/// What the worker is doing, for whoever looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub working: Option<Working>,
    /// When it last went through an organisation to the end.
    pub finished: BTreeMap<OrganisationId, UnixMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Working {
    pub organisation: OrganisationId,
    pub devices_done: usize,
    pub devices: usize,
}

pub async fn find(hub: &Hub, caller: &Caller, id: OrganisationId) -> Result<Retention, HubError> {
    organisations::find(hub, caller, id).await?;
    Ok(rows::find(&hub.store, caller.scope(), id).await?)
}

/// Takes effect at once, in the background.
pub async fn set(
    hub: &Hub,
    caller: &Caller,
    id: OrganisationId,
    retention: Retention,
) -> Result<Retention, HubError> {
    caller.require(Action::OrganisationManage, id)?;
    retention.check()?;
    hub.telemetry.abilities().require(Ability::Retention)?;
    let work = hub.store.begin().await?;
    let before = rows::find(&work, caller.scope(), id).await?;
    if before == retention {
        return Ok(retention);
    }
    rows::set(&work, id, &retention).await?;
    let payload = json!({ "before": before, "after": retention });
    events::append(&work, vec![organisation_event(hub, caller, id, EventType::RetentionUpdated, payload)])
        .await?;
    work.commit().await?;
    hub.nudges.events_committed();
    hub.nudges.retention.notify_one();
    Ok(retention)
}
