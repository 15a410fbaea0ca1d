//! How rows are read and written, once for all nouns: scope, page, and the mapping of errors.

use lares_model::access::Scope;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DeleteMany, EntityTrait, FromQueryResult, IntoActiveModel, ModelTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
};
use uuid::Uuid;

use crate::error::StoreError;
use crate::page::Page;
use crate::work::sealed::Sealed as _;
use crate::work::{Conn, UnitOfWork};

/// Rows per statement: well under the bind limits, and few enough shapes for the statement caches.
const ROWS_PER_STATEMENT: usize = 64;

pub(crate) type Active<M> = <<M as ModelTrait>::Entity as EntityTrait>::ActiveModel;

pub(crate) fn organisation_ids(scope: &Scope) -> impl Iterator<Item = Uuid> {
    scope.organisations().iter().map(|organisation| organisation.0)
}

pub(crate) fn all_set<M>(row: M) -> Active<M>
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
{
    row.into_active_model().reset_all()
}

pub(crate) async fn insert<M>(w: &UnitOfWork, row: M) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
{
    M::Entity::insert(all_set(row))
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    Ok(())
}

pub(crate) async fn insert_many<M>(w: &UnitOfWork, rows: Vec<M>) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
{
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<_> = rows.by_ref().take(ROWS_PER_STATEMENT).map(all_set).collect();
        if batch.is_empty() {
            return Ok(());
        }
        M::Entity::insert_many(batch)
            .exec_without_returning(w.transaction())
            .await
            .map_err(|error| w.fault(error))?;
    }
}

/// Ids in portions that a statement takes, each once.
pub(crate) fn batches(ids: impl Iterator<Item = Uuid>) -> Vec<Vec<Uuid>> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids.chunks(ROWS_PER_STATEMENT).map(<[Uuid]>::to_vec).collect()
}

pub(crate) async fn one<E>(c: &impl Conn, select: Select<E>) -> Result<Option<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Sized + Send + Sync,
{
    let db = c.executor();
    select.one(&db).await.map_err(|error| c.fault(error))
}

pub(crate) async fn all<E>(c: &impl Conn, select: Select<E>) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Sized + Send + Sync,
{
    let db = c.executor();
    select.all(&db).await.map_err(|error| c.fault(error))
}

/// The rows of a page, in the order of their ids.
pub(crate) fn paged<E>(select: Select<E>, id: E::Column, page: Page) -> Select<E>
where
    E: EntityTrait,
{
    let select = match page.after {
        Some(after) => select.filter(id.gt(after)),
        None => select,
    };
    select.order_by_asc(id).limit(page.limit)
}

/// Whether a row was there to be changed.
pub(crate) async fn update<E: EntityTrait>(
    w: &UnitOfWork,
    update: UpdateMany<E>,
) -> Result<bool, StoreError> {
    let result = update.exec(w.transaction()).await.map_err(|error| w.fault(error))?;
    Ok(result.rows_affected > 0)
}

pub(crate) async fn delete<E: EntityTrait>(w: &UnitOfWork, delete: DeleteMany<E>) -> Result<u64, StoreError> {
    let result = delete.exec(w.transaction()).await.map_err(|error| w.fault(error))?;
    Ok(result.rows_affected)
}
