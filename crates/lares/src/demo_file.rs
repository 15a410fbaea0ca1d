//! `demo.json`: what people and scripts need to drive a running demo. Written whole, replaced at each start.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data_dir::write_owner_only;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoFile {
    /// Addresses, such as `127.0.0.1:8080`.
    pub http: String,
    pub https: String,
    pub mqtt: String,
    pub mqtts: String,
    /// The file of the authority that signed the server's certificate (PEM).
    pub ca: String,
    pub owner: Owner,
    pub organisation: String,
    pub homes: Vec<String>,
    /// A registered device that the twin leaves alone.
    pub device: SpareDevice,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Owner {
    pub email: String,
    pub password: String,
    pub token: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpareDevice {
    pub id: String,
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub telemetry: TelemetryRecipe,
    pub command_topic: String,
    pub ack_topic: String,
    /// The API path that lists what the payload reports, oldest first.
    pub readings: String,
}

/// `payload` has the placeholders `{value}` and `{time_ms}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TelemetryRecipe {
    pub topic: String,
    pub payload: String,
}

/// What the demo keeps for itself between starts: passwords are stored as hashes only, so they are kept here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DemoSecrets {
    pub email: String,
    pub password: String,
    pub token: String,
    pub organisation: String,
    /// Of a demo that had one home.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// The scenario's key to home id.
    #[serde(default)]
    pub homes: BTreeMap<String, String>,
    pub spare: String,
    /// Device id to password.
    pub devices: BTreeMap<String, String>,
}

/// `None` when there is no such file; one that cannot be read is an error, not an empty one.
pub fn read<T: for<'a> Deserialize<'a>>(file: &Path) -> Result<Option<T>, String> {
    match std::fs::read(file) {
        Ok(text) => {
            serde_json::from_slice(&text).map(Some).map_err(|error| format!("{}: {error}", file.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

pub fn write<T: Serialize>(file: &Path, content: &T) -> Result<(), String> {
    let mut text = serde_json::to_vec_pretty(content).map_err(|error| error.to_string())?;
    text.push(b'\n');
    write_owner_only(file, &text)
}
