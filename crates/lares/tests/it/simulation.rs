//! The deterministic mode: the same seed gives the same days, bit for bit, on either store; another gives others.

use lares::simulate::{Digests, run};
use lares_testbed::postgres::Postgres;

const DAYS: u32 = 30;

/// Each on a thread of its own, as each is single-threaded.
fn on_sqlite(seed: u64, days: u32) -> std::thread::JoinHandle<Digests> {
    std::thread::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), None, seed, days).unwrap()
    })
}

fn on_postgres(seed: u64, days: u32) -> std::thread::JoinHandle<Digests> {
    std::thread::spawn(move || {
        let (folder, server) = (tempfile::tempdir().unwrap(), Postgres::shared());
        run(folder.path(), Some(server.fresh_database().unwrap()), seed, days).unwrap()
    })
}

#[test]
fn the_same_seed_gives_the_same_30_days_twice_on_both_stores() {
    let runs = [on_sqlite(7, DAYS), on_postgres(7, DAYS), on_sqlite(7, DAYS), on_postgres(7, DAYS)];
    let digests = runs.map(|run| run.join().unwrap());
    for other in &digests[1..] {
        assert_eq!(other, &digests[0]);
    }
    // That it lived is part of the proof.
    let Digests { events, commands, readings, states } = &digests[0];
    assert!(events.entries > 5_000, "{events:?}");
    assert!(commands.entries > 200, "{commands:?}");
    assert!(readings.entries > 50_000, "{readings:?}");
    assert!(states.entries > 20, "{states:?}");
}

#[test]
fn another_seed_gives_other_days() {
    let [one, other] = [on_sqlite(1, 2), on_sqlite(2, 2)].map(|run| run.join().unwrap());
    assert_ne!(one.events.sha256, other.events.sha256);
    assert_ne!(one.commands.sha256, other.commands.sha256);
    assert_ne!(one.readings.sha256, other.readings.sha256);
    assert_ne!(one.states.sha256, other.states.sha256);
}

#[test]
fn a_store_that_is_not_empty_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = || Some(format!("sqlite://{}", folder.path().join("used.db").display()));
    run(folder.path(), url(), 1, 1).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = run(elsewhere.path(), url(), 1, 1).unwrap_err();
    assert!(refused.contains("empty store"), "{refused}");
}
