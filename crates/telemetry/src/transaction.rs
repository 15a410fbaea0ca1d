//! What is written within one transaction: entries with their points, and the removal of a device.

use std::collections::HashMap;

use lares_model::reading::Reading;
use lares_model::record::{Body, Entry, Position};
use lares_model::{DeviceId, OrganisationId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::encoding::{encode_value, flags_of};
use crate::{Appended, TelemetryError, sqlite};

/// An entry with its stored form, encoded before it takes the writer's time.
pub struct Prepared {
    pub entry: Entry,
    pub body: Vec<u8>,
}

/// The small integers that stand for names in the file. Thrown away with every rolled-back transaction, since it
/// may hold some that were never committed.
#[derive(Default)]
pub struct Names {
    organisations: HashMap<OrganisationId, i64>,
    devices: HashMap<DeviceId, i64>,
    /// By the device's integer: endpoint, attribute, the series' integer.
    series: HashMap<i64, Vec<(u16, String, i64)>>,
}

/// An open transaction. The caller begins and ends it.
pub struct Writing<'a> {
    pub connection: &'a Connection,
    pub names: &'a mut Names,
    pub head: Position,
    pub readings: u64,
}

impl Writing<'_> {
    pub fn append(&mut self, prepared: &Prepared) -> Result<Appended, TelemetryError> {
        self.insert(prepared).map_err(|error| sqlite::from_sqlite(&error))
    }

    pub fn forget(&mut self, device: DeviceId) -> Result<(), TelemetryError> {
        self.delete(device).map_err(|error| sqlite::from_sqlite(&error))
    }

    fn insert(&mut self, prepared: &Prepared) -> rusqlite::Result<Appended> {
        let entry = &prepared.entry;
        let organisation = self.organisation(entry.organisation)?;
        let device = self.device(entry.device)?;
        let position = self.head.0 + 1;
        let identity = entry.identity.map(|identity| identity.0);
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO log (position, organisation, device, received_ms, identity, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device, identity) DO NOTHING",
            )?
            .execute(params![position, organisation, device, entry.received.0, identity, prepared.body])?;
        if inserted == 0 {
            return Ok(Appended::Duplicate);
        }
        self.head = Position(position);
        if let Body::Readings { readings } = &entry.body {
            for (place, reading) in readings.iter().enumerate() {
                self.insert_point(device, entry, place, reading)?;
            }
        }
        Ok(Appended::At(self.head))
    }

    fn insert_point(
        &mut self,
        device: i64,
        entry: &Entry,
        place: usize,
        reading: &Reading,
    ) -> rusqlite::Result<()> {
        let series = self.series(device, reading)?;
        let value = encode_value(&reading.value);
        // Without a time of its own only the message tells it from another, and the log knows that already: two
        // equal values may well arrive within one millisecond.
        let own_time = reading.time != entry.received;
        if own_time && !reading.at_least_once && self.is_known(series, reading, &value)? {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "INSERT INTO points (series, time_ms, value, position, place, delay_ms, flags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                series,
                reading.time.0,
                value,
                self.head.0,
                place as i64,
                // Wraps, and wraps back on reading, so that no instant is out of reach.
                entry.received.0.wrapping_sub(reading.time.0),
                flags_of(reading),
            ])?;
        self.readings += 1;
        Ok(())
    }

    /// Whether the same value with the same time of the device's own is there already. A value whose time is only
    /// the server's is another occurrence, whatever it equals.
    fn is_known(&self, series: i64, reading: &Reading, value: &[u8]) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT 1 FROM points WHERE series = ?1 AND time_ms = ?2 AND value = ?3 AND flags < 16 LIMIT 1",
            )?
            .exists(params![series, reading.time.0, value])
    }

    fn organisation(&mut self, organisation: OrganisationId) -> rusqlite::Result<i64> {
        if let Some(id) = self.names.organisations.get(&organisation) {
            return Ok(*id);
        }
        let uuid = organisation.0.as_bytes();
        let known = self
            .connection
            .prepare_cached("SELECT id FROM organisations WHERE uuid = ?1")?
            .query_row([uuid], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                self.connection.execute("INSERT INTO organisations (uuid) VALUES (?1)", [uuid])?;
                self.connection.last_insert_rowid()
            }
        };
        self.names.organisations.insert(organisation, id);
        Ok(id)
    }

    fn device(&mut self, device: DeviceId) -> rusqlite::Result<i64> {
        if let Some(id) = self.names.devices.get(&device) {
            return Ok(*id);
        }
        let id = match find_device(self.connection, device)? {
            Some(id) => id,
            None => {
                self.connection
                    .prepare_cached("INSERT INTO devices (uuid) VALUES (?1)")?
                    .execute([device.0.as_bytes()])?;
                self.connection.last_insert_rowid()
            }
        };
        self.names.devices.insert(device, id);
        Ok(id)
    }

    fn series(&mut self, device: i64, reading: &Reading) -> rusqlite::Result<i64> {
        let known = self.names.series.entry(device).or_default();
        let named = known.iter().find(|(endpoint, attribute, _)| {
            *endpoint == reading.endpoint && *attribute == reading.attribute
        });
        if let Some((_, _, id)) = named {
            return Ok(*id);
        }
        let stored = self
            .connection
            .prepare_cached("SELECT id FROM series WHERE device = ?1 AND endpoint = ?2 AND attribute = ?3")?
            .query_row(params![device, reading.endpoint, reading.attribute], |row| row.get(0))
            .optional()?;
        let id = match stored {
            Some(id) => id,
            None => {
                self.connection
                    .prepare_cached("INSERT INTO series (device, endpoint, attribute) VALUES (?1, ?2, ?3)")?
                    .execute(params![device, reading.endpoint, reading.attribute])?;
                self.connection.last_insert_rowid()
            }
        };
        known.push((reading.endpoint, reading.attribute.clone(), id));
        Ok(id)
    }

    fn delete(&mut self, device: DeviceId) -> rusqlite::Result<()> {
        let Some(id) = find_device(self.connection, device)? else { return Ok(()) };
        let run = |sql: &str| self.connection.execute(sql, [id]);
        run("DELETE FROM points WHERE series IN (SELECT id FROM series WHERE device = ?1)")?;
        run("DELETE FROM series WHERE device = ?1")?;
        let entries = run("DELETE FROM log WHERE device = ?1")?;
        run("DELETE FROM devices WHERE id = ?1")?;
        self.connection.execute(
            "UPDATE forgotten SET entries = entries + ?1, head_at_least = max(head_at_least, ?2)",
            params![entries as i64, self.head.0],
        )?;
        self.names.devices.remove(&device);
        self.names.series.remove(&id);
        Ok(())
    }
}

/// The integer that stands for a device.
pub fn find_device(connection: &Connection, device: DeviceId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM devices WHERE uuid = ?1")?
        .query_row([device.0.as_bytes()], |row| row.get(0))
        .optional()
}

/// The last position in the file, or the last one that was there before a device was forgotten.
pub fn stored_head(connection: &Connection) -> rusqlite::Result<Position> {
    connection.query_row(
        "SELECT max(head_at_least, coalesce((SELECT max(position) FROM log), 0)) FROM forgotten",
        [],
        |row| row.get(0).map(Position),
    )
}
