//! What an organisation's readings take, and how long they are kept.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use lares_hub::retention as hub_retention;
use lares_hub::storage::{self as hub, Amount, Stored};
use lares_model::retention::{Kept, Retention};
use lares_model::{DeviceId, HomeId, Invalid, OrganisationId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Params, Who};
use super::problem::Problem;
use super::views::object;

const WAIT_MAX_S: u64 = 30;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StorageQuery {
    /// While old readings are being removed, wait up to so many seconds for that to get on.
    #[param(maximum = 30)]
    wait_s: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AmountView {
    /// A device's attribute on an endpoint.
    pub series: u64,
    /// Values in compressed chunks.
    pub points: u64,
    /// Values in the log only, until there are enough for a chunk.
    pub hot_points: u64,
    /// Of the chunks.
    pub bytes: u64,
    /// Of `points`; absent while there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_point: Option<f64>,
    /// Of what is summed up by the hour and day.
    pub rollup_bytes: u64,
    /// Chunks that do not match their checksums. They are set aside; what was in them is not shown.
    pub damaged_chunks: u64,
    /// Of what is in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<UnixMillis>,
}

impl From<Amount> for AmountView {
    fn from(amount: Amount) -> AmountView {
        AmountView {
            bytes_per_point: amount.bytes_per_point(),
            series: amount.series,
            points: amount.points,
            hot_points: amount.hot_points,
            bytes: amount.bytes,
            rollup_bytes: amount.rollup_bytes,
            damaged_chunks: amount.damaged_chunks,
            first: amount.first,
            last: amount.last,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeStorageView {
    pub home: HomeId,
    #[serde(flatten)]
    pub stored: AmountView,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeviceStorageView {
    pub device: DeviceId,
    pub name: String,
    pub home: HomeId,
    #[serde(flatten)]
    pub stored: AmountView,
}

/// How far the removal of old readings is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RemovalView {
    pub devices_done: usize,
    pub devices: usize,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct StorageView {
    pub organisation: OrganisationId,
    pub total: AmountView,
    /// Values that the organisation may have, hot ones too; beyond, its readings are refused. Absent for as many as
    /// there is space for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_max: Option<u64>,
    pub homes: Vec<HomeStorageView>,
    /// The 20 that take the most, the largest first.
    pub devices: Vec<DeviceStorageView>,
    /// What the engine that keeps the readings cannot do, each with the reason; empty for the embedded one.
    pub engine_lacks: Vec<&'static str>,
    /// Absent while none goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal: Option<RemovalView>,
    /// When what is older than its retention was last removed, since the server started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<UnixMillis>,
}

impl StorageView {
    fn of(organisation: OrganisationId, stored: Stored) -> StorageView {
        let homes = stored.homes.into_iter();
        let devices = stored.devices.into_iter();
        StorageView {
            organisation,
            total: stored.total.into(),
            points_max: stored.points_max,
            homes: homes.map(|(home, amount)| HomeStorageView { home, stored: amount.into() }).collect(),
            devices: devices
                .map(|(device, amount)| DeviceStorageView {
                    device: device.id,
                    name: device.name.clone(),
                    home: device.home,
                    stored: amount.into(),
                })
                .collect(),
            engine_lacks: stored.lacking,
            removal: stored
                .working
                .map(|working| RemovalView { devices_done: working.devices_done, devices: working.devices }),
            removed_at: stored.expired_at,
        }
    }
}

/// What the readings of an organisation take: all together, by home, and by the largest devices.
#[utoipa::path(get, path = "/api/organisations/{id}/storage", tag = "organisations", operation_id = "getStorage",
    params(("id" = OrganisationId, Path, description = "Organisation"), StorageQuery),
    responses((status = 200, description = "What is stored", body = StorageView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Params(query): Params<StorageQuery>,
) -> Result<Json<StorageView>, Problem> {
    let wait_s = query.wait_s.unwrap_or(0);
    if wait_s > WAIT_MAX_S {
        return Err(Invalid::one("wait_s", format!("must be from 0 to {WAIT_MAX_S}")).into());
    }
    let stored = hub::of_organisation(&door.hub, &caller, id, Duration::from_secs(wait_s)).await?;
    Ok(Json(StorageView::of(id, stored)))
}

/// How long readings are kept, by class of series; null is for ever.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionBody {
    #[serde(deserialize_with = "object")]
    measurement: Kept,
    #[serde(deserialize_with = "object")]
    counter: Kept,
    #[serde(deserialize_with = "object")]
    state: Kept,
}

/// How long readings are kept, by class of series; null is for ever.
#[utoipa::path(get, path = "/api/organisations/{id}/retention", tag = "organisations", operation_id = "getRetention",
    params(("id" = OrganisationId, Path, description = "Organisation")),
    responses((status = 200, description = "The retention", body = Retention)))]
pub async fn get_retention(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
) -> Result<Json<Retention>, Problem> {
    Ok(Json(hub_retention::find(&door.hub, &caller, id).await?))
}

/// Set how long readings are kept, by class of series; null is for ever. What is older, by whole days (UTC), is shown
/// no more at once, and removed in the background, then daily, chunk by chunk: the last readings of a chunk decide when
/// its bytes go, and days are summed up 64 together. Series that a device reports together are kept as long as the one
/// of them that is kept longest.
#[utoipa::path(put, path = "/api/organisations/{id}/retention", tag = "organisations", operation_id = "setRetention",
    params(("id" = OrganisationId, Path, description = "Organisation")), request_body = RetentionBody,
    responses((status = 200, description = "Set", body = Retention)))]
pub async fn set_retention(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Body(body): Body<RetentionBody>,
) -> Result<Json<Retention>, Problem> {
    let retention = Retention { measurement: body.measurement, counter: body.counter, state: body.state };
    Ok(Json(hub_retention::set(&door.hub, &caller, id, retention).await?))
}
