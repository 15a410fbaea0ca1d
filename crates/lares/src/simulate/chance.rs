//! Time and randomness of a simulation: a clock that is set, and bytes and ids that follow from the seed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lares_model::UnixMillis;
use lares_model::ports::{Clock, Entropy};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub struct VirtualClock(AtomicI64);

impl VirtualClock {
    pub fn new(at: UnixMillis) -> VirtualClock {
        VirtualClock(AtomicI64::new(at.0))
    }

    pub fn at(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }

    pub fn set(&self, at: UnixMillis) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> UnixMillis {
        self.at()
    }
}

/// A key that follows from the seed: for a simulation only, since whoever knows the seed knows the key.
pub fn key_of(purpose: &str, seed: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"lares simulation\0");
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(seed.to_be_bytes());
    hash.finalize().into()
}

/// SHA-256 in counter mode.
pub struct SeededEntropy {
    key: [u8; 32],
    clock: Arc<VirtualClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    blocks: u64,
    /// The instant of the last id, and how many have it.
    at_ms: i64,
    nth: u32,
}

impl SeededEntropy {
    pub fn new(seed: u64, clock: Arc<VirtualClock>) -> SeededEntropy {
        SeededEntropy { key: key_of("entropy", seed), clock, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn block(&self, state: &mut State) -> [u8; 32] {
        state.blocks += 1;
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(state.blocks.to_be_bytes());
        hash.finalize().into()
    }
}

impl Entropy for SeededEntropy {
    /// Grows within a millisecond, as real ones do: ordering by id is ordering by time of creation.
    fn uuid(&self) -> Uuid {
        let now = self.clock.at();
        let mut state = self.state();
        state.nth = if state.at_ms == now.0 { state.nth + 1 } else { 0 };
        state.at_ms = now.0;
        let block = self.block(&mut state);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&block[..10]);
        // 12 bits after the version, 14 bits after the variant.
        let nth = state.nth.to_be_bytes();
        let high = (state.nth >> 14) & 0x0FFF;
        bytes[..2].copy_from_slice(&(high as u16).to_be_bytes());
        bytes[2] = nth[2] & 0x3F;
        bytes[3] = nth[3];
        uuid::Builder::from_unix_timestamp_millis(now.0.unsigned_abs(), &bytes).into_uuid()
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state();
        for chunk in bytes.chunks_mut(32) {
            let block = self.block(&mut state);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_within_a_millisecond_and_follow_from_the_seed() {
        let ids = |seed| {
            let clock = Arc::new(VirtualClock::new(UnixMillis(1_773_446_400_000)));
            let entropy = SeededEntropy::new(seed, clock.clone());
            let mut ids: Vec<_> = (0..40_000).map(|_| entropy.uuid()).collect();
            clock.set(clock.at() + 1);
            ids.push(entropy.uuid());
            ids
        };
        let first = ids(1);
        assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(first.iter().all(|id| id.get_version_num() == 7));
        assert_eq!(first, ids(1));
        assert!(first.iter().zip(ids(2)).all(|(one, other)| *one != other));
    }

    #[test]
    fn bytes_follow_from_the_seed_and_do_not_repeat() {
        let clock = Arc::new(VirtualClock::new(UnixMillis(0)));
        let draw = |entropy: &SeededEntropy| {
            let mut bytes = [0; 50];
            entropy.fill(&mut bytes);
            bytes
        };
        let (one, same) = (SeededEntropy::new(1, clock.clone()), SeededEntropy::new(1, clock));
        let first = draw(&one);
        assert_eq!(first, draw(&same));
        assert_ne!(first, draw(&one));
        assert_ne!(key_of("vault", 1), key_of("entropy", 1));
    }
}
