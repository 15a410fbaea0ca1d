//! Connections for reading, lent out one at a time and kept for the next.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::TelemetryError;

/// More are closed when they come back.
const IDLE_MAX: usize = 4;

pub struct Connections {
    open: Box<dyn Fn() -> Result<Connection, TelemetryError> + Send + Sync>,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    pub fn new(open: impl Fn() -> Result<Connection, TelemetryError> + Send + Sync + 'static) -> Connections {
        Connections { open: Box::new(open), idle: Mutex::new(Vec::new()) }
    }

    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => (self.open)()?,
        };
        let result = work(&connection);
        // One that met trouble is not used again.
        if result.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_MAX {
                idle.push(connection);
            }
        }
        result
    }
}
