//! A CSV file into the log, with a report per row: every row that can be taken is, and every other is named with its
//! field and reason.

use std::path::Path;

use lares_model::capability::attribute;
use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{Appended, EmbeddedTelemetry, Telemetry as _};

const ENTRIES_AT_ONCE: usize = 1_000;

pub struct Report {
    pub taken: u64,
    pub refused: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Row {
    time: UnixMillis,
    organisation: Option<String>,
    device: String,
    endpoint: Option<u16>,
    attribute: String,
    kind: Option<String>,
    value: String,
    quality: Option<String>,
    received: Option<UnixMillis>,
}

pub async fn import(engine: &EmbeddedTelemetry, file: &Path, now: UnixMillis) -> Result<Report, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_path(file)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let known = engine.devices();
    let mut report = Report { taken: 0, refused: Vec::new() };
    let mut waiting: Vec<(u64, Entry)> = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize::<Row>()) {
        let entry = row.map_err(|error| why(&error)).and_then(|row| entry_of(row, &known, now));
        match entry {
            Ok(entry) => waiting.push((line, entry)),
            Err(reason) => report.refused.push(format!("line {line}: {reason}")),
        }
        if waiting.len() == ENTRIES_AT_ONCE {
            append(engine, std::mem::take(&mut waiting), &mut report).await?;
        }
    }
    append(engine, waiting, &mut report).await?;
    Ok(report)
}

/// What the CSV reader says, without its own words about positions.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        _ => error.to_string(),
    }
}

async fn append(
    engine: &EmbeddedTelemetry,
    rows: Vec<(u64, Entry)>,
    report: &mut Report,
) -> Result<(), String> {
    let (lines, entries): (Vec<u64>, Vec<Entry>) = rows.into_iter().unzip();
    let answers = engine.append(entries).await.map_err(|error| {
        let first = lines.first().copied().unwrap_or_default();
        format!("from line {first} on nothing was taken: {error}")
    })?;
    for (line, answer) in lines.iter().zip(answers) {
        match answer {
            Appended::Refused(refusal) => report.refused.push(format!("line {line}: {refusal}")),
            Appended::At(_) | Appended::Duplicate => report.taken += 1,
        }
    }
    Ok(())
}

fn entry_of(row: Row, known: &[(DeviceId, OrganisationId)], now: UnixMillis) -> Result<Entry, String> {
    let device: DeviceId = row.device.parse().map_err(|error| format!("device: {error}"))?;
    let stated = row.organisation.filter(|text| !text.is_empty());
    let organisation = match stated {
        Some(text) => text.parse().map_err(|error| format!("organisation: {error}"))?,
        None => {
            known.binary_search_by_key(&device, |(known, _)| *known).map(|index| known[index].1).map_err(
                |_| "organisation: is missing, and the device has no readings that tell it".to_owned(),
            )?
        }
    };
    let value = value_of(&row.attribute, row.kind.as_deref().unwrap_or_default(), &row.value)?;
    let quality = match row.quality.as_deref() {
        None | Some("") => Quality::Estimated,
        Some(name) => serde_json::from_value(serde_json::Value::String(name.to_owned()))
            .map_err(|_| format!("quality: {name:?} is not measured, estimated, late or future"))?,
    };
    let reading = Reading {
        endpoint: row.endpoint.unwrap_or(1),
        attribute: row.attribute.into(),
        time: row.time,
        value,
        quality,
        at_least_once: false,
    };
    // A reading that says when it was received keeps that, so that an export comes back as it was.
    let received = row.received.unwrap_or(now);
    Ok(Entry {
        organisation,
        device,
        received,
        identity: None,
        body: Body::Readings { readings: vec![reading] },
    })
}

/// By the stated kind, or else by the catalogue's.
fn value_of(name: &str, kind: &str, text: &str) -> Result<Value, String> {
    let wrong = |what: &str| format!("value: {text:?} is not {what}");
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
    match kind {
        "boolean" => text.parse().map(Value::Bool).map_err(|_| wrong("true or false")),
        "integer" => text.parse().map(Value::Integer).map_err(|_| wrong("an integer")),
        "number" => number().map(Value::Number).ok_or_else(|| wrong("a finite number")),
        "text" => Ok(Value::Text(text.to_owned())),
        "" => {
            let spec = attribute(name)
                .ok_or_else(|| format!("attribute: {name:?} is not in the catalogue, so `kind` is needed"))?;
            let guesses = [
                text.parse().ok().map(Value::Bool),
                text.parse().ok().map(Value::Integer),
                number().map(Value::Number),
                Some(Value::Text(text.to_owned())),
            ];
            let mut taken = guesses.into_iter().flatten().filter_map(|value| spec.kind.accept(&value).ok());
            taken.next().ok_or_else(|| wrong(&spec.kind.to_string()))
        }
        other => Err(format!("kind: {other:?} is not boolean, integer, number or text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_stated_kind_or_the_catalogue() {
        let power = "ElectricalPowerMeasurement.ActivePower";
        assert_eq!(value_of(power, "", "5"), Ok(Value::Number(5.0)));
        assert_eq!(value_of("OnOff.OnOff", "", "true"), Ok(Value::Bool(true)));
        assert_eq!(value_of("Own.Thing", "integer", "5"), Ok(Value::Integer(5)));
        assert!(value_of("Own.Thing", "", "5").unwrap_err().contains("`kind` is needed"));
        assert!(value_of(power, "", "warm").unwrap_err().starts_with("value:"));
        assert!(value_of(power, "number", "NaN").unwrap_err().contains("finite"));
    }
}
