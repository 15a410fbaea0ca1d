//! Signatures that were used lately: each counts once within the time in which it would be believed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use lares_model::UnixMillis;

use crate::error::HubError;

/// How far a signature's own time may be from the server's.
pub const SIGNED_WITHIN_MS: i64 = 5 * 60 * 1_000;
const KEPT_MAX: usize = 200_000;

#[derive(Default)]
pub struct Replays(Mutex<HashMap<[u8; 32], UnixMillis>>);

impl Replays {
    /// Whether the signature is new. It is kept until nobody would believe it any more.
    pub fn is_new(&self, signature: [u8; 32], now: UnixMillis) -> Result<bool, HubError> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEPT_MAX {
            used.retain(|_, until| *until > now);
        }
        if used.len() >= KEPT_MAX {
            return Err(HubError::TooMany { retry_after_s: 60 });
        }
        // It may have been signed by a clock that is ahead by the whole span.
        let until = now + 2 * SIGNED_WITHIN_MS;
        Ok(used.insert(signature, until).is_none_or(|until| until <= now))
    }

    /// It came to nothing, so that it may be tried again.
    pub fn give_back(&self, signature: &[u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_once_while_it_would_be_believed() {
        let (replays, now) = (Replays::default(), UnixMillis(1_000_000));
        assert!(replays.is_new([1; 32], now).unwrap());
        assert!(!replays.is_new([1; 32], now + SIGNED_WITHIN_MS).unwrap());
        assert!(replays.is_new([2; 32], now).unwrap());
        replays.give_back(&[2; 32]);
        assert!(replays.is_new([2; 32], now).unwrap());
    }
}
