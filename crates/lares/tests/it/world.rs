//! The test language: a running server with two households that know nothing of each other, and the people who call.
//! Every answer that passes through here is held to what holds for all of them.

use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use lares::config::Config;
use lares::parts::{self, Running};
use lares_hub::identity;
use lares_model::access::{Membership, Role};
use lares_model::{MembershipId, OrganisationId, UnixMillis, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::secrets;

pub const PASSWORD: &str = "correct horse battery staple";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Owns household A.
    Owner,
    /// Owns household B.
    Neighbour,
    /// Was a member of A once.
    Expired,
    /// May only look at A.
    Viewer,
    /// Has no token.
    Stranger,
}

pub use Who::{Expired, Neighbour, Owner, Stranger, Viewer};

impl Who {
    pub fn email(self) -> &'static str {
        match self {
            Owner => "owner@a.example",
            Neighbour => "neighbour@b.example",
            Expired => "expired@a.example",
            Viewer => "viewer@a.example",
            Stranger => "stranger@nowhere.example",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Registered {
    pub id: String,
    pub password: String,
}

/// A household. Every name in it starts with its mark, so that a leak is found by its text.
#[derive(Clone, Debug, Default)]
pub struct Household {
    pub mark: &'static str,
    pub organisation: String,
    pub home: String,
    pub room: String,
    pub lock: Registered,
    pub plug: Registered,
}

pub struct World {
    running: Option<Running>,
    config: Config,
    pub a: Household,
    pub b: Household,
    tokens: Vec<(Who, String)>,
    /// Access tokens of those who have signed in.
    signed_in: Mutex<Vec<(Who, String)>>,
    client: reqwest::Client,
    _folder: TempDir,
}

static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What the server wrote to its log as a warning or an error since the process began.
pub fn logged() -> Vec<String> {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct LogLines;

impl std::io::Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).trim_end().to_owned();
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn keep_the_log() {
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::prelude::*;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let warnings = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| LogLines)
            .with_filter(LevelFilter::WARN);
        let all = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(secrets::everything_logged())
            .with_filter(LevelFilter::TRACE);
        tracing_subscriber::registry().with(warnings).with(all).init();
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // A panic in a task of the server is swallowed by its join handle; the log keeps it.
            LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{panic}"));
            shown(panic);
        }));
    });
}

impl World {
    pub async fn start() -> World {
        World::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> World {
        keep_the_log();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.dir = folder.path().join("data");
        for bind in [
            &mut config.http.bind,
            &mut config.http.tls_bind,
            &mut config.mqtt.bind,
            &mut config.mqtt.tls_bind,
        ] {
            *bind = "127.0.0.1:0".to_owned();
        }
        change(&mut config);
        let running = parts::start(&config).await.unwrap();
        let client = client_trusting(&std::fs::read(&running.authority).unwrap());
        let mut world = World {
            running: Some(running),
            config,
            a: Household::default(),
            b: Household::default(),
            tokens: vec![],
            signed_in: Mutex::default(),
            client,
            _folder: folder,
        };
        world.populate().await;
        world
    }

    async fn populate(&mut self) {
        let a = self.owner(Owner, "aldgate").await;
        let b = self.owner(Neighbour, "bermondsey").await;
        let now = self.running().hub.now();
        self.member(Viewer, a, Role::Viewer, now, None).await;
        self.member(Expired, a, Role::Admin, now - 10_000, Some(now - 5_000)).await;
        self.a = self.furnish(Owner, "aldgate", a).await;
        self.b = self.furnish(Neighbour, "bermondsey", b).await;
    }

    async fn owner(&mut self, who: Who, mark: &str) -> OrganisationId {
        let hub = self.running().hub.clone();
        let named = format!("{mark} person");
        let household = format!("{mark} household");
        let made = identity::create_owner(&hub, who.email(), &named, PASSWORD, &household).await;
        let (user, organisation) = made.unwrap();
        self.give_token(who, user.id).await;
        organisation.id
    }

    async fn member(
        &mut self,
        who: Who,
        organisation: OrganisationId,
        role: Role,
        valid_from: UnixMillis,
        valid_until: Option<UnixMillis>,
    ) {
        let hub = self.running().hub.clone();
        let user = identity::create_user(&hub, who.email(), &format!("{who:?}"), PASSWORD).await.unwrap();
        let id = MembershipId(hub.uuid());
        let membership = Membership { id, organisation, user: user.id, role, valid_from, valid_until };
        identity::add_membership(&hub, &membership).await.unwrap();
        self.give_token(who, user.id).await;
    }

    async fn give_token(&mut self, who: Who, user: UserId) {
        let issued = identity::issue_for(&self.running().hub, user, "tests").await.unwrap();
        self.tokens.push((who, issued.token));
    }

    async fn furnish(&self, who: Who, mark: &'static str, organisation: OrganisationId) -> Household {
        let organisation = organisation.to_string();
        let home = json!({
            "organisation": organisation,
            "name": format!("{mark} house"),
            "address": format!("{mark} street 7"),
            "time_zone": "Europe/Madrid",
            "property_type": "house",
            "floor_area_m2": 120.5,
        });
        let home = id_of(&self.post("/api/homes").as_(who).json(home).expect(201).await);
        let room = json!({ "name": format!("{mark} hall") });
        let room =
            id_of(&self.post(format!("/api/homes/{home}/rooms")).as_(who).json(room).expect(201).await);
        let lock = self.register(who, &home, &format!("{mark} lock"), &["DoorLock", "Identify"]).await;
        let plug_can = ["OnOff", "ElectricalPowerMeasurement", "Identify"];
        let plug = self.register(who, &home, &format!("{mark} plug"), &plug_can).await;
        Household { mark, organisation, home, room, lock, plug }
    }

    pub async fn register(&self, who: Who, home: &str, name: &str, capabilities: &[&str]) -> Registered {
        let body = json!({
            "home": home,
            "name": name,
            "serial": format!("{name} serial"),
            "endpoints": [{ "endpoint": 1, "capabilities": capabilities }],
        });
        registered(&self.post("/api/iot/devices/register").as_(who).json(body).expect(201).await)
    }

    /// Somebody is invited into household A and comes; the membership.
    pub async fn invited(&self, by: Who, who: Who, role: &str) -> String {
        let path = format!("/api/organisations/{}/invitations", self.a.organisation);
        let offered = self.post(path).as_(by).json(json!({ "role": role })).expect(201).await;
        let token = offered["link"].as_str().unwrap().rsplit_once("#token=").unwrap().1;
        let accept = self.post("/api/invitations/accept").as_(who).json(json!({ "token": token }));
        id_of(&accept.expect(200).await)
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn data(&self) -> PathBuf {
        self.config.data.dir.clone()
    }

    pub fn token(&self, who: Who) -> &str {
        &self.tokens.iter().find(|(known, _)| *known == who).unwrap().1
    }

    /// An access token of somebody who has just signed in themselves; what they let programs do, an API token cannot.
    pub async fn in_person(&self, who: Who) -> String {
        let known =
            |all: &[(Who, String)]| all.iter().find(|(known, _)| *known == who).map(|one| one.1.clone());
        if let Some(token) = known(&self.signed_in.lock().unwrap()) {
            return token;
        }
        let login = json!({ "email": who.email(), "password": PASSWORD });
        let answer = Box::pin(self.post("/api/auth/login").json(login).expect(200)).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        self.signed_in.lock().unwrap().push((who, token.clone()));
        token
    }

    pub fn http(&self) -> String {
        format!("http://{}", self.running().addresses.http.unwrap())
    }

    pub fn https(&self) -> String {
        format!("https://localhost:{}", self.running().addresses.https.unwrap().port())
    }

    pub fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        let (base, path) = (self.http(), path.into());
        Call { world: self, method, base, path, token: None, in_person: None, headers: vec![], body: vec![] }
    }

    pub fn put(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn patch(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    pub async fn openapi(&self) -> Value {
        self.get("/api/openapi.json").expect(200).await
    }

    /// The value of a metric, summed over its labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").send().await.text;
        let of = |line: &str| {
            let (key, value) = line.rsplit_once(' ')?;
            (key.split('{').next() == Some(name)).then(|| value.parse::<f64>().ok()).flatten()
        };
        text.lines().filter_map(of).sum()
    }

    /// The same data under a new process's worth of memory; the ports are new ones.
    pub async fn restart(&mut self) {
        self.running.take().unwrap().stop().await;
        self.running = Some(parts::start(&self.config).await.unwrap());
    }

    /// The same with another configuration.
    pub async fn reconfigure(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.restart().await;
    }

    /// How every test ends: what went wrong where no answer shows it fails the test.
    pub async fn stop(mut self) {
        let retries = self.metric("lares_follower_retries_total").await;
        self.running.take().unwrap().stop().await;
        assert_eq!(retries, 0.0, "the log follower had to try again");
        let told = ["panicked", "following the ingest log failed", "not written yet", "did not end in time"];
        let bad: Vec<_> =
            logged().into_iter().filter(|line| told.iter().any(|told| line.contains(told))).collect();
        assert!(bad.is_empty(), "the server logged: {bad:#?}");
        secrets::e06_none_was_logged();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let forgotten = self.running.is_some() && !std::thread::panicking();
        assert!(!forgotten, "a test must end with World::stop");
    }
}

fn client_trusting(authority_pem: &[u8]) -> reqwest::Client {
    let authority = reqwest::Certificate::from_pem(authority_pem).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([authority])
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

pub struct Call<'w> {
    world: &'w World,
    method: Method,
    base: String,
    path: String,
    token: Option<String>,
    in_person: Option<Who>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub asked: String,
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Null when it is not JSON.
    pub json: Value,
}

impl Call<'_> {
    pub fn as_(mut self, who: Who) -> Self {
        self.token = (who != Stranger).then(|| self.world.token(who).to_owned());
        self
    }

    pub fn bearer(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With the access token of somebody who signs in for it.
    pub fn in_person(mut self, who: Who) -> Self {
        self.in_person = Some(who);
        self
    }

    pub fn over_tls(mut self) -> Self {
        self.base = self.world.https();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut call = self.header("content-type", content_type);
        call.body = body.into();
        call
    }

    /// A form, as programs send it.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let body = serde_urlencoded::to_string(pairs).unwrap();
        self.raw("application/x-www-form-urlencoded", body)
    }

    pub async fn send(mut self) -> Reply {
        if let Some(who) = self.in_person {
            self.token = Some(self.world.in_person(who).await);
        }
        let asked = format!("{} {}", self.method, self.path);
        secrets::seen_in_request(self.token.as_deref(), &self.headers, &self.body);
        let mut request =
            self.world.client.request(self.method, format!("{}{}", self.base, self.path)).body(self.body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        secrets::seen_in_answer(&headers, &json);
        let reply = Reply { asked, status, headers, text, json };
        reply.holds_what_all_answers_hold();
        reply
    }

    pub async fn expect(self, status: u16) -> Value {
        let reply = self.send().await;
        assert_eq!(reply.status, status, "{}: {}", reply.asked, reply.text);
        reply.json
    }
}

/// OWASP ASVS V3: on every answer, whatever the route and the status.
const EVERYWHERE: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age="),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn holds_what_all_answers_hold(&self) {
        for (name, part) in EVERYWHERE {
            assert!(self.header(name).contains(part), "{}: {name}: {:?}", self.asked, self.header(name));
        }
        assert!(!self.header("cache-control").is_empty(), "{}: no Cache-Control", self.asked);
        assert_ne!(self.status, 500, "{}: {}", self.asked, self.text);
        if self.status < 400 {
            return;
        }
        if self.asked.contains(" /oauth/") && self.json["error"].is_string() {
            // RFC 6749, section 5.2.
            assert_eq!(self.header("content-type"), "application/json", "{}", self.asked);
            assert!(self.json["error_description"].is_string(), "{}: {}", self.asked, self.text);
            return;
        }
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.asked);
        assert_eq!(self.json["status"], self.status, "{}: {}", self.asked, self.text);
        for field in ["type", "title", "detail"] {
            assert!(self.json[field].is_string(), "{}: no {field}: {}", self.asked, self.text);
        }
    }

    /// Names of the fields that a problem document complains of.
    pub fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap_or_default()).collect()
    }
}

pub fn id_of(json: &Value) -> String {
    json["id"].as_str().unwrap_or_else(|| panic!("no id in {json}")).to_owned()
}

pub fn registered(json: &Value) -> Registered {
    let password = json["credentials"]["password"].as_str();
    Registered { id: id_of(json), password: password.unwrap().to_owned() }
}

pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// Looks again until it is so; panics with the last thing seen when it does not become so.
pub async fn eventually<T: std::fmt::Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    is_so: impl Fn(&T) -> bool,
) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = look().await;
        if is_so(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "never came about: {what}; last seen {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
