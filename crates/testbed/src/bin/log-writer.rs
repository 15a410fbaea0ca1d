//! Appends numbered entries to an ingest log for ever and prints every number that was acknowledged, on a disk that
//! forgets what was not synced. Made to be killed: `log-writer DIRECTORY FIRST_NUMBER [LIE]`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry, MessageIdentity};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{EmbeddedTelemetry, Limits, Telemetry};
use lares_testbed::vfs::{self, Lie};
use uuid::Uuid;

const WRITERS: u128 = 8;
/// Each reading is a series and so a page of its own: the log is checkpointed often.
const READINGS: u16 = 12;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(directory), Some(Ok(first))) = (arguments.first(), arguments.get(1).map(|first| first.parse()))
    else {
        eprintln!("usage: log-writer DIRECTORY FIRST_NUMBER [LIE]");
        return ExitCode::from(2);
    };
    let lie = match arguments.get(2).map(|lie| Lie::parse(lie)).transpose() {
        Ok(lie) => lie,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(2);
        }
    };
    vfs::install(lie);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(write_for_ever(Path::new(directory), first)));
    eprintln!("{}", ended.err().unwrap_or_else(|| "writing ended".to_owned()));
    ExitCode::FAILURE
}

async fn write_for_ever(directory: &Path, first: i64) -> Result<(), String> {
    // So small that chunks are sealed and the log lets go of entries all the time.
    let limits = Limits { log_bytes: 4_000, ..Limits::default() };
    let engine = EmbeddedTelemetry::open_with(directory, limits).map_err(|error| error.to_string())?;
    let engine = Arc::new(engine);
    let next = Arc::new(AtomicI64::new(first));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=WRITERS {
        writers.spawn(write(Arc::clone(&engine), writer, Arc::clone(&next)));
    }
    match writers.join_next().await {
        Some(Ok(ended)) => ended,
        _ => Err("a writer panicked".to_owned()),
    }
}

async fn write(engine: Arc<EmbeddedTelemetry>, writer: u128, next: Arc<AtomicI64>) -> Result<(), String> {
    loop {
        let numbers: Vec<i64> = (0..writer % 3 + 1).map(|_| next.fetch_add(1, Ordering::Relaxed)).collect();
        let entries = numbers.iter().map(|number| entry(writer, *number)).collect();
        engine.append(entries).await.map_err(|error| error.to_string())?;
        engine.release(engine.head());
        let lines: String = numbers.iter().map(|number| format!("{number}\n")).collect();
        let mut out = std::io::stdout().lock();
        out.write_all(lines.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
}

fn entry(writer: u128, number: i64) -> Entry {
    let reading = |endpoint| Reading {
        endpoint,
        attribute: "ElectricalEnergyMeasurement.CumulativeEnergyImported".into(),
        time: UnixMillis(number),
        value: Value::Integer(number),
        quality: Quality::Measured,
        at_least_once: false,
    };
    Entry {
        organisation: OrganisationId(Uuid::from_u128(1)),
        device: DeviceId(Uuid::from_u128(writer)),
        received: UnixMillis(number),
        identity: Some(MessageIdentity(number as u64)),
        body: Body::Readings { readings: (0..READINGS).map(reading).collect() },
    }
}
