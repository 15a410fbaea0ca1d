//! The end of an account, and everything that is kept about a person.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::{erasure, own_data};

use super::Door;
use super::auth::visitor;
use super::extract::Who;
use super::problem::Problem;

/// Everything that is kept about you, as one JSON file: one list of rows for each table.
#[utoipa::path(get, path = "/api/auth/export", tag = "identity", operation_id = "exportAccount",
    responses((status = 200, description = "The file", content_type = "application/json",
        body = std::collections::HashMap<String, serde_json::Value>)))]
pub async fn export(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let export = own_data::begin(&door.hub, &caller, &visitor(&door, &request)).await?;
    let pieces = futures_util::stream::try_unfold(export, |mut export| async move {
        match export.next().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, export))),
            Err(error) => {
                // The file ends in the middle, and is no JSON: nobody takes it for all there is.
                tracing::error!(%error, "an export was cut short");
                Err(std::io::Error::other("the export was cut short"))
            }
        }
    });
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let name = HeaderValue::from_static("attachment; filename=\"lares-account.json\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Delete your account, for good. What only you are in goes with it: organisations without other members, their homes,
/// devices and readings.
#[utoipa::path(delete, path = "/api/auth/account", tag = "identity", operation_id = "deleteAccount",
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "You are the last owner of an organisation with other members", body = Problem,
            content_type = "application/problem+json")))]
pub async fn delete_account(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    erasure::delete_account(&door.hub, &caller, &visitor(&door, &request)).await?;
    Ok(StatusCode::NO_CONTENT)
}
