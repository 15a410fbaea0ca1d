//! The history of one attribute: what its readings come to, bucket by bucket.

use lares_model::capability::{Attribute, attribute};
use lares_model::device::Device;
use lares_model::history::{Bucket, Division, edges};
use lares_model::reading::Quality;
use lares_model::{DeviceId, Invalid, UnixMillis};
use lares_telemetry::{Aggregate, AggregateQuery, ReadingsQuery, SeriesKey, number_of, quality_bit, rise};

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::homes;
use crate::hub::Hub;

const SPAN_DEFAULT_MS: i64 = 24 * 3_600 * 1_000;

/// What is asked for; what is left out has a sensible default.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    /// The device's first with this capability.
    pub endpoint: Option<u16>,
    /// A day before the end.
    pub from: Option<UnixMillis>,
    /// Now.
    pub until: Option<UnixMillis>,
    pub division: Division,
}

#[derive(Clone, Debug)]
pub struct History {
    pub device: Device,
    pub endpoint: u16,
    pub attribute: &'static Attribute,
    pub time_zone: String,
    pub from: UnixMillis,
    pub until: UnixMillis,
    pub buckets: Vec<Bucket>,
}

pub async fn of_device(hub: &Hub, caller: &Caller, id: DeviceId, asked: &Asked) -> Result<History, HubError> {
    let device = find(hub, caller, id).await?;
    let time_zone = homes::find(hub, caller, device.home).await?.time_zone;
    let attribute = attribute(&asked.attribute).ok_or_else(|| {
        Invalid::one("attribute", "is not a known attribute; GET /api/capabilities lists them")
    })?;
    let capability = asked.attribute.split('.').next().unwrap_or_default();
    let endpoint = asked.endpoint.or_else(|| device.default_endpoint(capability)).unwrap_or(1);
    let until = asked.until.unwrap_or_else(|| hub.now());
    let from = asked.from.unwrap_or(until - SPAN_DEFAULT_MS);
    let edges = edges(from, until, asked.division, &time_zone)?;
    let before = value_before(hub, device.id, endpoint, &asked.attribute, from).await?;
    let series = SeriesKey { device: device.id, endpoint, attribute: asked.attribute.clone() };
    let query = AggregateQuery { series: vec![series], edges, known_at: None };
    let sums = hub.telemetry.aggregate(&query).await?.pop().unwrap_or_default();
    let buckets = buckets(&query.edges, sums, before, attribute.counter);
    Ok(History { device, endpoint, attribute, time_zone, from, until, buckets })
}

/// The last number before an instant: it holds until the first reading, and a counter rises from it.
async fn value_before(
    hub: &Hub,
    device: DeviceId,
    endpoint: u16,
    attribute: &str,
    instant: UnixMillis,
) -> Result<Option<f64>, HubError> {
    let query = ReadingsQuery {
        endpoint: Some(endpoint),
        attribute: Some(attribute.to_owned()),
        until: Some(instant),
        descending: true,
        ..ReadingsQuery::of(device, 1)
    };
    let last = hub.telemetry.readings(&query).await?.pop();
    Ok(last.and_then(|reading| number_of(&reading.value)))
}

/// The buckets that hold readings.
fn buckets(
    edges: &[UnixMillis],
    sums: Vec<Option<Aggregate>>,
    before: Option<f64>,
    counter: bool,
) -> Vec<Bucket> {
    let mut before = before;
    let mut buckets = Vec::new();
    for (pair, sum) in edges.windows(2).zip(sums) {
        let Some(sum) = sum else { continue };
        let (from, until) = (pair[0], pair[1]);
        let first = number_of(&sum.first);
        let since = before.zip(first).map_or(0.0, |(before, first)| rise(before, first));
        let has = |quality| sum.qualities & quality_bit(quality) != 0;
        buckets.push(Bucket {
            from,
            until,
            count: sum.count,
            min: sum.numbers.map(|numbers| numbers.min),
            max: sum.numbers.map(|numbers| numbers.max),
            mean: sum.mean(),
            time_weighted_mean: sum.time_weighted_mean(from.0, until.0, before),
            increase: sum.numbers.filter(|_| counter).map(|numbers| numbers.increase + since),
            estimated: has(Quality::Estimated),
            late: has(Quality::Late),
            first: sum.first,
            last: sum.last,
        });
        before = buckets.last().and_then(|bucket| number_of(&bucket.last)).or(before);
    }
    buckets
}
