//! The whole product from the outside, in one binary: one link instead of many.

#![allow(clippy::unwrap_used, clippy::large_futures, reason = "tests may panic")]

mod access;
mod commands;
mod device;
mod schema;
mod world;
