//! A series as it is drawn: the readings that make the same line as all of them, at a number of pixels.

use lares_model::chart::{Drawing, Point};
use lares_model::device::Device;
use lares_model::gap::{Gap, Stretch};
use lares_model::history::{Division, edges};
use lares_model::{DeviceId, Invalid, UnixMillis};
use lares_telemetry::{AggregateQuery, ReadingsQuery, SeriesKey};

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::hub::Hub;
use crate::series::{PAGE, SPAN_DEFAULT_MS, gaps_between, key_of, known, readings_of};

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
    pub pixels: u32,
}

#[derive(Clone, Debug)]
pub struct Chart {
    pub device: Device,
    pub endpoint: u16,
    pub from: UnixMillis,
    pub until: UnixMillis,
    /// How many there are in the span.
    pub readings: u64,
    pub points: Vec<Point>,
    pub gaps: Vec<Gap>,
}

pub async fn of_device(hub: &Hub, caller: &Caller, id: DeviceId, asked: &Asked) -> Result<Chart, HubError> {
    let device = find(hub, caller, id).await?;
    let attribute = known(&asked.attribute)?;
    let series = key_of(&device, asked.endpoint, &asked.attribute);
    let until = asked.until.unwrap_or_else(|| hub.now());
    let from = asked.from.unwrap_or(until - SPAN_DEFAULT_MS);
    let mut drawing = Drawing::new(from, until, asked.pixels)?;
    let readings = count(hub, &series, from, until).await?;
    let most = hub.query_limits.points;
    if readings > most {
        let reason = format!(
            "the span holds {readings} readings; of at most {most} a chart is made: take a shorter span, or the \
             history, which sums them up"
        );
        return Err(Invalid::one("until", reason).into());
    }
    let mut stretches = Vec::new();
    let mut query = readings_of(&series, Some(from), Some(until), PAGE);
    loop {
        let page = hub.telemetry.readings(&query).await?;
        let after = page.last().filter(|_| page.len() == PAGE).map(|last| last.key.clone());
        for reading in page {
            if !attribute.eventful {
                stretches.push(Stretch::of(reading.time()));
            }
            drawing.take(Point { time: reading.time(), value: reading.value, quality: reading.quality });
        }
        let Some(after) = after else { break };
        query = ReadingsQuery { after: Some(after), ..query };
    }
    let gaps = match attribute.eventful {
        true => Vec::new(),
        false => gaps_between(hub, &device, (from, until), &stretches),
    };
    Ok(Chart { device, endpoint: series.endpoint, from, until, readings, points: drawing.drawn(), gaps })
}

/// Cheap: what is sealed is counted without being read.
async fn count(hub: &Hub, series: &SeriesKey, from: UnixMillis, until: UnixMillis) -> Result<u64, HubError> {
    // No zone matters to one bucket.
    let edges = edges(from, until, Division::Equal(1), "UTC", hub.query_limits.days)?;
    let query = AggregateQuery { series: vec![series.clone()], edges, known_at: None };
    let sums = hub.telemetry.aggregate(&query).await?;
    Ok(sums.into_iter().flatten().flatten().map(|sum| sum.count).sum())
}
