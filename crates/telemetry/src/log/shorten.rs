//! The log lets go of its oldest batches, and gives back the pages that they took.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use lares_model::record::Position;
use rusqlite::Connection;

use crate::TelemetryError;
use crate::published::Published;
use crate::sqlite::from_sqlite;

/// Free pages of the file that wait for the next entries.
const PAGES_KEPT_FREE: i64 = 128;
/// Commits that somebody waits for give pages back only above this, and few at once.
const PAGES_KEPT_FREE_IN_A_RUSH: i64 = 4_096;
const PAGES_GIVEN_BACK: i64 = 32;
/// So many batches at least leave the log with a commit that somebody waits for, where they may.
const BATCHES_LET_GO: usize = 6;

/// Up to where the log lets go of a few batches, and of more bytes than it got with this commit.
fn little(kept: &VecDeque<(i64, u64)>, written: u64) -> i64 {
    let mut bytes = 0;
    let enough = kept.iter().enumerate().find(|(nth, (_, of_batch))| {
        bytes += of_batch;
        *nth + 1 >= BATCHES_LET_GO && bytes >= 2 * written
    });
    enough.map_or(i64::MAX, |(_, (last, _))| *last)
}

/// Lets go of what is sealed and passed, all of it or little where somebody waits; answers up to where.
pub fn truncate(
    connection: &Connection,
    published: &Published,
    head: Position,
    kept: &VecDeque<(i64, u64)>,
    in_a_rush: Option<u64>,
) -> Result<i64, TelemetryError> {
    let mut through = published.truncate_to.load(Ordering::Relaxed);
    if kept.front().is_none_or(|oldest| oldest.0 > through) {
        return Ok(0);
    }
    if let Some(written) = in_a_rush {
        through = through.min(little(kept, written));
    }
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    connection
        .prepare_cached("DELETE FROM batches WHERE last <= ?1")
        .and_then(|mut statement| statement.execute([through]))
        .map_err(failed)?;
    connection
        .prepare_cached("UPDATE head SET at_least = max(at_least, ?1)")
        .and_then(|mut statement| statement.execute([head.0]))
        .map_err(failed)?;
    Ok(through)
}

/// A burst's pages go back to the file system, a few with each commit; some stay for the next entries.
pub fn give_back(connection: &Connection, idle: bool) -> Result<(), TelemetryError> {
    let failed = |error: rusqlite::Error| from_sqlite(&error);
    let (kept, pages) =
        if idle { (PAGES_KEPT_FREE, i64::MAX) } else { (PAGES_KEPT_FREE_IN_A_RUSH, PAGES_GIVEN_BACK) };
    let free: i64 = connection
        .prepare_cached("PRAGMA freelist_count")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed)?;
    let surplus = (free - kept).min(pages);
    if surplus > 0 {
        // It gives back one page with every step.
        let mut statement =
            connection.prepare(&format!("PRAGMA incremental_vacuum({surplus})")).map_err(failed)?;
        let mut steps = statement.query([]).map_err(failed)?;
        while steps.next().map_err(failed)?.is_some() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_shorter_whatever_its_batches_weigh() {
        let alike: VecDeque<(i64, u64)> = (1..=100).map(|last| (last, 10)).collect();
        assert_eq!(little(&alike, 10), BATCHES_LET_GO as i64);
        assert_eq!(little(&alike, 200), 40);
        assert_eq!(little(&alike, 10_000), i64::MAX);
    }
}
