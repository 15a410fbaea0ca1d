//! The binary as a library, so that tests can start it with their own clock, storage and faults.

pub mod admin;
pub mod allocator;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
mod config_accounts;
pub mod config_docs;
mod config_follow;
mod config_mqtt;
mod config_sign_in;
mod config_telemetry;
pub mod data_dir;
pub mod demo;
pub mod demo_file;
mod demo_mailbox;
mod demo_telling;
mod demo_welcome;
pub mod device_authority;
pub mod entropy;
pub mod generate;
mod home_assistant;
pub mod logging;
mod mqtt_door;
pub mod parts;
mod reserve;
pub mod serve;
pub mod simulate;
mod smtp;
pub mod telemetry;
mod telemetry_engine;
pub mod tls;
mod world_options;

pub use cli::run;
