//! Tasmota.
