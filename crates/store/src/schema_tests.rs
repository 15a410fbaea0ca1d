//! The declared schema is the one a migrated database has, and every column is explained.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Table, conflict_in_words, index_name, schema_document, tables};
use crate::store::{Store, StoreOptions};

async fn names(store: &Store, sql: String) -> BTreeSet<String> {
    let rows = store.readers().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "name").unwrap()).collect()
}

#[tokio::test]
async fn the_declared_schema_is_the_live_one() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/store.db", directory.path().display());
    let store = Store::open(&StoreOptions { url, readers_max: 1 }).await.unwrap();
    let declared: Vec<_> = crate::migrations::MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(store.pending_migrations().await.unwrap(), declared);
    assert!(declared.is_sorted(), "they run in the order of their numbers: {declared:?}");
    store.migrate().await.unwrap();

    let live = names(&store, "SELECT name FROM sqlite_schema WHERE type = 'table'".to_owned()).await;
    let declared: BTreeSet<_> =
        tables().map(|table| table.name).chain(["seaql_migrations"]).map(str::to_owned).collect();
    assert_eq!(live, declared);
    for table in tables() {
        let live = names(&store, format!("SELECT name FROM pragma_table_info('{}')", table.name)).await;
        let declared: BTreeSet<_> = table.all_columns().map(|column| column.name.to_owned()).collect();
        assert_eq!(live, declared, "{}", table.name);
        let live =
            names(&store, format!("SELECT name FROM pragma_index_list('{}') WHERE origin = 'c'", table.name))
                .await;
        assert_eq!(live, declared_indexes(table), "{}", table.name);
    }
    store.close().await;
}

fn declared_indexes(table: &Table) -> BTreeSet<String> {
    let unique = table.all_unique().map(|unique| unique.columns);
    unique.chain(table.indexes.iter().copied()).map(|columns| index_name(table.name, columns)).collect()
}

#[test]
fn every_column_says_who_writes_it_and_why() {
    for table in tables() {
        assert!(!table.meaning.is_empty(), "{}", table.name);
        for column in table.all_columns() {
            assert!(!column.why.is_empty() && !column.writer.is_empty(), "{}.{}", table.name, column.name);
        }
        let known = |name: &&str| table.columns.iter().any(|column| column.name == *name);
        assert!(table.primary_key.iter().all(known), "{}", table.name);
    }
    let document = schema_document();
    assert!(document.contains("| `floor_area_m2` | real, m2, or null |"));
    assert!(document.contains("\n## events\n"));
}

/// Only what spans organisations, or belongs to a person, carries none.
#[test]
fn every_table_of_an_organisation_carries_it() {
    let has = |table: &&Table, name: &str| table.columns.iter().any(|column| column.name == name);
    let without: Vec<_> = tables()
        .filter(|table| !has(table, "organisation") && !has(table, "user_id"))
        .map(|table| table.name)
        .collect();
    assert_eq!(without, ["organisations", "users", "idempotency_keys", "ingest_positions", "signing_keys"]);
}

#[test]
fn both_engines_names_of_a_constraint_are_understood() {
    for constraint in ["devices_organisation_serial", "devices.organisation, devices.serial"] {
        assert_eq!(conflict_in_words(constraint), Some("a device with this serial"));
    }
    for constraint in ["homes_pkey", "homes.id"] {
        assert_eq!(conflict_in_words(constraint), Some("a home with this id"));
    }
    assert_eq!(conflict_in_words("homes.name"), None);
}

/// PostgreSQL cuts longer names, and then a conflict would not be understood.
#[test]
fn no_name_is_longer_than_postgres_keeps() {
    for table in tables() {
        for name in declared_indexes(table) {
            assert!(name.len() <= 63, "{name}");
        }
    }
}
