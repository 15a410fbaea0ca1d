//! Live fan-out: 500 WebSocket clients watch one home in which devices report 100 changes a second. How long from
//! PUBACK to each client's frame, whether every client got every event once, and what it costs in memory. Beside it,
//! the same fan-out through Mosquitto: as many MQTT subscribers on one topic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::figures::Spread;
use crate::flood;
use crate::lares::{Device, Server};
use crate::memory::rss_mib;
use crate::mosquitto::Broker;

pub const CLIENTS: usize = 500;
pub const CHANGES_PER_S: usize = 100;
const DEVICES: usize = 20;
/// Values have three decimals of a percentage, so that each change is told from all others.
const CHANGES_MAX: usize = 100_000;
const GRACE: Duration = Duration::from_secs(20);

pub struct Report {
    pub latency_ms: Spread,
    pub expected: u64,
    pub lost: u64,
    pub repeated: u64,
    pub rss_before_mib: f64,
    pub rss_during_mib: f64,
    pub missed_frames: u64,
    pub deaf_cut_off: bool,
}

/// When each change was acknowledged: nanoseconds since the beginning, 0 while it is not.
struct Clock {
    began: Instant,
    acknowledged: Vec<AtomicU64>,
}

impl Clock {
    fn new(changes: usize) -> Arc<Clock> {
        let acknowledged = (0..changes).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Clock { began: Instant::now(), acknowledged })
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn note(&self, change: usize) {
        self.acknowledged[change].store(self.nanos(), Ordering::Release);
    }

    /// Milliseconds since the PUBACK; a frame that overtakes it counts as 0.
    fn since(&self, change: usize, now: u64) -> f64 {
        match self.acknowledged[change].load(Ordering::Acquire) {
            0 => 0.0,
            at => now.saturating_sub(at) as f64 / 1e6,
        }
    }
}

#[derive(Default)]
struct Seen {
    latencies_ms: Vec<f64>,
    times: Vec<u8>,
    missed_frames: u64,
}

pub async fn run(server: &Server, time: Duration) -> Result<Report, String> {
    let devices = server.register_with(DEVICES, "watched", &["LevelControl"]).await?;
    let changes = (CHANGES_PER_S * time.as_secs() as usize).min(CHANGES_MAX);
    let clock = Clock::new(changes);
    let rss_before_mib = rss_mib(server.pid);
    let (over, is_over) = watch::channel(false);
    let mut watchers = vec![];
    for _ in 0..CLIENTS {
        let (socket, clock, is_over) = (watch_home(server).await?, clock.clone(), is_over.clone());
        watchers.push(tokio::spawn(listen(socket, clock, changes, is_over)));
    }
    let deaf = deaf(server).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    publish_all(&server.mqtt, &devices, &clock, changes).await?;
    let rss_during_mib = rss_mib(server.pid);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _ = over.send(true);
    let mut all = Seen::default();
    let (mut lost, mut repeated) = (0, 0);
    for watcher in watchers {
        let seen = watcher.await.map_err(|error| error.to_string())??;
        lost += seen.times.iter().filter(|times| **times == 0).count() as u64;
        repeated += seen.times.iter().filter(|times| **times > 1).count() as u64;
        all.latencies_ms.extend(seen.latencies_ms);
        all.missed_frames += seen.missed_frames;
    }
    let deaf_cut_off = server.metric("lares_live_cut_off_total").await? >= 1.0;
    drop(deaf);
    Ok(Report {
        latency_ms: Spread::of(all.latencies_ms),
        expected: (changes * CLIENTS) as u64,
        lost,
        repeated,
        rss_before_mib,
        rss_during_mib,
        missed_frames: all.missed_frames,
        deaf_cut_off,
    })
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn watch_home(server: &Server) -> Result<Socket, String> {
    let url = format!("ws://{}/api/live", server.http);
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    let authorization = server.authorization().parse().map_err(|_| "authorization")?;
    request.headers_mut().insert("authorization", authorization);
    let (mut socket, _) =
        tokio_tungstenite::connect_async(request).await.map_err(|error| error.to_string())?;
    socket.send(Message::text(subscription(server))).await.map_err(|error| error.to_string())?;
    Ok(socket)
}

fn subscription(server: &Server) -> String {
    format!(r#"{{"type":"subscribe","homes":["{}"]}}"#, server.home)
}

async fn listen(
    mut socket: Socket,
    clock: Arc<Clock>,
    changes: usize,
    mut is_over: watch::Receiver<bool>,
) -> Result<Seen, String> {
    let mut seen = Seen { times: vec![0; changes], ..Seen::default() };
    let mut left = changes;
    loop {
        if left == 0 && *is_over.borrow() {
            return Ok(seen);
        }
        let message = tokio::select! {
            message = socket.next() => message,
            () = ended(&mut is_over) => {
                // What is on its way still counts.
                match tokio::time::timeout(GRACE, socket.next()).await {
                    Ok(message) if left > 0 => message,
                    _ => return Ok(seen),
                }
            }
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                let now = clock.nanos();
                if text.starts_with(r#"{"type":"events""#) {
                    left -= take(&text, &clock, now, &mut seen).min(left);
                } else if text.starts_with(r#"{"type":"missed""#) {
                    seen.missed_frames += 1;
                }
            }
            Some(Ok(Message::Close(why))) => return Err(format!("a watcher was closed: {why:?}")),
            Some(Ok(_)) => {}
            other => return Err(format!("a watcher was lost: {other:?}")),
        }
    }
}

async fn ended(is_over: &mut watch::Receiver<bool>) {
    let _ = is_over.wait_for(|over| *over).await;
}

/// The changes in a frame; how many were new.
fn take(text: &str, clock: &Clock, now: u64, seen: &mut Seen) -> usize {
    let mut new = 0;
    for (at, _) in text.match_indices(r#""LevelControl.CurrentLevel""#) {
        // The members of a payload are in the order of their names: attribute, endpoint, from, quality, to.
        let Some(value) = text[at..].split_once(r#""to":"#).map(|(_, rest)| rest) else { continue };
        let number: String = value.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let Ok(number) = number.parse::<f64>() else { continue };
        let change = (number * 1_000.0).round() as usize;
        let Some(times) = seen.times.get_mut(change) else { continue };
        *times = times.saturating_add(1);
        if *times == 1 {
            new += 1;
            seen.latencies_ms.push(clock.since(change, now));
        }
    }
    new
}

/// A client that subscribes and never reads.
async fn deaf(server: &Server) -> Result<TcpStream, String> {
    let told = |error: std::io::Error| error.to_string();
    let socket = TcpSocket::new_v4().map_err(told)?;
    socket.set_recv_buffer_size(4_096).map_err(told)?;
    let address = server.http.parse().map_err(|error| format!("{}: {error}", server.http))?;
    let stream = socket.connect(address).await.map_err(told)?;
    let url = format!("ws://{}/api/live?events=true&homes={}", server.http, server.home);
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    let authorization = server.authorization().parse().map_err(|_| "authorization")?;
    request.headers_mut().insert("authorization", authorization);
    let (socket, _) =
        tokio_tungstenite::client_async(request, stream).await.map_err(|error| error.to_string())?;
    Ok(socket.into_inner())
}

async fn publish_all(
    address: &str,
    devices: &[Device],
    clock: &Arc<Clock>,
    changes: usize,
) -> Result<(), String> {
    let mut tasks = vec![];
    for (nth, device) in devices.iter().enumerate() {
        let (address, device, clock) = (address.to_owned(), device.clone(), clock.clone());
        let count = devices.len();
        tasks.push(tokio::spawn(async move {
            let mine = (nth..changes).step_by(count);
            let payload = |change: usize| {
                let value = change as f64 / 1_000.0;
                format!(
                    r#"{{"v":1,"seq":{change},"epoch":"bench","readings":[{{"attribute":"LevelControl.CurrentLevel","value":{value}}}]}}"#
                )
            };
            let topic = format!("lares/devices/{}/telemetry", device.id);
            let every = Duration::from_secs(1) * count as u32 / CHANGES_PER_S as u32;
            let offset = every * nth as u32 / count as u32;
            paced(&address, &device, &topic, mine, payload, (every, offset), &clock).await
        }));
    }
    for task in tasks {
        task.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn paced(
    address: &str,
    device: &Device,
    topic: &str,
    changes: impl Iterator<Item = usize>,
    payload: impl Fn(usize) -> String,
    (every, offset): (Duration, Duration),
    clock: &Clock,
) -> std::io::Result<()> {
    let mut stream = flood::signed_in(address, device).await?;
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + offset, every);
    for change in changes {
        ticks.tick().await;
        let mut out = vec![];
        flood::publish(&mut out, topic, 1, &payload(change));
        stream.write_all(&out).await?;
        let mut puback = [0; 4];
        stream.read_exact(&mut puback).await?;
        clock.note(change);
    }
    Ok(())
}

/// The same fan-out through Mosquitto: one topic, QoS 0 to as many subscribers, from the publisher's PUBACK on.
pub async fn mosquitto(broker: &Broker, time: Duration) -> Result<Spread, String> {
    let changes = (CHANGES_PER_S * time.as_secs() as usize).min(CHANGES_MAX);
    let clock = Clock::new(changes);
    let (over, is_over) = watch::channel(false);
    let mut readers = vec![];
    for subscriber in flood::strangers(CLIENTS) {
        let mut stream =
            flood::signed_in(&broker.address, &subscriber).await.map_err(|error| error.to_string())?;
        let (clock, mut is_over) = (clock.clone(), is_over.clone());
        readers.push(tokio::spawn(async move {
            let mut latencies = vec![];
            flood::subscribe(&mut stream, "watched").await.ok();
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let read = tokio::select! {
                    read = stream.read(&mut buffer) => read.unwrap_or(0),
                    () = ended(&mut is_over) => return latencies,
                };
                let now = clock.nanos();
                if read == 0 {
                    return latencies;
                }
                for part in buffer[..read].split(|byte| *byte == b'<').skip(1) {
                    let number = part.split(|byte| *byte == b'>').next().unwrap_or_default();
                    let change = std::str::from_utf8(number).ok().and_then(|text| text.parse::<usize>().ok());
                    latencies.extend(change.map(|change| clock.since(change, now)));
                }
            }
        }));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let publisher = Device { id: "publisher".to_owned(), password: String::new() };
    let every = Duration::from_secs(1) / CHANGES_PER_S as u32;
    let payload = |change: usize| format!("<{change}>{}", "x".repeat(400));
    paced(&broker.address, &publisher, "watched", 0..changes, payload, (every, Duration::ZERO), &clock)
        .await
        .map_err(|error| error.to_string())?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = over.send(true);
    let mut latencies = vec![];
    for reader in readers {
        latencies.extend(reader.await.map_err(|error| error.to_string())?);
    }
    Ok(Spread::of(latencies))
}
