//! What people build today for durable telemetry: Mosquitto and a subscriber that decodes and inserts into SQLite in
//! batches, one transaction each, with the latest value of every series beside the history. The broker acknowledges
//! before anything is stored; what counts is how fast rows become durable.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rumqttc::{Event, MqttOptions, Packet, QoS};
use rusqlite::{Connection, params};
use serde::Deserialize;

use super::wire::Failure;

const BATCH_MESSAGES: usize = 5_000;
const BATCH_TIME: Duration = Duration::from_millis(50);

#[derive(Deserialize)]
struct Report {
    time: i64,
    readings: Vec<Reading>,
}

#[derive(Deserialize)]
struct Reading {
    attribute: String,
    value: f64,
}

/// A subscriber that stores, and how many readings it has made durable.
pub struct Subscriber {
    pub stored: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    task: Option<std::thread::JoinHandle<Result<(), Failure>>>,
}

impl Subscriber {
    pub fn start(address: &str, file: &Path) -> Result<Subscriber, Failure> {
        let stored = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let database = open(file).map_err(|error| error.to_string())?;
        let (counter, flag, address) = (stored.clone(), stop.clone(), address.to_owned());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let task = std::thread::spawn(move || subscribe(&address, database, &counter, &flag, &ready));
        is_ready
            .recv_timeout(Duration::from_secs(10))
            .map_err(|_| "the baseline did not subscribe".to_owned())?;
        Ok(Subscriber { stored, stop, task: Some(task) })
    }

    /// Ends it, and says why it failed if it did.
    pub fn end(mut self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        match self.task.take().map(std::thread::JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            _ => Err("the baseline panicked".to_owned()),
        }
    }
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE reading (topic TEXT, attribute TEXT, time INTEGER, value REAL);
         CREATE TABLE latest (topic TEXT, attribute TEXT, time INTEGER, value REAL,
             PRIMARY KEY (topic, attribute)) WITHOUT ROWID;",
    )?;
    Ok(database)
}

#[tokio::main(flavor = "current_thread")]
async fn subscribe(
    address: &str,
    mut database: Connection,
    stored: &AtomicU64,
    stop: &AtomicBool,
    ready: &std::sync::mpsc::Sender<()>,
) -> Result<(), Failure> {
    let (host, port) = address.split_once(':').ok_or("address")?;
    let mut options = MqttOptions::new("baseline", host, port.parse().map_err(|_| "port")?);
    options.set_max_packet_size(1 << 20, 1 << 20).set_inflight(1_000);
    let (client, mut events) = rumqttc::AsyncClient::new(options, 10_000);
    client
        .subscribe("lares/devices/+/telemetry", QoS::AtLeastOnce)
        .await
        .map_err(|error| error.to_string())?;
    let (mut batch, mut since) = (Vec::new(), Instant::now());
    while !stop.load(Ordering::Relaxed) {
        let event = tokio::time::timeout(BATCH_TIME, events.poll()).await;
        match event {
            Ok(Ok(Event::Incoming(Packet::SubAck(_)))) => {
                let _ = ready.send(());
            }
            Ok(Ok(Event::Incoming(Packet::Publish(publish)))) => {
                if batch.is_empty() {
                    since = Instant::now();
                }
                batch.push((publish.topic, publish.payload));
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => return Err(error.to_string()),
        }
        if batch.len() >= BATCH_MESSAGES || (!batch.is_empty() && since.elapsed() >= BATCH_TIME) {
            let count = store(&mut database, &batch).map_err(|error| error.to_string())?;
            stored.fetch_add(count, Ordering::Relaxed);
            batch.clear();
        }
    }
    Ok(())
}

fn store(database: &mut Connection, batch: &[(String, impl AsRef<[u8]>)]) -> rusqlite::Result<u64> {
    let transaction = database.transaction()?;
    let mut count = 0;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3, ?4)")?;
        let mut latest = transaction.prepare_cached(
            "INSERT INTO latest VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET time = excluded.time, value = excluded.value WHERE excluded.time >= time",
        )?;
        for (topic, payload) in batch {
            let Ok(report) = serde_json::from_slice::<Report>(payload.as_ref()) else { continue };
            for reading in report.readings {
                insert.execute(params![topic, reading.attribute, report.time, reading.value])?;
                latest.execute(params![topic, reading.attribute, report.time, reading.value])?;
                count += 1;
            }
        }
    }
    transaction.commit()?;
    Ok(count)
}
