//! Readings of a device, page by page.

use lares_model::{DeviceId, UnixMillis};
pub use lares_telemetry::StoredReading;
use lares_telemetry::{ReadingKey, ReadingsQuery};

use crate::caller::Caller;
use crate::cursor::{Listed, decode, encode};
use crate::devices::find;
use crate::error::HubError;
use crate::hub::Hub;

#[derive(Clone, Debug, Default)]
pub struct ReadingsFilter {
    pub endpoint: Option<u16>,
    pub attribute: Option<String>,
    pub from: Option<UnixMillis>,
    pub until: Option<UnixMillis>,
    /// As the server knew it then.
    pub known_at: Option<UnixMillis>,
    pub newest_first: bool,
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    id: DeviceId,
    filter: ReadingsFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Listed<StoredReading>, HubError> {
    const PURPOSE: &str = "readings";
    let device = find(hub, caller, id).await?;
    let after: Option<ReadingKey> = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let query = ReadingsQuery {
        device: device.id,
        endpoint: filter.endpoint,
        attribute: filter.attribute,
        from: filter.from,
        until: filter.until,
        after,
        known_at: filter.known_at,
        limit: limit + 1,
        descending: filter.newest_first,
    };
    let mut items = hub.telemetry.readings(&query).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = match items.last() {
        Some(last) if more => Some(encode(hub, PURPOSE, &last.key)?),
        _ => None,
    };
    Ok(Listed { items, next_cursor })
}
