//! Keys that access tokens and ID tokens are signed with.

use lares_model::{SigningKeyId, UnixMillis};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{Conn, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub sealed_pkcs8: Vec<u8>,
        pub public: Vec<u8>,
        pub created_at: i64,
        pub signs_from: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    pub id: SigningKeyId,
    pub sealed_pkcs8: Vec<u8>,
    /// An uncompressed point.
    pub public: Vec<u8>,
    pub created_at: UnixMillis,
    pub signs_from: UnixMillis,
}

pub async fn insert(w: &UnitOfWork, key: &SigningKey) -> Result<(), StoreError> {
    let row = Model {
        id: key.id.0,
        sealed_pkcs8: key.sealed_pkcs8.clone(),
        public: key.public.clone(),
        created_at: key.created_at.0,
        signs_from: key.signs_from.0,
    };
    rows::insert(w, row).await
}

/// Oldest first.
pub async fn list(c: &impl Conn) -> Result<Vec<SigningKey>, StoreError> {
    let all = rows::all(c, Entity::find().order_by_asc(Column::SignsFrom)).await?;
    let key = |row: Model| SigningKey {
        id: SigningKeyId(row.id),
        sealed_pkcs8: row.sealed_pkcs8,
        public: row.public,
        created_at: UnixMillis(row.created_at),
        signs_from: UnixMillis(row.signs_from),
    };
    Ok(all.into_iter().map(key).collect())
}

pub async fn delete(w: &UnitOfWork, id: SigningKeyId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
