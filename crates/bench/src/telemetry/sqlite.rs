//! The plain table that one would write first: SQLite, one row a point, ordered by series and time.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::engine::{Engine, Reader};
use super::queries::{Query, Rows};
use super::workload::{DAY_MS, METRICS, Row};

/// `synchronous=FULL` makes each commit one fsync of the WAL; a cache of 64 MiB holds the tails of all series, so
/// that inserts do not read; the rest is SQLite's default. Foreign keys, triggers and further indexes: none.
const SETTINGS: &str = "WITHOUT ROWID table keyed (series, ts), WAL, synchronous=FULL, 64 MiB cache, 5,000 prepared \
                        inserts per transaction; settled by wal_checkpoint(TRUNCATE), no VACUUM";

pub struct Sqlite {
    path: PathBuf,
    connection: Connection,
}

fn connect(path: &Path) -> Result<Connection, String> {
    let connection = Connection::open(path).map_err(told)?;
    connection
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536")
        .map_err(told)?;
    Ok(connection)
}

fn told(error: rusqlite::Error) -> String {
    format!("sqlite: {error}")
}

impl Engine for Sqlite {
    type Encoded = Vec<Row>;

    fn open(folder: &Path) -> Result<Sqlite, String> {
        let path = folder.join("points.db");
        let connection = connect(&path)?;
        connection
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS points (
                     series INTEGER NOT NULL, ts INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, ts)
                 ) WITHOUT ROWID",
            )
            .map_err(told)?;
        Ok(Sqlite { path, connection })
    }

    fn version(&self) -> String {
        format!("SQLite {}", rusqlite::version())
    }

    fn settings(&self) -> &'static str {
        SETTINGS
    }

    fn encode(&self, rows: Vec<Row>) -> Vec<Row> {
        rows
    }

    fn commit(&mut self, rows: Vec<Row>) -> Result<(), String> {
        let transaction = self.connection.transaction().map_err(told)?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO points VALUES (?1, ?2, ?3)").map_err(told)?;
            for point in rows.iter().flat_map(Row::points) {
                insert.execute(params![point.series, point.time_ms, point.value]).map_err(told)?;
            }
        }
        transaction.commit().map_err(told)
    }

    fn settle(&mut self) -> Result<(), String> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(told)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, String> {
        Ok(Box::new(SqliteReader { connection: connect(&self.path)? }))
    }
}

struct SqliteReader {
    connection: Connection,
}

impl Reader for SqliteReader {
    fn rows(&mut self, query: &Query) -> Result<Option<Rows>, String> {
        let connection = &self.connection;
        let metrics = METRICS as u32;
        let rows = match *query {
            Query::OneDay { series, from_ms, until_ms } => select(
                connection,
                "SELECT ts, value, 0, 0 FROM points WHERE series = ?1 AND ts >= ?2 AND ts < ?3 ORDER BY ts",
                params![series, from_ms, until_ms],
            ),
            Query::Buckets { series, from_ms, width_ms, buckets } => select(
                connection,
                "SELECT (ts - ?2) / ?4 AS bucket, min(value), max(value), avg(value) FROM points
                 WHERE series = ?1 AND ts >= ?2 AND ts < ?3 GROUP BY bucket",
                params![series, from_ms, from_ms + width_ms * i64::from(buckets), width_ms],
            ),
            // Seeks to the end of each series instead of reading a day of it.
            Query::Last { metric, devices, from_ms, until_ms } => select(
                connection,
                "WITH RECURSIVE devices(device) AS (
                     VALUES (0) UNION ALL SELECT device + 1 FROM devices WHERE device + 1 < ?3)
                 SELECT device, (SELECT value FROM points WHERE series = device * ?1 + ?2
                     AND ts >= ?4 AND ts < ?5 ORDER BY ts DESC LIMIT 1) AS last, 0, 0
                 FROM devices WHERE last IS NOT NULL",
                params![metrics, metric, devices, from_ms, until_ms],
            ),
            Query::DailySums { metric, devices, from_ms, until_ms } => select(
                connection,
                "WITH RECURSIVE devices(device) AS (
                     VALUES (0) UNION ALL SELECT device + 1 FROM devices WHERE device + 1 < ?3)
                 SELECT device, (ts - ?4) / ?6 AS day, sum(value), 0 FROM devices
                 JOIN points ON series = device * ?1 + ?2 AND ts >= ?4 AND ts < ?5 GROUP BY device, day",
                params![metrics, metric, devices, from_ms, until_ms, DAY_MS],
            ),
        };
        rows.map(Some).map_err(told)
    }
}

fn select(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| {
        // Times, buckets and numbers of devices are integers in SQLite.
        let number = |column: usize| -> rusqlite::Result<f64> {
            match row.get_ref(column)? {
                rusqlite::types::ValueRef::Integer(integer) => Ok(integer as f64),
                _ => row.get(column),
            }
        };
        Ok([number(0)?, number(1)?, number(2)?, number(3)?])
    })?;
    rows.collect()
}
