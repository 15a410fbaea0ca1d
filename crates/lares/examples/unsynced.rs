//! The same program on a disk that keeps nothing it was not told to sync, for the tests that kill it.
//! `UNSYNCED_LIE` names syncs that are answered and not done, such as `telemetry.db-wal`.

use std::process::ExitCode;

use lares_testbed::vfs::{self, Lie};

fn main() -> ExitCode {
    let lie = match std::env::var("UNSYNCED_LIE").ok().map(|text| Lie::parse(&text)).transpose() {
        Ok(lie) => lie,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(2);
        }
    };
    vfs::install(lie);
    lares::run()
}
