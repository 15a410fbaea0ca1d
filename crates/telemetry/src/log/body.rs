//! How what is not readings is written in the log: compact, bit-exact, and apart from the shapes that the API shows.
//! Instants are plain integers here, so that every `i64` survives.

use std::borrow::Cow;

use lares_model::presence::PresenceStatus;
use lares_model::reading::Reading;
use lares_model::record::{Ack, Body, Occurrence, Rejected};
use lares_model::{UnixMillis, Value};
use serde::{Deserialize, Serialize, Serializer};

use crate::TelemetryError;

type Map = serde_json::Map<String, serde_json::Value>;

/// JSON inside CBOR. The CBOR library writes serde's unit as an empty array, and JSON's null is serde's unit: so
/// null is written as an absent option, which comes back as null. JSON text would lose bits of numbers.
#[derive(Deserialize)]
#[serde(transparent)]
struct Data<'a>(Cow<'a, Map>);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Json(value))))
    }
}

struct Json<'a>(&'a serde_json::Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            serde_json::Value::Null => serializer.serialize_none(),
            serde_json::Value::Array(items) => serializer.collect_seq(items.iter().map(Json)),
            serde_json::Value::Object(map) => {
                serializer.collect_map(map.iter().map(|(name, value)| (name, Json(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

/// Endpoint, event, time, data.
type InOccurrence<'a> = (u16, Cow<'a, str>, i64, Data<'a>);

/// The stored shape of a `Body`, as CBOR: short names, tuples instead of maps.
#[derive(Serialize, Deserialize)]
enum StoredBody<'a> {
    #[serde(rename = "o")]
    Occurrences(Vec<InOccurrence<'a>>),
    #[serde(rename = "a")]
    Ack(Cow<'a, Ack>),
    #[serde(rename = "x")]
    Rejected(Cow<'a, Rejected>),
    #[serde(rename = "p")]
    Presence(PresenceStatus, Cow<'a, str>),
    /// From, until, attribute.
    #[serde(rename = "e")]
    Erased(i64, i64, Option<Cow<'a, str>>),
}

/// The encoded body of what is not readings; those are checked only, and are written as rows.
pub fn encode_body(body: &Body) -> Result<Vec<u8>, TelemetryError> {
    let stored = match body {
        Body::Readings { readings } => {
            readings.iter().try_for_each(refuse_unless_finite)?;
            return Ok(Vec::new());
        }
        Body::Occurrences { occurrences } => {
            let stored = occurrences.iter().map(|occurrence| {
                let event = Cow::Borrowed(occurrence.event.as_str());
                (occurrence.endpoint, event, occurrence.time.0, Data(Cow::Borrowed(&occurrence.data)))
            });
            StoredBody::Occurrences(stored.collect())
        }
        Body::Ack { ack } => StoredBody::Ack(Cow::Borrowed(ack)),
        Body::Rejected { rejected } => StoredBody::Rejected(Cow::Borrowed(rejected)),
        Body::Presence { status, reason } => StoredBody::Presence(*status, Cow::Borrowed(reason)),
        Body::Erased { from, until, attribute } => {
            StoredBody::Erased(from.0, until.0, attribute.as_deref().map(Cow::Borrowed))
        }
    };
    cbor4ii::serde::to_vec(Vec::with_capacity(128), &stored)
        .map_err(|error| TelemetryError::Other(format!("an entry cannot be encoded: {error}")))
}

/// The model lets no such number through; one that comes nevertheless must not reach the file.
fn refuse_unless_finite(reading: &Reading) -> Result<(), TelemetryError> {
    match reading.value {
        Value::Number(number) if !number.is_finite() => Err(TelemetryError::Other(format!(
            "value of {}: {number} is not a finite number",
            reading.attribute
        ))),
        _ => Ok(()),
    }
}

pub fn decode_body(bytes: &[u8]) -> Result<Body, TelemetryError> {
    let stored: StoredBody<'_> = cbor4ii::serde::from_slice(bytes)
        .map_err(|error| TelemetryError::Corrupt(format!("an entry cannot be decoded: {error}")))?;
    Ok(match stored {
        StoredBody::Occurrences(stored) => {
            let occurrences = stored.into_iter().map(|(endpoint, event, time, data)| Occurrence {
                endpoint,
                event: event.into_owned(),
                time: UnixMillis(time),
                data: data.0.into_owned(),
            });
            Body::Occurrences { occurrences: occurrences.collect() }
        }
        StoredBody::Ack(ack) => Body::Ack { ack: ack.into_owned() },
        StoredBody::Rejected(rejected) => Body::Rejected { rejected: rejected.into_owned() },
        StoredBody::Presence(status, reason) => Body::Presence { status, reason: reason.into_owned() },
        StoredBody::Erased(from, until, attribute) => Body::Erased {
            from: UnixMillis(from),
            until: UnixMillis(until),
            attribute: attribute.map(Cow::into_owned),
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decoding_is_total(bytes: Vec<u8>) {
            let _ = decode_body(&bytes);
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_body() {
        assert!(matches!(decode_body(b"\x00"), Err(TelemetryError::Corrupt(_))));
    }
}
