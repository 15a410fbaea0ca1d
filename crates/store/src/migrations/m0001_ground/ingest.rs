//! How far the fold over the ingest log has come, and the state it had then.

use crate::schema::Kind::{Integer, Json, Text, Uuid};
use crate::schema::{Table, col};

pub(super) static INGEST_POSITIONS: Table = Table {
    name: "ingest_positions",
    one: "this position",
    meaning: "Positions in the ingest log. The log holds every organisation's entries, so these belong to none.",
    columns: &[
        col(
            "name",
            Text,
            "ingest::advance, save_checkpoint",
            "`derived`: everything up to it has become events and moves of commands. `checkpoint`: `device_states` is the state as of it.",
        ),
        col(
            "position",
            Integer,
            "ingest::advance, save_checkpoint",
            "The position; 0 is before the first entry.",
        ),
    ],
    primary_key: &["name"],
    unique: &[],
    indexes: &[],
    references: &[],
};

pub(super) static DEVICE_STATES: Table = Table {
    name: "device_states",
    one: "the state of this device",
    meaning: "The checkpoint: what was known of each device at the position `checkpoint`. The tail of the log is \
        folded onto it at start.",
    columns: &[
        col(
            "device",
            Uuid,
            "ingest::save_checkpoint",
            "The device. Refers to none: its removal may overtake the fold.",
        ),
        col("organisation", Uuid, "ingest::save_checkpoint", "The device's organisation."),
        col("state", Json, "ingest::save_checkpoint", "The folded state."),
        col("position", Integer, "ingest::save_checkpoint", "The checkpoint with which it was last written."),
    ],
    primary_key: &["device"],
    unique: &[],
    indexes: &[&["organisation", "device"]],
    references: &[],
};
