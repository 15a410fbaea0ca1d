//! Finding homes, rooms and devices by a part of what they are called: rows in the order of how well they match.

use lares_model::access::Scope;
use lares_model::device::Device;
use lares_model::home::{Home, Room};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{Conn, StoreError, devices, homes, rooms, rows};

/// How well a text matches; the smaller, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    NameBegins,
    NameContains,
    OtherContains,
}

/// How well a name matches a part that is in it, or else in another text of the same thing.
pub fn rank(name: &str, part: &str) -> Rank {
    let (name, part) = (name.to_lowercase(), part.to_lowercase());
    if name.starts_with(&part) {
        Rank::NameBegins
    } else if name.contains(&part) {
        Rank::NameContains
    } else {
        Rank::OtherContains
    }
}

/// A LIKE pattern for a text that contains `part`, in which `%` and `_` stand for themselves.
pub(crate) fn containing(part: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for character in part.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('!')
}

/// The columns of a table that is searched: `text` has the name in its first line, all in lower case.
struct Searched<C> {
    organisation: C,
    id: C,
    text: C,
}

/// `rank`, as the database sorts by it. Nothing depends on its collation.
fn rank_of<C: ColumnTrait>(backend: DbBackend, text: C, part: &str) -> Expr {
    let position = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
    let place = |of: &str| {
        let call = Func::cust(Alias::new(position)).arg(Expr::col(text)).arg(Expr::value(of));
        Expr::expr(call)
    };
    let part = part.to_lowercase();
    let in_name = place("\n").eq(0).or(place(&part).lt(place("\n")));
    CaseStatement::new().case(place(&part).eq(1), 0).case(in_name, 1).finally(2).into()
}

async fn found<E>(
    c: &impl Conn,
    scope: &Scope,
    searched: Searched<E::Column>,
    part: &str,
    limit: u64,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Sized + Send + Sync,
{
    let select = E::find()
        .filter(searched.organisation.is_in(rows::organisation_ids(scope)))
        .filter(searched.text.like(containing(part)))
        .order_by(rank_of(c.backend(), searched.text, part), Order::Asc)
        .order_by_asc(searched.id)
        .limit(limit);
    rows::all(c, select).await
}

pub async fn homes(c: &impl Conn, scope: &Scope, part: &str, limit: u64) -> Result<Vec<Home>, StoreError> {
    use homes::row::{Column, Entity};
    let columns = Searched { organisation: Column::Organisation, id: Column::Id, text: Column::SearchText };
    let rows = found::<Entity>(c, scope, columns, part, limit).await?;
    rows.into_iter().map(homes::from_row).collect()
}

pub async fn rooms(c: &impl Conn, scope: &Scope, part: &str, limit: u64) -> Result<Vec<Room>, StoreError> {
    use rooms::row::{Column, Entity};
    let columns = Searched { organisation: Column::Organisation, id: Column::Id, text: Column::SearchText };
    let rows = found::<Entity>(c, scope, columns, part, limit).await?;
    Ok(rows.into_iter().map(rooms::from_row).collect())
}

/// By name, vendor, model and serial.
pub async fn devices(
    c: &impl Conn,
    scope: &Scope,
    part: &str,
    limit: u64,
) -> Result<Vec<Device>, StoreError> {
    use devices::row::{Column, Entity};
    let columns = Searched { organisation: Column::Organisation, id: Column::Id, text: Column::SearchText };
    let rows = found::<Entity>(c, scope, columns, part, limit).await?;
    rows.into_iter().map(devices::from_row).collect()
}
