//! A column of integers: constant, a line with noise (clocks), or whatever pco makes of it; the shortest wins, and of
//! those that are about as short the one that is read most quickly.

use std::sync::atomic::{AtomicU8, Ordering};

use pco::errors::PcoResult;
use pco::standalone::{DecompressorItem, FileDecompressor, simple_compress, simple_decompress};
use pco::{ChunkConfig, DeltaSpec, FULL_BATCH_N, ModeSpec};

use super::flat::{self, line};
use super::varint::{Reader, put, put_signed};
use crate::TelemetryError;

const CONSTANT: u8 = 0;
const STEPS: u8 = 1;
const PACKED: u8 = 2;
const LINE: u8 = 3;
const FLAT: u8 = 4;
/// Below this pco's own header costs more than it saves.
const PACKED_FROM: usize = 40;
/// 4 measured best: 8 halves the speed for half a percent, and 2 is 10 % longer.
const LEVEL: usize = 4;
/// What is read quickly may be longer by this part of its own length.
const QUICK_PART: usize = 16;

/// The ways in which a long column is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Plain,
    Steps,
    Line,
    Flat,
}

impl Way {
    const ALL: [Way; 4] = [Way::Plain, Way::Steps, Way::Line, Way::Flat];

    /// What speaks against a column of this length.
    fn weight(self, length: usize) -> usize {
        if self == Way::Flat { length - length / QUICK_PART } else { length }
    }
}

/// Which way was the shortest when all were last tried for a column: the next chunks of a series are most often alike,
/// and trying takes most of the time of sealing.
#[derive(Debug, Default)]
pub struct Habit(AtomicU8);

impl Habit {
    /// So often the last result is trusted.
    const TRUSTED: u8 = 8;

    fn trusted(&self) -> Option<Way> {
        let known = self.0.load(Ordering::Relaxed);
        let times_left = known >> 2;
        let way = Way::ALL.get(usize::from(known & 3)).copied();
        let trusted = way.filter(|_| times_left > 0)?;
        self.0.store(known - (1 << 2), Ordering::Relaxed);
        Some(trusted)
    }

    fn learn(&self, way: Way) {
        self.0.store(Self::TRUSTED << 2 | way as u8, Ordering::Relaxed);
    }
}

/// Appends the column; its length is not written.
pub fn encode(out: &mut Vec<u8>, values: &[i64], habit: &Habit) {
    encode_in(out, values, habit, &[Way::Plain, Way::Steps, Way::Flat]);
}

/// As `encode`, for a column that mostly advances by equal steps: what is left is the distance from the line.
pub fn encode_line(out: &mut Vec<u8>, values: &[i64], habit: &Habit) {
    encode_in(out, values, habit, &Way::ALL);
}

fn encode_in(out: &mut Vec<u8>, values: &[i64], habit: &Habit, ways: &[Way]) {
    let Some((first, rest)) = values.split_first() else { return };
    if rest.iter().all(|value| value == first) {
        out.push(CONSTANT);
        put_signed(out, *first);
    } else if values.len() < PACKED_FROM {
        out.push(STEPS);
        let mut before = 0_i64;
        for value in values {
            put_signed(out, value.wrapping_sub(before));
            before = *value;
        }
    } else {
        let trusted = habit.trusted().filter(|way| ways.contains(way));
        let known = trusted.and_then(|way| {
            let packed = encode_one_way(values, way)?;
            // One value that is far off makes all of them wide.
            (way != Way::Flat || packed.len() <= 2 * values.len()).then_some(packed)
        });
        let best = || {
            let all = ways.iter().filter_map(|way| Some((*way, encode_one_way(values, *way)?)));
            let (way, best) = all.min_by_key(|(way, packed)| way.weight(packed.len()))?;
            habit.learn(way);
            Some(best)
        };
        out.extend(known.or_else(best).unwrap_or_default());
    }
}

fn encode_one_way(values: &[i64], way: Way) -> Option<Vec<u8>> {
    let packed = |delta| [&[PACKED], &pack(values, delta)[..]].concat();
    match way {
        Way::Plain => Some(packed(DeltaSpec::NoOp)),
        Way::Steps => Some(packed(DeltaSpec::TryConsecutive(1))),
        Way::Line => encode_distances(values),
        Way::Flat => {
            let mut out = vec![FLAT];
            flat::encode(&mut out, values).then_some(out)
        }
    }
}

fn encode_distances(values: &[i64]) -> Option<Vec<u8>> {
    let (first, span) = (*values.first()?, flat::span(values)?);
    let on_line = line(first, span, values.len());
    let distances: Vec<i64> =
        values.iter().zip(on_line).map(|(value, line)| value.wrapping_sub(line)).collect();
    let mut out = vec![LINE];
    put_signed(&mut out, first);
    put_signed(&mut out, span);
    out.extend_from_slice(&pack(&distances, DeltaSpec::NoOp));
    Some(out)
}

fn pack(values: &[i64], delta: DeltaSpec) -> Vec<u8> {
    let config = ChunkConfig::default()
        .with_compression_level(LEVEL)
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(delta);
    // Fails for an invalid configuration only, which this is not.
    simple_compress(values, &config).unwrap_or_default()
}

/// The value of a column that has only one.
pub fn constant(bytes: &[u8]) -> Option<i64> {
    let mut reader = Reader::new(bytes);
    (reader.byte().ok()? == CONSTANT).then(|| reader.signed().ok()).flatten()
}

/// Reads `count` integers that take all of `bytes`.
pub fn decode(bytes: &[u8], count: usize) -> Result<Vec<i64>, TelemetryError> {
    decode_first(bytes, count, count)
}

/// Reads at least the first `wanted` of `count` integers.
pub fn decode_first(bytes: &[u8], count: usize, wanted: usize) -> Result<Vec<i64>, TelemetryError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(bytes);
    match reader.byte()? {
        CONSTANT => {
            let value = reader.signed()?;
            reader.end()?;
            Ok(vec![value; count])
        }
        STEPS => {
            let mut before = 0_i64;
            let mut values = Vec::with_capacity(count.min(bytes.len()));
            for _ in 0..count {
                before = before.wrapping_add(reader.signed()?);
                values.push(before);
            }
            reader.end()?;
            Ok(values)
        }
        PACKED => unpack(reader.rest, count, wanted),
        FLAT => flat::decode(&mut reader, count),
        LINE => {
            let (first, span) = (reader.signed()?, reader.signed()?);
            let mut values = unpack(reader.rest, count, wanted)?;
            for (value, line) in values.iter_mut().zip(line(first, span, count)) {
                *value = value.wrapping_add(line);
            }
            Ok(values)
        }
        other => Err(TelemetryError::Corrupt(format!("a column is packed in unknown way {other}"))),
    }
}

fn unpack(bytes: &[u8], count: usize, wanted: usize) -> Result<Vec<i64>, TelemetryError> {
    let wanted = wanted.max(1).next_multiple_of(FULL_BATCH_N);
    let unpacked = if wanted < count { unpack_some(bytes, count, wanted) } else { simple_decompress(bytes) };
    let values =
        unpacked.map_err(|error| TelemetryError::Corrupt(format!("a column cannot be unpacked: {error}")))?;
    if values.len() != count.min(wanted) {
        return Err(TelemetryError::Corrupt(format!("a column has {} values and not {count}", values.len())));
    }
    Ok(values)
}

/// As many as are wanted of a column of `count`, or none of one that has another number of them.
fn unpack_some(bytes: &[u8], count: usize, wanted: usize) -> PcoResult<Vec<i64>> {
    let (file, rest) = FileDecompressor::new(bytes)?;
    let mut values = Vec::new();
    if let DecompressorItem::Chunk(mut chunk) = file.chunk_decompressor::<i64, _>(rest)?
        && chunk.n() == count
    {
        values.resize(wanted, 0);
        let read = chunk.read(&mut values)?.n_processed;
        values.truncate(read);
    }
    Ok(values)
}

/// Doubles that are no decimal fractions of one scale, kept bit by bit.
pub fn encode_doubles(out: &mut Vec<u8>, values: &[f64]) {
    if values.len() < PACKED_FROM {
        for value in values {
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        return;
    }
    let config = ChunkConfig::default().with_compression_level(LEVEL);
    out.extend_from_slice(&simple_compress(values, &config).unwrap_or_default());
}

pub fn decode_doubles(bytes: &[u8], count: usize) -> Result<Vec<f64>, TelemetryError> {
    if count < PACKED_FROM {
        let (values, left) = bytes.as_chunks::<8>();
        if values.len() != count || !left.is_empty() {
            return Err(TelemetryError::Corrupt(format!("{} bytes are not {count} doubles", bytes.len())));
        }
        return Ok(values.iter().map(|bytes| f64::from_bits(u64::from_le_bytes(*bytes))).collect());
    }
    let values: Vec<f64> = simple_decompress(bytes)
        .map_err(|error| TelemetryError::Corrupt(format!("a column cannot be unpacked: {error}")))?;
    if values.len() != count {
        return Err(TelemetryError::Corrupt(format!("a column has {} values and not {count}", values.len())));
    }
    Ok(values)
}

/// Appends a column behind its length in bytes.
pub fn put_section(out: &mut Vec<u8>, section: &[u8]) {
    put(out, section.len() as u64);
    out.extend_from_slice(section);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_column() -> impl Strategy<Value = Vec<i64>> {
        let value = prop_oneof![-5_i64..5, any::<i64>(), prop::sample::select(vec![i64::MIN, i64::MAX, 0])];
        let line = (any::<i64>(), -1_000_i64..1_000, 0_usize..300, prop::collection::vec(0_i64..100, 300))
            .prop_map(|(first, step, count, noise)| {
                (0..count)
                    .map(|nth| first.wrapping_add(step.wrapping_mul(nth as i64)).wrapping_add(noise[nth]))
                    .collect()
            });
        prop_oneof![prop::collection::vec(value, 0..200), line]
    }

    proptest! {
        #[test]
        fn columns_come_back(values in any_column()) {
            for encode in [encode, encode_line] {
                let habit = Habit::default();
                for _ in 0..Habit::TRUSTED + 2 {
                    let mut out = Vec::new();
                    encode(&mut out, &values, &habit);
                    prop_assert_eq!(&decode(&out, values.len()).unwrap(), &values);
                }
            }
        }

        #[test]
        fn the_first_ones_come_alone(seed: u64, spread in 0_u32..40, count in 1_usize..1_400, wanted in 0_usize..1_400) {
            let wanted = wanted.min(count);
            let noise = |nth: u64| (seed.wrapping_mul(2 * nth + 1) >> (63 - spread)) as i64;
            let values: Vec<i64> = (0..count as u64).map(noise).collect();
            for encode in [encode, encode_line] {
                let mut out = Vec::new();
                encode(&mut out, &values, &Habit::default());
                let first = decode_first(&out, count, wanted).unwrap();
                prop_assert!(first.len() >= wanted);
                prop_assert_eq!(&first[..], &values[..first.len()]);
            }
        }

        #[test]
        fn doubles_keep_every_bit(bits in prop::collection::vec(any::<u64>(), 0..120)) {
            let values: Vec<f64> = bits.iter().map(|bits| f64::from_bits(*bits)).collect();
            let mut out = Vec::new();
            encode_doubles(&mut out, &values);
            let back: Vec<u64> = decode_doubles(&out, values.len()).unwrap().iter().map(|v| v.to_bits()).collect();
            prop_assert_eq!(back, bits);
        }

        #[test]
        fn decoding_is_total(bytes: Vec<u8>, count in 0_usize..100) {
            let _ = decode(&bytes, count);
            let _ = decode_first(&bytes, 10 * count, count);
            let _ = decode_doubles(&bytes, count);
        }
    }

    #[test]
    fn special_doubles_keep_every_bit_in_long_columns_too() {
        let special = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 5e-324, f64::MAX];
        let signalling = f64::from_bits(0x7FF0_0000_0000_0001);
        let values: Vec<f64> = special.into_iter().chain([signalling]).cycle().take(500).collect();
        let mut out = Vec::new();
        encode_doubles(&mut out, &values);
        let back = decode_doubles(&out, values.len()).unwrap();
        assert!(back.iter().zip(&values).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_habit_is_tried_again_after_a_while() {
        let (habit, mut out) = (Habit::default(), Vec::new());
        let walk: Vec<i64> = (0..200).map(|nth| nth * 1_000 + nth % 3).collect();
        encode(&mut out, &walk, &habit);
        let (noise, mut lengths) = ((0..200).map(|nth| nth * 7_919 % 256).collect::<Vec<i64>>(), Vec::new());
        for _ in 0..=Habit::TRUSTED {
            out.clear();
            encode(&mut out, &noise, &habit);
            lengths.push(out.len());
        }
        assert!(lengths.last() <= lengths.first(), "{lengths:?}");
        assert!(lengths[..8].iter().all(|length| *length == lengths[0]));
        assert_eq!(decode(&out, noise.len()).unwrap(), noise);
    }

    #[test]
    fn a_clock_with_jitter_costs_its_jitter() {
        let mut state = 7_u64;
        let times: Vec<i64> = (0..1_024)
            .map(|nth| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1_760_000_000_000 + nth * 600_000 + (state >> 33) as i64 % 100
            })
            .collect();
        let mut out = Vec::new();
        encode_line(&mut out, &times, &Habit::default());
        assert!(out.len() < 1_024, "{} bytes", out.len());
    }
}
