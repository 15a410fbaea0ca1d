//! Idempotency keys: the first request with a key takes effect and its answer is kept in the same transaction;
//! a repetition gets that answer again, another request with the same key is refused.
//! Source: draft-ietf-httpapi-idempotency-key-header.

use lares_store::idempotency::{self, IdempotencyKey, Opening};
use lares_store::UnitOfWork;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;

/// A request that must take effect once.
#[derive(Clone, Debug)]
pub struct Once {
    pub key: String,
    /// Over method, path and body: another request under the same key is a mistake worth telling.
    pub request_sha256: [u8; 32],
}

/// How long an answer is kept.
pub const KEPT_MS: i64 = 48 * 3_600 * 1_000;

fn key_of(caller: &Caller, once: &Once) -> IdempotencyKey {
    IdempotencyKey { owner: caller.user.0, key: once.key.clone(), request_sha256: once.request_sha256 }
}

fn context(caller: &Caller, once: &Once) -> String {
    format!("idempotency/{}/{}", caller.user, once.key)
}

/// `Some` is the answer that was given before: roll back and give it again.
pub async fn replay<T: DeserializeOwned>(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    once: Option<&Once>,
) -> Result<Option<T>, HubError> {
    let Some(once) = once else { return Ok(None) };
    match idempotency::open(work, &key_of(caller, once), hub.now()).await? {
        Opening::Fresh => Ok(None),
        Opening::Mismatch => Err(HubError::KeyReused),
        Opening::Replay { body, .. } => {
            let plain = hub
                .vault
                .open(&context(caller, once), &body)
                .map_err(|error| HubError::Internal(format!("kept answer: {error}")))?;
            serde_json::from_slice(&plain)
                .map(Some)
                .map_err(|error| HubError::Internal(format!("kept answer does not parse: {error}")))
        }
    }
}

/// Keeps the answer, sealed since it may hold a secret. Called last before the commit.
pub async fn keep<T: Serialize>(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    once: Option<&Once>,
    answer: &T,
) -> Result<(), HubError> {
    let Some(once) = once else { return Ok(()) };
    let plain = serde_json::to_vec(answer).map_err(|error| HubError::Internal(error.to_string()))?;
    let sealed = hub
        .vault
        .seal(hub.entropy.as_ref(), &context(caller, once), &plain)
        .map_err(|error| HubError::Internal(error.to_string()))?;
    idempotency::close(work, &key_of(caller, once), 200, &sealed).await?;
    Ok(())
}
