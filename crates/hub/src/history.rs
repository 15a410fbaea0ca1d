//! The history of one attribute: what its readings come to, bucket by bucket; of a device, or of all of a home.

use std::sync::Arc;

use lares_model::capability::Attribute;
use lares_model::device::Device;
use lares_model::gap::Gap;
use lares_model::history::{Bucket, Division, edges};
use lares_model::home::Home;
use lares_model::reading::Quality;
use lares_model::{DeviceId, HomeId, Invalid, UnixMillis};
use lares_telemetry::{Aggregate, AggregateQuery, SeriesKey, number_of, quality_bit, rise};

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::homes;
use crate::hub::Hub;
use crate::series::{
    SPAN_DEFAULT_MS, gaps_between, gaps_of, key_of, known, stretches, values_before, with_attribute,
};

/// What is asked for; what is left out has a sensible default.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    /// The device's first with this capability. Of a home: every endpoint.
    pub endpoint: Option<u16>,
    /// A day before the end.
    pub from: Option<UnixMillis>,
    /// Now.
    pub until: Option<UnixMillis>,
    pub division: Division,
}

impl Asked {
    fn span(&self, hub: &Hub) -> (UnixMillis, UnixMillis) {
        let until = self.until.unwrap_or_else(|| hub.now());
        (self.from.unwrap_or(until - SPAN_DEFAULT_MS), until)
    }
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
    pub gaps: Vec<Gap>,
}

pub async fn of_device(hub: &Hub, caller: &Caller, id: DeviceId, asked: &Asked) -> Result<History, HubError> {
    let device = find(hub, caller, id).await?;
    let time_zone = homes::find(hub, caller, device.home).await?.time_zone;
    let attribute = known(&asked.attribute)?;
    let series = key_of(&device, asked.endpoint, &asked.attribute);
    let (from, until) = asked.span(hub);
    let edges = edges(from, until, asked.division, &time_zone, hub.query_limits.days)?;
    let query = AggregateQuery { series: vec![series.clone()], edges, known_at: None };
    let before = values_before(hub, &query.series, from).await?.pop().flatten();
    let sums = hub.telemetry.aggregate(&query).await?.pop().unwrap_or_default();
    let count = sums.iter().flatten().map(|sum| sum.count).sum();
    let gaps = gaps_of(hub, &device, &series, (from, until), count).await?;
    let buckets = buckets(&query.edges, sums, before, attribute.counter);
    Ok(History { device, endpoint: series.endpoint, attribute, time_zone, from, until, buckets, gaps })
}

/// The history of an attribute of all devices of a home that have reported it.
#[derive(Clone, Debug)]
pub struct HomeHistory {
    pub home: Home,
    pub attribute: &'static Attribute,
    pub from: UnixMillis,
    pub until: UnixMillis,
    pub series: Vec<HomeSeries>,
}

#[derive(Clone, Debug)]
pub struct HomeSeries {
    pub device: Arc<Device>,
    pub endpoint: u16,
    pub buckets: Vec<Bucket>,
    /// Found between buckets.
    pub gaps: Vec<Gap>,
}

pub async fn of_home(hub: &Hub, caller: &Caller, id: HomeId, asked: &Asked) -> Result<HomeHistory, HubError> {
    let home = homes::find(hub, caller, id).await?;
    let attribute = known(&asked.attribute)?;
    let (from, until) = asked.span(hub);
    let edges = edges(from, until, asked.division, &home.time_zone, hub.query_limits.days)?;
    let mut named: Vec<(Arc<Device>, SeriesKey)> = Vec::new();
    for device in hub.directory.in_home(home.organisation, home.id) {
        let own = with_attribute(hub, device.id, &asked.attribute).into_iter();
        named.extend(own.map(|series| (device.clone(), series)));
    }
    check_size(asked.division, edges.len() - 1, named.len(), hub.query_limits.buckets)?;
    let query = AggregateQuery {
        series: named.iter().map(|(_, series)| series.clone()).collect(),
        edges,
        known_at: None,
    };
    let sums = hub.telemetry.aggregate(&query).await?;
    let before = values_before(hub, &query.series, from).await?;
    let mut series = Vec::with_capacity(named.len());
    for (((device, key), sums), before) in named.into_iter().zip(sums).zip(before) {
        let gaps = match attribute.eventful {
            true => Vec::new(),
            false => gaps_between(hub, &device, (from, until), &stretches(&sums)),
        };
        let buckets = buckets(&query.edges, sums, before, attribute.counter);
        series.push(HomeSeries { device, endpoint: key.endpoint, buckets, gaps });
    }
    Ok(HomeHistory { home, attribute, from, until, series })
}

fn check_size(division: Division, buckets: usize, series: usize, most: usize) -> Result<(), Invalid> {
    if buckets * series <= most {
        return Ok(());
    }
    let field = match division {
        Division::Equal(_) => "buckets",
        Division::Calendar(_) => "step",
    };
    let reason = format!("makes {buckets} buckets for {series} series; all together at most {most}");
    Err(Invalid::one(field, reason))
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
