//! Shelly.
