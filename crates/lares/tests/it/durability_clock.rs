//! The server's clock set back by an hour, and forward: commands end, proofs count, state and presence follow what
//! devices say. The hub of the product on a clock of the test's own.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use lares_hub::commands::{self, NewCommand};
use lares_hub::devices::{self, NewDevice};
use lares_hub::dispatcher::Dispatcher;
use lares_hub::follower::Follower;
use lares_hub::homes::{self, NewHome};
use lares_hub::vault::Vault;
use lares_hub::{Caller, Hub, HubParts, identity, ingest};
use lares_model::command::{Command, CommandPolicy, CommandState};
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::home::PropertyType;
use lares_model::ports::{Clock, Entropy, Link, LinkError};
use lares_model::presence::{PresencePolicy, PresenceStatus, judge_silence};
use lares_model::protocol::Channel;
use lares_model::reading::{Quality, TimePolicy};
use lares_model::{DeviceId, UnixMillis, Value};
use lares_store::{Store, StoreOptions};
use lares_telemetry::EmbeddedTelemetry;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use uuid::Uuid;

const START_MS: i64 = 1_800_000_000_000;
const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

struct Counted(AtomicU64);

impl Entropy for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        bytes.fill(count as u8);
        bytes.iter_mut().zip(count.to_be_bytes()).for_each(|(byte, digit)| *byte = digit);
    }
}

/// The device is there, or away; there it takes whatever it is sent.
struct Reach(AtomicBool);

impl Link for Reach {
    fn ready(&self, _: DeviceId) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn send<'a>(
        &'a self,
        _: &'a Device,
        _: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn cut(&self, _: DeviceId) {}
}

struct House {
    hub: Arc<Hub>,
    clock: Arc<SetClock>,
    reach: Arc<Reach>,
    caller: Caller,
    device: Arc<Device>,
    follower: Follower,
    dispatcher: Dispatcher,
    _data: TempDir,
}

impl House {
    async fn new() -> House {
        let data = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", data.path().join("lares.db").display());
        let store = Store::open(&StoreOptions { url, readers_max: 1 }).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(START_MS)));
        let hub = Hub::new(HubParts {
            store,
            telemetry: Arc::new(EmbeddedTelemetry::open(data.path()).unwrap()),
            clock: clock.clone(),
            entropy: Arc::new(Counted(AtomicU64::new(1))),
            vault: Vault::new(&[7; 32]).unwrap(),
            time_policy: TimePolicy::default(),
            command_policy: CommandPolicy::default(),
            presence_policy: PresencePolicy::default(),
            dialects: Vec::new,
            exporter: None,
            device_authority: None,
            public_url: "http://localhost".to_owned(),
            accounts: lares_hub::accounts::AccountPolicy::default(),
            other_origins: vec![],
            providers: vec![],
            query_limits: lares_model::history::QueryLimits::default(),
        });
        let reach = Arc::new(Reach(AtomicBool::new(true)));
        hub.connect_link(reach.clone());
        let password = "a long enough password";
        let made = identity::create_owner(&hub, "owner@example.org", "Owner", password, "House").await;
        let (user, organisation) = made.unwrap();
        let token = identity::issue_for(&hub, user.id, "test").await.unwrap().token;
        let caller = identity::caller_of(&hub, &token).await.unwrap();
        let home = NewHome {
            organisation: organisation.id,
            name: "Home".to_owned(),
            address: String::new(),
            time_zone: "Europe/Berlin".to_owned(),
            property_type: PropertyType::House,
            floor_area_m2: None,
        };
        let home = homes::create(&hub, &caller, None, home).await.unwrap().id;
        let device = NewDevice {
            home,
            room: None,
            name: "Door".to_owned(),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["OnOff".into(), "DoorLock".into()],
                ..Endpoint::default()
            }],
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: Some(60),
        };
        let device = devices::register(&hub, &caller, None, &device).await.unwrap().device;
        let device = hub.directory.get(device.id).unwrap();
        let follower = Follower::load(&hub).await.unwrap();
        let dispatcher = Dispatcher::new(&hub);
        House { hub, clock, reach, caller, device, follower, dispatcher, _data: data }
    }

    fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    async fn report(&mut self, mut message: Json) {
        message["v"] = json!(1);
        let payload = message.to_string();
        ingest::report(&self.hub, &self.device, Channel::State, None, payload.as_bytes()).await.unwrap();
        self.follower.catch_up().await.unwrap();
    }

    /// A state with a sequence number and no time, as devices without a clock send it.
    async fn report_state(&mut self, seq: u64, attribute: &str, value: Json) {
        self.report(json!({ "seq": seq, "readings": [{ "attribute": attribute, "value": value }] })).await;
    }

    async fn submit(&self, name: &str, not_after: Option<UnixMillis>) -> Command {
        let new = NewCommand {
            endpoint: None,
            name: name.to_owned(),
            args: BTreeMap::new(),
            preconditions: vec![],
            not_after,
        };
        commands::submit(&self.hub, &self.caller, None, self.device.id, new).await.unwrap()
    }

    async fn state_of(&self, command: &Command) -> CommandState {
        commands::find(&self.hub, &self.caller, command.id).await.unwrap().state
    }

    fn known(&self, attribute: &str) -> Option<Value> {
        self.hub.live.with(self.device.id, |state| Some(state.value(1, attribute)?.value.clone()))
    }
}

#[tokio::test]
async fn a_proof_counts_after_the_clock_was_set_back() {
    let mut house = House::new().await;
    // Before the command was sent it proves nothing.
    house.report_state(1, "DoorLock.LockState", json!("Unlocked")).await;
    house.pass(SECOND_MS);
    let command = house.submit("DoorLock.UnlockDoor", None).await;
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&command).await, CommandState::Sent);
    house.pass(5 * SECOND_MS - HOUR_MS);
    house.report_state(2, "DoorLock.LockState", json!("Unlocked")).await;
    assert_eq!(house.state_of(&command).await, CommandState::Confirmed);
}

#[tokio::test]
async fn no_command_waits_for_the_clock_to_come_there_again() {
    let mut house = House::new().await;
    let unlock = house.submit("DoorLock.UnlockDoor", None).await;
    let behind = house.submit("OnOff.On", None).await;
    house.dispatcher.look().await.unwrap();
    house.pass(-HOUR_MS);
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&unlock).await, CommandState::Unconfirmed);
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&behind).await, CommandState::Sent);
    // A small step back is drift, and the wait goes on.
    house.pass(-5 * SECOND_MS);
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&behind).await, CommandState::Sent);
    house.report_state(1, "OnOff.OnOff", json!(true)).await;
    assert_eq!(house.state_of(&behind).await, CommandState::Confirmed);
}

#[tokio::test]
async fn a_command_expires_by_the_clock_as_it_is() {
    let mut house = House::new().await;
    house.reach.0.store(false, Ordering::Relaxed);
    let command = house.submit("OnOff.On", Some(UnixMillis(START_MS + 60 * SECOND_MS))).await;
    // Set back, it waits longer; it is never sent after its time.
    house.pass(-HOUR_MS);
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&command).await, CommandState::Queued);
    house.pass(2 * HOUR_MS);
    house.reach.0.store(true, Ordering::Relaxed);
    house.dispatcher.look().await.unwrap();
    assert_eq!(house.state_of(&command).await, CommandState::Expired);
}

#[tokio::test]
async fn state_follows_what_devices_say_after_the_clock_was_set_back() {
    let mut house = House::new().await;
    house.report_state(1, "OnOff.OnOff", json!(true)).await;
    house.pass(-HOUR_MS);
    house.report_state(2, "OnOff.OnOff", json!(false)).await;
    assert_eq!(house.known("OnOff.OnOff"), Some(Value::Bool(false)));
    // With the device's own time, which is right now, too; and a late one changes nothing.
    let readings = json!([{ "attribute": "OnOff.OnOff", "value": true }]);
    let now = START_MS - HOUR_MS;
    house.pass(SECOND_MS);
    house.report(json!({ "time": now + 500, "readings": readings })).await;
    assert_eq!(house.known("OnOff.OnOff"), Some(Value::Bool(true)));
    let late = json!([{ "attribute": "OnOff.OnOff", "value": false }]);
    house.report(json!({ "time": now - HOUR_MS, "readings": late })).await;
    assert_eq!(house.known("OnOff.OnOff"), Some(Value::Bool(true)));
}

#[tokio::test]
async fn time_stamps_are_judged_by_the_clock_as_it_is() {
    let mut house = House::new().await;
    house.pass(-HOUR_MS);
    let readings = json!([{ "attribute": "OnOff.OnOff", "value": true }]);
    house.report(json!({ "time": START_MS, "readings": readings })).await;
    let quality =
        house.hub.live.with(house.device.id, |state| state.value(1, "OnOff.OnOff").unwrap().quality);
    assert_eq!(quality, Quality::Future, "kept and marked");
}

#[tokio::test]
async fn presence_does_not_flap_and_silence_is_noticed_after_the_clock_was_set_back() {
    let mut house = House::new().await;
    house.report_state(1, "OnOff.OnOff", json!(true)).await;
    let judge = |house: &House| {
        let state = house.hub.live.of(house.device.id);
        judge_silence(&house.hub.presence_policy, state.presence, state.last_seen, 60, house.hub.now())
    };
    house.pass(-HOUR_MS);
    assert_eq!(judge(&house), None);
    house.report_state(2, "OnOff.OnOff", json!(false)).await;
    assert_eq!(judge(&house), None);
    let state = house.hub.live.of(house.device.id);
    assert_eq!(state.presence.status, PresenceStatus::Online);
    house.pass(151 * SECOND_MS);
    assert_eq!(judge(&house), Some(PresenceStatus::Late), "two and a half intervals of silence");
}
