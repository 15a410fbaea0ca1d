//! The small numbers that stand for organisations, devices and shapes in the log. They are written in the transaction
//! that first uses them, and are read anew after one that failed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use lares_model::{DeviceId, OrganisationId};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::TelemetryError;
use crate::shape::Shape;
use crate::sqlite::from_sqlite;

pub struct Numbered<T> {
    numbers: HashMap<T, u32>,
    things: HashMap<u32, T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { numbers: HashMap::new(), things: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn insert(&mut self, number: u32, thing: T) {
        self.numbers.insert(thing.clone(), number);
        self.things.insert(number, thing);
    }

    fn remove(&mut self, thing: &T) {
        if let Some(number) = self.numbers.remove(thing) {
            self.things.remove(&number);
        }
    }

    pub fn thing(&self, number: u64) -> Result<&T, TelemetryError> {
        let found = u32::try_from(number).ok().and_then(|number| self.things.get(&number));
        found.ok_or_else(|| TelemetryError::Corrupt(format!("the log does not know number {number}")))
    }
}

#[derive(Default)]
pub struct Names {
    pub organisations: Numbered<OrganisationId>,
    pub devices: Numbered<DeviceId>,
    pub shapes: Numbered<Arc<Shape>>,
}

impl Names {
    pub fn load(connection: &Connection) -> Result<Names, TelemetryError> {
        let mut names = Names::default();
        for (id, bytes) in rows(connection, "SELECT id, uuid FROM organisations")? {
            names.organisations.insert(id, OrganisationId(uuid_of(&bytes)?));
        }
        for (id, bytes) in rows(connection, "SELECT id, uuid FROM devices")? {
            names.devices.insert(id, DeviceId(uuid_of(&bytes)?));
        }
        for (id, bytes) in rows(connection, "SELECT id, columns FROM shapes")? {
            names.shapes.insert(id, Arc::new(Shape::decode(&bytes)?));
        }
        Ok(names)
    }

    pub fn organisation(
        &mut self,
        connection: &Connection,
        id: OrganisationId,
    ) -> Result<u32, TelemetryError> {
        if let Some(number) = self.organisations.numbers.get(&id) {
            return Ok(*number);
        }
        let number = insert(connection, "INSERT INTO organisations (uuid) VALUES (?1)", id.0.as_bytes())?;
        self.organisations.insert(number, id);
        Ok(number)
    }

    pub fn device(&mut self, connection: &Connection, id: DeviceId) -> Result<u32, TelemetryError> {
        if let Some(number) = self.devices.numbers.get(&id) {
            return Ok(*number);
        }
        let number = insert(connection, "INSERT INTO devices (uuid) VALUES (?1)", id.0.as_bytes())?;
        self.devices.insert(number, id);
        Ok(number)
    }

    pub fn shape(
        &mut self,
        connection: &Connection,
        shape: Shape,
    ) -> Result<(u32, Arc<Shape>), TelemetryError> {
        if let Some((known, number)) = self.shapes.numbers.get_key_value(&shape) {
            return Ok((*number, Arc::clone(known)));
        }
        let number = insert(connection, "INSERT INTO shapes (columns) VALUES (?1)", &shape.encode())?;
        let shape = Arc::new(shape);
        self.shapes.insert(number, Arc::clone(&shape));
        Ok((number, shape))
    }

    /// A device that was forgotten and comes back is another one.
    pub fn forget(&mut self, connection: &Connection, id: DeviceId) -> Result<(), TelemetryError> {
        self.devices.remove(&id);
        connection
            .execute("DELETE FROM devices WHERE uuid = ?1", [id.0.as_bytes()])
            .map(drop)
            .map_err(|error| from_sqlite(&error))
    }
}

fn insert(connection: &Connection, sql: &str, value: &[u8]) -> Result<u32, TelemetryError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![value]))
        .map_err(|error| from_sqlite(&error))?;
    u32::try_from(connection.last_insert_rowid())
        .map_err(|_| TelemetryError::Other("the log has no numbers left".to_owned()))
}

fn rows(connection: &Connection, sql: &str) -> Result<Vec<(u32, Vec<u8>)>, TelemetryError> {
    connection
        .prepare(sql)
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(|error| from_sqlite(&error))
}

fn uuid_of(bytes: &[u8]) -> Result<Uuid, TelemetryError> {
    Uuid::from_slice(bytes).map_err(|_| TelemetryError::Corrupt("a name in the log is no UUID".to_owned()))
}
