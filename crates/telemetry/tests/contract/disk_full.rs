//! A disk that is full, on a file system of its own: clear refusals, nothing half done, and recovery without help.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lares_model::Value;
use lares_telemetry::{Telemetry, TelemetryError};

use crate::subject::*;

const MIB: usize = 1024 * 1024;

/// A small file system in memory, unmounted when the test ends, however it ends.
struct SmallDisk {
    directory: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where mounting is not permitted.
    fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "lares-test"])
            .arg(directory.path());
        let done = mount.status().is_ok_and(|status| status.success());
        done.then_some(SmallDisk { directory })
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open here.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

async fn append_until_refused(engine: &impl Telemetry, next: &mut u64) -> TelemetryError {
    loop {
        let entries = (0..50).map(|offset| numbered(1, *next + offset)).collect();
        match engine.append(entries).await {
            Ok(_) => *next += 50,
            Err(error) => return error,
        }
    }
}

/// Which of so many numbered readings are not answered.
async fn lacking(engine: &impl Telemetry, count: u64) -> Vec<u64> {
    let mut lacking: BTreeSet<u64> = (0..count).collect();
    for value in values(engine, 1).await {
        let Value::Integer(number) = value else { panic!("{value:?}") };
        assert!(lacking.remove(&(number as u64)), "{number} was not appended, or is answered twice");
    }
    lacking.into_iter().collect()
}

pub async fn a_full_disk_refuses_and_recovers_by_itself<S: Subject>() {
    let Some(disk) = SmallDisk::mount("7m") else {
        eprintln!("skipped: mounting a tmpfs is not permitted here");
        return;
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 3 * MIB]).unwrap();
    let engine = Arc::new(S::open(disk.path()).unwrap());
    let (mut next, mut known) = (0, 0);
    for round in 0..3 {
        let refused = append_until_refused(&*engine, &mut next).await;
        assert!(matches!(refused, TelemetryError::NoSpace(_)), "{refused:?}");
        assert_eq!(engine.head().0, (next + known) as i64, "a refused call leaves nothing");
        // Everybody in the group hears it, and reading goes on.
        let calls: Vec<_> = (0..8)
            .map(|call| {
                let engine = Arc::clone(&engine);
                let text = "x".repeat(8_000_000);
                tokio::spawn(async move { engine.append(vec![presence(2 + call, &text)]).await })
            })
            .collect();
        for call in calls {
            let refused = call.await.unwrap();
            assert!(matches!(refused, Err(TelemetryError::NoSpace(_))), "{refused:?}");
        }
        assert_eq!(whole_log(&*engine).await.len() as u64, next + known);
        assert_eq!(lacking(&*engine, next).await, Vec::<u64>::new());
        assert!(engine.stats().failed_batches > 0);
        if round < 2 {
            // Space returns, and nobody tells the engine.
            std::fs::File::options()
                .write(true)
                .open(&ballast)
                .unwrap()
                .set_len((2 - round) * MIB as u64)
                .unwrap();
            let first = (next + known) as i64 + 1;
            let entries = (0..50).map(|offset| numbered(1, next + offset)).collect();
            assert_eq!(engine.append(entries).await, Ok(at(first..first + 50)));
            next += 50;
            // A device whose first words were refused starts afresh.
            known += 1;
            assert_eq!(engine.append(vec![presence(2, "again")]).await, Ok(at([(next + known) as i64])));
        }
    }
    // Some of it for what a database shares between its readers and its writer: whoever runs the engine keeps that back.
    std::fs::remove_file(&ballast).unwrap();
    drop(Arc::into_inner(engine).unwrap());
    let engine = S::open(disk.path()).unwrap();
    assert_eq!(engine.head().0, (next + known) as i64);
    assert_eq!(whole_log(&engine).await.len() as u64, next + known);
    assert_sound(&engine).await;
}
