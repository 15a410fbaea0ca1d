//! One live watcher: what it asked for, how far it has been told, and what is new for it. It pulls, so a slow one
//! costs nobody else anything: readings are conflated (the newest value wins), events are complete and in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::select_all;
use lares_model::access::{Action, Scope};
use lares_model::device::Device;
use lares_model::event::{Event, EventType};
use lares_model::fold::Latest;
use lares_model::presence::Presence;
use lares_model::record::Position;
use lares_model::{DeviceId, HomeId, Invalid, OrganisationId, RoomId, UnixMillis};
use lares_store::events as rows;
use tokio::sync::watch;

use crate::caller::Caller;
use crate::error::HubError;
use crate::events::Places;
use crate::feed::{ChangePlace, FedEvent, OrganisationFeed};
use crate::hub::Hub;

/// Further behind than this a watcher is better off loading afresh.
const RESUME_MAX_EVENTS: i64 = 100_000;
const NAMED_MAX: usize = 200;
/// Events of one batch, unless a single one is larger.
const BATCH_BYTES: usize = 64 * 1024;

/// What somebody wants to see. Homes, rooms and devices add up; none of them means everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub organisation: Option<OrganisationId>,
    pub homes: Vec<HomeId>,
    pub rooms: Vec<RoomId>,
    pub devices: Vec<DeviceId>,
    /// Of events only; none means all.
    pub types: Vec<EventType>,
    /// Events of these types are told wherever they happen, beside those of the places that are named.
    pub everywhere: Vec<EventType>,
    pub readings: bool,
    pub events: bool,
}

impl Default for Subscription {
    fn default() -> Self {
        Subscription {
            organisation: None,
            homes: vec![],
            rooms: vec![],
            devices: vec![],
            types: vec![],
            everywhere: vec![],
            readings: true,
            events: true,
        }
    }
}

impl Subscription {
    fn is_everything(&self) -> bool {
        self.homes.is_empty() && self.rooms.is_empty() && self.devices.is_empty()
    }

    fn wants_device(&self, device: &Device) -> bool {
        self.is_everything()
            || self.homes.contains(&device.home)
            || self.devices.contains(&device.id)
            || device.room.is_some_and(|room| self.rooms.contains(&room))
    }

    /// Rooms follow where a device stands now. What says itself which room it concerns counts by that, and a device
    /// that is away already, or not known yet, is nobody's to leave out.
    fn wants_event(&self, hub: &Hub, event: &Event) -> bool {
        if self.everywhere.contains(&event.event_type) {
            return true;
        }
        if !self.types.is_empty() && !self.types.contains(&event.event_type) {
            return false;
        }
        let in_room = |device| match hub.directory.get(device) {
            Some(known) => known.room.is_some_and(|room| self.rooms.contains(&room)),
            None => !self.rooms.is_empty(),
        };
        self.is_everything()
            || event.home.is_some_and(|home| self.homes.contains(&home))
            || event.device.is_some_and(|device| self.devices.contains(&device) || in_room(device))
            || rooms_named(&event.payload).any(|room| self.rooms.contains(&room))
    }

    /// Without what is not theirs any more; `None` when nothing that was named is left.
    async fn narrowed(mut self, hub: &Hub, scope: &Scope) -> Result<Option<Subscription>, HubError> {
        if self.is_everything() {
            return Ok(Some(self));
        }
        let homes = lares_store::homes::names(&hub.store, scope, &self.homes).await?;
        let rooms = lares_store::rooms::names(&hub.store, scope, &self.rooms).await?;
        self.homes.retain(|home| homes.contains_key(home));
        self.rooms.retain(|room| rooms.contains_key(room));
        self.devices.retain(|device| is_theirs(hub, scope, *device));
        Ok((!self.is_everything()).then_some(self))
    }
}

fn is_theirs(hub: &Hub, scope: &Scope, device: DeviceId) -> bool {
    hub.directory.get(device).is_some_and(|known| scope.contains(known.organisation))
}

/// The rooms that a change of a room or of a device's place speaks of.
fn rooms_named(payload: &serde_json::Value) -> impl Iterator<Item = RoomId> {
    let places = [payload.get("room"), payload.pointer("/before/room"), payload.pointer("/after/room")];
    places.into_iter().flatten().filter_map(|room| room.as_str()?.parse().ok())
}

/// The newest value of an attribute, as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveValue {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    pub latest: Latest,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LivePresence {
    pub device: DeviceId,
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
}

/// A device as it stands, for the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub presence: LivePresence,
    pub values: Vec<LiveValue>,
}

/// What is new.
#[derive(Debug, Default)]
pub struct Batch {
    pub events: Vec<Arc<FedEvent>>,
    /// Whether the cursor moved, with or without events that were asked for.
    pub moved: bool,
    /// Whether more is there already.
    pub more: bool,
    pub values: Vec<LiveValue>,
    pub presence: Vec<LivePresence>,
    /// Readings that were replaced by newer ones before they were told.
    pub superseded: u64,
    /// So far behind that it is not known what changed: every watched device is to be told as it stands.
    pub lost_track: bool,
    bytes: usize,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        !self.moved && !self.lost_track && self.values.is_empty() && self.presence.is_empty()
    }
}

struct Watched {
    organisation: OrganisationId,
    feed: Arc<OrganisationFeed>,
    nudge: watch::Receiver<()>,
    seq: i64,
    changes: ChangePlace,
}

pub struct Watcher {
    hub: Arc<Hub>,
    subscription: Subscription,
    watched: Vec<Watched>,
}

impl Watcher {
    /// Begins at the cursor, else now. A cursor that is unknown or too old is `UnknownCursor`.
    pub async fn open(
        hub: &Arc<Hub>,
        caller: &Caller,
        subscription: Subscription,
        cursor: Option<&str>,
    ) -> Result<Watcher, HubError> {
        check(hub, caller, &subscription).await?;
        let places = cursor.map(|cursor| Places::read(hub, cursor)).transpose()?;
        let scope = caller.narrowed(subscription.organisation)?;
        let mut watched = Vec::new();
        for &organisation in scope.organisations() {
            caller.require(Action::DeviceRead, organisation)?;
            let feed = hub.feeds.of(hub, organisation).await?;
            // Taken before anything is read: what comes from here on is told.
            let nudge = feed.follow();
            let head = feed.head();
            let seq = places.as_ref().map_or(head, |places| places.of(organisation));
            let is_ahead = seq > head && seq > rows::head(&hub.store, organisation).await?;
            // Ahead of the log: it was restored from a backup since.
            if is_ahead || head - seq > RESUME_MAX_EVENTS {
                return Err(HubError::UnknownCursor);
            }
            let changes = feed.here();
            watched.push(Watched { organisation, feed, nudge, seq, changes });
        }
        Ok(Watcher { hub: hub.clone(), subscription, watched })
    }

    /// Another subscription, or the same one with other rights, that goes on in the event logs where this one stands.
    pub async fn changed_to(&self, caller: &Caller, subscription: Subscription) -> Result<Watcher, HubError> {
        let mut watcher = Watcher::open(&self.hub, caller, subscription, None).await?;
        for now in &mut watcher.watched {
            if let Some(before) = self.watched.iter().find(|before| before.organisation == now.organisation) {
                now.seq = before.seq;
            }
        }
        Ok(watcher)
    }

    /// The same for the same person with other rights; `None` when nothing that was named is theirs any more.
    pub async fn with_rights_of(&self, caller: &Caller) -> Result<Option<Watcher>, HubError> {
        let scope = match caller.narrowed(self.subscription.organisation) {
            Ok(scope) => scope,
            Err(_) => return Ok(None),
        };
        match self.subscription.clone().narrowed(&self.hub, &scope).await? {
            Some(subscription) => self.changed_to(caller, subscription).await.map(Some),
            None => Ok(None),
        }
    }

    /// Where this watcher stands in the event logs.
    pub fn cursor(&self) -> Result<String, HubError> {
        let seqs: BTreeMap<_, _> = self.watched.iter().map(|one| (one.organisation, one.seq)).collect();
        Places::oldest_first(seqs).written(&self.hub)
    }

    /// The devices whose readings are watched.
    pub fn devices(&self) -> Vec<DeviceId> {
        if !self.subscription.readings {
            return vec![];
        }
        self.watched.iter().flat_map(|watched| self.devices_of(watched.organisation)).collect()
    }

    fn devices_of(&self, organisation: OrganisationId) -> Vec<DeviceId> {
        let all = self.hub.directory.in_organisation(organisation);
        let wanted = all.iter().filter(|device| self.subscription.wants_device(device));
        wanted.map(|device| device.id).collect()
    }

    /// A device as it stands.
    pub fn standing_of(&self, device: DeviceId) -> Standing {
        self.standing(device, Position(i64::MIN))
    }

    fn standing(&self, device: DeviceId, after: Position) -> Standing {
        self.hub.live.with(device, |state| {
            let values = state.latest.iter().flat_map(|(endpoint, attributes)| {
                attributes.iter().filter(|(_, latest)| latest.position > after).map(|(attribute, latest)| {
                    LiveValue {
                        device,
                        endpoint: *endpoint,
                        attribute: attribute.clone(),
                        latest: latest.clone(),
                    }
                })
            });
            Standing {
                values: values.collect(),
                presence: LivePresence { device, presence: state.presence, last_seen: state.last_seen },
            }
        })
    }

    /// Waits until something may be new. Cancel-safe.
    pub async fn changed(&mut self) {
        if self.watched.is_empty() {
            return std::future::pending().await;
        }
        let nudges = self.watched.iter_mut().map(|watched| Box::pin(watched.nudge.changed()));
        let _ = select_all(nudges).await;
    }

    /// What is new since the last call, at most `events_max` events of each organisation.
    pub async fn next(&mut self, events_max: usize) -> Result<Batch, HubError> {
        let mut batch = Batch::default();
        for index in 0..self.watched.len() {
            self.watched[index].nudge.mark_unchanged();
            self.take_events(index, events_max, &mut batch).await?;
            if self.subscription.readings {
                self.take_values(index, &mut batch);
            }
        }
        Ok(batch)
    }

    async fn take_events(&mut self, index: usize, max: usize, batch: &mut Batch) -> Result<(), HubError> {
        let watched = &mut self.watched[index];
        if !self.subscription.events {
            // A page from the store may be ahead of what is kept in memory.
            watched.seq = watched.seq.max(watched.feed.head());
            return Ok(());
        }
        let page = watched.feed.events_after(&self.hub, watched.organisation, watched.seq, max).await?;
        batch.more |= page.len() == max;
        for fed in page {
            if batch.bytes > BATCH_BYTES {
                batch.more = true;
                break;
            }
            watched.seq = fed.event.seq;
            batch.moved = true;
            if self.subscription.wants_event(&self.hub, &fed.event) {
                batch.bytes += fed.weight;
                batch.events.push(fed);
            }
        }
        Ok(())
    }

    fn take_values(&mut self, index: usize, batch: &mut Batch) {
        let watched = &self.watched[index];
        let before = watched.changes;
        let (here, changes) = watched.feed.changes_after(before);
        if here == before {
            return;
        }
        let Some(changes) = changes else {
            batch.lost_track = true;
            batch.superseded += here.readings - before.readings;
            self.watched[index].changes = here;
            return;
        };
        let mut readings = 0;
        let mut wanted: HashMap<DeviceId, bool> = HashMap::new();
        let told = batch.values.len();
        for change in changes {
            let known = wanted.get(&change.device).copied();
            let is_wanted = known.unwrap_or_else(|| {
                self.hub
                    .directory
                    .get(change.device)
                    .is_some_and(|device| self.subscription.wants_device(&device))
            });
            wanted.insert(change.device, is_wanted);
            if !is_wanted {
                continue;
            }
            readings += u64::from(change.readings);
            if known.is_none() {
                let standing = self.standing(change.device, before.position);
                batch.values.extend(standing.values);
                batch.presence.push(standing.presence);
            }
        }
        batch.superseded += readings.saturating_sub((batch.values.len() - told) as u64);
        self.watched[index].changes = here;
    }
}

/// Names must be the caller's own: what is not does not exist.
async fn check(hub: &Hub, caller: &Caller, subscription: &Subscription) -> Result<(), HubError> {
    let named = [
        ("homes", subscription.homes.len()),
        ("rooms", subscription.rooms.len()),
        ("devices", subscription.devices.len()),
    ];
    for (field, count) in named {
        if count > NAMED_MAX {
            return Err(Invalid::one(field, format!("must name at most {NAMED_MAX}")).into());
        }
    }
    let scope = caller.narrowed(subscription.organisation)?;
    let homes = lares_store::homes::names(&hub.store, &scope, &subscription.homes).await?;
    let rooms = lares_store::rooms::names(&hub.store, &scope, &subscription.rooms).await?;
    let strange_home = subscription.homes.iter().position(|home| !homes.contains_key(home));
    let strange_room = subscription.rooms.iter().position(|room| !rooms.contains_key(room));
    let strange_device = subscription.devices.iter().position(|device| !is_theirs(hub, &scope, *device));
    let mut invalid = Invalid::default();
    for (field, noun, place) in [
        ("homes", "home", strange_home),
        ("rooms", "room", strange_room),
        ("devices", "device", strange_device),
    ] {
        if let Some(index) = place {
            invalid.add(format!("{field}/{index}"), format!("there is no such {noun}"));
        }
    }
    Ok(invalid.or(())?)
}
