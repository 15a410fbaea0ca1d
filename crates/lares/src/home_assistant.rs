//! How our devices are told to Home Assistant: the adapter's wording behind the hub's port.

use lares_adapters::homeassistant::export;
use lares_model::device::Device;
use lares_model::dialect::Say;
use lares_model::export::{Asked, Exported, Exporter};
use lares_model::presence::PresenceStatus;

/// Topics of ours in a home's space.
const BASE: &str = "lares";
/// The node of our discovery topics begins with it; the device's id follows.
const NODE: &str = "lares_";

pub const EXPORTER: Exporter = Exporter {
    describe,
    state,
    happened: |device, occurrence| export::happened(BASE, device.id, occurrence),
    asked,
    filters: &["homeassistant/+/+/+/config", "lares/#"],
    is_ours,
    birth: ("homeassistant/status", b"online"),
};

fn describe(exported: &Exported<'_>) -> Vec<Say> {
    export::describe(exported.device, exported.room, BASE)
}

fn state(exported: &Exported<'_>) -> Vec<Say> {
    let device = exported.device.id;
    let online = exported.state.presence.status != PresenceStatus::Offline;
    let values = exported.state.latest.iter().flat_map(|(endpoint, attributes)| {
        attributes
            .iter()
            .map(|(attribute, latest)| export::state(BASE, device, *endpoint, attribute, &latest.value))
    });
    std::iter::once(export::availability(BASE, device, online)).chain(values).collect()
}

fn asked(device: &Device, endpoint: u16, capability: &str, payload: &[u8]) -> Result<Asked, String> {
    let topic = format!("{BASE}/{}/{endpoint}/{capability}/set", device.id);
    let wanted = export::command_of(BASE, &topic, payload).ok_or("is not understood")??;
    Ok(Asked { command: wanted.command, args: wanted.args })
}

fn is_ours(topic: &str, _payload: &[u8]) -> bool {
    let mut levels = topic.split('/');
    match levels.next() {
        Some(BASE) => true,
        Some("homeassistant") => levels.nth(1).is_some_and(|node| node.starts_with(NODE)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_topics_of_ours_are_ours() {
        for ours in ["lares/0190/availability", "homeassistant/switch/lares_0190/1/config"] {
            assert!(is_ours(ours, b""), "{ours}");
        }
        for theirs in ["zigbee2mqtt/lares_lamp/x", "homeassistant/switch/x/lares_1/config", "laresx/1"] {
            assert!(!is_ours(theirs, b""), "{theirs}");
        }
    }
}
