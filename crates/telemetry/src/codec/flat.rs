//! Integers near a straight line, each by its distance from it in as many bits as the farthest needs. Noise takes hardly
//! more than pco makes of it, and is read several times as quickly.

use super::packed::{put_bits, range};
use super::varint::{Reader, put_signed};
use crate::TelemetryError;

/// What is wider does not lie within one word wherever it begins.
const WIDTH_MAX: u32 = 56;
/// Clocks tick by whole seconds, whatever the jitter of the first and the last reading makes of it.
const TICK: i64 = 1_000;

/// Appends the integers, how many they are is not written; whether they can be written this way.
pub fn encode(out: &mut Vec<u8>, values: &[i64]) -> bool {
    let Some(first) = values.first().copied() else { return false };
    let spans = [Some(0), span(values), span(values).and_then(|span| whole_ticks(span, values.len()))];
    let near = |span: i64| {
        let (low, width) = range(distances(values, first, span));
        (width, low, span)
    };
    let nearest = spans.into_iter().flatten().map(near).min_by_key(|(width, ..)| *width);
    let Some((width, low, span)) = nearest.filter(|(width, ..)| *width <= WIDTH_MAX) else { return false };
    let first = first.wrapping_add(low);
    put_signed(out, first);
    put_signed(out, span);
    out.push(width as u8);
    put_bits(out, distances(values, first, span).map(|distance| distance as u64), width);
    true
}

/// Reads `count` integers that take all that is left.
pub fn decode(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, TelemetryError> {
    let (first, span) = (reader.signed()?, reader.signed()?);
    let width = usize::from(reader.byte()?);
    if width > WIDTH_MAX as usize {
        return Err(TelemetryError::Corrupt(format!("distances of {width} bits")));
    }
    let bytes = reader.take((count * width).div_ceil(8))?;
    reader.end()?;
    // So that a whole word can be read wherever one begins.
    let padded = [bytes, &[0; 8]].concat();
    let mask = (1_u64 << width) - 1;
    let distance = |nth: usize| {
        let bit = nth * width;
        let word = padded[bit / 8..].first_chunk::<8>().map_or(0, |word| u64::from_le_bytes(*word));
        (word >> (bit % 8) & mask) as i64
    };
    let steps = steps(count);
    if span % steps == 0 {
        // Most clocks: each for itself, without the one before.
        let step = span / steps;
        let on_line = |nth: usize| first.wrapping_add(step.wrapping_mul(nth as i64));
        return Ok((0..count).map(|nth| on_line(nth).wrapping_add(distance(nth))).collect());
    }
    let on_line = line(first, span, count).enumerate();
    Ok(on_line.map(|(nth, on_line)| on_line.wrapping_add(distance(nth))).collect())
}

/// From the first to the last.
pub fn span(values: &[i64]) -> Option<i64> {
    values.last()?.checked_sub(*values.first()?)
}

/// The nearest span whose steps are whole ticks.
fn whole_ticks(span: i64, count: usize) -> Option<i64> {
    let tick = steps(count).checked_mul(TICK)?;
    span.checked_add(tick / 2)?.div_euclid(tick).checked_mul(tick)
}

fn distances(values: &[i64], first: i64, span: i64) -> impl Iterator<Item = i64> {
    values.iter().zip(line(first, span, values.len())).map(|(value, line)| value.wrapping_sub(line))
}

fn steps(count: usize) -> i64 {
    (count as i64 - 1).max(1)
}

/// `count` points on the straight line from `first` over `span`, rounded down; without a division for each.
pub fn line(first: i64, span: i64, count: usize) -> impl Iterator<Item = i64> {
    let steps = steps(count);
    let (step, rest) = (span.div_euclid(steps), span.rem_euclid(steps));
    let (mut at, mut owed) = (first, 0);
    (0..count).map(move |_| {
        let here = at;
        at = at.wrapping_add(step);
        owed += rest;
        if owed >= steps {
            owed -= steps;
            at = at.wrapping_add(1);
        }
        here
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_near_a_line() -> impl Strategy<Value = Vec<i64>> {
        let noise = prop::collection::vec(any::<u64>(), 1..300);
        (any::<i64>(), any::<i64>(), 0_u32..64, noise).prop_map(|(first, step, width, noise)| {
            let at = |nth: usize| first.wrapping_add(step.wrapping_mul(nth as i64));
            let near = |(nth, noise): (usize, u64)| at(nth).wrapping_add((noise >> (63 - width)) as i64);
            noise.into_iter().enumerate().map(near).collect()
        })
    }

    proptest! {
        #[test]
        fn what_can_be_written_comes_back(values in any_near_a_line()) {
            let mut out = Vec::new();
            if encode(&mut out, &values) {
                prop_assert_eq!(decode(&mut Reader::new(&out), values.len()).unwrap(), values);
            } else {
                prop_assert!(out.is_empty());
            }
        }

        #[test]
        fn decoding_is_total(bytes: Vec<u8>, count in 0_usize..100) {
            let _ = decode(&mut Reader::new(&bytes), count);
        }
    }

    #[test]
    fn a_clock_costs_its_jitter_and_no_more() {
        let jitter = |nth: i64| nth * 7_919 % 100;
        let times: Vec<i64> = (0..1_000).map(|nth| 1_760_000_000_000 + nth * 600_000 + jitter(nth)).collect();
        let mut out = Vec::new();
        assert!(encode(&mut out, &times));
        assert!(out.len() < 1_000 * 7 / 8 + 20, "{} bytes", out.len());
    }
}
