//! The sixth migration: webhooks of homes.

use super::{Migration, Step};
use crate::schema::Kind::{Bytes, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, col};

static WEBHOOKS: Table = Table {
    name: "webhooks",
    one: "a webhook with this id",
    meaning: "What may be posted to a home from outside, and which part of it is which reading.",
    columns: &[
        col("id", Uuid, "webhooks::insert", "Its identity, and the last part of its address."),
        col("organisation", Uuid, "webhooks::insert", "Whose it is; never changes."),
        col("home", Uuid, "webhooks::insert", "The home whose devices it speaks for; never changes."),
        col("name", Text, "webhooks::insert", "What people call it."),
        col(
            "secret_sealed",
            Bytes,
            "webhooks::insert",
            "The secret that posts are signed with, sealed under the server's key: checking needs it whole.",
        ),
        col("mapping", Json, "webhooks::insert", "Which parts of a payload are readings."),
        col("created_at", Millis, "webhooks::insert", "When it was made."),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["organisation", "home", "id"]],
    references: &[Reference {
        columns: &["organisation", "home"],
        table: "homes",
        to: &["organisation", "id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration =
    Migration { name: "m0006_webhooks", steps: &[Step::CreateTable(&WEBHOOKS)] };
