//! Requests to devices, and every state they were in.

use lares_model::access::Scope;
use lares_model::command::{Command, CommandState, HistoryLine};
use lares_model::{CommandId, DeviceId, HomeId, OrganisationId, UnixMillis};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, QueryStatementBuilder};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::text::{from_json, json_of, narrow};
use crate::work::sealed::Sealed as _;
use crate::{Conn, Page, StoreError, UnitOfWork, rows};

mod history_row;
mod row;

use row::{Column, Entity, Model};

/// What to list; every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandFilter {
    pub device: Option<DeviceId>,
    pub home: Option<HomeId>,
    pub state: Option<CommandState>,
}

fn from_row(row: Model) -> Result<Command, StoreError> {
    Ok(Command {
        id: CommandId(row.id),
        organisation: OrganisationId(row.organisation),
        home: HomeId(row.home),
        device: DeviceId(row.device),
        endpoint: narrow("commands.endpoint", row.endpoint)?,
        name: row.name,
        args: from_json("commands.args", &row.args)?,
        preconditions: from_json("commands.preconditions", &row.preconditions)?,
        issuer: from_json("commands.issuer", &row.issuer)?,
        counter: row.counter,
        nonce: row.nonce,
        created_at: UnixMillis(row.created_at),
        not_after: UnixMillis(row.not_after),
        state: state_of("commands.state", &row.state)?,
        state_since: UnixMillis(row.state_since),
        reason: row.reason,
        sent_at: row.sent_at.map(UnixMillis),
        attempts: narrow("commands.attempts", row.attempts)?,
    })
}

fn to_row(command: &Command) -> Result<Model, StoreError> {
    Ok(Model {
        id: command.id.0,
        organisation: command.organisation.0,
        home: command.home.0,
        device: command.device.0,
        endpoint: i64::from(command.endpoint),
        name: command.name.clone(),
        args: json_of(&command.args)?,
        preconditions: json_of(&command.preconditions)?,
        issuer: json_of(&command.issuer)?,
        counter: command.counter,
        nonce: command.nonce.clone(),
        created_at: command.created_at.0,
        not_after: command.not_after.0,
        state: command.state.as_text().to_owned(),
        state_since: command.state_since.0,
        reason: command.reason.clone(),
        sent_at: command.sent_at.map(|instant| instant.0),
        attempts: i64::from(command.attempts),
        settled: command.is_settled(),
    })
}

fn state_of(column: &str, text: &str) -> Result<CommandState, StoreError> {
    CommandState::from_text(text).ok_or_else(|| StoreError::Corrupt(format!("{column}: {text:?}")))
}

/// Also writes the first line of its history.
pub async fn insert(w: &UnitOfWork, command: &Command) -> Result<(), StoreError> {
    rows::insert(w, to_row(command)?).await?;
    rows::insert(w, line(command, 1)).await
}

pub async fn find(c: &impl Conn, scope: &Scope, id: CommandId) -> Result<Option<Command>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    rows::one(c, select).await?.map(from_row).transpose()
}

pub async fn list(
    c: &impl Conn,
    scope: &Scope,
    filter: &CommandFilter,
    page: Page,
) -> Result<Vec<Command>, StoreError> {
    let mut select = Entity::find().filter(Column::Organisation.is_in(rows::organisation_ids(scope)));
    if let Some(device) = filter.device {
        select = select.filter(Column::Device.eq(device.0));
    }
    if let Some(home) = filter.home {
        select = select.filter(Column::Home.eq(home.0));
    }
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state.as_text()));
    }
    rows::all(c, rows::paged(select, Column::Id, page)).await?.into_iter().map(from_row).collect()
}

/// Writes where a command stands now and adds that to its history. What was asked for never changes, but for codes,
/// which whoever settles a command forgets.
pub async fn record(w: &UnitOfWork, command: &Command) -> Result<(), StoreError> {
    let row = to_row(command)?;
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state))
        .col_expr(Column::Args, Expr::value(row.args))
        .col_expr(Column::StateSince, Expr::value(row.state_since))
        .col_expr(Column::Reason, Expr::value(row.reason))
        .col_expr(Column::SentAt, Expr::value(row.sent_at))
        .col_expr(Column::Attempts, Expr::value(row.attempts))
        .col_expr(Column::Settled, Expr::value(row.settled))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Organisation.eq(row.organisation));
    if !rows::update(w, update).await? {
        return Err(w.conflict("the removal of this command"));
    }
    // The row above is locked until the commit, so nobody else numbers this command's lines.
    // Never NULL: the command got its first line with its row.
    let next_line = Query::select()
        .expr(Expr::expr(Func::max(Expr::col(history_row::Column::Line))).add(1))
        .from(history_row::Entity)
        .and_where(history_row::Column::Command.eq(row.id))
        .to_owned();
    let line = line(command, 0);
    let insert = Query::insert()
        .into_table(history_row::Entity)
        .columns([
            history_row::Column::Command,
            history_row::Column::Line,
            history_row::Column::Organisation,
            history_row::Column::At,
            history_row::Column::State,
            history_row::Column::Reason,
        ])
        .values_panic([
            line.command.into(),
            Expr::SubQuery(None, Box::new(next_line.into_sub_query_statement())),
            line.organisation.into(),
            line.at.into(),
            line.state.into(),
            line.reason.into(),
        ])
        .to_owned();
    w.transaction().execute(&insert).await.map_err(|error| w.fault(error))?;
    Ok(())
}

fn line(command: &Command, number: i64) -> history_row::Model {
    history_row::Model {
        command: command.id.0,
        line: number,
        organisation: command.organisation.0,
        at: command.state_since.0,
        state: command.state.as_text().to_owned(),
        reason: command.reason.clone(),
    }
}

/// Oldest first; empty when the command is not within the scope.
pub async fn history(c: &impl Conn, scope: &Scope, id: CommandId) -> Result<Vec<HistoryLine>, StoreError> {
    use history_row::Column as Line;
    let select = history_row::Entity::find()
        .filter(Line::Command.eq(id.0))
        .filter(Line::Organisation.is_in(rows::organisation_ids(scope)))
        .order_by_asc(Line::Line);
    let lines = rows::all(c, select).await?.into_iter().map(|row| {
        Ok(HistoryLine {
            at: UnixMillis(row.at),
            state: state_of("command_history.state", &row.state)?,
            reason: row.reason,
        })
    });
    lines.collect()
}

/// What can still move, in the order of its numbers. Without a scope: for the dispatcher.
pub async fn unsettled_of(c: &impl Conn, device: DeviceId) -> Result<Vec<Command>, StoreError> {
    let select = Entity::find()
        .filter(Column::Device.eq(device.0))
        .filter(Column::Settled.eq(false))
        .order_by_asc(Column::Counter);
    rows::all(c, select).await?.into_iter().map(from_row).collect()
}

/// The devices that have such commands. Without a scope: for start-up.
pub async fn unsettled_devices(c: &impl Conn) -> Result<Vec<DeviceId>, StoreError> {
    let db = c.executor();
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Device)
        .distinct()
        .filter(Column::Settled.eq(false))
        .order_by_asc(Column::Device)
        .into_tuple()
        .all(&db)
        .await
        .map_err(|error| c.fault(error))?;
    Ok(ids.into_iter().map(DeviceId).collect())
}
