//! How many readings a span holds, series by series: what somebody is told before they remove them.

use lares_model::{DeviceId, HomeId, UnixMillis};
use lares_telemetry::{AggregateQuery, SeriesKey};

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::homes;
use crate::hub::Hub;
use crate::readings_deletion::Span;

/// A series with at least one reading in the span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub series: SeriesKey,
    pub count: u64,
    pub first: UnixMillis,
    pub last: UnixMillis,
}

pub async fn of_device(
    hub: &Hub,
    caller: &Caller,
    id: DeviceId,
    span: &Span,
) -> Result<Vec<Counted>, HubError> {
    let device = find(hub, caller, id).await?;
    span.check()?;
    counted(hub, series_of(hub, device.id, span), span).await
}

/// Of all devices that are in the home now, as a removal would take them.
pub async fn of_home(hub: &Hub, caller: &Caller, id: HomeId, span: &Span) -> Result<Vec<Counted>, HubError> {
    let home = homes::find(hub, caller, id).await?;
    span.check()?;
    let devices = hub.directory.in_home(home.organisation, home.id);
    let series = devices.iter().flat_map(|device| series_of(hub, device.id, span)).collect();
    counted(hub, series, span).await
}

fn series_of(hub: &Hub, device: DeviceId, span: &Span) -> Vec<SeriesKey> {
    let told = hub.telemetry.series(device).into_iter();
    told.filter(|(_, name)| span.attribute.as_ref().is_none_or(|wanted| wanted == name))
        .map(|(endpoint, attribute)| SeriesKey { device, endpoint, attribute })
        .collect()
}

async fn counted(hub: &Hub, series: Vec<SeriesKey>, span: &Span) -> Result<Vec<Counted>, HubError> {
    let query = AggregateQuery { series, edges: vec![span.from, span.until], known_at: None };
    let sums = hub.telemetry.aggregate(&query).await?;
    let found = query.series.into_iter().zip(sums).filter_map(|(series, sums)| {
        let sum = sums.into_iter().flatten().next()?;
        let (first, last) = (UnixMillis(sum.first_time), UnixMillis(sum.last_time));
        Some(Counted { series, count: sum.count, first, last })
    });
    Ok(found.collect())
}
