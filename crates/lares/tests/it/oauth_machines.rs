//! Services and devices that act for themselves: with a secret or a signature, over HTTP and MQTT.

use serde_json::{Value, json};

use super::oauth_world::*;
use super::world::*;

fn service(change: Value) -> Value {
    let mut client = json!({
        "name": "Energy report", "grant_types": ["client_credentials"], "scopes": ["homes:read"],
        "token_endpoint_auth_method": "client_secret_post", "role": "member",
    });
    for (name, value) in change.as_object().unwrap() {
        client[name] = value.clone();
    }
    client
}

async fn by_secret(world: &World, program: &Program, scope: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", program.id.as_str()),
        ("client_secret", program.secret.as_str()),
        ("scope", scope),
    ];
    world.post("/oauth/token").form(&form).send().await
}

pub async fn by_assertion(world: &World, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ];
    world.post("/oauth/token").form(&form).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_acts_in_its_organisation_as_its_role_and_scopes_allow() {
    let world = World::start().await;
    let program =
        client(&world, Owner, service(json!({ "scopes": ["homes:read", "devices:control"] }))).await;
    let given = by_secret(&world, &program, "").await;
    assert_eq!((given.status, &given.json["refresh_token"]), (200, &json!(null)), "{}", given.text);
    let token = text(&given.json, "access_token");
    let homes = world.get("/api/homes").bearer(token).expect(200).await;
    assert_eq!(homes["items"][0]["id"], world.a.home);
    assert_eq!(homes["items"].as_array().unwrap().len(), 1, "its own organisation's alone");
    world.get(format!("/api/homes/{}", world.b.home)).bearer(token).expect(404).await;
    let command = || world.post(format!("/api/iot/devices/{}/commands", world.a.lock.id));
    let lock = json!({ "name": "DoorLock.LockDoor" });
    let sent = command().bearer(token).json(lock.clone()).expect(202).await;
    assert_eq!(sent["issuer"], json!({ "type": "service", "id": program.id }));
    // A member manages nothing, and a service is nobody with an account.
    world
        .patch(format!("/api/homes/{}", world.a.home))
        .bearer(token)
        .json(json!({ "name": "x" }))
        .expect(403)
        .await;
    for path in ["/api/auth/profile", "/api/auth/tokens", "/oauth/userinfo"] {
        world.get(path).bearer(token).expect(403).await;
    }
    world.post("/api/organisations").bearer(token).json(json!({ "name": "x" })).expect(403).await;

    let less = by_secret(&world, &program, "homes:read").await.json;
    command().bearer(text(&less, "access_token")).json(lock).expect(403).await;
    let more = by_secret(&world, &program, "homes:manage").await;
    assert_eq!((more.status, &more.json["error"]), (400, &json!("invalid_scope")));
    let wrong = Program { secret: "wrong".to_owned(), ..program.clone() };
    assert_eq!(by_secret(&world, &wrong, "").await.status, 401);

    let form =
        [("client_id", program.id.as_str()), ("client_secret", program.secret.as_str()), ("token", token)];
    let told = world.post("/oauth/introspect").form(&form).expect(200).await;
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(program.id)));
    let path = format!("/api/oauth-clients/{}", program.id);
    world.patch(&path).as_(Owner).json(json!({ "disabled": true })).expect(200).await;
    world.get("/api/homes").bearer(token).expect(401).await;
    assert_eq!(by_secret(&world, &program, "").await.status, 401);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_signs_in_place_of_a_secret_once_each_time() {
    let world = World::start().await;
    let (key, other) = (Key::new(), Key::new());
    let signing = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] } });
    let program = client(&world, Owner, service(signing)).await;
    assert_eq!(program.secret, "");
    let assertion = key.assertion(&world, &program.id);
    let given = by_assertion(&world, &assertion).await;
    assert_eq!(given.status, 200, "{}", given.text);
    world.get("/api/homes").bearer(text(&given.json, "access_token")).expect(200).await;
    let again = by_assertion(&world, &assertion).await;
    assert_eq!((again.status, &again.json["error"]), (401, &json!("invalid_client")), "used before");
    for bad in
        [other.assertion(&world, &program.id), key.assertion(&world, &world.a.home), "x.y.z".to_owned()]
    {
        assert_eq!(by_assertion(&world, &bad).await.status, 401);
    }
    // An assertion lets nobody in by itself.
    let fresh = key.assertion(&world, &program.id);
    world.get("/api/homes").bearer(&fresh).expect(401).await;
    world.stop().await;
}

/// A device with a key of its own.
pub async fn with_key(world: &World, device: &Registered) -> (Key, String) {
    let key = Key::new();
    let path = format!("/api/iot/devices/{}/keys", device.id);
    let body = json!({ "name": "chip", "jwk": key.jwk() });
    let added = world.post(&path).as_(Owner).json(body.clone()).expect(201).await;
    world.post(&path).as_(Owner).json(body).expect(409).await;
    (key, id_of(&added))
}

fn telemetry() -> Value {
    json!({ "v": 1, "time": now_ms(), "readings": [{ "attribute": "OnOff.OnOff", "value": true }] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_signs_for_a_token_and_reports_with_it() {
    let world = World::start().await;
    let plug = world.a.plug.clone();
    let (key, id) = with_key(&world, &plug).await;
    let given = by_assertion(&world, &key.assertion(&world, &plug.id)).await;
    assert_eq!((given.status, &given.json["scope"]), (200, &json!("device")), "{}", given.text);
    let token = text(&given.json, "access_token").to_owned();
    let report = |device: &Registered| {
        world.post(format!("/api/iot/devices/{}/telemetry", device.id)).bearer(&token).json(telemetry())
    };
    report(&plug).over_tls().expect(202).await;
    report(&plug).expect(401).await;
    report(&world.a.lock).over_tls().expect(401).await;
    // It is a device and nobody else.
    for path in ["/api/homes", "/api/auth/profile", "/oauth/userinfo"] {
        world.get(path).bearer(&token).expect(401).await;
    }
    for person in [world.token(Owner), "x"] {
        let path = format!("/api/iot/devices/{}/telemetry", plug.id);
        world.post(path).over_tls().bearer(person).json(telemetry()).expect(401).await;
    }
    for bad in [
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "oct", "k": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43) }),
    ] {
        let path = format!("/api/iot/devices/{}/keys", plug.id);
        world.post(path).as_(Owner).json(json!({ "jwk": bad })).expect(422).await;
    }
    let path = format!("/api/iot/devices/{}/keys/{id}", plug.id);
    world.delete(&path).as_(Neighbour).expect(404).await;
    world.delete(&path).as_(Owner).expect(204).await;
    report(&plug).over_tls().expect(401).await;
    let refused = by_assertion(&world, &key.assertion(&world, &plug.id)).await;
    assert_eq!(refused.status, 401);
    world.stop().await;
}

/// An MQTT connection of the device with a token as its password; how it is answered.
async fn connect(world: &World, device: &str, token: &str) -> Result<rumqttc::EventLoop, String> {
    let port = world.running().addresses.mqtt.unwrap().port();
    let mut options = rumqttc::MqttOptions::new(device, "localhost", port);
    options.set_credentials(device, token).set_keep_alive(std::time::Duration::from_secs(60));
    let (_sender, mut events) = rumqttc::AsyncClient::new(options, 8);
    loop {
        match events.poll().await {
            Ok(rumqttc::Event::Incoming(rumqttc::Packet::ConnAck(_))) => return Ok(events),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

async fn ends_within(mut events: rumqttc::EventLoop, seconds: u64) {
    let end = async { while events.poll().await.is_ok() {} };
    let within = std::time::Duration::from_secs(seconds);
    tokio::time::timeout(within, end).await.unwrap_or_else(|_| panic!("it lived on after {seconds} s"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_a_devices_connection_ends_with_its_token_and_with_its_key() {
    let world = World::start().await;
    let plug = world.a.plug.clone();
    let (key, id) = with_key(&world, &plug).await;
    let given = by_assertion(&world, &key.assertion(&world, &plug.id)).await.json;
    let token = text(&given, "access_token");
    assert!(connect(&world, &world.a.lock.id, token).await.is_err(), "another device's");
    assert!(connect(&world, &plug.id, &key.assertion(&world, &plug.id)).await.is_err());
    assert!(connect(&world, &plug.id, world.token(Owner)).await.is_err());

    // A token that ends in two seconds: within five more its connection ends.
    let mut claims = claims_of(token);
    claims["exp"] = json!(now_ms() / 1_000 + 2);
    let short = lares_hub::signing::sign(&world.running().hub, "at+jwt", &claims).unwrap();
    ends_within(connect(&world, &plug.id, &short).await.unwrap(), 8).await;

    let living = connect(&world, &plug.id, token).await.unwrap();
    world.delete(format!("/api/iot/devices/{}/keys/{id}", plug.id)).as_(Owner).expect(204).await;
    ends_within(living, 5).await;
    assert!(connect(&world, &plug.id, token).await.is_err(), "its key is gone");
    world.stop().await;
}
