//! SIGKILL on a disk that forgets every write that was not synced: nothing acknowledged is lost, in neither database.
//! And with one kind of sync left out, the same look finds the loss: so it would find one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::durability_clients::{
    Commander, NOBODY_WAITS_LONGER, NumberedDevice, Pace, Promised, Registered, register_numbered,
};
use crate::durability_compare::{look, look_at_rest, lost_commands, lost_readings};
use crate::process::{Engine, Lares, Moments, soak_factor, wait_until};

const KILLS: u64 = 6;

/// Built with the tests, from `examples/unsynced.rs`.
fn unsynced() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_lares")).parent().unwrap();
    let program = built.join("examples/unsynced");
    let changed = |file: &Path| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let is_library = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("liblares-") && name.ends_with(".rlib")
    };
    let libraries = std::fs::read_dir(built.join("deps")).unwrap().map(|entry| entry.unwrap().path());
    let newest = libraries.filter(is_library).filter_map(|file| changed(&file)).max();
    // A run of this test target alone does not build examples, and an old one would prove nothing.
    assert!(
        changed(&program).is_some() && changed(&program) >= newest,
        "{} is missing or older than the library: cargo build -p lares --examples",
        program.display()
    );
    program
}

struct Load {
    promised: Arc<Mutex<Promised>>,
    numbered: NumberedDevice,
    commander: Commander,
}

impl Load {
    fn start(lares: &Lares, device: &Registered) -> Load {
        let promised = Arc::new(Mutex::new(Promised::default()));
        let numbered = NumberedDevice::start(lares, device, &Pace::default(), &promised);
        let commander = Commander::start(&lares.api(), device, Duration::from_millis(20), &promised);
        Load { promised, numbered, commander }
    }

    /// Until so much more was acknowledged that a loss would show.
    async fn carry_on(&self) {
        let count = || {
            let promised = self.promised.lock().unwrap();
            (promised.pubacks(), promised.commands.len())
        };
        let before = count();
        wait_until("readings and commands are acknowledged", NOBODY_WAITS_LONGER, async || {
            count().0 > before.0 + 100 && count().1 > before.1 + 3
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_acknowledged_where_unsynced_writes_are_dropped() {
    let mut moments = Moments::new("unsynced writes are dropped");
    let mut lares = Lares::new(Engine::Sqlite).program(unsynced());
    lares.start().await;
    let device = register_numbered(&lares).await;
    let load = Load::start(&lares, &device);
    for _ in 0..KILLS * soak_factor() {
        load.carry_on().await;
        tokio::time::sleep(Duration::from_millis(moments.below(700))).await;
        lares.kill();
        let found = lares.check();
        assert!(found.is_empty(), "{found:#?}");
        lares.start().await;
    }
    load.commander.finish().await;
    load.numbered.finish().await;
    let promised = load.promised.lock().unwrap().clone();
    let mut wrong = look(&lares.api(), &device, &promised).await;
    lares.kill();
    wrong.extend(look_at_rest(&lares).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} acknowledged messages, {} commands", promised.pubacks(), promised.commands.len());
}

/// One kill on a disk that ignores some syncs, and what is found wrong then.
async fn found_after_a_lie(lie: &str) -> Vec<String> {
    let mut lares = Lares::new(Engine::Sqlite).program(unsynced());
    lares.start().await;
    let device = register_numbered(&lares).await;
    // What was made so far is safe: a stop moves it out of the WAL.
    lares.stop().await;
    lares.set_env("UNSYNCED_LIE", lie);
    lares.start().await;
    let load = Load::start(&lares, &device);
    load.carry_on().await;
    lares.kill();
    let Load { promised, numbered, commander } = load;
    numbered.vanish();
    drop(commander);
    let promised = promised.lock().unwrap().clone();
    lares.forget_env("UNSYNCED_LIE");
    let mut found = lares.check();
    match lares.try_start().await {
        Err(reason) => found.push(format!("it does not start: {reason}")),
        Ok(()) => {
            let api = lares.api();
            found.extend(lost_readings(&api, &device, &promised, true).await);
            found.extend(lost_commands(&api, &device, &promised).await);
        }
    }
    println!("with {lie:?} unsynced: {found:#?}");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_lie_one_kill_loses_nothing() {
    let found = found_after_a_lie("no-such-file").await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_sync_of_the_ingest_log_the_loss_is_found() {
    let found = found_after_a_lie("telemetry.db-wal").await;
    // The relational store has reached a position that the log has lost.
    for said_by in ["lares check:", "it does not start:"] {
        let said = found.iter().find(|one| one.starts_with(said_by));
        assert!(said.is_some_and(|said| said.contains("before the position")), "{found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_sync_of_the_relational_store_the_loss_is_found() {
    let found = found_after_a_lie("lares.db-wal").await;
    assert!(found.iter().any(|one| one.contains("commands acknowledged and missing")), "{found:#?}");
}
