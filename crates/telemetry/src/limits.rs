//! How much the engine takes: of the log on the disk, and of series and texts from devices.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From here on the log's oldest entries are sealed and let go of. It bounds the hot tier too, at about five times
    /// as much memory where devices report alike.
    pub log_bytes: u64,
    /// From here on nothing more is taken until the archive has caught up. While that is away, this is the bound.
    pub log_bytes_refused: u64,
    pub series_per_device: usize,
    pub series_per_organisation: usize,
    /// Values, hot and sealed; `None` for as many as there is space for. An engine that lacks
    /// `Ability::CountingPoints` does not hold to it.
    pub points_per_organisation: Option<u64>,
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            log_bytes: 6 * 1024 * 1024,
            log_bytes_refused: 256 * 1024 * 1024,
            series_per_device: 1_000,
            series_per_organisation: 1_000_000,
            points_per_organisation: None,
            text_bytes: 64 * 1024,
        }
    }
}

/// Why an entry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    SeriesOfDevice,
    SeriesOfOrganisation,
    PointsOfOrganisation,
    TextTooLong,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::SeriesOfDevice => {
                "the device has as many series (endpoints and attributes) as are allowed"
            }
            Refusal::SeriesOfOrganisation => "the organisation has as many series as are allowed",
            Refusal::PointsOfOrganisation => {
                "the organisation has as many values stored as are allowed; older ones must be removed first"
            }
            Refusal::TextTooLong => "a text value is longer than is allowed",
        })
    }
}
