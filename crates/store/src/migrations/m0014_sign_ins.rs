//! The fourteenth migration: what a sign-in that is under way is compared with before it counts.

use super::{Migration, Step};
use crate::schema::Kind::Integer;
use crate::schema::col;

pub(super) const MIGRATION: Migration = Migration {
    name: "m0014_sign_ins",
    steps: &[Step::AddColumn {
        table: "users",
        column: col(
            "sign_in_epoch",
            Integer,
            "users::insert, end_sign_ins",
            "How often the person's sessions were ended: who proved themselves before gets none after. Null is 0.",
        )
        .or_null(),
    }],
};
