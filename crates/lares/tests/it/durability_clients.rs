//! Who the server made promises to: a numbered device (paho-mqtt in its own process) and a person who submits
//! commands over HTTP. Both keep going through every restart and remember what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::process::{Api, Lares, lares_now_ms};

pub const NOBODY_WAITS_LONGER: Duration = Duration::from_secs(60);

/// What was acknowledged to somebody.
#[derive(Clone, Debug, Default)]
pub struct Promised {
    /// By stream, the numbers with a PUBACK.
    pub readings: BTreeMap<String, BTreeSet<u64>>,
    /// By idempotency key, the command's id from the 202.
    pub commands: BTreeMap<String, String>,
    /// Every command as the device received it: id and name.
    pub received: Vec<(String, String)>,
    pub connections: usize,
    /// What the device was told is wrong.
    pub rejected: Vec<String>,
    /// How many of each stream were published, and how many still wait; told at the end.
    pub done: Option<(u64, u64)>,
}

impl Promised {
    pub fn pubacks(&self) -> usize {
        self.readings.values().map(BTreeSet::len).sum()
    }
}

/// A registered device.
#[derive(Clone, Debug)]
pub struct Registered {
    pub id: String,
    pub password: String,
}

pub async fn register(api: &Api, home: &str, name: &str, endpoints: Json) -> Registered {
    let body = json!({ "home": home, "name": name, "endpoints": endpoints, "expected_interval_s": 3_600 });
    let answer = api.post("/api/iot/devices/register", &body).await;
    Registered {
        id: answer["id"].as_str().unwrap().to_owned(),
        password: answer["credentials"]["password"].as_str().unwrap().to_owned(),
    }
}

/// What the numbered device is registered with: a stream or two on each endpoint, and commands on the fourth.
pub async fn register_numbered(lares: &Lares) -> Registered {
    let endpoints = json!([
        { "endpoint": 1, "capabilities": ["OnOff", "ElectricalPowerMeasurement"] },
        { "endpoint": 2, "capabilities": ["OnOff", "ElectricalPowerMeasurement"] },
        { "endpoint": 3, "capabilities": ["ElectricalPowerMeasurement"] },
        { "endpoint": 4, "capabilities": ["OnOff", "Identify"] },
    ]);
    register(&lares.api(), &lares.demo().homes[0], "Numbered", endpoints).await
}

/// How the numbered device goes to work.
pub struct Pace {
    pub mqtt_version: u8,
    pub tls: bool,
    /// Instead of the server's own port.
    pub port: Option<u16>,
    pub keep_alive_s: u16,
    pub burst: u32,
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            mqtt_version: 5,
            tls: true,
            port: None,
            keep_alive_s: 30,
            burst: 5,
            pause: Duration::from_millis(15),
        }
    }
}

pub struct NumberedDevice {
    child: Child,
    stdin: Option<ChildStdin>,
    promised: Arc<Mutex<Promised>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    for python in [target.join("test-venv/bin/python"), root.join("target/test-venv/bin/python")] {
        if python.exists() {
            return python;
        }
    }
    panic!("there is no target/test-venv with paho-mqtt: run scripts/prepare-tests.sh first");
}

impl NumberedDevice {
    pub fn start(lares: &Lares, device: &Registered, pace: &Pace, promised: &Arc<Mutex<Promised>>) -> Self {
        let demo = lares.demo();
        let own = if pace.tls { &demo.mqtts } else { &demo.mqtt };
        let port = pace.port.unwrap_or_else(|| own.rsplit_once(':').unwrap().1.parse().unwrap());
        let task = json!({
            "device": device.id,
            "password": device.password,
            "host": "localhost",
            "port": port,
            "ca": if pace.tls { demo.ca } else { String::new() },
            "version": pace.mqtt_version,
            "keep_alive_s": pace.keep_alive_s,
            "burst": pace.burst,
            "pause_s": pace.pause.as_secs_f64(),
            // Long enough ago that no number lies in the future, and lately enough not to be late.
            "start_ms": lares_now_ms() - 600_000,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/numbered_device.py");
        let mut child = Command::new(python())
            .arg("-u")
            .arg(script)
            .arg(task.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stdin = child.stdin.take();
        let kept = promised.clone();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                take_line(&mut kept.lock().unwrap(), &line);
            }
        });
        NumberedDevice { child, stdin, promised: promised.clone(), reader: Some(reader) }
    }

    pub fn pubacks(&self) -> usize {
        self.promised.lock().unwrap().pubacks()
    }

    /// Publishes nothing new, waits until all is acknowledged, and ends. The server must be up.
    pub async fn finish(mut self) {
        drop(self.stdin.take());
        let promised = self.promised.clone();
        crate::process::wait_until("the device has every acknowledgement", NOBODY_WAITS_LONGER, async || {
            promised.lock().unwrap().done.is_some()
        })
        .await;
        let done = self.promised.lock().unwrap().done;
        assert!(matches!(done, Some((_, 0))), "messages were never acknowledged: {done:?}");
        let _ = self.child.wait();
        let _ = self.reader.take().unwrap().join();
    }

    /// Ends at once, as a device that loses power.
    pub fn vanish(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.reader.take().unwrap().join();
    }
}

impl Drop for NumberedDevice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn take_line(promised: &mut Promised, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["ack", stream, number] => {
            let stream = promised.readings.entry((*stream).to_owned()).or_default();
            stream.insert(number.parse().unwrap());
        }
        ["command", id, name] => promised.received.push(((*id).to_owned(), (*name).to_owned())),
        ["connected"] => promised.connections += 1,
        ["done", published, waiting] => {
            promised.done = Some((published.parse().unwrap(), waiting.parse().unwrap()));
        }
        ["rejected" | "refused", ..] => promised.rejected.push(line.to_owned()),
        _ => {}
    }
}

/// Submits one command after the other under its own idempotency key, and asks again until it has an answer.
pub struct Commander {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

const COMMANDS: [&str; 3] = ["OnOff.On", "OnOff.Off", "Identify.Identify"];

impl Commander {
    pub fn start(
        api: &Api,
        device: &Registered,
        every: Duration,
        promised: &Arc<Mutex<Promised>>,
    ) -> Commander {
        let stop = Arc::new(AtomicBool::new(false));
        let (api, device, promised, ends) = (api.clone(), device.id.clone(), promised.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let path = format!("/api/iot/devices/{device}/commands");
            for number in 0.. {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let key = format!("command-{number}");
                if let Some(id) = submit(&api, &path, &key, number, &ends).await {
                    promised.lock().unwrap().commands.insert(key, id);
                }
                tokio::time::sleep(every).await;
            }
        });
        Commander { stop, task }
    }

    pub async fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Commander {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `None` when told to stop while the device's queue is full or the disk is.
async fn submit(api: &Api, path: &str, key: &str, number: usize, stop: &AtomicBool) -> Option<String> {
    let name = COMMANDS[number % COMMANDS.len()];
    let args = if name == "Identify.Identify" { json!({ "IdentifyTime": 1 }) } else { json!({}) };
    let body = json!({ "endpoint": 4, "name": name, "args": args });
    loop {
        let stopped = stop.load(Ordering::Relaxed);
        match api.try_post(path, Some(key), &body).await {
            Ok(answer) if answer.status == 202 => {
                return Some(answer.body["id"].as_str().unwrap().to_owned());
            }
            // Too many unsettled ones, no space, not available: nothing was written, says the answer.
            Ok(answer) if matches!(answer.status, 409 | 503 | 507) => {
                if stopped {
                    return None;
                }
            }
            Ok(answer) => panic!("{} to a command: {}", answer.status, answer.body),
            // Killed before it could answer: it may have been written, so the key decides.
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
