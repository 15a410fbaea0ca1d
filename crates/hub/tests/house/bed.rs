//! What a test runs on: a hub with an owner and a home, a clock that is set, and a home bus that keeps what is said.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lares_hub::dispatcher::Dispatcher;
use lares_hub::follower::Follower;
use lares_hub::homes::{self, NewHome};
use lares_hub::vault::Vault;
use lares_hub::{Caller, Hub, HubParts, dialects, identity};
use lares_model::command::Command;
use lares_model::command::CommandPolicy;
use lares_model::device::Device;
use lares_model::dialect::{Heard, Say};
use lares_model::home::PropertyType;
use lares_model::ports::{Clock, Entropy, HomeBus, Link, LinkError};
use lares_model::presence::PresencePolicy;
use lares_model::reading::TimePolicy;
use lares_model::{DeviceId, HomeId, OrganisationId, UnixMillis};
use lares_store::{Store, StoreOptions};
use lares_telemetry::EmbeddedTelemetry;
use tempfile::TempDir;
use uuid::Uuid;

pub const START: UnixMillis = UnixMillis(1_800_000_000_000);

pub struct SetClock(AtomicI64);

impl SetClock {
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

/// Ids in order, and bytes that differ from one call to the next.
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)),
        )
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state as u8;
        }
    }
}

/// A home bus that keeps what is said, and on which the test decides who listens and what is retained.
#[derive(Default)]
pub struct Bus {
    said: Mutex<Vec<(HomeId, Say)>>,
    cut: Mutex<Vec<String>>,
    /// Topics, or prefixes that end in `#`.
    pub listening: Mutex<Vec<String>>,
    pub retained: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Bus {
    /// What was said since the last call.
    pub fn said(&self) -> Vec<Say> {
        std::mem::take(&mut *self.said.lock().unwrap()).into_iter().map(|(_, say)| say).collect()
    }

    pub fn retain(&self, topic: &str, payload: &str) {
        self.retained.lock().unwrap().insert(topic.to_owned(), payload.as_bytes().to_vec());
    }

    pub fn listen(&self, filter: &str) {
        self.listening.lock().unwrap().push(filter.to_owned());
    }

    pub fn cuts(&self) -> Vec<String> {
        std::mem::take(&mut *self.cut.lock().unwrap())
    }
}

fn matches(filter: &str, topic: &str) -> bool {
    match filter.strip_suffix('#') {
        Some(prefix) => topic.starts_with(prefix),
        None => filter == topic,
    }
}

impl HomeBus for Bus {
    fn publish(&self, home: HomeId, say: Say) -> Result<(), LinkError> {
        if say.retain {
            let mut retained = self.retained.lock().unwrap();
            if say.payload.is_empty() {
                retained.remove(&say.topic);
            } else {
                retained.insert(say.topic.clone(), say.payload.clone());
            }
        }
        self.said.lock().unwrap().push((home, say));
        Ok(())
    }

    fn listens(&self, _: HomeId, topic: &str) -> bool {
        self.listening.lock().unwrap().iter().any(|filter| matches(filter, topic))
    }

    fn retained(&self, _: HomeId, filter: &str) -> Vec<(String, Vec<u8>)> {
        let retained = self.retained.lock().unwrap();
        let matching = retained.iter().filter(|(topic, _)| matches(filter, topic));
        matching.map(|(topic, payload)| (topic.clone(), payload.clone())).collect()
    }

    fn close(&self, _: HomeId) {
        self.retained.lock().unwrap().clear();
    }

    fn cut(&self, identity: &str) {
        self.cut.lock().unwrap().push(identity.to_owned());
    }
}

/// Native devices are never there; whose session is cut is kept.
#[derive(Default)]
pub struct NoNativeDevices(Mutex<Vec<DeviceId>>);

impl Link for NoNativeDevices {
    fn ready(&self, _: DeviceId) -> bool {
        false
    }

    fn send<'a>(
        &'a self,
        _: &'a Device,
        _: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(LinkError::NotConnected)))
    }

    fn cut(&self, device: DeviceId) {
        self.0.lock().unwrap().push(device);
    }
}

pub struct Bed {
    pub hub: Arc<Hub>,
    pub clock: Arc<SetClock>,
    pub bus: Arc<Bus>,
    pub native: Arc<NoNativeDevices>,
    pub owner: Caller,
    pub neighbour: Caller,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub follower: Follower,
    pub dispatcher: Dispatcher,
    pub data: TempDir,
}

/// A hub over what a directory holds.
pub async fn hub_on(data: &TempDir, clock: &Arc<SetClock>) -> Arc<Hub> {
    let url = format!("sqlite://{}", data.path().join("lares.db").display());
    let store = Store::open(&StoreOptions { url, readers_max: 2 }).await.unwrap();
    store.migrate().await.unwrap();
    let hub = Hub::new(HubParts {
        store,
        telemetry: Arc::new(EmbeddedTelemetry::open(data.path()).unwrap()),
        clock: clock.clone(),
        entropy: Arc::new(Counted(AtomicU64::new(clock.now().0.unsigned_abs()))),
        vault: Vault::new(&[7; 32]).unwrap(),
        time_policy: TimePolicy::default(),
        command_policy: CommandPolicy::default(),
        presence_policy: PresencePolicy::default(),
        dialects: crate::fake_dialect::dialects,
        exporter: Some(crate::fake_export::EXPORTER),
        device_authority: Some(crate::certificates::authority()),
        public_url: "http://localhost".to_owned(),
        accounts: lares_hub::accounts::AccountPolicy::default(),
        other_origins: vec![],
        providers: vec![],
        query_limits: lares_model::history::QueryLimits::default(),
    });
    hub.directory.load(&hub.store).await.unwrap();
    hub
}

async fn owner(hub: &Hub, email: &str) -> (Caller, OrganisationId) {
    let made = identity::create_owner(hub, email, "Owner", "a long enough password", "House").await;
    let (user, organisation) = made.unwrap();
    let token = identity::issue_for(hub, user.id, "test").await.unwrap().token;
    (identity::caller_of(hub, &token).await.unwrap(), organisation.id)
}

pub async fn home_of(hub: &Hub, caller: &Caller, organisation: OrganisationId) -> HomeId {
    let home = NewHome {
        organisation,
        name: "Home".to_owned(),
        address: String::new(),
        time_zone: "Europe/Berlin".to_owned(),
        property_type: PropertyType::House,
        floor_area_m2: None,
    };
    homes::create(hub, caller, None, home).await.unwrap().id
}

impl Bed {
    pub async fn new() -> Bed {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(START.0)));
        let hub = hub_on(&data, &clock).await;
        let bus = Arc::new(Bus::default());
        hub.connect_bus(bus.clone());
        let native = Arc::new(NoNativeDevices::default());
        hub.connect_link(native.clone());
        let (owner_caller, organisation) = owner(&hub, "owner@example.org").await;
        let (neighbour, _) = owner(&hub, "neighbour@example.org").await;
        let home = home_of(&hub, &owner_caller, organisation).await;
        let follower = Follower::load(&hub).await.unwrap();
        let dispatcher = Dispatcher::new(&hub);
        Bed {
            hub,
            clock,
            bus,
            native,
            owner: owner_caller,
            neighbour,
            organisation,
            home,
            follower,
            dispatcher,
            data,
        }
    }

    /// Native devices whose sessions were cut since the last call.
    pub fn cut_devices(&self) -> Vec<DeviceId> {
        std::mem::take(&mut *self.native.0.lock().unwrap())
    }

    /// What follows from a message of a client; `None` when nothing does.
    pub fn heard(&self, topic: &str, payload: &str, trusted: bool) -> Option<dialects::Consequence> {
        let received = self.hub.now();
        let heard = Heard { topic, payload: payload.as_bytes(), retain: false, replayed: false, received };
        dialects::hear(&self.hub, self.home, &heard, trusted)
    }

    pub async fn hear(&self, topic: &str, payload: &str) {
        self.heard(topic, payload, false).unwrap().await.unwrap();
    }

    pub async fn hear_trusted(&self, topic: &str, payload: &str) {
        self.heard(topic, payload, true).unwrap().await.unwrap();
    }

    /// The same data and home bus under a new hub.
    pub async fn restarted(self) -> Bed {
        let Bed { hub, clock, bus, native, owner, neighbour, organisation, home, follower, dispatcher, data } =
            self;
        drop((follower, dispatcher));
        hub.store.clone().close().await;
        drop(hub);
        clock.advance(1_000);
        let hub = hub_on(&data, &clock).await;
        hub.connect_bus(bus.clone());
        hub.connect_link(native.clone());
        let mut follower = Follower::load(&hub).await.unwrap();
        follower.catch_up().await.unwrap();
        let dispatcher = Dispatcher::new(&hub);
        Bed { hub, clock, bus, native, owner, neighbour, organisation, home, follower, dispatcher, data }
    }
}
