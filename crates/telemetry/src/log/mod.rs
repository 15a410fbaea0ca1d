//! The ingest log: one SQLite file that takes whatever devices report, durably and in order, and lets go of it once it
//! is sealed in the archive and every follower has passed.

pub mod batch;
mod block;
pub mod body;
pub mod checkpoint;
pub mod inspect;
pub mod names;
pub mod records;
pub mod schema;
pub mod scrub;
pub mod shorten;
pub mod tail;
pub mod walk;
