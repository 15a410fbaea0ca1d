//! Little numbers in few bytes: LEB128, zigzag for signed ones, and decimal fractions as the integers they are.

use crate::TelemetryError;

/// The scales tried for a decimal fraction; device readings rarely have more digits.
pub const SCALES: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];
/// Beyond it not every integer is a double.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
/// Marks a double that is no short decimal fraction; its eight bytes follow.
const RAW: u64 = 7;

pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, zigzag(value));
}

pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The integer that `number` is at this scale, if dividing it again gives the very same bits.
pub fn at_scale(number: f64, scale: f64) -> Option<i64> {
    let (integer, exact) = near_at_scale(number, scale);
    exact.then_some(integer)
}

/// The integer next to `number` at this scale, and whether dividing it again gives the very same bits.
pub fn near_at_scale(number: f64, scale: f64) -> (i64, bool) {
    // Half of one and cut off rounds as `round` does wherever the division gives the number back, without a call.
    let scaled = number * scale;
    let integer = (scaled + 0.5_f64.copysign(scaled)) as i64;
    // Both are worked out, without a branch for each number of a column.
    let exact = (scaled.abs() <= EXACT_MAX) & ((integer as f64 / scale).to_bits() == number.to_bits());
    (integer, exact)
}

pub fn put_number(out: &mut Vec<u8>, number: f64) {
    let decimal = (0..).zip(SCALES).find_map(|(nth, scale)| Some((nth, at_scale(number, scale)?)));
    match decimal {
        Some((nth, integer)) => put(out, zigzag(integer) << 3 | nth),
        None => {
            put(out, RAW);
            out.extend_from_slice(&number.to_bits().to_le_bytes());
        }
    }
}

/// Reads from the front of a slice.
pub struct Reader<'a> {
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub fn byte(&mut self) -> Result<u8, TelemetryError> {
        let (first, rest) = self.rest.split_first().ok_or_else(short)?;
        self.rest = rest;
        Ok(*first)
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8], TelemetryError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn unsigned(&mut self) -> Result<u64, TelemetryError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(TelemetryError::Corrupt("a number does not end".to_owned()))
    }

    pub fn signed(&mut self) -> Result<i64, TelemetryError> {
        self.unsigned().map(unzigzag)
    }

    /// A count of things of at least one byte or bit each, so that damage cannot ask for more memory than `max`.
    pub fn count(&mut self, max: usize) -> Result<usize, TelemetryError> {
        let count = self.unsigned()?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= max)
            .ok_or_else(|| TelemetryError::Corrupt(format!("{count} of something is more than {max}")))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], TelemetryError> {
        let length = self.count(self.rest.len())?;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<&'a str, TelemetryError> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|_| TelemetryError::Corrupt("a text is not UTF-8".to_owned()))
    }

    pub fn number(&mut self) -> Result<f64, TelemetryError> {
        let coded = self.unsigned()?;
        if coded == RAW {
            let bytes = self.take(8)?;
            return Ok(f64::from_bits(u64::from_le_bytes(bytes.try_into().map_err(|_| short())?)));
        }
        let scale = SCALES.get((coded & 7) as usize);
        let scale = scale.ok_or_else(|| TelemetryError::Corrupt("a number has no known scale".to_owned()))?;
        Ok(unzigzag(coded >> 3) as f64 / scale)
    }

    pub fn end(&self) -> Result<(), TelemetryError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(TelemetryError::Corrupt(format!("{left} bytes too many"))),
        }
    }
}

fn short() -> TelemetryError {
    TelemetryError::Corrupt("some bytes are missing".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn integers_come_back(value: i64, other: u64) {
            let mut out = Vec::new();
            put_signed(&mut out, value);
            put(&mut out, other);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.signed().unwrap(), value);
            prop_assert_eq!(reader.unsigned().unwrap(), other);
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn numbers_keep_every_bit(bits: u64, decimal in -1_000_000_i64..1_000_000, nth in 0_usize..5) {
            for number in [f64::from_bits(bits), decimal as f64 / SCALES[nth], -0.0, f64::NAN, f64::INFINITY] {
                let mut out = Vec::new();
                put_number(&mut out, number);
                prop_assert_eq!(Reader::new(&out).number().unwrap().to_bits(), number.to_bits());
            }
        }

        #[test]
        fn reading_is_total(bytes: Vec<u8>) {
            let _ = Reader::new(&bytes).unsigned();
            let _ = Reader::new(&bytes).number();
            let _ = Reader::new(&bytes).text();
        }
    }
}
