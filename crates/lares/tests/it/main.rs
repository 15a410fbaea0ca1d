//! The whole product from the outside, in one binary: one link instead of many.

#![allow(clippy::unwrap_used, clippy::large_futures, reason = "tests may panic")]

mod access;
mod commands;
mod device;
mod devices;
mod garbage;
mod homes;
mod limits;
mod listing;
mod once;
mod operation;
mod routes;
mod schema;
mod topics;
mod transport;
mod world;
