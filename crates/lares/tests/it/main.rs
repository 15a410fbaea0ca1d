//! The whole product from the outside, in one binary: one link instead of many.

#![allow(clippy::unwrap_used, clippy::large_futures, reason = "tests may panic")]

mod access;
mod attention;
mod commands;
mod device;
mod devices;
mod durability_clients;
mod durability_clock;
mod durability_commands;
mod durability_compare;
mod durability_full_disk;
mod durability_kill;
mod durability_network;
mod durability_unsynced;
mod garbage;
mod history;
mod homes;
mod limits;
mod listing;
mod live;
mod once;
mod operation;
mod portal;
mod process;
mod readings;
mod readings_gone;
mod reports;
mod routes;
mod schema;
mod search;
mod session;
mod simulation;
mod telemetry_files;
mod topics;
mod transport;
mod twin;
mod world;
