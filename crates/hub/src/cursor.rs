//! Public cursors: opaque texts that only this server makes. One that it did not make is refused (410), never guessed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::HubError;
use crate::hub::Hub;

const TAG_BYTES: usize = 16;

/// `purpose` names the list, so that a cursor of one list is not taken by another.
pub fn encode<T: Serialize>(hub: &Hub, purpose: &str, place: &T) -> Result<String, HubError> {
    let plain = serde_json::to_vec(place).map_err(|error| HubError::Internal(error.to_string()))?;
    let mut bytes = hub.vault.tag(purpose, &plain).to_vec();
    bytes.extend_from_slice(&plain);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub fn decode<T: DeserializeOwned>(hub: &Hub, purpose: &str, cursor: &str) -> Result<T, HubError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| HubError::UnknownCursor)?;
    let (tag, plain) = bytes.split_at_checked(TAG_BYTES).ok_or(HubError::UnknownCursor)?;
    if hub.vault.tag(purpose, plain) != tag {
        return Err(HubError::UnknownCursor);
    }
    serde_json::from_slice(plain).map_err(|_| HubError::UnknownCursor)
}

/// A page of a list and the cursor of what follows it.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// Cuts a list that was read with one row more than asked for, and makes the cursor of the rest.
pub fn cut<T>(
    hub: &Hub,
    purpose: &str,
    mut items: Vec<T>,
    limit: u64,
    id_of: impl Fn(&T) -> uuid::Uuid,
) -> Result<Listed<T>, HubError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = match items.last() {
        Some(last) if more => Some(encode(hub, purpose, &id_of(last))?),
        _ => None,
    };
    Ok(Listed { items, next_cursor })
}
