//! Integers side by side in as few bits as the widest needs: quick enough for whoever waits for a commit, where
//! `integers` is for what is kept.

use super::varint::{Reader, put_signed, zigzag};
use crate::TelemetryError;

/// The distance of each from the smallest.
const DISTANCES: u8 = 0;
/// The steps from one to the next, the same way.
const STEPS: u8 = 1;
/// Each for itself: a few that are far from the others do not make all wide.
const EACH: u8 = 2;

/// Appends the integers; how many they are is not written.
pub fn put_integers(out: &mut Vec<u8>, values: &[i64]) {
    let Some(first) = values.first().copied() else { return };
    let steps = || values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let (low, width) = range(values.iter().copied());
    let (low_step, step_width) = range(steps());
    let bytes = |count: usize, width: u32| (count * width as usize).div_ceil(8);
    let by_steps = bytes(values.len() - 1, step_width) + length(first);
    let by_distance = bytes(values.len(), width);
    let packed = by_steps.min(by_distance);
    // One for itself takes a byte at least.
    let each = || values.iter().map(|value| length(*value)).sum::<usize>();
    if packed > values.len() && each() < packed {
        out.push(EACH);
        values.iter().for_each(|value| put_signed(out, *value));
    } else if by_steps < by_distance {
        out.extend([STEPS, step_width as u8]);
        put_signed(out, first);
        put_signed(out, low_step);
        put_bits(out, steps().map(|step| step.wrapping_sub(low_step) as u64), step_width);
    } else {
        out.extend([DISTANCES, width as u8]);
        put_signed(out, low);
        put_bits(out, values.iter().map(|value| value.wrapping_sub(low) as u64), width);
    }
}

/// Reads as many integers as were written.
pub fn read_integers(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, TelemetryError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    match reader.byte()? {
        EACH => (0..count).map(|_| reader.signed()).collect(),
        DISTANCES => {
            let width = read_width(reader)?;
            let low = reader.signed()?;
            let distances = read_bits(reader, count, width)?;
            Ok(distances.into_iter().map(|distance| low.wrapping_add(distance as i64)).collect())
        }
        STEPS => {
            let width = read_width(reader)?;
            let (mut at, low) = (reader.signed()?, reader.signed()?);
            let mut values = Vec::with_capacity(count);
            values.push(at);
            for step in read_bits(reader, count - 1, width)? {
                at = at.wrapping_add(low).wrapping_add(step as i64);
                values.push(at);
            }
            Ok(values)
        }
        other => Err(TelemetryError::Corrupt(format!("integers are packed in unknown way {other}"))),
    }
}

/// The smallest, and the bits that the distance of the largest from it takes.
pub fn range(values: impl Iterator<Item = i64>) -> (i64, u32) {
    let (low, high) =
        values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    match low <= high {
        true => (low, u64::BITS - (high.wrapping_sub(low) as u64).leading_zeros()),
        false => (0, 0),
    }
}

/// Bytes of a number that is written for itself.
fn length(value: i64) -> usize {
    (u64::BITS - (zigzag(value) | 1).leading_zeros()).div_ceil(7) as usize
}

pub fn put_bits(out: &mut Vec<u8>, values: impl Iterator<Item = u64>, width: u32) {
    let (mut waiting, mut bits) = (0_u64, 0);
    for value in values {
        waiting |= value << bits;
        bits += width;
        if bits >= u64::BITS {
            out.extend_from_slice(&waiting.to_le_bytes());
            bits -= u64::BITS;
            // What did not fit; nothing where the value ended with the word.
            waiting = value.checked_shr(width - bits).unwrap_or(0);
        }
    }
    out.extend_from_slice(&waiting.to_le_bytes()[..bits.div_ceil(8) as usize]);
}

fn read_width(reader: &mut Reader<'_>) -> Result<u32, TelemetryError> {
    match u32::from(reader.byte()?) {
        width if width <= u64::BITS => Ok(width),
        width => Err(TelemetryError::Corrupt(format!("integers of {width} bits"))),
    }
}

fn read_bits(reader: &mut Reader<'_>, count: usize, width: u32) -> Result<Vec<u64>, TelemetryError> {
    let mut bytes = reader.take((count * width as usize).div_ceil(8))?.iter();
    let mask = u64::MAX.checked_shr(u64::BITS - width).unwrap_or(0);
    let (mut waiting, mut bits) = (0_u128, 0);
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        while bits < width {
            waiting |= u128::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        values.push(waiting as u64 & mask);
        waiting >>= width;
        bits -= width;
    }
    Ok(values)
}

/// Appends whether something is so, a bit each.
pub fn put_flags(out: &mut Vec<u8>, flags: impl Iterator<Item = bool>) {
    put_bits(out, flags.map(u64::from), 1);
}

pub fn read_flags(reader: &mut Reader<'_>, count: usize) -> Result<Vec<bool>, TelemetryError> {
    Ok(read_bits(reader, count, 1)?.into_iter().map(|bit| bit == 1).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_integers() -> impl Strategy<Value = Vec<i64>> {
        let narrow = (any::<i64>(), 0_u32..64).prop_flat_map(|(low, width)| {
            prop::collection::vec(
                (0..=(1_i64 << width).wrapping_sub(1).max(0)).prop_map(move |n| low.wrapping_add(n)),
                0..150,
            )
        });
        let line = (any::<i64>(), any::<i64>(), 0_usize..150).prop_map(|(first, step, count)| {
            (0..count as i64).map(|nth| first.wrapping_add(step.wrapping_mul(nth))).collect()
        });
        let extremes = prop::sample::select(vec![i64::MIN, i64::MAX, 0, -1, 1]);
        prop_oneof![narrow, line, prop::collection::vec(prop_oneof![extremes, any::<i64>()], 0..50),]
    }

    proptest! {
        #[test]
        fn integers_come_back(values in any_integers(), flags: Vec<bool>) {
            let mut out = Vec::new();
            put_integers(&mut out, &values);
            put_flags(&mut out, flags.iter().copied());
            let mut reader = Reader::new(&out);
            prop_assert_eq!(read_integers(&mut reader, values.len()).unwrap(), values);
            prop_assert_eq!(read_flags(&mut reader, flags.len()).unwrap(), flags);
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn reading_is_total(bytes: Vec<u8>, count in 0_usize..100) {
            let _ = read_integers(&mut Reader::new(&bytes), count);
            let _ = read_flags(&mut Reader::new(&bytes), count);
        }
    }

    #[test]
    fn a_few_far_ones_do_not_make_all_wide() {
        let mut values = vec![7; 1_000];
        values[500] = i64::MAX;
        let mut out = Vec::new();
        put_integers(&mut out, &values);
        assert!(out.len() < 1_020, "{}", out.len());
    }
}
