//! The table `command_history`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "command_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub command: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    pub organisation: Uuid,
    pub at: i64,
    pub state: String,
    pub reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
