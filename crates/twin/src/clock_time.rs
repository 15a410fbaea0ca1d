//! A time of day as people write it, such as `06:35`.

use serde::{Deserialize, Deserializer};

/// Minutes since local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(u16);

impl ClockTime {
    pub fn minutes(self) -> i64 {
        i64::from(self.0)
    }
}

impl std::str::FromStr for ClockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<ClockTime, String> {
        let wrong = || format!("{text:?} is not a time of day such as 06:35");
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let two_digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
        };
        match (two_digits(hours).flatten(), two_digits(minutes).flatten()) {
            (Some(hours @ 0..=23), Some(minutes @ 0..=59)) => Ok(ClockTime(hours * 60 + minutes)),
            _ => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ClockTime, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_of_day_and_nothing_else() {
        assert_eq!("06:35".parse::<ClockTime>().unwrap().minutes(), 395);
        assert_eq!("23:59".parse::<ClockTime>().unwrap().minutes(), 1_439);
        for wrong in ["24:00", "6:35", "06:60", "0635", "", "06:3a", "+6:35"] {
            assert!(wrong.parse::<ClockTime>().is_err(), "{wrong}");
        }
    }
}
