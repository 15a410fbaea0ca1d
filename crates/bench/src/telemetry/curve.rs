//! `lares-bench curve`: our engine alone, fed on and on, looked at on the way: what a point costs must stay the same
//! however many there are.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::engine::{Engine, Reader};
use super::queries::Query;
use super::workload::{DAY_MS, Fleet, LIVE_DEVICES, LIVE_STEP_MS, METRICS, POINTS_PER_COMMIT, POWER};
use super::{footprint, lares::Lares, processes};
use crate::figures::{Spread, median};

const MILLION: u64 = 1_000_000;
const LOOKS_AT: [u64; 8] = [1, 2, 5, 10, 20, 50, 100, 200];
const REPEATS: usize = 20;
const BUCKETS: u32 = 300;
/// 2026-01-01T00:00:00Z, when the first report comes.
const FROM_MS: i64 = super::workload::END_MS;

pub const USAGE: &str = "lares-bench curve --work FOLDER [--points N]";

struct Look {
    points: u64,
    /// Of the last million points.
    commits: Spread,
    points_per_s: f64,
    bytes_per_point: f64,
    /// Medians of Q1 to Q4, ms.
    queries_ms: [f64; 4],
    memory_mib: f64,
    reopened_ms: f64,
}

pub fn run(arguments: &[String]) -> Result<(), String> {
    let (work, points) = super::work_and_points(arguments, 200 * MILLION, USAGE)?;
    let folder = empty(&work, "curve")?;
    println!(
        "| points | commit p50 / p99, ms | points/s | bytes/point at rest | Q1 | Q2 | Q3 | Q4, ms | memory, MiB | \
         reopened, ms |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let mut engine = Lares::open(&folder)?;
    let mut fleet = Fleet::new(LIVE_DEVICES, FROM_MS, LIVE_STEP_MS);
    let mut committed = 0;
    for million in LOOKS_AT.into_iter().filter(|million| million * MILLION <= points) {
        let mut commit_ms = Vec::new();
        while committed < million * MILLION {
            let rows = fleet.by_ref().take(POINTS_PER_COMMIT / METRICS).collect();
            let encoded = engine.encode(rows);
            let began = Instant::now();
            engine.commit(encoded)?;
            commit_ms.push(began.elapsed().as_secs_f64() * 1e3);
            committed += POINTS_PER_COMMIT as u64;
        }
        let last_million = commit_ms.split_off(commit_ms.len() - MILLION as usize / POINTS_PER_COMMIT);
        let look;
        (engine, look) = look_at(engine, &folder, committed, last_million)?;
        print(&look);
    }
    Ok(())
}

/// At rest, and opened anew.
fn look_at(
    mut engine: Lares,
    folder: &Path,
    points: u64,
    commit_ms: Vec<f64>,
) -> Result<(Lares, Look), String> {
    let memory_mib = processes::memory_mib(std::process::id());
    let points_per_s = MILLION as f64 / (commit_ms.iter().sum::<f64>() / 1e3);
    engine.settle()?;
    let bytes_per_point = footprint::bytes(folder) as f64 / points as f64;
    let mut reader = engine.reader()?;
    let mut queries_ms = [f64::NAN; 4];
    for (ms, query) in queries_ms.iter_mut().zip(queries(points)) {
        *ms = asked_ms(reader.as_mut(), &query)?;
    }
    drop(reader);
    drop(engine);
    let began = Instant::now();
    let engine = Lares::open(folder)?;
    let reopened_ms = began.elapsed().as_secs_f64() * 1e3;
    let commits = Spread::of(commit_ms);
    Ok((engine, Look { points, commits, points_per_s, bytes_per_point, queries_ms, memory_mib, reopened_ms }))
}

/// One day of one series, all of one series in 300 buckets, the last values, and sums of the last thirty days.
fn queries(points: u64) -> [Query; 4] {
    let rounds = (points / POINTS_PER_COMMIT as u64) as i64;
    let until_ms = FROM_MS + rounds * LIVE_STEP_MS;
    let today_ms = until_ms.div_euclid(DAY_MS) * DAY_MS;
    let day_ms = (today_ms - DAY_MS).max(FROM_MS);
    let sums_from_ms = (today_ms - 30 * DAY_MS).max(FROM_MS);
    [
        Query::OneDay { series: POWER, from_ms: day_ms, until_ms: day_ms + DAY_MS },
        Query::Buckets {
            series: POWER,
            from_ms: FROM_MS,
            width_ms: (until_ms - FROM_MS) / i64::from(BUCKETS),
            buckets: BUCKETS,
        },
        Query::Last { metric: POWER, devices: LIVE_DEVICES, from_ms: until_ms - DAY_MS, until_ms },
        Query::DailySums { metric: POWER, devices: LIVE_DEVICES, from_ms: sums_from_ms, until_ms: today_ms },
    ]
}

fn asked_ms(reader: &mut dyn Reader, query: &Query) -> Result<f64, String> {
    let mut ms = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        let began = Instant::now();
        reader.rows(query)?;
        ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&ms))
}

fn print(look: &Look) {
    let [q1, q2, q3, q4] = look.queries_ms;
    println!(
        "| {} M | {:.2} / {:.2} | {:.0} | {:.2} | {q1:.2} | {q2:.2} | {q3:.2} | {q4:.2} | {:.0} | {:.0} |",
        look.points / MILLION,
        look.commits.p50,
        look.commits.p99,
        look.points_per_s,
        look.bytes_per_point,
        look.memory_mib,
        look.reopened_ms
    );
}

/// A folder of this name without anything in it.
pub fn empty(work: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = work.join(name);
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(told)?;
    }
    std::fs::create_dir_all(&folder).map_err(told)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_ask_for_what_is_there() {
        for points in [MILLION, 200 * MILLION] {
            let until_ms = FROM_MS + (points / POINTS_PER_COMMIT as u64) as i64 * LIVE_STEP_MS;
            for query in queries(points) {
                let (from, until) = match query {
                    Query::OneDay { from_ms, until_ms, .. }
                    | Query::Last { from_ms, until_ms, .. }
                    | Query::DailySums { from_ms, until_ms, .. } => (from_ms, until_ms),
                    Query::Buckets { from_ms, width_ms, buckets, .. } => {
                        (from_ms, from_ms + width_ms * i64::from(buckets))
                    }
                };
                assert!(FROM_MS <= from && from < until && until <= until_ms, "{query:?}");
            }
        }
    }
}
