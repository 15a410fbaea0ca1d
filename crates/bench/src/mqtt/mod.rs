//! `make bench-mqtt`: the broker beside Mosquitto, round by round in turn: cost and latency of messages, memory of idle
//! connections, handshakes, and telemetry made durable beside what people build today.

mod baseline;
mod fan_in;
mod process;
mod tls;
mod wire;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fan_in::{FanIn, Load};
use process::rss_kib;
use wire::Failure;

use crate::figures::{Table, median};
use crate::{flood, lares, mosquitto};

pub const USAGE: &str = "mqtt PATH-OF-LARES [--rounds N] [--seconds N] [--connections N] [--only PART]";
const PARTS: [&str; 4] = ["messages", "idle", "handshakes", "ingest"];

struct Settings {
    rounds: usize,
    time: Duration,
    connections: usize,
}

/// A broker as a load sees it.
#[derive(Clone, Copy)]
struct Target<'a> {
    address: &'a str,
    pid: u32,
}

fn number(arguments: &[String], name: &str, default: u64) -> Result<u64, Failure> {
    match arguments.iter().position(|argument| argument == name) {
        None => Ok(default),
        Some(at) => {
            let value = arguments.get(at + 1).and_then(|value| value.parse().ok());
            value.ok_or_else(|| format!("{name}: needs a number; usage: lares-bench {USAGE}"))
        }
    }
}

/// The parts that are measured: all of them, or the one that is named.
fn parts(arguments: &[String]) -> Result<Vec<&'static str>, Failure> {
    let Some(at) = arguments.iter().position(|argument| argument == "--only") else {
        return Ok(PARTS.to_vec());
    };
    let named = PARTS.into_iter().find(|part| arguments.get(at + 1).is_some_and(|named| named == part));
    named.map(|part| vec![part]).ok_or_else(|| format!("--only: one of {}", PARTS.join(", ")))
}

#[tokio::main]
pub async fn run(arguments: &[String]) -> Result<(), Failure> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let binary = arguments.first().ok_or_else(|| format!("usage: lares-bench {USAGE}"))?;
    let settings = Settings {
        rounds: number(arguments, "--rounds", 3)? as usize,
        time: Duration::from_secs(number(arguments, "--seconds", 5)?),
        connections: number(arguments, "--connections", 10_000)? as usize,
    };
    let parts = parts(arguments)?;
    let work = tempfile::tempdir_in(".").map_err(|error| error.to_string())?;
    let mut table = Table::new("Lares and Mosquitto as MQTT brokers, this machine, this run");
    let server = lares::Server::start_open(Path::new(binary), &work.path().join("data")).await?;
    let broker = mosquitto::Broker::start(work.path()).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ours = Target { address: &server.anonymous, pid: server.pid };
    let theirs = Target { address: &broker.address, pid: broker.pid };
    for part in parts {
        match part {
            "messages" => messages(&settings, ours, theirs, &mut table)?,
            "idle" => idle(&settings, ours, theirs, &mut table)?,
            "handshakes" => handshakes(&settings, &server, &broker, work.path(), &mut table)?,
            _ => ingest(&settings, &server, &broker, work.path(), &mut table).await?,
        }
    }
    table.print();
    Ok(())
}

fn messages(
    settings: &Settings,
    ours: Target<'_>,
    theirs: Target<'_>,
    table: &mut Table,
) -> Result<(), Failure> {
    let saturated =
        |qos| Load { publishers: 100, qos, rate: 0, window: 10, payload_bytes: 100, time: settings.time };
    let paced = Load { publishers: 1_000, rate: 5_000, ..saturated(1) };
    let loads = [
        ("QoS 1, 100 publishers, saturated", saturated(1), "target CPU <= 0.3x"),
        ("QoS 0, 100 publishers, saturated", saturated(0), "target CPU <= 0.6x"),
        ("QoS 2, 100 publishers, saturated", saturated(2), ""),
        ("QoS 1, 1,000 publishers at 5,000/s", paced, "target CPU and p99 <= 1.0x"),
    ];
    for (what, load, target) in loads {
        let (mut our_runs, mut their_runs) = (Vec::new(), Vec::new());
        for _ in 0..settings.rounds {
            their_runs.push(fan_in::run(theirs.address, theirs.pid, &load)?);
            our_runs.push(fan_in::run(ours.address, ours.pid, &load)?);
        }
        let (our, their) = (middle(&our_runs), middle(&their_runs));
        table.row(
            &format!("{what}: CPU us per message; messages/s; p50, p99 ms; lost"),
            &our.line(),
            &their.line(),
            &format!("CPU {:.2}x, p99 {:.2}x; {target}", our.cpu_us / their.cpu_us, our.p99 / their.p99),
        );
    }
    Ok(())
}

/// The median of every figure over the rounds.
struct Middle {
    cpu_us: f64,
    per_s: f64,
    p50: f64,
    p99: f64,
    lost: u64,
}

fn middle(runs: &[FanIn]) -> Middle {
    let of = |figure: fn(&FanIn) -> f64| median(&runs.iter().map(figure).collect::<Vec<_>>());
    Middle {
        cpu_us: of(|run| run.broker_cpu_us_per_message),
        per_s: of(|run| run.received_per_s),
        p50: of(|run| run.latency_ms.p50),
        p99: of(|run| run.latency_ms.p99),
        lost: runs.iter().map(|run| run.lost).sum(),
    }
}

impl Middle {
    fn line(&self) -> String {
        format!("{:.2}; {:.0}; {:.2}, {:.2}; {}", self.cpu_us, self.per_s, self.p50, self.p99, self.lost)
    }
}

fn idle(settings: &Settings, ours: Target<'_>, theirs: Target<'_>, table: &mut Table) -> Result<(), Failure> {
    let mut grown = Vec::new();
    for target in [theirs, ours] {
        let before = rss_kib(target.pid);
        let mut held = Vec::with_capacity(settings.connections);
        for index in 0..settings.connections {
            let packets = [
                wire::connect(&format!("idle-{index}"), 600, None),
                wire::subscribe(&format!("dev/{index}/cmd/#"), 1),
            ];
            held.push(fan_in::dial(target.address, &packets)?);
        }
        std::thread::sleep(Duration::from_secs(3));
        grown.push((rss_kib(target.pid) - before) / settings.connections as f64);
    }
    table.row(
        &format!("RSS per idle plain connection with a subscription, KiB ({} of them)", settings.connections),
        &format!("{:.1}", grown[1]),
        &format!("{:.1}", grown[0]),
        "target <= 5",
    );
    Ok(())
}

fn handshakes(
    settings: &Settings,
    server: &lares::Server,
    broker: &mosquitto::Broker,
    work: &Path,
    table: &mut Table,
) -> Result<(), Failure> {
    let authority = work.join("data/tls/ca.crt");
    let config = tls::config(&authority)?;
    let secure = broker.secure_beside(&work.join("data/tls"))?;
    let login = (server.login.0.as_str(), server.login.1.as_str());
    let (mut our, mut their) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        their.push(tls::handshake_cpu_us(&secure.address, secure.pid, &config, None, settings.time)?);
        our.push(tls::handshake_cpu_us(&server.mqtts, server.pid, &config, Some(login), settings.time)?);
    }
    let (our, their) = (median(&our), median(&their));
    table.row(
        "TLS 1.3 handshake and CONNECT, no resumption: broker CPU, us",
        &format!("{our:.0} (with a password that is checked)"),
        &format!("{their:.0} (anonymous)"),
        &format!("{:.2}x; target <= 0.75x", our / their),
    );
    let count = settings.connections;
    let mut grown = Vec::new();
    for (address, pid, login) in
        [(&secure.address, secure.pid, None), (&server.mqtts, server.pid, Some(login))]
    {
        let before = rss_kib(pid);
        let mut held = Vec::with_capacity(count);
        for index in 0..count {
            let packets = [
                wire::connect(&format!("tls-{index}"), 600, login),
                wire::subscribe(&format!("dev/{index}/cmd/#"), 1),
            ];
            held.push(tls::dial(address, &config, &packets)?);
        }
        std::thread::sleep(Duration::from_secs(3));
        grown.push((rss_kib(pid) - before) / count as f64);
    }
    table.row(
        &format!("RSS per idle TLS connection with a subscription, KiB ({count} of them)"),
        &format!("{:.1}", grown[1]),
        &format!("{:.1}", grown[0]),
        "target <= 25",
    );
    Ok(())
}

/// Readings that are durable: with Lares when acknowledged, with the baseline when its transaction is over.
async fn ingest(
    settings: &Settings,
    server: &lares::Server,
    broker: &mosquitto::Broker,
    work: &Path,
    table: &mut Table,
) -> Result<(), Failure> {
    let devices = server.register(100, "ingest").await?;
    for (readings, what) in [(5, "five readings a message"), (1, "one reading a message")] {
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for round in 0..settings.rounds {
            let offset = (round * 10_000_000 + readings) as u64;
            let file = work.join(format!("baseline-{readings}-{round}.db"));
            let subscriber = baseline::Subscriber::start(&broker.address, &file)?;
            let began = Instant::now();
            let strangers = flood::strangers(devices.len());
            flood::run(&broker.address, &strangers, readings, offset, settings.time).await?;
            // What the broker has acknowledged and nobody has stored yet is not counted.
            their.push(subscriber.stored.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64());
            subscriber.end()?;
            let acknowledged = flood::run(&server.mqtt, &devices, readings, offset, settings.time).await?;
            our.push(acknowledged * readings as f64);
        }
        let (our, their) = (median(&our), median(&their));
        table.row(
            &format!("durable readings/s, 100 devices, QoS 1, {what}"),
            &format!("{our:.0}"),
            &format!("{their:.0} (Mosquitto and a subscriber with SQLite)"),
            &format!("{:.1}x; target >= 100,000 at five a message, and >= 3x", our / their),
        );
    }
    Ok(())
}
