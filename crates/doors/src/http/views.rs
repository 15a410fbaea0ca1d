//! Shapes that several endpoints share: pages, their query, and the header of idempotent requests.

use lares_hub::cursor::Listed;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

pub const LIMIT_DEFAULT: u64 = 50;
pub const LIMIT_MAX: u64 = 1_000;

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    /// Pass it back as `cursor` for what follows; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> PageOf<T> {
    pub fn of<U>(listed: Listed<U>, view: impl Fn(U) -> T) -> PageOf<T> {
        PageOf { items: listed.items.into_iter().map(view).collect(), next_cursor: listed.next_cursor }
    }
}

/// How many entries; refused when out of bounds rather than silently cut.
pub fn limit(given: Option<u64>, max: u64) -> Result<u64, Problem> {
    let limit = given.unwrap_or(LIMIT_DEFAULT.min(max));
    if (1..=max).contains(&limit) {
        Ok(limit)
    } else {
        Err(lares_model::Invalid::one("limit", format!("must be from 1 to {max}")).into())
    }
}

/// A field that may be left out (unchanged), null (emptied) or given.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A structure given as an object: an array of its fields would be taken, too.
pub fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let fields = serde_json::Map::deserialize(deserializer)?;
    T::deserialize(serde_json::Value::Object(fields)).map_err(serde::de::Error::custom)
}

/// The same where it may be left out or null.
pub fn object_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let Some(fields) = Option::<serde_json::Map<_, _>>::deserialize(deserializer)? else { return Ok(None) };
    T::deserialize(serde_json::Value::Object(fields)).map(Some).map_err(serde::de::Error::custom)
}

/// The header that makes a POST take effect once.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct OnceHeader {
    /// From 1 to 255 visible ASCII characters. The same key with the same body gives the first answer again; with
    /// another body it is refused (422). Kept for 48 hours.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: Option<String>,
}
