//! Alarms, from what devices, the broker and people say: raised once, seen by those who belong there, acknowledged,
//! and over when their cause is.

use lares_model::UnixMillis;
use serde_json::{Value, json};

use super::world::*;

async fn listed(world: &World, who: Who, query: &str) -> Vec<Value> {
    let page = world.get(format!("/api/alarms{query}")).as_(who).expect(200).await;
    page["items"].as_array().unwrap().clone()
}

async fn smoke_alarm(world: &World) -> Registered {
    world.register(Owner, &world.a.home, "aldgate smoke alarm", &["SmokeCoAlarm", "PowerSource"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_devices_alarm_lasts_as_long_as_its_cause_and_is_one() {
    let world = World::start().await;
    let registered = smoke_alarm(&world).await;
    let mut device = world.connect(&registered).await;
    let smoke = [("SmokeCoAlarm.SmokeState", json!("Critical"))];
    device.report(&smoke).await;
    let look = async || listed(&world, Owner, "?state=open").await;
    let open = eventually("an alarm", look, |items: &Vec<Value>| !items.is_empty()).await;
    assert_eq!(open.len(), 1);
    let alarm = &open[0];
    assert_eq!((&alarm["kind"], &alarm["severity"]), (&json!("smoke"), &json!("critical")));
    assert_eq!(
        (&alarm["home_name"], &alarm["device_name"]),
        (&json!("aldgate house"), &json!("aldgate smoke alarm"))
    );
    assert_eq!((&alarm["value"], &alarm["times"]), (&json!("Critical"), &json!(1)));
    assert_eq!(listed(&world, Viewer, "").await.len(), 1);
    assert_eq!(listed(&world, Neighbour, "").await, Vec::<Value>::new());

    let one = format!("/api/alarms/{}", id_of(alarm));
    world.get(one.clone()).as_(Neighbour).expect(404).await;
    let acknowledge = format!("{one}/acknowledge");
    let note = json!({ "note": "on my way" });
    world.post(acknowledge.clone()).as_(Neighbour).json(note.clone()).expect(404).await;
    world.post(acknowledge.clone()).as_(Viewer).json(note.clone()).expect(403).await;
    let acknowledged = world.post(acknowledge.clone()).as_(Owner).json(note.clone()).expect(200).await;
    assert_eq!(acknowledged["state"], "acknowledged");
    assert_eq!(acknowledged["acknowledged_by"]["name"], "aldgate person");
    world.post(acknowledge).as_(Owner).json(note).expect(409).await;
    world.post(format!("{one}/clear")).as_(Owner).expect(409).await;

    device.report(&[("SmokeCoAlarm.SmokeState", json!("Normal"))]).await;
    let look = async || world.get(one.clone()).as_(Owner).expect(200).await;
    eventually("cleared", look, |alarm: &Value| alarm["state"] == "cleared").await;
    // Again within minutes: the same alarm, not a second one.
    device.report(&smoke).await;
    eventually("back", look, |alarm: &Value| alarm["state"] != "cleared" && alarm["times"] == 2).await;
    assert_eq!(listed(&world, Owner, "").await.len(), 1);
    let events = world.get("/api/events?limit=200").as_(Owner).expect(200).await;
    let count =
        |name: &str| events["items"].as_array().unwrap().iter().filter(|event| event["type"] == name).count();
    assert_eq!((count("alarm.raised"), count("alarm.acknowledged"), count("alarm.cleared")), (2, 1, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cause_that_came_and_went_at_once_is_an_alarm_all_the_same_and_one_of_long_ago_is_none() {
    let world = World::start().await;
    let registered = smoke_alarm(&world).await;
    let mut device = world.connect(&registered).await;
    let long_ago = now_ms() - 30 * 24 * 3_600_000;
    device.report_at(long_ago, &[("SmokeCoAlarm.COState", json!("Critical"))]).await;
    device.report_at(long_ago + 60_000, &[("SmokeCoAlarm.COState", json!("Normal"))]).await;
    device.report(&[("SmokeCoAlarm.SmokeState", json!("Critical"))]).await;
    device.report(&[("SmokeCoAlarm.SmokeState", json!("Normal"))]).await;
    let look = async || listed(&world, Owner, "?state=cleared").await;
    let cleared = eventually("it was noticed", look, |items: &Vec<Value>| !items.is_empty()).await;
    assert_eq!((cleared.len(), &cleared[0]["kind"]), (1, &json!("smoke")));
    assert_eq!(listed(&world, Owner, "").await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_says_since_when_its_cause_is_there() {
    let world = World::start().await;
    let registered = smoke_alarm(&world).await;
    let mut device = world.connect(&registered).await;
    let long_ago = now_ms() - 24 * 24 * 3_600_000;
    device.report_at(long_ago, &[("PowerSource.BatPercentRemaining", json!(4))]).await;
    let look = async || listed(&world, Owner, "?state=open").await;
    let open = eventually("an alarm", look, |items: &Vec<Value>| !items.is_empty()).await;
    let instant = |field: &str| open[0][field].as_str().unwrap().parse::<UnixMillis>().unwrap();
    assert_eq!((&open[0]["kind"], instant("since")), (&json!("battery_low"), UnixMillis(long_ago)));
    assert!(instant("raised_at").0 > long_ago + 24 * 3_600_000, "{open:?}");
    let concerns = world.get("/api/attention").as_(Owner).expect(200).await;
    assert!(concerns.to_string().contains(open[0]["since"].as_str().unwrap()), "{concerns}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_raises_and_clears_and_it_survives_a_restart() {
    let mut world = World::start().await;
    let path = format!("/api/homes/{}/alarms", world.a.home);
    let body = json!({ "title": "broken window", "severity": "warning", "device": world.a.lock.id });
    world.post(path.clone()).as_(Neighbour).json(body.clone()).expect(404).await;
    world.post(path.clone()).as_(Viewer).json(body.clone()).expect(403).await;
    let foreign = json!({ "title": "x", "severity": "info", "device": world.b.lock.id });
    let refused = world.post(path.clone()).as_(Owner).json(foreign).send().await;
    assert_eq!((refused.status, refused.wrong_fields()), (422, vec!["/device"]));
    let alarm = world.post(path.clone()).as_(Owner).key("once").json(body.clone()).expect(201).await;
    let again = world.post(path).as_(Owner).key("once").json(body).expect(201).await;
    assert_eq!(id_of(&alarm), id_of(&again));
    world.restart().await;
    let open = listed(&world, Owner, "?state=open").await;
    assert_eq!((open.len(), &open[0]["title"]), (1, &json!("broken window")));
    let cleared = world.post(format!("/api/alarms/{}/clear", id_of(&alarm))).as_(Owner).expect(200).await;
    assert_eq!(cleared["state"], "cleared");
    world.stop().await;
}
