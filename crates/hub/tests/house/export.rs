//! The way out: devices of a home that opted in are told in its space, and wishes come back as commands.

use std::sync::Arc;

use lares_hub::commands::{self, CommandFilter};
use lares_hub::devices::{self, DeviceChange, NewDevice};
use lares_hub::discovered::{self, Acceptance};
use lares_hub::export::{self, Export};
use lares_hub::home_clients::HomeClient;
use lares_hub::homes::{self, HomeChange};
use lares_hub::{HubError, dialects, home_space, ingest};
use lares_model::command::{Command, CommandState};
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::dialect::Heard;
use lares_model::event::Cause;
use lares_model::protocol::Channel;
use lares_model::{HomeId, MqttClientId};
use uuid::Uuid;

use crate::bed::{Bed, home_of};

impl Bed {
    async fn plug(&self, home: HomeId, name: &str) -> Device {
        let new = NewDevice {
            home,
            room: None,
            name: name.to_owned(),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["OnOff".into()],
                ..Endpoint::default()
            }],
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: None,
        };
        devices::register(&self.hub, &self.owner, None, &new).await.unwrap().device
    }

    async fn opt(&self, into: bool) {
        let change = HomeChange { export_homeassistant: Some(into), ..HomeChange::default() };
        homes::update(&self.hub, &self.owner, self.home, change).await.unwrap();
    }

    async fn report(&mut self, device: &Device, on: bool) {
        let payload =
            format!(r#"{{ "v": 1, "readings": [{{ "attribute": "OnOff.OnOff", "value": {on} }}] }}"#);
        ingest::report(&self.hub, device, Channel::State, None, payload.as_bytes()).await.unwrap();
        self.follower.catch_up().await.unwrap();
    }

    fn told(&self) -> Vec<String> {
        let said = self.bus.said().into_iter();
        said.map(|say| format!("{} {}", say.topic, String::from_utf8(say.payload).unwrap())).collect()
    }

    fn client(&self, home: HomeId) -> Arc<HomeClient> {
        Arc::new(HomeClient {
            id: MqttClientId(Uuid::from_u128(77)),
            organisation: self.organisation,
            home,
            name: "Home Assistant".to_owned(),
            publish: vec!["#".to_owned()],
            subscribe: vec!["#".to_owned()],
            trusted: false,
        })
    }

    /// Whether anything follows, and what.
    async fn says(
        &self,
        home: HomeId,
        topic: &str,
        payload: &str,
        retain: bool,
    ) -> Option<Result<(), HubError>> {
        let received = self.hub.now();
        let heard = Heard { topic, payload: payload.as_bytes(), retain, replayed: false, received };
        match home_space::hear(&self.hub, &self.client(home), &heard) {
            Some(consequence) => Some(consequence.await.map(drop)),
            None => None,
        }
    }

    async fn commands(&self) -> Vec<Command> {
        let all = CommandFilter::default();
        commands::list(&self.hub, &self.owner, None, &all, None, 100).await.unwrap().items
    }
}

#[tokio::test]
async fn a_home_that_opted_in_has_its_devices_told_and_kept_up_to_date() {
    let mut bed = Bed::new().await;
    let device = bed.plug(bed.home, "Plug").await;
    let config = format!("homeassistant/device/lares_{}/config", device.id);
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();
    assert!(bed.told().is_empty(), "nobody asked for it");
    bed.opt(true).await;
    export.look().await.unwrap();
    let available = format!("lares/{}/availability", device.id);
    assert_eq!(bed.told(), [format!("{config} Plug in nowhere"), format!("{available} false")]);
    export.look().await.unwrap();
    assert!(bed.told().is_empty(), "once");

    bed.report(&device, true).await;
    export.look().await.unwrap();
    let value = format!("lares/{}/1/OnOff.OnOff", device.id);
    assert_eq!(bed.told(), [format!("{available} true"), format!("{value} true")]);
    bed.report(&device, true).await;
    export.look().await.unwrap();
    assert!(bed.told().is_empty(), "nothing changed");

    let change = DeviceChange { name: Some("Lamp".to_owned()), ..DeviceChange::default() };
    devices::update(&bed.hub, &bed.owner, device.id, change).await.unwrap();
    export.look().await.unwrap();
    assert_eq!(bed.told(), [format!("{config} Lamp in nowhere")]);

    devices::delete(&bed.hub, &bed.owner, device.id).await.unwrap();
    export.look().await.unwrap();
    let mut cleared = bed.told();
    cleared.sort();
    assert_eq!(cleared, [format!("{config} "), format!("{value} "), format!("{available} ")]);
}

#[tokio::test]
async fn the_worker_tells_what_changes_while_it_waits() {
    let bed = Bed::new().await;
    let device = bed.plug(bed.home, "Plug").await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(export::run(bed.hub.clone(), stopped));
    bed.opt(true).await;
    // The real clock only matters to a test that fails.
    let told = async |line: String| {
        while !bed.told().contains(&line) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let within = std::time::Duration::from_secs(60);
    let config = format!("homeassistant/device/lares_{}/config", device.id);
    for name in ["Plug", "Lamp", "Fan"] {
        let change = DeviceChange { name: Some(name.to_owned()), ..DeviceChange::default() };
        devices::update(&bed.hub, &bed.owner, device.id, change).await.unwrap();
        tokio::time::timeout(within, told(format!("{config} {name} in nowhere"))).await.expect(name);
    }
    stop.send(true).unwrap();
    worker.await.unwrap();
}

#[tokio::test]
async fn after_a_restart_only_the_difference_is_put_right_and_opting_out_clears_it() {
    let mut bed = Bed::new().await;
    let device = bed.plug(bed.home, "Plug").await;
    bed.opt(true).await;
    Export::new(&bed.hub).unwrap().look().await.unwrap();
    bed.report(&device, true).await;
    bed.bus.retain("homeassistant/device/lares_of_a_removed_device/config", "old");
    bed.bus.retain("homeassistant/sensor/theirs/config", "theirs");
    let bed = bed.restarted().await;
    bed.bus.said();
    // What is retained of ours is not found as somebody else's device.
    dialects::open(&bed.hub, bed.home).await.unwrap();
    bed.bus.said();
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();
    let told = bed.told();
    assert!(told.contains(&"homeassistant/device/lares_of_a_removed_device/config ".to_owned()), "{told:?}");
    assert!(told.contains(&format!("lares/{}/1/OnOff.OnOff true", device.id)), "{told:?}");
    bed.opt(false).await;
    export.look().await.unwrap();
    let retained: Vec<_> = bed.bus.retained.lock().unwrap().keys().cloned().collect();
    assert_eq!(retained, ["homeassistant/sensor/theirs/config"]);
}

#[tokio::test]
async fn what_happens_is_told_once_and_not_kept() {
    let mut bed = Bed::new().await;
    let device = bed.plug(bed.home, "Plug").await;
    bed.opt(true).await;
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let feeding = tokio::spawn(lares_hub::feed::run(bed.hub.clone(), stopped));
    let payload = br#"{ "v": 1, "events": [{ "event": "OnOff.Pressed" }] }"#;
    ingest::report(&bed.hub, &device, Channel::Event, None, payload).await.unwrap();
    bed.follower.catch_up().await.unwrap();
    bed.told();
    let expected = format!("lares/{}/1/event OnOff.Pressed", device.id);
    let mut told = vec![];
    for _ in 0..500 {
        export.look().await.unwrap();
        told.extend(bed.told());
        if told.contains(&expected) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    export.look().await.unwrap();
    told.extend(bed.told());
    assert_eq!(told.iter().filter(|one| **one == expected).count(), 1, "{told:?}");
    let kept = bed.bus.retained.lock().unwrap().keys().any(|topic| topic.ends_with("/event"));
    assert!(!kept);
    stop.send(true).unwrap();
    feeding.await.unwrap();
}

#[tokio::test]
async fn a_birth_has_everything_told_again() {
    let bed = Bed::new().await;
    bed.plug(bed.home, "Plug").await;
    bed.opt(true).await;
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();
    assert_eq!(bed.told().len(), 2);
    // It means something to the dialects, too: whether anything follows is theirs to say.
    let _ = bed.says(bed.home, "homeassistant/status", "online", false).await;
    bed.bus.said();
    export.look().await.unwrap();
    assert_eq!(bed.told().len(), 2);
}

#[tokio::test]
async fn what_tells_itself_is_not_told_by_us() {
    let bed = Bed::new().await;
    bed.hear("fake/a/about", r#"{ "name": "lamp", "can": ["OnOff"] }"#).await;
    let id = discovered::list(&bed.hub, &bed.owner, bed.home, None).await.unwrap().items[0].discovered.id;
    let device =
        discovered::accept(&bed.hub, &bed.owner, None, bed.home, id, Acceptance::default()).await.unwrap();
    bed.opt(true).await;
    bed.bus.said();
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();
    // Of this dialect Home Assistant knows nothing, so we tell.
    assert!(bed.told()[0].contains(&device.id.to_string()));
}

#[tokio::test]
async fn a_wish_becomes_a_command_of_that_client_in_its_home_only() {
    let bed = Bed::new().await;
    let device = bed.plug(bed.home, "Plug").await;
    let elsewhere = home_of(&bed.hub, &bed.owner, bed.organisation).await;
    let other = bed.plug(elsewhere, "Other plug").await;
    let topic = format!("lares/{}/1/OnOff/set", device.id);
    assert!(bed.says(bed.home, &topic, "ON", false).await.is_none(), "the home has not opted in");
    bed.opt(true).await;
    let mut export = Export::new(&bed.hub).unwrap();
    export.look().await.unwrap();

    bed.says(bed.home, &topic, "ON", false).await.unwrap().unwrap();
    let command = bed.commands().await.pop().unwrap();
    assert_eq!((command.device, command.name.as_str()), (device.id, "OnOff.On"));
    assert_eq!(command.issuer, Cause::MqttClient(MqttClientId(Uuid::from_u128(77))));
    assert_eq!(command.state, CommandState::Queued);

    let theirs = format!("lares/{}/1/OnOff/set", other.id);
    assert!(bed.says(bed.home, &theirs, "ON", false).await.is_none(), "another home's device");
    assert!(bed.says(bed.home, &topic, "ON", true).await.is_none(), "a wish that is kept");
    assert!(bed.says(elsewhere, &theirs, "ON", false).await.is_none(), "that home has not opted in");
    bed.says(bed.home, &topic, "PERHAPS", false).await.unwrap().unwrap();
    let not_there = format!("lares/{}/1/DoorLock/set", device.id);
    bed.says(bed.home, &not_there, "ON", false).await.unwrap().unwrap();
    assert_eq!(bed.commands().await.len(), 1);
    let records = bed.hub.telemetry.since(lares_model::record::Position(0), 100).await.unwrap();
    let refused = records.iter().filter(|record| {
        matches!(&record.entry.body, lares_model::record::Body::Rejected { rejected } if rejected.channel == "home set")
    });
    assert_eq!(refused.count(), 2, "kept in the device's diagnostics");
}

#[tokio::test]
async fn a_home_clients_caller_reaches_nothing_beyond_its_home() {
    let bed = Bed::new().await;
    let elsewhere = home_of(&bed.hub, &bed.owner, bed.organisation).await;
    let other = bed.plug(elsewhere, "Other plug").await;
    let caller = lares_hub::Caller::of_home_client(&bed.client(bed.home), bed.hub.now());
    let new = commands::NewCommand {
        endpoint: None,
        name: "OnOff.On".to_owned(),
        args: Default::default(),
        preconditions: vec![],
        not_after: None,
    };
    let refused = commands::submit(&bed.hub, &caller, None, other.id, new).await;
    assert!(matches!(refused, Err(HubError::NotFound(_))));
    let change = DeviceChange { name: Some("Mine".to_owned()), ..DeviceChange::default() };
    let refused = devices::update(&bed.hub, &caller, other.id, change).await;
    assert!(matches!(refused, Err(HubError::Forbidden)));
}
