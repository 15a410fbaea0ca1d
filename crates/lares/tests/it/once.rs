//! G08: a request under an idempotency key takes effect once, however often, from wherever and whenever it comes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::*;

fn device_body(world: &World, name: &str) -> Value {
    json!({ "home": world.a.home, "name": name, "endpoints": [{ "endpoint": 1, "capabilities": ["OnOff"] }] })
}

/// Every kind of request that takes a key: path, body, and the status of success.
fn requests(world: &World) -> Vec<(String, Option<Value>, u16)> {
    let (plug, organisation) = (&world.a.plug.id, &world.a.organisation);
    let home = json!({ "organisation": organisation, "name": "second", "time_zone": "UTC", "property_type": "other" });
    vec![
        ("/api/iot/devices/register".to_owned(), Some(device_body(world, "once")), 201),
        (format!("/api/iot/devices/{plug}/commands"), Some(json!({ "name": "OnOff.Toggle" })), 202),
        ("/api/organisations".to_owned(), Some(json!({ "name": "once" })), 201),
        ("/api/homes".to_owned(), Some(home), 201),
        (format!("/api/homes/{}/rooms", world.a.home), Some(json!({ "name": "once" })), 201),
        (format!("/api/iot/devices/{plug}/replace"), Some(json!({ "serial": "another" })), 200),
        (format!("/api/iot/devices/{plug}/credentials"), None, 200),
        ("/api/auth/tokens".to_owned(), Some(json!({ "name": "once" })), 201),
    ]
}

async fn ask(world: &World, path: &str, body: Option<&Value>, key: &str, who: Who) -> Reply {
    let call = world.post(path).as_(who).key(key);
    match body {
        Some(body) => call.json(body.clone()).send().await,
        None => call.send().await,
    }
}

async fn log_length(world: &World) -> i64 {
    let path = format!("/api/events?organisation={}&order=newest_first&limit=1", world.a.organisation);
    world.get(path).as_(Owner).expect(200).await["items"][0]["seq"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_the_same_request_gets_the_same_answer_also_after_a_restart() {
    let mut world = World::start().await;
    let mut answers = Vec::new();
    for (number, (path, body, status)) in requests(&world).into_iter().enumerate() {
        let key = format!("key-{number}");
        let first = ask(&world, &path, body.as_ref(), &key, Owner).await;
        assert_eq!(first.status, status, "{}: {}", first.asked, first.text);
        let length = log_length(&world).await;
        let again = ask(&world, &path, body.as_ref(), &key, Owner).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "{}", first.asked);
        assert_eq!(again.header("location"), first.header("location"));
        // A path with a slash at its end is the same request.
        let again = ask(&world, &format!("{path}/"), body.as_ref(), &key, Owner).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "{}", again.asked);
        assert_eq!(log_length(&world).await, length, "{} took effect again", first.asked);
        answers.push((path, body, key, first));
    }
    // What its newest credentials are is what a repetition of the older request must not undo.
    world.restart().await;
    let length = log_length(&world).await;
    for (path, body, key, first) in answers {
        let again = ask(&world, &path, body.as_ref(), &key, Owner).await;
        assert_eq!(again.status, first.status, "{}: {}", again.asked, again.text);
        let secrets = ["/credentials/password", "/token", "/id"];
        for pointer in secrets {
            assert_eq!(again.json.pointer(pointer), first.json.pointer(pointer), "{}", again.asked);
        }
    }
    assert_eq!(log_length(&world).await, length, "something took effect again after the restart");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_another_request_under_the_same_key_is_refused() {
    let world = World::start().await;
    let body = device_body(&world, "once");
    ask(&world, "/api/iot/devices/register", Some(&body), "k", Owner).await;
    let length = log_length(&world).await;
    for (path, body) in [
        ("/api/iot/devices/register", device_body(&world, "twice")),
        ("/api/organisations", json!({ "name": "once" })),
    ] {
        let reply = ask(&world, path, Some(&body), "k", Owner).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert!(reply.json["title"].as_str().unwrap().contains("key"), "{}", reply.text);
    }
    assert_eq!(log_length(&world).await, length);
    let long = "k".repeat(256);
    for key in ["", "two words", "ümlaut", &long] {
        let reply = ask(&world, "/api/organisations", Some(&json!({ "name": "x" })), key, Owner).await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["Idempotency-Key"]), "{key:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_a_key_belongs_to_its_user() {
    let world = World::start().await;
    let body = json!({ "name": "mine" });
    let mine = ask(&world, "/api/organisations", Some(&body), "shared", Owner).await;
    let theirs = ask(&world, "/api/organisations", Some(&body), "shared", Neighbour).await;
    assert_eq!((mine.status, theirs.status), (201, 201));
    assert_ne!(id_of(&mine.json), id_of(&theirs.json));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_an_answer_with_secrets_is_not_repeated_to_one_who_lost_the_right() {
    let world = World::start().await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let member = world.invited(Owner, Neighbour, "admin").await;
    let rotate = format!("/api/iot/devices/{}/credentials", world.a.plug.id);
    let register = device_body(&world, "theirs");
    let first = ask(&world, &rotate, None, "rotate", Neighbour).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let registered = ask(&world, "/api/iot/devices/register", Some(&register), "register", Neighbour).await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    world.delete(format!("{members}/{member}")).as_(Owner).expect(204).await;
    let again = ask(&world, &rotate, None, "rotate", Neighbour).await;
    assert_eq!(again.status, 404, "{}", again.text);
    let again = ask(&world, "/api/iot/devices/register", Some(&register), "register", Neighbour).await;
    assert!([404, 422].contains(&again.status), "{}", again.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_twenty_at_once_take_effect_once() {
    let world = World::start().await;
    for (number, (path, body, status)) in requests(&world).into_iter().take(3).enumerate() {
        let before = log_length(&world).await;
        let key = format!("race-{number}");
        let replies =
            futures_util::future::join_all((0..20).map(|_| ask(&world, &path, body.as_ref(), &key, Owner)));
        let replies = replies.await;
        let texts: BTreeSet<&str> = replies.iter().map(|reply| reply.text.as_str()).collect();
        assert!(replies.iter().all(|reply| reply.status == status), "{path}: {texts:?}");
        assert_eq!(texts.len(), 1, "{path}: {texts:?}");
        // Making an organisation writes into the new one's own log.
        let grown = log_length(&world).await - before;
        assert_eq!(grown, i64::from(path != "/api/organisations"), "{path}");
    }
    let listed = world.get("/api/organisations").as_(Owner).expect(200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let commands = world.get(format!("/api/iot/devices/{}/commands", world.a.plug.id)).as_(Owner);
    assert_eq!(commands.expect(200).await["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}
