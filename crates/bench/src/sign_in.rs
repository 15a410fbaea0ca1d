//! What a flood of sign-ins costs everybody else: the latency of ordinary requests at rest and beside 200 people who
//! sign in over and over, and what memory it takes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::figures::{Spread, Table};
use crate::lares::Server;
use crate::memory::rss_mib;

const PEOPLE: usize = 200;
const RATE_PER_S: u32 = 100;
const ROUND_TIME: Duration = Duration::from_secs(10);
/// Each of the flood says that it comes from a network of its own, so that what bounds it is the hashing.
const SETTINGS: [(&str, &str); 2] =
    [("LARES_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#), ("LARES_LIMITS__PER_NETWORK_PER_SECOND", "100000")];

/// What became of the tries of the flood.
#[derive(Default)]
struct Outcomes {
    answered: AtomicUsize,
    told_to_wait: AtomicUsize,
    failed: AtomicUsize,
}

#[tokio::main]
pub async fn run(binary: &Path) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let work = tempfile::tempdir_in(".").map_err(|error| error.to_string())?;
    let mut table = Table::new("Signing in, this machine, this run");
    let server = Server::start_with(binary, &work.path().join("data"), &SETTINGS).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle_mib = rss_mib(server.pid);
    let alone = sign_ins_one_by_one(&server, 20).await?;
    table.row("a sign-in with nobody else, ms", &alone.line(), "-", "one Argon2id, 19 MiB, two passes");
    let idle = requests(&server).await?;
    table.row("GET /api/homes, 100/s, idle, ms", &idle.line(), "-", "");

    let (over, outcomes) = (Arc::new(AtomicBool::new(false)), Arc::new(Outcomes::default()));
    let flood: Vec<_> = (0..PEOPLE)
        .map(|nth| tokio::spawn(keep_trying(nth, server.http.clone(), over.clone(), outcomes.clone())))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = Instant::now();
    let before = outcomes.answered.load(Ordering::Relaxed);
    let beside = requests(&server).await?;
    let (mib, elapsed) = (rss_mib(server.pid), began.elapsed().as_secs_f64());
    let per_s = (outcomes.answered.load(Ordering::Relaxed) - before) as f64 / elapsed;
    over.store(true, Ordering::Relaxed);
    for one in flood {
        one.await.map_err(|error| error.to_string())?;
    }
    let note = format!("p99 {:.1}x of idle", beside.p99 / idle.p99);
    table.row(&format!("the same beside {PEOPLE} people signing in at once, ms"), &beside.line(), "-", &note);
    let (told, failed) =
        (outcomes.told_to_wait.load(Ordering::Relaxed), outcomes.failed.load(Ordering::Relaxed));
    table.row(
        "sign-ins decided per second meanwhile",
        &format!("{per_s:.0}"),
        "-",
        &format!("{told} were told at once to come again, {failed} got no answer"),
    );
    let growth = format!("{idle_mib:.1}, {mib:.1} (+{:.1})", mib - idle_mib);
    table.row("RSS before and during, MiB", &growth, "-", "");
    table.print();
    Ok(())
}

async fn requests(server: &Server) -> Result<Spread, String> {
    let mut turns = tokio::time::interval(Duration::from_secs(1) / RATE_PER_S);
    let began = Instant::now();
    let mut running = vec![];
    while began.elapsed() < ROUND_TIME {
        turns.tick().await;
        let request = server.client.get(format!("http://{}/api/homes", server.http));
        let request = request.header("authorization", server.authorization());
        running.push(tokio::spawn(async move {
            let asked = Instant::now();
            let answer = request.send().await.map_err(|error| error.to_string())?;
            let answer = answer.error_for_status().map_err(|error| error.to_string())?;
            answer.bytes().await.map_err(|error| error.to_string())?;
            Ok::<f64, String>(asked.elapsed().as_secs_f64() * 1e3)
        }));
    }
    let mut samples = vec![];
    for one in running {
        samples.push(one.await.map_err(|error| error.to_string())??);
    }
    Ok(Spread::of(samples))
}

async fn sign_ins_one_by_one(server: &Server, count: usize) -> Result<Spread, String> {
    let mut samples = vec![];
    for nth in 0..count {
        let asked = Instant::now();
        try_once(&server.client, &server.http, &format!("alone{nth}"), &format!("192.0.{nth}.1")).await?;
        samples.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(samples))
}

async fn try_once(client: &reqwest::Client, http: &str, name: &str, from: &str) -> Result<u16, String> {
    let body = json!({ "email": format!("{name}@nowhere.example"), "password": "wrong wrong wrong" });
    let call = client.post(format!("http://{http}/api/auth/login")).json(&body);
    let answer = call.header("x-forwarded-for", from).send().await.map_err(|error| error.to_string())?;
    Ok(answer.status().as_u16())
}

/// As a person would who is told to come again: after a moment.
async fn keep_trying(nth: usize, http: String, over: Arc<AtomicBool>, outcomes: Arc<Outcomes>) {
    let client = reqwest::Client::new();
    let mut round = 0;
    while !over.load(Ordering::Relaxed) {
        let from = format!("10.{}.{nth}.1", round % 250);
        let counted = match try_once(&client, &http, &format!("flood{nth}"), &from).await {
            Ok(401) => &outcomes.answered,
            Ok(_) => &outcomes.told_to_wait,
            Err(_) => &outcomes.failed,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        round += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
