//! Our own devices, as Home Assistant's MQTT discovery describes them.
