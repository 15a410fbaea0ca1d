//! What a case runs on: a migrated, empty store, ids in order, and ready-made nouns.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lares_model::access::Scope;
use lares_model::command::{Command, CommandState, Condition};
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::event::{Cause, EventType, NewEvent};
use lares_model::home::{Home, Organisation, PropertyType, Room};
use lares_model::{CommandId, DeviceId, EventId, HomeId, OrganisationId, RoomId, UnixMillis, UserId, Value};
use lares_store::users::User;
use lares_store::{
    Page, Store, StoreError, StoreOptions, UnitOfWork, devices, homes, organisations, rooms, users,
};
use lares_testbed::postgres::Postgres;
use uuid::Uuid;

pub const NOW: UnixMillis = UnixMillis(1_795_000_000_123);
pub const ALL: Page = Page { after: None, limit: 1_000 };

#[derive(Clone)]
pub struct Bed {
    pub store: Store,
    pub url: String,
    ids: Arc<AtomicU64>,
}

pub fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(Bed) -> F) {
    let directory = tempfile::tempdir().unwrap();
    run(format!("sqlite://{}/store.db", directory.path().display()), case);
}

pub fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Bed) -> F) {
    let server = Postgres::shared();
    run(server.fresh_database().unwrap(), case);
}

fn run<F: Future<Output = ()>>(url: String, case: impl FnOnce(Bed) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&StoreOptions { url: url.clone(), readers_max: 12 }).await.unwrap();
        store.migrate().await.unwrap();
        let bed = Bed { store: store.clone(), url, ids: Arc::default() };
        case(bed).await;
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        store.close().await;
    });
}

/// A household with a home, a room in it and a device in that.
pub struct Household {
    pub organisation: OrganisationId,
    pub scope: Scope,
    pub home: Home,
    pub room: Room,
    pub device: Device,
}

impl Bed {
    /// Ids in order, as UUIDv7 are.
    pub fn id(&self) -> Uuid {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
    }

    pub async fn work(&self) -> UnitOfWork {
        self.store.begin().await.unwrap()
    }

    pub fn organisation(&self, name: &str) -> Organisation {
        Organisation { id: OrganisationId(self.id()), name: name.to_owned(), created_at: NOW }
    }

    pub fn home(&self, organisation: OrganisationId) -> Home {
        Home {
            id: HomeId(self.id()),
            organisation,
            name: "Casa Azul".to_owned(),
            address: "Calle Mayor 1\n28013 Madrid".to_owned(),
            time_zone: "Europe/Madrid".to_owned(),
            property_type: PropertyType::HolidayRental,
            floor_area_m2: Some(84.5),
            export_homeassistant: false,
            created_at: NOW,
        }
    }

    pub fn room(&self, home: &Home) -> Room {
        Room {
            id: RoomId(self.id()),
            organisation: home.organisation,
            home: home.id,
            name: "Küche".to_owned(),
            created_at: NOW + 1,
        }
    }

    pub fn device(&self, home: &Home) -> Device {
        Device {
            id: DeviceId(self.id()),
            organisation: home.organisation,
            home: home.id,
            room: None,
            name: "Front door".to_owned(),
            vendor: "Acme".to_owned(),
            model: "L-100".to_owned(),
            serial: None,
            firmware: Some("1.2.3".to_owned()),
            endpoints: vec![
                Endpoint { endpoint: 0, capabilities: vec!["PowerSource".to_owned()], ..Endpoint::default() },
                Endpoint {
                    endpoint: 1,
                    capabilities: vec!["DoorLock".to_owned(), "BooleanState".to_owned()],
                    ..Endpoint::default()
                },
            ],
            tags: vec!["ground-floor".to_owned(), "doors".to_owned()],
            encoding: Encoding::Cbor,
            expected_interval_s: 300,
            command_counter: 0,
            origin: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    pub fn user(&self, email: &str) -> User {
        User {
            id: UserId(self.id()),
            email: email.to_owned(),
            name: "Ana".to_owned(),
            password_phc: "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
            created_at: NOW,
            email_verified_at: None,
            sign_in_epoch: 0,
        }
    }

    pub fn event(&self, organisation: OrganisationId) -> NewEvent {
        NewEvent {
            id: EventId(self.id()),
            organisation,
            event_type: EventType::AttributeChanged,
            time: NOW,
            recorded: NOW + 5,
            home: None,
            device: None,
            cause: Cause::System,
            origin: None,
            payload: serde_json::json!({ "attribute": "DoorLock.LockState", "to": "locked", "ö": [1, null] }),
        }
    }

    pub fn command(&self, device: &Device, counter: i64) -> Command {
        Command {
            id: CommandId(self.id()),
            organisation: device.organisation,
            home: device.home,
            device: device.id,
            endpoint: 1,
            name: "DoorLock.LockDoor".to_owned(),
            args: BTreeMap::from([("Pin".to_owned(), Value::Text("1234".to_owned()))]),
            preconditions: vec![Condition {
                endpoint: 1,
                attribute: "DoorLock.LockState".to_owned(),
                equals: Value::Text("unlocked".to_owned()),
            }],
            issuer: Cause::User(UserId(self.id())),
            counter,
            nonce: "00112233445566778899aabbccddeeff".to_owned(),
            created_at: NOW,
            not_after: NOW + 60_000,
            state: CommandState::Queued,
            state_since: NOW,
            reason: None,
            sent_at: None,
            attempts: 0,
        }
    }

    pub async fn organisations(&self, count: usize) -> Vec<OrganisationId> {
        let work = self.work().await;
        let mut ids = Vec::new();
        for number in 0..count {
            let organisation = self.organisation(&format!("Organisation {number}"));
            organisations::insert(&work, &organisation).await.unwrap();
            ids.push(organisation.id);
        }
        work.commit().await.unwrap();
        ids
    }

    pub async fn household(&self) -> Household {
        let organisation = self.organisations(1).await[0];
        let home = self.home(organisation);
        let room = self.room(&home);
        let device = Device { room: Some(room.id), ..self.device(&home) };
        let work = self.work().await;
        homes::insert(&work, &home).await.unwrap();
        rooms::insert(&work, &room).await.unwrap();
        devices::insert(&work, &device).await.unwrap();
        work.commit().await.unwrap();
        Household { organisation, scope: Scope::of([organisation]), home, room, device }
    }

    pub async fn insert_user(&self, email: &str) -> User {
        let user = self.user(email);
        let work = self.work().await;
        users::insert(&work, &user).await.unwrap();
        work.commit().await.unwrap();
        user
    }
}

pub fn conflict_of<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Conflict { what }) => what,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// Numbers that look random and are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
