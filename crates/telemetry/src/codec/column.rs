//! One series within a chunk or the hot tier: its values side by side, of one kind.

use std::sync::Arc;

use lares_model::Value;

use super::integers::Habit;
use super::varint::{Reader, SCALES, at_scale, near_at_scale, put, put_bytes, put_number, put_signed};
use super::{integers, packed};
use crate::TelemetryError;

/// The kinds of values that are stored apart. A series whose kind changes lies in several columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Bool,
    Integer,
    Number,
    Text,
}

impl Kind {
    pub fn of(value: &Value) -> Kind {
        match value {
            Value::Bool(_) => Kind::Bool,
            Value::Integer(_) => Kind::Integer,
            Value::Number(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
        }
    }

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Result<Kind, TelemetryError> {
        [Kind::Bool, Kind::Integer, Kind::Number, Kind::Text]
            .get(usize::from(code))
            .copied()
            .ok_or_else(|| TelemetryError::Corrupt(format!("values of unknown kind {code}")))
    }
}

#[derive(Clone, Debug)]
pub enum Column {
    Bool(Vec<bool>),
    Integer(Vec<i64>),
    Number(Vec<f64>),
    Text(Vec<Arc<str>>),
}

impl Column {
    pub fn new(kind: Kind) -> Column {
        match kind {
            Kind::Bool => Column::Bool(Vec::new()),
            Kind::Integer => Column::Integer(Vec::new()),
            Kind::Number => Column::Number(Vec::new()),
            Kind::Text => Column::Text(Vec::new()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Column::Bool(_) => Kind::Bool,
            Column::Integer(_) => Kind::Integer,
            Column::Number(_) => Kind::Number,
            Column::Text(_) => Kind::Text,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Column::Bool(values) => values.len(),
            Column::Integer(values) => values.len(),
            Column::Number(values) => values.len(),
            Column::Text(values) => values.len(),
        }
    }

    /// A value of another kind is a caller's mistake and becomes the kind's zero.
    pub fn push(&mut self, value: &Value) {
        match (self, value) {
            (Column::Bool(values), Value::Bool(value)) => values.push(*value),
            (Column::Integer(values), Value::Integer(value)) => values.push(*value),
            (Column::Number(values), Value::Number(value)) => values.push(*value),
            (Column::Text(values), Value::Text(value)) => {
                // States repeat: the one before is most often the same.
                let same = values.last().filter(|last| ***last == **value).cloned();
                values.push(same.unwrap_or_else(|| Arc::from(value.as_str())));
            }
            (Column::Bool(values), _) => values.push(false),
            (Column::Integer(values), _) => values.push(0),
            (Column::Number(values), _) => values.push(0.0),
            (Column::Text(values), _) => values.push(Arc::from("")),
        }
    }

    pub fn get(&self, index: usize) -> Value {
        match self {
            Column::Bool(values) => Value::Bool(values[index]),
            Column::Integer(values) => Value::Integer(values[index]),
            Column::Number(values) => Value::Number(values[index]),
            Column::Text(values) => Value::Text(values[index].to_string()),
        }
    }

    /// The rows of these indices, in their order.
    pub fn gather(&self, rows: &[usize]) -> Column {
        match self {
            Column::Bool(values) => Column::Bool(rows.iter().map(|&row| values[row]).collect()),
            Column::Integer(values) => Column::Integer(rows.iter().map(|&row| values[row]).collect()),
            Column::Number(values) => Column::Number(rows.iter().map(|&row| values[row]).collect()),
            Column::Text(values) => Column::Text(rows.iter().map(|&row| values[row].clone()).collect()),
        }
    }

    /// Appends a column of the same kind.
    pub fn extend(&mut self, other: &Column) {
        match (self, other) {
            (Column::Bool(values), Column::Bool(more)) => values.extend_from_slice(more),
            (Column::Integer(values), Column::Integer(more)) => values.extend_from_slice(more),
            (Column::Number(values), Column::Number(more)) => values.extend_from_slice(more),
            (Column::Text(values), Column::Text(more)) => values.extend_from_slice(more),
            (column, other) => (0..other.len()).for_each(|row| column.push(&other.get(row))),
        }
    }

    pub fn drop_first(&mut self, count: usize) {
        match self {
            Column::Bool(values) => drop(values.drain(..count)),
            Column::Integer(values) => drop(values.drain(..count)),
            Column::Number(values) => drop(values.drain(..count)),
            Column::Text(values) => drop(values.drain(..count)),
        }
    }

    pub fn truncate(&mut self, count: usize) {
        match self {
            Column::Bool(values) => values.truncate(count),
            Column::Integer(values) => values.truncate(count),
            Column::Number(values) => values.truncate(count),
            Column::Text(values) => values.truncate(count),
        }
    }

    /// Bit for bit, so that 0.0 is not -0.0.
    pub fn same(&self, row: usize, other: usize) -> bool {
        match self {
            Column::Bool(values) => values[row] == values[other],
            Column::Integer(values) => values[row] == values[other],
            Column::Number(values) => values[row].to_bits() == values[other].to_bits(),
            Column::Text(values) => values[row] == values[other],
        }
    }

    pub fn encode(&self, habit: &Habit) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Column::Bool(values) => {
                let values: Vec<i64> = values.iter().map(|value| i64::from(*value)).collect();
                integers::encode(&mut out, &values, habit);
            }
            Column::Integer(values) => integers::encode(&mut out, values, habit),
            Column::Number(values) => encode_numbers(&mut out, values, habit),
            Column::Text(values) => encode_texts(&mut out, values, habit),
        }
        out
    }

    pub fn decode(kind: Kind, bytes: &[u8], count: usize) -> Result<Column, TelemetryError> {
        Column::decode_first(kind, bytes, count, count)
    }

    /// At least the first `wanted` of `count` values.
    pub fn decode_first(
        kind: Kind,
        bytes: &[u8],
        count: usize,
        wanted: usize,
    ) -> Result<Column, TelemetryError> {
        Ok(match kind {
            Kind::Bool => {
                let values = integers::decode_first(bytes, count, wanted)?;
                Column::Bool(values.into_iter().map(|value| value != 0).collect())
            }
            Kind::Integer => Column::Integer(integers::decode_first(bytes, count, wanted)?),
            Kind::Number => Column::Number(decode_numbers(bytes, count, wanted)?),
            Kind::Text => Column::Text(decode_texts(bytes, count)?),
        })
    }
}

impl Column {
    /// Quickly, for a commit that somebody waits for.
    pub fn put_packed(&self, out: &mut Vec<u8>) {
        match self {
            Column::Bool(values) => packed::put_flags(out, values.iter().copied()),
            Column::Integer(values) => packed::put_integers(out, values),
            Column::Number(values) => match in_decimals(values) {
                Some((nth, scaled)) => {
                    out.push(nth);
                    packed::put_integers(out, &scaled);
                }
                None => {
                    out.push(NOT_DECIMAL);
                    values.iter().for_each(|value| put_number(out, *value));
                }
            },
            Column::Text(values) => values.iter().for_each(|text| put_bytes(out, text.as_bytes())),
        }
    }

    pub fn read_packed(kind: Kind, reader: &mut Reader<'_>, count: usize) -> Result<Column, TelemetryError> {
        Ok(match kind {
            Kind::Bool => Column::Bool(packed::read_flags(reader, count)?),
            Kind::Integer => Column::Integer(packed::read_integers(reader, count)?),
            Kind::Number => Column::Number(match reader.byte()? {
                NOT_DECIMAL => (0..count).map(|_| reader.number()).collect::<Result<_, _>>()?,
                nth => from_decimals(nth, packed::read_integers(reader, count)?)?,
            }),
            Kind::Text => {
                Column::Text((0..count).map(|_| reader.text().map(Arc::from)).collect::<Result<_, _>>()?)
            }
        })
    }
}

const NOT_DECIMAL: u8 = 0xFF;
/// Values of a column by which a scale is tried.
const TRIED: usize = 16;

/// The first scale at which all are integers, and those.
fn in_decimals(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    (0_u8..).zip(SCALES).find_map(|(nth, scale)| Some((nth, all_at_scale(values, scale)?)))
}

fn all_at_scale(values: &[f64], scale: f64) -> Option<Vec<i64>> {
    // Where it does not fit, the first few say so most often.
    if values.iter().take(TRIED).any(|value| at_scale(*value, scale).is_none()) {
        return None;
    }
    let mut all_exact = true;
    let scaled = values.iter().map(|value| {
        let (integer, exact) = near_at_scale(*value, scale);
        all_exact &= exact;
        integer
    });
    let scaled = scaled.collect();
    all_exact.then_some(scaled)
}

fn from_decimals(nth: u8, scaled: Vec<i64>) -> Result<Vec<f64>, TelemetryError> {
    let scale = SCALES.get(usize::from(nth));
    let scale = scale.ok_or_else(|| TelemetryError::Corrupt(format!("a column has unknown scale {nth}")))?;
    Ok(scaled.into_iter().map(|value| value as f64 / scale).collect())
}

/// Sensors speak in decimals: as integers of one scale they take a third of what doubles take.
fn encode_numbers(out: &mut Vec<u8>, values: &[f64], habit: &Habit) {
    match in_decimals(values) {
        Some((nth, scaled)) => {
            out.push(nth);
            integers::encode(out, &scaled, habit);
        }
        None => {
            out.push(NOT_DECIMAL);
            integers::encode_doubles(out, values);
        }
    }
}

fn decode_numbers(bytes: &[u8], count: usize, wanted: usize) -> Result<Vec<f64>, TelemetryError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(bytes);
    let nth = reader.byte()?;
    if nth == NOT_DECIMAL {
        return integers::decode_doubles(reader.rest, count);
    }
    from_decimals(nth, integers::decode_first(reader.rest, count, wanted)?)
}

/// The different texts once, then which of them each row has.
fn encode_texts(out: &mut Vec<u8>, values: &[Arc<str>], habit: &Habit) {
    let mut places = std::collections::HashMap::new();
    let mut different: Vec<&str> = Vec::new();
    let mut codes = Vec::with_capacity(values.len());
    for value in values {
        let place = *places.entry(&**value).or_insert_with(|| {
            different.push(value);
            different.len() as i64 - 1
        });
        codes.push(place);
    }
    put(out, different.len() as u64);
    different.iter().for_each(|text| put_bytes(out, text.as_bytes()));
    integers::encode(out, &codes, habit);
}

fn decode_texts(bytes: &[u8], count: usize) -> Result<Vec<Arc<str>>, TelemetryError> {
    let mut reader = Reader::new(bytes);
    let different = reader.count(bytes.len())?;
    let texts = (0..different).map(|_| reader.text().map(Arc::from));
    let texts: Vec<Arc<str>> = texts.collect::<Result<_, _>>()?;
    let codes = integers::decode(reader.rest, count)?;
    let known = |code: i64| usize::try_from(code).ok().and_then(|code| texts.get(code)).cloned();
    codes
        .into_iter()
        .map(|code| known(code).ok_or_else(|| TelemetryError::Corrupt(format!("text {code} is not there"))))
        .collect()
}

/// One value beside its kind.
pub fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(value) => out.push(u8::from(*value)),
        Value::Integer(value) => put_signed(out, *value),
        Value::Number(value) => put_number(out, *value),
        Value::Text(value) => put_bytes(out, value.as_bytes()),
    }
}

pub fn read_value(reader: &mut Reader<'_>, kind: Kind) -> Result<Value, TelemetryError> {
    Ok(match kind {
        Kind::Bool => Value::Bool(reader.byte()? != 0),
        Kind::Integer => Value::Integer(reader.signed()?),
        Kind::Number => Value::Number(reader.number()?),
        Kind::Text => Value::Text(reader.text()?.to_owned()),
    })
}

/// Equality that tells -0.0 from 0.0 and 1 from 1.0.
pub fn same_bits(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_column() -> impl Strategy<Value = Column> {
        let decimals = (0_usize..5, prop::collection::vec(-9_999_999_i64..9_999_999, 0..100))
            .prop_map(|(nth, list)| Column::Number(list.iter().map(|n| *n as f64 / SCALES[nth]).collect()));
        prop_oneof![
            prop::collection::vec(any::<bool>(), 0..100).prop_map(Column::Bool),
            prop::collection::vec(any::<i64>(), 0..100).prop_map(Column::Integer),
            prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..100).prop_map(Column::Number),
            decimals,
            prop::collection::vec("[a-c\0]{0,2}".prop_map(Arc::from), 0..100).prop_map(Column::Text),
        ]
    }

    fn bits(column: &Column) -> Vec<String> {
        let text = |value| match value {
            Value::Number(number) => format!("{:x}", number.to_bits()),
            other => format!("{other:?}"),
        };
        (0..column.len()).map(|row| text(column.get(row))).collect()
    }

    proptest! {
        #[test]
        fn columns_come_back_bit_by_bit(column in any_column()) {
            let back = Column::decode(column.kind(), &column.encode(&Habit::default()), column.len()).unwrap();
            prop_assert_eq!(bits(&back), bits(&column));
            let mut out = Vec::new();
            column.put_packed(&mut out);
            let mut reader = Reader::new(&out);
            let back = Column::read_packed(column.kind(), &mut reader, column.len()).unwrap();
            prop_assert_eq!(bits(&back), bits(&column));
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn decoding_is_total(bytes: Vec<u8>, count in 0_usize..50) {
            for kind in [Kind::Bool, Kind::Integer, Kind::Number, Kind::Text] {
                let _ = Column::decode(kind, &bytes, count);
                let _ = Column::read_packed(kind, &mut Reader::new(&bytes), count);
                let _ = read_value(&mut Reader::new(&bytes), kind);
            }
        }
    }
}
