//! The engine over Prometheus-compatible servers: a real VictoriaMetrics, also one that goes away and comes back, and
//! a server that misbehaves.
#![allow(clippy::unwrap_used)]

mod away;
mod compare;
mod fake;
mod material;
mod misbehaving;
mod removing;
mod secured;
