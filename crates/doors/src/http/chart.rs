//! A series as it is drawn: few readings that make the same line as all of them.

use axum::Json;
use axum::extract::State;
use lares_hub::chart::{self as hub, Asked};
use lares_model::chart::Point;
use lares_model::gap::Gap;
use lares_model::{DeviceId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::readings::check_series;

const POINTS_DEFAULT: u32 = 1_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChartQuery {
    /// Full name, `Capability.Attribute`.
    attribute: String,
    /// The device's first with this capability, when left out.
    #[param(maximum = 254)]
    endpoint: Option<u16>,
    /// From this device time on; a day before `until` when left out.
    from: Option<UnixMillis>,
    /// Before this device time; now when left out. The span holds at most 2,000,000 readings, where the
    /// server is not set up otherwise.
    until: Option<UnixMillis>,
    /// How many pixels wide it is drawn; 1000 when left out. At most four readings come for each.
    #[param(minimum = 1, maximum = 4000)]
    points: Option<u32>,
}

/// A series as it is drawn.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ChartView {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    pub from: UnixMillis,
    /// Exclusive.
    pub until: UnixMillis,
    /// How many readings there are in the span.
    pub readings: u64,
    /// Of each pixel the first, least, greatest and last reading, oldest first.
    pub points: Vec<Point>,
    /// Spans without readings that are longer than three times the typical time between readings, at most the 1,000
    /// longest, oldest first. A state that is reported when it changes has none.
    pub gaps: Vec<Gap>,
}

/// The readings that draw the same line as all of them: the first, least, greatest and last of each pixel (M4).
#[utoipa::path(get, path = "/api/iot/devices/{id}/chart", tag = "devices", operation_id = "getChart",
    params(("id" = DeviceId, Path, description = "Device"), ChartQuery),
    responses((status = 200, description = "What is drawn", body = ChartView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<ChartQuery>,
) -> Result<Json<ChartView>, Problem> {
    check_series(None, query.endpoint)?;
    let asked = Asked {
        attribute: query.attribute,
        endpoint: query.endpoint,
        from: query.from,
        until: query.until,
        pixels: query.points.unwrap_or(POINTS_DEFAULT),
    };
    let chart = hub::of_device(&door.hub, &caller, id, &asked).await?;
    Ok(Json(ChartView {
        device: chart.device.id,
        endpoint: chart.endpoint,
        unit: lares_model::capability::attribute(&asked.attribute).and_then(|spec| spec.kind.unit()),
        attribute: asked.attribute,
        from: chart.from,
        until: chart.until,
        readings: chart.readings,
        points: chart.points,
        gaps: chart.gaps,
    }))
}
