//! What is kept of an organisation, and what it takes.

use std::collections::BTreeMap;

use lares_model::{DeviceId, OrganisationId, UnixMillis};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::shape::Shape;
use crate::sqlite::from_sqlite;
use crate::{DeviceStorage, Storage, TelemetryError};

pub fn of_organisation(
    connection: &Connection,
    organisation: OrganisationId,
) -> Result<Storage, TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let mut statement = connection
        .prepare(
            "SELECT devices.uuid, groups.shape,
                 (SELECT coalesce(sum(rows), 0) FROM extents WHERE grp = groups.id),
                 (SELECT coalesce(sum(bytes), 0) FROM extents WHERE grp = groups.id),
                 (SELECT min(start_ms) FROM extents WHERE grp = groups.id),
                 (SELECT max(end_ms) FROM extents WHERE grp = groups.id),
                 (SELECT coalesce(sum(length(body)), 0) FROM rollups WHERE grp = groups.id),
                 (SELECT count(*) FROM quarantined WHERE grp = groups.id)
             FROM devices LEFT JOIN groups ON groups.device = devices.id WHERE devices.organisation = ?1",
        )
        .map_err(failed)?;
    let mut rows = statement.query(params![organisation.0.as_bytes()]).map_err(failed)?;
    let mut devices: BTreeMap<DeviceId, DeviceStorage> = BTreeMap::new();
    let mut storage = Storage::default();
    while let Some(row) = rows.next().map_err(failed)? {
        let Some(shape): Option<Vec<u8>> = row.get(1).map_err(failed)? else { continue };
        let device = DeviceId(Uuid::from_bytes(row.get(0).map_err(failed)?));
        let shape = Shape::decode(&shape)?;
        let integer = |column: usize| row.get::<_, i64>(column).map_err(failed);
        let instant = |column: usize| row.get::<_, Option<i64>>(column).map_err(failed);
        let of_device = devices.entry(device).or_insert_with(|| DeviceStorage::of(device));
        for column in &shape.0 {
            of_device.series.insert((column.endpoint, column.attribute.to_string()));
        }
        of_device.points += integer(2)? as u64 * shape.0.len() as u64;
        of_device.bytes += integer(3)? as u64;
        of_device.rollup_bytes += integer(6)? as u64;
        of_device.damaged_chunks += integer(7)? as u64;
        of_device.first = [of_device.first, instant(4)?.map(UnixMillis)].into_iter().flatten().min();
        of_device.last = of_device.last.max(instant(5)?.map(UnixMillis));
    }
    storage.devices = devices.into_values().collect();
    Ok(storage)
}
