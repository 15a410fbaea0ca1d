//! What tests stand on: real servers, started by the test that needs them and stopped when it lets go of them, and
//! disks that lose what was not synced. A dev dependency only; each module stands alone.

pub mod postgres;
pub mod vfs;
pub mod victoria_metrics;
