//! Reports over HTTP: devices without MQTT and webhooks, with the worked examples of the documentation.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::world::*;

const DEVICE_MANUAL: &str = include_str!("../../../../docs/device-protocol.md");
const WEBHOOK_MANUAL: &str = include_str!("../../../../docs/webhooks.md");

fn mac(key: &[u8], message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

fn digest_of(body: &str) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body.as_bytes())))
}

/// A device that signs as the manual says.
struct Signer<'w> {
    world: &'w World,
    device: &'w Registered,
    created: i64,
    nonce: u32,
    body: String,
}

impl<'w> Signer<'w> {
    fn of(world: &'w World, device: &'w Registered, body: &Value) -> Signer<'w> {
        Signer { world, device, created: now_ms() / 1_000, nonce: 1, body: body.to_string() }
    }

    fn path(&self) -> String {
        format!("/api/iot/devices/{}/telemetry", self.device.id)
    }

    fn call(&self) -> Call<'w> {
        let Signer { created, nonce, .. } = self;
        let digest = digest_of(&self.body);
        let list = "(\"@method\" \"@path\" \"content-digest\")";
        let params = format!("{list};created={created};nonce=\"{nonce}\";keyid=\"{}\"", self.device.id);
        let base = format!(
            "\"@method\": POST\n\"@path\": {}\n\"content-digest\": {digest}\n\"@signature-params\": {params}",
            self.path()
        );
        let signature = mac(&Sha256::digest(self.device.password.as_bytes()), &base);
        self.world
            .post(self.path())
            .header("content-digest", &digest)
            .header("signature-input", &format!("sig1={params}"))
            .header("signature", &format!("sig1=:{signature}:"))
            .raw("application/json", self.body.clone())
    }
}

fn report(seq: u64, on: bool) -> Value {
    json!({ "v": 1, "seq": seq, "time": now_ms(), "readings": [{ "attribute": "OnOff.OnOff", "value": on }] })
}

async fn shown(world: &World, device: &str) -> Value {
    let look = async || world.get(format!("/api/iot/devices/{device}/state")).as_(Owner).expect(200).await;
    let state = eventually("a value", look, |state| state["attributes"][0].is_object()).await;
    state["attributes"][0]["value"].clone()
}

/// What stands between the first line that starts with a text and the next blank line.
fn after<'m>(manual: &'m str, start: &str) -> &'m str {
    let at = manual.find(start).unwrap_or_else(|| panic!("{start:?} is not in the manual"));
    manual[at + start.len()..].lines().next().unwrap().trim()
}

#[test]
fn the_manuals_signature_of_a_report_is_right() {
    let secret = after(DEVICE_MANUAL, "With the secret `").split('`').next().unwrap();
    let base = DEVICE_MANUAL.split("```text\n").find(|part| part.starts_with("\"@method\"")).unwrap();
    let base = base.split("\n```").next().unwrap();
    let key = Sha256::digest(secret.as_bytes());
    assert_eq!(after(DEVICE_MANUAL, "Signature: "), format!("sig1=:{}:", mac(&key, base)));
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(DEVICE_MANUAL.contains(&hex));
    let request = DEVICE_MANUAL.split("Signature: sig1=").nth(1).unwrap();
    let body = request.lines().nth(2).unwrap();
    assert_eq!(after(DEVICE_MANUAL, "\nContent-Digest: "), digest_of(body));
    let params = after(DEVICE_MANUAL, "\nSignature-Input: sig1=");
    assert!(base.ends_with(&format!("\"@signature-params\": {params}")));
}

#[test]
fn the_manuals_signature_of_a_webhook_is_right() {
    let secret = after(WEBHOOK_MANUAL, "is made with `whsec_").split('`').next().unwrap();
    let (id, at) = (after(WEBHOOK_MANUAL, "webhook-id: "), after(WEBHOOK_MANUAL, "webhook-timestamp: "));
    let request = WEBHOOK_MANUAL.split("webhook-signature: ").nth(1).unwrap();
    let body = request.lines().nth(2).unwrap();
    let expected = format!("v1,{}", mac(&STANDARD.decode(secret).unwrap(), &format!("{id}.{at}.{body}")));
    assert_eq!(request.lines().next().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_report_is_in_the_log_when_it_is_answered() {
    let world = World::start().await;
    let plug = world.a.plug.clone();
    let signer = Signer::of(&world, &plug, &report(1, true));
    let head = world.running().hub.telemetry.head();
    let answer = signer.call().expect(202).await;
    assert_eq!(answer, json!({ "refused": [] }));
    assert!(world.running().hub.telemetry.head() > head);
    assert_eq!(shown(&world, &plug.id).await, json!(true));
    signer.call().expect(409).await;
    // Signed again, the message is known by what it is.
    Signer { nonce: 2, ..Signer::of(&world, &plug, &serde_json::from_str(&signer.body).unwrap()) }
        .call()
        .expect(202)
        .await;
    let diagnostics =
        world.get(format!("/api/iot/devices/{}/diagnostics", plug.id)).as_(Owner).expect(200).await;
    assert_eq!(diagnostics["duplicates"], 1);

    let mixed = json!({ "v": 1, "seq": 3, "readings": [{ "attribute": "Nothing.At", "value": 1 }] });
    let answer = Signer::of(&world, &plug, &mixed).call().expect(202).await;
    assert!(answer["refused"][0].as_str().unwrap().contains("Nothing.At"), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_by_the_device_itself_is_nobodys() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 10_000).await;
    let (plug, other) = (world.a.plug.clone(), world.b.plug.clone());
    let refuse = async |call: Call<'_>, what: &str| {
        let reply = call.send().await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text);
        assert!(reply.header("www-authenticate").starts_with("Basic"), "{what}");
    };
    let signer = || Signer::of(&world, &plug, &report(1, true));
    refuse(Signer { created: now_ms() / 1_000 - 301, ..signer() }.call(), "old").await;
    refuse(Signer { created: now_ms() / 1_000 + 310, ..signer() }.call(), "of the future").await;
    refuse(signer().call().raw("application/json", report(2, false).to_string()), "another body").await;
    let stolen = Registered { password: other.password.clone(), ..plug.clone() };
    refuse(Signer::of(&world, &stolen, &report(1, true)).call(), "another's key").await;
    let path = format!("/api/iot/devices/{}/telemetry", plug.id);
    let body = report(1, true);
    let basic =
        |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let with = |authorization: String| {
        world.post(&path).over_tls().header("authorization", &authorization).json(body.clone())
    };
    refuse(with(basic(&plug.id, "wrong")), "wrong password").await;
    refuse(with(basic(&other.id, &other.password)), "another device").await;
    refuse(with("Basic !".to_owned()), "no Base64").await;
    refuse(world.post(&path).json(body.clone()), "nothing").await;
    refuse(world.post(&path).as_(Owner).json(body.clone()), "a person").await;
    let right = basic(&plug.id, &plug.password);
    refuse(world.post(&path).header("authorization", &right).json(body.clone()), "not over TLS").await;
    with(right.clone()).expect(202).await;
    let large = "x".repeat(200_000);
    assert_eq!(with(right.clone()).raw("application/json", large).send().await.status, 413);
    let text = world.post(&path).over_tls().header("authorization", &right).raw("text/plain", "{}");
    assert_eq!(text.send().await.status, 415);
    world.delete(format!("/api/iot/devices/{}", plug.id)).as_(Owner).expect(204).await;
    refuse(with(right), "removed").await;
    world.stop().await;
}

struct Service<'w> {
    world: &'w World,
    path: String,
    secret: Vec<u8>,
}

impl<'w> Service<'w> {
    async fn new(world: &'w World, device: &str) -> Service<'w> {
        let mapping = json!({ "time": "/at", "readings": [
            { "value": "/power/w", "device": device, "endpoint": 1, "factor": 1000,
              "attribute": "ElectricalPowerMeasurement.ActivePower" },
            { "value": "/on", "device": device, "endpoint": 1, "attribute": "OnOff.OnOff" },
        ]});
        let body = json!({ "name": "Meter portal", "mapping": mapping });
        let made = world.post(format!("/api/homes/{}/webhooks", world.a.home)).as_(Owner).json(body);
        let made = made.expect(201).await;
        let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
        let secret = STANDARD.decode(secret).unwrap();
        Service { world, path: made["path"].as_str().unwrap().to_owned(), secret }
    }

    fn post(&self, id: &str, at: i64, body: &Value) -> Call<'w> {
        let body = body.to_string();
        let signature = mac(&self.secret, &format!("{id}.{at}.{body}"));
        self.world
            .call(Method::POST, &self.path)
            .header("webhook-id", id)
            .header("webhook-timestamp", &at.to_string())
            .header("webhook-signature", &format!("v1a,other v1,{signature}"))
            .raw("application/json", body)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_reports_for_a_device_once_per_message() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 10_000).await;
    let plug = world.a.plug.id.clone();
    let service = Service::new(&world, &plug).await;
    let now = now_ms() / 1_000;
    let body = json!({ "at": now, "on": true, "power": { "w": "x" }, "more": 1 });
    let head = world.running().hub.telemetry.head();
    let answer = service.post("msg_1", now, &body).expect(202).await;
    assert_eq!(answer["readings"], 1, "{answer}");
    assert_eq!(answer["refused"].as_array().unwrap().len(), 1, "{answer}");
    assert!(world.running().hub.telemetry.head() > head);
    assert_eq!(shown(&world, &plug).await, json!(true));
    // Another attempt, later, and even with another body: the id says what it is.
    let head = world.running().hub.telemetry.head();
    service.post("msg_1", now + 5, &json!({ "at": now, "on": false })).expect(202).await;
    assert_eq!(world.running().hub.telemetry.head(), head);

    for (id, at, what) in [("msg_2", now - 400, "old"), ("msg_2", now + 400, "ahead"), ("", now, "no id")] {
        let reply = service.post(id, at, &body).send().await;
        assert_eq!(reply.status, 401, "{what}");
    }
    let forged = Service { secret: vec![1; 32], path: service.path.clone(), ..service };
    assert_eq!(forged.post("msg_2", now, &body).send().await.status, 401);
    let nowhere = "/api/webhooks/019e0000-0000-7000-8000-000000000000".to_owned();
    let nobodys = Service { path: nowhere, ..forged };
    assert_eq!(nobodys.post("msg_2", now, &body).send().await.status, 401, "the same as a wrong signature");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_tried_out_and_removed() {
    let world = World::start().await;
    let plug = world.a.plug.id.clone();
    let service = Service::new(&world, &plug).await;
    let head = world.running().hub.telemetry.head();
    let payload = json!({ "at": "2026-01-01T00:00:00Z", "power": { "w": "0.5" }, "on": 7 });
    let tried = world.post(format!("{}/test", service.path)).as_(Owner).json(payload).expect(200).await;
    assert_eq!(tried["readings"][0]["value"], 500.0);
    assert_eq!(tried["readings"][0]["time"], "2026-01-01T00:00:00.000Z");
    assert!(tried["refused"][0].as_str().unwrap().contains("OnOff.OnOff"), "{tried}");
    assert_eq!(world.running().hub.telemetry.head(), head, "nothing is kept");

    let theirs = json!({ "name": "x", "mapping": { "readings": [
        { "value": "/v", "device": world.b.plug.id, "endpoint": 1, "attribute": "OnOff.OnOff" }] } });
    let reply = world.post(format!("/api/homes/{}/webhooks", world.a.home)).as_(Owner).json(theirs);
    assert_eq!(reply.send().await.wrong_fields(), ["/mapping/readings/0/device"]);
    world.delete(&service.path).as_(Owner).expect(204).await;
    let body = json!({ "on": true });
    assert_eq!(service.post("msg_1", now_ms() / 1_000, &body).send().await.status, 401);
    world.stop().await;
}
