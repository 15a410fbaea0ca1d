//! The port by which a home's own devices are told to others in its MQTT space, such as Home Assistant. Wording only: it
//! is given by whoever knows the other side's dialect; when and where to say it is the hub's.

use std::collections::BTreeMap;

use crate::device::Device;
use crate::dialect::Say;
use crate::fold::DeviceState;
use crate::record::Occurrence;
use crate::value::Value;

/// A device and what is known of it now.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    pub device: &'a Device,
    /// The name of the room that it stands in.
    pub room: Option<&'a str>,
    pub state: &'a DeviceState,
}

/// What somebody in the home's space wants of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Full name, `Capability.Command`.
    pub command: String,
    pub args: BTreeMap<String, Value>,
}

/// How one other side is spoken to. What `describe` and `state` say is retained.
#[derive(Clone, Copy)]
pub struct Exporter {
    /// What describes a device: it changes when the device or its room does.
    pub describe: fn(&Exported<'_>) -> Vec<Say>,
    /// Availability and newest values.
    pub state: fn(&Exported<'_>) -> Vec<Say>,
    /// Something that happened at the device, said once and never kept; `None` where the other side has no word for it.
    pub happened: fn(&Device, &Occurrence) -> Option<Say>,
    /// What a message on `lares/<device>/<endpoint>/<capability>/set` wants, or why it cannot be understood.
    pub asked: fn(&Device, u16, &str, &[u8]) -> Result<Asked, String>,
    /// Topic filters of everything that `describe` and `state` say, and perhaps of more.
    pub filters: &'static [&'static str],
    /// Whether a retained message under those filters is one of ours, also of a device that is no more.
    pub is_ours: fn(&str, &[u8]) -> bool,
    /// Topic and payload by which the other side says that it has started and knows nothing.
    pub birth: (&'static str, &'static [u8]),
}

/// The device, endpoint and capability of `lares/<device>/<endpoint>/<capability>/set`.
pub fn parse_set_topic(topic: &str) -> Option<(crate::id::DeviceId, u16, &str)> {
    let mut levels = topic.strip_prefix("lares/")?.strip_suffix("/set")?.split('/');
    let (device, endpoint, capability) = (levels.next()?, levels.next()?, levels.next()?);
    // One spelling only, as of every topic.
    let parsed: crate::id::DeviceId = device.parse().ok()?;
    let number: u16 = endpoint.parse().ok()?;
    let exact = parsed.to_string() == device && number.to_string() == endpoint && levels.next().is_none();
    exact.then_some((parsed, number, capability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_topic_names_device_endpoint_and_capability_in_one_spelling() {
        let id = "0190e5f8-0000-7000-8000-000000000001";
        let topic = format!("lares/{id}/2/OnOff/set");
        assert_eq!(parse_set_topic(&topic), Some((id.parse().unwrap(), 2, "OnOff")));
        for wrong in [
            format!("lares/{}/2/OnOff/set", id.to_uppercase()),
            format!("lares/{id}/02/OnOff/set"),
            format!("lares/{id}/2/OnOff/On/set"),
            format!("lares/{id}/2/OnOff"),
            format!("lares/{id}/2/set"),
            "lares/devices/x/set".to_owned(),
        ] {
            assert_eq!(parse_set_topic(&wrong), None, "{wrong}");
        }
    }
}
