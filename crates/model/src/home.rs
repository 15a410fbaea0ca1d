//! Organisation, home and room: where things stand, and what a valid one looks like.

use serde::{Deserialize, Serialize};

use crate::id::{HomeId, OrganisationId, RoomId};
use crate::invalid::Invalid;
use crate::time::{UnixMillis, is_iana_time_zone};

/// A household or a property business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: String,
    pub created_at: UnixMillis,
}

/// What kind of property a home is; benchmarks of consumption compare within one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    House,
    Apartment,
    HolidayRental,
    Room,
    Office,
    Other,
}

/// A property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Home {
    pub id: HomeId,
    pub organisation: OrganisationId,
    pub name: String,
    /// Postal address as one text; personal, and sealed wherever it enters the event log.
    pub address: String,
    /// A zone of the IANA time zone database, such as `Europe/Madrid`.
    pub time_zone: String,
    pub property_type: PropertyType,
    /// Floor area in square metres.
    pub floor_area_m2: Option<f64>,
    /// Whether its devices are told to Home Assistant in its MQTT space.
    #[serde(default)]
    pub export_homeassistant: bool,
    pub created_at: UnixMillis,
}

/// A room of a home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Room {
    pub id: RoomId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    pub created_at: UnixMillis,
}

pub const NAME_MAX_CHARS: usize = 120;
pub const ADDRESS_MAX_CHARS: usize = 500;
pub const FLOOR_AREA_MAX_M2: f64 = 1_000_000.0;

/// Whether two rooms would be called alike: people take no notice of capitals, and do not see the blanks around.
pub fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Home {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.check_text("/name", &self.name, 1, NAME_MAX_CHARS);
        if self.address.chars().count() > ADDRESS_MAX_CHARS {
            invalid.add("/address", format!("must have at most {ADDRESS_MAX_CHARS} characters"));
        }
        if !is_iana_time_zone(&self.time_zone) {
            invalid.add("/time_zone", "must be a zone of the IANA database, such as Europe/Madrid");
        }
        if let Some(area) = self.floor_area_m2
            && !(area > 0.0 && area <= FLOOR_AREA_MAX_M2)
        {
            invalid.add(
                "/floor_area_m2",
                format!("must be above 0 and at most {FLOOR_AREA_MAX_M2} square metres"),
            );
        }
        invalid.or(())
    }
}
