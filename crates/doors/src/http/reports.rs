//! Reports of devices that have no MQTT: the same message as on their telemetry topic, acknowledged when it is safe.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use lares_hub::{HubError, ingest};
use lares_model::device::Encoding;
use lares_model::protocol::Channel;
use serde::Serialize;

use super::Door;
use super::device_request::Reporting;
use super::problem::Problem;

/// What became of a report: it is in the log, on the disk.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReceivedView {
    /// What of it could not be taken, and why. Sending it again would not help.
    pub refused: Vec<String>,
}

/// Report readings, as the device itself: signed (RFC 9421) or with its password over TLS. Answers when it is on disk.
#[utoipa::path(post, path = "/api/iot/devices/{id}/telemetry", tag = "devices", operation_id = "reportTelemetry",
    params(("id" = lares_model::DeviceId, Path, description = "Device")),
    request_body(description = "A report of the native device protocol, in JSON or CBOR",
        content((Object = "application/json"), (Vec<u8> = "application/cbor"))),
    responses((status = 202, description = "In the log", body = ReceivedView),
        (status = 507, description = "A limit of the organisation or the device is reached: nothing was taken",
            body = Problem, content_type = "application/problem+json")))]
pub async fn telemetry(
    State(door): State<Door>,
    Reporting(device): Reporting,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<ReceivedView>), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = match given.split(';').next().unwrap_or_default().trim() {
        "application/json" => Encoding::Json,
        "application/cbor" => Encoding::Cbor,
        _ => {
            let text = "send this as application/json or application/cbor";
            return Err(Problem::new(415, "Unsupported media type", text));
        }
    };
    let reported = ingest::report(&door.hub, &device, Channel::Telemetry, Some(encoding), &body).await;
    let reported = reported.map_err(HubError::from)?;
    if let Some(limit) = reported.limit {
        return Err(HubError::from(limit).into());
    }
    Ok((StatusCode::ACCEPTED, Json(ReceivedView { refused: reported.refused })))
}
