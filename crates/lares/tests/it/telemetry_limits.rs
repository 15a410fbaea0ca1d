//! What an operator's limits on readings do to those who come up against them: devices on both ways in, and people.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lares_mqtt::codec::{Ack, Packet, Qos, ReasonCode};
use serde_json::{Value, json};

use super::mqtt_walls::{dial, hello, home_client};
use super::mqtt_wire::*;
use super::world::*;

fn report(seq: u64, values: usize) -> Value {
    let readings: Vec<Value> = (0..values)
        .map(|nth| json!({ "attribute": "OnOff.OnOff", "value": nth % 2 == 0, "time": now_ms() - nth as i64 * 1_000 }))
        .collect();
    json!({ "v": 1, "seq": seq, "time": now_ms(), "readings": readings })
}

fn over_http<'w>(world: &'w World, device: &Registered, body: Value) -> Call<'w> {
    let login = STANDARD.encode(format!("{}:{}", device.id, device.password));
    world
        .post(format!("/api/iot/devices/{}/telemetry", device.id))
        .over_tls()
        .header("authorization", &format!("Basic {login}"))
        .json(body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_that_is_full_is_told_on_every_way_in_and_goes_on_when_there_is_room() {
    let world = World::start_with(|config| config.telemetry.organisation_points_max = 50).await;
    let plug = world.a.plug.clone();
    assert_eq!(over_http(&world, &plug, report(1, 40)).expect(202).await, json!({ "refused": [] }));
    let full = over_http(&world, &plug, report(2, 11)).send().await;
    assert_eq!((full.status, &full.json["title"]), (507, &json!("Limit reached")), "{}", full.text);
    assert!(full.json["detail"].as_str().unwrap().contains("as many values"), "{}", full.text);

    let mut device = world.connect(&plug).await;
    let topic = device.topic("telemetry");
    assert_eq!(device.publish(&topic, report(3, 11).to_string()).await, "QuotaExceeded");
    assert_eq!(device.publish(&topic, report(4, 10).to_string()).await, "Success");
    assert_eq!(device.publish(&topic, report(5, 1).to_string()).await, "QuotaExceeded");
    // What is no reading goes on, and so do others.
    assert_eq!(over_http(&world, &world.b.plug, report(1, 40)).expect(202).await, json!({ "refused": [] }));
    assert!(world.metric("lares_ingest_limited_total").await >= 3.0);

    let look = async || world.get("/api/alarms?state=open").as_(Owner).expect(200).await;
    let told = |page: &Value| page["items"][0]["kind"] == "telemetry_points_full";
    eventually("an alarm", look, told).await;
    let storage = world.get(format!("/api/organisations/{}/storage", world.a.organisation));
    let storage = storage.as_(Owner).expect(200).await;
    assert_eq!(storage["points_max"], 50);
    let diagnostics = world.get(format!("/api/iot/devices/{}/diagnostics", plug.id));
    let diagnostics = diagnostics.as_(Owner).expect(200).await;
    assert!(diagnostics.to_string().contains("as many values stored as are allowed"), "{diagnostics}");

    let (from, until) = ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
    let path = format!("/api/iot/devices/{}/readings?from={from}&until={until}", plug.id);
    let removed = world.delete(path).in_person(Owner).send().await;
    assert!((200..300).contains(&removed.status), "{}", removed.text);
    assert_eq!(device.publish(&topic, report(6, 50).to_string()).await, "Success");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_a_home_is_told_of_the_limit_and_the_home_hears_it_all_the_same() {
    let world = World::start_with(|config| config.telemetry.organisation_points_max = 2).await;
    let come = async |name: &str| {
        let about = json!({ "name": name, "trusted": true });
        let login = home_client(&world, &world.a.home, about).await;
        let mut wire = dial(&world, None).await.unwrap();
        assert_eq!(wire.connect(hello(name, Some(login.login()))).await.reason, ReasonCode::Success);
        wire
    };
    let (mut bridge, mut listener) = (come("bridge").await, come("listener").await);
    listener.send([subscribe(1, "meter/#", Qos::AtMostOnce)]).await;
    listener.said().await;
    let about = json!({
        "name": null, "unique_id": "meter1", "state_topic": "meter/state", "device_class": "temperature",
        "unit_of_measurement": "°C", "device": { "identifiers": ["meter1"], "name": "meter" },
    });
    let config =
        publish("homeassistant/sensor/meter1/config", Qos::AtLeastOnce, 1, about.to_string().as_bytes());
    bridge.send([Packet::Publish(config)]).await;
    assert_eq!(bridge.said().await, [Packet::PubAck(ack(1))]);
    for value in ["20.5", "21.5"] {
        bridge.send([Packet::Publish(publish("meter/state", Qos::AtLeastOnce, 2, value.as_bytes()))]).await;
        assert_eq!(bridge.said().await, [Packet::PubAck(ack(2))]);
    }
    let refused = Ack::new(id(3), ReasonCode::QuotaExceeded);
    bridge.send([Packet::Publish(publish("meter/state", Qos::AtLeastOnce, 3, b"22.5"))]).await;
    assert_eq!(bridge.said().await, [Packet::PubAck(refused.clone())]);
    bridge.send([Packet::Publish(publish("meter/state", Qos::ExactlyOnce, 3, b"23.5"))]).await;
    assert_eq!(bridge.said().await, [Packet::PubRec(refused)]);
    let heard: Vec<_> =
        listener.said().await.into_iter().filter(|packet| matches!(packet, Packet::Publish(_))).collect();
    assert_eq!(heard.len(), 4, "{heard:?}");
    // What is no reading goes on.
    bridge.send([Packet::Publish(publish("meter/other", Qos::AtLeastOnce, 4, b"x"))]).await;
    assert_eq!(bridge.said().await, [Packet::PubAck(ack(4))]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_as_large_as_the_operator_allows() {
    let world = World::start_with(|config| {
        config.telemetry.query_days_max = 10;
        config.telemetry.query_points_max = 5;
    })
    .await;
    let plug = world.a.plug.clone();
    over_http(&world, &plug, report(1, 6)).expect(202).await;
    let ask = async |path: &str| {
        let asked = world.get(format!("/api/iot/devices/{}/{path}", plug.id)).as_(Owner).send().await;
        (asked.status, asked.text)
    };
    let eleven = "history?attribute=OnOff.OnOff&from=2026-01-01T00:00:00Z&until=2026-01-12T00:00:00Z";
    let (status, text) = ask(eleven).await;
    assert!(status == 422 && text.contains("at most 10 days"), "{status} {text}");
    let (status, text) = ask(&eleven.replace("01-12", "01-11")).await;
    assert_eq!(status, 200, "{text}");
    let (status, text) = ask("chart?attribute=OnOff.OnOff&points=10").await;
    assert!(status == 422 && text.contains("6 readings; of at most 5"), "{status} {text}");
    world.stop().await;
}
