//! The whole product from the outside, in one binary: one link instead of many.

#![allow(clippy::unwrap_used, clippy::large_futures, reason = "tests may panic")]

mod access;
mod accounts;
mod accounts_data;
mod accounts_mail;
mod admin;
mod alarms;
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
mod front_door;
mod garbage;
mod history;
mod homes;
mod limits;
mod listing;
mod live;
mod mailbox;
mod mqtt_power;
mod mqtt_walls;
/// The raw client of the broker's own tests.
#[path = "../../../mqtt/tests/house/wire.rs"]
mod mqtt_wire;
mod oauth_bad_tokens;
mod oauth_clients;
mod oauth_code;
mod oauth_device_grant;
mod oauth_machines;
mod oauth_register;
mod oauth_tokens;
mod oauth_world;
mod once;
mod operation;
mod passkeys;
mod people;
mod portal;
mod process;
mod providers;
mod readings;
mod readings_gone;
mod reports;
mod routes;
mod schema;
mod search;
mod secrets;
mod session;
mod sign_in;
mod simulation;
mod smtp_server;
mod stock_mqtt;
mod takeover;
mod telemetry_files;
mod topics;
mod transport;
mod twin;
mod world;
