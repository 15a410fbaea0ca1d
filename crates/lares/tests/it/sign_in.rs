//! Signing in over HTTP: what it costs, what a flood of it costs the others, and a second factor from end to end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::hmac;
use futures_util::future::join_all;
use lares_hub::caller::STEP_UP_MS;
use lares_store::{tokens, users};
use serde_json::{Value, json};

use super::world::*;

/// Password hashes so far, by their parameters.
async fn hashes(world: &World) -> BTreeMap<String, f64> {
    let text = world.get("/metrics").send().await.text;
    let lines = text.lines().filter_map(|line| {
        let (labels, count) = line.strip_prefix("lares_password_hashes_total{")?.rsplit_once(' ')?;
        Some((labels.to_owned(), count.parse().ok()?))
    });
    lines.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a03_unknown_user_wrong_password_and_no_password_are_one_answer_for_one_hash() {
    let world = World::start().await;
    let hub = world.running().hub.clone();
    let viewer = users::find_by_email(&hub.store, Viewer.email()).await.unwrap().unwrap();
    let work = hub.store.begin().await.unwrap();
    users::set_password(&work, viewer.id, "").await.unwrap();
    work.commit().await.unwrap();
    let of_today = "parameters=\"m=19456,t=2,p=1\"}";
    let long = "x".repeat(1_024);
    for path in ["/api/auth/login", "/api/auth/session"] {
        let mut answers = Vec::new();
        for (email, password) in [
            (Owner.email(), "wrong password here"),
            ("nobody@nowhere.example", "wrong password here"),
            ("nobody@nowhere.example", long.as_str()),
            (Viewer.email(), "wrong password here"),
            (Viewer.email(), ""),
            ("no address\u{0}", PASSWORD),
        ] {
            let before = hashes(&world).await;
            let reply = world.post(path).json(json!({ "email": email, "password": password })).send().await;
            let after = hashes(&world).await;
            let spent: BTreeMap<_, _> = after
                .into_iter()
                .map(|(labels, count)| (labels.clone(), count - before.get(&labels).unwrap_or(&0.0)))
                .filter(|(_, spent)| *spent != 0.0)
                .collect();
            assert_eq!(spent, BTreeMap::from([(of_today.to_owned(), 1.0)]), "{path} {email:?}");
            let mut names: Vec<_> = reply.headers.keys().map(|name| name.as_str().to_owned()).collect();
            names.sort();
            answers.push((reply.status, reply.text, names));
        }
        assert_eq!(answers[0].0, 401);
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a02_a_guessable_password_is_refused_and_a_spelling_is_not() {
    let world = World::start().await;
    let hub = world.running().hub.clone();
    for password in
        ["password", "Owner-A-example!", "lareslares", "aaaaaaaaaaaa", "short 7", &"long enough ".repeat(11)]
    {
        let made = lares_hub::identity::create_user(&hub, "new@example.org", "Owner Example", password).await;
        let Err(lares_hub::HubError::Invalid(invalid)) = made else { panic!("{password} was taken") };
        assert_eq!(invalid.errors[0].field, "/password");
    }
    lares_hub::identity::create_user(&hub, "new@example.org", "New", "bl\u{e4}ttrige Feige").await.unwrap();
    let login = json!({ "email": "new@example.org", "password": "bla\u{308}ttrige Feige" });
    world.post("/api/auth/login").json(login).expect(200).await;
    world.stop().await;
}

/// Of this process: the server's, and the clients' that flood it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const FLOOD: usize = 200;

/// So many who sign in without an end, each from the network that is told for them. What the others did meanwhile, and
/// how much memory it took at most.
async fn flooded<T>(
    world: &World,
    network: impl Fn(usize, usize) -> String,
    others: impl Future<Output = T>,
) -> T {
    let over = AtomicBool::new(false);
    let one = async |nth: usize| {
        let body =
            json!({ "email": format!("nobody{nth}@nowhere.example"), "password": "wrong wrong wrong" });
        for round in 0.. {
            if over.load(Ordering::Relaxed) {
                break;
            }
            let call = world.post("/api/auth/login").json(body.clone());
            let reply = call.header("x-forwarded-for", &network(nth, round)).send().await;
            let told = reply.status == 401 || !reply.header("retry-after").is_empty();
            assert!(told && matches!(reply.status, 401 | 429 | 503), "{}: {}", reply.status, reply.text);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let others = async {
        let done = others.await;
        over.store(true, Ordering::Relaxed);
        done
    };
    futures_util::future::join(others, join_all((0..FLOOD).map(one))).await.0
}

async fn world_behind_a_proxy() -> World {
    World::start_with(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits.per_network_per_second = 10_000;
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_sign_ins_stops_nobody_else_and_takes_bounded_memory() {
    lares::allocator::give_large_blocks_back();
    let world = world_behind_a_proxy().await;
    let calm = resident_kib();
    let refused = async || world.metric("lares_password_hashes_refused_total").await;
    let hashed = async || world.metric("lares_password_hashes_total").await;
    let others = async {
        eventually("the places are taken", &refused, |refused| *refused >= FLOOD as f64).await;
        let (hashed_before, mut most, mut asked) = (hashed().await, calm, 0);
        // As long as it takes the flood to fill its places once more.
        while asked < 50 || hashed().await < hashed_before + 70.0 {
            let rename = json!({ "name": format!("aldgate {asked}") });
            let home = format!("/api/homes/{}", world.a.home);
            world.patch(&home).as_(Owner).json(rename.clone()).expect(200).await;
            assert_eq!(world.get(&home).as_(Owner).expect(200).await["name"], rename["name"]);
            most = most.max(resident_kib());
            asked += 1;
        }
        most
    };
    let from = |nth: usize, round: usize| format!("10.{}.{nth}.1", round % 250);
    let most = flooded(&world, from, others).await;
    // Four hashes of 19 MiB at most, and 200 connections on both of their ends.
    assert!(most < calm + 160 * 1_024, "{calm} KiB grew to {most} KiB");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a04_a_flood_from_one_network_keeps_nobody_elsewhere_from_signing_in() {
    let world = world_behind_a_proxy().await;
    let others = async {
        let throttled = async || world.metric("lares_sign_ins_throttled_total").await;
        eventually("the flood is throttled", throttled, |throttled| *throttled >= FLOOD as f64).await;
        for nth in 0..10 {
            let login = json!({ "email": Owner.email(), "password": PASSWORD });
            let from = format!("198.51.{nth}.7");
            world.post("/api/auth/login").json(login).header("x-forwarded-for", &from).expect(200).await;
        }
    };
    flooded(&world, |nth, _| format!("203.0.113.{nth}"), others).await;
    world.stop().await;
}

/// What an authenticator app shows: RFC 6238 in its own words.
pub fn shown(base32: &str, steps_ahead: i64) -> String {
    let mut bits = String::new();
    for letter in base32.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter).unwrap();
        bits.push_str(&format!("{value:05b}"));
    }
    let byte = |bits: &[u8]| u8::from_str_radix(std::str::from_utf8(bits).unwrap(), 2).unwrap();
    let secret: Vec<_> = bits.as_bytes().chunks_exact(8).map(byte).collect();
    let counter = u64::try_from(now_ms() / 30_000 + steps_ahead).unwrap().to_be_bytes();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret), &counter);
    let offset = usize::from(tag.as_ref()[19] & 15);
    let word = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// A person in front of a browser: the cookie that they have now.
pub struct Browser<'w> {
    pub world: &'w World,
    pub cookie: String,
}

impl<'w> Browser<'w> {
    pub fn new(world: &'w World) -> Browser<'w> {
        Browser { world, cookie: String::new() }
    }

    pub async fn signed_in(world: &'w World, who: Who) -> Browser<'w> {
        let mut browser = Browser::new(world);
        let login = json!({ "email": who.email(), "password": PASSWORD });
        browser.send("POST", "/api/auth/session", Some(login)).await;
        assert!(!browser.cookie.is_empty());
        browser
    }

    pub async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let call = self.world.call(method.parse().unwrap(), path).header("sec-fetch-site", "same-origin");
        let call = call.header("cookie", &self.cookie);
        let reply = match body {
            Some(body) => call.json(body),
            None => call,
        };
        let reply = reply.send().await;
        let set = reply.header("set-cookie");
        if let Some(cookie) = set.split(';').next().filter(|cookie| cookie.starts_with("lares=")) {
            cookie.clone_into(&mut self.cookie);
        }
        reply
    }

    pub async fn expect(&mut self, status: u16, method: &str, path: &str, body: Option<Value>) -> Value {
        let reply = self.send(method, path, body).await;
        assert_eq!(reply.status, status, "{}: {}", reply.asked, reply.text);
        reply.json
    }

    /// As if nobody had proved anything for a quarter of an hour.
    pub async fn grows_stale(&self) {
        let hub = self.world.running().hub.clone();
        let token = self.cookie.split('=').nth(1).unwrap();
        let caller = lares_hub::identity::caller_of(&hub, token).await.unwrap();
        let row = tokens::find(&hub.store, caller.token).await.unwrap().unwrap();
        let work = hub.store.begin().await.unwrap();
        tokens::renew(&work, row.id, row.secret_sha256, "pwd", hub.now() - STEP_UP_MS).await.unwrap();
        work.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a05_a07_a_second_factor_from_end_to_end() {
    let world = World::start().await;
    let mut browser = Browser::signed_in(&world, Owner).await;
    let made = browser.expect(200, "POST", "/api/auth/totp", None).await;
    let secret = made["secret"].as_str().unwrap();
    let wrong = browser.send("POST", "/api/auth/totp/confirm", Some(json!({ "code": "nonsense" }))).await;
    assert_eq!((wrong.status, wrong.wrong_fields()), (422, vec!["/code"]));
    let code = json!({ "code": shown(secret, 0) });
    let confirmed = browser.expect(200, "POST", "/api/auth/totp/confirm", Some(code)).await;
    let recovery = confirmed["recovery_codes"].as_array().unwrap();
    assert_eq!(recovery.len(), 10);

    for path in ["/api/auth/login", "/api/auth/session"] {
        let plain = json!({ "email": Owner.email(), "password": PASSWORD });
        let needed = world.post(path).json(plain.clone()).send().await;
        assert_eq!((needed.status, needed.header("set-cookie")), (401, ""));
        assert_eq!(needed.json["type"], "/docs/problems#second-factor");
        let with = |code: &str| {
            let mut body = plain.clone();
            body["code"] = code.into();
            world.post(path).json(body)
        };
        let refused = with("000000").send().await;
        assert_eq!((refused.status, &refused.json["type"]), (401, &needed.json["type"]));
        let at = usize::from(path.ends_with("session"));
        let code = recovery[at].as_str().unwrap();
        with(code).expect(200).await;
        with(code).expect(401).await;
    }
    let by_code = json!({ "email": Owner.email(), "password": PASSWORD, "code": shown(secret, 1) });
    world.post("/api/auth/login").json(by_code.clone()).expect(200).await;
    let replayed = world.post("/api/auth/login").json(by_code).send().await;
    assert_eq!(replayed.json["type"], "/docs/problems#second-factor", "{}", replayed.text);

    browser.grows_stale().await;
    let stale = browser.send("DELETE", "/api/auth/totp", None).await;
    assert_eq!((stale.status, &stale.json["type"]), (401, &json!("/docs/problems#step-up")));
    let before = browser.cookie.clone();
    let proof = json!({ "password": PASSWORD, "code": recovery[2] });
    browser.expect(401, "POST", "/api/auth/step-up", Some(json!({ "password": PASSWORD }))).await;
    browser.expect(204, "POST", "/api/auth/step-up", Some(proof)).await;
    assert_ne!(browser.cookie, before);
    world.get("/api/auth/profile").header("cookie", &before).expect(401).await;
    browser.expect(204, "DELETE", "/api/auth/totp", None).await;
    browser.expect(404, "DELETE", "/api/auth/totp", None).await;
    let plain = json!({ "email": Owner.email(), "password": PASSWORD });
    world.post("/api/auth/login").json(plain).expect(200).await;
    world.stop().await;
}

/// What must ask again who somebody is. A route that is added here without reason costs people time, one that is
/// missing costs them more.
const DANGEROUS: [&str; 32] = [
    "DELETE /api/auth/account",
    "DELETE /api/auth/identities/{id}",
    "DELETE /api/auth/passkeys/{id}",
    "DELETE /api/auth/totp",
    "DELETE /api/homes/{id}",
    "DELETE /api/homes/{id}/readings",
    "DELETE /api/iot/devices/{id}/readings",
    "DELETE /api/oauth-clients/{id}",
    "DELETE /api/organisations/{id}",
    "DELETE /api/organisations/{id}/members/{member}",
    "GET /api/auth/export",
    "PATCH /api/mqtt-clients/{id}",
    "PATCH /api/oauth-clients/{id}",
    "PATCH /api/organisations/{id}/members/{member}",
    "POST /api/auth/email-change",
    "POST /api/auth/passkeys/registration",
    "POST /api/auth/providers/link",
    "POST /api/auth/recovery-codes",
    "POST /api/auth/tokens",
    "POST /api/auth/tokens/{id}/rotate",
    "POST /api/auth/totp",
    "POST /api/auth/totp/confirm",
    "POST /api/homes/{id}/mqtt-clients",
    "POST /api/mqtt-clients/{id}/rotate",
    "POST /api/oauth-clients/{id}/secret",
    "POST /api/oauth/device/decision",
    "POST /api/oauth/request/decision",
    "POST /api/organisations/{id}/invitations",
    "POST /api/organisations/{id}/members",
    "POST /api/organisations/{id}/oauth-clients",
    "POST /api/organisations/{id}/oauth-registration-tokens",
    "POST /api/organisations/{id}/transfer",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_what_is_dangerous_asks_again_and_nothing_else_does() {
    let world = World::start().await;
    let document = world.openapi().await;
    let mut browser = Browser::signed_in(&world, Owner).await;
    browser.grows_stale().await;
    let mut asked = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["x-step-up"] != true {
                continue;
            }
            let named = format!("{} {path}", method.to_uppercase());
            let id = path.replace(['{', '}'], "");
            let reply = browser.send(&method.to_uppercase(), &id, None).await;
            let challenge = reply.header("www-authenticate");
            assert_eq!(
                (reply.status, &reply.json["type"]),
                (401, &json!("/docs/problems#step-up")),
                "{named}"
            );
            assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
            asked.push(named);
        }
    }
    asked.sort_unstable();
    assert_eq!(asked, DANGEROUS);
    browser.expect(200, "GET", "/api/homes", None).await;
    let unlock = format!("/api/iot/devices/{}/commands", world.a.lock.id);
    let body = json!({ "name": "DoorLock.UnlockDoor" });
    assert_eq!(
        browser.send("POST", &unlock, Some(body.clone())).await.json["type"],
        "/docs/problems#step-up"
    );
    browser.expect(204, "POST", "/api/auth/step-up", Some(json!({ "password": PASSWORD }))).await;
    browser.expect(202, "POST", &unlock, Some(body)).await;
    world.stop().await;
}
