//! What gives the process its memory: mimalloc, for the program and for whatever is linked with this library, so that a
//! test measures what the program does. Messages are many small blocks that one thread makes and another frees.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
