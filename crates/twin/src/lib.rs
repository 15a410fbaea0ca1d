//! The simulated world: one home whose devices are real MQTT clients over TLS, written as a device maker would
//! write them from docs/device-protocol.md. Behaviour is pure and seeded (`device`, `devices`); the only I/O is in
//! `connection` and `station`.

mod blueprint;
mod connection;
mod device;
mod devices;
mod message;
mod outbox;
mod random;
mod station;
mod world;

pub use blueprint::{Blueprint, DevicePlan, Kind, blueprint};
pub use device::{Device, Outcome};
pub use message::{Answer, Event, Reading, Report};
pub use random::Random;
pub use world::{Identity, World, run};
