//! What an operator sees: health, readiness, metrics that count, and an end that loses nothing.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_readiness_are_told_to_everybody() {
    let world = World::start().await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        for call in [world.get(path), world.get(path).over_tls()] {
            let reply = call.send().await;
            assert_eq!((reply.status, reply.text.as_str()), (200, text));
            assert!(reply.header("content-type").starts_with("text/plain"));
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_and_hold_no_names() {
    let world = World::start().await;
    let responses = world.metric("lares_http_responses_total").await;
    let head = world.metric("lares_log_head").await;
    for _ in 0..10 {
        world.get("/healthz").expect(200).await;
    }
    assert!(world.metric("lares_http_responses_total").await >= responses + 10.0);
    let mut plug = world.connect(&world.a.plug).await;
    for power in 0..5 {
        plug.report(&[("ElectricalPowerMeasurement.ActivePower", json!(power))]).await;
    }
    assert!(world.metric("lares_log_head").await >= head + 5.0);
    assert_eq!(world.metric("lares_devices").await, 4.0);
    let command = json!({ "name": "OnOff.Toggle" });
    world
        .post(format!("/api/iot/devices/{}/commands", world.a.plug.id))
        .as_(Owner)
        .json(command)
        .expect(202)
        .await;
    let envelope = plug.next_command().await;
    plug.answer(&envelope, "accepted", None).await;
    let look = async || world.metric("lares_command_moves_total").await;
    eventually("moves are counted", look, |moves| *moves >= 2.0).await;
    let reply = world.get("/metrics").send().await;
    assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
    for private in [world.a.mark, Owner.email(), &world.a.plug.id, &world.a.organisation, world.token(Owner)]
    {
        assert!(!reply.text.contains(private), "metrics hold {private:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_for_this_machine_only() {
    let world =
        World::start_with(|config| config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    world.get("/metrics").header("x-forwarded-for", "203.0.113.5").expect(404).await;
    world.get("/metrics").send().await;
    world.stop().await;
}

/// `World::stop` asserts that nothing was cut short; here a request and a device are in the middle of something.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_finishes_what_runs_and_keeps_what_it_took() {
    let mut world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("ElectricalPowerMeasurement.ActivePower", json!(42))]).await;
    let body = json!({ "name": "made while stopping" }).to_string();
    let head = format!(
        "POST /api/organisations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        world.token(Owner),
        body.len()
    );
    let (first, rest) = body.split_at(5);
    let mut stream = TcpStream::connect(world.running().addresses.http.unwrap()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    // Long enough for the head to be read: from then on it is a running request.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let late = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (answer, ()) = tokio::join!(late, world.restart());
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    plug.ended().await;
    let listed = world.get("/api/organisations").as_(Owner).send().await;
    assert!(listed.text.contains("made while stopping"), "{}", listed.text);
    let readings =
        world.get(format!("/api/iot/devices/{}/readings", world.a.plug.id)).as_(Owner).expect(200).await;
    assert_eq!(readings["items"][0]["value"], 42.0);
    // The goodbye is in the log: nobody is shown as connected who is not.
    let device = world.get(format!("/api/iot/devices/{}", world.a.plug.id)).as_(Owner).expect(200).await;
    assert_eq!(device["presence"]["status"], "offline");
    world.connect(&world.a.plug).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_and_state_survive_a_restart() {
    let mut world = World::start().await;
    let path = format!("/api/iot/devices/{}/commands", world.a.lock.id);
    let queued = world.post(&path).as_(Owner).json(json!({ "name": "DoorLock.LockDoor" })).expect(202).await;
    let mut lock = world.connect(&world.a.lock).await;
    lock.report(&[("DoorLock.LockState", json!("Unlocked"))]).await;
    let first = lock.next_command().await;
    world.restart().await;
    let state = world.get(format!("/api/iot/devices/{}/state", world.a.lock.id)).as_(Owner).expect(200).await;
    assert_eq!(state["attributes"][0]["value"], "Unlocked");
    let mut lock = world.connect(&world.a.lock).await;
    lock.answer(&first, "accepted", None).await;
    // The command may be sent again at the reconnection, and what was reported before that proves nothing of it.
    let mut settled = json!({ "state": "queued" });
    for _ in 0..10 {
        lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;
        let path = format!("/api/iot/commands/{}?wait=2s", id_of(&queued));
        settled = world.get(path).as_(Owner).expect(200).await;
        if settled["state"] == "confirmed" {
            break;
        }
    }
    assert_eq!(settled["state"], "confirmed", "{settled}");
    world.stop().await;
}
