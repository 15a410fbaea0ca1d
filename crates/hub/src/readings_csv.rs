//! Readings as CSV (RFC 4180) and back. A text that a spreadsheet would take for a formula is marked with an apostrophe,
//! as OWASP advises against CSV injection, and comes back without it.

use lares_model::capability::{Kind, attribute};
use lares_model::{UnixMillis, Value};
use lares_telemetry::StoredReading;

use crate::error::HubError;

/// Those of an export; an import reads the first four.
pub const COLUMNS: [&str; 7] = ["time", "endpoint", "attribute", "value", "unit", "quality", "received"];
pub const COLUMNS_READ: usize = 4;

/// Lines of a file; the first page has the heading.
pub fn lines(readings: &[StoredReading], with_heading: bool) -> Result<Vec<u8>, HubError> {
    let internal = |error: csv::Error| HubError::Internal(error.to_string());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_heading {
        writer.write_record(COLUMNS).map_err(internal)?;
    }
    for reading in readings {
        let unit = attribute(&reading.key.attribute).and_then(|spec| spec.kind.unit()).unwrap_or_default();
        let quality =
            serde_json::to_value(reading.quality).map_err(|error| HubError::Internal(error.to_string()))?;
        writer
            .write_record([
                reading.key.time.to_string().as_str(),
                reading.key.endpoint.to_string().as_str(),
                reading.key.attribute.as_str(),
                cell(&reading.value).as_str(),
                unit,
                quality.as_str().unwrap_or_default(),
                reading.received.to_string().as_str(),
            ])
            .map_err(internal)?;
    }
    writer.into_inner().map_err(|error| HubError::Internal(error.to_string()))
}

/// A name that every disk takes, from what is asked for.
pub fn file_name(
    device: &str,
    attribute: Option<&str>,
    from: Option<UnixMillis>,
    until: Option<UnixMillis>,
) -> String {
    let day = |instant: UnixMillis| instant.to_string().chars().take(10).collect::<String>();
    let attribute = attribute.and_then(|name| name.split('.').next_back()).unwrap_or_default();
    let (from, until) = (from.map(day).unwrap_or_default(), until.map(day).unwrap_or_default());
    let words = [device, "readings", attribute, &from, &until].join(" ").to_lowercase();
    let plain: String = words.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    format!("{}.csv", plain.split_whitespace().collect::<Vec<_>>().join("-"))
}

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) if text.trim_start_matches('\'').starts_with(FORMULA) => format!("'{text}"),
        other => other.to_string(),
    }
}

/// The value of a cell, of the attribute's own type where it can be one.
pub fn value(kind: &Kind, cell: &str) -> Value {
    match kind {
        Kind::Bool => match cell {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => Value::Text(other.to_owned()),
        },
        Kind::Integer { .. } | Kind::Number { .. } => match (cell.parse::<i64>(), cell.parse::<f64>()) {
            (Ok(integer), _) => Value::Integer(integer),
            (_, Ok(number)) => Value::Number(number),
            _ => Value::Text(cell.to_owned()),
        },
        Kind::Enum(_) | Kind::Text { .. } => Value::Text(unmarked(cell).to_owned()),
    }
}

fn unmarked(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Kind = Kind::Text { max_chars: 100 };

    #[test]
    fn texts_come_back_as_they_were_and_none_starts_a_formula() {
        for text in [
            "=1+1",
            "+49",
            "-5",
            "@SUM(A1)",
            "\tx",
            "'=1",
            "''-x",
            "'quoted",
            "plain",
            "",
            "a=b",
            "\"q\",;\n",
        ] {
            let written = cell(&Value::Text(text.to_owned()));
            assert!(!written.starts_with(FORMULA), "{written:?}");
            assert_eq!(value(&TEXT, &written), Value::Text(text.to_owned()));
        }
        assert_eq!(cell(&Value::Number(-5.5)), "-5.5", "a number is no formula");
    }

    #[test]
    fn cells_become_values_of_the_attributes_type() {
        let number = Kind::Number { unit: "W", min: -1e9, max: 1e9 };
        assert_eq!(value(&number, "20"), Value::Integer(20));
        assert_eq!(value(&number, "-0.1"), Value::Number(-0.1));
        assert_eq!(value(&number, "warm"), Value::Text("warm".into()));
        assert_eq!(value(&Kind::Bool, "true"), Value::Bool(true));
        assert_eq!(value(&Kind::Bool, "TRUE"), Value::Text("TRUE".into()));
    }

    #[test]
    fn file_names_are_plain() {
        let at = Some(UnixMillis(1_763_661_845_007));
        let name = file_name("Küche / Plug \"1\"", Some("OnOff.OnOff"), at, None);
        assert_eq!(name, "k-che-plug-1-readings-onoff-2025-11-20.csv");
        assert_eq!(file_name("../..", None, None, None), "readings.csv");
    }
}
