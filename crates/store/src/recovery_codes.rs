//! Recovery codes, each good once.

use lares_model::{UnixMillis, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code_hmac: Vec<u8>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// New ones in place of all that were left.
pub async fn replace(
    w: &UnitOfWork,
    user: UserId,
    codes: &[[u8; 16]],
    now: UnixMillis,
) -> Result<(), StoreError> {
    delete_all(w, user).await?;
    let row = |code: &[u8; 16]| Model { user_id: user.0, code_hmac: code.to_vec(), created_at: now.0 };
    rows::insert_many(w, codes.iter().map(row).collect()).await
}

/// Uses one up: of two that come with it at once, one is told so.
pub async fn take(w: &UnitOfWork, user: UserId, code: [u8; 16]) -> Result<bool, StoreError> {
    let delete =
        Entity::delete_many().filter(Column::UserId.eq(user.0)).filter(Column::CodeHmac.eq(code.to_vec()));
    Ok(rows::delete(w, delete).await? > 0)
}

pub async fn count(c: &impl Conn, user: UserId) -> Result<usize, StoreError> {
    // Ten at most.
    Ok(rows::all(c, Entity::find().filter(Column::UserId.eq(user.0))).await?.len())
}

pub async fn delete_all(w: &UnitOfWork, user: UserId) -> Result<u64, StoreError> {
    rows::delete(w, Entity::delete_many().filter(Column::UserId.eq(user.0))).await
}
