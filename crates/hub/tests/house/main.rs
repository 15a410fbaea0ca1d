//! A home as the hub runs it, over a home bus of the test's own: who may come in, what they say, what is said to them.

// Helpers of tests are tests, which clippy's `allow-unwrap-in-tests` does not see.
#![allow(clippy::unwrap_used)]

mod bed;
mod certificates;
mod export;
mod fake_dialect;
mod fake_export;
mod foreign_devices;
mod home_clients;
mod oauth;
mod sign_in;
