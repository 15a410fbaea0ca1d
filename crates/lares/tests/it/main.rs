//! Tests of the whole product: each module is one subject.
#![allow(clippy::unwrap_used)]

mod durability_clients;
mod durability_commands;
mod durability_compare;
mod durability_full_disk;
mod durability_kill;
mod durability_network;
mod durability_unsynced;
mod process;
