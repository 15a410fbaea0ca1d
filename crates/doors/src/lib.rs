//! The ways in: HTTP and MQTT. A door authenticates, checks form, calls one function of the hub and words the answer.
//! It decides nothing and stores nothing.

pub mod http;
pub mod mqtt;
