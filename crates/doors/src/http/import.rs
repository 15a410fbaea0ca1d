//! Bulk registration from CSV.

use axum::Json;
use axum::extract::State;
use lares_hub::device_import::{self as hub, RowReport};
use lares_model::{DeviceId, FieldError};
use serde::Serialize;

use super::Door;
use super::extract::{PostedCsv, Who};
use super::problem::Problem;
use super::views::OnceHeader;

/// What became of one row.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RowView {
    /// Line of the file; the heading is line 1.
    pub line: u64,
    pub name: String,
    /// The new device; absent when the row was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<ImportedView>,
    pub errors: Vec<FieldError>,
}

/// A device registered from a row, with its password, shown once. Its id is also its user name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ImportedView {
    pub id: DeviceId,
    pub password: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ImportView {
    pub registered: usize,
    pub refused: usize,
    pub rows: Vec<RowView>,
}

fn view(reports: Vec<RowReport>) -> ImportView {
    let registered = reports.iter().filter(|report| report.registered.is_some()).count();
    ImportView {
        registered,
        refused: reports.len() - registered,
        rows: reports
            .into_iter()
            .map(|report| RowView {
                line: report.line,
                name: report.name,
                device: report.registered.map(|row| ImportedView { id: row.id, password: row.password }),
                errors: report.errors,
            })
            .collect(),
    }
}

/// Register many devices from CSV (RFC 4180). Columns: home, name, capabilities (separated by blanks, on endpoint 1),
/// and optionally room, vendor, model, serial, firmware, tags, encoding, expected_interval_s. Every row is registered
/// or refused by itself; the report says which, and why.
#[utoipa::path(post, path = "/api/iot/devices/import", tag = "devices", operation_id = "importDevices",
    params(OnceHeader), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "The report, row by row", body = ImportView)))]
pub async fn import(
    State(door): State<Door>,
    Who(caller): Who,
    PostedCsv(once, text): PostedCsv,
) -> Result<Json<ImportView>, Problem> {
    Ok(Json(view(hub::import(&door.hub, &caller, once.as_ref(), &text).await?)))
}
