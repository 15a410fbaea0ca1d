//! The real clock and the real randomness: the only place where either is read.

use std::time::{SystemTime, UNIX_EPOCH};

use lares_model::UnixMillis;
use lares_model::ports::{Clock, Entropy};
use uuid::Uuid;

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUIDv7 within a process only grow, also within one millisecond; secrets come from the system.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(16) {
            let random = random_block();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}

fn random_block() -> [u8; 16] {
    use rustls::crypto::SecureRandom;
    let random: &dyn SecureRandom = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    let mut block = [0; 16];
    // A system that gives no randomness must not hand out guessable secrets.
    if random.fill(&mut block).is_err() {
        tracing::error!("the system gave no randomness; stopping");
        std::process::abort();
    }
    block
}
