//! Commands at every step of their life survive a SIGKILL: none is lost, none that must not be repeated is received
//! twice, and the history tells what happened, in order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value as Json, json};

use crate::durability_clients::{NOBODY_WAITS_LONGER, Registered, register};
use crate::durability_compare::{look_at_rest, states_of};
use crate::process::{Engine, Lares, lares_now_ms, wait_until};

/// How far the device gets before the server is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Received,
    Acked,
    Reported,
}

/// A device on rumqttc that does what the test says with each command it receives.
struct Device {
    of: Registered,
    task: tokio::task::JoinHandle<()>,
    client: AsyncClient,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    received: Vec<Json>,
    pubacks: usize,
}

impl Device {
    async fn connect(lares: &Lares, of: &Registered) -> Device {
        let demo = lares.demo();
        let (host, port) = demo.mqtt.rsplit_once(':').unwrap();
        let mut options = MqttOptions::new(&of.id, host, port.parse().unwrap());
        options.set_credentials(&of.id, &of.password).set_keep_alive(Duration::from_secs(30));
        let (client, mut events) = AsyncClient::new(options, 64);
        let command_topic = format!("lares/devices/{}/command", of.id);
        client.subscribe(command_topic, QoS::AtLeastOnce).await.unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let notes = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                let mut notes = notes.lock().unwrap();
                match event {
                    Event::Incoming(Packet::Publish(publish)) => {
                        notes.received.push(serde_json::from_slice(&publish.payload).unwrap());
                    }
                    Event::Incoming(Packet::PubAck(_)) => notes.pubacks += 1,
                    _ => {}
                }
            }
        });
        Device { of: of.clone(), task, client, seen }
    }

    async fn received(&self, count: usize) -> Vec<Json> {
        wait_until("the device receives", NOBODY_WAITS_LONGER, async || {
            self.seen.lock().unwrap().received.len() >= count
        })
        .await;
        self.seen.lock().unwrap().received.clone()
    }

    /// Returns once the server has acknowledged it.
    async fn publish(&self, channel: &str, payload: Json) {
        let before = self.seen.lock().unwrap().pubacks;
        let topic = format!("lares/devices/{}/{channel}", self.of.id);
        self.client.publish(topic, QoS::AtLeastOnce, false, payload.to_string()).await.unwrap();
        wait_until("a PUBACK", NOBODY_WAITS_LONGER, async || self.seen.lock().unwrap().pubacks > before)
            .await;
    }

    async fn ack(&self, command: &str) {
        let ack = json!({ "v": 1, "time": lares_now_ms(), "command": command, "status": "accepted" });
        self.publish("ack", ack).await;
    }

    async fn report(&self, of: &Kind) {
        let Some((attribute, value)) = &of.proof else { return };
        let readings = json!([{ "attribute": attribute, "value": value }]);
        self.publish("state", json!({ "v": 1, "time": lares_now_ms(), "readings": readings })).await;
    }

    async fn live_up_to(&self, of: &Kind, command: &str, until: Until) {
        if until != Until::Received {
            self.ack(command).await;
        }
        if until == Until::Reported {
            self.report(of).await;
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A command of each kind: observable and not, to be repeated and not.
struct Kind {
    name: &'static str,
    args: Json,
    capability: &'static str,
    proof: Option<(&'static str, Json)>,
    idempotent: bool,
}

fn kinds() -> [Kind; 3] {
    [
        Kind {
            name: "OnOff.On",
            args: json!({}),
            capability: "OnOff",
            proof: Some(("OnOff.OnOff", json!(true))),
            idempotent: true,
        },
        Kind {
            name: "DoorLock.UnlockDoor",
            args: json!({}),
            capability: "DoorLock",
            proof: Some(("DoorLock.LockState", json!("Unlocked"))),
            idempotent: false,
        },
        Kind {
            name: "Identify.Identify",
            args: json!({ "IdentifyTime": 1 }),
            capability: "Identify",
            proof: None,
            idempotent: false,
        },
    ]
}

struct Case {
    kind: Kind,
    device: Registered,
    command: String,
    /// How often the device received it, over all its connections.
    received: usize,
}

async fn cases(lares: &Lares, step: &str) -> Vec<Case> {
    let api = lares.api();
    let home = lares.demo().homes[0].clone();
    let mut cases = Vec::new();
    for kind in kinds() {
        let endpoints = json!([{ "endpoint": 1, "capabilities": [kind.capability] }]);
        let device = register(&api, &home, &format!("{step} {}", kind.capability), endpoints).await;
        cases.push(Case { kind, device, command: String::new(), received: 0 });
    }
    cases
}

async fn submit(lares: &Lares, cases: &mut [Case]) {
    for case in cases {
        let path = format!("/api/iot/devices/{}/commands", case.device.id);
        let answer =
            lares.api().post(&path, &json!({ "name": case.kind.name, "args": case.kind.args })).await;
        case.command = answer["id"].as_str().unwrap().to_owned();
    }
}

async fn history_of(lares: &Lares, case: &Case, settled: bool) -> Vec<String> {
    let path = format!("/api/iot/commands/{}", case.command);
    let api = lares.api();
    if settled {
        wait_until(case.kind.name, NOBODY_WAITS_LONGER, async || api.get(&path).await["settled"] == true)
            .await;
    }
    let command = api.get(&path).await;
    let history = command["history"].as_array().unwrap();
    let times: Vec<&str> = history.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{command}");
    states_of(&command)
}

async fn restart(lares: &mut Lares) {
    lares.kill();
    lares.start().await;
}

/// The server dies while the command waits for a device that is away.
async fn queued(lares: &mut Lares) {
    let mut cases = cases(lares, "queued").await;
    submit(lares, &mut cases).await;
    restart(lares).await;
    for case in &cases {
        assert_eq!(history_of(lares, case, false).await, ["queued"], "{}", case.kind.name);
        let device = Device::connect(lares, &case.device).await;
        let received = device.received(1).await;
        assert_eq!(received[0]["command"], case.command.as_str());
        device.live_up_to(&case.kind, &case.command, Until::Reported).await;
        let end = if case.kind.proof.is_some() { vec!["acked", "confirmed"] } else { vec!["acked"] };
        let expected = [vec!["queued", "sent"], end].concat();
        assert_eq!(history_of(lares, case, true).await, expected, "{}", case.kind.name);
        assert_eq!(device.seen.lock().unwrap().received.len(), 1, "{}", case.kind.name);
    }
}

/// The server dies once the device has got so far; then the device says nothing that it said before.
async fn after(lares: &mut Lares, step: &str, until: Until, ends: [&[&str]; 3]) {
    let mut cases = cases(lares, step).await;
    let mut devices = BTreeMap::new();
    for case in &cases {
        devices.insert(case.device.id.clone(), Device::connect(lares, &case.device).await);
    }
    submit(lares, &mut cases).await;
    for case in &mut cases {
        let device = &devices[&case.device.id];
        case.received += device.received(1).await.len();
    }
    for case in &cases {
        devices[&case.device.id].live_up_to(&case.kind, &case.command, until).await;
    }
    restart(lares).await;
    devices.clear();
    for (case, end) in cases.iter_mut().zip(ends) {
        let name = case.kind.name;
        let device = Device::connect(lares, &case.device).await;
        if until == Until::Received && case.kind.idempotent {
            assert_eq!(device.received(1).await[0]["command"], case.command.as_str(), "sent again");
            device.live_up_to(&case.kind, &case.command, Until::Reported).await;
        }
        if until == Until::Acked {
            device.report(&case.kind).await;
        }
        let history = history_of(lares, case, true).await;
        let wanted: Vec<_> = history.iter().map(String::as_str).collect();
        assert_eq!(wanted, end, "{step}: {name}");
        case.received += device.seen.lock().unwrap().received.len();
        let most = if case.kind.idempotent { 3 } else { 1 };
        assert!(case.received <= most, "{step}: {name} was received {} times", case.received);
    }
}

async fn every_step(engine: Engine) {
    let mut lares = Lares::new(engine);
    lares.start().await;
    queued(&mut lares).await;
    let unproven: &[&str] = &["queued", "sent", "unconfirmed"];
    let repeated: &[&str] = &["queued", "sent", "sent", "acked", "confirmed"];
    after(&mut lares, "sent", Until::Received, [repeated, unproven, unproven]).await;
    let confirmed: &[&str] = &["queued", "sent", "acked", "confirmed"];
    let acked: &[&str] = &["queued", "sent", "acked"];
    after(&mut lares, "acked", Until::Acked, [confirmed, confirmed, acked]).await;
    after(&mut lares, "reported", Until::Reported, [confirmed, confirmed, acked]).await;
    lares.kill();
    let wrong = look_at_rest(&lares).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_survive_a_kill_at_every_step_on_sqlite() {
    every_step(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_survive_a_kill_at_every_step_on_postgres() {
    every_step(Engine::Postgres).await;
}
