//! How values of the model become columns and come back: enums by their serde name, structures as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::StoreError;

/// The serde name of a plain enum.
pub(crate) fn name_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        other => Err(StoreError::Other(format!("an enum without a plain name: {other:?}"))),
    }
}

pub(crate) fn named<T: DeserializeOwned>(column: &str, name: String) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(name))
        .map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

pub(crate) fn json_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(format!("not JSON: {error}")))
}

pub(crate) fn from_json<T: DeserializeOwned>(column: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

pub(crate) fn digest(column: &str, bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    let length = bytes.len();
    bytes.try_into().map_err(|_| StoreError::Corrupt(format!("{column}: {length} bytes instead of 32")))
}

/// An integer of the model that is narrower than its column.
pub(crate) fn narrow<T: TryFrom<i64>>(column: &str, wide: i64) -> Result<T, StoreError> {
    T::try_from(wide).map_err(|_| StoreError::Corrupt(format!("{column}: {wide} is out of range")))
}
