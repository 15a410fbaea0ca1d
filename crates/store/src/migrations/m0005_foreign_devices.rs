//! The fifth migration: devices of other makers, and what was found of them before anybody accepted them.

use super::{Migration, Step};
use crate::schema::Kind::{Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

static DISCOVERED: Table = Table {
    name: "discovered",
    one: "a discovered device with this id",
    meaning: "Devices as they were found in a home's MQTT space: the inbox, and what accepted ones say of themselves.",
    columns: &[
        col("id", Uuid, "discovered::insert", "Its identity in the inbox."),
        col("organisation", Uuid, "discovered::insert", "Whose it is; never changes."),
        col("home", Uuid, "discovered::insert", "The home in whose space it was found; never changes."),
        col("dialect", Text, "discovered::insert", "Who speaks for it, such as `zigbee2mqtt`."),
        col("foreign_id", Text, "discovered::insert", "Its id in that dialect."),
        col("description", Json, "discovered::insert, describe", "What it last said of itself."),
        col("state", Text, "discovered::insert, set_state", "`pending`, `ignored` or `accepted`."),
        col("first_seen", Millis, "discovered::insert", "When it was found."),
        col(
            "last_seen",
            Millis,
            "discovered::insert, describe",
            "When it last described itself differently.",
        ),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["home", "dialect", "foreign_id"], one: "this device in the inbox" }],
    indexes: &[&["organisation", "home", "id"]],
    references: &[Reference {
        columns: &["organisation", "home"],
        table: "homes",
        to: &["organisation", "id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0005_foreign_devices",
    steps: &[
        Step::AddColumn {
            table: "devices",
            column: col(
                "origin_dialect",
                Text,
                "devices::insert",
                "Who speaks for it in its home's MQTT space; null for a native device.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "devices",
            column: col(
                "origin_foreign_id",
                Text,
                "devices::insert",
                "Its id in that dialect; null for a native device.",
            )
            .or_null(),
        },
        Step::AddUnique {
            table: "devices",
            unique: Unique {
                columns: &["home", "origin_dialect", "origin_foreign_id"],
                one: "a device with this origin in this home",
            },
        },
        Step::CreateTable(&DISCOVERED),
    ],
};
