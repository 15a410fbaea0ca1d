//! A device, its endpoints and what makes a registration valid.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bounds::{self, Bounds};
use crate::capability::capability;
use crate::home::NAME_MAX_CHARS;
use crate::id::{DeviceId, HomeId, OrganisationId, RoomId};
use crate::invalid::Invalid;
use crate::time::UnixMillis;
use crate::value::Value;

/// Something that reports and obeys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub id: DeviceId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub room: Option<RoomId>,
    pub name: String,
    pub vendor: String,
    pub model: String,
    /// The vendor's own serial number or id; unique within the organisation where given.
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub endpoints: Vec<Endpoint>,
    /// Device groups: free tags, such as `heating` or `ground-floor`.
    pub tags: Vec<String>,
    /// How commands to it are encoded.
    pub encoding: Encoding,
    /// How often it is expected to report, in seconds.
    pub expected_interval_s: u32,
    /// The last command number given out; each command to the device has the next one.
    pub command_counter: i64,
    /// Where it comes from when it does not speak our own protocol.
    #[serde(default)]
    pub origin: Option<Origin>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

/// A device of another maker, found in its home's MQTT space: who speaks for it, and its id there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Origin {
    /// Such as `zigbee2mqtt`.
    pub dialect: String,
    /// The dialect's own stable id; unique in the home and dialect.
    pub foreign_id: String,
}

/// A part of a device: 0 is the device itself, a two-gang switch has 1 and 2.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    #[schema(maximum = 254)]
    pub endpoint: u16,
    /// Names of capabilities, as listed by `/api/capabilities`.
    #[schema(min_items = 1, max_items = 64)]
    pub capabilities: Vec<String>,
    /// What it is called on the device, where that says more than the capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The unit of a `Measurement`, whose capability has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What the device itself allows of what the capabilities do: choices, ranges, steps, forms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub bounds: Vec<Bounds>,
}

impl Endpoint {
    pub fn bounds_of(&self, what: &str) -> Option<&Bounds> {
        self.bounds.iter().find(|bounds| bounds.of == what)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    #[default]
    Json,
    Cbor,
}

pub const ENDPOINTS_MAX: usize = 64;
pub const TAGS_MAX: usize = 32;
pub const TAG_MAX_CHARS: usize = 40;
pub const EXPECTED_INTERVAL_MIN_S: u32 = 1;
pub const EXPECTED_INTERVAL_MAX_S: u32 = 7 * 24 * 3_600;
pub const EXPECTED_INTERVAL_DEFAULT_S: u32 = 300;

impl Device {
    pub fn has(&self, endpoint: u16, capability_name: &str) -> bool {
        self.endpoints
            .iter()
            .any(|e| e.endpoint == endpoint && e.capabilities.iter().any(|name| name == capability_name))
    }

    /// The endpoint meant when none is named: the lowest that has the capability.
    pub fn default_endpoint(&self, capability_name: &str) -> Option<u16> {
        self.endpoints
            .iter()
            .filter(|e| e.capabilities.iter().any(|name| name == capability_name))
            .map(|e| e.endpoint)
            .min()
    }

    /// Holds accepted arguments against what the device itself allows.
    pub fn check_bounds(
        &self,
        endpoint: u16,
        command: &str,
        args: &BTreeMap<String, Value>,
        invalid: &mut Invalid,
    ) {
        let Some(part) = self.endpoints.iter().find(|part| part.endpoint == endpoint) else { return };
        let spec = crate::capability::command(command);
        for arg in spec.map(|spec| spec.args).unwrap_or_default() {
            // A device that asks for a code takes none for none only where its form says so.
            let nothing = Value::Text(String::new());
            let refused = |bounds: &Bounds| bounds.refuses(&nothing).is_some();
            let asks = part.bounds_of(&bounds::bounded_by(command, arg.name)).is_some_and(refused);
            if arg.secret && asks && !args.contains_key(arg.name) {
                invalid.add(format!("/args/{}", arg.name), "is required: the device asks for a code");
            }
        }
        for (name, value) in args {
            let refused = part.bounds_of(&bounds::bounded_by(command, name)).and_then(|of| of.refuses(value));
            if let Some(reason) = refused {
                invalid.add(format!("/args/{name}"), reason);
            }
        }
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.check_text("/name", &self.name, 1, NAME_MAX_CHARS);
        invalid.check_text("/vendor", &self.vendor, 0, NAME_MAX_CHARS);
        invalid.check_text("/model", &self.model, 0, NAME_MAX_CHARS);
        for (field, text) in [("/serial", &self.serial), ("/firmware", &self.firmware)] {
            if let Some(text) = text {
                invalid.check_text(field, text, 1, NAME_MAX_CHARS);
            }
        }
        let interval = self.expected_interval_s;
        if !(EXPECTED_INTERVAL_MIN_S..=EXPECTED_INTERVAL_MAX_S).contains(&interval) {
            invalid.add(
                "/expected_interval_s",
                format!("must be from {EXPECTED_INTERVAL_MIN_S} to {EXPECTED_INTERVAL_MAX_S} seconds"),
            );
        }
        check_endpoints(&self.endpoints, &mut invalid);
        check_tags(&self.tags, &mut invalid);
        invalid.or(())
    }
}

fn check_endpoints(endpoints: &[Endpoint], invalid: &mut Invalid) {
    if endpoints.is_empty() || endpoints.len() > ENDPOINTS_MAX {
        invalid.add("/endpoints", format!("must have from 1 to {ENDPOINTS_MAX} entries"));
    }
    for (index, endpoint) in endpoints.iter().enumerate() {
        if endpoint.endpoint > 254 {
            invalid.add(format!("/endpoints/{index}/endpoint"), "must be from 0 to 254");
        }
        if endpoints[..index].iter().any(|other| other.endpoint == endpoint.endpoint) {
            invalid.add(format!("/endpoints/{index}/endpoint"), "is there twice");
        }
        if endpoint.capabilities.is_empty() {
            invalid.add(format!("/endpoints/{index}/capabilities"), "must name at least one capability");
        }
        let at = format!("/endpoints/{index}");
        bounds::check(&endpoint.bounds, &endpoint.capabilities, &at, invalid);
        for (nth, name) in endpoint.capabilities.iter().enumerate() {
            if capability(name).is_none() {
                invalid.add(
                    format!("/endpoints/{index}/capabilities/{nth}"),
                    "is not a capability; GET /api/capabilities lists them",
                );
            }
        }
    }
}

fn check_tags(tags: &[String], invalid: &mut Invalid) {
    if tags.len() > TAGS_MAX {
        invalid.add("/tags", format!("must have at most {TAGS_MAX} entries"));
    }
    for (index, tag) in tags.iter().enumerate() {
        invalid.check_text(&format!("/tags/{index}"), tag, 1, TAG_MAX_CHARS);
        if tags[..index].contains(tag) {
            invalid.add(format!("/tags/{index}"), "is there twice");
        }
    }
}
