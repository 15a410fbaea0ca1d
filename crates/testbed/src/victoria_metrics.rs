//! A VictoriaMetrics of the test's own, from Debian's package, on a free loopback port. It keeps readings of any
//! year; all else is as the package has it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::postgres::{said, spawn_for_the_process};

const PROGRAM: &str = "/usr/bin/victoria-metrics";
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A port that was free may be taken before the server binds it.
const STARTS_MAX: usize = 5;

/// Dropped, it is killed and its data removed.
pub struct VictoriaMetrics {
    server: Option<Child>,
    port: u16,
    directory: TempDir,
    /// More of the command line.
    options: Vec<String>,
}

impl VictoriaMetrics {
    /// The server that the tests of this process share while any of them holds it.
    ///
    /// # Panics
    /// When it is not installed or does not start: such a test has failed, not been skipped.
    pub fn shared() -> Arc<VictoriaMetrics> {
        static SHARED: Mutex<Weak<VictoriaMetrics>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return running;
        }
        match VictoriaMetrics::start() {
            Ok(server) => {
                let server = Arc::new(server);
                *shared = Arc::downgrade(&server);
                server
            }
            Err(reason) => panic!("{reason}"),
        }
    }

    pub fn start() -> Result<VictoriaMetrics, String> {
        Self::start_with(&[])
    }

    /// With TLS and a password.
    pub fn start_secured(
        certificate: &Path,
        key: &Path,
        username: &str,
        password: &str,
    ) -> Result<VictoriaMetrics, String> {
        Self::start_with(&[
            "-tls".to_owned(),
            format!("-tlsCertFile={}", certificate.display()),
            format!("-tlsKeyFile={}", key.display()),
            format!("-httpAuth.username={username}"),
            format!("-httpAuth.password={password}"),
        ])
    }

    fn start_with(options: &[String]) -> Result<VictoriaMetrics, String> {
        let mut reason = String::new();
        for _ in 0..STARTS_MAX {
            let directory = tempfile::tempdir().map_err(said("making a temporary directory"))?;
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let port = free.map_err(said("finding a free port"))?.port();
            let mut server = VictoriaMetrics { server: None, port, directory, options: options.to_vec() };
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(why) => reason = why,
            }
        }
        Err(reason)
    }

    pub fn url(&self) -> String {
        let scheme = if self.options.is_empty() { "http" } else { "https" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// As if the power had failed.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// On the same port and storage.
    pub fn start_again(&mut self) -> Result<(), String> {
        self.kill();
        let log_path = self.directory.path().join("log");
        let log = fs::File::create(&log_path).map_err(said("making the log"))?;
        let copy = log.try_clone().map_err(said("making the log"))?;
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--", PROGRAM])
            .arg(format!("-storageDataPath={}", self.directory.path().join("data").display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{}", self.port))
            .args(["-retentionPeriod=100y", "-memory.allowedBytes=64MB"])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy);
        self.server = Some(spawn_for_the_process(command)?);
        let deadline = Instant::now() + READY_WITHIN;
        while !self.is_ready() {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                return Err(format!(
                    "{PROGRAM} is not ready (apt-get install -y victoria-metrics): {ended:?}\n{log}"
                ));
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let connected = TcpStream::connect(("127.0.0.1", self.port));
        if !self.options.is_empty() {
            return connected.is_ok();
        }
        let asked = connected.and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        });
        asked.is_ok_and(|answer| answer.ends_with("OK"))
    }
}

impl Drop for VictoriaMetrics {
    fn drop(&mut self) {
        self.kill();
    }
}
