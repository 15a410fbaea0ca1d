//! The `lares` program: everything is in the library, so that tests start the same thing.

use std::process::ExitCode;

/// Gives memory back: a password hash takes 19 MiB for a moment, which the system's allocator would keep.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lares::run()
}
