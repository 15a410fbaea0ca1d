//! Devices of other makers: found, decided upon, heard, commanded, and gone.

use std::collections::BTreeMap;

use lares_hub::commands::{self, NewCommand};
use lares_hub::devices::{self, DeviceChange, Replacement};
use lares_hub::discovered::{self, Acceptance};
use lares_hub::{HubError, Once, diagnostics, dialects, rooms};
use lares_model::command::CommandState;
use lares_model::device::Device;
use lares_model::discovered::DiscoveredState;
use lares_model::event::{Cause, Event, EventType};
use lares_model::presence::PresenceStatus;
use lares_model::{DeviceId, DiscoveredId, Value};
use lares_store::events::{self, EventFilter};
use serde_json::{Value as Json, json};

use crate::bed::Bed;

const LAMP: &str = r#"{ "name": "kitchen lamp", "can": ["OnOff"], "also": ["effect"], "firmware": "1" }"#;
const LOCK: &str = r#"{ "name": "door", "can": ["DoorLock"] }"#;

impl Bed {
    async fn inbox(&self, state: Option<DiscoveredState>) -> Vec<discovered::Found> {
        discovered::list(&self.hub, &self.owner, self.home, state).await.unwrap().items
    }

    async fn only_found(&self) -> DiscoveredId {
        let inbox = self.inbox(None).await;
        assert_eq!(inbox.len(), 1);
        inbox[0].discovered.id
    }

    async fn accept(&self, id: DiscoveredId) -> Result<Device, HubError> {
        discovered::accept(&self.hub, &self.owner, None, self.home, id, Acceptance::default()).await
    }

    /// A device that said this of itself and was accepted.
    async fn accepted(&self, about: &str) -> Device {
        self.hear("fake/a/about", about).await;
        self.accept(self.only_found().await).await.unwrap()
    }

    async fn log(&self) -> Vec<Event> {
        let filter = EventFilter { home: Some(self.home), ..EventFilter::default() };
        events::after(&self.hub.store, self.organisation, 0, &filter, 1_000).await.unwrap()
    }

    async fn types(&self) -> Vec<EventType> {
        self.log().await.into_iter().map(|event| event.event_type).collect()
    }

    fn value(&self, device: DeviceId, attribute: &str) -> Option<Value> {
        self.hub.live.with(device, |state| state.value(1, attribute).map(|latest| latest.value.clone()))
    }

    fn status(&self, device: DeviceId) -> PresenceStatus {
        self.hub.live.with(device, |state| state.presence.status)
    }

    async fn command(&self, device: DeviceId, name: &str) -> Result<lares_model::command::Command, HubError> {
        let new = NewCommand {
            endpoint: None,
            name: name.to_owned(),
            args: BTreeMap::new(),
            preconditions: vec![],
            not_after: None,
        };
        commands::submit(&self.hub, &self.owner, None, device, new).await
    }

    async fn command_with(
        &self,
        device: DeviceId,
        name: &str,
        arg: (&str, &str),
    ) -> Result<lares_model::command::Command, HubError> {
        let args = BTreeMap::from([(arg.0.to_owned(), Value::Text(arg.1.to_owned()))]);
        let (name, preconditions) = (name.to_owned(), vec![]);
        let new = NewCommand { endpoint: None, name, args, preconditions, not_after: None };
        commands::submit(&self.hub, &self.owner, None, device, new).await
    }

    /// Every byte of the relational store.
    fn stored(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.data.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lares.db")) {
                all.extend(std::fs::read(path).unwrap());
            }
        }
        all
    }

    async fn state_of(&self, command: lares_model::CommandId) -> CommandState {
        commands::find(&self.hub, &self.owner, command).await.unwrap().state
    }
}

#[tokio::test]
async fn what_means_nothing_costs_nothing() {
    let bed = Bed::new().await;
    dialects::open(&bed.hub, bed.home).await.unwrap();
    assert!(bed.heard("weather/now", "7", false).is_none());
    assert!(bed.heard("fake/a/other", "7", true).is_none());
}

#[tokio::test]
async fn a_space_opens_with_a_greeting_and_what_is_retained() {
    let bed = Bed::new().await;
    bed.bus.retain("fake/a/about", LAMP);
    bed.bus.retain("fake/a/state", r#"{ "OnOff.OnOff": true }"#);
    // The first message opens it, so that nothing is lost whoever comes first.
    bed.hear("fake/a/online", "1").await;
    let said: Vec<_> = bed.bus.said().into_iter().map(|say| say.topic).collect();
    assert_eq!(said, ["fake/hello"]);
    dialects::open(&bed.hub, bed.home).await.unwrap();
    assert!(bed.bus.said().is_empty(), "once");
    let found = &bed.inbox(None).await[0];
    assert_eq!((found.discovered.state, found.online), (DiscoveredState::Pending, Some(true)));
    assert_eq!(found.values[0].value, Value::Bool(true));
    assert_eq!(bed.types().await, [EventType::HomeCreated, EventType::DeviceDiscovered]);
}

#[tokio::test]
async fn what_waits_becomes_a_device_with_what_it_had_said() {
    let mut bed = Bed::new().await;
    bed.hear("fake/a/about", LAMP).await;
    bed.hear("fake/a/online", "1").await;
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true, "OnOff.Colour": 7 }"#).await;
    assert!(bed.hub.directory.is_empty());
    let kitchen = rooms::create(&bed.hub, &bed.owner, None, bed.home, "Kitchen").await.unwrap();
    let found = &bed.inbox(None).await[0];
    assert_eq!(found.suggested_room, Some(kitchen.id));
    let id = found.discovered.id;
    {
        let stranger = &bed.neighbour;
        let theirs = discovered::accept(&bed.hub, stranger, None, bed.home, id, Acceptance::default()).await;
        assert!(matches!(theirs, Err(HubError::NotFound(_))));
        assert!(matches!(
            discovered::list(&bed.hub, stranger, bed.home, None).await,
            Err(HubError::NotFound(_))
        ));
    }
    let once = Once { key: "k".to_owned(), request_sha256: [1; 32] };
    let decided = Acceptance { name: Some("Lamp".to_owned()), room: Some(kitchen.id) };
    let accept = async || {
        discovered::accept(&bed.hub, &bed.owner, Some(&once), bed.home, id, decided.clone()).await.unwrap()
    };
    let device = accept().await;
    assert_eq!(accept().await, device, "the same request, the same answer");
    assert!(matches!(bed.accept(id).await, Err(HubError::Conflict(_))));
    assert_eq!((device.name.as_str(), device.room), ("Lamp", Some(kitchen.id)));
    assert!(bed.inbox(None).await.is_empty());
    assert_eq!(bed.inbox(Some(DiscoveredState::Accepted)).await[0].device, Some(device.id));

    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.value(device.id, "OnOff.OnOff"), Some(Value::Bool(true)));
    assert_eq!(bed.status(device.id), PresenceStatus::Online);
    let known = diagnostics::of(&bed.hub, &bed.owner, device.id).await.unwrap();
    assert!(known.rejections[0].rejected.reason.contains("OnOff.Colour: is not a known attribute"));
    assert_eq!(known.unknown[0].name, "effect");
    let registered = bed.log().await.into_iter().find(|e| e.event_type == EventType::DeviceRegistered);
    assert_eq!(registered.unwrap().cause, bed.owner.cause());
}

#[tokio::test]
async fn an_accepted_device_reports_like_any_other() {
    let mut bed = Bed::new().await;
    let device = bed.accepted(LAMP).await;
    let written = bed.hub.telemetry.head();
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true }"#).await;
    assert!(bed.hub.telemetry.head() > written, "durable when it resolves");
    bed.hear("fake/a/event", r#"{ "event": "OnOff.Pressed" }"#).await;
    bed.hear("fake/a/bad", "garbage").await;
    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.value(device.id, "OnOff.OnOff"), Some(Value::Bool(true)));
    let known = diagnostics::of(&bed.hub, &bed.owner, device.id).await.unwrap();
    assert_eq!(known.rejections[0].rejected.reason, "cannot be read");
    assert_eq!(known.rejections[0].rejected.excerpt, "garbage");
    let log = bed.log().await;
    let told = log.iter().filter(|event| event.device == Some(device.id));
    assert!(told.clone().any(|event| event.event_type == EventType::DeviceOccurrence));
    assert!(told.clone().any(|event| event.event_type == EventType::AttributeChanged));

    let stamped = format!(r#"{{ "OnOff.OnOff": false, "time": {} }}"#, bed.hub.now().0 - 5);
    bed.clock.advance(10);
    for _ in 0..2 {
        bed.hear("fake/a/state", &stamped).await;
    }
    bed.follower.catch_up().await.unwrap();
    let known = diagnostics::of(&bed.hub, &bed.owner, device.id).await.unwrap();
    assert_eq!(known.duplicates, 1, "its time tells a repetition");
}

#[tokio::test]
async fn what_is_replayed_is_no_news() {
    let mut bed = Bed::new().await;
    let device = bed.accepted(LAMP).await;
    bed.hear("fake/a/online", "1").await;
    bed.follower.catch_up().await.unwrap();
    bed.bus.retain("fake/a/about", LAMP);
    bed.bus.retain("fake/a/state", r#"{ "OnOff.OnOff": true }"#);
    bed.bus.retain("fake/a/online", "1");
    bed.bus.retain("fake/a/gone", "x");
    let (before, events) = (bed.hub.telemetry.head(), bed.types().await);
    let bed = bed.restarted().await;
    dialects::open_all(&bed.hub).await.unwrap();
    assert_eq!((bed.hub.telemetry.head(), bed.types().await), (before, events));
    // Remembered from before, so that it can be commanded before it describes itself again.
    bed.bus.listen("fake/#");
    assert_eq!(bed.command(device.id, "OnOff.On").await.unwrap().state, CommandState::Sent);

    bed.bus.retain("fake/a/online", "0");
    let mut bed = bed.restarted().await;
    dialects::open_all(&bed.hub).await.unwrap();
    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.status(device.id), PresenceStatus::Offline, "it left while nobody listened");
}

#[tokio::test]
async fn a_trusted_clients_devices_are_accepted_at_once() {
    let mut bed = Bed::new().await;
    let hall = rooms::create(&bed.hub, &bed.owner, None, bed.home, "Hall").await.unwrap();
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true }"#).await;
    bed.hear_trusted("fake/a/about", r#"{ "name": "x", "can": ["OnOff"], "room": "hall" }"#).await;
    let device = bed.hub.directory.by_origin(bed.home, "fake", "a").unwrap();
    assert_eq!(device.room, Some(hall.id));
    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.value(device.id, "OnOff.OnOff"), Some(Value::Bool(true)));
    let registered = bed.log().await.into_iter().find(|e| e.event_type == EventType::DeviceRegistered);
    assert_eq!(registered.unwrap().cause, Cause::System);
    // Nothing that Lares has a word for: it waits, whoever announced it.
    bed.hear_trusted("fake/b/about", r#"{ "name": "y", "can": ["Teleportation"] }"#).await;
    let waiting = bed.only_found().await;
    assert!(matches!(bed.accept(waiting).await, Err(HubError::Conflict(_))));
}

#[tokio::test]
async fn everything_that_waits_is_accepted_in_one_go() {
    let bed = Bed::new().await;
    for (id, about) in [("a", LAMP), ("b", r#"{ "name": "y", "can": [] }"#), ("c", LOCK)] {
        bed.hear(&format!("fake/{id}/about"), about).await;
    }
    let outcomes = discovered::accept_all(&bed.hub, &bed.owner, bed.home).await.unwrap();
    let accepted = outcomes.iter().filter(|one| one.outcome.is_ok()).count();
    assert_eq!((outcomes.len(), accepted), (3, 2));
    let again = discovered::accept_all(&bed.hub, &bed.owner, bed.home).await.unwrap();
    assert_eq!(again.len(), 1);
    let theirs = discovered::accept_all(&bed.hub, &bed.neighbour, bed.home).await;
    assert!(matches!(theirs, Err(HubError::NotFound(_))));
}

#[tokio::test]
async fn a_device_follows_its_description_except_where_a_person_changed_it() {
    let bed = Bed::new().await;
    let device = bed.accepted(LAMP).await;
    let events = bed.types().await.len();
    bed.hear("fake/a/about", LAMP).await;
    assert_eq!(bed.types().await.len(), events, "nothing changed, nothing written");
    bed.hear("fake/a/about", r#"{ "name": "ceiling", "can": ["OnOff", "LevelControl"], "firmware": "2" }"#)
        .await;
    let followed = bed.hub.directory.get(device.id).unwrap();
    assert_eq!((followed.name.as_str(), followed.firmware.as_deref()), ("ceiling", Some("2")));
    assert!(followed.has(1, "LevelControl"));
    let last = bed.log().await.pop().unwrap();
    assert_eq!((last.event_type, last.cause), (EventType::DeviceUpdated, Cause::System));
    assert_eq!(devices::find(&bed.hub, &bed.owner, device.id).await.unwrap(), *followed);

    let change = DeviceChange { name: Some("Mine".to_owned()), ..DeviceChange::default() };
    devices::update(&bed.hub, &bed.owner, device.id, change).await.unwrap();
    bed.hear("fake/a/about", r#"{ "name": "other", "can": ["OnOff"] }"#).await;
    assert_eq!(bed.hub.directory.get(device.id).unwrap().name, "Mine");
}

#[tokio::test]
async fn a_device_that_is_gone_stays_with_its_history() {
    let mut bed = Bed::new().await;
    let device = bed.accepted(LAMP).await;
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true }"#).await;
    bed.hear("fake/a/gone", "").await;
    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.status(device.id), PresenceStatus::Offline);
    assert!(bed.types().await.contains(&EventType::DeviceGone));
    assert!(devices::find(&bed.hub, &bed.owner, device.id).await.is_ok());
    // What nobody had decided on leaves the inbox.
    bed.hear("fake/b/about", LAMP).await;
    bed.hear("fake/b/gone", "").await;
    assert!(bed.inbox(None).await.is_empty());
}

#[tokio::test]
async fn what_is_ignored_or_deleted_is_not_offered_again_and_can_be_taken_after_all() {
    let bed = Bed::new().await;
    bed.hear("fake/a/about", LAMP).await;
    let id = bed.only_found().await;
    let theirs = discovered::ignore(&bed.hub, &bed.neighbour, bed.home, id).await;
    assert!(matches!(theirs, Err(HubError::NotFound(_))));
    discovered::ignore(&bed.hub, &bed.owner, bed.home, id).await.unwrap();
    bed.hear_trusted("fake/a/about", r#"{ "name": "anew", "can": ["OnOff"] }"#).await;
    assert!(bed.inbox(Some(DiscoveredState::Pending)).await.is_empty());
    assert!(bed.hub.directory.is_empty());
    let device = bed.accept(id).await.unwrap();
    assert_eq!(device.name, "anew");
    let refused = discovered::ignore(&bed.hub, &bed.owner, bed.home, id).await;
    assert!(matches!(refused, Err(HubError::Conflict(_))));
    devices::delete(&bed.hub, &bed.owner, device.id).await.unwrap();
    bed.hear_trusted("fake/a/about", LAMP).await;
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true }"#).await;
    assert!(bed.hub.directory.is_empty());
    assert_eq!(bed.inbox(Some(DiscoveredState::Ignored)).await.len(), 1);
    assert_ne!(bed.accept(id).await.unwrap().id, device.id);
}

#[tokio::test]
async fn a_foreign_device_has_no_credentials_and_stays_in_its_home() {
    let bed = Bed::new().await;
    let id = bed.accepted(LAMP).await.id;
    let rotated = devices::rotate_credentials(&bed.hub, &bed.owner, None, id).await;
    assert!(matches!(rotated, Err(HubError::Conflict(_))));
    let replaced = devices::replace(&bed.hub, &bed.owner, None, id, Replacement::default()).await;
    assert!(matches!(replaced, Err(HubError::Conflict(_))));
    let elsewhere = crate::bed::home_of(&bed.hub, &bed.owner, bed.organisation).await;
    let change = DeviceChange { home: Some(elsewhere), ..DeviceChange::default() };
    let moved = devices::update(&bed.hub, &bed.owner, id, change).await;
    assert!(matches!(moved, Err(HubError::Invalid(_))));
    assert!(!devices::authenticate(&bed.hub, id, "").await.unwrap());
}

#[tokio::test]
async fn a_command_is_worded_sent_where_somebody_listens_and_proved_by_a_report() {
    let mut bed = Bed::new().await;
    let device = bed.accepted(LAMP).await;
    bed.bus.said();
    let queued = bed.command(device.id, "OnOff.On").await.unwrap();
    assert_eq!((queued.state, bed.bus.said().len()), (CommandState::Queued, 0), "nobody listens");
    bed.bus.listen("fake/#");
    bed.dispatcher.look().await.unwrap();
    assert_eq!(bed.state_of(queued.id).await, CommandState::Sent);
    let said = bed.bus.said();
    assert_eq!((said[0].topic.as_str(), said[0].payload.as_slice()), ("fake/a/set", b"on".as_slice()));
    assert!(!said[0].retain, "a command is never kept");
    bed.clock.advance(100);
    bed.hear("fake/a/state", r#"{ "OnOff.OnOff": true }"#).await;
    bed.follower.catch_up().await.unwrap();
    assert_eq!(bed.state_of(queued.id).await, CommandState::Confirmed);
    let refused = bed.command(device.id, "OnOff.Toggle").await;
    let Err(HubError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
    assert_eq!(invalid.errors[0].reason, "a fake cannot OnOff.Toggle");
    assert!(diagnostics::of(&bed.hub, &bed.owner, device.id).await.unwrap().connected);
}

#[tokio::test]
async fn a_door_is_unlocked_at_most_once() {
    let mut bed = Bed::new().await;
    let device = bed.accepted(LOCK).await;
    bed.bus.listen("fake/#");
    bed.bus.said();
    let unlock = bed.command(device.id, "DoorLock.UnlockDoor").await.unwrap();
    for _ in 0..10 {
        bed.clock.advance(10_000);
        bed.bus.listening.lock().unwrap().clear();
        bed.dispatcher.look().await.unwrap();
        bed.bus.listen("fake/#");
        bed.dispatcher.look().await.unwrap();
    }
    assert_eq!(bed.bus.said().len(), 1);
    assert_eq!(bed.state_of(unlock.id).await, CommandState::Unconfirmed);
}

#[tokio::test]
async fn a_strangers_description_fills_neither_memory_nor_store() {
    let bed = Bed::new().await;
    let huge: Json = json!({ "name": "x", "can": ["OnOff"], "also": vec!["part of it"; 5_000] });
    bed.hear("fake/a/about", &huge.to_string()).await;
    let long = "y".repeat(300);
    bed.hear(&format!("fake/{long}/about"), LAMP).await;
    let inbox = discovered::list(&bed.hub, &bed.owner, bed.home, None).await.unwrap();
    assert_eq!((inbox.items.len(), inbox.rejections.len()), (0, 2));
    assert!(inbox.rejections[1].rejected.reason.contains("bytes"));
}

#[tokio::test]
async fn what_a_device_does_not_allow_is_refused_with_the_field_and_the_reason() {
    let bed = Bed::new().await;
    let about = r#"{ "name": "oven", "can": ["ModeSelect"],
        "bounds": [{ "of": "ModeSelect.CurrentMode", "choices": ["eco", "boost"] }] }"#;
    let oven = bed.accepted(about).await;
    assert_eq!(oven.endpoints[0].bounds[0].choices, ["eco", "boost"]);
    bed.command_with(oven.id, "ModeSelect.ChangeToMode", ("NewMode", "eco")).await.unwrap();
    let refused = bed.command_with(oven.id, "ModeSelect.ChangeToMode", ("NewMode", "melt")).await;
    let Err(HubError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
    assert_eq!(invalid.errors[0].field, "/args/NewMode");
    assert!(invalid.errors[0].reason.contains("eco, boost"), "{invalid:?}");
    // The list grows with the device.
    bed.hear("fake/a/about", &about.replace("boost", "melt")).await;
    bed.command_with(oven.id, "ModeSelect.ChangeToMode", ("NewMode", "melt")).await.unwrap();
}

const CODED: &str = r#"{ "name": "door", "can": ["DoorLock"],
    "bounds": [{ "of": "DoorLock.Code", "pattern": "^[0-9a-z]{12}$" }] }"#;
const CODE: &str = "73kd02jf84qx";

#[tokio::test]
async fn a_code_reaches_its_lock_and_nobody_else() {
    let mut bed = Bed::new().await;
    bed.bus.listen("fake/#");
    let door = bed.accepted(CODED).await;
    let missing = bed.command(door.id, "DoorLock.LockDoor").await;
    assert!(
        matches!(&missing, Err(HubError::Invalid(it)) if it.errors[0].field == "/args/Code"),
        "{missing:?}"
    );
    let wrong = bed.command_with(door.id, "DoorLock.LockDoor", ("Code", "short")).await.unwrap_err();
    assert!(matches!(&wrong, HubError::Invalid(it) if it.errors[0].field == "/args/Code"));
    assert!(!wrong.to_string().contains("short"), "{wrong}");
    bed.bus.said();
    // The first is handed over at once, the second by the dispatcher.
    let first = bed.command_with(door.id, "DoorLock.LockDoor", ("Code", CODE)).await.unwrap();
    let second = bed.command_with(door.id, "DoorLock.UnlockDoor", ("Code", CODE)).await.unwrap();
    let said: Vec<_> =
        bed.bus.said().into_iter().map(|say| String::from_utf8(say.payload).unwrap()).collect();
    assert_eq!(said, [format!("lock with {CODE}")]);
    for command in [&first, &second] {
        assert_eq!(command.shown_args()["Code"], Value::Text("[secret]".to_owned()));
        assert_ne!(command.args["Code"], Value::Text(CODE.to_owned()), "sealed as it is kept");
    }
    assert!(!String::from_utf8_lossy(&bed.stored()).contains(CODE));
    bed.clock.advance(1_000);
    bed.hear("fake/a/state", r#"{ "DoorLock.LockState": "Locked" }"#).await;
    bed.follower.catch_up().await.unwrap();
    bed.dispatcher.look().await.unwrap();
    let said: Vec<_> =
        bed.bus.said().into_iter().map(|say| String::from_utf8(say.payload).unwrap()).collect();
    assert_eq!(said, [format!("unlock with {CODE}")]);
    assert_eq!(bed.state_of(first.id).await, CommandState::Confirmed);
    let kept = commands::find(&bed.hub, &bed.owner, first.id).await.unwrap();
    assert_eq!(kept.args["Code"], Value::Text("[secret]".to_owned()), "forgotten once it is settled");
    for event in bed.log().await {
        assert!(!event.payload.to_string().contains(CODE), "{event:?}");
    }
    assert!(!String::from_utf8_lossy(&bed.stored()).contains(CODE));
}
