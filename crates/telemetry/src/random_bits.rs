//! Hashes what is random already: ids that this server made, and identities that are hashes themselves.

use std::hash::Hasher;

/// Takes the last eight bytes of what it is given, spread over all bits, since ids in a row differ in the lowest ones.
#[derive(Default)]
pub struct RandomBits(u64);

const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for RandomBits {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let last = bytes.last_chunk::<8>().map_or_else(
            || bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)),
            |last| u64::from_be_bytes(*last),
        );
        self.write_u64(last);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let spread = u128::from(self.0 ^ number).wrapping_mul(u128::from(SPREAD));
        self.0 = (spread >> 64) as u64 ^ spread as u64;
    }

    /// The length of an id, which is always the same.
    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, BuildHasherDefault};

    use uuid::Uuid;

    use super::*;

    #[test]
    fn ids_in_a_row_and_pairs_fall_apart() {
        let build = BuildHasherDefault::<RandomBits>::default();
        let mut low: Vec<u64> = (0..1_000).map(|nth| build.hash_one(Uuid::from_u128(nth)) & 0xFFFF).collect();
        low.extend((0..1_000_u64).map(|nth| build.hash_one((nth as u32 % 10, nth)) & 0xFFFF));
        low.sort_unstable();
        low.dedup();
        assert!(low.len() > 1_800, "{}", low.len());
    }
}
