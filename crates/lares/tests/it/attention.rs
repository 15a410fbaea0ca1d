//! What needs attention, from what devices report: there while the cause lasts, and gone with it.

use serde_json::{Value, json};

use super::world::*;

async fn listed(world: &World, who: Who, query: &str) -> Vec<Value> {
    let page = world.get(format!("/api/attention{query}")).as_(who).expect(200).await;
    page["items"].as_array().unwrap().clone()
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

async fn alarms(world: &World) -> (Registered, Registered) {
    let can = ["SmokeCoAlarm", "PowerSource"];
    let smoke = world.register(Owner, &world.a.home, "aldgate smoke alarm", &can).await;
    let leak = world.register(Owner, &world.a.home, "aldgate water sensor", &["BooleanState"]).await;
    (smoke, leak)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concern_is_there_while_its_cause_lasts() {
    let world = World::start().await;
    let (smoke, leak) = alarms(&world).await;
    assert_eq!(listed(&world, Owner, "").await, Vec::<Value>::new(), "a house that is well");
    let (mut alarm, mut sensor) = (world.connect(&smoke).await, world.connect(&leak).await);
    alarm
        .report(&[
            ("SmokeCoAlarm.SmokeState", json!("Critical")),
            ("PowerSource.BatPercentRemaining", json!(4)),
        ])
        .await;
    sensor.report(&[("BooleanState.StateValue", json!(true))]).await;
    let look = async || listed(&world, Owner, "").await;
    let items = eventually("three concerns", look, |items: &Vec<Value>| items.len() == 3).await;
    assert_eq!(kinds(&items), ["smoke", "leak", "battery_low"]);
    let first = &items[0];
    assert_eq!((&first["severity"], &first["value"]), (&json!("danger"), &json!("Critical")));
    assert_eq!((&first["device"], &first["device_name"]), (&json!(smoke.id), &json!("aldgate smoke alarm")));
    assert_eq!((&first["home"], &first["home_name"]), (&json!(world.a.home), &json!("aldgate house")));
    assert_eq!((&first["room"], &first["endpoint"]), (&Value::Null, &json!(1)));
    assert_eq!((&items[2]["severity"], &items[2]["value"]), (&json!("attention"), &json!(4.0)));

    // Reported again it is the same concern, since the same time.
    alarm.report(&[("SmokeCoAlarm.SmokeState", json!("Critical"))]).await;
    let home = world.get(format!("/api/homes/{}", world.a.home)).as_(Owner).expect(200).await;
    let summary = json!({ "devices": 4, "online": 2, "late": 0, "offline": 0, "unknown": 2, "danger": 2, "attention": 1 });
    assert_eq!(home["summary"], summary);
    let again = look().await;
    assert_eq!((&again[0]["since"], &again[0]["id"]), (&first["since"], &first["id"]));

    sensor.report(&[("BooleanState.StateValue", json!(false))]).await;
    alarm
        .report(&[
            ("SmokeCoAlarm.SmokeState", json!("Normal")),
            ("PowerSource.BatPercentRemaining", json!(90)),
        ])
        .await;
    eventually("nothing", look, |items: &Vec<Value>| items.is_empty()).await;
    drop(alarm);
    let items = eventually("offline", look, |items: &Vec<Value>| items.len() == 1).await;
    assert_eq!((kinds(&items), &items[0]["severity"]), (vec!["offline"], &json!("attention")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_walled_paged_and_follows_a_device_that_moves() {
    let world = World::start().await;
    let (smoke, leak) = alarms(&world).await;
    let (mut alarm, mut sensor) = (world.connect(&smoke).await, world.connect(&leak).await);
    alarm
        .report(&[("SmokeCoAlarm.SmokeState", json!("Critical")), ("SmokeCoAlarm.COState", json!("Warning"))])
        .await;
    sensor.report(&[("BooleanState.StateValue", json!(true))]).await;
    let look = async || listed(&world, Owner, "").await;
    eventually("three concerns", look, |items: &Vec<Value>| items.len() == 3).await;
    assert_eq!(listed(&world, Neighbour, "").await, Vec::<Value>::new());
    assert_eq!(listed(&world, Viewer, "").await.len(), 3);
    let (home, organisation) = (&world.a.home, &world.a.organisation);
    world.get(format!("/api/attention?home={home}")).as_(Neighbour).expect(404).await;
    world.get(format!("/api/attention?organisation={organisation}")).as_(Neighbour).expect(404).await;

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.get(format!("/api/attention?limit=1{cursor}")).as_(Owner).expect(200).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, look().await);
    assert_eq!(kinds(&seen), ["smoke", "carbon_monoxide", "leak"]);
    world.get("/api/attention?cursor=made-up").as_(Owner).expect(410).await;

    let second = json!({ "organisation": organisation, "name": "aldgate cabin", "time_zone": "Europe/Madrid", "property_type": "other" });
    let second = id_of(&world.post("/api/homes").as_(Owner).json(second).expect(201).await);
    let moved =
        world.patch(format!("/api/iot/devices/{}", leak.id)).as_(Owner).json(json!({ "home": second }));
    moved.expect(200).await;
    assert_eq!(kinds(&listed(&world, Owner, &format!("?home={home}")).await), ["smoke", "carbon_monoxide"]);
    let in_second = listed(&world, Owner, &format!("?home={second}")).await;
    assert_eq!((kinds(&in_second), &in_second[0]["home_name"]), (vec!["leak"], &json!("aldgate cabin")));
    world.delete(format!("/api/iot/devices/{}", leak.id)).as_(Owner).expect(204).await;
    assert_eq!(listed(&world, Owner, &format!("?home={second}")).await, Vec::<Value>::new());
    let homes = world.get("/api/homes").as_(Owner).expect(200).await;
    let devices: Vec<_> =
        homes["items"].as_array().unwrap().iter().map(|home| &home["summary"]["devices"]).collect();
    assert_eq!(devices, [&json!(3), &json!(0)]);
    world.stop().await;
}
