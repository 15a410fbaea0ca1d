//! The history of an attribute as a chart needs it: buckets in place of readings.

use axum::Json;
use axum::extract::State;
use lares_hub::history::{self as hub, Asked, History};
use lares_model::history::{Bucket, Division, Step};
use lares_model::{DeviceId, Invalid, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::readings::ENDPOINT_MAX;

const BUCKETS_DEFAULT: u32 = 300;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Full name, `Capability.Attribute`.
    attribute: String,
    /// The device's first with this capability, when left out.
    #[param(maximum = 254)]
    endpoint: Option<u16>,
    /// From this device time on; a day before `until` when left out.
    from: Option<UnixMillis>,
    /// Before this device time; now when left out.
    until: Option<UnixMillis>,
    /// So many of equal width; 300 when neither this nor `step` is given.
    #[param(minimum = 1, maximum = 2000)]
    buckets: Option<u32>,
    /// In place of `buckets`: one for each of these, in the home's time zone; 2000 at most.
    #[param(inline)]
    step: Option<Step>,
}

/// What an attribute was, bucket by bucket.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HistoryView {
    pub device: DeviceId,
    pub endpoint: u16,
    pub attribute: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The home's, in which calendar steps are.
    pub time_zone: String,
    pub from: UnixMillis,
    /// Exclusive.
    pub until: UnixMillis,
    /// How often the device is expected to report: a longer absence of readings is a gap.
    pub expected_interval_s: u32,
    /// Only those that hold readings, oldest first.
    pub buckets: Vec<Bucket>,
}

impl HistoryView {
    fn of(history: History, attribute: String) -> HistoryView {
        HistoryView {
            device: history.device.id,
            endpoint: history.endpoint,
            attribute,
            unit: history.attribute.kind.unit(),
            time_zone: history.time_zone,
            from: history.from,
            until: history.until,
            expected_interval_s: history.device.expected_interval_s,
            buckets: history.buckets,
        }
    }
}

/// The history of an attribute in buckets: least, most and mean, and of a counter by how much it rose.
#[utoipa::path(get, path = "/api/iot/devices/{id}/history", tag = "devices", operation_id = "getHistory",
    params(("id" = DeviceId, Path, description = "Device"), HistoryQuery),
    responses((status = 200, description = "The history", body = HistoryView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<HistoryQuery>,
) -> Result<Json<HistoryView>, Problem> {
    if query.endpoint.is_some_and(|endpoint| endpoint > ENDPOINT_MAX) {
        return Err(Invalid::one("endpoint", format!("must be from 0 to {ENDPOINT_MAX}")).into());
    }
    let division = match (query.buckets, query.step) {
        (Some(_), Some(_)) => {
            return Err(Invalid::one("step", "stands in place of `buckets`: give one").into());
        }
        (None, Some(step)) => Division::Calendar(step),
        (buckets, None) => Division::Equal(buckets.unwrap_or(BUCKETS_DEFAULT)),
    };
    let asked = Asked {
        attribute: query.attribute,
        endpoint: query.endpoint,
        from: query.from,
        until: query.until,
        division,
    };
    let history = hub::of_device(&door.hub, &caller, id, &asked).await?;
    Ok(Json(HistoryView::of(history, asked.attribute)))
}
