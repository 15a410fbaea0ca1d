//! How far the ingest log has been turned into events, and the checkpoint of the state folded from it.

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, rows};

mod position_row;
mod state_row;

/// Everything up to this position has become events and moves of commands.
const DERIVED: &str = "derived";
/// `device_states` is the state as of this position.
const CHECKPOINT: &str = "checkpoint";
const STATES_PER_STATEMENT: usize = 64;

/// How far the log has been turned into events.
pub async fn position(c: &impl Conn) -> Result<Position, StoreError> {
    load(c, DERIVED).await
}

/// `Conflict` when it is not at `from`: somebody else has derived these events.
pub async fn advance(w: &UnitOfWork, from: Position, to: Position) -> Result<(), StoreError> {
    use position_row::Column;
    let update = position_row::Entity::update_many()
        .col_expr(Column::Position, Expr::value(to.0))
        .filter(Column::Name.eq(DERIVED))
        .filter(Column::Position.eq(from.0));
    if rows::update(w, update).await? || (from.0 == 0 && start(w, DERIVED, to).await?) {
        return Ok(());
    }
    Err(w.conflict(format!("ingest log: another position than {}", from.0)))
}

async fn load(c: &impl Conn, name: &str) -> Result<Position, StoreError> {
    let row = rows::one(c, position_row::Entity::find_by_id(name.to_owned())).await?;
    Ok(row.map_or(Position(0), |row| Position(row.position)))
}

/// Whether it was not there yet.
async fn start(w: &UnitOfWork, name: &str, at: Position) -> Result<bool, StoreError> {
    let row = position_row::Model { name: name.to_owned(), position: at.0 };
    let keep = OnConflict::column(position_row::Column::Name).do_nothing().to_owned();
    let inserted = position_row::Entity::insert(rows::all_set(row))
        .on_conflict(keep)
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    Ok(inserted > 0)
}

/// Writes the states that changed since the last checkpoint, and the position that all states are of now.
pub async fn save_checkpoint(
    w: &UnitOfWork,
    position: Position,
    states: Vec<(DeviceId, OrganisationId, String)>,
) -> Result<(), StoreError> {
    use state_row::{Column, Entity, Model};
    for batch in states.chunks(STATES_PER_STATEMENT) {
        let models = batch.iter().map(|(device, organisation, state)| {
            rows::all_set(Model {
                device: device.0,
                organisation: organisation.0,
                state: state.clone(),
                position: position.0,
            })
        });
        let replace = OnConflict::column(Column::Device)
            .update_columns([Column::Organisation, Column::State, Column::Position])
            .to_owned();
        Entity::insert_many(models)
            .on_conflict(replace)
            .exec_without_returning(w.transaction())
            .await
            .map_err(|error| w.fault(error))?;
    }
    let row = position_row::Model { name: CHECKPOINT.to_owned(), position: position.0 };
    let replace = OnConflict::column(position_row::Column::Name)
        .update_column(position_row::Column::Position)
        .to_owned();
    position_row::Entity::insert(rows::all_set(row))
        .on_conflict(replace)
        .exec_without_returning(w.transaction())
        .await
        .map_err(|error| w.fault(error))?;
    Ok(())
}

/// The last checkpoint: its position and the state of every device then. Without a scope: for start-up.
pub async fn load_checkpoint(c: &impl Conn) -> Result<(Position, Vec<(DeviceId, String)>), StoreError> {
    use state_row::{Column, Entity};
    let position = load(c, CHECKPOINT).await?;
    let db = c.executor();
    let states: Vec<(Uuid, String)> = Entity::find()
        .select_only()
        .columns([Column::Device, Column::State])
        .order_by_asc(Column::Device)
        .into_tuple()
        .all(&db)
        .await
        .map_err(|error| c.fault(error))?;
    Ok((position, states.into_iter().map(|(device, state)| (DeviceId(device), state)).collect()))
}

/// Drops the state of a device that was removed.
pub async fn forget_device(w: &UnitOfWork, device: DeviceId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, state_row::Entity::delete_many().filter(state_row::Column::Device.eq(device.0)))
        .await?
        > 0)
}
