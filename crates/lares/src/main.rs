//! The `lares` program: everything is in the library, so that tests start the same thing.

use std::process::ExitCode;

fn main() -> ExitCode {
    lares::allocator::give_large_blocks_back();
    lares::run()
}
