//! The event log: append, read in order, and the heads that keep it gap-free.

use std::collections::BTreeMap;

use lares_model::access::Scope;
use lares_model::event::{Event, EventType, NewEvent, Origin};
use lares_model::{DeviceId, EventId, HomeId, OrganisationId, UnixMillis};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::text::{from_json, json_of};
use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod head_row;
mod row;

use row::{Column, Entity, Model};

/// The origin of events that were born in this store.
const LOCAL: &str = "local";

/// What to read; every part that is given must hold, and an empty list of types means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub types: Vec<EventType>,
    /// The first instant.
    pub from: Option<UnixMillis>,
    /// The first instant that is too late.
    pub until: Option<UnixMillis>,
}

fn from_row(row: Model) -> Result<Event, StoreError> {
    let event_type = EventType::from_text(&row.event_type)
        .ok_or_else(|| StoreError::Corrupt(format!("events.event_type: {:?}", row.event_type)))?;
    Ok(Event {
        seq: row.seq,
        id: EventId(row.id),
        organisation: OrganisationId(row.organisation),
        event_type,
        time: UnixMillis(row.time),
        recorded: UnixMillis(row.recorded),
        home: row.home.map(HomeId),
        device: row.device.map(DeviceId),
        cause: from_json("events.cause", &row.cause)?,
        origin: Origin { name: row.origin, seq: row.origin_seq },
        payload: from_json("events.payload", &row.payload)?,
    })
}

fn to_row(event: NewEvent, seq: i64) -> Result<Model, StoreError> {
    let origin = event.origin.unwrap_or_else(|| Origin { name: LOCAL.to_owned(), seq });
    Ok(Model {
        organisation: event.organisation.0,
        seq,
        id: event.id.0,
        event_type: event.event_type.as_text(),
        time: event.time.0,
        recorded: event.recorded.0,
        home: event.home.map(|home| home.0),
        device: event.device.map(|device| device.0),
        cause: json_of(&event.cause)?,
        origin: origin.name,
        origin_seq: origin.seq,
        payload: json_of(&event.payload)?,
    })
}

pub(crate) async fn start_log(w: &UnitOfWork, organisation: OrganisationId) -> Result<(), StoreError> {
    rows::insert(w, head_row::Model { organisation: organisation.0, seq: 0 }).await
}

/// Appends events and returns their numbers, in the order given. The heads of the organisations stay locked until
/// the commit; they are taken in sorted order so that two units of work cannot wait for each other.
pub async fn append(w: &UnitOfWork, events: Vec<NewEvent>) -> Result<Vec<i64>, StoreError> {
    let mut counts: BTreeMap<OrganisationId, i64> = BTreeMap::new();
    for event in &events {
        *counts.entry(event.organisation).or_default() += 1;
    }
    let mut next = BTreeMap::new();
    for (organisation, count) in counts {
        next.insert(organisation, advance_head(w, organisation, count).await? - count + 1);
    }
    let mut seqs = Vec::with_capacity(events.len());
    let mut models = Vec::with_capacity(events.len());
    for event in events {
        let seq = next.entry(event.organisation).or_default();
        seqs.push(*seq);
        models.push(to_row(event, *seq)?);
        *seq += 1;
    }
    rows::insert_many(w, models).await?;
    Ok(seqs)
}

/// Waits for the organisation's other units of work to end, and holds up later ones until the commit: for what is
/// looked at first and written then.
pub async fn hold(w: &UnitOfWork, organisation: OrganisationId) -> Result<(), StoreError> {
    advance_head(w, organisation, 0).await.map(|_| ())
}

/// Takes the next `count` numbers and returns the last of them.
async fn advance_head(w: &UnitOfWork, organisation: OrganisationId, count: i64) -> Result<i64, StoreError> {
    let update = Query::update()
        .table(head_row::Entity)
        .value(head_row::Column::Seq, Expr::col(head_row::Column::Seq).add(count))
        .and_where(head_row::Column::Organisation.eq(organisation.0))
        .returning_col(head_row::Column::Seq)
        .to_owned();
    let row = w.transaction().query_one(&update).await.map_err(|error| w.fault(error))?;
    let row = row.ok_or_else(|| w.conflict("the removal of this organisation"))?;
    row.try_get_by_index(0).map_err(|error| w.fault(error))
}

fn matching(organisation: OrganisationId, filter: &EventFilter) -> Select<Entity> {
    let mut select = Entity::find().filter(Column::Organisation.eq(organisation.0));
    if let Some(home) = filter.home {
        select = select.filter(Column::Home.eq(home.0));
    }
    if let Some(device) = filter.device {
        select = select.filter(Column::Device.eq(device.0));
    }
    if !filter.types.is_empty() {
        select = select.filter(Column::EventType.is_in(filter.types.iter().map(|kind| kind.as_text())));
    }
    if let Some(from) = filter.from {
        select = select.filter(Column::Time.gte(from.0));
    }
    if let Some(until) = filter.until {
        select = select.filter(Column::Time.lt(until.0));
    }
    select
}

/// The events that follow `seq`, oldest first.
pub async fn after(
    c: &impl Conn,
    organisation: OrganisationId,
    seq: i64,
    filter: &EventFilter,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let select =
        matching(organisation, filter).filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The events that precede `seq`, newest first.
pub async fn before(
    c: &impl Conn,
    organisation: OrganisationId,
    seq: i64,
    filter: &EventFilter,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let select =
        matching(organisation, filter).filter(Column::Seq.lt(seq)).order_by_desc(Column::Seq).limit(limit);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The number of the last event; 0 when there is none.
pub async fn head(c: &impl Conn, organisation: OrganisationId) -> Result<i64, StoreError> {
    let row = rows::one(c, head_row::Entity::find_by_id(organisation.0)).await?;
    Ok(row.map_or(0, |row| row.seq))
}

/// The number of the last event of each of them.
pub async fn heads(
    c: &impl Conn,
    organisations: &[OrganisationId],
) -> Result<BTreeMap<OrganisationId, i64>, StoreError> {
    let mut heads = BTreeMap::new();
    for some in rows::batches(organisations.iter().map(|organisation| organisation.0)) {
        let select = head_row::Entity::find().filter(head_row::Column::Organisation.is_in(some));
        let found = rows::all(c, select).await?;
        heads.extend(found.into_iter().map(|row| (OrganisationId(row.organisation), row.seq)));
    }
    Ok(heads)
}

/// Whether nobody has a log here yet: a store that was never used. Without a scope: for whoever sets one up.
pub async fn none_kept(c: &impl Conn) -> Result<bool, StoreError> {
    Ok(rows::one(c, head_row::Entity::find()).await?.is_none())
}

pub async fn find(c: &impl Conn, scope: &Scope, id: EventId) -> Result<Option<Event>, StoreError> {
    let select = Entity::find()
        .filter(Column::Id.eq(id.0))
        .filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}
