//! The table `commands`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commands")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation: Uuid,
    pub home: Uuid,
    pub device: Uuid,
    pub endpoint: i64,
    pub name: String,
    pub args: String,
    pub preconditions: String,
    pub issuer: String,
    pub counter: i64,
    pub nonce: String,
    pub created_at: i64,
    pub not_after: i64,
    pub state: String,
    pub state_since: i64,
    pub reason: Option<String>,
    pub sent_at: Option<i64>,
    pub attempts: i64,
    pub settled: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
