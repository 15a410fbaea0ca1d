//! The tables of a run in Markdown: every figure, and in parentheses how it compares with ours.

use std::fmt::Write as _;

use super::queries::NAMES;
use super::rounds::{Findings, Limits};
use super::workload::Workload;
use crate::figures::Spread;

pub const OURS: &str = "lares";
const EXPLANATION: &str = "\
Every engine got the same points in the same commits of 5,000, and the same questions, in turns of one run on one \
machine; an engine that was not having its turn was stopped. In parentheses: the figure divided by ours. Times are \
p50 / p99 in ms. Ingest counts the commit alone: reading the points and putting them into the engine's wire format \
is not counted, nor is parsing the text of an answer. *With WAL*: the settled size plus the largest excess over it \
that was seen during ingest. Q1, Q2 and Q3 were asked up to 100 times, Q4 and its shifted form 10 times, so a p99 of \
theirs is the slowest one. *Memory*: what the engine's processes held when a turn of ingest ended, without the points \
that waited to be committed. *Restart*: from the start after `kill -9` in the midst of ingest until the first right \
answer to Q1.

Q1: one series, one day, every point. Q2: one series, the whole history in 300 buckets of minimum, maximum and mean. \
Q3: the last value of 1,000 series. Q4: sums by day of 1,000 series; shifted: by days that begin an hour later than \
those of UTC, as people's do.";

pub fn markdown(workload: Workload, limits: &Limits, findings: &[Findings]) -> String {
    let ours = findings.iter().find(|found| found.name == OURS);
    let mut out = format!(
        "{} points ({} of history, loaded untimed; {} live).{} {EXPLANATION}\n\n",
        workload.points(),
        workload.history_points(),
        workload.live_points(),
        if workload.is_full() { "" } else { " A shortened run: figures of the full one differ." },
    );
    let rows = |row: fn(&Findings) -> Vec<Cell>| {
        let mut table = String::new();
        for found in findings {
            let ours = ours.map(row);
            let cells = row(found).into_iter().enumerate().map(|(column, cell)| {
                let own = ours.as_ref().filter(|_| found.name != OURS).map(|ours| ours[column].figure);
                cell.text(own)
            });
            let cells: Vec<String> = cells.collect();
            let _ = writeln!(table, "| {} | {} |", found.name, cells.join(" | "));
        }
        table
    };
    out.push_str(
        "| engine | live points/s | commit, ms | points/s with queries beside | bytes/point settled | with WAL | \
         memory, MiB | restart, s |\n|---|---|---|---|---|---|---|---|\n",
    );
    out.push_str(&rows(ingest_row));
    out.push_str("\n| engine | Q1 | Q2 | Q3 | Q4 | Q4 shifted |\n|---|---|---|---|---|---|\n");
    out.push_str(&rows(query_row));
    out.push_str("\n| engine, during ingest | Q1 | Q2 | Q3 | Q4 |\n|---|---|---|---|---|\n");
    out.push_str(&rows(beside_row));
    out.push('\n');
    for found in findings {
        let _ = writeln!(out, "- {}", remark(found, workload, limits));
    }
    out
}

struct Cell {
    /// What is compared; not a number where the engine has none.
    figure: f64,
    text: String,
}

impl Cell {
    fn of(figure: f64, text: String) -> Cell {
        Cell { figure, text }
    }

    fn text(self, ours: Option<f64>) -> String {
        match ours.map(|ours| self.figure / ours) {
            _ if !self.figure.is_finite() => "-".to_owned(),
            Some(ratio) if ratio.is_finite() => format!("{} ({})", self.text, times(ratio)),
            _ => self.text,
        }
    }
}

fn times(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0}x"),
        1.0.. => format!("{ratio:.1}x"),
        _ => format!("{ratio:.2}x"),
    }
}

fn ingest_row(found: &Findings) -> Vec<Cell> {
    let per_second = |points: u64, ms: &[f64]| {
        let rate = points as f64 / (ms.iter().sum::<f64>() / 1e3);
        Cell::of(rate, format!("{rate:.0}"))
    };
    let bytes = |figure: f64| Cell::of(if figure > 0.0 { figure } else { f64::NAN }, format!("{figure:.2}"));
    let memory = match found.memory_mib {
        mib if mib > 0.0 => Cell::of(mib, format!("{mib:.0}")),
        _ => Cell::of(f64::NAN, String::new()),
    };
    let restart = match found.restart_seconds {
        seconds if seconds > 0.0 => Cell::of(seconds, format!("{seconds:.3}")),
        _ => Cell::of(f64::NAN, String::new()),
    };
    vec![
        per_second(found.live_points, &found.commit_ms),
        spread(Some(&found.commit_ms)),
        per_second(found.points_with_reads, &found.commit_ms_with_reads),
        bytes(found.settled_bytes_per_point),
        bytes(found.steady_bytes_per_point),
        memory,
        restart,
    ]
}

fn query_row(found: &Findings) -> Vec<Cell> {
    NAMES.iter().map(|name| spread(found.queries_ms.get(*name))).collect()
}

fn beside_row(found: &Findings) -> Vec<Cell> {
    NAMES[..4].iter().map(|name| spread(found.reads_ms.get(*name))).collect()
}

fn spread(samples_ms: Option<&Vec<f64>>) -> Cell {
    let spread = Spread::of(samples_ms.cloned().unwrap_or_default());
    let digits = if spread.p50 < 10.0 { 2 } else { 0 };
    Cell::of(spread.p50, format!("{:.digits$} / {:.digits$}", spread.p50, spread.p99))
}

fn remark(found: &Findings, workload: Workload, limits: &Limits) -> String {
    let mut text = format!("**{}** ({}): {}.", found.name, found.version, found.settings);
    let committed = found.live_points + found.points_with_reads;
    let _ = match found.uncapped {
        true => write!(text, " All live points were committed one by one."),
        false => write!(
            text,
            " Capped at {} s and {} s with queries: {committed} of {} live points were committed one by one, the \
             rest was loaded untimed, in bulk where it has a way for that.",
            limits.live_seconds,
            limits.seconds_with_reads,
            workload.live_points()
        ),
    };
    match found.wrong.first() {
        None => text.push_str(" All answers agree with the truth."),
        Some(first) => {
            let _ = write!(text, " WRONG ANSWERS: {}, the first: {first}.", found.wrong.len());
        }
    }
    if let Some(reason) = &found.failed {
        let _ = write!(text, " FAILED: {reason}.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &'static str, ms: f64) -> Findings {
        let queries_ms = [("Q1".to_owned(), vec![ms; 3])].into();
        Findings {
            name,
            commit_ms: vec![ms],
            live_points: 5_000,
            settled_bytes_per_point: ms,
            queries_ms,
            ..Findings::default()
        }
    }

    #[test]
    fn figures_are_compared_with_ours_and_missing_ones_are_dashes() {
        let limits = Limits { live_seconds: 60.0, seconds_with_reads: 15.0 };
        let mut slow = found("slow", 8.0);
        slow.wrong.push("Q1: no".to_owned());
        let text = markdown(Workload { days: 1 }, &limits, &[found(OURS, 2.0), slow]);
        assert!(text.contains("| lares | 2500000 | 2.00 / 2.00 | - | 2.00 | - | - | - |"), "{text}");
        assert!(text.contains("| slow | 625000 (0.25x) | 8.00 / 8.00 (4.0x) | - | 8.00 (4.0x) |"), "{text}");
        assert!(text.contains("| slow | 8.00 / 8.00 (4.0x) | - | - | - | - |"), "{text}");
        assert!(text.contains("WRONG ANSWERS: 1, the first: Q1: no"), "{text}");
    }
}
