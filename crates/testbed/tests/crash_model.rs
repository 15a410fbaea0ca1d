//! The model test of the telemetry contract on a disk that forgets unsynced writes: a kill at any step leaves what was
//! durable at that moment, and the engine answers from it as the naive model does.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../telemetry/tests/contract/model.rs"]
mod model;
#[path = "../../telemetry/tests/contract/subject.rs"]
mod subject;

use std::path::Path;

use lares_telemetry::{EmbeddedTelemetry, Limits, TelemetryError};
use lares_testbed::vfs;

use subject::{Disk, Subject};

impl Subject for EmbeddedTelemetry {
    fn open_with(directory: &Path, limits: Limits) -> Result<Self, TelemetryError> {
        EmbeddedTelemetry::open_with(directory, limits)
    }

    fn seal(&self) {
        self.seal_all().unwrap();
    }

    fn kill(self, disk: Disk) -> (Self, Disk) {
        let left = Disk::new();
        vfs::copy_durable(disk.path(), left.path()).unwrap();
        let engine = Self::open(left.path()).unwrap();
        drop(self);
        (engine, left)
    }
}

#[test]
fn answers_as_the_naive_model_does_whenever_it_is_killed() {
    vfs::install(None);
    model::answers_as_the_naive_model_does::<EmbeddedTelemetry>();
}
