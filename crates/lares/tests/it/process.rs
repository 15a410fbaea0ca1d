//! The real program as a child process: started on a data directory and four free ports, killed at will, started
//! again on what it left, always cleaned up; its log is printed when the test fails.

use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lares::demo_file::DemoFile;
use lares_testbed::postgres::Postgres;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::secrets;

/// What our own code says at any level; the libraries' part is looked through in the tests' own processes.
const EVERYTHING_OURS: &str = "info,lares=trace,lares_adapters=trace,lares_doors=trace,lares_hub=trace,\
                               lares_model=trace,lares_mqtt=trace,lares_store=trace,lares_telemetry=trace,\
                               lares_twin=trace";
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOG_TAIL_LINES: usize = 200;
/// Below the ephemeral ports, so that no outgoing connection takes one of them meanwhile.
const FIRST_BASE: u16 = 20_000;
const BASES: u16 = 3_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An installation: data directory, ports, database. The process on it comes and goes.
pub struct Lares {
    pub data: PathBuf,
    pub url: Option<String>,
    program: PathBuf,
    env: Vec<(String, String)>,
    ports: Ports,
    /// The plain server in place of the demo.
    serves: bool,
    /// Of simulated history; none where a test has no use for it.
    pub history_days: u32,
    /// Said to the demo besides.
    pub demo_arguments: Vec<String>,
    child: Option<Child>,
    log: PathBuf,
    /// These two after the child in the order of dropping.
    _home: TempDir,
    _postgres: Option<Arc<Postgres>>,
}

/// Four ports in a row that no other test of this machine takes while the lock is held.
struct Ports {
    base: u16,
    _lock: File,
}

impl Ports {
    fn take() -> Ports {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ports");
        fs::create_dir_all(&folder).unwrap();
        let first = (std::process::id() % u32::from(BASES)) as u16;
        for step in 0..BASES {
            let base = FIRST_BASE + (first + step) % BASES * 4;
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(folder.join(base.to_string()))
                .unwrap();
            let free = |offset| TcpListener::bind(("127.0.0.1", base + offset)).is_ok();
            if lock.try_lock().is_ok() && (0..4).all(free) {
                return Ports { base, _lock: lock };
            }
        }
        panic!("no four free ports from {FIRST_BASE} on");
    }
}

impl Lares {
    pub fn new(engine: Engine) -> Lares {
        let home = tempfile::Builder::new().prefix("lares-it-").tempdir().unwrap();
        let data = home.path().join("data");
        Lares::on(engine, home, data)
    }

    /// On a data directory of the test's choice.
    pub fn on(engine: Engine, home: TempDir, data: PathBuf) -> Lares {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let postgres = (engine == Engine::Postgres).then(Postgres::shared);
        let url = postgres.as_ref().map(|server| server.fresh_database().unwrap());
        let mut env = vec![
            // The tests are one loud caller.
            ("LARES_LIMITS__PER_USER_PER_SECOND".to_owned(), "20000".to_owned()),
            ("LARES_LIMITS__PER_NETWORK_PER_SECOND".to_owned(), "20000".to_owned()),
            ("LARES_COMMANDS__CONFIRM_WITHIN_S".to_owned(), "2".to_owned()),
            ("LARES_LOG__LEVEL".to_owned(), EVERYTHING_OURS.to_owned()),
        ];
        if let Some(url) = &url {
            env.push(("LARES_STORE__URL".to_owned(), url.clone()));
        }
        let log = home.path().join("log");
        Lares {
            data,
            url,
            program: PathBuf::from(env!("CARGO_BIN_EXE_lares")),
            env,
            ports: Ports::take(),
            serves: false,
            history_days: 0,
            demo_arguments: Vec::new(),
            child: None,
            log,
            _home: home,
            _postgres: postgres,
        }
    }

    /// Another build of the same program.
    pub fn program(mut self, program: PathBuf) -> Lares {
        self.program = program;
        self
    }

    /// `lares serve`: nobody and nothing in it but what the test makes.
    pub fn serving(mut self) -> Lares {
        self.serves = true;
        self
    }

    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.base)
    }

    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub fn forget_env(&mut self, name: &str) {
        self.env.retain(|(known, _)| known != name);
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(subcommand).arg("--data").arg(&self.data).arg("--ports").arg(self.ports.base.to_string());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LARES_")) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().cloned()).stdin(Stdio::null());
        command
    }

    /// Starts the process and does not wait for it.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let _ = fs::remove_file(self.data.join("demo.json"));
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = self.command(if self.serves { "serve" } else { "demo" });
        if !self.serves {
            command.args(["--history", &self.history_days.to_string()]).args(&self.demo_arguments);
        }
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Starts and waits until it is ready; says why it is not where it ends instead.
    pub async fn try_start(&mut self) -> Result<(), String> {
        self.spawn();
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                self.child = None;
                return Err(format!("it ended with {status}: {}", self.log_tail(3)));
            }
            if (self.serves || self.data.join("demo.json").exists()) && self.answers("/readyz").await {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("it was not ready within {READY_WITHIN:?}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub async fn start(&mut self) {
        if let Err(reason) = self.try_start().await {
            panic!("lares did not start: {reason}");
        }
    }

    pub async fn answers(&self, path: &str) -> bool {
        let address = format!("http://127.0.0.1:{}{path}", self.ports.base);
        let answer = reqwest::Client::new().get(address).timeout(Duration::from_secs(5)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// SIGKILL, by process id; returns once it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and waits for its end.
    pub async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().unwrap();
        assert!(told.success());
        let deadline = Instant::now() + STOPPED_WITHIN;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("lares did not stop within {STOPPED_WITHIN:?} of SIGTERM");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What `lares check` finds wrong; empty when it says that all is well. The server must not run.
    pub fn check(&self) -> Vec<String> {
        assert!(self.child.is_none(), "one process at a time holds the data directory");
        let mut command = self.command("check");
        let output = command.output().unwrap();
        if output.status.success() {
            return vec![];
        }
        vec![format!("lares check: {}", String::from_utf8_lossy(&output.stderr).trim())]
    }

    pub fn demo(&self) -> DemoFile {
        serde_json::from_slice(&fs::read(self.data.join("demo.json")).unwrap()).unwrap()
    }

    pub fn api(&self) -> Api {
        let demo = self.demo();
        Api::new(format!("http://{}", demo.http), demo.owner.token)
    }

    pub fn log_tail(&self, lines: usize) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<_> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

impl Drop for Lares {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the last of lares's log:\n{}\n---", self.log_tail(LOG_TAIL_LINES));
        } else {
            secrets::none_in(&fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// The HTTP API as the demo's owner.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

pub struct Answer {
    pub status: u16,
    pub body: Json,
}

impl Api {
    fn new(base: String, token: String) -> Api {
        secrets::seen(&token);
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Api { client, base, token }
    }

    pub fn with_token(&self, token: &str) -> Api {
        secrets::seen(token);
        Api { token: token.to_owned(), ..self.clone() }
    }

    /// Fails where no answer came, as a killed server gives none.
    pub async fn try_get(&self, path: &str) -> Result<Answer, reqwest::Error> {
        answer(self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    pub async fn try_post(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Json,
    ) -> Result<Answer, reqwest::Error> {
        secrets::seen_in(body);
        let mut request =
            self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        answer(request).await
    }

    /// With a body that is not JSON, or with none.
    pub async fn send(&self, method: reqwest::Method, path: &str, csv: Option<String>) -> Json {
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(csv) = csv {
            request = request.header("content-type", "text/csv").body(csv);
        }
        let answer = answer(request).await.unwrap();
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    pub async fn get(&self, path: &str) -> Json {
        let answer = self.try_get(path).await.unwrap();
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    pub async fn post(&self, path: &str, body: &Json) -> Json {
        let answer = self.try_post(path, None, body).await.unwrap();
        assert!((200..300).contains(&answer.status), "POST {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// Every entry of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Json> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let next =
                if cursor.is_empty() { path.to_owned() } else { format!("{path}{join}cursor={cursor}") };
            let page = self.get(&next).await;
            let found = page["items"].as_array().unwrap();
            items.extend(found.iter().cloned());
            match page["next_cursor"].as_str() {
                // The event log always has a next cursor; an empty page is its end.
                Some(cursor_after) if !found.is_empty() => cursor = cursor_after.to_owned(),
                _ => return items,
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Json::String(text));
    secrets::seen_in(&body);
    Ok(Answer { status, body })
}

/// splitmix64 (Steele, Lea and Flood, 2014): moments that can be had again from the printed seed.
pub struct Moments(u64);

impl Moments {
    /// From `LARES_TEST_SEED` where it is set, else from the clock; printed, so that a failure can be had again.
    pub fn new(test: &str) -> Moments {
        let given = std::env::var("LARES_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| lares_now_ms() as u64);
        println!("{test}: LARES_TEST_SEED={seed}");
        Moments(seed)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

pub fn lares_now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

/// How often a bounded run is repeated in a soak.
pub fn soak_factor() -> u64 {
    if std::env::var_os("LARES_SOAK").is_some_and(|value| value != "0") { 10 } else { 1 }
}

/// Polls until the condition holds.
pub async fn wait_until<F: AsyncFnMut() -> bool>(what: &str, within: Duration, mut holds: F) {
    let deadline = Instant::now() + within;
    while !holds().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
