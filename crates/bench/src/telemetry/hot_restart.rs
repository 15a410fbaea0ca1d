//! `lares-bench hot-restart`: how long a start takes that finds ten million points in the log and none of them sealed.
//! A process of its own appends them and is killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::engine::Engine;
use super::lares::Lares;
use super::queries::Query;
use super::workload::{DAY_MS, END_MS, Fleet, METRICS, POINTS_PER_COMMIT, POWER};
use super::{curve, footprint};

pub const USAGE: &str = "lares-bench hot-restart --work FOLDER [--points N]";
const POINTS: u64 = 10_000_000;
/// A device with more hot rows would have a chunk's worth, and be sealed.
const ROWS_PER_DEVICE: u64 = 800;
const STEP_MS: i64 = 60_000;
/// What the child says when everything is durable and hot.
const FILLED: &str = "filled";

pub fn run(arguments: &[String]) -> Result<(), String> {
    let (work, points) = super::work_and_points(arguments, POINTS, USAGE)?;
    let folder = curve::empty(&work, "hot-restart")?;
    fill_and_kill(&folder, points)?;
    let bytes = footprint::bytes(&folder);
    let began = Instant::now();
    let engine = Lares::open_hot(&folder)?;
    let opened_s = began.elapsed().as_secs_f64();
    let query = Query::OneDay { series: POWER, from_ms: END_MS, until_ms: END_MS + DAY_MS };
    let rows = engine.reader()?.rows(&query)?.map_or(0, |rows| rows.len());
    let answered_s = began.elapsed().as_secs_f64();
    println!(
        "{} hot points, {bytes} bytes on disk: opened in {opened_s:.3} s, Q1 with {rows} rows answered after \
         {answered_s:.3} s, at most {:.0} MiB of memory",
        engine.hot_points(),
        peak_mib()
    );
    match engine.hot_points() == filled(points) && rows as u64 == ROWS_PER_DEVICE.min(rows_in_a_day()) {
        true => Ok(()),
        false => Err(format!("{} points were acknowledged", filled(points))),
    }
}

fn rows_in_a_day() -> u64 {
    (DAY_MS / STEP_MS) as u64
}

fn devices(points: u64) -> u64 {
    (points / (ROWS_PER_DEVICE * METRICS as u64)).max(1)
}

fn filled(points: u64) -> u64 {
    devices(points) * ROWS_PER_DEVICE * METRICS as u64
}

fn fill_and_kill(folder: &Path, points: u64) -> Result<(), String> {
    let told = |error: std::io::Error| format!("hot-fill: {error}");
    let this = std::env::current_exe().map_err(told)?;
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(this)
        .arg("hot-fill")
        .arg(folder)
        .arg(points.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(told)?;
    let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
    let filled = lines.map_while(Result::ok).any(|line| line == FILLED);
    child.kill().and_then(|()| child.wait()).map_err(told)?;
    if filled { Ok(()) } else { Err("the child did not append all points".to_owned()) }
}

/// The child: `hot-fill FOLDER POINTS`. Waits to be killed.
pub fn fill(arguments: &[String]) -> Result<(), String> {
    let [folder, points] = arguments else { return Err("usage: hot-fill FOLDER POINTS".to_owned()) };
    let points: u64 = points.parse().map_err(|error| format!("{points}: {error}"))?;
    let mut engine = Lares::open_hot(Path::new(folder))?;
    let devices = u32::try_from(devices(points)).map_err(|error| error.to_string())?;
    let mut fleet = Fleet::new(devices, END_MS, STEP_MS);
    let mut left = filled(points) as usize / METRICS;
    while left > 0 {
        let rows: Vec<_> = fleet.by_ref().take(left.min(POINTS_PER_COMMIT / METRICS)).collect();
        left -= rows.len();
        engine.commit(engine.encode(rows))?;
    }
    println!("{FILLED}");
    loop {
        std::thread::park();
    }
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(f64::NAN);
    kib / 1_024.0
}
