//! A disk that is full, on a file system of its own: clear refusals, nothing half done, and recovery without help.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lares_telemetry::{Telemetry, TelemetryError};

use crate::subject::*;

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

pub async fn a_full_disk_refuses_and_recovers_by_itself<S: Subject>() {
    let Some(disk) = SmallDisk::mount("6m") else {
        eprintln!("skipped: mounting a tmpfs is not permitted here");
        return;
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 2 * 1024 * 1024]).unwrap();
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
        assert_eq!(all_readings(&*engine, 1).await.len() as u64, next);
        assert!(engine.stats().failed_batches > 0);
        if round < 2 {
            // Space returns, and nobody tells the engine.
            let left = 1024 * 1024 * (1 - round);
            std::fs::write(&ballast, vec![1; left]).unwrap();
            let first = (next + known) as i64 + 1;
            let entries = (0..50).map(|offset| numbered(1, next + offset)).collect();
            assert_eq!(engine.append(entries).await, Ok(at(first..first + 50)));
            next += 50;
            // A device whose first words were refused starts afresh.
            known += 1;
            assert_eq!(engine.append(vec![presence(2, "again")]).await, Ok(at([(next + known) as i64])));
        }
    }
    std::fs::remove_file(&ballast).unwrap();
    drop(Arc::into_inner(engine).unwrap());
    let engine = S::open(disk.path()).unwrap();
    assert_eq!(engine.head().0, (next + known) as i64);
    assert_eq!(whole_log(&engine).await.len() as u64, next + known);
    assert_sound(&engine).await;
}
