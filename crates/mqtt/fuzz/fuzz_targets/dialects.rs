//! Any messages in a home's space: no dialect panics, hangs, or describes a device that could not be registered; and what
//! a device then can do can be asked of it.

#![no_main]

use std::collections::BTreeMap;

use lares_model::UnixMillis;
use lares_model::capability::capability;
use lares_model::dialect::{Finding, Heard};
use lares_model::discovered::{DESCRIPTION_MAX_BYTES, fitting};
use libfuzzer_sys::fuzz_target;

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
/// Topics worth speaking on; a fuzzer does not guess them.
const TOPICS: [&str; 20] = [
    "homeassistant/sensor/n/a/config",
    "homeassistant/lock/n/b/config",
    "homeassistant/light/c/config",
    "homeassistant/climate/d/config",
    "homeassistant/device/e/config",
    "homeassistant/select/f/config",
    "homeassistant/alarm_control_panel/g/config",
    "zigbee2mqtt/bridge/devices",
    "zigbee2mqtt/bridge/groups",
    "zigbee2mqtt/z",
    "tasmota/discovery/AABBCCDDEEFF/config",
    "tasmota/discovery/AABBCCDDEEFF/sensors",
    "tele/t/SENSOR",
    "shellyplus1pm-a8032ab1/events/rpc",
    "shellyplus1pm-a8032ab1/online",
    "lares/rpc",
    "homie/5/d/$description",
    "homie/d/$nodes",
    "homie/d/a/p/$format",
    "s",
];

fuzz_target!(|messages: Vec<(u8, bool, &[u8])>| {
    let mut dialects = lares_adapters::dialects();
    for (topic, replayed, payload) in messages {
        let topic = TOPICS[usize::from(topic) % TOPICS.len()];
        let heard = Heard { topic, payload, retain: true, replayed, received: NOW };
        for dialect in &mut dialects {
            for finding in dialect.hear(&heard) {
                let Finding::Described(described) = finding else { continue };
                let id = described.foreign_id.clone();
                let Ok(kept) = fitting(*described) else { continue };
                assert!(serde_json::to_vec(&kept).expect("it is kept as JSON").len() <= DESCRIPTION_MAX_BYTES);
                for endpoint in &kept.endpoints {
                    for known in endpoint.capabilities.iter().filter_map(|name| capability(name)) {
                        for command in known.commands {
                            let name = format!("{}.{}", known.name, command.name);
                            let _ = dialect.word(&id, endpoint.endpoint, &name, &BTreeMap::new());
                        }
                    }
                }
                dialect.recall(&id);
            }
            dialect.tick(NOW + 1_000_000);
        }
    }
});
