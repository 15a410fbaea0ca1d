//! An engine as the benchmark sees it: a process that is asked by JSON lines, sleeps between its turns, and goes down
//! with all that it started.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::engine::{Request, Response};
use super::processes;

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// No single request takes longer, not even loading all points of the slowest peer.
const REQUEST_MAX: Duration = Duration::from_secs(30 * 60);
const GOES_WITHIN: Duration = Duration::from_secs(60);

/// How to start an engine.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: &'static str,
    pub command: Vec<String>,
    /// What it stores lies here; the last two arguments are this folder and the file with the points.
    pub folder: PathBuf,
    pub data: PathBuf,
    /// Where the numbers of its processes are noted, for whoever must end them if this program cannot.
    pub pids: PathBuf,
}

pub struct Peer {
    program: Program,
    child: Child,
    requests: Option<ChildStdin>,
    responses: Receiver<String>,
}

impl Peer {
    pub fn start(program: &Program) -> Result<Peer, String> {
        let told = |error: std::io::Error| format!("{}: {error}", program.name);
        // If this program dies, the kernel kills the engine.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .args(&program.command)
            .arg(&program.folder)
            .arg(&program.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(told)?;
        let requests = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let (line, responses) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|text| line.send(text)));
        let peer = Peer { program: program.clone(), child, requests, responses };
        peer.note_processes(&[peer.child.id()])?;
        Ok(peer)
    }

    pub fn folder(&self) -> &Path {
        &self.program.folder
    }

    /// Asks and waits; meanwhile `look` is told now and then the next point to come, where the engine says so.
    pub fn ask(&mut self, request: &Request, mut look: impl FnMut(Option<u64>)) -> Result<Response, String> {
        let name = self.program.name;
        let mut line = serde_json::to_string(request).map_err(|error| error.to_string())?;
        line.push('\n');
        let requests = self.requests.as_mut().ok_or_else(|| format!("{name}: was closed"))?;
        let sent = requests.write_all(line.as_bytes()).and_then(|()| requests.flush());
        sent.map_err(|error| format!("{name}: {error}"))?;
        let asked = Instant::now();
        loop {
            match self.responses.recv_timeout(LOOK_EVERY) {
                Ok(text) => match serde_json::from_str(&text) {
                    Ok(Response::Progress(next)) => look(Some(next)),
                    Ok(Response::Failed(reason)) => return Err(format!("{name}: {reason}")),
                    Ok(response) => return Ok(response),
                    Err(error) => return Err(format!("{name}: not a response: {error}: {text}")),
                },
                Err(RecvTimeoutError::Timeout) if asked.elapsed() < REQUEST_MAX => look(None),
                Err(RecvTimeoutError::Timeout) => return Err(format!("{name}: does not answer")),
                Err(RecvTimeoutError::Disconnected) => return Err(format!("{name}: ended early")),
            }
        }
    }

    /// Stops the engine and its servers until the next turn.
    pub fn pause(&self) -> Result<(), String> {
        self.note_processes(&processes::stop(self.child.id()))
    }

    /// What all its processes hold now.
    pub fn memory_mib(&self) -> f64 {
        processes::family(self.child.id()).into_iter().map(processes::memory_mib).sum()
    }

    /// Wakes what speaks for the engine, but no server.
    pub fn resume_script(&self) {
        processes::signal("CONT", &[self.child.id()]);
    }

    pub fn resume(&self) {
        processes::signal("CONT", &processes::family(self.child.id()));
    }

    /// Kills the engine, all its processes at once, and starts it again, not yet opened.
    pub fn kill_and_start(&mut self) -> Result<(), String> {
        let family = processes::stop(self.child.id());
        match family.split_first() {
            // The script only speaks for its server. It lives on to bury it: to PostgreSQL a dead server that nobody
            // has waited for is one that runs.
            Some((script, servers)) if !servers.is_empty() => {
                processes::signal("KILL", servers);
                processes::signal("CONT", &[*script]);
            }
            _ => processes::signal("KILL", &family),
        }
        self.end();
        *self = Peer::start(&self.program)?;
        Ok(())
    }

    /// The end of standard input tells the engine to stop its servers and go.
    fn end(&mut self) {
        self.requests = None;
        let asked = Instant::now();
        while asked.elapsed() < GOES_WITHIN {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        processes::signal("KILL", &processes::stop(self.child.id()));
        let _ = self.child.wait();
    }

    fn note_processes(&self, family: &[u32]) -> Result<(), String> {
        let numbers: Vec<String> = family.iter().map(u32::to_string).collect();
        std::fs::write(&self.program.pids, numbers.join("\n") + "\n")
            .map_err(|error| format!("{}: {error}", self.program.pids.display()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.resume();
        self.end();
        let _ = std::fs::remove_file(&self.program.pids);
    }
}
