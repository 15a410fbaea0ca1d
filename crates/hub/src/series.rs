//! A series that somebody asks for: which one is meant, what held before a span, and where readings are missing.

use lares_model::capability::{Attribute, attribute};
use lares_model::device::Device;
use lares_model::gap::{Gap, Stretch, gaps};
use lares_model::history::{Division, edges};
use lares_model::{DeviceId, Invalid, UnixMillis};
use lares_telemetry::{
    Aggregate, AggregateQuery, ReadingsQuery, SeriesKey, StoredReading, Telemetry, TelemetryError, number_of,
};

use crate::error::HubError;
use crate::hub::Hub;

pub(crate) const SPAN_DEFAULT_MS: i64 = 24 * 3_600 * 1_000;
/// Readings that are read at a time.
pub(crate) const PAGE: usize = 50_000;
/// Where there are more readings than one page, gaps are found between so many parts of the span.
const PARTS: u32 = 2_000;

/// An attribute by its full name, or what is wrong with the name.
pub fn known(full_name: &str) -> Result<&'static Attribute, Invalid> {
    attribute(full_name).ok_or_else(|| {
        Invalid::one("attribute", "is not a known attribute; GET /api/capabilities lists them")
    })
}

pub(crate) fn key_of(device: &Device, endpoint: Option<u16>, attribute: &str) -> SeriesKey {
    let capability = attribute.split('.').next().unwrap_or_default();
    let endpoint = endpoint.or_else(|| device.default_endpoint(capability)).unwrap_or(1);
    SeriesKey { device: device.id, endpoint, attribute: attribute.to_owned() }
}

/// The readings of one series, as a query of the engine.
pub(crate) fn readings_of(
    series: &SeriesKey,
    from: Option<UnixMillis>,
    until: Option<UnixMillis>,
    limit: usize,
) -> ReadingsQuery {
    ReadingsQuery {
        endpoint: Some(series.endpoint),
        attribute: Some(series.attribute.clone()),
        from,
        until,
        ..ReadingsQuery::of(series.device, limit)
    }
}

/// The last number of each series before an instant: it holds until the first reading, and a counter rises from it.
pub(crate) async fn values_before(
    hub: &Hub,
    series: &[SeriesKey],
    instant: UnixMillis,
) -> Result<Vec<Option<f64>>, HubError> {
    let last = hub.telemetry.last_before(series, instant).await?;
    Ok(last.into_iter().map(|reading| number_of(&reading?.value)).collect())
}

/// The reading of exactly this instant.
pub(crate) async fn reading_at(
    telemetry: &dyn Telemetry,
    series: &SeriesKey,
    instant: UnixMillis,
) -> Result<Option<StoredReading>, TelemetryError> {
    Ok(telemetry.readings(&readings_of(series, Some(instant), Some(instant + 1), 1)).await?.pop())
}

/// Where readings are missing from a span. A state that is reported when it changes has no gaps.
pub(crate) async fn gaps_of(
    hub: &Hub,
    device: &Device,
    series: &SeriesKey,
    span: (UnixMillis, UnixMillis),
    count: u64,
) -> Result<Vec<Gap>, HubError> {
    let (from, until) = span;
    if known(&series.attribute)?.eventful {
        return Ok(Vec::new());
    }
    let stretches: Vec<Stretch> = if count <= PAGE as u64 {
        let readings = hub.telemetry.readings(&readings_of(series, Some(from), Some(until), PAGE)).await?;
        readings.iter().map(|reading| Stretch::of(reading.time())).collect()
    } else {
        // No zone matters to parts of equal width.
        let edges = edges(from, until, Division::Equal(PARTS), "UTC", hub.query_limits.days)?;
        let query = AggregateQuery { series: vec![series.clone()], edges, known_at: None };
        stretches(&hub.telemetry.aggregate(&query).await?.pop().unwrap_or_default())
    };
    Ok(gaps_between(hub, device, span, &stretches))
}

pub(crate) fn stretches(sums: &[Option<Aggregate>]) -> Vec<Stretch> {
    let stretch = |sum: &Aggregate| Stretch {
        first: UnixMillis(sum.first_time),
        last: UnixMillis(sum.last_time),
        count: sum.count,
    };
    sums.iter().flatten().map(stretch).collect()
}

/// What has not come yet is not missing.
pub(crate) fn gaps_between(
    hub: &Hub,
    device: &Device,
    (from, until): (UnixMillis, UnixMillis),
    stretches: &[Stretch],
) -> Vec<Gap> {
    gaps(from, until.min(hub.now()), stretches, i64::from(device.expected_interval_s) * 1_000)
}

/// The series of a device with this attribute, by endpoint.
pub(crate) fn with_attribute(hub: &Hub, device: DeviceId, attribute: &str) -> Vec<SeriesKey> {
    let mut endpoints: Vec<u16> = hub
        .telemetry
        .series(device)
        .into_iter()
        .filter(|(_, name)| name == attribute)
        .map(|(endpoint, _)| endpoint)
        .collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    endpoints
        .into_iter()
        .map(|endpoint| SeriesKey { device, endpoint, attribute: attribute.to_owned() })
        .collect()
}
