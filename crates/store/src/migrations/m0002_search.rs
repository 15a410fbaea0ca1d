//! The second migration: names of homes and rooms once more in lower case, since SQLite lowers ASCII letters only.

use super::{Migration, Step};
use crate::schema::{Column, Kind, col};

const fn lowered(writer: &'static str) -> Column {
    col("search_text", Kind::Text, writer, "The name in lower case, for finding it in any case.")
}

pub(super) const MIGRATION: Migration = Migration {
    name: "m0002_search",
    steps: &[
        Step::AddLoweredName { table: "homes", column: lowered("homes::insert, update") },
        Step::AddLoweredName { table: "rooms", column: lowered("rooms::insert, update") },
    ],
};
