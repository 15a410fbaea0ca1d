//! Signing in with an account elsewhere, with npm `oidc-provider` as a process of its own, honest and not: control A16.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lares::config::{Config, ProviderConfig, RegistrationConfig};
use serde_json::{Value, json};

use super::sign_in::Browser;
use super::stock_mqtt::root;
use super::world::*;

const SECRET: &str = "a secret that both of them know";
const KEY: &str = "elsewhere";

/// The provider's process; it ends with this.
struct Elsewhere {
    process: Child,
    port: u16,
    client: reqwest::Client,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Elsewhere {
    fn start() -> Elsewhere {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = root().join("tests/oidc-provider");
        let modules = folder.join("node_modules");
        assert!(modules.exists(), "there is no {}: run scripts/prepare-tests.sh first", modules.display());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("node");
        command.arg("server.mjs").arg(port.to_string()).current_dir(folder);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = client.build().unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening"), "{line}");
        Elsewhere { process, port, client }
    }

    fn issuer(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// A server that trusts this provider, and the provider that knows it.
    async fn world(&self, trusted: bool) -> World {
        self.world_with(trusted, |_| {}).await
    }

    async fn world_with(&self, trusted: bool, change: impl FnOnce(&mut Config)) -> World {
        super::secrets::seen(SECRET);
        let secrets = tempfile::tempdir().unwrap();
        let file = secrets.path().join("secret");
        std::fs::write(&file, format!("{SECRET}\n")).unwrap();
        let world = World::start_with(|config| {
            config.sign_in.providers = vec![provider(KEY, &self.issuer(), &file, trusted)];
            config.sign_in.providers.push(provider("another", "http://localhost:1", Path::new(""), trusted));
            change(config);
        })
        .await;
        let home = format!("{}/api/auth/providers/{KEY}/callback", public_url(&world));
        let client = json!({ "redirect_uris": [home], "client_secret": SECRET });
        self.control(reqwest::Method::PUT, client).await;
        world
    }

    async fn control(&self, method: reqwest::Method, told: Value) {
        let url = format!("{}/control", self.issuer());
        let answer = self.client.request(method, url).body(told.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    async fn lies(&self, lies: Value) {
        self.control(reqwest::Method::POST, lies).await;
    }

    /// The person signs in there and agrees; where they are sent back to.
    async fn visited(&self, redirect_to: &str, person: &str) -> String {
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        let (mut url, mut form) = (redirect_to.to_owned(), None::<String>);
        for _ in 0..20 {
            let mut request = match form.take() {
                Some(form) => {
                    let request = self.client.post(&url).body(form);
                    request.header("content-type", "application/x-www-form-urlencoded")
                }
                None => self.client.get(&url),
            };
            let kept: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", kept.join("; "));
            let answer = request.send().await.unwrap();
            for set in answer.headers().get_all("set-cookie") {
                let pair = set.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            if let Some(location) = answer.headers().get("location") {
                let location = location.to_str().unwrap();
                if location.contains("/api/auth/providers/") {
                    return location.to_owned();
                }
                url = if location.starts_with('/') {
                    format!("{}{location}", self.issuer())
                } else {
                    location.to_owned()
                };
                continue;
            }
            let status = answer.status();
            let page = answer.text().await.unwrap();
            form = Some(if page.contains(r#"value="login""#) {
                format!("prompt=login&login={person}&password=any")
            } else if page.contains(r#"value="consent""#) {
                "prompt=consent".to_owned()
            } else {
                panic!("{status} {url}: {page}")
            });
        }
        panic!("no way back from {redirect_to}")
    }
}

fn provider(key: &str, issuer: &str, secret: &Path, trusted: bool) -> ProviderConfig {
    ProviderConfig {
        key: key.to_owned(),
        name: format!("Accounts {key}"),
        issuer: issuer.to_owned(),
        client_id: "lares".to_owned(),
        client_secret_file: secret.to_owned(),
        scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
        trust_email_verified: trusted,
    }
}

fn public_url(world: &World) -> String {
    format!("http://localhost:{}", world.running().addresses.http.unwrap().port())
}

/// A browser that goes away to sign in: where to, and what it was given to come back with.
async fn begin(world: &World) -> (String, String) {
    let call =
        world.post(format!("/api/auth/providers/{KEY}/start")).json(json!({ "return_to": "/devices" }));
    let reply = call.header("sec-fetch-site", "same-origin").send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let set = reply.header("set-cookie");
    assert!(set.starts_with("lares-provider="), "{set}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = set.split(';').next().unwrap().to_owned();
    (reply.json["redirect_to"].as_str().unwrap().to_owned(), cookie)
}

async fn come_back(world: &World, url: &str, cookie: &str) -> Reply {
    let path = url.strip_prefix(&public_url(world)).unwrap_or(url);
    // As a browser that another site sends here.
    let call = world.get(path).header("cookie", cookie).header("sec-fetch-site", "cross-site");
    let reply = call.send().await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let sets: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    assert!(sets.iter().any(|set| set.starts_with("lares-provider=; Max-Age=0")), "{sets:?}");
    reply
}

/// The session that somebody was given on arrival.
fn session_of(reply: &Reply) -> Option<String> {
    let mut sets = reply.headers.get_all("set-cookie").iter().filter_map(|set| set.to_str().ok());
    let set = sets.find(|set| set.starts_with("lares=lares_"))?;
    assert!(set.contains("HttpOnly; SameSite=Strict"), "{set}");
    set.split(';').next().map(str::to_owned)
}

async fn sign_in(world: &World, elsewhere: &Elsewhere, person: &str) -> Reply {
    let (redirect_to, cookie) = begin(world).await;
    let back = elsewhere.visited(&redirect_to, person).await;
    come_back(world, &back, &cookie).await
}

fn refused(reply: &Reply, why: &str, what: &str) {
    assert_eq!(reply.header("location"), format!("/signin?provider_error={why}"), "{what}");
    assert_eq!(session_of(reply), None, "{what}");
}

async fn profile(world: &World, session: &str) -> Value {
    world.get("/api/auth/profile").header("cookie", session).expect(200).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_whoever_is_unknown_gets_an_account_and_comes_back_to_it() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    let listed = world.get("/api/auth/providers").expect(200).await;
    assert_eq!(listed[0], json!({ "key": KEY, "name": "Accounts elsewhere" }));
    let (redirect_to, _) = begin(&world).await;
    for part in ["state=", "nonce=", "code_challenge=", "code_challenge_method=S256", "response_type=code"] {
        assert!(redirect_to.contains(part), "{redirect_to}");
    }
    assert!(!redirect_to.contains("secret"), "{redirect_to}");

    let arrived = sign_in(&world, &elsewhere, "kim").await;
    assert_eq!(arrived.header("location"), "/devices");
    let session = session_of(&arrived).unwrap();
    let first = profile(&world, &session).await;
    assert_eq!((&first["email"], &first["name"]), (&json!("kim@elsewhere.example"), &json!("kim elsewhere")));

    // What their address is over there says nothing any more, and neither does whose it is here.
    elsewhere.lies(json!({ "claims": { "email": Owner.email(), "email_verified": false } })).await;
    let again = sign_in(&world, &elsewhere, "kim").await;
    assert_eq!(profile(&world, &session_of(&again).unwrap()).await["id"], first["id"]);

    let mut browser = Browser { world: &world, cookie: session };
    let identities = browser.expect(200, "GET", "/api/auth/identities", None).await;
    let (one, only) = (identities[0].clone(), identities.as_array().unwrap().len());
    assert_eq!(
        (only, &one["name"], &one["email"]),
        (1, &json!("Accounts elsewhere"), &json!("kim@elsewhere.example"))
    );
    // It is their only way in.
    browser.expect(409, "DELETE", &format!("/api/auth/identities/{}", id_of(&one)), None).await;
    // And there is no password that anybody could guess.
    for password in ["", "kim"] {
        let login = json!({ "email": "kim@elsewhere.example", "password": password });
        world.post("/api/auth/login").json(login).expect(401).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_a_known_address_is_linked_only_by_whoever_has_the_account() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    elsewhere.lies(json!({ "claims": { "email": Owner.email(), "email_verified": true } })).await;
    let ticket = async || {
        let arrived = sign_in(&world, &elsewhere, "kim").await;
        assert_eq!(session_of(&arrived), None);
        arrived.header("location").strip_prefix("/signin/link?ticket=").unwrap().to_owned()
    };
    let first = ticket().await;
    let link = |ticket: &str| Some(json!({ "ticket": ticket }));
    let mut neighbour = Browser::signed_in(&world, Neighbour).await;
    neighbour.expect(404, "POST", "/api/auth/providers/link", link(&first)).await;
    let mut owner = Browser::signed_in(&world, Owner).await;
    owner.grows_stale().await;
    let stale = owner.send("POST", "/api/auth/providers/link", link(&first)).await;
    assert_eq!(stale.json["type"], "/docs/problems#step-up");
    owner.expect(204, "POST", "/api/auth/step-up", Some(json!({ "password": PASSWORD }))).await;
    owner.expect(204, "POST", "/api/auth/providers/link", link(&first)).await;
    owner.expect(404, "POST", "/api/auth/providers/link", link(&first)).await;

    let arrived = sign_in(&world, &elsewhere, "kim").await;
    assert_eq!(profile(&world, &session_of(&arrived).unwrap()).await["email"], Owner.email());
    let identities = owner.expect(200, "GET", "/api/auth/identities", None).await;
    let path = format!("/api/auth/identities/{}", id_of(&identities[0]));
    neighbour.expect(404, "DELETE", &path, None).await;
    owner.expect(204, "DELETE", &path, None).await;
    let _asked_again = ticket().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_an_address_that_is_not_verified_links_nothing_and_makes_nothing() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    for claims in [
        json!({ "email": Owner.email(), "email_verified": false }),
        json!({ "email": Owner.email() }),
        json!({ "email": "new@elsewhere.example", "email_verified": false }),
        json!({ "email": "no address", "email_verified": true }),
        json!({ "email_verified": true }),
        json!({}),
    ] {
        elsewhere.lies(json!({ "claims": claims })).await;
        refused(&sign_in(&world, &elsewhere, "kim").await, "unverified_email", &claims.to_string());
    }
    world.stop().await;

    let world = elsewhere.world(false).await;
    elsewhere.lies(json!({ "claims": { "email": Owner.email(), "email_verified": true } })).await;
    refused(
        &sign_in(&world, &elsewhere, "kim").await,
        "unverified_email",
        "an issuer that is not trusted with it",
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_where_only_who_was_invited_gets_an_account_a_provider_makes_none() {
    let elsewhere = Elsewhere::start();
    let close = |config: &mut Config| config.identity.registration = RegistrationConfig::Invitation;
    let world = elsewhere.world_with(true, close).await;
    refused(&sign_in(&world, &elsewhere, "kim").await, "registration_closed", "somebody new");
    elsewhere.lies(json!({ "claims": { "email": Owner.email(), "email_verified": true } })).await;
    let known = sign_in(&world, &elsewhere, "kim").await;
    assert!(known.header("location").starts_with("/signin/link?ticket="), "somebody known may link");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_tampered_replies_are_refused() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    for lie in [
        "nonce",
        "no nonce",
        "audience",
        "more audiences",
        "issuer",
        "expired",
        "access token",
        "none",
        "foreign key",
        "shared secret",
        "public key as secret",
        "payload",
        "no ID token",
        "userinfo subject",
        "token error",
        "token redirect",
    ] {
        elsewhere.lies(json!({ "tamper": lie })).await;
        refused(&sign_in(&world, &elsewhere, "kim").await, "refused", lie);
    }
    elsewhere.lies(json!({ "tamper": "large" })).await;
    refused(&sign_in(&world, &elsewhere, "kim").await, "unavailable", "a body without an end");
    elsewhere.lies(json!({})).await;
    assert!(session_of(&sign_in(&world, &elsewhere, "kim").await).is_some(), "and honest again");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_an_answer_is_for_the_browser_that_asked_and_from_the_issuer_that_was_asked() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    let issuer = elsewhere.issuer();
    let changed = |back: &str, from: &str, to: &str| {
        let (path, query) = back.split_once('?').unwrap();
        let pairs = query.split('&').filter_map(|pair| match pair.strip_prefix(from) {
            Some(_) if to.is_empty() => None,
            Some(_) => Some(format!("{from}{to}")),
            None => Some(pair.to_owned()),
        });
        format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
    };
    let code_elsewhere = async || {
        let (redirect_to, cookie) = begin(&world).await;
        (elsewhere.visited(&redirect_to, "kim").await, cookie)
    };
    let (back, _) = code_elsewhere().await;
    refused(&come_back(&world, &back, "").await, "expired", "a browser that never asked");
    let (back, cookie) = code_elsewhere().await;
    let (_, of_another) = begin(&world).await;
    refused(&come_back(&world, &back, &of_another).await, "refused", "another browser");
    refused(&come_back(&world, &back, &of_another).await, "expired", "and again");
    assert!(session_of(&come_back(&world, &back, &cookie).await).is_some(), "the one that asked");
    refused(&come_back(&world, &back, &cookie).await, "expired", "twice");
    for (what, from, to, why) in [
        ("another state", "state=", "AAAA", "refused"),
        ("no state", "state=", "", "refused"),
        ("another issuer", "iss=", "http%3A%2F%2Flocalhost%3A1", "refused"),
        ("no issuer", "iss=", "", "refused"),
        ("another code", "code=", "AAAA", "refused"),
        ("no code", "code=", "", "refused"),
    ] {
        let (back, cookie) = code_elsewhere().await;
        refused(&come_back(&world, &changed(&back, from, to), &cookie).await, why, what);
    }
    let (back, cookie) = code_elsewhere().await;
    let mixed_up = back.replace(&format!("/{KEY}/"), "/another/");
    refused(&come_back(&world, &mixed_up, &cookie).await, "refused", "sent to another provider's page");
    let (back, cookie) = code_elsewhere().await;
    refused(&come_back(&world, &format!("{back}&state=x"), &cookie).await, "refused", "two states");

    // Who says no is told so, and nobody else.
    let (redirect_to, cookie) = begin(&world).await;
    let state = redirect_to.split('&').find_map(|pair| pair.strip_prefix("state=")).unwrap();
    let path = format!("/api/auth/providers/{KEY}/callback?error=access_denied&state={state}&iss={issuer}");
    refused(&come_back(&world, &path, &cookie).await, "denied", "who said no");
    for path in
        ["/api/auth/providers/unknown/callback", "/api/auth/providers/%00/callback?code=%00&state=%FF"]
    {
        come_back(&world, path, "lares-provider=nothing").await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_away_or_another_is_said_to_be() {
    let elsewhere = Elsewhere::start();
    let world = elsewhere.world(true).await;
    let start = |key: &str| world.post(format!("/api/auth/providers/{key}/start")).json(json!({}));
    start("unknown").expect(404).await;
    let away = start("another").send().await;
    assert_eq!(away.status, 503);
    assert!(away.text.contains("does not answer") && !away.header("retry-after").is_empty(), "{}", away.text);
    start(KEY).header("sec-fetch-site", "same-site").expect(403).await;
    for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "devices"] {
        let call = world.post(format!("/api/auth/providers/{KEY}/start"));
        let reply = call.json(json!({ "return_to": elsewhere })).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["/return_to"]));
    }
    // It describes itself as somebody else.
    elsewhere.lies(json!({ "tamper": "description" })).await;
    start(KEY).expect(503).await;
    elsewhere.lies(json!({})).await;
    let (redirect_to, cookie) = begin(&world).await;
    let back = elsewhere.visited(&redirect_to, "kim").await;
    drop(elsewhere);
    refused(&come_back(&world, &back, &cookie).await, "unavailable", "gone meanwhile");
    world.stop().await;
}
