//! Local days of a place: which day an instant belongs to, and when a time of that day is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use lares_model::UnixMillis;

#[derive(Clone, Debug)]
pub(crate) struct Calendar(TimeZone);

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Calendar {
    pub fn new(time_zone: &str) -> Calendar {
        // A scenario's zone is checked when it is read.
        Calendar(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC))
    }

    /// Days since 1970-01-01 by the local date.
    pub fn day(&self, at: UnixMillis) -> i64 {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let date = timestamp.to_zoned(self.0.clone()).date();
        date.since(EPOCH).map_or(0, |span| i64::from(span.get_days()))
    }

    /// A second of a local day; one that the clocks skip is the one they jump to.
    pub fn at(&self, day: i64, second: i64) -> UnixMillis {
        let date = EPOCH.checked_add(Span::new().days(day)).unwrap_or(EPOCH);
        let second = second.clamp(0, 86_399);
        let time =
            jiff::civil::time((second / 3_600) as i8, (second / 60 % 60) as i8, (second % 60) as i8, 0);
        let zoned = date.to_datetime(time).to_zoned(self.0.clone());
        UnixMillis(zoned.map_or(day * 86_400_000, |zoned| zoned.timestamp().as_millisecond()))
    }
}

/// Monday is 0.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_local_midnight_also_when_clocks_change() {
        let berlin = Calendar::new("Europe/Berlin");
        let day = berlin.day("2026-10-24T22:30:00Z".parse().unwrap());
        assert_eq!(weekday(day), 6); // Sunday, 25 October
        assert_eq!(berlin.at(day, 0), "2026-10-24T22:00:00Z".parse().unwrap());
        assert_eq!(berlin.at(day + 1, 0), "2026-10-25T23:00:00Z".parse().unwrap());
        assert_eq!(berlin.at(day, 12 * 3_600), "2026-10-25T11:00:00Z".parse().unwrap());
        assert_eq!(berlin.day(berlin.at(day, 86_399)), day);
    }

    #[test]
    fn the_epoch_was_a_thursday() {
        assert_eq!(weekday(0), 3);
    }
}
