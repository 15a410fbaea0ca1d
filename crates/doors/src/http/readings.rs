//! Readings of a device.

use axum::Json;
use axum::extract::State;
use lares_hub::readings::{self as hub, ReadingsFilter, StoredReading};
use lares_model::capability::attribute;
use lares_model::reading::Quality;
use lares_model::{DeviceId, Invalid, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::problem::Problem;
use super::views::{PageOf, limit};

const READINGS_LIMIT_MAX: u64 = 50_000;
pub(super) const ENDPOINT_MAX: u16 = 254;

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadingsQuery {
    #[param(maximum = 254)]
    endpoint: Option<u16>,
    /// Full name, `Capability.Attribute`.
    attribute: Option<String>,
    /// From this device time on.
    from: Option<UnixMillis>,
    /// Before this device time.
    until: Option<UnixMillis>,
    #[param(inline)]
    order: Option<Order>,
    /// As the server knew it at this instant: what arrived or was corrected later is left out.
    known_at: Option<UnixMillis>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 50_000)]
    limit: Option<u64>,
}

/// One reading.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReadingView {
    pub endpoint: u16,
    pub attribute: String,
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// When it was so, by the device's clock (the server's where the device gave none).
    pub time: UnixMillis,
    /// When the server took it.
    pub received: UnixMillis,
    pub quality: Quality,
    /// It came without time and sequence number, so a repeated delivery may appear twice.
    pub at_least_once: bool,
}

impl From<StoredReading> for ReadingView {
    fn from(reading: StoredReading) -> Self {
        ReadingView {
            unit: attribute(&reading.key.attribute).and_then(|spec| spec.kind.unit()),
            endpoint: reading.key.endpoint,
            attribute: reading.key.attribute,
            value: reading.value,
            time: reading.key.time,
            received: reading.received,
            quality: reading.quality,
            at_least_once: reading.at_least_once,
        }
    }
}

pub(super) fn check_series(attribute: Option<&str>, endpoint: Option<u16>) -> Result<(), Invalid> {
    if let Some(name) = attribute {
        lares_hub::series::known(name)?;
    }
    if endpoint.is_some_and(|endpoint| endpoint > ENDPOINT_MAX) {
        return Err(Invalid::one("endpoint", format!("must be from 0 to {ENDPOINT_MAX}")));
    }
    Ok(())
}

/// Readings of a device by the device's time, oldest first unless asked otherwise.
#[utoipa::path(get, path = "/api/iot/devices/{id}/readings", tag = "devices", operation_id = "listReadings",
    params(("id" = DeviceId, Path, description = "Device"), ReadingsQuery),
    responses((status = 200, description = "A page", body = PageOf<ReadingView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<DeviceId>,
    Params(query): Params<ReadingsQuery>,
) -> Result<Json<PageOf<ReadingView>>, Problem> {
    let limit = limit(query.limit, READINGS_LIMIT_MAX)?;
    check_series(query.attribute.as_deref(), query.endpoint)?;
    let filter = ReadingsFilter {
        endpoint: query.endpoint,
        attribute: query.attribute,
        from: query.from,
        until: query.until,
        known_at: query.known_at,
        newest_first: matches!(query.order, Some(Order::NewestFirst)),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let listed = hub::list(&door.hub, &caller, id, filter, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, ReadingView::from)))
}
