//! `make bench-telemetry`: our telemetry engine and the stores that one would otherwise take, on the same points and
//! queries, in turns of one run. `mod.rs` holds the options and the list of engines; `rounds.rs` what is done.

pub mod curve;
mod dump;
mod engine;
mod footprint;
pub mod hot_restart;
mod lares;
mod peer;
mod processes;
mod queries;
mod report;
mod rounds;
mod sqlite;
mod truth;
mod workload;

use std::path::{Path, PathBuf};

use peer::Program;
use rounds::Limits;
use workload::Workload;

pub const USAGE: &str = "lares-bench telemetry --peers FOLDER --python PROGRAM --work FOLDER [--points N] \
                         [--seconds S] [--only NAME,...]";
const SECONDS: f64 = 60.0;
const SECONDS_WITH_READS_SHARE: f64 = 0.25;

/// In the order of the table. Those in this program run as a process of it, the others as a script of the folder of
/// peers.
const ENGINES: [(&str, Place); 6] = [
    (report::OURS, Place::Here(engine::serve::<lares::Lares>)),
    ("sqlite", Place::Here(engine::serve::<sqlite::Sqlite>)),
    ("duckdb", Place::Script("duckdb_peer.py")),
    ("postgresql", Place::Script("postgresql.py")),
    ("victoriametrics", Place::Script("victoriametrics.py")),
    ("influxdb", Place::Script("influxdb.py")),
];

#[derive(Clone, Copy)]
enum Place {
    Here(engine::Serve),
    Script(&'static str),
}

struct Options {
    peers: PathBuf,
    python: PathBuf,
    work: PathBuf,
    points: u64,
    seconds: f64,
    only: Vec<String>,
}

pub fn run(arguments: &[String]) -> Result<(), String> {
    let options = parse(arguments)?;
    let told = |error: std::io::Error| format!("{}: {error}", options.work.display());
    let workload = Workload::nearest(options.points);
    let data = options.work.join("data.bin");
    std::fs::create_dir_all(&options.work).map_err(told)?;
    eprintln!("{} points into {}", workload.points(), data.display());
    let questions = rounds::prepare(workload, &data)?;
    let programs = programs(&options, &data)?;
    let limits = Limits {
        live_seconds: options.seconds,
        seconds_with_reads: options.seconds * SECONDS_WITH_READS_SHARE,
    };
    let findings = rounds::run(&programs, workload, &limits, questions)?;
    let report = report::markdown(workload, &limits, &findings);
    std::fs::write(options.work.join("report.md"), &report).map_err(told)?;
    println!("{report}");
    match findings.iter().filter(|found| found.failed.is_some() || !found.wrong.is_empty()).count() {
        0 => Ok(()),
        count => Err(format!("{count} engines failed or answered wrongly, see above")),
    }
}

/// Serves one engine of this program: `lares-bench engine NAME FOLDER DATA`.
pub fn serve(arguments: &[String]) -> Result<(), String> {
    let [name, folder, data] = arguments else { return Err("usage: engine NAME FOLDER DATA".to_owned()) };
    let place = ENGINES.iter().find(|(known, _)| known == name).map(|(_, place)| place);
    let Some(Place::Here(serve)) = place else { return Err(format!("{name}: no engine of this program")) };
    serve(Path::new(folder), Path::new(data))
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        peers: PathBuf::new(),
        python: PathBuf::new(),
        work: PathBuf::new(),
        points: u64::MAX / 2,
        seconds: SECONDS,
        only: vec![],
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(format!("{argument}: a value is missing; usage: {USAGE}"))?;
        let not_a_number = |error: &dyn std::fmt::Display| format!("{argument}: {value}: {error}");
        match argument.as_str() {
            "--peers" => options.peers = value.into(),
            "--python" => options.python = value.into(),
            "--work" => options.work = value.into(),
            "--points" => options.points = value.parse().map_err(|error| not_a_number(&error))?,
            "--seconds" => options.seconds = value.parse().map_err(|error| not_a_number(&error))?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            _ => return Err(format!("{argument}: unknown; usage: {USAGE}")),
        }
    }
    let stranger = options.only.iter().find(|name| !ENGINES.iter().any(|(known, _)| known == *name));
    match stranger {
        Some(name) => {
            Err(format!("--only: {name} is none of {}", ENGINES.map(|(known, _)| known).join(", ")))
        }
        None if options.work.as_os_str().is_empty() => Err(format!("--work is missing; usage: {USAGE}")),
        None => Ok(options),
    }
}

/// The options of what measures our engine alone.
fn work_and_points(arguments: &[String], points: u64, usage: &str) -> Result<(PathBuf, u64), String> {
    let (mut work, mut points) = (None, points);
    for pair in arguments.chunks(2) {
        match pair {
            [name, folder] if name == "--work" => work = Some(PathBuf::from(folder)),
            [name, value] if name == "--points" => {
                points = value.parse().map_err(|error| format!("--points: {value}: {error}"))?;
            }
            _ => return Err(format!("{}: unknown; usage: {usage}", pair.join(" "))),
        }
    }
    Ok((work.ok_or(format!("--work is missing; usage: {usage}"))?, points))
}

/// Each with an empty folder of its own.
fn programs(options: &Options, data: &Path) -> Result<Vec<Program>, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let mut programs = vec![];
    for (name, place) in ENGINES.into_iter().filter(|(name, _)| wanted(name)) {
        let command = match place {
            Place::Here(_) => vec![this.display().to_string(), "engine".to_owned(), name.to_owned()],
            Place::Script(file) => {
                vec![options.python.display().to_string(), options.peers.join(file).display().to_string()]
            }
        };
        let folder = options.work.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let pids = options.work.join(format!("{name}.pids"));
        programs.push(Program { name, command, folder, data: data.to_owned(), pids });
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_options_and_engines_are_refused_with_what_is_known() {
        let parsed = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            parse(&words).map(|options| (options.points, options.only))
        };
        assert_eq!(parsed("--work w --points 5 --only sqlite"), Ok((5, vec!["sqlite".to_owned()])));
        assert!(parsed("--work w --only oracle").unwrap_err().contains("influxdb"));
        assert!(parsed("--work w --pints 5").unwrap_err().contains("unknown"));
        assert!(parsed("--work w --points many").unwrap_err().contains("many"));
        assert!(parsed("--work").is_err() && parsed("").is_err());
    }
}
