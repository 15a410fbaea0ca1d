//! The unit of work, the only way to write, and what reads may run on.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr};

use crate::error::StoreError;
use crate::store::Store;

pub(crate) mod sealed {
    use sea_orm::ConnectionTrait as _;

    use super::{DatabaseExecutor, DbBackend, DbErr, StoreError};

    pub trait Sealed {
        fn executor(&self) -> DatabaseExecutor<'_>;
        fn fault(&self, error: DbErr) -> StoreError;

        fn backend(&self) -> DbBackend {
            self.executor().get_database_backend()
        }
    }
}

use sealed::Sealed;

/// What a read runs on: the store (what is committed) or a unit of work (what it wrote itself, too).
pub trait Conn: Sealed + Sync {}

impl Conn for Store {}
impl Conn for UnitOfWork {}

impl Sealed for Store {
    fn executor(&self) -> DatabaseExecutor<'_> {
        DatabaseExecutor::Connection(self.readers())
    }

    fn fault(&self, error: DbErr) -> StoreError {
        error.into()
    }
}

/// A transaction. Dropped without `commit` it leaves nothing behind; once a call on it has failed it cannot be
/// committed any more, on both engines: PostgreSQL would answer such a COMMIT with success and roll back.
pub struct UnitOfWork {
    transaction: DatabaseTransaction,
    failed: AtomicBool,
}

impl UnitOfWork {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        UnitOfWork { transaction, failed: AtomicBool::new(false) }
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Relaxed) {
            self.transaction.rollback().await?;
            return Err(StoreError::Other("an earlier step of this unit of work failed".to_owned()));
        }
        Ok(self.transaction.commit().await?)
    }

    pub(crate) fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// The error of a step that found things other than expected.
    pub(crate) fn conflict(&self, what: impl Into<String>) -> StoreError {
        self.failed.store(true, Ordering::Relaxed);
        StoreError::conflict(what)
    }
}

impl Sealed for UnitOfWork {
    fn executor(&self) -> DatabaseExecutor<'_> {
        DatabaseExecutor::Transaction(&self.transaction)
    }

    fn fault(&self, error: DbErr) -> StoreError {
        self.failed.store(true, Ordering::Relaxed);
        error.into()
    }
}
