//! The third migration: how long an organisation keeps its readings.

use super::{Migration, Step};
use crate::schema::{Kind, OnDelete, Reference, Table, col};

static RETENTION: Table = Table {
    name: "retention",
    one: "a retention of this class of series",
    meaning: "How long readings of a class of series are kept. Without a row: for ever.",
    columns: &[
        col("organisation", Kind::Uuid, "retention::set", "Whose readings."),
        col("class", Kind::Text, "retention::set", "`measurement`, `counter` or `state`."),
        col("raw_days", Kind::Days, "retention::set", "How long every reading is kept; null is for ever.")
            .or_null(),
        col(
            "rollup_days",
            Kind::Days,
            "retention::set",
            "How long hours and days are kept; null is for ever.",
        )
        .or_null(),
    ],
    primary_key: &["organisation", "class"],
    unique: &[],
    indexes: &[],
    references: &[Reference {
        columns: &["organisation"],
        table: "organisations",
        to: &["id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration =
    Migration { name: "m0003_retention", steps: &[Step::CreateTable(&RETENTION)] };
