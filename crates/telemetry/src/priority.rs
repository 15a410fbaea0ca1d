//! Threads that nobody waits for stand behind those that somebody waits for.

/// A few steps and not the whole way: a thread that holds a lock is not kept from it for long.
const STEPS: i32 = 5;

/// Of this thread alone, as Linux has it.
pub fn behind_others() {
    if let Err(error) = rustix::process::nice(STEPS) {
        tracing::debug!(%error, "a background thread of telemetry keeps its priority");
    }
}
