//! A device of another maker as it was found in a home's MQTT space: what it says of itself, whether it was accepted,
//! and what it is registered as.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::capability::capability;
use crate::device::{
    Device, ENDPOINTS_MAX, EXPECTED_INTERVAL_MAX_S, EXPECTED_INTERVAL_MIN_S, Encoding, Endpoint, Origin,
};
use crate::dialect::Description;
use crate::home::{NAME_MAX_CHARS, Room};
use crate::id::{DeviceId, DiscoveredId, HomeId, OrganisationId, RoomId};
use crate::time::UnixMillis;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discovered {
    pub id: DiscoveredId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub dialect: String,
    pub description: Description,
    pub state: DiscoveredState,
    pub first_seen: UnixMillis,
    /// When it last described itself differently.
    pub last_seen: UnixMillis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscoveredState {
    /// Nobody has decided yet.
    Pending,
    /// Somebody does not want it.
    Ignored,
    /// It is a device.
    Accepted,
}

/// A description that says more is refused: it would be kept for every device.
pub const DESCRIPTION_MAX_BYTES: usize = 64 * 1024;
const FOREIGN_ID_MAX_BYTES: usize = 256;

impl Discovered {
    pub fn origin(&self) -> Origin {
        Origin { dialect: self.dialect.clone(), foreign_id: self.description.foreign_id.clone() }
    }

    /// The device that it becomes. Devices that tell only what changes may be silent for long.
    pub fn device(
        &self,
        id: DeviceId,
        name: Option<String>,
        room: Option<RoomId>,
        now: UnixMillis,
    ) -> Device {
        let described = &self.description;
        Device {
            id,
            organisation: self.organisation,
            home: self.home,
            room,
            name: name.unwrap_or_else(|| described.name.clone()),
            vendor: described.vendor.clone(),
            model: described.model.clone(),
            serial: described.serial.clone(),
            firmware: described.firmware.clone(),
            endpoints: described.endpoints.clone(),
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: described.expected_interval_s.unwrap_or(EXPECTED_INTERVAL_MAX_S),
            command_counter: 0,
            origin: Some(self.origin()),
            created_at: now,
            updated_at: now,
        }
    }
}

/// The description in what our registration takes: texts cut to length, parts that nobody knows left out.
pub fn fitting(description: Description) -> Result<Description, String> {
    let id = &description.foreign_id;
    if id.is_empty() || id.len() > FOREIGN_ID_MAX_BYTES || id.contains(char::is_control) {
        return Err(format!(
            "its id must have from 1 to {FOREIGN_ID_MAX_BYTES} bytes, none a control character"
        ));
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for endpoint in description.endpoints {
        let capabilities: Vec<_> =
            endpoint.capabilities.into_iter().filter(|name| capability(name).is_some()).collect();
        let is_new = endpoints.iter().all(|other| other.endpoint != endpoint.endpoint);
        if is_new && endpoint.endpoint <= 254 && !capabilities.is_empty() && endpoints.len() < ENDPOINTS_MAX {
            let bounds = bounds::fitting(endpoint.bounds, &capabilities);
            endpoints.push(Endpoint {
                capabilities,
                bounds,
                name: endpoint.name.and_then(given),
                ..endpoint
            });
        }
    }
    let interval = |s: u32| s.clamp(EXPECTED_INTERVAL_MIN_S, EXPECTED_INTERVAL_MAX_S);
    let fitted = Description {
        name: given(description.name).unwrap_or_else(|| text(&description.foreign_id)),
        vendor: text(&description.vendor),
        model: text(&description.model),
        serial: description.serial.and_then(given),
        firmware: description.firmware.and_then(given),
        suggested_room: description.suggested_room.and_then(given),
        via: description.via.and_then(given),
        expected_interval_s: description.expected_interval_s.map(interval),
        endpoints,
        foreign_id: description.foreign_id,
        unknown: description.unknown,
    };
    let bytes = serde_json::to_vec(&fitted).map_or(usize::MAX, |json| json.len());
    if bytes > DESCRIPTION_MAX_BYTES {
        return Err(format!("its description has {bytes} bytes; at most {DESCRIPTION_MAX_BYTES} are kept"));
    }
    Ok(fitted)
}

fn text(long: &str) -> String {
    let printable = long.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS);
    printable.collect::<String>().trim().to_owned()
}

fn given(long: String) -> Option<String> {
    Some(text(&long)).filter(|text| !text.is_empty())
}

/// The device after it described itself anew. What a person changed stays: that is what differs from the description
/// before.
pub fn described_anew(device: &Device, before: &Description, after: &Description) -> Device {
    let follow = |is: &String, was: &String, now: &String| if is == was { now.clone() } else { is.clone() };
    Device {
        name: follow(&device.name, &before.name, &after.name),
        vendor: follow(&device.vendor, &before.vendor, &after.vendor),
        model: follow(&device.model, &before.model, &after.model),
        firmware: after.firmware.clone().or_else(|| device.firmware.clone()),
        // A device that says nothing of itself for a moment keeps what it has.
        endpoints: if after.endpoints.is_empty() {
            device.endpoints.clone()
        } else {
            after.endpoints.clone()
        },
        expected_interval_s: match (before.expected_interval_s, after.expected_interval_s) {
            (was, Some(now)) if was.unwrap_or(EXPECTED_INTERVAL_MAX_S) == device.expected_interval_s => now,
            _ => device.expected_interval_s,
        },
        ..device.clone()
    }
}

/// The room that a device most likely stands in: the one it names, else the one whose name is in its own.
pub fn likely_room(description: &Description, rooms: &[Room]) -> Option<RoomId> {
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let named = description
        .suggested_room
        .as_ref()
        .and_then(|wanted| rooms.iter().find(|room| same(&room.name, wanted)));
    let in_name = || {
        let name = words(&description.name);
        let inside = rooms.iter().filter(|room| {
            let room = words(&room.name);
            !room.is_empty() && name.windows(room.len()).any(|part| part == room)
        });
        inside.max_by_key(|room| room.name.chars().count())
    };
    named.or_else(in_name).map(|room| room.id)
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

#[cfg(test)]
#[path = "discovered_tests.rs"]
mod tests;
