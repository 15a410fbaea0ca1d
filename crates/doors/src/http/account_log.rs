//! What happened to the caller's account.

use axum::Json;
use axum::extract::State;
use lares_hub::account_log as hub;
use lares_model::UnixMillis;
use serde::Serialize;
use serde_json::Value;

use super::Door;
use super::extract::{Params, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, PageOf, limit};

/// Something that happened to an account.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AccountLogEntry {
    pub id: uuid::Uuid,
    pub time: UnixMillis,
    /// Such as `signed_in` or `password_changed`.
    #[schema(example = "signed_in")]
    pub kind: String,
    /// More about it.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// The program, as it said itself.
    pub user_agent: Option<String>,
    /// The network address that it came from.
    pub peer: Option<String>,
}

/// What happened to your account, newest first.
#[utoipa::path(get, path = "/api/auth/log", tag = "identity", operation_id = "listAccountLog",
    params(ListQuery), responses((status = 200, description = "A page", body = PageOf<AccountLogEntry>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<AccountLogEntry>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, |entry| AccountLogEntry {
        id: entry.id,
        time: entry.time,
        kind: entry.kind,
        detail: entry.detail,
        user_agent: entry.user_agent,
        peer: entry.peer,
    })))
}
