//! Bulk registration from CSV (RFC 4180): every row is registered or refused by itself, with its line and reason.

use lares_model::access::Action;
use lares_model::device::{Encoding, Endpoint};
use lares_model::{DeviceId, FieldError, HomeId, Invalid, RoomId};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::csv_lines::Lines;
use crate::devices::{NewDevice, Registered, insert_new};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

pub const ROWS_MAX: usize = 2_000;
pub const COLUMNS: [&str; 11] = [
    "home",
    "room",
    "name",
    "vendor",
    "model",
    "serial",
    "firmware",
    "capabilities",
    "tags",
    "encoding",
    "expected_interval_s",
];

/// What became of one row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowReport {
    /// Line of the file; the heading is line 1.
    pub line: u64,
    pub name: String,
    pub registered: Option<RowDevice>,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowDevice {
    pub id: DeviceId,
    pub password: String,
}

#[derive(Debug, Deserialize)]
struct Row {
    home: String,
    #[serde(default)]
    room: Option<String>,
    name: String,
    #[serde(default)]
    vendor: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    serial: Option<String>,
    #[serde(default)]
    firmware: Option<String>,
    /// Separated by blanks; all on endpoint 1.
    capabilities: String,
    #[serde(default)]
    tags: String,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    expected_interval_s: Option<String>,
}

pub async fn import(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    text: &[u8],
) -> Result<Vec<RowReport>, HubError> {
    let rows = read_rows(text)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Vec<RowReport>>(hub, &work, caller, once).await? {
        // The kept report holds passwords: who lost the right to a device since does not see them again.
        for row in done.iter().filter_map(|report| report.registered.as_ref()) {
            if let Some(device) = hub.directory.get(row.id) {
                caller.require(Action::DeviceManage, device.organisation)?;
            }
        }
        return Ok(done);
    }
    let mut reports = Vec::with_capacity(rows.len());
    let mut devices = Vec::new();
    for (line, row) in rows {
        let (name, outcome) = match row {
            Err(error) => (String::new(), Err(error.into())),
            Ok(row) => {
                let name = row.name.clone();
                (name, register_row(hub, &work, caller, &row).await)
            }
        };
        let report = match outcome {
            Ok(Registered { device, password }) => {
                let registered = Some(RowDevice { id: device.id, password });
                devices.push(device);
                RowReport { line, name, registered, errors: vec![] }
            }
            Err(error) => RowReport { line, name, registered: None, errors: row_errors(error)? },
        };
        reports.push(report);
    }
    keep(hub, &work, caller, once, &reports).await?;
    work.commit().await?;
    for device in devices {
        hub.directory.put(device);
    }
    hub.nudges.events_committed();
    Ok(reports)
}

/// What concerns one row goes into its report; what concerns the store ends the import.
fn row_errors(error: HubError) -> Result<Vec<FieldError>, HubError> {
    match error {
        HubError::Invalid(invalid) => Ok(invalid.errors.into_iter().map(by_column).collect()),
        HubError::Forbidden | HubError::NotFound(_) => {
            Ok(vec![FieldError { field: "home".to_owned(), reason: error.to_string() }])
        }
        other => Err(other),
    }
}

type Rows = Vec<(u64, Result<Row, Invalid>)>;

fn read_rows(text: &[u8]) -> Result<Rows, HubError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text);
    let heading = reader.headers().map_err(|error| Invalid::one("line 1", error.to_string()))?.clone();
    let mut invalid = Invalid::default();
    for name in heading.iter().filter(|name| !COLUMNS.contains(name)) {
        invalid.add("line 1", format!("column {name:?} is not known; known are {}", COLUMNS.join(", ")));
    }
    for name in ["home", "name", "capabilities"] {
        if !heading.iter().any(|column| column == name) {
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

fn parse_row(row: &Row) -> Result<NewDevice, Invalid> {
    let mut invalid = Invalid::default();
    let home: Option<HomeId> = row.home.parse().ok();
    if home.is_none() {
        invalid.add("home", "must be the id of a home");
    }
    let room = row.room.as_deref().filter(|text| !text.is_empty());
    let room_id: Option<RoomId> = room.and_then(|text| text.parse().ok());
    if room.is_some() && room_id.is_none() {
        invalid.add("room", "must be the id of a room, or empty");
    }
    let encoding = match row.encoding.as_deref().unwrap_or_default() {
        "" | "json" => Encoding::Json,
        "cbor" => Encoding::Cbor,
        _ => {
            invalid.add("encoding", "must be json or cbor");
            Encoding::Json
        }
    };
    let interval = row.expected_interval_s.as_deref().filter(|text| !text.is_empty());
    let expected_interval_s = interval.and_then(|text| text.parse().ok());
    if interval.is_some() && expected_interval_s.is_none() {
        invalid.add("expected_interval_s", "must be a whole number of seconds");
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    for (column, text) in [("serial", &row.serial), ("firmware", &row.firmware)] {
        if text.as_ref().is_some_and(|text| text.contains(char::is_control)) {
            invalid.add(column, "must not contain control characters");
        }
    }
    let Some(home) = home else { return Err(invalid) };
    invalid.or(NewDevice {
        home,
        room: room_id,
        name: row.name.clone(),
        vendor: row.vendor.clone(),
        model: row.model.clone(),
        serial: given(&row.serial),
        firmware: given(&row.firmware),
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: words(&row.capabilities),
            ..Endpoint::default()
        }],
        tags: words(&row.tags),
        encoding,
        expected_interval_s,
    })
}

/// As the file has it: what a device calls its first endpoint's capabilities is a column there, with words in it.
fn by_column(error: FieldError) -> FieldError {
    let field = error.field.trim_start_matches('/');
    let Some(place) = field.strip_prefix("endpoints/0/capabilities") else {
        return FieldError { field: field.to_owned(), reason: error.reason };
    };
    let nth = place.trim_start_matches('/').parse::<usize>().ok();
    let reason = nth.map_or(error.reason.clone(), |nth| format!("word {} {}", nth + 1, error.reason));
    FieldError { field: "capabilities".to_owned(), reason }
}

async fn register_row(
    hub: &Hub,
    work: &lares_store::UnitOfWork,
    caller: &Caller,
    row: &Row,
) -> Result<Registered, HubError> {
    let new = parse_row(row)?;
    let home = lares_store::homes::find(work, caller.scope(), new.home).await?;
    if let (Some(serial), Some(home)) = (&new.serial, home) {
        // A unique violation would end the whole transaction on PostgreSQL, so look first.
        let filter =
            lares_store::devices::DeviceFilter { serial: Some(serial.clone()), ..Default::default() };
        let page = lares_store::Page { after: None, limit: 1 };
        // Unique within the organisation, not within all that the caller can see.
        let scope = caller.scope().narrowed(home.organisation);
        let taken = !lares_store::devices::list(work, &scope, &filter, page).await?.is_empty();
        if taken {
            return Err(Invalid::one("serial", "is the serial of a device that is registered already").into());
        }
    }
    insert_new(hub, work, caller, &new).await
}
