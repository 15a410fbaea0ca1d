//! SIGKILL at random moments under load, on both engines: what was acknowledged is there, what follows from it was
//! derived exactly once, and what carries a time or a sequence is there once however often it was sent.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lares_model::DeviceId;
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::protocol::{Channel, Inbound, decode};
use lares_model::reading::TimePolicy;
use lares_model::{HomeId, UnixMillis};
use lares_telemetry::{EmbeddedTelemetry, Telemetry as _};
use serde_json::json;

use crate::durability_clients::{
    Commander, NOBODY_WAITS_LONGER, NumberedDevice, Pace, Promised, register, register_numbered,
};
use crate::durability_compare::{look, look_at_rest};
use crate::process::{Engine, Lares, Moments, lares_now_ms, soak_factor, wait_until};

const KILLS: u64 = 20;
/// Every so many kills the server is killed once more while it starts on what the kill left.
const KILLED_WHILE_STARTING: u64 = 4;
const LONGEST_LOAD_MS: u64 = 1_000;
const LONGEST_START_MS: u64 = 400;

async fn killed_under_load(engine: Engine, pace: Pace) {
    let began = Instant::now();
    let mut moments = Moments::new(&format!("killed under load on {engine:?}"));
    let mut lares = Lares::new(engine);
    lares.start().await;
    let device = register_numbered(&lares).await;
    let promised = Arc::new(Mutex::new(Promised::default()));
    let numbered = NumberedDevice::start(&lares, &device, &pace, &promised);
    let commander = Commander::start(&lares.api(), &device, Duration::from_millis(10), &promised);
    let kills = KILLS * soak_factor();
    for kill in 0..kills {
        let before = numbered.pubacks();
        wait_until("the device is acknowledged again", NOBODY_WAITS_LONGER, async || {
            numbered.pubacks() > before
        })
        .await;
        tokio::time::sleep(Duration::from_millis(moments.below(LONGEST_LOAD_MS))).await;
        lares.kill();
        if kill % KILLED_WHILE_STARTING == 0 {
            lares.spawn();
            tokio::time::sleep(Duration::from_millis(moments.below(LONGEST_START_MS))).await;
            lares.kill();
        }
        lares.start().await;
    }
    commander.finish().await;
    let api = lares.api();
    let open = format!("/api/iot/devices/{}/commands?limit=1000", device.id);
    wait_until("every command is settled", NOBODY_WAITS_LONGER, async || {
        api.all(&open).await.iter().all(|command| command["settled"] == true)
    })
    .await;
    numbered.finish().await;
    let promised = promised.lock().unwrap().clone();
    let mut wrong = look(&api, &device, &promised).await;
    wrong.extend(promised.rejected.clone());
    lares.kill();
    wrong.extend(look_at_rest(&lares).await);
    println!(
        "{engine:?}: {kills} kills, {} acknowledged messages, {} acknowledged commands, {} connections, {:?}",
        promised.pubacks(),
        promised.commands.len(),
        promised.connections,
        began.elapsed(),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(promised.pubacks() > 2_000 && promised.commands.len() > 50, "that was no load");
    assert!(promised.connections as u64 > kills / 2, "the device was not there for most kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_on_sqlite() {
    killed_under_load(Engine::Sqlite, Pace::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_on_postgres() {
    killed_under_load(Engine::Postgres, Pace { mqtt_version: 3, ..Pace::default() }).await;
}

const TAIL_ENTRIES: i64 = 30_000;

/// What the server would have in its log, had it been killed long before it could derive anything from it.
async fn append_tail(lares: &Lares, device: DeviceId) {
    let demo = lares.demo();
    let device = Device {
        id: device,
        organisation: demo.organisation.parse().unwrap(),
        home: HomeId(uuid::Uuid::nil()),
        room: None,
        name: String::new(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        endpoints: vec![Endpoint { endpoint: 1, capabilities: vec!["OnOff".into()], ..Endpoint::default() }],
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 3_600,
        command_counter: 0,
        origin: None,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
    };
    let now = UnixMillis(lares_now_ms());
    let mut entries = Vec::new();
    for number in 0..TAIL_ENTRIES {
        let time = now.0 - TAIL_ENTRIES + number;
        let reading = json!({ "attribute": "OnOff.OnOff", "value": number % 3 == 0 });
        let payload = json!({ "v": 1, "time": time, "readings": [reading] }).to_string();
        let inbound = Inbound {
            device: &device,
            channel: Channel::State,
            encoding: None,
            payload: payload.as_bytes(),
            received: now,
        };
        entries.extend(decode(&TimePolicy::default(), &inbound));
    }
    let log = EmbeddedTelemetry::open(&lares.data).unwrap();
    log.append(entries).await.unwrap();
}

async fn killed_while_catching_up(engine: Engine) {
    let mut moments = Moments::new(&format!("killed while catching up on {engine:?}"));
    let mut lares = Lares::new(engine);
    lares.start().await;
    let endpoints = json!([{ "endpoint": 1, "capabilities": ["OnOff"] }]);
    let device = register(&lares.api(), &lares.demo().homes[0], "Behind", endpoints).await;
    lares.stop().await;
    append_tail(&lares, device.id.parse().unwrap()).await;
    let mut unfinished = 0;
    for kill in 0..6 * soak_factor() {
        lares.spawn();
        // From so early that nothing can have been caught up, to later and later.
        tokio::time::sleep(Duration::from_millis(20 + 50 * kill + moments.below(60))).await;
        unfinished += u32::from(!lares.data.join("demo.json").exists());
        lares.kill();
    }
    println!("{engine:?}: {unfinished} kills came before it had caught up");
    assert!(unfinished > 0, "no kill came while it was catching up");
    lares.start().await;
    let mut wrong = crate::durability_compare::gaps(&lares.api()).await;
    lares.kill();
    wrong.extend(look_at_rest(&lares).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_while_catching_up_on_sqlite() {
    killed_while_catching_up(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_while_catching_up_on_postgres() {
    killed_while_catching_up(Engine::Postgres).await;
}
