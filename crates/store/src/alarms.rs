//! What people have to look at, and what became of it.

use lares_model::access::Scope;
use lares_model::alarm::{Alarm, AlarmState};
use lares_model::{AlarmId, DeviceId, HomeId, OrganisationId, UnixMillis, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::text::{from_json, json_of, name_of, named, narrow};
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "alarms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation: Uuid,
        pub home: Option<Uuid>,
        pub device: Option<Uuid>,
        pub source: String,
        pub kind: String,
        pub cause_key: String,
        pub severity: String,
        pub detail: String,
        pub raised_at: i64,
        pub last_raised_at: i64,
        pub times: i64,
        pub acknowledged_at: Option<i64>,
        pub acknowledged_by: Option<Uuid>,
        pub note: Option<String>,
        pub cleared_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

fn from_row(row: Model) -> Result<Alarm, StoreError> {
    Ok(Alarm {
        id: AlarmId(row.id),
        organisation: OrganisationId(row.organisation),
        home: row.home.map(HomeId),
        device: row.device.map(DeviceId),
        source: named("alarms.source", row.source)?,
        kind: row.kind,
        cause_key: row.cause_key,
        severity: named("alarms.severity", row.severity)?,
        detail: from_json("alarms.detail", &row.detail)?,
        raised_at: UnixMillis(row.raised_at),
        last_raised_at: UnixMillis(row.last_raised_at),
        times: narrow("alarms.times", row.times)?,
        acknowledged_at: row.acknowledged_at.map(UnixMillis),
        acknowledged_by: row.acknowledged_by.map(UserId),
        note: row.note,
        cleared_at: row.cleared_at.map(UnixMillis),
    })
}

pub async fn insert(w: &UnitOfWork, alarm: &Alarm) -> Result<(), StoreError> {
    let row = Model {
        id: alarm.id.0,
        organisation: alarm.organisation.0,
        home: alarm.home.map(|home| home.0),
        device: alarm.device.map(|device| device.0),
        source: name_of(&alarm.source)?,
        kind: alarm.kind.clone(),
        cause_key: alarm.cause_key.clone(),
        severity: name_of(&alarm.severity)?,
        detail: json_of(&alarm.detail)?,
        raised_at: alarm.raised_at.0,
        last_raised_at: alarm.last_raised_at.0,
        times: alarm.times.into(),
        acknowledged_at: alarm.acknowledged_at.map(|instant| instant.0),
        acknowledged_by: alarm.acknowledged_by.map(|user| user.0),
        note: alarm.note.clone(),
        cleared_at: alarm.cleared_at.map(|instant| instant.0),
    };
    rows::insert(w, row).await
}

/// What a list shows.
#[derive(Clone, Debug, Default)]
pub struct AlarmFilter {
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub state: Option<AlarmState>,
}

/// Newest first; the page's `after` is the last id of the page before.
pub async fn list(
    c: &impl Conn,
    scope: &Scope,
    filter: &AlarmFilter,
    page: Page,
) -> Result<Vec<Alarm>, StoreError> {
    let mut select = Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    if let Some(home) = filter.home {
        select = select.filter(Column::Home.eq(home.0));
    }
    if let Some(device) = filter.device {
        select = select.filter(Column::Device.eq(device.0));
    }
    select = match filter.state {
        None => select,
        Some(AlarmState::Cleared) => select.filter(Column::ClearedAt.is_not_null()),
        Some(AlarmState::Open) => {
            select.filter(Column::ClearedAt.is_null()).filter(Column::AcknowledgedAt.is_null())
        }
        Some(AlarmState::Acknowledged) => {
            select.filter(Column::ClearedAt.is_null()).filter(Column::AcknowledgedAt.is_not_null())
        }
    };
    if let Some(after) = page.after {
        select = select.filter(Column::Id.lt(after));
    }
    let select = select.order_by_desc(Column::Id).limit(page.limit);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

pub async fn find(c: &impl Conn, scope: &Scope, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

/// The newest alarm of a cause.
pub async fn newest_of(
    c: &impl Conn,
    organisation: OrganisationId,
    cause_key: &str,
) -> Result<Option<Alarm>, StoreError> {
    let select = Entity::find()
        .filter(Column::Organisation.eq(organisation.0))
        .filter(Column::CauseKey.eq(cause_key))
        .order_by_desc(Column::Id)
        .limit(1);
    rows::one(c, select).await?.map(from_row).transpose()
}

/// All that last, of all organisations: what the watch over them compares with.
pub async fn lasting(c: &impl Conn) -> Result<Vec<Alarm>, StoreError> {
    let select = Entity::find().filter(Column::ClearedAt.is_null()).order_by_asc(Column::Id);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The same cause once more; an alarm that was cleared lasts again, and has to be looked at again.
pub async fn raised_again(w: &UnitOfWork, alarm: &Alarm, now: UnixMillis) -> Result<bool, StoreError> {
    let mut update = Entity::update_many()
        .col_expr(Column::LastRaisedAt, Expr::value(now.0))
        .col_expr(Column::Times, Expr::value(i64::from(alarm.times) + 1))
        .filter(Column::Id.eq(alarm.id.0));
    if alarm.cleared_at.is_some() {
        update = update.col_expr(Column::ClearedAt, Expr::value(None::<i64>));
    }
    rows::update(w, update).await
}

pub async fn acknowledge(
    w: &UnitOfWork,
    id: AlarmId,
    by: UserId,
    note: Option<&str>,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::AcknowledgedAt, Expr::value(now.0))
        .col_expr(Column::AcknowledgedBy, Expr::value(by.0))
        .col_expr(Column::Note, Expr::value(note.map(str::to_owned)))
        .filter(Column::Id.eq(id.0))
        .filter(Column::AcknowledgedAt.is_null());
    rows::update(w, update).await
}

pub async fn clear(w: &UnitOfWork, id: AlarmId, now: UnixMillis) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::ClearedAt, Expr::value(now.0))
        .filter(Column::Id.eq(id.0))
        .filter(Column::ClearedAt.is_null());
    rows::update(w, update).await
}

/// Whoever is forgotten is forgotten here, too: that somebody took note stays.
pub async fn forget_person(w: &UnitOfWork, user: UserId) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::AcknowledgedBy, Expr::value(None::<uuid::Uuid>))
        .col_expr(Column::Note, Expr::value(None::<String>))
        .filter(Column::AcknowledgedBy.eq(user.0));
    rows::update(w, update).await
}
