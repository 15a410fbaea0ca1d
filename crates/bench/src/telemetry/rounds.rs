//! The rounds: every engine gets the same points and the same questions, a little at a time and in turns, so that what
//! the machine does besides falls on all of them alike. Who is not having its turn is stopped.

use std::collections::BTreeMap;
use std::path::Path;

use super::engine::{Request, Response};
use super::footprint::{self, Sample};
use super::peer::{Peer, Program};
use super::processes;
use super::queries::{Answer, NAMES, Query};
use super::truth::Truth;
use super::workload::{DAY_MS, END_MS, POINTS_PER_COMMIT, Workload};

const COMMIT: u64 = POINTS_PER_COMMIT as u64;
const INGEST_ROUNDS: usize = 4;
const QUERY_ROUNDS: usize = 5;
/// How often each query is asked in one round.
const REPEATS: [usize; 5] = [20, 20, 20, 2, 2];
/// An engine that is slow at a query has asked it less often, not made all others wait.
const QUERY_SECONDS_MAX: f64 = 15.0;

/// All that was found out about one engine.
#[derive(Debug, Default)]
pub struct Findings {
    pub name: &'static str,
    pub version: String,
    pub settings: String,
    pub commit_ms: Vec<f64>,
    pub live_points: u64,
    /// All live points were committed one by one; otherwise the rest was loaded in bulk, untimed.
    pub uncapped: bool,
    /// The same with queries beside it.
    pub commit_ms_with_reads: Vec<f64>,
    pub points_with_reads: u64,
    pub reads_ms: BTreeMap<String, Vec<f64>>,
    pub restart_seconds: f64,
    /// The most that its processes held when a turn of ingest ended, without the points that waited to be committed.
    pub memory_mib: f64,
    pub settled_bytes_per_point: f64,
    pub steady_bytes_per_point: f64,
    pub queries_ms: BTreeMap<String, Vec<f64>>,
    /// Answers that were not the truth, in words.
    pub wrong: Vec<String>,
    /// Why it was left out from there on.
    pub failed: Option<String>,
}

pub struct Limits {
    /// Of timed ingest, for each engine.
    pub live_seconds: f64,
    pub seconds_with_reads: f64,
}

/// At most so many points, for at most so long.
struct IngestTurn {
    points: u64,
    seconds: f64,
    with_reads: bool,
}

struct Contender {
    peer: Peer,
    next: u64,
    empty_bytes: u64,
    samples: Vec<Sample>,
    /// What the largest turn's points took before they were committed; processes keep it for the next.
    waiting_mib: f64,
    found: Findings,
}

struct Questions {
    forms: BTreeMap<&'static str, Vec<(Query, Answer)>>,
}

/// Writes the points out as the engines will read them and returns what to ask, with what is true.
pub fn prepare(workload: Workload, data: &Path) -> Result<Vec<(Query, Answer)>, String> {
    let queries: Vec<Query> = NAMES.iter().flat_map(|name| Query::forms(name, workload)).collect();
    let mut truth = Truth::of(&queries);
    super::dump::write(data, workload.rows(), |point| truth.see(point))
        .map_err(|error| format!("{}: {error}", data.display()))?;
    let answers = truth.answers();
    Ok(queries.into_iter().zip(answers).collect())
}

pub fn run(
    programs: &[Program],
    workload: Workload,
    limits: &Limits,
    questions: Vec<(Query, Answer)>,
) -> Result<Vec<Findings>, String> {
    let questions = Questions::new(questions);
    let mut contenders = vec![];
    for program in programs {
        eprintln!("{}: opens and loads the history", program.name);
        contenders.push(Contender::open(program, workload)?);
    }
    // A share of the points each, so that a fast engine is not done before the others have had a turn; one share is
    // kept for ingest with queries beside it.
    let share = (workload.live_points() / (INGEST_ROUNDS as u64 + 1)).next_multiple_of(COMMIT);
    for round in 0..INGEST_ROUNDS {
        let turn = IngestTurn {
            points: share,
            seconds: limits.live_seconds / INGEST_ROUNDS as f64,
            with_reads: false,
        };
        each_in_turn(&mut contenders, round, |contender| contender.ingest(workload, &turn, &questions));
    }
    let turn = IngestTurn { points: share, seconds: limits.seconds_with_reads, with_reads: true };
    each_in_turn(&mut contenders, 0, |contender| {
        contender.ingest(workload, &turn, &questions)?;
        contender.restart(&questions)?;
        contender.finish(workload)
    });
    for round in 0..QUERY_ROUNDS {
        for (name, repeats) in NAMES.into_iter().zip(REPEATS) {
            each_in_turn(&mut contenders, round, |contender| {
                contender.query(name, &questions, round, repeats)
            });
        }
    }
    Ok(contenders.into_iter().map(|contender| contender.found).collect())
}

fn each_in_turn(
    contenders: &mut [Contender],
    first: usize,
    mut turn: impl FnMut(&mut Contender) -> Result<(), String>,
) {
    let count = contenders.len();
    for nth in 0..count {
        let contender = &mut contenders[(first + nth) % count];
        if contender.found.failed.is_some() {
            continue;
        }
        processes::sync(contender.peer.folder());
        let done = turn(contender).and_then(|()| contender.peer.pause());
        if let Err(reason) = done {
            eprintln!("{reason}");
            contender.found.failed = Some(reason);
        }
    }
}

impl Questions {
    fn new(questions: Vec<(Query, Answer)>) -> Questions {
        let mut forms: BTreeMap<&str, Vec<(Query, Answer)>> = BTreeMap::new();
        for (query, answer) in questions {
            forms.entry(query.name()).or_default().push((query, answer));
        }
        Questions { forms }
    }

    /// Some of Q1, and now and then one of the others; Q3 for the day before what comes now.
    fn beside_ingest(&self, now_ms: i64) -> Vec<Query> {
        let mut queries = vec![];
        for (nth, (day, _)) in self.forms["Q1"].iter().enumerate() {
            match nth % 4 {
                0 => queries.push(Query::last_values(now_ms - DAY_MS)),
                1 => queries.push(self.forms["Q2"][0].0.clone()),
                2 => queries.push(self.forms["Q4"][0].0.clone()),
                _ => {}
            }
            queries.push(day.clone());
        }
        queries
    }

    fn truth(&self, query: &Query) -> Option<Answer> {
        self.forms[query.name()].iter().find(|(form, _)| form == query).map(|(_, answer)| *answer)
    }
}

impl Contender {
    fn open(program: &Program, workload: Workload) -> Result<Contender, String> {
        let mut peer = Peer::start(program)?;
        let request = Request::Open { history_from_ms: workload.history_from_ms(), end_ms: END_MS };
        let Response::Opened { version, settings } = peer.ask(&request, |_| {})? else {
            return Err(format!("{}: did not open", program.name));
        };
        let empty_bytes = footprint::bytes(&program.folder);
        let next = workload.history_points();
        peer.ask(&Request::Load { from: 0, until: next }, |_| {})?;
        peer.pause()?;
        let found = Findings { name: program.name, version, settings, ..Findings::default() };
        Ok(Contender { peer, next, empty_bytes, samples: vec![], waiting_mib: 0.0, found })
    }

    fn ingest(&mut self, workload: Workload, turn: &IngestTurn, questions: &Questions) -> Result<(), String> {
        let from = self.next;
        let until = workload.points().min(from + turn.points);
        let reads = match turn.with_reads {
            true => questions.beside_ingest(workload.live_time_ms(from)),
            false => vec![],
        };
        self.peer.resume_script();
        let before_mib = self.peer.memory_mib();
        self.peer.ask(&Request::Encode { from, until }, |_| {})?;
        self.waiting_mib = self.waiting_mib.max(self.peer.memory_mib() - before_mib);
        self.peer.resume();
        let request = Request::Ingest { seconds: turn.seconds, reads: reads.clone() };
        let (folder, samples) = (self.peer.folder().to_owned(), &mut self.samples);
        let look = |next: Option<u64>| {
            samples.extend(next.map(|points| Sample { points, bytes: footprint::bytes(&folder) }));
        };
        let Response::Ingested { commit_ms, reads: were_read } = self.peer.ask(&request, look)? else {
            return Err(format!("{}: did not ingest", self.found.name));
        };
        let next = until.min(from + commit_ms.len() as u64 * COMMIT);
        samples.push(Sample { points: next, bytes: footprint::bytes(&folder) });
        self.found.memory_mib = self.found.memory_mib.max(self.peer.memory_mib() - self.waiting_mib);
        self.next = next;
        let seconds = commit_ms.iter().sum::<f64>() / 1e3;
        eprintln!("{}: {} points in {seconds:.1} s, at {next}", self.found.name, next - from);
        if turn.with_reads {
            self.found.points_with_reads += next - from;
            self.found.commit_ms_with_reads.extend(commit_ms);
        } else {
            self.found.live_points += next - from;
            self.found.commit_ms.extend(commit_ms);
        }
        for read in were_read {
            let query = reads.get(read.nth).ok_or("an answer to no question")?;
            self.found.reads_ms.entry(query.name().to_owned()).or_default().push(read.ms);
            // The history does not change any more; what the live devices report does.
            let of_history = matches!(query, Query::OneDay { .. } | Query::Buckets { .. });
            if let Some(truth) = questions.truth(query).filter(|_| of_history) {
                self.judge(&format!("{} during ingest", query.name()), &read.answer, &truth);
            }
        }
        Ok(())
    }

    /// Killed in the middle, with whatever the write-ahead log holds; until the first right answer.
    fn restart(&mut self, questions: &Questions) -> Result<(), String> {
        self.peer.ask(&Request::BeforeKill, |_| {})?;
        self.peer.kill_and_start()?;
        let (query, truth) = &questions.forms["Q1"][0];
        let request = Request::Reopen { query: query.clone() };
        let Response::Reopened { seconds, answer } = self.peer.ask(&request, |_| {})? else {
            return Err(format!("{}: did not open again", self.found.name));
        };
        self.found.restart_seconds = seconds;
        self.judge("Q1 after the kill", &answer, truth);
        Ok(())
    }

    /// Loads what is left, untimed, and lets the engine settle.
    fn finish(&mut self, workload: Workload) -> Result<(), String> {
        self.found.uncapped = self.next == workload.points();
        if !self.found.uncapped {
            eprintln!("{}: loads the rest", self.found.name);
            self.peer.ask(&Request::Load { from: self.next, until: workload.points() }, |_| {})?;
        }
        eprintln!("{}: settles", self.found.name);
        let Response::Settled { bytes } = self.peer.ask(&Request::Settle, |_| {})? else {
            return Err(format!("{}: did not settle", self.found.name));
        };
        let settled = Sample { points: workload.points(), bytes };
        self.found.settled_bytes_per_point = bytes as f64 / workload.points() as f64;
        self.found.steady_bytes_per_point =
            footprint::steady_bytes_per_point(&self.samples, self.empty_bytes, settled);
        Ok(())
    }

    fn query(
        &mut self,
        name: &'static str,
        questions: &Questions,
        round: usize,
        repeats: usize,
    ) -> Result<(), String> {
        self.peer.resume();
        let forms = questions.forms[name].iter().map(|(query, _)| query.clone());
        // The first question of all warms up and is not counted.
        let warm_up = usize::from(round == 0);
        let queries: Vec<Query> = forms.cycle().skip(round * repeats).take(repeats + warm_up).collect();
        let request = Request::Query { queries: queries.clone(), seconds: QUERY_SECONDS_MAX };
        let Response::Queried { ms, answers } = self.peer.ask(&request, |_| {})? else {
            return Err(format!("{}: did not answer {name}", self.found.name));
        };
        for (query, answer) in queries.iter().zip(&answers) {
            if let Some(truth) = questions.truth(query) {
                self.judge(name, answer, &truth);
            }
        }
        let counted = ms.iter().skip(if ms.len() > 1 { warm_up } else { 0 });
        self.found.queries_ms.entry(name.to_owned()).or_default().extend(counted);
        Ok(())
    }

    fn judge(&mut self, what: &str, answer: &Answer, truth: &Answer) {
        if !answer.agrees(truth) {
            self.found.wrong.push(format!("{what}: {answer:?}, and true is {truth:?}"));
        }
    }
}
