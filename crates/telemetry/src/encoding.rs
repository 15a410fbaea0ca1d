//! How entries and values are written in the file: compact, bit-exact, and apart from the shapes that the API shows.
//! Instants are plain integers here, so that every `i64` survives.

use std::borrow::Cow;

use lares_model::presence::PresenceStatus;
use lares_model::reading::{Quality, Reading};
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

/// Endpoint, attribute, time, value, flags.
type InReading<'a> = (u16, Cow<'a, str>, i64, Cow<'a, Value>, u8);
/// Endpoint, event, time, data.
type InOccurrence<'a> = (u16, Cow<'a, str>, i64, Data<'a>);

/// The stored shape of a `Body`, as CBOR: short names, tuples instead of maps.
#[derive(Serialize, Deserialize)]
enum StoredBody<'a> {
    #[serde(rename = "r")]
    Readings(Vec<InReading<'a>>),
    #[serde(rename = "o")]
    Occurrences(Vec<InOccurrence<'a>>),
    #[serde(rename = "a")]
    Ack(Cow<'a, Ack>),
    #[serde(rename = "x")]
    Rejected(Cow<'a, Rejected>),
    #[serde(rename = "p")]
    Presence(PresenceStatus, Cow<'a, str>),
}

const AT_LEAST_ONCE: u8 = 0x10;

pub fn flags_of(reading: &Reading) -> u8 {
    let quality = match reading.quality {
        Quality::Measured => 0,
        Quality::Estimated => 1,
        Quality::Late => 2,
        Quality::Future => 3,
    };
    quality | if reading.at_least_once { AT_LEAST_ONCE } else { 0 }
}

/// The quality, and whether the reading is at-least-once.
pub fn parse_flags(flags: u8) -> Result<(Quality, bool), TelemetryError> {
    let quality = match flags & !AT_LEAST_ONCE {
        0 => Quality::Measured,
        1 => Quality::Estimated,
        2 => Quality::Late,
        3 => Quality::Future,
        _ => return Err(TelemetryError::Corrupt(format!("flags {flags:#04x} of a reading are not known"))),
    };
    Ok((quality, flags & AT_LEAST_ONCE != 0))
}

pub fn encode_body(body: &Body) -> Result<Vec<u8>, TelemetryError> {
    let stored = match body {
        Body::Readings { readings } => {
            let stored = readings.iter().map(|reading| {
                refuse_unless_finite(reading)?;
                let attribute = Cow::Borrowed(reading.attribute.as_str());
                let value = Cow::Borrowed(&reading.value);
                Ok((reading.endpoint, attribute, reading.time.0, value, flags_of(reading)))
            });
            StoredBody::Readings(stored.collect::<Result<_, TelemetryError>>()?)
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
        StoredBody::Readings(stored) => {
            let readings = stored.into_iter().map(|(endpoint, attribute, time, value, flags)| {
                let (quality, at_least_once) = parse_flags(flags)?;
                let (attribute, value) = (attribute.into_owned(), value.into_owned());
                Ok(Reading { endpoint, attribute, time: UnixMillis(time), value, quality, at_least_once })
            });
            Body::Readings { readings: readings.collect::<Result<_, TelemetryError>>()? }
        }
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
    })
}

/// Equal bytes are the same value: 0.0 is not -0.0 and 1 is not 1.0, so nothing is taken for a repetition that is
/// not one.
pub fn encode_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Bool(value) => vec![b'b', u8::from(*value)],
        Value::Integer(value) => {
            let bytes = value.to_be_bytes();
            let sign = if *value < 0 { 0xFF } else { 0 };
            // Leading sign bytes say nothing, as long as the first kept bit still shows the sign.
            let skipped = (0..7)
                .take_while(|&index| bytes[index] == sign && (bytes[index + 1] ^ sign) & 0x80 == 0)
                .count();
            [b"i", &bytes[skipped..]].concat()
        }
        Value::Number(value) => [b"f".as_slice(), &value.to_bits().to_be_bytes()].concat(),
        Value::Text(text) => [b"t", text.as_bytes()].concat(),
    }
}

pub fn decode_value(bytes: &[u8]) -> Result<Value, TelemetryError> {
    let value = match bytes {
        [b'b', value @ (0 | 1)] => Some(Value::Bool(*value == 1)),
        [b'i', kept @ ..] if (1..=8).contains(&kept.len()) => {
            let mut whole = [if kept[0] & 0x80 == 0 { 0 } else { 0xFF }; 8];
            whole[8 - kept.len()..].copy_from_slice(kept);
            Some(Value::Integer(i64::from_be_bytes(whole)))
        }
        [b'f', bits @ ..] => bits.try_into().ok().map(|bits| Value::Number(f64::from_be_bytes(bits))),
        [b't', text @ ..] => std::str::from_utf8(text).ok().map(|text| Value::Text(text.to_owned())),
        _ => None,
    };
    value.ok_or_else(|| TelemetryError::Corrupt("a stored value cannot be decoded".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(value: &Value) -> Value {
        decode_value(&encode_value(value)).unwrap()
    }

    #[test]
    fn integers_are_short_and_exact_at_every_byte_boundary() {
        for shift in 0..64 {
            for offset in [-1, 0, 1] {
                let value = (1_i64 << shift).wrapping_add(offset);
                for value in [value, value.wrapping_neg(), !value] {
                    assert_eq!(round_trip(&Value::Integer(value)), Value::Integer(value));
                }
            }
        }
        assert_eq!(encode_value(&Value::Integer(-128)).len(), 2);
        assert_eq!(encode_value(&Value::Integer(128)).len(), 3);
    }

    #[test]
    fn damage_is_an_error_and_never_a_value() {
        for bytes in [&b""[..], b"b\x02", b"b", b"i", b"i123456789", b"f1234567", b"t\xFF", b"z"] {
            assert!(matches!(decode_value(bytes), Err(TelemetryError::Corrupt(_))), "{bytes:?}");
        }
        assert!(matches!(decode_body(b"\x00"), Err(TelemetryError::Corrupt(_))));
        assert!(matches!(parse_flags(4), Err(TelemetryError::Corrupt(_))));
    }

    proptest! {
        #[test]
        fn numbers_keep_every_bit(bits: u64) {
            let Value::Number(back) = round_trip(&Value::Number(f64::from_bits(bits))) else { panic!() };
            prop_assert_eq!(back.to_bits(), bits);
        }

        #[test]
        fn decoding_is_total(bytes: Vec<u8>) {
            let _ = decode_body(&bytes);
            let _ = decode_value(&bytes);
        }
    }
}
