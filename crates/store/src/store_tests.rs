//! What only the inside can provoke: a database that is full, damage, and the settings that durability rests on.

use lares_model::access::Scope;
use lares_model::home::Organisation;
use lares_model::{OrganisationId, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Store, StoreOptions};
use crate::error::StoreError;
use crate::{Page, organisations};

async fn open(directory: &TempDir) -> Store {
    let url = format!("sqlite://{}/store.db", directory.path().display());
    Store::open(&StoreOptions { url, readers_max: 2 }).await.unwrap()
}

fn organisation(number: u128, name_bytes: usize) -> Organisation {
    Organisation {
        id: OrganisationId(Uuid::from_u128(number)),
        name: "x".repeat(name_bytes),
        created_at: UnixMillis(0),
    }
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> String {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<i64>(0)
        .map_or_else(|_| row.try_get_by_index(0).unwrap(), |number| number.to_string())
}

#[tokio::test]
async fn sqlite_is_set_up_to_keep_what_it_commits() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    let (writer, reader) = (&store.shared.writers, &store.shared.readers);
    assert_eq!(pragma(writer, "journal_mode").await, "wal");
    assert_eq!(pragma(writer, "synchronous").await, "2", "FULL");
    assert_eq!(pragma(writer, "foreign_keys").await, "1");
    assert_eq!(pragma(writer, "busy_timeout").await, "5000");
    assert_eq!(pragma(writer, "secure_delete").await, "1");
    assert_eq!(pragma(reader, "query_only").await, "1");
    assert!(reader.execute_unprepared("CREATE TABLE t (c)").await.is_err(), "readers do not write");
    store.close().await;
}

#[tokio::test]
async fn the_writer_recovers_when_space_returns() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.migrate().await.unwrap();
    let scope = Scope::of((0..10).map(|number| organisation(number, 0).id));
    let count =
        async || organisations::list(&store, &scope, Page { after: None, limit: 100 }).await.unwrap().len();
    let work = store.begin().await.unwrap();
    organisations::insert(&work, &organisation(0, 10)).await.unwrap();
    work.commit().await.unwrap();

    for round in 1..4 {
        // SQLite rolls back by itself on some of these and leaves it to us on others; a big row meets both.
        store
            .shared
            .writers
            .execute_unprepared("PRAGMA cache_size = 1; PRAGMA max_page_count = 1")
            .await
            .unwrap();
        let work = store.begin().await.unwrap();
        organisations::insert(&work, &organisation(100 + round, 10)).await.unwrap();
        let refused = organisations::insert(&work, &organisation(200 + round, 5_000_000)).await;
        assert!(matches!(refused, Err(StoreError::NoSpace(_))), "{refused:?}");
        assert!(work.commit().await.is_err());
        assert_eq!(count().await, round as usize, "nothing of it is there");

        store.shared.writers.execute_unprepared("PRAGMA max_page_count = 1000000").await.unwrap();
        let work = store.begin().await.unwrap();
        organisations::insert(&work, &organisation(round, 5_000)).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(count().await, round as usize + 1);
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.close().await;
}

/// Where SQLite has rolled back by itself, the driver still believes in its transaction.
#[tokio::test]
async fn a_connection_that_lost_its_transaction_is_not_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.migrate().await.unwrap();
    let work = store.begin().await.unwrap();
    organisations::insert(&work, &organisation(1, 10)).await.unwrap();
    work.transaction().execute_unprepared("ROLLBACK").await.unwrap();
    drop(work);
    // On such a connection BEGIN turns into a savepoint, which a roll-back would leave open: what is "committed"
    // after that would be inside it.
    let work = store.begin().await.unwrap();
    organisations::insert(&work, &organisation(3, 10)).await.unwrap();
    drop(work);
    let work = store.begin().await.unwrap();
    organisations::insert(&work, &organisation(2, 10)).await.unwrap();
    work.commit().await.unwrap();
    let scope = Scope::of([organisation(1, 0).id, organisation(2, 0).id]);
    let found = organisations::list(&store, &scope, Page { after: None, limit: 9 }).await.unwrap();
    assert_eq!(found, [organisation(2, 10)]);
    store.close().await;
}

#[tokio::test]
async fn the_check_finds_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.migrate().await.unwrap();
    let work = store.begin().await.unwrap();
    for number in 1..=4 {
        organisations::insert(&work, &organisation(number, 1)).await.unwrap();
    }
    work.commit().await.unwrap();

    let event = |organisation: u8, seq: u8| {
        format!(
            "INSERT INTO events (organisation, seq, id, event_type, time, recorded, cause, origin, origin_seq, \
             payload) VALUES (x'{organisation:032x}', {seq}, randomblob(16), 'x', 0, 0, '', 'local', {seq}, '')"
        )
    };
    for sql in [
        // 1: a gap in the middle; 2: the first is missing; 3: a head ahead; 4 is whole; 9 has no head.
        &event(1, 1),
        &event(1, 3),
        "UPDATE log_head SET seq = 3 WHERE organisation = x'00000000000000000000000000000001'",
        &event(2, 2),
        "UPDATE log_head SET seq = 2 WHERE organisation = x'00000000000000000000000000000002'",
        &event(3, 1),
        "UPDATE log_head SET seq = 2 WHERE organisation = x'00000000000000000000000000000003'",
        &event(4, 1),
        "UPDATE log_head SET seq = 1 WHERE organisation = x'00000000000000000000000000000004'",
        &event(9, 1),
        "PRAGMA foreign_keys = OFF",
        "INSERT INTO rooms VALUES (x'05', x'06', x'07', '', 0, '')",
    ] {
        store.shared.writers.execute_unprepared(sql).await.unwrap();
    }
    let problems = store.check().await.unwrap();
    let about = |text: &str| problems.iter().filter(|problem| problem.contains(text)).count();
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert_eq!(about("000000000001: 2 entries from 1 to 3"), 1, "{problems:#?}");
    assert_eq!(about("000000000002: 1 entries from 2 to 2"), 1, "{problems:#?}");
    assert_eq!(about("000000000003: its head is 2, its last entry 1"), 1, "{problems:#?}");
    assert_eq!(about("000000000009: it has entries and no head"), 1, "{problems:#?}");
    assert_eq!(about("a row of rooms refers to a row of homes"), 1, "{problems:#?}");
    store.close().await;
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused() {
    for url in ["mysql://localhost/x", "sqlite::memory:", ""] {
        let refused = Store::open(&StoreOptions { url: url.to_owned(), readers_max: 1 }).await;
        assert!(matches!(refused, Err(StoreError::Other(_))), "{url}");
    }
    let url = "sqlite:///nowhere/at/all/store.db".to_owned();
    let refused = Store::open(&StoreOptions { url, readers_max: 1 }).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{:?}", refused.err());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("store.db"), [b'x'; 8192]).unwrap();
    let url = format!("sqlite://{}/store.db", directory.path().display());
    let refused = Store::open(&StoreOptions { url, readers_max: 1 }).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{:?}", refused.err());
}

#[tokio::test]
async fn a_store_of_the_first_version_finds_its_homes_after_migrating() {
    use crate::migrations::Migrator;
    use sea_orm_migration::MigratorTrait as _;
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    let writers = &store.shared.writers;
    Migrator::up(writers, Some(1)).await.unwrap();
    let id = Uuid::from_u128(7);
    for sql in [
        "INSERT INTO organisations (id, name, created_at) VALUES (?, 'Old', 0)",
        "INSERT INTO homes (id, organisation, name, address, time_zone, property_type, created_at)
         VALUES (?1, ?1, 'Über den Dächern', '', 'UTC', 'house', 0)",
    ] {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [id.into()]);
        writers.execute_raw(statement).await.unwrap();
    }
    store.migrate().await.unwrap();
    let scope = Scope::of([OrganisationId(id)]);
    let found = crate::search::homes(&store, &scope, "ÜBER", 5).await.unwrap();
    assert_eq!(found.iter().map(|home| home.id.0).collect::<Vec<_>>(), [id]);
    store.close().await;
}
