//! A client of a home that comes with a wrong password: whoever waits for it sees that it came, and never what it tried.

use bytes::Bytes;
use lares_mqtt::codec::*;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::mqtt_wire::*;
use super::world::*;

const TRIED: &str = "not-the-secret-but-close";

async fn tries(world: &World, username: &str, password: &str) -> ReasonCode {
    let port = world.running().addresses.mqtt.unwrap().port();
    let mut wire = Wire::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), Version::V5);
    let hello = Connect {
        username: Some(text(username)),
        password: Some(Bytes::copy_from_slice(password.as_bytes())),
        ..connect(Version::V5, "", "plug")
    };
    wire.connect(hello).await.reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_in_is_shown_to_whoever_waits_and_to_nobody_else() {
    let world = World::start().await;
    let clients = format!("/api/homes/{}/mqtt-clients", world.a.home);
    let made = world.post(&clients).as_(Owner).json(json!({ "name": "plug" })).expect(201).await;
    let (username, secret) = (made["username"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let path = format!("/api/homes/{}/mqtt-refusals", world.a.home);
    let none = world.get(&path).as_(Owner).expect(200).await;
    assert_eq!(none["items"], json!([]));

    for _ in 0..2 {
        assert_eq!(tries(&world, username, TRIED).await, ReasonCode::BadUserNameOrPassword);
    }
    assert_eq!(tries(&world, "nobody-of-us", TRIED).await, ReasonCode::BadUserNameOrPassword);
    let shown = world.get(&path).as_(Owner).expect(200).await;
    let items = shown["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "a name that is nobody's belongs to no home: {shown}");
    assert_eq!((&items[0]["username"], &items[0]["name"]), (&json!(username), &json!("plug")));
    assert_eq!((&items[0]["why"], &items[0]["times"]), (&json!("wrong_password"), &json!(2)));
    assert!(!shown.to_string().contains(TRIED) && !shown.to_string().contains(secret));

    // Among operations, and only of organisations that one manages.
    let all = world.get("/api/operations/mqtt/refusals").as_(Owner).expect(200).await;
    assert_eq!(all["items"], shown["items"]);
    let theirs = world.get("/api/operations/mqtt/refusals").as_(Neighbour).expect(200).await;
    assert_eq!(theirs["items"], json!([]));
    world.get(&path).as_(Neighbour).expect(404).await;

    // Let in, it stays in the list with its time: that it was refused before is still so.
    assert_eq!(tries(&world, username, secret).await, ReasonCode::Success);
    let client: Value =
        world.get(format!("/api/mqtt-clients/{}", made["id"].as_str().unwrap())).as_(Owner).expect(200).await;
    assert!(client["last_seen"].is_string() || client["last_seen"].is_number(), "{client}");
    world.delete(format!("/api/mqtt-clients/{}", made["id"].as_str().unwrap())).as_(Owner).expect(204).await;
    let gone = world.get(&path).as_(Owner).expect(200).await;
    assert_eq!(gone["items"], json!([]), "with the client");
    world.stop().await;
}
