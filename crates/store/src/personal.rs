//! What is kept about a person: which tables and columns hold something of them, for handing it out (GDPR, articles 15
//! and 20) and for erasing it (article 17). Every table is classified, and every column of those that concern people: a
//! test walks the schema and finds what is not.

mod declared;

use lares_model::event::Cause;
use lares_model::{OrganisationId, UnixMillis, UserId};
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Order, Query, SelectStatement, Value as Sql};
use sea_orm::{ConnectionTrait as _, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::schema::{Kind, tables};
use crate::text::json_of;
use crate::work::sealed::Sealed as _;
use crate::{Conn, StoreError, UnitOfWork, subject_keys};
use declared::{Concerns, Erased, PERSONAL, Personal};

/// Whom a row is about.
pub struct Person<'a> {
    pub id: UserId,
    pub email: &'a str,
}

/// Where a table is read on from.
pub struct Place(Sql);

/// Tables that hold something of people, in the order in which they are handed out.
pub fn table_names() -> impl Iterator<Item = &'static str> {
    PERSONAL.iter().map(|personal| personal.table)
}

/// What is not handed out: table, column, and why not.
pub fn withheld() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PERSONAL.iter().flat_map(|personal| {
        personal.withheld.iter().map(move |(column, reason)| (personal.table, *column, *reason))
    })
}

fn declared_table(name: &str) -> Result<&'static Personal, StoreError> {
    let found = PERSONAL.iter().find(|personal| personal.table == name);
    found.ok_or_else(|| StoreError::Other(format!("{name} holds nothing of people")))
}

fn kind_of(table: &str, column: &str) -> Result<Kind, StoreError> {
    let table = tables().find(|known| known.name == table);
    let found = table.and_then(|table| table.all_columns().find(|known| known.name == column));
    found.map(|column| column.kind).ok_or_else(|| StoreError::Other(format!("{column} is no column")))
}

fn concerns(personal: &Personal, person: &Person<'_>) -> Result<Condition, StoreError> {
    let cause = json_of(&Cause::User(person.id))?;
    let one = |how: &Concerns| match how {
        Concerns::Id(column) => Expr::col(*column).eq(person.id.0),
        Concerns::Cause(column) => Expr::col(*column).eq(cause.clone()),
        Concerns::Email(column) => Expr::col(*column).eq(person.email.to_lowercase()),
    };
    Ok(personal.concerns.iter().fold(Condition::any(), |any, how| any.add(one(how))))
}

fn page_of(
    personal: &'static Personal,
    person: &Person<'_>,
    after: Option<Place>,
    limit: u64,
) -> Result<SelectStatement, StoreError> {
    let mut select = Query::select();
    select.columns(personal.exported.iter().copied()).column(personal.order).from(personal.table);
    select.cond_where(concerns(personal, person)?);
    if let Some(Place(after)) = after {
        select.and_where(Expr::col(personal.order).gt(Expr::val(after)));
    }
    Ok(select.order_by(personal.order, Order::Asc).limit(limit).to_owned())
}

/// What of a table is about a person, as it is handed out, and from where to go on.
pub async fn rows(
    c: &impl Conn,
    table: &str,
    person: &Person<'_>,
    after: Option<Place>,
    limit: u64,
) -> Result<(Vec<Map<String, Value>>, Option<Place>), StoreError> {
    let personal = declared_table(table)?;
    let select = page_of(personal, person, after, limit)?;
    let found = c.executor().query_all(&select).await.map_err(|error| c.fault(error))?;
    let place = match found.last() {
        Some(last) if found.len() as u64 == limit => Some(place_of(personal, last)?),
        _ => None,
    };
    let rows = found.iter().map(|row| row_of(personal, row)).collect::<Result<_, _>>()?;
    Ok((rows, place))
}

fn place_of(personal: &Personal, row: &QueryResult) -> Result<Place, StoreError> {
    let value = match kind_of(personal.table, personal.order)? {
        Kind::Uuid => Sql::from(row.try_get::<Uuid>("", personal.order)?),
        Kind::Bytes => Sql::from(row.try_get::<Vec<u8>>("", personal.order)?),
        _ => Sql::from(row.try_get::<String>("", personal.order)?),
    };
    Ok(Place(value))
}

fn row_of(personal: &Personal, row: &QueryResult) -> Result<Map<String, Value>, StoreError> {
    let mut fields = Map::new();
    for column in personal.exported {
        let value = value_of(row, column, kind_of(personal.table, column)?)?;
        fields.insert((*column).to_owned(), value);
    }
    Ok(fields)
}

fn value_of(row: &QueryResult, column: &str, kind: Kind) -> Result<Value, StoreError> {
    let found = match kind {
        Kind::Uuid => row.try_get::<Option<Uuid>>("", column)?.map(|id| Value::String(id.to_string())),
        Kind::Millis => row
            .try_get::<Option<i64>>("", column)?
            .map(|instant| Value::String(UnixMillis(instant).to_string())),
        Kind::Integer | Kind::Seconds | Kind::Days => {
            row.try_get::<Option<i64>>("", column)?.map(Value::from)
        }
        Kind::SquareMetres => row.try_get::<Option<f64>>("", column)?.map(Value::from),
        Kind::Bool => row.try_get::<Option<bool>>("", column)?.map(Value::Bool),
        Kind::Text => row.try_get::<Option<String>>("", column)?.map(Value::String),
        Kind::Json => row
            .try_get::<Option<String>>("", column)?
            .map(|json| serde_json::from_str(&json).unwrap_or(Value::String(json))),
        Kind::Bytes => row
            .try_get::<Option<Vec<u8>>>("", column)?
            .map(|bytes| Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())),
    };
    Ok(found.unwrap_or(Value::Null))
}

/// Takes everything of a person out of the store that does not have to stay. The account itself goes last, and what
/// refers to it goes with it.
pub async fn erase(w: &UnitOfWork, person: &Person<'_>) -> Result<(), StoreError> {
    subject_keys::destroy(w, person.id.0).await?;
    for personal in PERSONAL.iter().filter(|personal| personal.erased == Erased::Rows) {
        delete(w, personal.table, concerns(personal, person)?).await?;
    }
    Ok(())
}

/// Takes an organisation out of the store with all that is its own: every table that says whose a row is.
pub async fn erase_organisation(w: &UnitOfWork, organisation: OrganisationId) -> Result<(), StoreError> {
    subject_keys::leave(w, organisation).await?;
    let own: Vec<_> = tables().collect();
    // What refers comes after what it refers to, so it goes first.
    for table in own.iter().rev() {
        if table.all_columns().any(|column| column.name == "organisation") {
            let its = Condition::all().add(Expr::col("organisation").eq(organisation.0));
            delete(w, table.name, its).await?;
        }
    }
    delete(w, "organisations", Condition::all().add(Expr::col("id").eq(organisation.0))).await
}

async fn delete(w: &UnitOfWork, table: &'static str, which: Condition) -> Result<(), StoreError> {
    let delete = Query::delete().from_table(table).cond_where(which).to_owned();
    w.transaction().execute(&delete).await.map_err(|error| w.fault(error))?;
    Ok(())
}

#[cfg(test)]
#[path = "personal/tests.rs"]
mod tests;
