//! The history of one attribute: its readings, page by page, folded into buckets. Never more than a page in hand.

use lares_model::capability::{Attribute, attribute};
use lares_model::device::Device;
use lares_model::history::{Bucket, Division, HistoryFold, edges};
use lares_model::{DeviceId, Invalid, UnixMillis};
use lares_telemetry::{ReadingsQuery, StoredReading};

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::homes;
use crate::hub::Hub;

const PAGE: usize = 5_000;
/// What one request may make the server read.
const READINGS_MAX: usize = 2_000_000;
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
    let mut fold = HistoryFold::new(edges(from, until, asked.division, &time_zone)?);
    let query = ReadingsQuery {
        endpoint: Some(endpoint),
        attribute: Some(asked.attribute.clone()),
        ..ReadingsQuery::of(device.id, PAGE)
    };
    if attribute.counter {
        let before = ReadingsQuery { until: Some(from), limit: 1, descending: true, ..query.clone() };
        let before = hub.telemetry.readings(&before).await?;
        fold = fold.counting_from(before.first().map(|reading| &reading.value));
    }
    let query = ReadingsQuery { from: Some(from), until: Some(until), ..query };
    take_all(hub, query, &mut fold).await?;
    Ok(History { device, endpoint, attribute, time_zone, from, until, buckets: fold.finish() })
}

async fn take_all(hub: &Hub, mut query: ReadingsQuery, fold: &mut HistoryFold) -> Result<(), HubError> {
    let mut read = 0;
    loop {
        let page: Vec<StoredReading> = hub.telemetry.readings(&query).await?;
        for reading in &page {
            fold.take(reading.time, &reading.value, reading.quality);
        }
        read += page.len();
        let Some(last) = page.last().filter(|_| page.len() == PAGE) else { return Ok(()) };
        if read >= READINGS_MAX {
            let reason =
                format!("holds more than {READINGS_MAX} readings up to `until`; ask for a shorter span");
            return Err(Invalid::one("from", reason).into());
        }
        query.after = Some(last.key);
    }
}
