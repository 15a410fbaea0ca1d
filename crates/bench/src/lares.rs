//! A Lares process with its demo home, driven through its public doors only.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::figures::Spread;

pub struct Server {
    _child: Child,
    pub pid: u32,
    pub http: String,
    pub mqtt: String,
    pub mqtts: String,
    /// Where everybody is let in; empty unless it was started so.
    pub anonymous: String,
    /// A user name and password that MQTT takes.
    pub login: (String, String),
    token: String,
    pub home: String,
    pub client: reqwest::Client,
}

/// A registered device and what it signs in with.
#[derive(Clone)]
pub struct Device {
    pub id: String,
    pub password: String,
}

const BASE_PORT: u16 = 28_080;

fn spawn(binary: &Path, data: &Path, subcommand: &str) -> Result<Child, String> {
    spawn_with(binary, data, subcommand, &[])
}

fn spawn_with(
    binary: &Path,
    data: &Path,
    subcommand: &str,
    settings: &[(&str, &str)],
) -> Result<Child, String> {
    Command::new(binary)
        .args([subcommand, "--ports", &BASE_PORT.to_string(), "--data"])
        .arg(data)
        // What is measured is the server, not the sending of a simulated past.
        .args(if subcommand == "demo" { &["--history", "0"][..] } else { &[] })
        .env("LARES_LIMITS__PER_USER_PER_SECOND", "100000")
        .env("LARES_LOG__LEVEL", "warn")
        .envs(settings.iter().copied())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{}: {error}", binary.display()))
}

async fn ready(client: &reqwest::Client, began: Instant) -> Result<f64, String> {
    let url = format!("http://127.0.0.1:{BASE_PORT}/readyz");
    while began.elapsed() < Duration::from_secs(30) {
        if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(began.elapsed().as_secs_f64() * 1e3);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Err("lares did not become ready in 30 s".to_owned())
}

/// From the start of the process to the first 200 of `/readyz`; the first start makes the data directory.
pub async fn measure_starts(binary: &Path, data: &Path, count: usize) -> Result<Spread, String> {
    let client = reqwest::Client::new();
    let mut samples = vec![];
    for _ in 0..count {
        let began = Instant::now();
        let mut child = spawn(binary, data, "serve")?;
        samples.push(ready(&client, began).await?);
        child.kill().await.map_err(|error| error.to_string())?;
    }
    Ok(Spread::of(samples))
}

impl Server {
    pub async fn start(binary: &Path, data: &Path) -> Result<Server, String> {
        Server::start_with(binary, data, &[]).await
    }

    pub async fn start_with(binary: &Path, data: &Path, settings: &[(&str, &str)]) -> Result<Server, String> {
        let client = reqwest::Client::new();
        let child = spawn_with(binary, data, "demo", settings)?;
        ready(&client, Instant::now()).await?;
        let file = data.join("demo.json");
        let mut demo = Value::Null;
        for _ in 0..200 {
            if let Ok(text) = std::fs::read(&file) {
                demo = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Server {
            pid: child.id().unwrap_or_default(),
            _child: child,
            http: text(&demo["http"]),
            mqtt: text(&demo["mqtt"]),
            mqtts: text(&demo["mqtts"]),
            anonymous: String::new(),
            login: Default::default(),
            token: text(&demo["owner"]["token"]),
            home: text(&demo["homes"][0]),
            client,
        })
    }

    /// As `start`, without the simulated devices, and with a listener that lets everybody into the space of its home.
    pub async fn start_open(binary: &Path, data: &Path) -> Result<Server, String> {
        let home = {
            let mut first = Server::start(binary, data).await?;
            first._child.kill().await.map_err(|error| error.to_string())?;
            first
        };
        let anonymous = format!("127.0.0.1:{}", BASE_PORT + 4);
        let child = spawn_with(
            binary,
            data,
            "serve",
            &[("LARES_MQTT__ANONYMOUS_BIND", &anonymous), ("LARES_MQTT__ANONYMOUS_HOME", &home.home)],
        )?;
        ready(&home.client, Instant::now()).await?;
        let mut server = Server { pid: child.id().unwrap_or_default(), _child: child, anonymous, ..home };
        let client = json!({ "name": "load" });
        let path = format!("/api/homes/{}/mqtt-clients", server.home);
        let made = server.post(&path, &client).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        server.login = (text(&made["username"]), text(&made["secret"]));
        Ok(server)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self
            .client
            .post(format!("http://{}{path}", self.http))
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(body) } else { Err(format!("{path}: {status}: {body}")) }
    }

    pub async fn register(&self, count: usize, name: &str) -> Result<Vec<Device>, String> {
        let capabilities =
            ["OnOff", "ElectricalPowerMeasurement", "TemperatureMeasurement", "RelativeHumidityMeasurement"];
        self.register_with(count, name, &capabilities).await
    }

    pub async fn register_with(
        &self,
        count: usize,
        name: &str,
        capabilities: &[&str],
    ) -> Result<Vec<Device>, String> {
        let mut devices = vec![];
        for nth in 0..count {
            let body = json!({
                "home": self.home,
                "name": format!("{name} {nth}"),
                "endpoints": [{ "endpoint": 1, "capabilities": capabilities }],
            });
            let answer = self.post("/api/iot/devices/register", &body).await?;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            devices
                .push(Device { id: text(&answer["id"]), password: text(&answer["credentials"]["password"]) });
        }
        Ok(devices)
    }
}

impl Server {
    /// The value of a metric without labels.
    pub async fn metric(&self, name: &str) -> Result<f64, String> {
        let answer = self.client.get(format!("http://{}/metrics", self.http)).send().await;
        let text =
            answer.map_err(|error| error.to_string())?.text().await.map_err(|error| error.to_string())?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok(value.unwrap_or(0.0))
    }

    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
