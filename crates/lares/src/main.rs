//! The `lares` program: everything is in the library, so that tests start the same thing.

use std::process::ExitCode;

/// Allocations from 1 MiB on get pages of their own and give them back: a password hash takes 19 MiB for a moment,
/// which the allocator would otherwise keep for good.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn give_large_blocks_back() {
    const ONE_MIB: libc::c_int = 1 << 20;
    // SAFETY: mallopt only sets a parameter of the allocator; called before any other thread exists.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, ONE_MIB) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_large_blocks_back() {}

fn main() -> ExitCode {
    give_large_blocks_back();
    lares::run()
}
