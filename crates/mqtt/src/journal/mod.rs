//! What of the broker survives a crash: sessions that are kept, what waits for them, and retained messages. The port
//! [`Journal`] stores records; [`Kept`] is what a list of records means; [`FileJournal`] is a journal in files.

mod file;
mod kept;
mod record;
#[cfg(test)]
mod tests;

use std::io;

pub use file::FileJournal;
pub(crate) use kept::{Kept, KeptDelivery, KeptOwed, KeptRetained, KeptSession};
pub use record::Record;
pub(crate) use record::variables;

/// A durable list of records. Called from one thread.
pub trait Journal: Send + 'static {
    /// Everything appended since the last compaction, and what that one left.
    fn load(&mut self) -> io::Result<Vec<Record>>;

    /// All of `records` are durable when this returns, or none is ever loaded.
    fn append(&mut self, records: &[Record]) -> io::Result<()>;

    /// Replaces everything by `records`, all at once.
    fn compact(&mut self, records: &[Record]) -> io::Result<()>;

    /// What it takes of the disk.
    fn bytes(&self) -> u64;
}
