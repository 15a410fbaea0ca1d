//! The table of what is plain data: sensors, binary sensors, buttons, and what is withheld with its reason.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lares_model::Value;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub sensor: Vec<Row>,
    pub binary_sensor: Vec<Row>,
    pub button: Vec<Row>,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the catalogue"))]
    pub withheld: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[serde(default)]
    pub attribute: String,
    #[serde(default)]
    pub command: String,
    pub key: String,
    pub label: String,
    pub class: Option<String>,
    pub state: Option<String>,
    pub category: Option<String>,
    /// The endpoint's name says what it is; the label would add nothing.
    #[serde(default)]
    pub plain: bool,
    pub on: Option<String>,
    pub off: Option<String>,
    #[serde(default)]
    pub args: BTreeMap<String, Value>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../../profiles/homeassistant_export.toml"))
        .expect("a test parses it")
});

/// Home Assistant's spelling of the catalogue's units.
pub(super) fn unit(unit: &str) -> &str {
    match unit {
        "degC" => "°C",
        "deg" => "°",
        "ug/m3" => "µg/m³",
        other => other,
    }
}
