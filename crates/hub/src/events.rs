//! The event log as readers see it: each organisation gap-free by its own sequence, several merged page by page.
//! The cursor holds one place per organisation, so following it misses nothing and repeats nothing.

use std::collections::BTreeMap;

use lares_model::event::{Event, EventType, NewEvent};
use lares_model::{DeviceId, EventId, HomeId, OrganisationId};
use lares_store::events as rows;
pub use lares_store::events::EventFilter;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::cursor::{decode, encode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::sealed;

/// What a caller's change concerns.
#[derive(Clone, Copy)]
pub(crate) struct Concerns {
    pub organisation: OrganisationId,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
}

/// An event that a caller caused now.
pub(crate) fn caused_by(
    hub: &Hub,
    caller: &Caller,
    concerns: Concerns,
    event_type: EventType,
    payload: serde_json::Value,
) -> NewEvent {
    let now = hub.now();
    NewEvent {
        id: EventId(hub.uuid()),
        organisation: concerns.organisation,
        event_type,
        time: now,
        recorded: now,
        home: concerns.home,
        device: concerns.device,
        cause: caller.cause(),
        origin: None,
        payload,
    }
}

/// Where a reader stands in each organisation's log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Places {
    newest_first: bool,
    seqs: BTreeMap<OrganisationId, i64>,
}

const PURPOSE: &str = "events";

impl Places {
    pub fn oldest_first(seqs: BTreeMap<OrganisationId, i64>) -> Places {
        Places { newest_first: false, seqs }
    }

    /// The places of a cursor that was read oldest first.
    pub fn read(hub: &Hub, cursor: &str) -> Result<Places, HubError> {
        let places: Places = decode(hub, PURPOSE, cursor)?;
        if places.newest_first { Err(HubError::UnknownCursor) } else { Ok(places) }
    }

    pub fn written(&self, hub: &Hub) -> Result<String, HubError> {
        encode(hub, PURPOSE, self)
    }

    /// An organisation that the cursor does not know has been told nothing yet.
    pub fn of(&self, organisation: OrganisationId) -> i64 {
        self.seqs.get(&organisation).copied().unwrap_or(0)
    }
}

/// A page of events. Oldest first always has a cursor, from which what comes later is read.
#[derive(Clone, Debug)]
pub struct EventPage {
    pub items: Vec<Event>,
    pub next_cursor: Option<String>,
    /// Whether more is there already.
    pub more: bool,
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    filter: &EventFilter,
    cursor: Option<&str>,
    newest_first: bool,
    limit: usize,
) -> Result<EventPage, HubError> {
    let scope = caller.narrowed(organisation)?;
    let mut places = match cursor {
        Some(cursor) => decode::<Places>(hub, PURPOSE, cursor)?,
        None => Places { newest_first, seqs: BTreeMap::new() },
    };
    if places.newest_first != newest_first {
        return Err(HubError::UnknownCursor);
    }
    let wanted = limit as u64 + 1;
    let mut candidates = Vec::new();
    for organisation in scope.organisations() {
        let place = places.seqs.get(organisation).copied();
        candidates.extend(if newest_first {
            rows::before(&hub.store, *organisation, place.unwrap_or(i64::MAX), filter, wanted).await?
        } else {
            rows::after(&hub.store, *organisation, place.unwrap_or(0), filter, wanted).await?
        });
    }
    // Within an organisation the sequence decides; the time of recording only interleaves organisations.
    candidates.sort_by_key(|event| (event.recorded, event.organisation, event.seq));
    let mut items = merge_in_sequence(candidates, newest_first);
    let more = items.len() > limit;
    items.truncate(limit);
    for event in &items {
        places.seqs.insert(event.organisation, event.seq);
    }
    for event in &mut items {
        reveal(hub, event).await?;
    }
    let next_cursor = if more || !newest_first { Some(encode(hub, PURPOSE, &places)?) } else { None };
    Ok(EventPage { items, next_cursor, more })
}

/// Only what the product itself sealed: a device may put anything into its own data.
pub(crate) async fn reveal(hub: &Hub, event: &mut Event) -> Result<(), HubError> {
    use EventType::{HomeCreated, HomeDeleted, HomeUpdated, MemberAdded, MemberUpdated};
    if matches!(event.event_type, HomeCreated | HomeUpdated | HomeDeleted | MemberAdded | MemberUpdated) {
        sealed::reveal(hub, &hub.store, &mut event.payload).await?;
    }
    Ok(())
}

/// Keeps every organisation in its own order whatever its clock did.
fn merge_in_sequence(candidates: Vec<Event>, newest_first: bool) -> Vec<Event> {
    let mut queues: BTreeMap<OrganisationId, Vec<Event>> = BTreeMap::new();
    let mut order: Vec<OrganisationId> = candidates.iter().map(|event| event.organisation).collect();
    for event in candidates {
        queues.entry(event.organisation).or_default().push(event);
    }
    for queue in queues.values_mut() {
        queue.sort_by_key(|event| event.seq);
        if !newest_first {
            queue.reverse();
        }
    }
    if newest_first {
        order.reverse();
    }
    order.into_iter().filter_map(|organisation| queues.get_mut(&organisation)?.pop()).collect()
}

pub async fn find(hub: &Hub, caller: &Caller, id: EventId) -> Result<Event, HubError> {
    let mut event = rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("event"))?;
    reveal(hub, &mut event).await?;
    Ok(event)
}
