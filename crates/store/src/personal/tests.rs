//! H02: whatever is added to the schema is classified, or this fails.

use std::collections::BTreeSet;

use super::declared::{Concerns, IMPERSONAL, PERSONAL};
use crate::schema::tables;

/// Names under which columns hold something of people.
const TELLING: [&str; 12] = [
    "user_id",
    "user",
    "email",
    "owner",
    "subject",
    "peer",
    "user_agent",
    "invited_by",
    "created_by",
    "acknowledged_by",
    "issuer",
    "cause",
];

#[test]
fn h02_every_table_says_whether_it_is_about_people() {
    let classified = PERSONAL.iter().map(|personal| personal.table);
    let mut classified: Vec<_> = classified.chain(IMPERSONAL.iter().map(|(table, _)| *table)).collect();
    classified.sort_unstable();
    let mut declared: Vec<_> = tables().map(|table| table.name).collect();
    declared.sort_unstable();
    assert_eq!(classified, declared, "classify new tables in personal/declared.rs, each once");
}

#[test]
fn h02_every_column_of_a_table_about_people_is_handed_out_or_withheld_for_a_reason() {
    for personal in PERSONAL {
        let table = tables().find(|table| table.name == personal.table).unwrap();
        let mut classified: Vec<_> = personal.exported.to_vec();
        classified.extend(personal.withheld.iter().map(|(column, _)| *column));
        classified.sort_unstable();
        let mut declared: Vec<_> = table.all_columns().map(|column| column.name).collect();
        declared.sort_unstable();
        assert_eq!(classified, declared, "{}: classify new columns in personal/declared.rs", personal.table);
        assert!(personal.withheld.iter().all(|(_, reason)| !reason.is_empty()));
        let known: BTreeSet<_> = declared.into_iter().collect();
        for how in personal.concerns {
            let (Concerns::Id(column) | Concerns::Cause(column) | Concerns::Email(column)) = how;
            assert!(known.contains(column), "{}.{column}", personal.table);
        }
    }
}

#[test]
fn h02_no_other_table_refers_to_a_person() {
    for (name, _) in IMPERSONAL {
        let table = tables().find(|table| table.name == *name).unwrap();
        assert!(
            table.references.iter().all(|reference| reference.table != "users"),
            "{name} refers to users"
        );
        for column in table.all_columns() {
            assert!(!TELLING.contains(&column.name), "{name}.{} may be about a person", column.name);
        }
    }
}
