//! Readings corrected and removed by people.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::readings_correction::{Correction, correct as correct_in_hub};
use lares_hub::readings_deletion::{self as hub, Span};
use lares_model::{DeviceId, HomeId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::OnceHeader;

/// A reading that was wrong, and what it should have been.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionBody {
    #[schema(maximum = 254)]
    endpoint: u16,
    /// Full name, `Capability.Attribute`.
    attribute: String,
    /// The instant of the reading, exactly.
    time: UnixMillis,
    #[schema(schema_with = lares_model::value::schema)]
    value: Value,
    /// Kept in the event log.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// A corrected reading.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CorrectedView {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    pub time: UnixMillis,
    #[schema(schema_with = lares_model::value::schema)]
    pub before: Value,
    #[schema(schema_with = lares_model::value::schema)]
    pub after: Value,
    /// Asking for readings with a `known_at` before this instant shows the value before.
    pub known_at: UnixMillis,
}

/// Correct a reading. The later version counts from now on; the earlier stays readable with `known_at`, and the event
/// log says who corrected it and why.
#[utoipa::path(post, path = "/api/iot/devices/{id}/readings/corrections", tag = "devices",
    operation_id = "correctReading", params(("id" = DeviceId, Path, description = "Device"), OnceHeader),
    request_body = CorrectionBody, responses((status = 201, description = "Corrected", body = CorrectedView)))]
pub async fn correct(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Posted(once, body): Posted<CorrectionBody>,
) -> Result<(StatusCode, Json<CorrectedView>), Problem> {
    let correction = Correction {
        endpoint: body.endpoint,
        attribute: body.attribute,
        time: body.time,
        value: body.value,
        reason: body.reason,
    };
    let corrected = correct_in_hub(&door.hub, &caller, once.as_ref(), id, &correction).await?;
    let view = CorrectedView {
        device: id,
        endpoint: correction.endpoint,
        attribute: correction.attribute,
        time: correction.time,
        before: corrected.before,
        after: corrected.after,
        known_at: corrected.known_at,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeletionQuery {
    /// From this device time on.
    from: UnixMillis,
    /// Before this device time.
    until: UnixMillis,
    /// Only of this attribute: full name, `Capability.Attribute`.
    attribute: Option<String>,
}

impl From<DeletionQuery> for Span {
    fn from(query: DeletionQuery) -> Span {
        Span { from: query.from, until: query.until, attribute: query.attribute }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletionView {
    /// How many readings are gone.
    pub removed: u64,
}

/// Remove the readings of a span for good, with what was summed up from them. Events stay.
#[utoipa::path(delete, path = "/api/iot/devices/{id}/readings", tag = "devices", operation_id = "deleteReadings",
    params(("id" = DeviceId, Path, description = "Device"), DeletionQuery),
    responses((status = 200, description = "Removed", body = DeletionView)))]
pub async fn delete_of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<DeletionQuery>,
) -> Result<Json<DeletionView>, Problem> {
    let removed = hub::of_device(&door.hub, &caller, id, &query.into()).await?;
    Ok(Json(DeletionView { removed }))
}

/// Remove the readings of a span of all devices of a home for good, such as those of somebody's stay. Events stay.
#[utoipa::path(delete, path = "/api/homes/{id}/readings", tag = "homes", operation_id = "deleteHomeReadings",
    params(("id" = HomeId, Path, description = "Home"), DeletionQuery),
    responses((status = 200, description = "Removed", body = DeletionView)))]
pub async fn delete_of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
    Params(query): Params<DeletionQuery>,
) -> Result<Json<DeletionView>, Problem> {
    let removed = hub::of_home(&door.hub, &caller, id, &query.into()).await?;
    Ok(Json(DeletionView { removed }))
}
