//! What is to go stays gone: readings removed before the process is killed, and readings older than they are kept, on a
//! clock of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use lares_hub::devices::{self, NewDevice};
use lares_hub::follower::Follower;
use lares_hub::homes::{self, NewHome};
use lares_hub::vault::Vault;
use lares_hub::{Caller, Hub, HubParts, expirer, history, identity, ingest, readings, retention};
use lares_model::UnixMillis;
use lares_model::command::CommandPolicy;
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::history::{Division, Step};
use lares_model::home::{Organisation, PropertyType};
use lares_model::ports::{Clock, Entropy};
use lares_model::presence::PresencePolicy;
use lares_model::protocol::Channel;
use lares_model::reading::TimePolicy;
use lares_model::retention::{Kept, Retention};
use lares_store::{Store, StoreOptions};
use lares_telemetry::EmbeddedTelemetry;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::durability_clients::register;
use super::process::{Engine, Lares, lares_now_ms};

const TEMPERATURE: &str = "TemperatureMeasurement.MeasuredValue";
const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removed_readings_are_gone_after_a_kill_too() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let home = lares.demo().homes[0].clone();
    let endpoints = json!([{ "endpoint": 1, "capabilities": ["TemperatureMeasurement"] }]);
    let device = register(&lares.api(), &home, "Kept and gone", endpoints).await.id;
    let now = lares_now_ms();
    let instant = |ms: i64| UnixMillis(ms).to_string();
    let row = |nth: i64| format!("{},1,{TEMPERATURE},{}\n", instant(now - DAY_MS + nth * 60_000), nth % 30);
    let file = format!("time,endpoint,attribute,value\n{}", (0..600).map(row).collect::<String>());
    let path = format!("/api/iot/devices/{device}/readings");
    lares.api().send(Method::POST, &format!("{path}/import"), Some(file)).await;
    let span =
        format!("from={}&until={}", instant(now - DAY_MS + 6_000_000), instant(now - DAY_MS + 12_000_000));
    let gone = lares.api().send(Method::DELETE, &format!("{path}?{span}"), None).await;
    assert_eq!(gone["removed"], 100);
    lares.kill();
    lares.start().await;
    let left = lares.api().all(&format!("{path}?limit=1000")).await;
    assert_eq!(left.len(), 500);
    let history = format!("/api/iot/devices/{device}/history?attribute={TEMPERATURE}&{span}");
    assert_eq!(lares.api().get(&history).await["buckets"], json!([]));
    lares.stop().await;
    assert_eq!(lares.check(), Vec::<String>::new());
}

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

struct House {
    hub: Arc<Hub>,
    telemetry: Arc<EmbeddedTelemetry>,
    clock: Arc<SetClock>,
    caller: Caller,
    organisation: Organisation,
    device: Arc<Device>,
    follower: Follower,
    _data: TempDir,
}

impl House {
    async fn new() -> House {
        let data = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", data.path().join("lares.db").display());
        let store = Store::open(&StoreOptions { url, readers_max: 1 }).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(1_800_000_000_000)));
        let telemetry = Arc::new(EmbeddedTelemetry::open(data.path()).unwrap());
        let hub = Hub::new(HubParts {
            store,
            telemetry: telemetry.clone(),
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
        let capabilities = vec!["TemperatureMeasurement".into(), "ElectricalEnergyMeasurement".into()];
        let device = NewDevice {
            home,
            room: None,
            name: "Meter".to_owned(),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            endpoints: vec![Endpoint { endpoint: 1, capabilities, ..Endpoint::default() }],
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: Some(3_600),
        };
        let device = devices::register(&hub, &caller, None, &device).await.unwrap().device;
        let device = hub.directory.get(device.id).unwrap();
        let follower = Follower::load(&hub).await.unwrap();
        House { hub, telemetry, clock, caller, organisation, device, follower, _data: data }
    }

    /// An hourly report for so many days, as time goes by.
    async fn live(&mut self, days: i64) {
        for hour in 0..days * 24 {
            self.clock.0.fetch_add(HOUR_MS, Ordering::Relaxed);
            let now = self.hub.now().0;
            for (attribute, value) in [(TEMPERATURE, 20 + hour % 3), (ENERGY, now / HOUR_MS)] {
                let message =
                    json!({ "v": 1, "time": now, "readings": [{ "attribute": attribute, "value": value }] });
                let payload = message.to_string();
                ingest::report(&self.hub, &self.device, Channel::Telemetry, None, payload.as_bytes())
                    .await
                    .unwrap();
            }
        }
        self.follower.catch_up().await.unwrap();
        self.telemetry.seal_all().unwrap();
    }

    async fn expire(&self) {
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        expirer::expire_all(&self.hub, self.hub.now(), &stopped).await.unwrap();
    }

    /// How many days old the oldest reading is.
    async fn oldest_days(&self, attribute: &str) -> i64 {
        let filter = readings::ReadingsFilter { attribute: Some(attribute.to_owned()), ..Default::default() };
        let list = readings::list(&self.hub, &self.caller, self.device.id, filter, None, 1).await.unwrap();
        self.hub.now().since_ms(list.items[0].time()) / DAY_MS
    }

    async fn days_in_history(&self, attribute: &str) -> usize {
        let asked = history::Asked {
            attribute: attribute.to_owned(),
            endpoint: None,
            from: Some(self.hub.now() - 400 * DAY_MS),
            until: None,
            division: Division::Calendar(Step::Day),
        };
        history::of_device(&self.hub, &self.caller, self.device.id, &asked).await.unwrap().buckets.len()
    }
}

#[tokio::test]
async fn readings_go_when_their_time_has_come_and_their_days_stay() {
    let mut house = House::new().await;
    // Whole days (UTC) are shown, also where the chunk of an older one stays.
    let within_a_day = 10..=11;
    let measurement = Kept { raw_days: Some(10), rollup_days: Some(40) };
    let kept = Retention { measurement, ..Retention::default() };
    retention::set(&house.hub, &house.caller, house.organisation.id, kept).await.unwrap();
    house.live(150).await;
    house.expire().await;
    let oldest = house.oldest_days(TEMPERATURE).await;
    assert!(within_a_day.contains(&oldest), "{oldest}");
    let days = house.days_in_history(TEMPERATURE).await;
    // Their bytes are kept 64 together. A day of the home begins and ends within one of UTC.
    assert!((40..=42).contains(&days), "{days}");
    assert_eq!(house.oldest_days(ENERGY).await, 149, "the meter is kept for ever");
    assert!(house.days_in_history(ENERGY).await >= 150);
    // A month later another month is gone; nothing happens twice on one day.
    house.live(30).await;
    house.expire().await;
    house.expire().await;
    let oldest = house.oldest_days(TEMPERATURE).await;
    assert!(within_a_day.contains(&oldest), "{oldest}");
    assert_eq!(house.oldest_days(ENERGY).await, 179);
    let told = lares_hub::events::EventFilter::default();
    let events =
        lares_hub::events::list(&house.hub, &house.caller, None, &told, None, true, 10).await.unwrap();
    let expired =
        events.items.iter().filter(|event| event.event_type.as_text() == "readings.expired").count();
    assert_eq!(expired, 2, "once for each time that something went");
}
