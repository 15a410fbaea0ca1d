//! Rows of one shape: in memory side by side, and as the bytes of a sealed chunk, with what they come to in front and
//! a checksum behind. A reader unpacks only the columns it asks for.

use super::column::{Column, Kind};
use super::integers::{self, Habit};
use super::varint::{Reader, put};
use crate::TelemetryError;
use crate::aggregate::Aggregate;
use crate::shape::{Shape, qualities};

/// Longer chunks gain little, and cost whoever wants a part of one.
pub const CHUNK_ROWS_MAX: usize = 1_024;
/// What a body may claim before it is taken for damage.
const ROWS_LIMIT: usize = 1 << 20;
const VERSION: u8 = 1;

/// How the chunks of one shape were packed last.
#[derive(Debug)]
pub struct Habits {
    times: Habit,
    delays: Habit,
    columns: Vec<Habit>,
}

impl Habits {
    /// Nothing known yet.
    pub fn of(shape: &Shape) -> Habits {
        let columns = shape.0.iter().map(|_| Habit::default()).collect();
        Habits { times: Habit::default(), delays: Habit::default(), columns }
    }
}

/// Rows under one time column. Hot rows are in the order of their arrival, sealed ones in that of their time.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub times: Vec<i64>,
    /// The server's time minus the row's own; wraps, and wraps back.
    pub delays: Vec<i64>,
    pub flags: Vec<u8>,
    pub columns: Vec<Column>,
}

impl Rows {
    pub fn new(shape: &Shape) -> Rows {
        let columns = shape.0.iter().map(|column| Column::new(column.kind)).collect();
        Rows { columns, ..Rows::default() }
    }

    pub fn len(&self) -> usize {
        self.times.len()
    }

    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    pub fn received(&self, row: usize) -> i64 {
        self.times[row].wrapping_add(self.delays[row])
    }

    pub fn gather(&self, rows: &[usize]) -> Rows {
        Rows {
            times: rows.iter().map(|&row| self.times[row]).collect(),
            delays: rows.iter().map(|&row| self.delays[row]).collect(),
            flags: rows.iter().map(|&row| self.flags[row]).collect(),
            columns: self.columns.iter().map(|column| column.gather(rows)).collect(),
        }
    }

    pub fn slice(&self, rows: std::ops::Range<usize>) -> Rows {
        self.gather(&rows.collect::<Vec<_>>())
    }

    pub fn extend(&mut self, more: &Rows) {
        self.times.extend_from_slice(&more.times);
        self.delays.extend_from_slice(&more.delays);
        self.flags.extend_from_slice(&more.flags);
        for (column, more) in self.columns.iter_mut().zip(&more.columns) {
            column.extend(more);
        }
    }

    pub fn drop_first(&mut self, count: usize) {
        self.times.drain(..count);
        self.delays.drain(..count);
        self.flags.drain(..count);
        self.columns.iter_mut().for_each(|column| column.drop_first(count));
    }

    pub fn truncate(&mut self, count: usize) {
        self.times.truncate(count);
        self.delays.truncate(count);
        self.flags.truncate(count);
        self.columns.iter_mut().for_each(|column| column.truncate(count));
    }

    /// Gives back the memory of a burst.
    pub fn shrink(&mut self) {
        if self.is_empty() && self.times.capacity() > 2 * CHUNK_ROWS_MAX {
            let kinds: Vec<Kind> = self.columns.iter().map(Column::kind).collect();
            *self = Rows { columns: kinds.into_iter().map(Column::new).collect(), ..Rows::default() };
        }
    }

    /// The body of a chunk. The rows are in the order of their time and at least one.
    pub fn encode(&self, habits: &Habits) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.len() as u64);
        put(&mut out, self.columns.len() as u64);
        let marks = self.flags.iter().fold(0, |marks, flags| marks | qualities(*flags));
        for column in &self.columns {
            if let Some(aggregate) = Aggregate::of_rows(&self.times, marks, column, 0..self.len()) {
                aggregate.put(&mut out);
            }
        }
        let mut section = Vec::new();
        integers::encode_line(&mut section, &self.times, &habits.times);
        integers::put_section(&mut out, &section);
        section.clear();
        integers::encode(&mut section, &self.delays, &habits.delays);
        integers::put_section(&mut out, &section);
        section.clear();
        let flags: Vec<i64> = self.flags.iter().map(|flags| i64::from(*flags)).collect();
        integers::encode(&mut section, &flags, &Habit::default());
        integers::put_section(&mut out, &section);
        for (column, habit) in self.columns.iter().zip(&habits.columns) {
            integers::put_section(&mut out, &column.encode(habit));
        }
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }
}

/// A chunk's body, checked as a whole and unpacked by the column.
pub struct Packed<'a> {
    pub rows: usize,
    /// By column.
    pub aggregates: Vec<Aggregate>,
    times: &'a [u8],
    delays: &'a [u8],
    flags: &'a [u8],
    columns: Vec<&'a [u8]>,
}

impl<'a> Packed<'a> {
    pub fn open(body: &'a [u8], shape: &Shape) -> Result<Packed<'a>, TelemetryError> {
        let (content, sum) = body
            .split_last_chunk::<4>()
            .ok_or_else(|| TelemetryError::Corrupt("a chunk has no checksum".to_owned()))?;
        if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
            return Err(TelemetryError::Corrupt("a chunk does not match its checksum".to_owned()));
        }
        let mut reader = Reader::new(content);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(TelemetryError::Corrupt(format!("a chunk has unknown version {version}")));
        }
        let rows = reader.count(ROWS_LIMIT)?;
        let columns = reader.count(content.len())?;
        if columns != shape.0.len() || rows == 0 {
            let expected = shape.0.len();
            return Err(TelemetryError::Corrupt(format!("a chunk has {columns} columns and not {expected}")));
        }
        let aggregates = (0..columns).map(|_| Aggregate::read(&mut reader)).collect::<Result<_, _>>()?;
        let (times, delays, flags) = (reader.bytes()?, reader.bytes()?, reader.bytes()?);
        let columns = (0..columns).map(|_| reader.bytes()).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Packed { rows, aggregates, times, delays, flags, columns })
    }

    pub fn times(&self) -> Result<Vec<i64>, TelemetryError> {
        integers::decode(self.times, self.rows)
    }

    pub fn delays(&self) -> Result<Vec<i64>, TelemetryError> {
        integers::decode(self.delays, self.rows)
    }

    pub fn flags(&self) -> Result<Vec<u8>, TelemetryError> {
        Ok(integers::decode(self.flags, self.rows)?.into_iter().map(|flags| flags as u8).collect())
    }

    /// The flags of all rows where they are the same.
    pub fn same_flags(&self) -> Option<u8> {
        integers::constant(self.flags).map(|flags| flags as u8)
    }

    pub fn column(&self, index: usize, kind: Kind) -> Result<Column, TelemetryError> {
        Column::decode(kind, self.columns[index], self.rows)
    }

    /// At least the first `wanted` rows of a column.
    pub fn column_first(&self, index: usize, kind: Kind, wanted: usize) -> Result<Column, TelemetryError> {
        Column::decode_first(kind, self.columns[index], self.rows, wanted)
    }

    pub fn unpack(&self, shape: &Shape) -> Result<Rows, TelemetryError> {
        let columns = shape.0.iter().enumerate().map(|(index, column)| self.column(index, column.kind));
        Ok(Rows {
            times: self.times()?,
            delays: self.delays()?,
            flags: self.flags()?,
            columns: columns.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lares_model::Value;
    use proptest::prelude::*;

    use super::*;
    use crate::shape::ColumnName;

    fn shape() -> Shape {
        let kinds = [Kind::Number, Kind::Integer, Kind::Bool, Kind::Text];
        let column = |kind| ColumnName { endpoint: 1, attribute: Arc::from("A.B"), kind };
        Shape(kinds.map(column).to_vec())
    }

    fn some_rows(count: usize, seed: u64) -> Rows {
        let mut rows = Rows::new(&shape());
        for nth in 0..count {
            let noise = (seed.wrapping_mul(nth as u64 + 1) >> 40) as i64 % 100;
            rows.times.push(1_760_000_000_000 + nth as i64 * 60_000 + noise);
            rows.delays.push(noise * 3);
            rows.flags.push(if noise == 7 { 2 } else { 0 });
            rows.columns[0].push(&Value::Number(noise as f64 / 10.0));
            rows.columns[1].push(&Value::Integer(noise));
            rows.columns[2].push(&Value::Bool(noise > 50));
            rows.columns[3].push(&Value::Text(if noise > 90 { "open" } else { "closed" }.to_owned()));
        }
        rows
    }

    proptest! {
        #[test]
        fn chunks_come_back(count in 1_usize..1_500, seed: u64) {
            let (rows, shape) = (some_rows(count, seed), shape());
            let body = rows.encode(&Habits::of(&shape));
            let back = Packed::open(&body, &shape).unwrap().unpack(&shape).unwrap();
            prop_assert_eq!(format!("{back:?}"), format!("{rows:?}"));
        }

        #[test]
        fn any_flipped_bit_is_noticed(at: prop::sample::Index, bit in 0_u8..8) {
            let mut body = some_rows(100, 9).encode(&Habits::of(&shape()));
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert!(matches!(Packed::open(&body, &shape()), Err(TelemetryError::Corrupt(_))));
        }

        #[test]
        fn opening_is_total(mut content: Vec<u8>) {
            let sum = crc32fast::hash(&content);
            content.extend_from_slice(&sum.to_le_bytes());
            if let Ok(packed) = Packed::open(&content, &shape()) {
                let _ = packed.unpack(&shape());
            }
        }
    }
}
