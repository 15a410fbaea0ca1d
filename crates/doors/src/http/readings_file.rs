//! Readings as a CSV file, out and in.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use lares_hub::readings::{self as hub, ReadingsFilter, StoredReading};
use lares_hub::{Caller, Hub, HubError, devices, readings_csv, readings_import};
use lares_model::{DeviceId, FieldError, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, PostedCsv, Who};
use super::problem::Problem;
use super::readings::check_series;
use super::views::OnceHeader;

/// Readings that are in memory at a time, whatever the file's length.
const PAGE: usize = 5_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    #[param(maximum = 254)]
    endpoint: Option<u16>,
    /// Full name, `Capability.Attribute`.
    attribute: Option<String>,
    /// From this device time on.
    from: Option<UnixMillis>,
    /// Before this device time.
    until: Option<UnixMillis>,
    /// As the server knew it at this instant: what arrived or was corrected later is left out.
    known_at: Option<UnixMillis>,
}

/// Of an import: 50,000 rows as an export writes them.
pub(super) const BODY_BYTES: usize = 8 * 1024 * 1024;

/// Where a file that is being written stands.
struct Writing {
    hub: Arc<Hub>,
    caller: Caller,
    device: DeviceId,
    filter: ReadingsFilter,
    first: bool,
    /// `None` at the end.
    cursor: Option<Option<String>>,
}

impl Writing {
    async fn page(&mut self) -> Result<Option<Bytes>, HubError> {
        let Some(cursor) = self.cursor.take() else { return Ok(None) };
        let filter = self.filter.clone();
        let listed = hub::list(&self.hub, &self.caller, self.device, filter, cursor.as_deref(), PAGE).await?;
        self.cursor = listed.next_cursor.map(Some);
        let items: &[StoredReading] = &listed.items;
        let lines = readings_csv::lines(items, std::mem::take(&mut self.first))?;
        Ok(Some(Bytes::from(lines)))
    }
}

/// Readings of a device as CSV (RFC 4180), oldest first. A text that a spreadsheet would take for a formula starts with
/// an apostrophe. A file that breaks off was not sent to its end: the connection ends without its last chunk.
#[utoipa::path(get, path = "/api/iot/devices/{id}/readings.csv", tag = "devices", operation_id = "exportReadings",
    params(("id" = DeviceId, Path, description = "Device"), FileQuery),
    responses((status = 200, description = "Columns: time, endpoint, attribute, value, unit, quality, received",
        body = String, content_type = "text/csv")))]
pub async fn export(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<FileQuery>,
) -> Result<Response, Problem> {
    check_series(query.attribute.as_deref(), query.endpoint)?;
    let device = devices::find(&door.hub, &caller, id).await?;
    let name = readings_csv::file_name(&device.name, query.attribute.as_deref(), query.from, query.until);
    let filter = ReadingsFilter {
        endpoint: query.endpoint,
        attribute: query.attribute,
        from: query.from,
        until: query.until,
        known_at: query.known_at,
        newest_first: false,
    };
    let hub = door.hub.clone();
    let mut writing = Writing { hub, caller, device: id, filter, first: true, cursor: Some(None) };
    // What fails at once is a problem document; what fails later cuts the file short.
    let first = writing.page().await?;
    let rest = stream::try_unfold(writing, |mut writing| async move {
        let page = writing.page().await.inspect_err(|error| {
            tracing::error!(%error, "a file of readings was cut short");
        })?;
        Ok::<_, HubError>(page.map(|page| (page, writing)))
    });
    let all = futures_util::StreamExt::chain(stream::iter(first.map(Ok)), rest);
    let mut response = Body::from_stream(all).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// A row that was not taken.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RefusedRowView {
    /// Line of the file; the heading is line 1.
    pub line: u64,
    /// `field` is the column.
    pub errors: Vec<FieldError>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ReadingsImportView {
    pub accepted: usize,
    pub refused: usize,
    /// Those that were refused; every other row was accepted.
    pub rows: Vec<RefusedRowView>,
}

/// Take readings from CSV (RFC 4180). Columns: time, endpoint, attribute, value; those that an export has beside them
/// (unit, quality, received) are not read. At most 50,000 rows and 8 MiB. Every row is accepted or refused by itself. Readings
/// taken so are marked `estimated`, or `late` where they are older than that; they are history, and change neither the
/// device's present state nor its presence. The same file again changes nothing.
#[utoipa::path(post, path = "/api/iot/devices/{id}/readings/import", tag = "devices", operation_id = "importReadings",
    params(("id" = DeviceId, Path, description = "Device"), OnceHeader),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What became of the rows", body = ReadingsImportView)))]
pub async fn import(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    PostedCsv(once, text): PostedCsv,
) -> Result<Json<ReadingsImportView>, Problem> {
    let report = readings_import::import(&door.hub, &caller, once.as_ref(), id, &text).await?;
    let rows = report.refused.into_iter().map(|row| RefusedRowView { line: row.line, errors: row.errors });
    let rows: Vec<_> = rows.collect();
    Ok(Json(ReadingsImportView { accepted: report.accepted, refused: rows.len(), rows }))
}
