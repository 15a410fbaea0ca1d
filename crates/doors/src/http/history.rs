//! The history of an attribute as a chart needs it: buckets in place of readings.

use axum::Json;
use axum::extract::State;
use lares_hub::history::{self as hub, Asked, History, HomeHistory};
use lares_model::gap::Gap;
use lares_model::history::{Bucket, Division, Step};
use lares_model::{DeviceId, HomeId, Invalid, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::readings::check_series;

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
    /// Spans without readings that are longer than three times the typical time between readings, at most the 1,000
    /// longest, oldest first. A state that is reported when it changes has none. Of more than 50,000 readings only
    /// those between two-thousandths of the span are seen.
    pub gaps: Vec<Gap>,
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
            gaps: history.gaps,
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
    check_series(None, query.endpoint)?;
    let asked = Asked {
        attribute: query.attribute,
        endpoint: query.endpoint,
        from: query.from,
        until: query.until,
        division: division(query.buckets, query.step)?,
    };
    let history = hub::of_device(&door.hub, &caller, id, &asked).await?;
    Ok(Json(HistoryView::of(history, asked.attribute)))
}

fn division(buckets: Option<u32>, step: Option<Step>) -> Result<Division, Invalid> {
    match (buckets, step) {
        (Some(_), Some(_)) => Err(Invalid::one("step", "stands in place of `buckets`: give one")),
        (None, Some(step)) => Ok(Division::Calendar(step)),
        (buckets, None) => Ok(Division::Equal(buckets.unwrap_or(BUCKETS_DEFAULT))),
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HomeHistoryQuery {
    /// Full name, `Capability.Attribute`.
    attribute: String,
    /// From this device time on; a day before `until` when left out.
    from: Option<UnixMillis>,
    /// Before this device time; now when left out.
    until: Option<UnixMillis>,
    /// So many of equal width; 300 when neither this nor `step` is given. In all series together at most 100,000, where the server is not set up otherwise.
    #[param(minimum = 1, maximum = 2000)]
    buckets: Option<u32>,
    /// In place of `buckets`: one for each of these, in the home's time zone; 2000 at most.
    #[param(inline)]
    step: Option<Step>,
}

/// One series of a home.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeSeriesView {
    pub device: DeviceId,
    pub endpoint: u16,
    /// How often the device is expected to report.
    pub expected_interval_s: u32,
    /// Only those that hold readings, oldest first.
    pub buckets: Vec<Bucket>,
    /// As of one device, seen between buckets.
    pub gaps: Vec<Gap>,
}

/// What an attribute was, device by device.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeHistoryView {
    pub home: HomeId,
    pub attribute: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    pub time_zone: String,
    pub from: UnixMillis,
    /// Exclusive.
    pub until: UnixMillis,
    /// One for each device and endpoint that has reported the attribute.
    pub series: Vec<HomeSeriesView>,
}

impl HomeHistoryView {
    fn of(history: HomeHistory, attribute: String) -> HomeHistoryView {
        HomeHistoryView {
            home: history.home.id,
            attribute,
            unit: history.attribute.kind.unit(),
            time_zone: history.home.time_zone,
            from: history.from,
            until: history.until,
            series: history
                .series
                .into_iter()
                .map(|series| HomeSeriesView {
                    device: series.device.id,
                    endpoint: series.endpoint,
                    expected_interval_s: series.device.expected_interval_s,
                    buckets: series.buckets,
                    gaps: series.gaps,
                })
                .collect(),
        }
    }
}

/// The history of an attribute of every device of a home that has reported it, in the same buckets.
#[utoipa::path(get, path = "/api/homes/{id}/history", tag = "homes", operation_id = "getHomeHistory",
    params(("id" = HomeId, Path, description = "Home"), HomeHistoryQuery),
    responses((status = 200, description = "The history", body = HomeHistoryView)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
    Params(query): Params<HomeHistoryQuery>,
) -> Result<Json<HomeHistoryView>, Problem> {
    let asked = Asked {
        attribute: query.attribute,
        endpoint: None,
        from: query.from,
        until: query.until,
        division: division(query.buckets, query.step)?,
    };
    let history = hub::of_home(&door.hub, &caller, id, &asked).await?;
    Ok(Json(HomeHistoryView::of(history, asked.attribute)))
}
