//! Commands from the API call to the proof of a real MQTT client, in every way they can end.

use std::time::Duration;

use serde_json::{Value, json};

use super::device::{Login, MqttDevice};
use super::world::*;

/// Long enough that a command that should not come would have come: two looks of the dispatcher.
const SILENCE: Duration = Duration::from_millis(1_500);

fn commands_of(device: &Registered) -> String {
    format!("/api/iot/devices/{}/commands", device.id)
}

async fn submit(world: &World, device: &Registered, body: Value) -> String {
    let reply = world.post(commands_of(device)).as_(Owner).json(body).send().await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let id = id_of(&reply.json);
    assert_eq!(reply.header("location"), format!("/api/iot/commands/{id}"));
    id
}

/// The command once it is settled.
async fn settled(world: &World, id: &str) -> Value {
    let command = world.get(format!("/api/iot/commands/{id}?wait=20s")).as_(Owner).expect(200).await;
    assert_eq!(command["settled"], true, "{command}");
    command
}

fn states(command: &Value) -> Vec<&str> {
    command["history"].as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect()
}

async fn until_state(world: &World, id: &str, state: &str) -> Value {
    let look = async || world.get(format!("/api/iot/commands/{id}")).as_(Owner).expect(200).await;
    eventually(state, look, |command| command["state"] == state).await
}

/// Carries a command out as a good device does.
async fn obey(device: &mut MqttDevice, attribute: &str, value: Value) {
    let command = device.next_command().await;
    device.answer(&command, "accepted", None).await;
    device.report(&[(attribute, value)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_confirmed_by_a_report() {
    let world = World::start().await;
    let mut lock = world.connect(&world.a.lock).await;
    let waiting = format!("{}?wait=20s", commands_of(&world.a.lock));
    let asked = world.post(waiting).as_(Owner).json(json!({ "name": "DoorLock.LockDoor" })).expect(202);
    let (submitted, envelope) = tokio::join!(asked, async {
        let envelope = lock.next_command().await;
        lock.answer(&envelope, "accepted", None).await;
        lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;
        envelope
    });
    assert_eq!(submitted["state"], "confirmed", "{submitted}");
    assert_eq!(envelope.command.to_string(), id_of(&submitted));
    assert_eq!((envelope.v, envelope.counter, envelope.endpoint), (1, 1, 1));
    assert_eq!(envelope.name, "DoorLock.LockDoor");
    assert_eq!(envelope.nonce.len(), 32);
    assert!(envelope.not_after > envelope.issued);
    let command = settled(&world, &id_of(&submitted)).await;
    assert_eq!(states(&command), ["queued", "sent", "acked", "confirmed"]);
    assert_eq!(command["issuer"]["type"], "user");

    // The event log tells the same story, and whose doing each step was.
    let path = format!("/api/iot/devices/{}/events?type=command.queued,command.confirmed", world.a.lock.id);
    let events = world.get(path).as_(Owner).expect(200).await;
    let causes: Vec<_> = events["items"].as_array().unwrap().iter().map(|e| &e["cause"]["type"]).collect();
    assert_eq!(causes, ["user", "device"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_without_observable_effect_ends_with_its_acknowledgement() {
    let world = World::start().await;
    let mut lock = world.connect(&world.a.lock).await;
    let body = json!({ "name": "Identify.Identify", "args": { "IdentifyTime": 5 } });
    let id = submit(&world, &world.a.lock, body).await;
    let envelope = lock.next_command().await;
    assert_eq!(serde_json::to_value(&envelope.args).unwrap(), json!({ "IdentifyTime": 5 }));
    lock.answer(&envelope, "accepted", None).await;
    let command = settled(&world, &id).await;
    assert_eq!(states(&command), ["queued", "sent", "acked"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_refuses_or_fails_with_its_reason() {
    let world = World::start().await;
    let mut lock = world.connect(&world.a.lock).await;
    for (status, state) in [("refused", "refused"), ("failed", "failed")] {
        let id = submit(&world, &world.a.lock, json!({ "name": "DoorLock.UnlockDoor" })).await;
        let envelope = lock.next_command().await;
        lock.answer(&envelope, status, Some("the bolt is jammed")).await;
        let command = settled(&world, &id).await;
        assert_eq!(states(&command), ["queued", "sent", state]);
        assert_eq!(command["reason"], "the bolt is jammed");
    }
    // A device cannot answer for another one.
    let mut plug = world.connect(&world.a.plug).await;
    let id = submit(&world, &world.a.lock, json!({ "name": "DoorLock.UnlockDoor" })).await;
    let envelope = lock.next_command().await;
    plug.answer(&envelope, "refused", Some("not mine")).await;
    lock.answer(&envelope, "failed", Some("mine")).await;
    let command = settled(&world, &id).await;
    assert_eq!(command["reason"], "mine");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_to_a_device_that_is_away_expires() {
    let world = World::start().await;
    let not_after = world.running().hub.now() + 700;
    let id =
        submit(&world, &world.a.lock, json!({ "name": "DoorLock.UnlockDoor", "not_after": not_after })).await;
    let command = settled(&world, &id).await;
    assert_eq!(states(&command), ["queued", "expired"]);
    let mut lock = world.connect(&world.a.lock).await;
    assert_eq!(lock.hears_within(SILENCE).await, None, "an expired command was sent");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_unconfirmed_and_an_unlock_is_never_repeated() {
    let world = World::start_with(|config| config.commands.confirm_within_s = 1).await;
    let mut lock = world.connect(&world.a.lock).await;
    let unlock = submit(&world, &world.a.lock, json!({ "name": "DoorLock.UnlockDoor" })).await;
    lock.next_command().await;
    let command = settled(&world, &unlock).await;
    assert_eq!(states(&command), ["queued", "sent", "unconfirmed"]);
    assert_eq!(command["attempts"], 1);
    assert_eq!(lock.hears_within(SILENCE).await, None, "an unlock was repeated");

    // Locking again does no harm, so it is tried up to three times before it is given up.
    let id = submit(&world, &world.a.lock, json!({ "name": "DoorLock.LockDoor" })).await;
    let first = lock.next_command().await;
    for _ in 0..2 {
        assert_eq!(lock.next_command().await, first, "a repetition is the same command");
    }
    let command = settled(&world, &id).await;
    assert_eq!((&command["state"], &command["attempts"]), (&json!("unconfirmed"), &json!(3)));
    // Proof that comes later moves nothing: the state was told to people already.
    lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(until_state(&world, &id, "unconfirmed").await["state"], "unconfirmed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preconditions_are_judged_by_what_is_known_and_travel_with_the_command() {
    let world = World::start().await;
    let closed = |value: &str| {
        json!({ "name": "DoorLock.LockDoor", "preconditions":
            [{ "endpoint": 1, "attribute": "DoorLock.DoorState", "equals": value }] })
    };
    let mut lock = world.connect(&world.a.lock).await;
    let unknown = settled(&world, &submit(&world, &world.a.lock, closed("DoorClosed")).await).await;
    assert_eq!(states(&unknown), ["queued", "refused"]);
    assert!(unknown["reason"].as_str().unwrap().contains("not known"), "{unknown}");

    lock.report(&[("DoorLock.DoorState", json!("DoorOpen"))]).await;
    let state = format!("/api/iot/devices/{}/state", world.a.lock.id);
    let look = async || world.get(&state).as_(Owner).expect(200).await;
    eventually("the door's state", look, |state| state.to_string().contains("DoorOpen")).await;
    let open = settled(&world, &submit(&world, &world.a.lock, closed("DoorClosed")).await).await;
    assert_eq!(states(&open), ["queued", "refused"]);
    assert!(open["reason"].as_str().unwrap().contains("DoorOpen"), "{open}");

    let id = submit(&world, &world.a.lock, closed("DoorOpen")).await;
    let envelope = lock.next_command().await;
    assert_eq!(envelope.preconditions.len(), 1, "refused ones were sent, or the condition was not");
    lock.answer(&envelope, "accepted", None).await;
    lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;
    assert_eq!(settled(&world, &id).await["state"], "confirmed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_commands_arrive_in_order() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for second in 0..20 {
        let body = json!({ "name": "Identify.Identify", "args": { "IdentifyTime": second } });
        ids.push(submit(&world, &world.a.plug, body).await);
    }
    let mut plug = world.connect(&world.a.plug).await;
    for (counter, id) in (1..).zip(&ids) {
        let envelope = plug.next_command().await;
        assert_eq!((&envelope.command.to_string(), envelope.counter), (id, counter));
        // The next one waits until this one is with the device.
        plug.answer(&envelope, "accepted", None).await;
    }
    for id in &ids {
        assert_eq!(settled(&world, id).await["state"], "acked");
    }
    let listed = world.get(format!("{}?state=acked&limit=50", commands_of(&world.a.plug))).as_(Owner);
    let listed = listed.expect(200).await;
    let listed: Vec<_> = listed["items"].as_array().unwrap().iter().map(id_of).collect();
    assert_eq!(listed, ids);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconnecting_device_gets_an_idempotent_command_again_and_an_unlock_never() {
    let world = World::start().await;
    let id = submit(&world, &world.a.plug, json!({ "name": "OnOff.On" })).await;
    let unlock = submit(&world, &world.a.lock, json!({ "name": "DoorLock.UnlockDoor" })).await;
    let (mut plug, mut lock) = (world.connect(&world.a.plug).await, world.connect(&world.a.lock).await);
    let first = plug.next_command().await;
    lock.next_command().await;
    let gone = async || {
        let mut connected = vec![];
        for device in [&world.a.plug, &world.a.lock] {
            let path = format!("/api/iot/devices/{}/diagnostics", device.id);
            connected.push(world.get(path).as_(Owner).expect(200).await["connected"] == true);
        }
        connected
    };
    plug.vanish().await;
    lock.vanish().await;
    eventually("both gone", gone, |connected| *connected == [false, false]).await;
    // The dispatcher has to have seen that it was away.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let mut plug = world.connect(&world.a.plug).await;
    let mut lock = world.connect(&world.a.lock).await;
    assert_eq!(plug.next_command().await, first);
    plug.answer(&first, "accepted", None).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    let command = settled(&world, &id).await;
    assert_eq!(states(&command), ["queued", "sent", "sent", "acked", "confirmed"]);
    assert_eq!(lock.hears_within(SILENCE).await, None, "an unlock was repeated");
    assert_eq!(until_state(&world, &unlock, "sent").await["attempts"], 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cbor_device_gets_and_gives_cbor() {
    let world = World::start().await;
    let path = format!("/api/iot/devices/{}", world.a.plug.id);
    world.patch(path).as_(Owner).json(json!({ "encoding": "cbor" })).expect(200).await;
    let login = Login { cbor: true, tls: true, ..Login::of(&world.a.plug) };
    let mut plug = world.connect_as(&login).await;
    plug.report(&[("ElectricalPowerMeasurement.ActivePower", json!(12.5)), ("OnOff.OnOff", json!(false))])
        .await;
    let id = submit(&world, &world.a.plug, json!({ "name": "OnOff.On" })).await;
    obey(&mut plug, "OnOff.OnOff", json!(true)).await;
    assert_eq!(states(&settled(&world, &id).await), ["queued", "sent", "acked", "confirmed"]);
    let state = world.get(format!("/api/iot/devices/{}/state", world.a.plug.id)).as_(Owner).expect(200).await;
    let power = state["attributes"].as_array().unwrap().iter().find(|one| one["unit"] == "W").unwrap();
    assert_eq!(power["value"], 12.5);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_said_field_by_field() {
    let world = World::start().await;
    let past = world.running().hub.now() - 1;
    let cases = [
        (json!({ "name": "OnOff.Explode" }), "/name"),
        (json!({ "name": "DoorLock.LockDoor" }), "/name"),
        (json!({ "name": "OnOff.On", "endpoint": 9 }), "/endpoint"),
        (json!({ "name": "OnOff.On", "args": { "Extra": 1 } }), "/args/Extra"),
        (json!({ "name": "Identify.Identify" }), "/args/IdentifyTime"),
        (json!({ "name": "Identify.Identify", "args": { "IdentifyTime": "soon" } }), "/args/IdentifyTime"),
        (json!({ "name": "OnOff.On", "not_after": past }), "/not_after"),
        (json!({ "name": "OnOff.On", "not_after": "tomorrow" }), "/not_after"),
        (json!({ "name": "OnOff.On", "unknown": 1 }), "/unknown"),
        (json!({}), "/name"),
        (
            json!({ "name": "OnOff.On", "preconditions":
                [{ "endpoint": 1, "attribute": "OnOff.OnOff", "equals": "maybe" }] }),
            "/preconditions/0/equals",
        ),
    ];
    for (body, field) in cases {
        let call = world.post(commands_of(&world.a.plug)).as_(Owner).json(body.clone());
        let reply = call.send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{body}: {}", reply.text);
    }
    for wait in ["soon", "5", "31s", "-1s", "s", "5s5s"] {
        let path = format!("{}?wait={wait}", commands_of(&world.a.plug));
        let reply = world.post(path).as_(Owner).json(json!({ "name": "OnOff.On" })).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["wait"]), "{wait}");
    }
    // None of these left a command behind.
    let listed = world.get(commands_of(&world.a.plug)).as_(Owner).expect(200).await;
    assert_eq!(listed["items"], json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_device_fails_its_commands_and_a_crowd_of_them_is_bounded() {
    let world = World::start().await;
    let body = json!({ "name": "OnOff.Toggle" });
    let mut first = String::new();
    for number in 0..100 {
        let id = submit(&world, &world.a.plug, body.clone()).await;
        if number == 0 {
            first = id;
        }
    }
    world.post(commands_of(&world.a.plug)).as_(Owner).json(body).expect(409).await;
    world.delete(format!("/api/iot/devices/{}", world.a.plug.id)).as_(Owner).expect(204).await;
    let command = settled(&world, &first).await;
    assert_eq!(states(&command), ["queued", "failed"]);
    world.stop().await;
}
