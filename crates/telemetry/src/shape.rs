//! Readings as rows: what a device reports at one instant goes together under one time, and the list of series it
//! names is a shape. Devices repeat their shapes, so each is stored once.

use std::sync::Arc;

use lares_model::reading::{Quality, Reading};

use crate::TelemetryError;
use crate::codec::column::Kind;
use crate::codec::varint::{Reader, put, put_bytes};

/// More series in one row are split over several.
const COLUMNS_MAX: usize = 256;
const AT_LEAST_ONCE: u8 = 0x10;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnName {
    pub endpoint: u16,
    pub attribute: Arc<str>,
    pub kind: Kind,
}

impl ColumnName {
    fn names(&self, reading: &Reading) -> bool {
        self.endpoint == reading.endpoint
            && self.kind == Kind::of(&reading.value)
            && *self.attribute == *reading.attribute
    }
}

/// The series of a row, in the order in which they were reported.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(pub Vec<ColumnName>);

impl Shape {
    pub fn of(readings: &[Reading]) -> Shape {
        let column = |reading: &Reading| ColumnName {
            endpoint: reading.endpoint,
            attribute: Arc::from(reading.attribute.as_str()),
            kind: Kind::of(&reading.value),
        };
        Shape(readings.iter().map(column).collect())
    }

    pub fn fits(&self, readings: &[Reading]) -> bool {
        self.0.len() == readings.len()
            && self.0.iter().zip(readings).all(|(column, reading)| column.names(reading))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.0.len() as u64);
        for column in &self.0 {
            put(&mut out, u64::from(column.endpoint));
            out.push(column.kind.code());
            put_bytes(&mut out, column.attribute.as_bytes());
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Shape, TelemetryError> {
        let mut reader = Reader::new(bytes);
        let count = reader.count(bytes.len())?;
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            let endpoint = reader.unsigned()?;
            let endpoint = u16::try_from(endpoint)
                .map_err(|_| TelemetryError::Corrupt(format!("{endpoint} is no endpoint")))?;
            let kind = Kind::from_code(reader.byte()?)?;
            columns.push(ColumnName { endpoint, attribute: Arc::from(reader.text()?), kind });
        }
        reader.end()?;
        Ok(Shape(columns))
    }
}

/// Whether all have one time and the same marks: a row, unless a series is in it twice.
pub fn are_of_one_instant(readings: &[Reading]) -> bool {
    let Some((first, rest)) = readings.split_first() else { return false };
    rest.iter().all(|reading| {
        reading.time == first.time
            && reading.quality == first.quality
            && reading.at_least_once == first.at_least_once
    })
}

/// The lengths of the runs that are rows: same time, same marks, no series twice.
pub fn rows(readings: &[Reading]) -> Vec<usize> {
    let mut lengths = Vec::with_capacity(1);
    let mut rest = readings;
    while let Some(first) = rest.first() {
        let flags = flags_of(first);
        let mut length = 1;
        while let Some(next) = rest.get(length) {
            let twice = || {
                rest[..length]
                    .iter()
                    .any(|one| one.endpoint == next.endpoint && one.attribute == next.attribute)
            };
            if next.time != first.time || flags_of(next) != flags || length == COLUMNS_MAX || twice() {
                break;
            }
            length += 1;
        }
        lengths.push(length);
        rest = &rest[length..];
    }
    lengths
}

pub fn flags_of(reading: &Reading) -> u8 {
    let quality = match reading.quality {
        Quality::Measured => 0,
        Quality::Estimated => 1,
        Quality::Late => 2,
        Quality::Future => 3,
    };
    quality | if reading.at_least_once { AT_LEAST_ONCE } else { 0 }
}

/// The quality, and whether the reading is at-least-once.
pub fn parse_flags(flags: u8) -> Result<(Quality, bool), TelemetryError> {
    let quality = match flags & !AT_LEAST_ONCE {
        0 => Quality::Measured,
        1 => Quality::Estimated,
        2 => Quality::Late,
        3 => Quality::Future,
        _ => return Err(TelemetryError::Corrupt(format!("flags {flags:#04x} of a reading are not known"))),
    };
    Ok((quality, flags & AT_LEAST_ONCE != 0))
}

/// The bit of an aggregate's `qualities` that stands for a quality.
pub fn quality_bit(quality: Quality) -> u8 {
    match quality {
        Quality::Measured => 1,
        Quality::Estimated => 2,
        Quality::Late => 4,
        Quality::Future => 8,
    }
}

pub fn qualities(flags: u8) -> u8 {
    1 << (flags & 3)
}

#[cfg(test)]
mod tests {
    use lares_model::{UnixMillis, Value};

    use super::*;

    fn reading(attribute: &str, time: i64, value: Value) -> Reading {
        Reading {
            endpoint: 1,
            attribute: attribute.into(),
            time: UnixMillis(time),
            value,
            quality: Quality::Measured,
            at_least_once: false,
        }
    }

    #[test]
    fn one_instant_is_one_row_and_no_series_is_twice_in_it() {
        let whole = |attribute, time| reading(attribute, time, Value::Integer(1));
        let list = [whole("a", 1), whole("b", 1), whole("a", 1), whole("a", 2)];
        assert_eq!(rows(&list), [2, 1, 1]);
        let late = Reading { quality: Quality::Late, ..whole("c", 2) };
        assert_eq!(rows(&[whole("a", 2), late]), [1, 1]);
        assert_eq!(rows(&[]), [0; 0]);
    }

    #[test]
    fn a_shape_knows_its_readings_and_comes_back() {
        let list = [reading("a", 1, Value::Integer(1)), reading("b", 1, Value::Bool(true))];
        let shape = Shape::of(&list);
        assert!(shape.fits(&list) && !shape.fits(&list[..1]));
        assert!(!shape.fits(&[reading("a", 1, Value::Number(1.0)), list[1].clone()]));
        assert_eq!(Shape::decode(&shape.encode()).unwrap(), shape);
        assert!(Shape::decode(&shape.encode()[1..]).is_err());
    }
}
