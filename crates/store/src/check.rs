//! Looking for damage: what the engine can tell of its files, and whether every event log is whole.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use crate::error::StoreError;
use crate::store::Store;

/// Per organisation: the head, and the number, first and last of its events.
const LOGS: &str = "SELECT h.organisation, h.seq AS head, count(e.seq) AS entries, \
    coalesce(min(e.seq), 0) AS first, coalesce(max(e.seq), 0) AS last \
    FROM log_head h LEFT JOIN events e ON e.organisation = h.organisation \
    GROUP BY h.organisation, h.seq ORDER BY h.organisation";

const HEADLESS: &str = "SELECT DISTINCT e.organisation FROM events e \
    LEFT JOIN log_head h ON h.organisation = e.organisation WHERE h.organisation IS NULL";

pub(crate) async fn problems(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    if store.backend() == DbBackend::Sqlite {
        check_files(store, &mut problems).await?;
    }
    check_logs(store, &mut problems).await?;
    Ok(problems)
}

async fn check_files(store: &Store, problems: &mut Vec<String>) -> Result<(), StoreError> {
    let db = store.readers();
    let query = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
    for row in db.query_all_raw(query("PRAGMA integrity_check")).await? {
        let line: String = row.try_get_by_index(0)?;
        if line != "ok" {
            problems.push(format!("integrity: {line}"));
        }
    }
    for row in db.query_all_raw(query("PRAGMA foreign_key_check")).await? {
        let table: String = row.try_get_by_index(0)?;
        let refers_to: String = row.try_get_by_index(2)?;
        problems
            .push(format!("foreign key: a row of {table} refers to a row of {refers_to} that is not there"));
    }
    Ok(())
}

async fn check_logs(store: &Store, problems: &mut Vec<String>) -> Result<(), StoreError> {
    let db = store.readers();
    let query = |sql: &str| Statement::from_string(store.backend(), sql);
    for row in db.query_all_raw(query(LOGS)).await? {
        let organisation: Uuid = row.try_get("", "organisation")?;
        let head: i64 = row.try_get("", "head")?;
        let entries: i64 = row.try_get("", "entries")?;
        let first: i64 = row.try_get("", "first")?;
        let last: i64 = row.try_get("", "last")?;
        if last != head {
            problems.push(format!("event log of {organisation}: its head is {head}, its last entry {last}"));
        }
        // seq is unique, so these two leave no room for a gap.
        if entries != last || (entries > 0 && first != 1) {
            problems.push(format!(
                "event log of {organisation}: {entries} entries from {first} to {last}, so some are missing"
            ));
        }
    }
    for row in db.query_all_raw(query(HEADLESS)).await? {
        let organisation: Uuid = row.try_get("", "organisation")?;
        problems.push(format!("event log of {organisation}: it has entries and no head"));
    }
    Ok(())
}
