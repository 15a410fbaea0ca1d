//! A webhook of a home: what a service on the Internet or a script posts, and which part of it is which reading.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::capability::{Kind, attribute};
use crate::dialect::Measured;
use crate::home::NAME_MAX_CHARS;
use crate::id::{DeviceId, HomeId, OrganisationId, WebhookId};
use crate::invalid::Invalid;
use crate::time::UnixMillis;
use crate::value::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    pub mapping: Mapping,
    pub created_at: UnixMillis,
}

/// Which parts of a payload are readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// JSON Pointer (RFC 6901) to when it was so: seconds or milliseconds since 1970, or an RFC 3339 date-time. Without
    /// it, readings are of the instant at which they arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    #[schema(min_items = 1, max_items = 64)]
    pub readings: Vec<MappedReading>,
}

/// A part of a payload that is a reading; a payload without it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappedReading {
    /// JSON Pointer (RFC 6901) to the value.
    #[schema(example = "/rain/mm", max_length = 256)]
    pub value: String,
    pub device: DeviceId,
    #[schema(maximum = 254)]
    pub endpoint: u16,
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    /// Numbers are multiplied by this, 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// And then raised by this, 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
}

pub const MAPPED_MAX: usize = 64;
const POINTER_MAX_BYTES: usize = 256;
/// Numbers below this are seconds: as milliseconds they would be before 1973.
const SECONDS_BELOW: f64 = 1e11;

impl Webhook {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.check_text("/name", &self.name, 1, NAME_MAX_CHARS);
        let readings = &self.mapping.readings;
        if readings.is_empty() || readings.len() > MAPPED_MAX {
            invalid.add("/mapping/readings", format!("must have from 1 to {MAPPED_MAX} entries"));
        }
        if let Some(time) = &self.mapping.time {
            check_pointer("/mapping/time", time, &mut invalid);
        }
        for (index, reading) in readings.iter().enumerate() {
            let at = format!("/mapping/readings/{index}");
            check_pointer(&format!("{at}/value"), &reading.value, &mut invalid);
            if attribute(&reading.attribute).is_none() {
                invalid.add(format!("{at}/attribute"), "is not a known attribute");
            }
            for (field, number) in [("factor", reading.factor), ("offset", reading.offset)] {
                if number.is_some_and(|number| !number.is_finite()) {
                    invalid.add(format!("{at}/{field}"), "must be a finite number");
                }
            }
        }
        invalid.or(())
    }
}

fn check_pointer(field: &str, pointer: &str, invalid: &mut Invalid) {
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let starts = pointer.is_empty() || pointer.starts_with('/');
    if !starts || !escapes || pointer.len() > POINTER_MAX_BYTES {
        invalid.add(field, "must be a JSON Pointer (RFC 6901), such as /rain/mm");
    }
}

/// What a payload says: values of devices, and what of it could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapped {
    pub readings: Vec<(DeviceId, Measured)>,
    pub problems: Vec<String>,
}

impl Mapping {
    pub fn read(&self, payload: &Json) -> Mapped {
        let mut mapped = Mapped::default();
        let time = match self.time.as_ref().and_then(|pointer| payload.pointer(pointer)) {
            None => None,
            Some(given) => match instant(given) {
                Some(time) => Some(time),
                None => {
                    let pointer = self.time.as_deref().unwrap_or_default();
                    mapped.problems.push(format!("{pointer}: is no time"));
                    return mapped;
                }
            },
        };
        for one in &self.readings {
            let Some(found) = payload.pointer(&one.value).filter(|found| !found.is_null()) else { continue };
            match one.value_of(found) {
                Some(value) => {
                    let (endpoint, attribute) = (one.endpoint, one.attribute.clone());
                    mapped.readings.push((one.device, Measured { endpoint, attribute, value, time }));
                }
                None => mapped.problems.push(format!("{}: is no boolean, number or text", one.value)),
            }
        }
        mapped
    }
}

impl MappedReading {
    fn value_of(&self, found: &Json) -> Option<Value> {
        let numeric = attribute(&self.attribute)
            .is_some_and(|spec| matches!(spec.kind, Kind::Number { .. } | Kind::Integer { .. }));
        let value = serde_json::from_value::<Value>(found.clone()).ok()?;
        let number = match &value {
            Value::Text(text) if numeric => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        match number {
            // Integers stay what they are where nothing is to be computed.
            Some(number) if self.factor.is_some() || self.offset.is_some() => {
                Some(Value::Number(number * self.factor.unwrap_or(1.0) + self.offset.unwrap_or(0.0)))
            }
            Some(number) if matches!(value, Value::Text(_)) => Some(Value::Number(number)),
            _ => Some(value),
        }
    }
}

fn instant(given: &Json) -> Option<UnixMillis> {
    if let Some(text) = given.as_str() {
        return text.parse().ok();
    }
    let number = given.as_f64().filter(|number| number.abs() < 1e15)?;
    Some(UnixMillis(if number.abs() < SECONDS_BELOW { number * 1_000.0 } else { number } as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    fn mapped(value: &str, attribute: &str) -> MappedReading {
        MappedReading {
            value: value.to_owned(),
            device: device(1),
            endpoint: 1,
            attribute: attribute.to_owned(),
            factor: None,
            offset: None,
        }
    }

    const TEMPERATURE: &str = "TemperatureMeasurement.MeasuredValue";

    #[test]
    fn a_payload_is_read_where_the_mapping_points() {
        let fahrenheit = MappedReading {
            factor: Some(5.0 / 9.0),
            offset: Some(-160.0 / 9.0),
            ..mapped("/outdoor/0/t", TEMPERATURE)
        };
        let text = MappedReading { device: device(2), ..mapped("/indoor", TEMPERATURE) };
        let mapping = Mapping {
            time: Some("/at".to_owned()),
            readings: vec![fahrenheit, text, mapped("/on", "OnOff.OnOff"), mapped("/absent", "OnOff.OnOff")],
        };
        let payload = json!({ "at": 1_800_000_000, "outdoor": [{ "t": 212 }], "indoor": "20.5", "on": {} });
        let read = mapping.read(&payload);
        assert_eq!(read.problems, ["/on: is no boolean, number or text"]);
        let values: Vec<_> =
            read.readings.iter().map(|(device, one)| (*device, one.value.as_f64())).collect();
        assert_eq!(values[1], (device(2), Some(20.5)));
        assert!((values[0].1.unwrap() - 100.0).abs() < 1e-9, "{values:?}");
        assert_eq!(read.readings[0].1.time, Some(UnixMillis(1_800_000_000_000)));
    }

    #[test]
    fn times_come_in_three_shapes() {
        let expected = Some(UnixMillis(1_800_000_000_000));
        for given in [json!(1_800_000_000), json!(1_800_000_000_000_i64), json!("2027-01-15T08:00:00Z")] {
            assert_eq!(instant(&given), expected, "{given}");
        }
        let mapping = Mapping { time: Some("/at".into()), readings: vec![mapped("/v", "OnOff.OnOff")] };
        let read = mapping.read(&json!({ "at": "yesterday", "v": true }));
        assert_eq!((read.readings.len(), read.problems.len()), (0, 1), "a wrong time is no time");
    }

    #[test]
    fn a_mapping_is_refused_where_it_points_nowhere() {
        let webhook = |mapping| Webhook {
            id: WebhookId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            home: HomeId(Uuid::nil()),
            name: "Rain".to_owned(),
            mapping,
            created_at: UnixMillis(0),
        };
        let good = Mapping { time: None, readings: vec![mapped("/a~1b", "OnOff.OnOff")] };
        assert_eq!(webhook(good.clone()).check(), Ok(()));
        let wrong = |mapping| webhook(mapping).check().unwrap_err().errors.remove(0).field;
        assert_eq!(wrong(Mapping { time: None, readings: vec![] }), "/mapping/readings");
        assert_eq!(wrong(Mapping { time: Some("at".into()), ..good }), "/mapping/time");
        let of =
            |value: &str, attribute: &str| Mapping { time: None, readings: vec![mapped(value, attribute)] };
        assert_eq!(wrong(of("/a~2", "OnOff.OnOff")), "/mapping/readings/0/value");
        assert_eq!(wrong(of("/a", "OnOff.Nothing")), "/mapping/readings/0/attribute");
    }
}
