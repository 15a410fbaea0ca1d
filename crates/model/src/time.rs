//! Instants as the product stores and shows them: milliseconds since 1970-01-01T00:00:00Z, written as RFC 3339.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since the Unix epoch, UTC, leap seconds not counted (as POSIX time).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-20T18:04:05.123Z")]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    pub const MIN_ACCEPTED: UnixMillis = UnixMillis(-377_705_023_201_000);
    pub const MAX_ACCEPTED: UnixMillis = UnixMillis(253_402_207_200_000);

    /// The span from `earlier` to `self` in milliseconds; negative when `earlier` is later.
    pub fn since_ms(self, earlier: UnixMillis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// To the minute and in a zone, as mails say it in every language; in UTC where the zone is unknown.
    pub fn to_the_minute(self, zone: &str) -> String {
        let timestamp = Timestamp::from_millisecond(self.0).unwrap_or_default();
        let (zone, name) = match jiff::tz::TimeZone::get(zone) {
            Ok(known) => (known, zone),
            Err(_) => (jiff::tz::TimeZone::UTC, "UTC"),
        };
        format!("{} ({name})", timestamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M"))
    }
}

/// What lasts `span_ms` in real time, by a clock that runs `speed` times as fast; one that runs slower shortens nothing.
pub(crate) fn stretched(span_ms: i64, speed: f64) -> i64 {
    (span_ms as f64 * speed.max(1.0)) as i64
}

impl Add<i64> for UnixMillis {
    type Output = UnixMillis;
    fn add(self, span_ms: i64) -> UnixMillis {
        UnixMillis(self.0.saturating_add(span_ms))
    }
}

impl Sub<i64> for UnixMillis {
    type Output = UnixMillis;
    fn sub(self, span_ms: i64) -> UnixMillis {
        UnixMillis(self.0.saturating_sub(span_ms))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for UnixMillis {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Timestamp>().map(|timestamp| UnixMillis(timestamp.as_millisecond())).map_err(|_| {
            "must be an RFC 3339 date-time with an offset, such as 2026-11-20T18:04:05Z".to_owned()
        })
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether `name` is a zone of the IANA time zone database.
pub fn is_iana_time_zone(name: &str) -> bool {
    // jiff also takes POSIX rules and "Local"; the product promises database names only.
    !name.is_empty() && jiff::tz::db().get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_rfc_3339_with_milliseconds() {
        let instant = UnixMillis(1_763_661_845_007);
        assert_eq!(instant.to_string(), "2025-11-20T18:04:05.007Z");
        assert_eq!("2025-11-20T19:04:05.007+01:00".parse(), Ok(instant));
        assert!("2025-11-20 18:04".parse::<UnixMillis>().is_err());
    }

    #[test]
    fn extremes_neither_panic_nor_wrap() {
        assert_eq!(UnixMillis(i64::MAX) + 1, UnixMillis(i64::MAX));
        assert_eq!(UnixMillis(i64::MAX).to_string(), format!("{}ms", i64::MAX));
    }

    #[test]
    fn knows_iana_zones() {
        assert!(is_iana_time_zone("Europe/Berlin"));
        assert!(!is_iana_time_zone("Mars/Olympus"));
        assert!(!is_iana_time_zone(""));
    }
}
