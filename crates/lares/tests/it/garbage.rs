//! Garbage on every input: a clear problem document or a recorded rejection, and a process that does not mind.

use serde_json::{Value, json};

use super::access::operations;
use super::device::{Login, MqttDevice};
use super::world::*;

const YEAR_2200_MS: i64 = 7_258_118_400_000;

/// Bodies that are nobody's request.
fn garbage() -> Vec<Vec<u8>> {
    vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"{\"name\": \"x".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"true".to_vec(),
        b"NaN".to_vec(),
        b"{\"name\": NaN}".to_vec(),
        b"{\"name\": 1e999}".to_vec(),
        b"{\"name\": \"\xff\xfe\"}".to_vec(),
        b"{\"name\": \"\0\"}".to_vec(),
        b"{\"name\": \"\\u0000\"}".to_vec(),
        b"{\"name\": \"\\ud800\"}".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"{} {}".to_vec(),
        b"{\"name\": {\"name\": []}}".to_vec(),
        format!("{{\"name\": \"{}\"}}", "x".repeat(1_000_000)).into_bytes(),
        b"<xml/>".to_vec(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_over_http_is_a_problem_document_and_changes_nothing() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 10_000).await;
    let log = format!("/api/events?organisation={}&limit=1000", world.a.organisation);
    let before = world.get(&log).as_(Owner).expect(200).await;
    let mut tried = 0;
    for operation in operations(&world.openapi().await).iter().filter(|operation| operation.has_body) {
        let mut path = operation.path.clone();
        for kind in &operation.path_ids {
            let id = match kind.as_str() {
                "OrganisationId" => &world.a.organisation,
                "HomeId" => &world.a.home,
                "RoomId" => &world.a.room,
                _ => &world.a.plug.id,
            };
            let (start, end) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(start..=end, id);
        }
        // A name that nothing has.
        let is_named = path.contains('{');
        if let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "none");
        }
        let is_form = path.starts_with("/oauth/") && !path.starts_with("/oauth/register");
        let content_type = match operation.id.as_str() {
            id if id.starts_with("import") => "text/csv",
            _ if is_form => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        // An id of another kind names nothing, which may be said before the body is looked at.
        let named = ["OrganisationId", "HomeId", "RoomId", "DeviceId"];
        let is_nothing = is_named || operation.path_ids.iter().any(|kind| !named.contains(&kind.as_str()));
        for body in garbage() {
            let call = world.call(operation.method.clone(), &path).as_(Owner).raw(content_type, body.clone());
            let reply = call.send().await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            // Signing out asks the person, whatever came along.
            let asks = path == "/oauth/logout" && reply.status == 303;
            assert!(
                [400, 401, 413, 422].contains(&reply.status) || (is_nothing && reply.status == 404) || asks,
                "{} {shown}: {} {}",
                reply.asked,
                reply.status,
                reply.text
            );
            tried += 1;
        }
        for content_type in ["", "text/plain", "application/xml", "multipart/form-data"] {
            let call = world.call(operation.method.clone(), &path).as_(Owner).raw(content_type, "{}");
            // What is signed is not looked at before its signature.
            let is_signed = operation.action == "device_report" || operation.path == "/api/webhooks/{id}";
            let expected = if is_signed { 401 } else { 415 };
            assert_eq!(call.send().await.status, expected, "{path} as {content_type:?}");
        }
    }
    assert!(tried > 200, "{tried}");
    assert_eq!(world.get(&log).as_(Owner).expect(200).await, before, "something was changed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_at_the_edges_of_time_are_taken_or_refused() {
    let world = World::start().await;
    for time in
        ["1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "-000001-01-02T00:00:00Z", "9999-12-30T00:00:00Z"]
    {
        let path = format!("/api/events?from={time}");
        assert_eq!(world.get(path).as_(Owner).send().await.status, 200, "{time}");
        let path = format!("/api/iot/devices/{}/readings?until={time}", world.a.plug.id);
        assert_eq!(world.get(path).as_(Owner).send().await.status, 200, "{time}");
        let command = json!({ "name": "OnOff.On", "not_after": time });
        let path = format!("/api/iot/devices/{}/commands", world.a.plug.id);
        let reply = world.post(path).as_(Owner).json(command).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["/not_after"]), "{time}");
    }
    for time in
        ["now", "0", "99999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00"]
    {
        let reply = world.get(format!("/api/events?from={time}")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["from"]), "{time}");
    }
    world.stop().await;
}

async fn rejections(world: &World, device: &Registered) -> Vec<Value> {
    let path = format!("/api/iot/devices/{}/diagnostics", device.id);
    world.get(path).as_(Owner).expect(200).await["rejections"].as_array().unwrap().clone()
}

/// Publishes, and looks for the recorded reason.
async fn refused(world: &World, device: &mut MqttDevice, channel: &str, payload: &[u8], told: &str) {
    let before = count(world).await;
    let topic = device.topic(channel);
    let content_type = if device.cbor { "application/cbor" } else { "application/json" };
    let acknowledged = device.publish_typed(&topic, Some(content_type), payload.to_vec()).await;
    assert_eq!(acknowledged, "Success", "what is recorded is acknowledged, or it comes again for ever");
    eventually("the rejection is counted", async || count(world).await, |count| *count > before).await;
    let newest = rejections(world, &world.a.plug).await[0].clone();
    let reason = newest["reason"].as_str().unwrap();
    assert!(
        reason.contains(told),
        "{:?}: {reason:?} does not say {told:?}",
        String::from_utf8_lossy(&payload[..payload.len().min(80)])
    );
    assert_eq!(newest["channel"], format!("mqtt {channel}"));
    assert_eq!(newest["size_bytes"], payload.len());
}

async fn count(world: &World) -> u64 {
    let path = format!("/api/iot/devices/{}/diagnostics", world.a.plug.id);
    world.get(path).as_(Owner).expect(200).await["counts"]["rejected"].as_u64().unwrap()
}

fn reading(value: Value) -> Value {
    json!([{ "attribute": "ElectricalPowerMeasurement.ActivePower", "value": value }])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_over_mqtt_is_recorded_with_its_reason() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    let message =
        |readings: Value| json!({ "v": 1, "time": now_ms(), "readings": readings }).to_string().into_bytes();
    let at =
        |time: i64| json!({ "v": 1, "time": time, "readings": reading(json!(1)) }).to_string().into_bytes();
    let other = json!([{ "attribute": "DoorLock.LockState", "value": "Locked" }]);
    let megabyte = vec![b'x'; 1_000_000];
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("telemetry", b"".to_vec(), "EOF"),
        ("telemetry", b"{\"v\":1,\"readings\":[".to_vec(), "EOF"),
        ("telemetry", b"{\"v\":\"one\",\"readings\":[]}".to_vec(), "v: invalid type"),
        ("telemetry", b"{\"v\":9,\"readings\":[]}".to_vec(), "version 9"),
        ("telemetry", b"{\"v\":1,\"readings\":[]}".to_vec(), "readings: must have"),
        ("telemetry", b"{\"v\":1,\"readings\":{}}".to_vec(), "readings: invalid type"),
        ("telemetry", b"{\"v\":1,\"reading\":[]}".to_vec(), "unknown field"),
        ("telemetry", b"{\"v\":1,\"readings\":[]}{}".to_vec(), "trailing"),
        ("telemetry", b"\0\0\0".to_vec(), "expected value"),
        ("telemetry", b"\"\xff\xfe\"".to_vec(), "invalid"),
        ("telemetry", b"NaN".to_vec(), "expected"),
        ("telemetry", megabyte, "at most 131072"),
        ("telemetry", message(reading(json!("warm"))), "expected a number"),
        ("telemetry", message(reading(json!(1e12))), "outside"),
        ("telemetry", message(json!([{ "attribute": "Nonsense.Value", "value": 1 }])), "not known"),
        ("telemetry", message(other), "not registered"),
        ("telemetry", at(0), "clock is not set"),
        ("telemetry", at(YEAR_2200_MS), "in the future"),
        ("telemetry", at(i64::MAX), "in the future"),
        ("telemetry", at(i64::MIN), "clock is not set"),
        ("state", b"{".to_vec(), "EOF"),
        ("event", b"{\"v\":1,\"events\":[{\"event\":\"x\"}]}".to_vec(), "known capability"),
        ("ack", b"{\"v\":1,\"command\":\"x\",\"status\":\"accepted\"}".to_vec(), "command"),
        (
            "ack",
            b"{\"v\":1,\"command\":\"019e0000-0000-7000-8000-000000000000\",\"status\":\"perhaps\"}".to_vec(),
            "status",
        ),
    ];
    for (channel, payload, told) in cases {
        refused(&world, &mut plug, channel, &payload, told).await;
    }
    // What is right of a message is kept, beside the refusal of what is wrong.
    let mixed = json!([
        { "attribute": "OnOff.OnOff", "value": true },
        { "attribute": "OnOff.OnOff", "value": "perhaps" },
    ]);
    refused(&world, &mut plug, "telemetry", &message(mixed), "readings[1]").await;
    let path = format!("/api/iot/devices/{}/readings", world.a.plug.id);
    let readings = world.get(path).as_(Owner).expect(200).await;
    assert_eq!(readings["items"].as_array().unwrap().len(), 1);
    assert_eq!(rejections(&world, &world.a.plug).await.len(), 20, "a bounded number is kept");
    // An answer to a command that is not there is no harm.
    let nobody = "{\"v\":1,\"command\":\"019e0000-0000-7000-8000-000000000000\",\"status\":\"accepted\"}";
    let topic = plug.topic("ack");
    assert_eq!(plug.publish(&topic, nobody).await, "Success");
    world.stop().await;
}

/// A message in CBOR by hand: `{"v": 1, "readings": [{"attribute": ..., "value": <value>}]}`.
fn cbor_reading(value: &[u8]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        let mut bytes = if length < 24 { vec![0x60 + length] } else { vec![0x78, length] };
        bytes.extend(text.as_bytes());
        bytes
    };
    let mut bytes = vec![0xA2];
    bytes.extend(text("v"));
    bytes.push(1);
    bytes.extend(text("readings"));
    bytes.extend([0x81, 0xA2]);
    bytes.extend(text("attribute"));
    bytes.extend(text("ElectricalPowerMeasurement.ActivePower"));
    bytes.extend(text("value"));
    bytes.extend(value);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g05_cbor_bombs_and_odd_numbers_are_recorded() {
    let world = World::start().await;
    let login = Login { cbor: true, ..Login::of(&world.a.plug) };
    let mut plug = world.try_connect(&login).await.unwrap();
    let nan = cbor_reading(&[0xF9, 0x7E, 0x00]);
    let infinite = cbor_reading(&[0xF9, 0x7C, 0x00]);
    let nested = cbor_reading(&[0x81].repeat(100_000));
    let mut huge_array = vec![0xA2, 0x61, b'v', 1, 0x68];
    huge_array.extend(b"readings");
    huge_array.extend([0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    let huge_text = cbor_reading(&[0x7B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    let mut trailing = cbor_reading(&[1]);
    trailing.push(0);
    for payload in [
        nan,
        infinite,
        nested,
        [0x81].repeat(120_000),
        [0xA1].repeat(120_000),
        [0xC1].repeat(120_000),
        [0x9F].repeat(120_000),
        huge_array,
        huge_text,
        trailing,
        vec![0xFF],
        vec![0xBF],
        vec![],
    ] {
        refused(&world, &mut plug, "telemetry", &payload, "").await;
    }
    let good = cbor_reading(&[0xFB, 0x40, 0x29, 0, 0, 0, 0, 0, 0]);
    let topic = plug.topic("telemetry");
    // Without a content type the first byte says what it is.
    assert_eq!(plug.publish_typed(&topic, None, good).await, "Success");
    let path = format!("/api/iot/devices/{}/readings", world.a.plug.id);
    let look = async || world.get(&path).as_(Owner).expect(200).await["items"].clone();
    let readings = eventually("the good one", look, |items| *items != json!([])).await;
    assert_eq!(readings[0]["value"], 12.5);
    world.stop().await;
}
