//! Real servers for tests: each is started by the test that needs it and stopped when that test lets go of it.

pub mod postgres;
