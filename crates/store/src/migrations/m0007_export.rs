//! The seventh migration: homes whose devices are told to Home Assistant.

use super::{Migration, Step};
use crate::schema::{Kind, col};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0007_export",
    steps: &[Step::AddColumn {
        table: "homes",
        column: col(
            "export_homeassistant",
            Kind::Bool,
            "homes::insert, update",
            "Whether its devices are told to Home Assistant in its MQTT space.",
        ),
    }],
};
