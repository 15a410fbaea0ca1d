//! A PostgreSQL server of the test's own, from Debian's package, on a free loopback port, with durable settings.
//! `initdb` runs once: its result is kept under `target/` and copied for every server.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const INSTALLED_UNDER: &str = "/usr/lib/postgresql";
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A port that was free may be taken before the server binds it.
const STARTS_MAX: usize = 5;

/// A running server. Dropped, it is stopped and its data removed.
pub struct Postgres {
    server: Child,
    port: u16,
    installed: Installed,
    databases: AtomicU32,
    directory: TempDir,
}

/// Where the programs are, and as whom they run.
#[derive(Clone)]
struct Installed {
    programs: PathBuf,
    /// PostgreSQL refuses to run as root; then this user runs it.
    run_as: Option<&'static str>,
}

impl Postgres {
    /// The server that the tests of this process share while any of them holds it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start: such a test has failed, not been skipped.
    pub fn shared() -> Arc<Postgres> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return running;
        }
        match Postgres::start() {
            Ok(server) => {
                let server = Arc::new(server);
                *shared = Arc::downgrade(&server);
                server
            }
            Err(reason) => panic!("{reason}"),
        }
    }

    pub fn start() -> Result<Postgres, String> {
        let installed = Installed::find()?;
        let template = template(&installed)?;
        let mut reason = String::new();
        for _ in 0..STARTS_MAX {
            match start_on_free_port(&installed, &template) {
                Ok(server) => return Ok(server),
                Err(why) => reason = why,
            }
        }
        Err(reason)
    }

    /// Makes an empty database and returns its URL.
    pub fn fresh_database(&self) -> Result<String, String> {
        let name = format!("lares_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let mut create = Command::new(self.installed.programs.join("createdb"));
        create.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-T", "template0", &name]);
        run(&mut create)?;
        Ok(format!("postgres://postgres@127.0.0.1:{port}/{name}"))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the server has logged, for the message of a failed test.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is PostgreSQL's immediate shutdown: its data goes away in a moment anyway.
        let stop = Command::new("sh").args(["-c", &format!("kill -QUIT {}", self.server.id())]).status();
        if !stop.is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

impl Installed {
    fn find() -> Result<Installed, String> {
        let missing = || {
            format!(
                "PostgreSQL is not installed: no {INSTALLED_UNDER}/*/bin/initdb. \
                 These tests need it: apt-get install -y postgresql"
            )
        };
        let mut versions: Vec<PathBuf> = fs::read_dir(INSTALLED_UNDER)
            .map_err(|_| missing())?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .filter(|programs| programs.join("initdb").exists())
            .collect();
        versions.sort();
        let programs = versions.pop().ok_or_else(missing)?;
        Ok(Installed { programs, run_as: if is_root()? { Some("postgres") } else { None } })
    }

    /// A program that never runs as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = Command::new("setpriv");
        if let Some(user) = self.run_as {
            command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
        }
        // A test that is killed takes its server along.
        command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).current_dir("/");
        command
    }

    /// Gives a directory to the user that the server runs as.
    fn give(&self, directory: &Path) -> Result<(), String> {
        match self.run_as {
            Some(user) => run(Command::new("chown").arg("-R").arg(format!("{user}:")).arg(directory)),
            None => Ok(()),
        }
    }
}

fn is_root() -> Result<bool, String> {
    let metadata = fs::metadata("/proc/self").map_err(said("looking at /proc/self"))?;
    Ok(metadata.uid() == 0)
}

/// The directory that `initdb` made, made now when it is not there.
fn template(installed: &Installed) -> Result<PathBuf, String> {
    let version = installed.programs.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let user = installed.run_as.unwrap_or("own");
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let kept = target.join("testbed").join(format!("postgres-{version}-{user}"));
    fs::create_dir_all(target.join("testbed")).map_err(said("making the directory of the template"))?;
    let lock = File::create(kept.with_extension("lock")).map_err(said("making the template's lock file"))?;
    lock.lock().map_err(said("locking the template"))?;
    if kept.exists() {
        return Ok(kept);
    }
    let directory = traversable_directory()?;
    let data = directory.path().join("data");
    fs::create_dir(&data).map_err(said("making the data directory"))?;
    installed.give(&data)?;
    let mut initdb = installed.command("initdb");
    initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
    run(&mut initdb)?;
    let unfinished = kept.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    run(Command::new("cp").arg("-a").arg(&data).arg(&unfinished))?;
    fs::rename(&unfinished, &kept).map_err(said("keeping the template"))?;
    Ok(kept)
}

fn start_on_free_port(installed: &Installed, template: &Path) -> Result<Postgres, String> {
    let directory = traversable_directory()?;
    let data = directory.path().join("data");
    run(Command::new("cp").arg("-a").arg(template).arg(&data))?;
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(said("looking for a free port"))?
        .port();
    let log = File::create(directory.path().join("log")).map_err(said("making the server's log"))?;
    let copy = log.try_clone().map_err(said("making the server's log"))?;
    let mut command = installed.command("postgres");
    command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        "shared_buffers=16MB",
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
    ];
    for setting in settings {
        command.args(["-c", setting]);
    }
    command.stdout(log).stderr(copy);
    let server = spawn_for_the_process(command)?;
    let databases = AtomicU32::new(0);
    let mut server = Postgres { server, port, installed: installed.clone(), databases, directory };
    wait_until_ready(&mut server)?;
    Ok(server)
}

/// The signal at a parent's death is that of the spawning thread, and the thread of a test ends before its process:
/// so the server is spawned from a thread that stays.
pub(crate) fn spawn_for_the_process(mut command: Command) -> Result<Child, String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        if send.send(command.spawn()).is_ok() {
            loop {
                thread::park();
            }
        }
    });
    let spawned = receive.recv().map_err(|_| "the thread that starts the server ended".to_owned())?;
    spawned.map_err(said("starting setpriv (Debian package util-linux)"))
}

fn wait_until_ready(server: &mut Postgres) -> Result<(), String> {
    let port = server.port.to_string();
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        if let Some(status) = server.server.try_wait().map_err(said("waiting for the server"))? {
            return Err(format!("PostgreSQL ended with {status}:\n{}", server.log()));
        }
        let ready = Command::new(server.installed.programs.join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &port])
            .status()
            .map_err(said("asking whether the server is ready"))?;
        if ready.success() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("PostgreSQL was not ready in {READY_WITHIN:?}:\n{}", server.log()));
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// A temporary directory through which another user reaches what was given to them.
fn traversable_directory() -> Result<TempDir, String> {
    let directory = tempfile::Builder::new()
        .prefix("lares-testbed-")
        .tempdir()
        .map_err(said("making a temporary directory"))?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))
        .map_err(said("opening the temporary directory"))?;
    Ok(directory)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

pub(crate) fn said(doing: &'static str) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{doing}: {error}")
}
