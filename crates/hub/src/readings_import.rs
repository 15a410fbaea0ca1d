//! Readings from a CSV file: every row is taken or refused by itself. They go through the log like a device's, are
//! marked as estimated or late, and change nothing of what the device is now.

use lares_model::access::Action;
use lares_model::device::Device;
use lares_model::event::EventType;
use lares_model::protocol::ITEMS_MAX;
use lares_model::reading::{Quality, Reading, TimePolicy, judge_time};
use lares_model::{DeviceId, FieldError, Invalid, UnixMillis};
use lares_store::events;
use lares_telemetry::{Appended, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::caller::Caller;
use crate::csv_lines::Lines;
use crate::devices::{device_event, find};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::readings_csv::{COLUMNS, COLUMNS_READ, value};
use crate::{ingest, series};

pub const ROWS_MAX: usize = 50_000;

/// What became of a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub accepted: usize,
    pub refused: Vec<RefusedRow>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Line of the file; the heading is line 1.
    pub line: u64,
    pub errors: Vec<FieldError>,
}

#[derive(Debug, Deserialize)]
struct Row {
    time: String,
    endpoint: String,
    attribute: String,
    value: String,
}

/// The same file again changes nothing: an instant that is told the same value stays the one reading that it is.
pub async fn import(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: DeviceId,
    text: &[u8],
) -> Result<Report, HubError> {
    let device = find(hub, caller, id).await?;
    caller.require(Action::DeviceManage, device.organisation)?;
    let rows = read_rows(text)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Report>(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let mut report = Report::default();
    let mut taken = Vec::new();
    for (line, row) in rows {
        match row.and_then(|row| judge(&hub.time_policy, &device, &row, hub.now())) {
            Ok(reading) => taken.push((line, reading)),
            Err(invalid) => report.refused.push(RefusedRow { line, errors: invalid.errors }),
        }
    }
    append(hub, &device, &taken, &mut report).await?;
    report.refused.sort_by_key(|row| row.line);
    if report.accepted > 0 {
        let payload = json!({ "accepted": report.accepted, "refused": report.refused.len() });
        let event = device_event(hub, caller, &device, EventType::ReadingsImported, payload);
        events::append(&work, vec![event]).await?;
    }
    keep(hub, &work, caller, once, &report).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(report)
}

async fn append(
    hub: &Hub,
    device: &Device,
    taken: &[(u64, Reading)],
    report: &mut Report,
) -> Result<(), HubError> {
    for part in taken.chunks(ITEMS_MAX) {
        let readings = part.iter().map(|(_, reading)| reading.clone()).collect();
        match ingest::by_hand(hub, device, readings, hub.now()).await? {
            Appended::Refused(refusal) => {
                let field = if refusal == Refusal::PointsOfOrganisation { "row" } else { "attribute" };
                let error = FieldError { field: field.to_owned(), reason: refusal.to_string() };
                let refused =
                    part.iter().map(|(line, _)| RefusedRow { line: *line, errors: vec![error.clone()] });
                report.refused.extend(refused);
            }
            Appended::At(_) | Appended::Duplicate => report.accepted += part.len(),
        }
    }
    Ok(())
}

type Rows = Vec<(u64, Result<Row, Invalid>)>;

fn read_rows(text: &[u8]) -> Result<Rows, HubError> {
    // A spreadsheet's mark of its encoding is no part of the first column's name.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text);
    let heading = reader.headers().map_err(|error| Invalid::one("line 1", error.to_string()))?.clone();
    let mut invalid = Invalid::default();
    for name in heading.iter().filter(|name| !COLUMNS.contains(name)) {
        invalid.add("line 1", format!("column {name:?} is not known; known are {}", COLUMNS.join(", ")));
    }
    for name in &COLUMNS[..COLUMNS_READ] {
        if !heading.iter().any(|column| column == *name) {
            invalid.add("line 1", format!("column {name:?} is missing"));
        }
    }
    invalid.or(())?;
    let mut rows = Vec::new();
    let mut lines = Lines::of(text);
    for (index, record) in reader.records().enumerate() {
        if index == ROWS_MAX {
            return Err(Invalid::one("rows", format!("at most {ROWS_MAX} rows are taken at once")).into());
        }
        let begins = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        let line = begins.map_or(index as u64 + 2, |begins| lines.at(begins.byte() as usize));
        let row = record
            .and_then(|record| record.deserialize(Some(&heading)))
            .map_err(|error| Invalid::one("row", error.to_string()));
        rows.push((line, row));
    }
    if rows.is_empty() {
        return Err(Invalid::one("rows", "the file has a heading and no rows").into());
    }
    Ok(rows)
}

fn judge(policy: &TimePolicy, device: &Device, row: &Row, now: UnixMillis) -> Result<Reading, Invalid> {
    let mut invalid = Invalid::default();
    let time = row.time.parse().and_then(|time| Ok((time, quality_of(policy, time, now)?)));
    let endpoint = row.endpoint.parse::<u16>().ok();
    if endpoint.is_none() {
        invalid.add("endpoint", "must be a number from 0 to 254");
    }
    if let Err(reason) = &time {
        invalid.add("time", reason.clone());
    }
    let accepted = match endpoint.map(|endpoint| spec_of(device, endpoint, &row.attribute)) {
        Some(Ok(spec)) => match spec.kind.accept(&value(&spec.kind, &row.value)) {
            Ok(value) => Some(value),
            Err(reason) => {
                invalid.add("value", reason);
                None
            }
        },
        Some(Err(wrong)) => {
            invalid.errors.extend(wrong.errors);
            None
        }
        None => None,
    };
    let (Some(endpoint), Ok((time, quality)), Some(value)) = (endpoint, time, accepted) else {
        return Err(invalid);
    };
    invalid.or(Reading {
        endpoint,
        attribute: row.attribute.as_str().into(),
        time,
        value,
        quality,
        at_least_once: false,
    })
}

/// What somebody enters is not measured; what lies ahead cannot be known.
pub(crate) fn quality_of(policy: &TimePolicy, time: UnixMillis, now: UnixMillis) -> Result<Quality, String> {
    match judge_time(policy, time, now)? {
        Quality::Late => Ok(Quality::Late),
        Quality::Future => Err(format!("time {time} lies in the future")),
        Quality::Measured | Quality::Estimated => Ok(Quality::Estimated),
    }
}

/// The attribute, if the device was registered with its capability on this endpoint.
pub(crate) fn spec_of(
    device: &Device,
    endpoint: u16,
    full_name: &str,
) -> Result<&'static lares_model::capability::Attribute, Invalid> {
    let spec = series::known(full_name)?;
    let capability = full_name.split('.').next().unwrap_or_default();
    if !device.has(endpoint, capability) {
        return Err(Invalid::one(
            "endpoint",
            format!("endpoint {endpoint} was not registered with {capability}"),
        ));
    }
    Ok(spec)
}
