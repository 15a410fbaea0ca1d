//! Reads what the engine answers to a query.

use std::collections::HashMap;

use lares_model::Value;
use serde::Deserialize;

use super::names::parse_kind;
use crate::TelemetryError;
use crate::archive::Version;
use crate::codec::column::Kind;

#[derive(Deserialize)]
struct Answer<'a> {
    status: String,
    #[serde(default)]
    error: String,
    /// Of clusters: a part of the storage did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    result: Vec<Series<'a>>,
}

#[derive(Deserialize)]
struct Series<'a> {
    metric: HashMap<String, String>,
    #[serde(default, borrow)]
    values: Vec<(f64, &'a str)>,
}

/// A series of Lares in an answer.
pub struct Found {
    pub endpoint: u16,
    pub attribute: String,
    kind: Kind,
    state: String,
    /// Milliseconds since 1970, and the value.
    pub samples: Vec<(i64, f64)>,
}

impl Found {
    /// When the server took a reading is not kept; its own time stands for it.
    pub fn versions(&self) -> impl Iterator<Item = Version> + '_ {
        self.samples.iter().map(|(time, number)| {
            let value = match self.kind {
                Kind::Bool => Value::Bool(*number != 0.0),
                Kind::Integer => Value::Integer(*number as i64),
                Kind::Number => Value::Number(*number),
                Kind::Text => Value::Text(self.state.clone()),
            };
            Version { time: *time, received: *time, flags: 0, value }
        })
    }
}

fn parse(body: &[u8]) -> Result<Vec<Series<'_>>, TelemetryError> {
    let unreadable = |why: String| {
        TelemetryError::Unavailable(format!("the telemetry engine's answer cannot be read: {why}"))
    };
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    if answer.status != "success" {
        return Err(TelemetryError::Other(format!("the telemetry engine: {}", answer.error)));
    }
    if answer.is_partial {
        let why = "a part of the telemetry engine does not answer".to_owned();
        return Err(TelemetryError::Unavailable(why));
    }
    answer.data.map(|data| data.result).ok_or_else(|| unreadable("no data".to_owned()))
}

/// The series of Lares in the answer to a range selector.
pub fn raw(body: &[u8]) -> Result<Vec<Found>, TelemetryError> {
    let found = |mut series: Series<'_>| {
        let samples = series.values.iter().filter_map(|(seconds, text)| {
            // Markers of staleness are no numbers, and none of ours.
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
            Some(((seconds * 1_000.0).round() as i64, number))
        });
        Some(Found {
            samples: samples.collect(),
            endpoint: series.metric.get("endpoint")?.parse().ok()?,
            kind: parse_kind(series.metric.get("kind")?)?,
            attribute: series.metric.remove("attribute")?,
            state: series.metric.remove("state").unwrap_or_default(),
        })
    };
    Ok(parse(body)?.into_iter().filter_map(found).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"lares_a_b","attribute":"A.B","endpoint":"3","kind":"text","state":"a\"\u0000b"},
         "values":[[1700000000.123,"1"],[1700000001,"NaN"]]},
        {"metric":{"__name__":"lares_a_b","kind":"of somebody else"},"values":[[1,"1"]]}]}}"#;

    #[test]
    fn series_of_lares_are_read_and_others_left() {
        let found = raw(ANSWER.as_bytes()).unwrap();
        assert_eq!(found.len(), 1);
        let versions: Vec<Version> = found[0].versions().collect();
        assert_eq!((found[0].endpoint, versions.len()), (3, 1));
        assert_eq!(versions[0].time, 1_700_000_000_123);
        assert_eq!(versions[0].value, Value::Text("a\"\0b".to_owned()));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for body in ["", "<html>", "{}", r#"{"status":"success"}"#, &ANSWER.replace("false", "true")] {
            assert!(matches!(raw(body.as_bytes()), Err(TelemetryError::Unavailable(_))), "{body}");
        }
        let refused = raw(br#"{"status":"error","errorType":"422","error":"too many samples"}"#).err();
        assert_eq!(refused, Some(TelemetryError::Other("the telemetry engine: too many samples".to_owned())));
    }
}
