//! Clients of homes' MQTT spaces, and what they prove themselves with.

use std::collections::BTreeMap;

use lares_model::access::Scope;
use lares_model::mqtt_client::MqttClient;
use lares_model::{HomeId, MqttClientId, OrganisationId, UnixMillis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::text::{digest, from_json, json_of};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "mqtt_clients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub home: Uuid,
        pub name: String,
        pub username: String,
        pub secret_sha256: Option<Vec<u8>>,
        pub secret_phc: Option<String>,
        pub publish: String,
        pub subscribe: String,
        pub trusted: bool,
        pub created_at: i64,
        pub last_seen: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// How a secret is kept: a generated one needs no slow hash, one that a person chose does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptSecret {
    Sha256([u8; 32]),
    Phc(String),
}

impl KeptSecret {
    fn columns(&self) -> (Option<Vec<u8>>, Option<String>) {
        match self {
            KeptSecret::Sha256(digest) => (Some(digest.to_vec()), None),
            KeptSecret::Phc(phc) => (None, Some(phc.clone())),
        }
    }

    fn of(sha256: Option<Vec<u8>>, phc: Option<String>) -> Result<KeptSecret, StoreError> {
        match (sha256, phc) {
            (Some(bytes), None) => digest("mqtt_clients.secret_sha256", bytes).map(KeptSecret::Sha256),
            (None, Some(phc)) => Ok(KeptSecret::Phc(phc)),
            _ => Err(StoreError::Corrupt("mqtt_clients: needs one secret and not two".to_owned())),
        }
    }
}

fn from_row(row: Model) -> Result<MqttClient, StoreError> {
    Ok(MqttClient {
        id: MqttClientId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        name: row.name,
        username: row.username,
        publish: from_json("mqtt_clients.publish", &row.publish)?,
        subscribe: from_json("mqtt_clients.subscribe", &row.subscribe)?,
        trusted: row.trusted,
        created_at: UnixMillis(row.created_at),
        last_seen: row.last_seen.map(UnixMillis),
    })
}

pub async fn insert(w: &UnitOfWork, client: &MqttClient, secret: &KeptSecret) -> Result<(), StoreError> {
    let (secret_sha256, secret_phc) = secret.columns();
    let row = Model {
        id: client.id.0,
        organisation: client.organisation.0,
        home: client.home.0,
        name: client.name.clone(),
        username: client.username.clone(),
        secret_sha256,
        secret_phc,
        publish: json_of(&client.publish)?,
        subscribe: json_of(&client.subscribe)?,
        trusted: client.trusted,
        created_at: client.created_at.0,
        last_seen: client.last_seen.map(|at| at.0),
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: MqttClientId) -> Result<Option<MqttClient>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn of_home(
    c: &impl Conn,
    scope: &Scope,
    home: HomeId,
    page: Page,
) -> Result<Vec<MqttClient>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)))
        .filter(Column::Home.eq(home.0));
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Writes name, rights and trust; the rest never changes, or has a function of its own.
pub async fn update(w: &UnitOfWork, client: &MqttClient) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(client.name.as_str()))
        .col_expr(Column::Publish, Expr::value(json_of(&client.publish)?))
        .col_expr(Column::Subscribe, Expr::value(json_of(&client.subscribe)?))
        .col_expr(Column::Trusted, Expr::value(client.trusted))
        .filter(Column::Id.eq(client.id.0))
        .filter(Column::Organisation.eq(client.organisation.0));
    rows::update(w, update).await
}

/// Gives a client another secret, in place of the one it had.
pub async fn set_secret(w: &UnitOfWork, id: MqttClientId, secret: &KeptSecret) -> Result<bool, StoreError> {
    let (sha256, phc) = secret.columns();
    let update = Entity::update_many()
        .col_expr(Column::SecretSha256, Expr::value(sha256))
        .col_expr(Column::SecretPhc, Expr::value(phc))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Notes when clients signed in; those that were removed meanwhile are left out.
pub async fn touch(w: &UnitOfWork, seen: &BTreeMap<MqttClientId, UnixMillis>) -> Result<(), StoreError> {
    for (id, at) in seen {
        let update =
            Entity::update_many().col_expr(Column::LastSeen, Expr::value(at.0)).filter(Column::Id.eq(id.0));
        rows::update(w, update).await?;
    }
    Ok(())
}

pub async fn delete(w: &UnitOfWork, id: MqttClientId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}

/// Without a scope: the client itself is the caller.
pub async fn find_by_username(
    c: &impl Conn,
    username: &str,
) -> Result<Option<(MqttClient, KeptSecret)>, StoreError> {
    let Some(mut row) = rows::one(c, Entity::find().filter(Column::Username.eq(username))).await? else {
        return Ok(None);
    };
    let secret = KeptSecret::of(row.secret_sha256.take(), row.secret_phc.take())?;
    Ok(Some((from_row(row)?, secret)))
}

/// Without a scope: for a will that a crash left behind.
pub async fn find_any(c: &impl Conn, id: MqttClientId) -> Result<Option<MqttClient>, StoreError> {
    rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row).transpose()
}

/// Without a scope, each once: the homes that have clients, for start-up.
pub async fn homes_any(c: &impl Conn) -> Result<Vec<HomeId>, StoreError> {
    let mut homes: Vec<_> =
        rows::all(c, Entity::find()).await?.into_iter().map(|row| HomeId(row.home)).collect();
    homes.sort_unstable();
    homes.dedup();
    Ok(homes)
}
