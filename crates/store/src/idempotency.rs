//! Idempotency keys: the first request with a key takes effect, its repetitions get its answer.

use lares_model::UnixMillis;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::text::{digest, narrow};
use crate::work::sealed::Sealed as _;
use crate::{StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub request_sha256: Vec<u8>,
        pub status: Option<i64>,
        pub body: Option<Vec<u8>>,
        pub opened_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key it is: two people may choose the same.
    pub owner: Uuid,
    pub key: String,
    pub request_sha256: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nobody has used this key: carry on, and `close` before the commit.
    Fresh,
    /// This request was answered before.
    Replay { status: u16, body: Vec<u8> },
    /// The key was used with another request.
    Mismatch,
}

/// Of several that open the same key at once, one is `Fresh` and the others wait for its commit.
pub async fn open(w: &UnitOfWork, key: &IdempotencyKey, now: UnixMillis) -> Result<Opening, StoreError> {
    let row = Model {
        owner: key.owner,
        key: key.key.clone(),
        request_sha256: key.request_sha256.to_vec(),
        status: None,
        body: None,
        opened_at: now.0,
    };
    let keep = OnConflict::columns([Column::Owner, Column::Key]).do_nothing().to_owned();
    let inserted = Entity::insert(rows::all_set(row))
        .on_conflict(keep)
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    if inserted > 0 {
        return Ok(Opening::Fresh);
    }
    let known = rows::one(w, Entity::find_by_id((key.owner, key.key.clone()))).await?;
    let Some(known) = known else {
        return Err(StoreError::Unavailable("this idempotency key is being forgotten; try again".to_owned()));
    };
    if digest("idempotency_keys.request_sha256", known.request_sha256)? != key.request_sha256 {
        return Ok(Opening::Mismatch);
    }
    match (known.status, known.body) {
        (Some(status), Some(body)) => {
            Ok(Opening::Replay { status: narrow("idempotency_keys.status", status)?, body })
        }
        _ => Err(w.conflict("a request with this idempotency key that has no answer")),
    }
}

/// Keeps the answer, in the unit of work that opened the key.
pub async fn close(w: &UnitOfWork, key: &IdempotencyKey, status: u16, body: &[u8]) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(i64::from(status)))
        .col_expr(Column::Body, Expr::value(body.to_vec()))
        .filter(Column::Owner.eq(key.owner))
        .filter(Column::Key.eq(key.key.as_str()));
    if rows::update(w, update).await? {
        Ok(())
    } else {
        Err(w.conflict("an idempotency key that is not open"))
    }
}

/// Forgets the keys opened before this instant and returns how many.
pub async fn prune(w: &UnitOfWork, before: UnixMillis) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::OpenedAt.lt(before.0))).await
}
