//! The dialects of each home: they hear its MQTT space and word what is said there. The part that runs for every
//! message is synchronous and does nothing more where nothing was found; what was found goes on by `findings`.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use lares_model::device::{Device, Origin};
use lares_model::dialect::{CannotSay, Dialect, Dialects as Factory, Finding, Heard, Say};
use lares_model::discovered::Discovered;
use lares_model::fold::{REJECTIONS_KEPT, Rejection};
use lares_model::record::Rejected;
use lares_model::{HomeId, OrganisationId, UnixMillis, Value};
use lares_store::{discovered as rows, homes, mqtt_clients};
use lares_telemetry::Refusal;

use crate::error::HubError;
use crate::hub::Hub;

mod acceptance;
pub mod clock;
mod findings;

pub(crate) use acceptance::{accept, recalled};
use findings::{About, apply};

/// Every home's dialects, made when its space opens.
pub struct Dialects {
    factory: Factory,
    spaces: RwLock<HashMap<HomeId, Arc<Space>>>,
}

/// One home's MQTT space as the product knows it.
pub(crate) struct Space {
    pub home: HomeId,
    speaking: Mutex<Vec<Box<dyn Dialect>>>,
    opened: AtomicBool,
    opening: tokio::sync::Mutex<()>,
    /// Topics of messages that wait for the opening: what is retained there is what they say, and is heard with them, as
    /// news and with the trust that their sender has.
    awaited: Mutex<BTreeSet<String>>,
    /// Also the turn of whoever changes what is known of the home's foreign devices.
    inbox: tokio::sync::Mutex<Inbox>,
    /// The store was changed beside the inbox.
    stale: AtomicBool,
    /// Messages that concern no device that is known, the newest last.
    rejections: Mutex<VecDeque<Rejection>>,
}

/// What is known of the foreign devices of a home, as the store has it.
#[derive(Default)]
pub(crate) struct Inbox {
    pub organisation: Option<OrganisationId>,
    pub known: HashMap<Origin, Discovered>,
}

/// What follows from a message. Resolves when it is durable, or names the limit that kept all of it out for good.
pub type Consequence = BoxFuture<'static, Result<Option<Refusal>, HubError>>;

/// A finding and who made it.
type Found = (&'static str, Finding);

impl Dialects {
    pub fn new(factory: Factory) -> Dialects {
        Dialects { factory, spaces: RwLock::default() }
    }

    pub(crate) fn space(&self, home: HomeId) -> Arc<Space> {
        if let Some(known) = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(&home) {
            return known.clone();
        }
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            Arc::new(Space {
                home,
                speaking: Mutex::new((self.factory)()),
                opened: AtomicBool::new(false),
                opening: tokio::sync::Mutex::default(),
                awaited: Mutex::default(),
                inbox: tokio::sync::Mutex::default(),
                stale: AtomicBool::new(true),
                rejections: Mutex::default(),
            })
        };
        spaces.entry(home).or_insert_with(make).clone()
    }

    /// A home that is no more.
    pub(crate) fn close(&self, home: HomeId) {
        self.spaces.write().unwrap_or_else(PoisonError::into_inner).remove(&home);
    }

    /// To be called after a commit that changed what is kept of a home's foreign devices.
    pub(crate) fn changed(&self, home: HomeId) {
        if let Some(space) = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(&home) {
            space.stale.store(true, Ordering::Release);
        }
    }

    /// What to say so that a foreign device does this.
    pub(crate) fn word(
        &self,
        device: &Device,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
    ) -> Result<Vec<Say>, CannotSay> {
        let origin = device.origin.as_ref().ok_or(CannotSay::Unknown)?;
        let space = self.space(device.home);
        let speaking = space.speaking();
        let dialect = speaking.iter().find(|dialect| dialect.name() == origin.dialect);
        dialect.ok_or(CannotSay::Unknown)?.word(&origin.foreign_id, endpoint, command, args)
    }
}

impl Space {
    fn speaking(&self) -> MutexGuard<'_, Vec<Box<dyn Dialect>>> {
        self.speaking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn awaited(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, heard: &Heard<'_>) -> Vec<Found> {
        // Nothing found is the ordinary case, and an empty Vec takes no memory.
        let mut found = Vec::new();
        for dialect in self.speaking().iter_mut() {
            let name = dialect.name();
            found.extend(dialect.hear(heard).into_iter().map(|finding| (name, finding)));
        }
        found
    }

    /// Everything that is known of a device as if heard now.
    pub(crate) fn recall(&self, origin: &Origin) -> Vec<Finding> {
        let speaking = self.speaking();
        let dialect = speaking.iter().find(|dialect| dialect.name() == origin.dialect);
        dialect.map(|dialect| dialect.recall(&origin.foreign_id)).unwrap_or_default()
    }

    pub(crate) fn rejections(&self) -> Vec<Rejection> {
        self.rejections.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    fn reject(&self, dialect: &str, reason: String, payload: &[u8], received: UnixMillis) {
        metrics::counter!("lares_home_messages_rejected_total", "dialect" => dialect.to_owned()).increment(1);
        let mut kept = self.rejections.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == REJECTIONS_KEPT {
            kept.pop_front();
        }
        kept.push_back(Rejection { received, rejected: Rejected::new(dialect, reason, payload) });
    }

    /// The inbox as the store has it, and the turn to change it.
    pub(crate) async fn inbox(&self, hub: &Hub) -> Result<tokio::sync::MutexGuard<'_, Inbox>, HubError> {
        let mut inbox = self.inbox.lock().await;
        if self.stale.swap(false, Ordering::AcqRel)
            && let Err(error) = self.load(hub, &mut inbox).await
        {
            self.stale.store(true, Ordering::Release);
            return Err(error);
        }
        Ok(inbox)
    }

    async fn load(&self, hub: &Hub, inbox: &mut Inbox) -> Result<(), HubError> {
        let home = homes::find_any(&hub.store, self.home).await?.ok_or(HubError::NotFound("home"))?;
        let known = rows::of_home_any(&hub.store, self.home).await?;
        inbox.organisation = Some(home.organisation);
        inbox.known = known.into_iter().map(|found| (found.origin(), found)).collect();
        Ok(())
    }
}

/// Hears a message of a home's space. `None` when it means nothing to anybody; else what follows from it, which
/// resolves when it is durable. Futures of one connection must be awaited in the order of their messages.
/// `trusted`: whoever sent it may bring devices in without asking.
pub fn hear(hub: &Arc<Hub>, home: HomeId, heard: &Heard<'_>, trusted: bool) -> Option<Consequence> {
    let space = hub.dialects.space(home);
    let about = || About {
        payload: heard.payload.to_vec(),
        received: heard.received,
        replayed: heard.replayed,
        trusted,
    };
    if !space.opened.load(Ordering::Acquire) {
        // What was known before must be remembered first.
        let (hub, about) = (hub.clone(), about());
        let (topic, retain) = (heard.topic.to_owned(), heard.retain);
        space.awaited().insert(topic.clone());
        return Some(Box::pin(async move {
            if let Err(error) = open(&hub, home).await {
                space.awaited().remove(&topic);
                return Err(error);
            }
            let About { received, replayed, .. } = about;
            let found =
                space.hear(&Heard { topic: &topic, payload: &about.payload, retain, replayed, received });
            apply(&hub, &space, found, about).await
        }));
    }
    let found = space.hear(heard);
    if found.is_empty() {
        return None;
    }
    let (hub, about) = (hub.clone(), about());
    Some(Box::pin(async move { apply(&hub, &space, found, about).await }))
}

/// Opens a home's space: what was known is remembered, the dialects greet, and retained messages are heard again.
/// Nothing more once it is open.
pub async fn open(hub: &Arc<Hub>, home: HomeId) -> Result<(), HubError> {
    let space = hub.dialects.space(home);
    if space.opened.load(Ordering::Acquire) {
        return Ok(());
    }
    let _opening = space.opening.lock().await;
    if space.opened.load(Ordering::Acquire) {
        return Ok(()); // by whoever had the turn before
    }
    let greetings = {
        let inbox = space.inbox(hub).await?;
        let mut speaking = space.speaking();
        for dialect in speaking.iter_mut() {
            let mut known: Vec<_> =
                inbox.known.values().filter(|found| found.dialect == dialect.name()).collect();
            known.sort_by_key(|found| found.id);
            known.iter().for_each(|found| dialect.remember(&found.description));
        }
        speaking.iter_mut().flat_map(|dialect| dialect.greet()).collect::<Vec<_>>()
    };
    let received = hub.now();
    let retained = hub.bus().map(|bus| bus.retained(home, "#")).unwrap_or_default();
    let is_ours =
        |topic: &str, payload: &[u8]| hub.exporter.is_some_and(|exporter| (exporter.is_ours)(topic, payload));
    for (topic, payload) in retained {
        // A device of ours is not found again.
        if is_ours(&topic, &payload) || space.awaited().contains(&topic) {
            continue;
        }
        let found =
            space.hear(&Heard { topic: &topic, payload: &payload, retain: true, replayed: true, received });
        if !found.is_empty() {
            let about = About { payload, received, replayed: true, trusted: false };
            apply(hub, &space, found, about).await?;
        }
    }
    for say in greetings {
        publish(hub, home, say);
    }
    space.opened.store(true, Ordering::Release);
    space.awaited().clear();
    Ok(())
}

/// At the start, when the homes' spaces are there: every home that has clients or foreign devices.
pub async fn open_all(hub: &Arc<Hub>) -> Result<(), HubError> {
    let mut homes = mqtt_clients::homes_any(&hub.store).await?;
    homes.extend(hub.directory.homes_with_foreign_devices());
    homes.sort_unstable();
    homes.dedup();
    for home in homes {
        open(hub, home).await?;
    }
    Ok(())
}

fn publish(hub: &Hub, home: HomeId, say: Say) {
    let Some(bus) = hub.bus() else { return };
    let topic = say.topic.clone();
    if let Err(error) = bus.publish(home, say) {
        // As long as nobody of the home has come, there is nobody to tell.
        tracing::debug!(home.id = %home, topic, %error, "not said in the home's space");
    }
}
