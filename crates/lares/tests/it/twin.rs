//! The simulated devices against a real server: what each misbehaviour looks like from there, and the past that they
//! tell, also when the telling is killed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lares::entropy::SystemClock;
use lares_model::device::Encoding;
use lares_model::ports::Clock;
use lares_twin::{Fault, Identity, Memory, Misbehaviour, Scenario, Telling, Town};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::process::{Engine, Lares, wait_until};
use super::world::*;

/// Of one world, as long as a test.
#[derive(Default)]
struct InMemory(Mutex<Option<Vec<u8>>>);

impl Memory for InMemory {
    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), String> {
        *self.0.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }

    fn set_aside(&self) -> Result<String, String> {
        Err("nothing was there before".to_owned())
    }
}

/// A device of the demo that misbehaves, registered in household A and on the air.
struct Odd {
    id: String,
    stop: watch::Sender<bool>,
    town: tokio::task::JoinHandle<()>,
}

impl Odd {
    async fn start(world: &World, name: &str, misbehaviour: Vec<Misbehaviour>) -> Odd {
        let mut scenario = Scenario::demo().unwrap();
        let plans = scenario.homes.iter_mut().flat_map(|home| &mut home.devices);
        let plan = plans.into_iter().find(|plan| plan.name == name).unwrap();
        plan.misbehaviour = misbehaviour;
        let body = json!({
            "home": world.a.home,
            "name": plan.name,
            "serial": plan.serial,
            "endpoints": plan.endpoints(),
            "expected_interval_s": 60,
        });
        let serial = plan.serial.clone();
        let known =
            registered(&world.post("/api/iot/devices/register").as_(Owner).json(body).expect(201).await);
        let running = world.running();
        let (stop, stopped) = watch::channel(false);
        let town = Town {
            scenario,
            mqtts: running.addresses.mqtts.unwrap(),
            server_name: "localhost".to_owned(),
            ca_pem: std::fs::read(&running.authority).unwrap(),
            seed: 1,
            clock: Arc::new(SystemClock),
            speed: 1.0,
            devices: vec![Identity {
                serial,
                client_id: known.id.clone(),
                username: known.id.clone(),
                password: known.password.clone(),
                encoding: Encoding::Json,
                known: None,
            }],
            memory: Arc::new(InMemory::default()),
            history_days: 0,
            telling: Box::new(|_: Telling| {}),
        };
        let town = tokio::spawn(lares_twin::run(town, stopped));
        let odd = Odd { id: known.id, stop, town };
        let listens = async || world.get(format!("/api/iot/devices/{}", odd.id)).as_(Owner).expect(200).await;
        eventually("it is there", listens, |device| device["presence"]["status"] != "unknown").await;
        odd
    }

    async fn look(&self, world: &World, what: &str) -> Json {
        world.get(format!("/api/iot/devices/{}/{what}", self.id)).as_(Owner).expect(200).await
    }

    async fn command(&self, world: &World, name: &str) -> Json {
        let path = format!("/api/iot/devices/{}/commands?wait=20s", self.id);
        world.post(path).as_(Owner).json(json!({ "name": name })).expect(202).await
    }

    async fn stop(self, world: World) {
        let _ = self.stop.send(true);
        self.town.await.unwrap();
        world.stop().await;
    }
}

async fn impatient() -> World {
    World::start_with(|config| config.commands.confirm_within_s = 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_device_confirms_and_a_liar_does_not() {
    let world = impatient().await;
    let lamp = Odd::start(&world, "Reading lamp", vec![]).await;
    let liar = Odd::start(&world, "Living room ceiling", vec![Misbehaviour::new(Fault::LyingAcks)]).await;
    assert_eq!(lamp.command(&world, "OnOff.On").await["state"], "confirmed");
    assert_eq!(lamp.command(&world, "OnOff.Off").await["state"], "confirmed");
    let command = liar.command(&world, "OnOff.On").await;
    assert_eq!(command["state"], "unconfirmed", "{command}");
    let command = world.get(format!("/api/iot/commands/{}", id_of(&command))).as_(Owner).expect(200).await;
    let states: Vec<_> = command["history"].as_array().unwrap().iter().map(|line| &line["state"]).collect();
    assert!(states.contains(&&json!("acked")), "{states:?}");
    let _ = lamp.stop.send(true);
    lamp.town.await.unwrap();
    liar.stop(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_shown_with_its_reason_and_the_rest_is_kept() {
    let world = World::start().await;
    let garbage = Misbehaviour { every: Some(2), ..Misbehaviour::new(Fault::Garbage) };
    let meter = Odd::start(&world, "House meter", vec![garbage]).await;
    let look = async || meter.look(&world, "diagnostics").await;
    let seen = eventually("a rejection and a reading", look, |seen| {
        seen["counts"]["rejected"].as_u64() > Some(0) && seen["counts"]["readings"].as_u64() > Some(0)
    })
    .await;
    assert!(!seen["rejections"][0]["reason"].as_str().unwrap().is_empty());
    meter.stop(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_shows_as_late_or_as_future() {
    let world = World::start().await;
    let wrong = |offset_s| Misbehaviour { offset_s: Some(offset_s), ..Misbehaviour::new(Fault::WrongClock) };
    let behind = Odd::start(&world, "House meter", vec![wrong(-7_200)]).await;
    let ahead = Odd::start(&world, "Flat meter", vec![wrong(7_200)]).await;
    for (odd, mark, other) in [(&behind, "late", "future"), (&ahead, "future", "late")] {
        let look = async || odd.look(&world, "diagnostics").await;
        let seen = eventually(mark, look, |seen| seen["counts"][mark].as_u64() > Some(0)).await;
        assert_eq!(seen["counts"][other], 0);
    }
    let _ = behind.stop.send(true);
    behind.town.await.unwrap();
    ahead.stop(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_are_counted_and_kept_once_in_whatever_order_they_come() {
    let world = World::start().await;
    let faults = vec![Misbehaviour::new(Fault::Duplicates), Misbehaviour::new(Fault::Reordering)];
    let meter = Odd::start(&world, "House meter", faults).await;
    let look = async || meter.look(&world, "diagnostics").await;
    eventually("duplicates", look, |seen| seen["duplicates"].as_u64() > Some(0)).await;
    let path = "readings?attribute=ElectricalPowerMeasurement.ActivePower&limit=1000";
    let readings = meter.look(&world, path).await;
    let times: Vec<_> = readings["items"].as_array().unwrap().iter().map(|r| r["time"].to_string()).collect();
    assert!(!times.is_empty());
    assert_eq!(times.iter().collect::<BTreeSet<_>>().len(), times.len(), "{times:?}");
    meter.stop(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flapping_device_goes_and_comes_back_and_a_flat_one_stays_away() {
    let world = World::start().await;
    let flapping = Misbehaviour { up_s: Some(1), down_s: Some(1), ..Misbehaviour::new(Fault::Flapping) };
    let flat = Misbehaviour { after_s: 1, ..Misbehaviour::new(Fault::FlatBattery) };
    let plug = Odd::start(&world, "Fridge", vec![flapping]).await;
    let window = Odd::start(&world, "Kitchen window", vec![flat]).await;
    let look = async || plug.look(&world, "events?type=device.offline,device.online&limit=50").await;
    let types = |seen: &Json| {
        let items = seen["items"].as_array().unwrap().iter();
        items.map(|event| event["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    eventually("it came back", look, |seen| {
        types(seen).iter().filter(|kind| *kind == "device.online").count() > 1
    })
    .await;
    let status = async || window.look(&world, "").await["presence"]["status"].clone();
    eventually("it is gone", status, |status| status == "offline").await;
    let state = window.look(&world, "state").await.to_string();
    assert!(state.contains("Critical"), "{state}");
    let _ = window.stop.send(true);
    window.town.await.unwrap();
    plug.stop(world).await;
}

const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
const GRID_MS: i64 = 600_000;

fn device_named<'a>(devices: &'a [Json], name: &str) -> &'a str {
    let found = devices.iter().find(|device| device["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    found["id"].as_str().unwrap()
}

fn instant(text: &Json) -> i64 {
    text.as_str().unwrap().parse::<lares_model::UnixMillis>().unwrap().0
}

/// Times of readings of the past, which stand on the grid: each once, and none missing.
fn grid_of(readings: &[Json], from: i64, until: i64) -> Vec<String> {
    let on_grid: Vec<_> = readings.iter().map(|r| instant(&r["time"])).filter(|t| t % GRID_MS == 0).collect();
    let mut wrong = Vec::new();
    let mut wanted = from;
    while wanted <= until {
        match on_grid.iter().filter(|time| **time == wanted).count() {
            1 => {}
            count => wrong.push(format!("{} is there {count} times", lares_model::UnixMillis(wanted))),
        }
        wanted += GRID_MS;
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_that_is_killed_again_and_again_is_told_once_and_whole() {
    const DAYS: i64 = 20;
    let mut lares = Lares::new(Engine::Sqlite);
    lares.history_days = DAYS as u32;
    let before = SystemClock.now().0;
    lares.start().await;
    let told = |lares: &Lares| lares.log_tail(100_000).matches("The history is complete").count();
    let mut kills = 0;
    for wait_ms in [300, 500, 700, 900] {
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        kills += u32::from(told(&lares) == 0);
        lares.kill();
        lares.start().await;
    }
    assert!(kills > 0, "no kill came while the past was told");
    // Commands work meanwhile, or right after.
    let api = lares.api();
    let devices = api.all("/api/iot/devices").await;
    let lamp = device_named(&devices, "Reading lamp").to_owned();
    let path = format!("/api/iot/devices/{lamp}/commands?wait=20s");
    let answer = api.post(&path, &json!({ "name": "OnOff.On" })).await;
    assert_eq!(answer["state"], "confirmed", "{answer}");
    wait_until("the past is told", Duration::from_secs(120), async || told(&lares) > 0).await;

    let first = (before - DAYS * 86_400_000) / GRID_MS * GRID_MS + 2 * GRID_MS;
    let until = before / GRID_MS * GRID_MS;
    for name in ["House meter", "Fridge", "Flat meter", "Living room heating"] {
        let attribute = if name.ends_with("heating") { "Thermostat.LocalTemperature" } else { POWER };
        let id = device_named(&devices, name);
        let readings =
            api.all(&format!("/api/iot/devices/{id}/readings?attribute={attribute}&limit=1000")).await;
        let wrong = grid_of(&readings, first, until);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
    // Who turned the lock is told once for each turn.
    let door = device_named(&devices, "Front door");
    let events = api.all(&format!("/api/iot/devices/{door}/events?type=device.occurrence&limit=1000")).await;
    let times: Vec<_> = events.iter().map(|event| event["time"].to_string()).collect();
    assert!(times.len() > 60, "{}", times.len());
    assert_eq!(times.iter().collect::<BTreeSet<_>>().len(), times.len(), "an event came twice");
    // And it alternates, as a lock does: no change of it was swallowed.
    let changes = api.all(&format!("/api/iot/devices/{door}/events?type=attribute.changed&limit=1000")).await;
    let turns = changes.iter().filter(|event| event["payload"]["attribute"] == "DoorLock.LockState");
    let turns: Vec<_> = turns.map(|event| event["payload"]["to"].clone()).collect();
    assert!(turns.len() > 60 && turns.windows(2).all(|pair| pair[0] != pair[1]));

    // A further start has nothing to tell but the moments it was away.
    lares.stop().await;
    let told_before = told(&lares);
    lares.start().await;
    wait_until("it is up to date", Duration::from_secs(60), async || told(&lares) > told_before).await;
    lares.kill();
    assert_eq!(lares.check(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_in_the_middle_of_the_past_is_done_and_swallows_none_of_it() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.history_days = 90;
    lares.start().await;
    let api = lares.api();
    let devices = api.all("/api/iot/devices").await;
    let door = device_named(&devices, "Front door").to_owned();
    let path = format!("/api/iot/devices/{door}/commands?wait=20s");
    let answer = api.post(&path, &json!({ "name": "DoorLock.LockDoor" })).await;
    assert_eq!(answer["state"], "confirmed", "{answer}");
    let told = async || lares.log_tail(100_000).contains("The history is complete");
    assert!(!told().await, "the past was told before the command was done");
    wait_until("the past is told", Duration::from_secs(120), told).await;
    let changes = api.all(&format!("/api/iot/devices/{door}/events?type=attribute.changed&limit=1000")).await;
    let turns = changes.iter().filter(|event| event["payload"]["attribute"] == "DoorLock.LockState");
    assert!(turns.count() > 200);
    lares.kill();
}
