//! The simulated world: homes whose devices are real MQTT clients over TLS, written as a device maker would write
//! them from docs/device-protocol.md. What lives is pure and seeded (`scenario`, `home`, `world`, `past`); the only
//! I/O is in `connection`, `station` and `town`.

#[cfg(test)]
mod bed;
mod calendar;
mod clock_time;
mod connection;
mod devices;
mod faults;
mod guard;
mod habits;
mod home;
mod kept;
mod kind;
mod message;
mod outbox;
mod past;
mod random;
mod scenario;
mod station;
mod stays;
mod town;
mod weather;
mod world;

pub use faults::{Fault, Misbehaviour};
pub use kind::{Kind, Load};
pub use message::{Answer, Outgoing, Why};
pub use past::Progress;
pub use random::Random;
pub use scenario::{DevicePlan, HomePlan, Scenario, ScenarioError};
pub use town::{Identity, Known, Memory, Telling, Town, run};
pub use world::{Birth, Registered, World};
