//! How many readings a removal would take.

use axum::Json;
use axum::extract::State;
use lares_hub::readings_count::{self as hub, Counted};
use lares_model::{DeviceId, HomeId, UnixMillis};
use serde::Serialize;

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::readings_change::DeletionQuery;

/// A series with at least one reading in the span.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CountedView {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    pub count: u64,
    pub first: UnixMillis,
    pub last: UnixMillis,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CountView {
    /// All series together.
    pub count: u64,
    pub series: Vec<CountedView>,
}

impl CountView {
    fn of(counted: Vec<Counted>) -> Json<CountView> {
        let count = counted.iter().map(|one| one.count).sum();
        let series = counted.into_iter().map(|one| CountedView {
            device: one.series.device,
            endpoint: one.series.endpoint,
            attribute: one.series.attribute,
            count: one.count,
            first: one.first,
            last: one.last,
        });
        Json(CountView { count, series: series.collect() })
    }
}

/// Count the readings of a span, series by series: what removing it would take.
#[utoipa::path(get, path = "/api/iot/devices/{id}/readings/count", tag = "devices", operation_id = "countReadings",
    params(("id" = DeviceId, Path, description = "Device"), DeletionQuery),
    responses((status = 200, description = "How many", body = CountView)))]
pub async fn of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<DeletionQuery>,
) -> Result<Json<CountView>, Problem> {
    Ok(CountView::of(hub::of_device(&door.hub, &caller, id, &query.into()).await?))
}

/// Count the readings of a span of all devices of a home: what removing it would take.
#[utoipa::path(get, path = "/api/homes/{id}/readings/count", tag = "homes", operation_id = "countHomeReadings",
    params(("id" = HomeId, Path, description = "Home"), DeletionQuery),
    responses((status = 200, description = "How many", body = CountView)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
    Params(query): Params<DeletionQuery>,
) -> Result<Json<CountView>, Problem> {
    Ok(CountView::of(hub::of_home(&door.hub, &caller, id, &query.into()).await?))
}
