//! What an engine in this program must do, and the loop by which it does it as a process of its own: requests as JSON
//! lines on standard input, answers on standard output, the same lines that the peers in `peers/*.py` speak.
//! A process each, so that an engine can be stopped while it is not its turn, and killed.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::dump::Dump;
use super::footprint;
use super::queries::{Answer, Query, Rows};
use super::workload::{POINTS_PER_COMMIT, Row};

/// Between two queries while ingest runs: someone looks, nobody floods.
const READ_PAUSE: Duration = Duration::from_millis(50);
const NOT_OPENED: &str = "not opened";
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

pub trait Engine: Sized {
    /// The points of a commit as they are handed over: what a client has ready when it writes.
    type Encoded;

    /// Makes a new store in a folder, or opens the one that is there.
    fn open(folder: &Path) -> Result<Self, String>;

    fn version(&self) -> String;

    /// How it is configured, and why, for those who read the table.
    fn settings(&self) -> &'static str;

    fn encode(&self, rows: Vec<Row>) -> Self::Encoded;

    /// Stores the rows; when it returns, they are on disk.
    fn commit(&mut self, rows: Self::Encoded) -> Result<(), String>;

    /// Does what the engine does by itself in time, until its files are what they will be.
    fn settle(&mut self) -> Result<(), String>;

    /// Reads while others write.
    fn reader(&self) -> Result<Box<dyn Reader>, String>;
}

pub trait Reader: Send {
    /// `None` when the engine cannot answer such a query.
    fn rows(&mut self, query: &Query) -> Result<Option<Rows>, String>;
}

pub type Serve = fn(&Path, &Path) -> Result<(), String>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Makes a new store.
    Open {
        history_from_ms: i64,
        end_ms: i64,
    },
    /// After a kill: until the query is answered.
    Reopen {
        query: Query,
    },
    /// Stores points in whatever way is quickest; nobody looks at the clock.
    Load {
        from: u64,
        until: u64,
    },
    /// Puts points into the form in which they will be handed over, a commit each. A server is asleep meanwhile, so
    /// that its work in the background gets no time that nobody counts.
    Encode {
        from: u64,
        until: u64,
    },
    /// Commits what was encoded, one after the other, until it or the seconds are used up; with `reads`, asks these
    /// meanwhile.
    Ingest {
        seconds: f64,
        reads: Vec<Query>,
    },
    /// Asks one query after the other until they or the seconds are used up.
    Query {
        queries: Vec<Query>,
        seconds: f64,
    },
    Settle,
    /// An engine that keeps acknowledged points in memory waits here until they are written.
    BeforeKill,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The next point to come, while others are on their way.
    Progress(u64),
    Opened {
        version: String,
        settings: String,
    },
    Reopened {
        seconds: f64,
        answer: Answer,
    },
    Done,
    /// One time per commit; commits that the seconds did not reach are forgotten.
    Ingested {
        commit_ms: Vec<f64>,
        reads: Vec<Read>,
    },
    /// Both empty when the engine cannot answer such a query.
    Queried {
        ms: Vec<f64>,
        answers: Vec<Answer>,
    },
    Settled {
        bytes: u64,
    },
    Failed(String),
}

/// A query that was answered while ingest ran.
#[derive(Debug, Serialize, Deserialize)]
pub struct Read {
    /// Which of the queries.
    pub nth: usize,
    pub ms: f64,
    pub answer: Answer,
}

/// Serves one engine until standard input ends.
pub fn serve<E: Engine>(folder: &Path, data: &Path) -> Result<(), String> {
    let dump = Dump::open(data).map_err(|error| format!("{}: {error}", data.display()))?;
    let mut served = Served::<E> { folder: folder.to_owned(), dump, engine: None, encoded: vec![] };
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let answered = serde_json::from_str(&line)
            .map_err(|error| format!("not a request: {error}: {line}"))
            .and_then(|request| served.answer(request));
        say(&answered.unwrap_or_else(Response::Failed))?;
    }
    Ok(())
}

fn say(response: &Response) -> Result<(), String> {
    let line = serde_json::to_string(response).map_err(|error| error.to_string())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

struct Served<E: Engine> {
    folder: PathBuf,
    dump: Dump,
    engine: Option<E>,
    encoded: Vec<Commit<E::Encoded>>,
}

struct Commit<R> {
    /// The number of the point after it.
    next: u64,
    rows: R,
}

impl<E: Engine> Served<E> {
    fn answer(&mut self, request: Request) -> Result<Response, String> {
        match request {
            Request::Open { .. } => {
                let engine = self.engine.insert(E::open(&self.folder)?);
                Ok(Response::Opened { version: engine.version(), settings: engine.settings().to_owned() })
            }
            Request::Reopen { query } => {
                let began = Instant::now();
                let engine = self.engine.insert(E::open(&self.folder)?);
                let rows = engine.reader()?.rows(&query)?.unwrap_or_default();
                Ok(Response::Reopened { seconds: began.elapsed().as_secs_f64(), answer: query.answer(&rows) })
            }
            Request::Load { from, until } => {
                let engine = self.engine.as_mut().ok_or(NOT_OPENED)?;
                for commit in commits(&self.dump, from, until) {
                    engine.commit(engine.encode(commit?.rows))?;
                }
                Ok(Response::Done)
            }
            Request::Encode { from, until } => {
                let engine = self.engine.as_ref().ok_or(NOT_OPENED)?;
                let commits = commits(&self.dump, from, until);
                let encode =
                    |commit: Commit<Vec<Row>>| Commit { next: commit.next, rows: engine.encode(commit.rows) };
                self.encoded = commits.map(|commit| commit.map(encode)).collect::<Result<_, String>>()?;
                Ok(Response::Done)
            }
            Request::Ingest { seconds, reads } => self.ingest_beside(seconds, &reads),
            Request::Query { queries, seconds } => self.query(&queries, seconds),
            Request::Settle => {
                self.opened()?.settle()?;
                Ok(Response::Settled { bytes: footprint::bytes(&self.folder) })
            }
            Request::BeforeKill => Ok(Response::Done),
        }
    }

    fn opened(&mut self) -> Result<&mut E, String> {
        self.engine.as_mut().ok_or(NOT_OPENED.to_owned())
    }

    fn ingest_beside(&mut self, seconds: f64, reads: &[Query]) -> Result<Response, String> {
        let mut reader = self.opened()?.reader()?;
        let over = AtomicBool::new(false);
        let (commit_ms, reads) = std::thread::scope(|scope| {
            let reading = scope.spawn(|| match reads.is_empty() {
                true => Ok(vec![]),
                false => read_until(&over, reads, reader.as_mut()),
            });
            let ingested = self.ingest(seconds);
            over.store(true, Ordering::Relaxed);
            (ingested, reading.join().unwrap_or_else(|_| Err("the reader panicked".to_owned())))
        });
        Ok(Response::Ingested { commit_ms: commit_ms?, reads: reads? })
    }

    fn ingest(&mut self, seconds: f64) -> Result<Vec<f64>, String> {
        let encoded = std::mem::take(&mut self.encoded);
        let engine = self.opened()?;
        let (mut commit_ms, start) = (vec![], Instant::now());
        let mut told = start;
        for commit in encoded {
            let began = Instant::now();
            engine.commit(commit.rows)?;
            commit_ms.push(began.elapsed().as_secs_f64() * 1e3);
            if told.elapsed() >= PROGRESS_EVERY {
                say(&Response::Progress(commit.next))?;
                told = Instant::now();
            }
            if start.elapsed().as_secs_f64() >= seconds {
                break;
            }
        }
        Ok(commit_ms)
    }

    fn query(&mut self, queries: &[Query], seconds: f64) -> Result<Response, String> {
        let mut reader = self.opened()?.reader()?;
        let (mut ms, mut answers) = (vec![], vec![]);
        let start = Instant::now();
        for query in queries {
            let began = Instant::now();
            let Some(rows) = reader.rows(query)? else { break };
            ms.push(began.elapsed().as_secs_f64() * 1e3);
            answers.push(query.answer(&rows));
            if start.elapsed().as_secs_f64() >= seconds {
                break;
            }
        }
        Ok(Response::Queried { ms, answers })
    }
}

fn commits(dump: &Dump, from: u64, until: u64) -> impl Iterator<Item = Result<Commit<Vec<Row>>, String>> {
    (from..until).step_by(POINTS_PER_COMMIT).map(move |first| {
        let next = until.min(first + POINTS_PER_COMMIT as u64);
        let rows = dump.rows(first, next).map_err(|error| format!("points: {error}"))?;
        Ok(Commit { next, rows })
    })
}

fn read_until(over: &AtomicBool, queries: &[Query], reader: &mut dyn Reader) -> Result<Vec<Read>, String> {
    let mut reads = vec![];
    for (nth, query) in queries.iter().enumerate().cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        if let Some(rows) = reader.rows(query)? {
            let ms = began.elapsed().as_secs_f64() * 1e3;
            reads.push(Read { nth, ms, answer: query.answer(&rows) });
        }
        std::thread::sleep(READ_PAUSE);
    }
    Ok(reads)
}
