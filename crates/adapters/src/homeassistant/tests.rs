//! Home Assistant's discovery.
