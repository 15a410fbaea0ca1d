//! The fourth migration: clients of a home's MQTT space.

use super::{Migration, Step};
use crate::schema::Kind::{Bool, Bytes, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

static MQTT_CLIENTS: Table = Table {
    name: "mqtt_clients",
    one: "an MQTT client with this id",
    meaning: "Who may sign in to a home's MQTT space besides its native devices: Home Assistant, a bridge, a plug.",
    columns: &[
        col("id", Uuid, "mqtt_clients::insert", "Its identity."),
        col("organisation", Uuid, "mqtt_clients::insert", "Whose it is; never changes."),
        col("home", Uuid, "mqtt_clients::insert", "The home whose space it sees; never changes."),
        col("name", Text, "mqtt_clients::insert, update", "What people call it."),
        col(
            "username",
            Text,
            "mqtt_clients::insert",
            "What it signs in with; never a UUID, since those are devices.",
        ),
        col(
            "secret_sha256",
            Bytes,
            "mqtt_clients::insert, set_secret",
            "SHA-256 of a generated secret of 160 random bits; null when a person chose the secret.",
        )
        .or_null(),
        col(
            "secret_phc",
            Text,
            "mqtt_clients::insert, set_secret",
            "Argon2id hash of a secret that a person chose; null when it was generated.",
        )
        .or_null(),
        col("publish", Json, "mqtt_clients::insert, update", "Topic filters that it may publish to."),
        col("subscribe", Json, "mqtt_clients::insert, update", "Topic filters that it may subscribe within."),
        col(
            "trusted",
            Bool,
            "mqtt_clients::insert, update",
            "Whether devices that it announces are accepted without asking.",
        ),
        col("created_at", Millis, "mqtt_clients::insert", "When it was made."),
        col("last_seen", Millis, "mqtt_clients::touch", "When it last signed in, written now and then.")
            .or_null(),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["username"], one: "an MQTT client with this user name" }],
    indexes: &[&["organisation", "home", "id"]],
    references: &[Reference {
        columns: &["organisation", "home"],
        table: "homes",
        to: &["organisation", "id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration =
    Migration { name: "m0004_mqtt_clients", steps: &[Step::CreateTable(&MQTT_CLIENTS)] };
