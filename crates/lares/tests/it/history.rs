//! The history of an attribute in buckets, from what a device reported over MQTT.

use serde_json::{Value, json};

use super::world::*;

const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const HOUR_MS: i64 = 3_600_000;

fn instant(ms: i64) -> String {
    lares_model::UnixMillis(ms).to_string()
}

fn path(device: &str, attribute: &str, from: i64, until: i64, more: &str) -> String {
    let (from, until) = (instant(from), instant(until));
    format!("/api/iot/devices/{device}/history?attribute={attribute}&from={from}&until={until}{more}")
}

/// Every quarter of an hour of the four hours up to the present one: a counter and a power.
async fn reported(world: &World, meter: &Registered) -> i64 {
    let start = (now_ms() / HOUR_MS - 4) * HOUR_MS;
    let mut device = world.connect(meter).await;
    for quarter in 0..16 {
        let counter = 100.0 + 25.0 * f64::from(quarter);
        let at = start + i64::from(quarter) * HOUR_MS / 4;
        let power = json!(f64::from(quarter % 4));
        device
            .report_at(at, &[(ENERGY, json!(counter)), ("ElectricalPowerMeasurement.ActivePower", power)])
            .await;
    }
    start
}

async fn meter(world: &World) -> Registered {
    let can = ["ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"];
    world.register(Owner, &world.a.home, "aldgate meter", &can).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_and_a_power_by_the_hour() {
    let world = World::start().await;
    let meter = meter(&world).await;
    let start = reported(&world, &meter).await;
    let ask = async |attribute: &str, from: i64, more: &str| {
        world.get(path(&meter.id, attribute, from, start + 4 * HOUR_MS, more)).as_(Owner).expect(200).await
    };
    let power = ask("ElectricalPowerMeasurement.ActivePower", start, "&buckets=4").await;
    assert_eq!((&power["endpoint"], &power["unit"]), (&json!(1), &json!("W")));
    assert_eq!((&power["time_zone"], &power["expected_interval_s"]), (&json!("Europe/Madrid"), &json!(300)));
    let buckets = power["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 4);
    for (nth, bucket) in buckets.iter().enumerate() {
        assert_eq!(bucket["from"], instant(start + nth as i64 * HOUR_MS));
        let shown = ["count", "min", "max", "mean", "first", "last", "increase"].map(|name| &bucket[name]);
        let expected = [json!(4), json!(0.0), json!(3.0), json!(1.5), json!(0.0), json!(3.0), Value::Null];
        assert_eq!(shown, expected.each_ref());
        assert_eq!(bucket["late"], true, "it was reported hours after its time");
    }
    let rises = |history: &Value| -> Vec<f64> {
        history["buckets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bucket| bucket["increase"].as_f64().unwrap())
            .collect()
    };
    assert_eq!(rises(&ask(ENERGY, start, "&step=hour").await), [75.0, 100.0, 100.0, 100.0]);
    // Later, the value before is known: the first hour has all of its rise.
    assert_eq!(rises(&ask(ENERGY, start + HOUR_MS, "&step=hour").await), [100.0, 100.0, 100.0]);
    // A bucket without readings is not there.
    let sparse = ask(ENERGY, start - 4 * HOUR_MS, "&buckets=8").await;
    assert_eq!(sparse["buckets"].as_array().unwrap().len(), 4);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_of_many_pages_counts_every_reading_once() {
    let world = World::start().await;
    let meter = meter(&world).await;
    let mut device = world.connect(&meter).await;
    let start = (now_ms() / HOUR_MS - 30) * HOUR_MS;
    // More than two pages.
    let (messages, each) = (24_i64, 500_i64);
    for message in 0..messages {
        let readings = (0..each).map(|nth| {
            let time = start + message * HOUR_MS + nth * 7;
            json!({ "attribute": "ElectricalPowerMeasurement.Voltage", "value": 230, "time": time })
        });
        let readings: Vec<Value> = readings.collect();
        device.say("telemetry", &json!({ "v": 1, "seq": message + 1, "readings": readings })).await;
    }
    let asked =
        path(&meter.id, "ElectricalPowerMeasurement.Voltage", start, start + 24 * HOUR_MS, "&buckets=1");
    let history = world.get(asked).as_(Owner).expect(200).await;
    assert_eq!(history["buckets"][0]["count"], messages * each);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_with_the_field() {
    let world = World::start().await;
    let plug = &world.a.plug.id;
    let now = now_ms();
    let power = "ElectricalPowerMeasurement.ActivePower";
    for (asked, field) in [
        (path(plug, "Nothing.Known", now - 1_000, now, ""), "attribute"),
        (path(plug, power, now, now - 1, ""), "until"),
        (path(plug, power, now - 4_000 * 24 * HOUR_MS, now, ""), "until"),
        (path(plug, power, now - 1_000, now, "&buckets=0"), "buckets"),
        (path(plug, power, now - 1_000, now, "&buckets=2001"), "buckets"),
        (path(plug, power, now - 1_000, now, "&buckets=2&step=day"), "step"),
        (path(plug, power, now - 1_000, now, "&step=year"), "step"),
        (path(plug, power, now - 100 * 24 * HOUR_MS, now, "&step=hour"), "step"),
        (path(plug, power, now - 1_000, now, "&endpoint=255"), "endpoint"),
        (format!("/api/iot/devices/{plug}/history"), "attribute"),
    ] {
        let reply = world.get(asked).as_(Owner).send().await;
        assert_eq!(
            (reply.status, reply.wrong_fields()),
            (422, vec![field]),
            "{}: {}",
            reply.asked,
            reply.text
        );
    }
    let quiet =
        world.get(format!("/api/iot/devices/{plug}/history?attribute={power}")).as_(Owner).expect(200).await;
    assert_eq!(quiet["buckets"], json!([]));
    world.stop().await;
}
