//! The way out: the devices of homes that opted in, kept as retained messages in those homes' MQTT spaces. Desired is
//! compared with retained at the start and after every change, and the difference is said; so a crash leaves nothing
//! behind that the next look does not put right.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::select_all;
use lares_model::access::Scope;
use lares_model::device::Device;
use lares_model::dialect::{Heard, Say};
use lares_model::event::{Event, EventType};
use lares_model::export::{Exported, Exporter, parse_set_topic};
use lares_model::home::Home;
use lares_model::record::Occurrence;
use lares_model::{DeviceId, HomeId, OrganisationId, RoomId};
use lares_store::{Page, homes, rooms};
use tokio::sync::{Notify, watch};

use crate::caller::Caller;
use crate::commands::{self, NewCommand};
use crate::dialects::Consequence;
use crate::error::HubError;
use crate::feed::{ChangePlace, OrganisationFeed};
use crate::home_clients::HomeClient;
use crate::hub::Hub;
use crate::ingest;

/// Values are conflated for this long, so that a device that reports often is told of now and then.
const EVERY: Duration = Duration::from_millis(250);
const EVENTS_AT_ONCE: usize = 256;
/// A missed nudge costs no more than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Dialects whose devices tell Home Assistant of themselves: it would show them twice.
const TOLD_BY_THEMSELVES: [&str; 3] = ["homeassistant", "zigbee2mqtt", "tasmota"];

/// What doors and the worker share.
#[derive(Default)]
pub struct Exports {
    /// Homes that opted in, as of the last look.
    homes: RwLock<HashSet<HomeId>>,
    /// Homes in which the other side has started anew.
    births: Mutex<BTreeSet<HomeId>>,
    nudge: Notify,
}

impl Exports {
    fn is_exported(&self, home: HomeId) -> bool {
        self.homes.read().unwrap_or_else(PoisonError::into_inner).contains(&home)
    }
}

/// Hears what a client of a home says to us: a wish for a device, or that it has started. `None` when neither.
pub fn hear(hub: &Arc<Hub>, client: &Arc<HomeClient>, heard: &Heard<'_>) -> Option<Consequence> {
    let exporter = hub.exporter.filter(|_| hub.exports.is_exported(client.home))?;
    let (birth_topic, birth) = exporter.birth;
    if heard.topic == birth_topic && heard.payload == birth {
        hub.exports.births.lock().unwrap_or_else(PoisonError::into_inner).insert(client.home);
        hub.exports.nudge.notify_one();
        return None;
    }
    // A wish that is kept would be carried out again at every start.
    if heard.retain || heard.replayed {
        return None;
    }
    let (device, endpoint, capability) = parse_set_topic(heard.topic)?;
    let device = hub.directory.get(device).filter(|device| device.home == client.home)?;
    let asked = (exporter.asked)(&device, endpoint, capability, heard.payload);
    let (hub, client, payload) = (hub.clone(), client.clone(), heard.payload.to_vec());
    Some(Box::pin(async move {
        let refused = match asked {
            Err(reason) => reason,
            Ok(asked) => {
                let caller = Caller::of_home_client(&client, hub.now());
                let new = NewCommand {
                    endpoint: Some(endpoint),
                    name: asked.command,
                    args: asked.args,
                    preconditions: vec![],
                    not_after: None,
                };
                match commands::submit(&hub, &caller, None, device.id, new).await {
                    Ok(_) => return Ok(None),
                    Err(
                        error @ (HubError::Invalid(_)
                        | HubError::Conflict(_)
                        | HubError::NotFound(_)
                        | HubError::Forbidden),
                    ) => error.to_string(),
                    Err(error) => return Err(error),
                }
            }
        };
        // What was asked for may hold a code, which is not for the device's diagnostics.
        let shown = if takes_codes(&payload) { &[][..] } else { &payload };
        ingest::refused(&hub, &device, "home set", &refused, shown).await?;
        Ok(None)
    }))
}

fn takes_codes(payload: &[u8]) -> bool {
    ["Code", "Pin"].iter().any(|arg| payload.windows(arg.len()).any(|part| part == arg.as_bytes()))
}

/// One home that opted in.
struct Exporting {
    home: Home,
    rooms: HashMap<RoomId, String>,
    /// What was said last, by topic, as a hash.
    said: HashMap<String, u64>,
}

struct Followed {
    feed: Arc<OrganisationFeed>,
    nudge: watch::Receiver<()>,
    place: ChangePlace,
    /// The last event that was looked at.
    seq: i64,
}

pub struct Export {
    hub: Arc<Hub>,
    exporter: Exporter,
    events: watch::Receiver<()>,
    homes: BTreeMap<HomeId, Exporting>,
    followed: BTreeMap<OrganisationId, Followed>,
    is_first: bool,
}

/// Follows for ever; ends when `stop` does. Nothing to do where there is nobody to word it.
pub async fn run(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let Some(mut export) = Export::new(&hub) else {
        let _ = stop.wait_for(|stop| *stop).await;
        return;
    };
    while !*stop.borrow() {
        if let Err(error) = export.look().await {
            tracing::warn!(%error, "devices are not told to their homes' spaces; trying again");
        }
        tokio::select! {
            () = async { tokio::join!(tokio::time::sleep(EVERY), export.changed()); } => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

impl Export {
    pub fn new(hub: &Arc<Hub>) -> Option<Export> {
        Some(Export {
            hub: hub.clone(),
            exporter: hub.exporter?,
            events: hub.nudges.follow_events(),
            homes: BTreeMap::new(),
            followed: BTreeMap::new(),
            is_first: true,
        })
    }

    /// Waits until something may be new.
    async fn changed(&mut self) {
        let hub = self.hub.clone();
        // A clone: the next look has to see what was new, and `changed` takes it away.
        let mut events = self.events.clone();
        let events = events.changed();
        let followed: Vec<_> =
            self.followed.values_mut().map(|followed| Box::pin(followed.nudge.changed())).collect();
        let values = async {
            if followed.is_empty() {
                return std::future::pending().await;
            }
            let _ = select_all(followed).await;
        };
        tokio::select! {
            _ = events => {}
            () = values => {}
            () = hub.exports.nudge.notified() => {}
        }
    }

    /// One look: which homes, which devices, which values; and the difference is said.
    pub async fn look(&mut self) -> Result<(), HubError> {
        let births =
            std::mem::take(&mut *self.hub.exports.births.lock().unwrap_or_else(PoisonError::into_inner));
        let events = self.events.has_changed().unwrap_or(true);
        if events || self.is_first || !births.is_empty() {
            self.events.mark_unchanged();
            if let Err(error) = self.reconcile(&births).await {
                self.is_first = true; // the next look does it all
                return Err(error);
            }
            self.is_first = false;
        }
        for device in self.changed_devices() {
            self.say_state(&device);
        }
        self.say_what_happened().await
    }

    async fn reconcile(&mut self, births: &BTreeSet<HomeId>) -> Result<(), HubError> {
        let wanted = homes::exporting_any(&self.hub.store).await?;
        let ids: HashSet<HomeId> = wanted.iter().map(|home| home.id).collect();
        let gone: Vec<HomeId> = self.homes.keys().filter(|id| !ids.contains(id)).copied().collect();
        for home in gone {
            self.homes.remove(&home);
            for (topic, _) in self.retained(home) {
                publish(&self.hub, home, Say { topic, payload: vec![], qos: 1, retain: true });
            }
        }
        self.hub.exports.homes.write().unwrap_or_else(PoisonError::into_inner).clone_from(&ids);
        for home in wanted {
            self.follow(home.organisation).await?;
            let rooms = self.rooms_of(&home).await?;
            let id = home.id;
            let said = match self.homes.remove(&id) {
                _ if births.contains(&id) => HashMap::new(),
                Some(known) => known.said,
                // What was kept from before a start is not said again.
                None => {
                    self.retained(id).into_iter().map(|(topic, payload)| (topic, hash(&payload))).collect()
                }
            };
            self.homes.insert(id, Exporting { home, rooms, said });
            self.say_home(id);
        }
        let organisations: BTreeSet<_> = self.homes.values().map(|one| one.home.organisation).collect();
        self.followed.retain(|organisation, _| organisations.contains(organisation));
        Ok(())
    }

    async fn follow(&mut self, organisation: OrganisationId) -> Result<(), HubError> {
        if self.followed.contains_key(&organisation) {
            return Ok(());
        }
        let feed = self.hub.feeds.of(&self.hub, organisation).await?;
        // Taken before anything is said: what changes from here on is told.
        let (nudge, place, seq) = (feed.follow(), feed.here(), feed.head());
        self.followed.insert(organisation, Followed { feed, nudge, place, seq });
        Ok(())
    }

    async fn rooms_of(&self, home: &Home) -> Result<HashMap<RoomId, String>, HubError> {
        let scope = Scope::of([home.organisation]);
        let all = Page { after: None, limit: 1_000 };
        let rooms = rooms::list(&self.hub.store, &scope, Some(home.id), all).await?;
        Ok(rooms.into_iter().map(|room| (room.id, room.name)).collect())
    }

    /// Everything of a home that is not said already; what is kept there and no longer meant is cleared.
    fn say_home(&mut self, id: HomeId) {
        let Some(home) = self.homes.get(&id) else { return };
        let (organisation, exporter) = (home.home.organisation, self.exporter);
        let mut meant = HashSet::new();
        for device in self.hub.directory.in_home(organisation, id) {
            if !is_told_by_us(&device) {
                continue;
            }
            let says = self.of_device(id, &device, exporter.describe);
            let says = says.into_iter().chain(self.of_device(id, &device, exporter.state));
            for say in says.collect::<Vec<_>>() {
                meant.insert(say.topic.clone());
                self.say(id, say);
            }
        }
        let Some(home) = self.homes.get_mut(&id) else { return };
        let stale: Vec<String> = home.said.keys().filter(|topic| !meant.contains(*topic)).cloned().collect();
        for topic in stale {
            home.said.remove(&topic);
            publish(&self.hub, id, Say { topic, payload: vec![], qos: 1, retain: true });
        }
    }

    fn of_device(&self, home: HomeId, device: &Device, word: fn(&Exported<'_>) -> Vec<Say>) -> Vec<Say> {
        let Some(exporting) = self.homes.get(&home) else { return vec![] };
        let room = device.room.and_then(|room| exporting.rooms.get(&room)).map(String::as_str);
        self.hub.live.with(device.id, |state| word(&Exported { device, room, state }))
    }

    fn say(&mut self, home: HomeId, say: Say) {
        let Some(exporting) = self.homes.get_mut(&home) else { return };
        let hash = hash(&say.payload);
        if exporting.said.insert(say.topic.clone(), hash) != Some(hash)
            && !publish(&self.hub, home, Say { retain: true, ..say.clone() })
        {
            exporting.said.remove(&say.topic);
        }
    }

    /// What is retained of ours.
    fn retained(&self, home: HomeId) -> Vec<(String, Vec<u8>)> {
        let Some(bus) = self.hub.bus() else { return vec![] };
        let all = self.exporter.filters.iter().flat_map(|filter| bus.retained(home, filter));
        all.filter(|(topic, payload)| (self.exporter.is_ours)(topic, payload)).collect()
    }

    /// Devices of which something was folded since the last look.
    fn changed_devices(&mut self) -> Vec<Arc<Device>> {
        let mut changed: BTreeSet<DeviceId> = BTreeSet::new();
        for (organisation, followed) in &mut self.followed {
            followed.nudge.mark_unchanged();
            let (place, changes) = followed.feed.changes_after(followed.place);
            followed.place = place;
            match changes {
                Some(changes) => changed.extend(changes.into_iter().map(|change| change.device)),
                // So many that they are not kept: all of them, once.
                None => {
                    let all = self.hub.directory.in_organisation(*organisation);
                    changed.extend(all.into_iter().map(|device| device.id));
                }
            }
        }
        let known = changed.into_iter().filter_map(|device| self.hub.directory.get(device));
        known.filter(|device| self.homes.contains_key(&device.home)).collect()
    }

    /// Events are told once, by those who were here when they happened: what came while nobody looked is history.
    async fn say_what_happened(&mut self) -> Result<(), HubError> {
        for (organisation, followed) in &mut self.followed {
            let page =
                followed.feed.events_after(&self.hub, *organisation, followed.seq, EVENTS_AT_ONCE).await?;
            for fed in page {
                let event = &fed.event;
                followed.seq = event.seq;
                let device = event.device.and_then(|id| self.hub.directory.get(id));
                let device =
                    device.filter(|device| self.homes.contains_key(&device.home) && is_told_by_us(device));
                if let (EventType::DeviceOccurrence, Some(device)) = (event.event_type, device)
                    && let Some(say) =
                        occurrence_of(event).and_then(|it| (self.exporter.happened)(&device, &it))
                {
                    publish(&self.hub, device.home, Say { retain: false, ..say });
                }
            }
        }
        Ok(())
    }

    fn say_state(&mut self, device: &Device) {
        if is_told_by_us(device) {
            for say in self.of_device(device.home, device, self.exporter.state) {
                self.say(device.home, say);
            }
        }
    }
}

fn hash(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}

/// What a device said had happened.
fn occurrence_of(event: &Event) -> Option<Occurrence> {
    let payload = &event.payload;
    Some(Occurrence {
        endpoint: u16::try_from(payload["endpoint"].as_u64()?).ok()?,
        event: payload["event"].as_str()?.to_owned(),
        time: event.time,
        data: payload["data"].as_object().cloned().unwrap_or_default(),
    })
}

fn is_told_by_us(device: &Device) -> bool {
    device.origin.as_ref().is_none_or(|origin| !TOLD_BY_THEMSELVES.contains(&origin.dialect.as_str()))
}

/// Whether it went out.
fn publish(hub: &Hub, home: HomeId, say: Say) -> bool {
    let Some(bus) = hub.bus() else { return false };
    let topic = say.topic.clone();
    let outcome = bus.publish(home, say);
    if let Err(error) = &outcome {
        tracing::warn!(home.id = %home, topic, %error, "not said in the home's space; said again when it changes");
    }
    outcome.is_ok()
}
