//! Passwords: Argon2id (RFC 9106) with the server's pepper, on a bounded pool, since each hash takes memory and an
//! unbounded number of them is a way to exhaust it.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use tokio::sync::Semaphore;

use crate::error::HubError;

/// OWASP's first recommendation: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 2;
pub const LENGTH_MIN_CHARS: usize = 8;
pub const LENGTH_MAX_CHARS: usize = 128;

pub struct Passwords {
    pepper: Arc<Vec<u8>>,
    pool: Arc<Semaphore>,
}

fn hasher(pepper: &[u8]) -> Result<Argon2<'_>, HubError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| HubError::Internal(e.to_string()))?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|error| HubError::Internal(error.to_string()))
}

impl Passwords {
    pub fn new(pepper: Vec<u8>) -> Passwords {
        Passwords { pepper: Arc::new(pepper), pool: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, HubError> {
        let password = password.to_owned();
        self.run(move |pepper| {
            let hash = hasher(pepper)?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| HubError::Internal(error.to_string()))
        })
        .await
    }

    /// With no known hash the same work is done, so that an unknown name cannot be told from a wrong password.
    pub async fn verify(&self, password: &str, known: Option<String>) -> Result<bool, HubError> {
        let password = password.to_owned();
        self.run(move |pepper| {
            let argon = hasher(pepper)?;
            match known {
                Some(known) => {
                    let parsed = PasswordHash::new(&known).map_err(|e| HubError::Internal(e.to_string()))?;
                    Ok(argon.verify_password(password.as_bytes(), &parsed).is_ok())
                }
                None => {
                    let _same_work = argon.hash_password_with_salt(password.as_bytes(), &[0; 16]);
                    Ok(false)
                }
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&[u8]) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let pool = self.pool.clone();
        let permit = pool.acquire_owned().await.map_err(|error| HubError::Internal(error.to_string()))?;
        let pepper = self.pepper.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = work(&pepper);
            drop(permit);
            outcome
        })
        .await
        .map_err(|error| HubError::Internal(error.to_string()))?
    }
}
