//! `make bench`: the command round trip, durable ingest, start and memory of Lares, interleaved with the same work on
//! Mosquitto and with this disk's fdatasync. Prints a table; judges nothing.

mod disk;
mod echo;
mod figures;
mod flood;
mod lares;
mod live;
mod memory;
mod mosquitto;
mod mqtt;
mod round_trip;
mod sign_in;
mod telemetry;

use std::path::PathBuf;
use std::time::Duration;

use figures::{Spread, Table};

const ROUNDS: usize = 3;
const RATE_PER_S: u32 = 100;
const ROUND_TIME: Duration = Duration::from_secs(5);
const FLOOD_CONNECTIONS: usize = 100;
const CONNECTED_DEVICES: usize = 1_000;
const LIVE_TIME: Duration = Duration::from_secs(60);

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((task, rest)) if task == "telemetry" => telemetry::run(rest),
        Some((task, rest)) if task == "mqtt" => mqtt::run(rest),
        Some((task, rest)) if task == "curve" => telemetry::curve::run(rest),
        Some((task, rest)) if task == "hot-restart" => telemetry::hot_restart::run(rest),
        Some((task, rest)) if task == "hot-fill" => telemetry::hot_restart::fill(rest),
        Some((task, rest)) if task == "engine" => telemetry::serve(rest),
        Some((binary, rest)) if rest.first().is_some_and(|what| what == "sign-in") => {
            sign_in::run(&PathBuf::from(binary))
        }
        Some((binary, rest)) => {
            measure_server(PathBuf::from(binary), rest.first().is_some_and(|what| what == "live"))
        }
        None => Err(format!(
            "usage: lares-bench PATH-OF-LARES [live|sign-in], or {}, or {}, or {}, or {}",
            telemetry::USAGE,
            telemetry::curve::USAGE,
            telemetry::hot_restart::USAGE,
            mqtt::USAGE
        )),
    }
}

#[tokio::main]
async fn measure_server(binary: PathBuf, only_live: bool) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let work = tempfile::tempdir_in(".").map_err(|error| error.to_string())?;
    let mut table = Table::new("Lares and Mosquitto, this machine, this run");

    watch_live(&binary, work.path(), &mut table).await?;
    if only_live {
        table.print();
        return Ok(());
    }
    let starts = lares::measure_starts(&binary, &work.path().join("starts"), 5).await?;
    table.row("start to ready, empty and existing data, ms", &starts.line(), "-", "target <= 500");

    let server = lares::Server::start(&binary, &work.path().join("data")).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle_mib = memory::rss_mib(server.pid);
    let broker = mosquitto::Broker::start(work.path()).await?;

    compare_round_trips(&server, &broker, work.path(), &mut table).await?;
    compare_floods(&server, &broker, &mut table).await?;

    table.row("RSS idle (demo home), MiB", &format!("{idle_mib:.1}"), "-", "target <= 60 MB");
    drop((server, broker));
    // A fresh pair: what the flood left in the allocators would hide the growth.
    let server = lares::Server::start(&binary, &work.path().join("connected")).await?;
    let broker = mosquitto::Broker::start(work.path()).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = (memory::rss_mib(server.pid), memory::rss_mib(broker.pid));
    let (lares_mib, mosquitto_mib) = memory::connected(&server, &broker, CONNECTED_DEVICES).await?;
    table.row(
        "RSS with 1,000 connected devices, MiB (growth)",
        &format!("{lares_mib:.1} (+{:.1})", lares_mib - before.0),
        &format!("{mosquitto_mib:.1} (+{:.1})", mosquitto_mib - before.1),
        "plain MQTT, one subscription each",
    );
    table.print();
    Ok(())
}

async fn watch_live(
    binary: &std::path::Path,
    folder: &std::path::Path,
    table: &mut Table,
) -> Result<(), String> {
    let server = lares::Server::start(binary, &folder.join("live")).await?;
    let broker = mosquitto::Broker::start(folder).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let theirs = live::mosquitto(&broker, LIVE_TIME / 3).await?;
    let ours = live::run(&server, LIVE_TIME).await?;
    table.row(
        "500 live clients on a home with 100 changes/s: PUBACK to frame, ms",
        &ours.latency_ms.line(),
        &format!("QoS 0 to 500 subscribers {}", theirs.line()),
        "target p99 <= 50",
    );
    table.row(
        "the same: events lost / repeated, of all due",
        &format!("{} / {} of {}", ours.lost, ours.repeated, ours.expected),
        "-",
        &format!(
            "clients told that readings were superseded: {}; one that never reads was cut off: {}",
            ours.missed_frames, ours.deaf_cut_off
        ),
    );
    table.row(
        "the same: RSS before and during, MiB",
        &format!("{:.1}, {:.1}", ours.rss_before_mib, ours.rss_during_mib),
        "-",
        "",
    );
    Ok(())
}

async fn compare_round_trips(
    server: &lares::Server,
    broker: &mosquitto::Broker,
    folder: &std::path::Path,
    table: &mut Table,
) -> Result<(), String> {
    let devices = round_trip::Devices::connect(server, 20).await?;
    let echo = echo::Echo::connect(broker).await?;
    let (mut trips, mut echoes, mut syncs) = (vec![], vec![], vec![]);
    let mut unconfirmed = 0;
    for _ in 0..ROUNDS {
        syncs.extend(disk::fdatasync(folder, RATE_PER_S, Duration::from_secs(2))?);
        echoes.extend(echo.run(RATE_PER_S, ROUND_TIME).await?);
        let (measured, failed) = devices.run(server, RATE_PER_S, ROUND_TIME).await?;
        trips.extend(measured);
        unconfirmed += failed;
    }
    let (trips, echoes, syncs) = (Spread::of(trips), Spread::of(echoes), Spread::of(syncs));
    let allowed = 3.0 * echoes.p99 + 3.0 * syncs.p99;
    table.row(
        "command round trip, API call to confirmed, 100/s, ms",
        &trips.line(),
        &format!("echo {}", echoes.line()),
        &format!("target p99 <= 3 echo + 3 fdatasync = {allowed:.2}; unconfirmed {unconfirmed}"),
    );
    table.row("fdatasync of 4 KiB, 100/s, ms", &syncs.line(), "same disk", "");
    Ok(())
}

async fn compare_floods(
    server: &lares::Server,
    broker: &mosquitto::Broker,
    table: &mut Table,
) -> Result<(), String> {
    let devices = server.register(FLOOD_CONNECTIONS, "flood").await?;
    for (readings, what) in [(5, "five readings a message"), (1, "one reading a message")] {
        let (mut lares, mut mosquitto) = (vec![], vec![]);
        for round in 0..ROUNDS {
            let offset = round as u64 * 1_000_000 + readings as u64;
            lares.push(flood::run(&server.mqtt, &devices, readings, offset, ROUND_TIME).await?);
            let strangers = flood::strangers(FLOOD_CONNECTIONS);
            mosquitto.push(flood::run(&broker.address, &strangers, readings, offset, ROUND_TIME).await?);
        }
        let per_message = readings as f64;
        table.row(
            &format!("durable acknowledged readings/s, 100 connections, {what}"),
            &format!("{:.0}", figures::median(&lares) * per_message),
            &format!("{:.0} (acknowledged, not durable)", figures::median(&mosquitto) * per_message),
            "QoS 1, 20 in flight each",
        );
    }
    Ok(())
}
