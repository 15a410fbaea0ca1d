//! The table `devices`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation: Uuid,
    pub home: Uuid,
    pub room: Option<Uuid>,
    pub name: String,
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub endpoints: String,
    pub tags: String,
    pub encoding: String,
    pub expected_interval_s: i64,
    pub command_counter: i64,
    pub search_text: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub origin_dialect: Option<String>,
    pub origin_foreign_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
