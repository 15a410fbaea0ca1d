//! Opening a database by its URL, with what each engine needs to keep its promises, and starting units of work.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

use crate::check;
use crate::error::StoreError;
use crate::migrations::Migrator;
use crate::work::UnitOfWork;

/// How long a write waits for its turn, and a read for a connection.
const TURN_WITHIN: Duration = Duration::from_secs(30);
const SQLITE_BUSY_WITHIN: Duration = Duration::from_secs(5);
/// Idle read connections are given back: each holds a thread and a page cache.
const IDLE_READER_KEPT: Duration = Duration::from_secs(60);
/// A PostgreSQL connection that was idle for longer is tried before it is used.
const TRUSTED_WHILE_IDLE: Duration = Duration::from_secs(5);
/// Held while migrating, so that two nodes that start together do not both migrate. Any constant would do.
const POSTGRES_MIGRATION_LOCK: i64 = 0x006c_6172_6573;

pub struct StoreOptions {
    /// `sqlite:///absolute/path.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Read connections at most. On PostgreSQL as many again for units of work.
    pub readers_max: u32,
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    readers: DatabaseConnection,
    writers: DatabaseConnection,
}

impl Store {
    /// Connects, and creates the file of a SQLite database; the schema is made by `migrate`.
    pub async fn open(options: &StoreOptions) -> Result<Store, StoreError> {
        let readers_max = options.readers_max.max(1);
        let (writers, readers) = if options.url.starts_with("sqlite://") {
            // The writer comes first: it makes the file and turns WAL on.
            let writers = Database::connect(sqlite_writer(&options.url)).await?;
            // After a kill, WAL frames may be in the page cache alone and would still be read as committed: what this
            // start builds on is made durable first. A full disk must not prevent the start; the WAL is synced first.
            match writers
                .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
                .await
                .map_err(StoreError::from)
            {
                Ok(_) | Err(StoreError::NoSpace(_)) => {}
                Err(error) => return Err(error),
            }
            (writers, Database::connect(sqlite_readers(&options.url, readers_max)).await?)
        } else if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            let pool = postgres(&options.url, readers_max);
            (Database::connect(pool.clone()).await?, Database::connect(pool).await?)
        } else {
            return Err(StoreError::Other(
                "the database URL must start with sqlite:/// or postgres://".to_owned(),
            ));
        };
        Ok(Store { shared: Arc::new(Shared { readers, writers }) })
    }

    /// Brings the schema up to date, all or nothing.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let transaction = self.begin_transaction().await?;
        if self.backend() == DbBackend::Postgres {
            transaction
                .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({POSTGRES_MIGRATION_LOCK})"))
                .await?;
        }
        Migrator::up(&transaction, None).await?;
        Ok(transaction.commit().await?)
    }

    /// The names of the migrations that `migrate` would apply.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = Migrator::get_pending_migrations_read_only(self.readers()).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// The only way to write. On SQLite there is one writer and this waits for its turn; PostgreSQL runs units of
    /// work side by side (read committed).
    pub async fn begin(&self) -> Result<UnitOfWork, StoreError> {
        Ok(UnitOfWork::new(self.begin_transaction().await?))
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        let query = match self.backend() {
            // The driver's own ping would not touch the file.
            DbBackend::Sqlite => "SELECT count(*) FROM sqlite_schema",
            _ => "SELECT 1",
        };
        self.readers().execute_unprepared(query).await?;
        Ok(())
    }

    /// What is wrong with the data; empty when nothing is.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        check::problems(self).await
    }

    /// Closes every connection; on SQLite the last one folds the WAL into the database file.
    pub async fn close(self) {
        for pool in [&self.shared.readers, &self.shared.writers] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "closing the relational store");
            }
        }
    }

    pub(crate) fn readers(&self) -> &DatabaseConnection {
        &self.shared.readers
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.shared.readers.get_database_backend()
    }

    async fn begin_transaction(&self) -> Result<sea_orm::DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            // Ignored by PostgreSQL. A deferred BEGIN would fail when it turns from reading to writing.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.shared.writers.begin_with_options(options).await?)
    }
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).record_stmt_in_spans(false).acquire_timeout(TURN_WITHIN);
    options
}

fn sqlite_writer(url: &str) -> ConnectOptions {
    let mut options = quiet(url);
    options.max_connections(1).idle_timeout(None).max_lifetime(None).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(SQLITE_BUSY_WITHIN)
            .pragma("cache_size", "-2048")
            // 16 MiB of WAL between checkpoints: one waits for its fsyncs, so it must be rarer than one commit in a
            // hundred. After a burst the file shrinks to 16 MiB again.
            .pragma("wal_autocheckpoint", "4000")
            .pragma("journal_size_limit", "16777216")
            // A destroyed subject key must not survive in free pages.
            .pragma("secure_delete", "ON")
    });
    options.map_sqlx_sqlite_pool_opts(|pool| {
        // When SQLite itself rolls back (disk full, I/O error) the driver still counts an open transaction and
        // makes every later BEGIN a savepoint inside nothing. Such a connection is not given back.
        pool.after_release(|connection, _| {
            Box::pin(async move {
                // The ping runs behind the roll-back that a dropped transaction has queued.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
    });
    options
}

fn sqlite_readers(url: &str, readers_max: u32) -> ConnectOptions {
    let mut options = quiet(url);
    options
        .max_connections(readers_max)
        .idle_timeout(Some(IDLE_READER_KEPT))
        .max_lifetime(None)
        .test_before_acquire(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .busy_timeout(SQLITE_BUSY_WITHIN)
            .pragma("cache_size", "-512")
            // Whoever tries to write past the one writer gets an error.
            .pragma("query_only", "ON")
    });
    options
}

fn postgres(url: &str, connections_max: u32) -> ConnectOptions {
    let mut options = quiet(url);
    options
        .max_connections(connections_max)
        .idle_timeout(Some(IDLE_READER_KEPT))
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(TRUSTED_WHILE_IDLE);
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.application_name("lares").options([("default_transaction_isolation", "read committed")])
    });
    options
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
