//! How the process has its memory allocated. The program sets it first; so does a test that measures memory.

/// Allocations from 1 MiB on get pages of their own and give them back: a password hash takes 19 MiB for a moment,
/// which the allocator would otherwise keep for good, once for each thread that ever made one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub fn give_large_blocks_back() {
    const ONE_MIB: libc::c_int = 1 << 20;
    // SAFETY: mallopt only sets a parameter of the allocator, under the allocator's own lock.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, ONE_MIB) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_large_blocks_back() {}
