//! Rooms of a home.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::rooms as hub;
use lares_model::home::Room;
use lares_model::{HomeId, OrganisationId, RoomId};
use serde::Deserialize;

use super::Door;
use super::extract::{Body, Id, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomBody {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    /// Only this home's.
    home: Option<HomeId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Make a room in a home. Each room of a home has a name of its own, whatever its capitals.
#[utoipa::path(post, path = "/api/homes/{id}/rooms", tag = "homes", operation_id = "createRoom",
    params(("id" = HomeId, Path, description = "Home"), OnceHeader), request_body = RoomBody,
    responses((status = 201, description = "Made", body = Room)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Posted(once, body): Posted<RoomBody>,
) -> Result<(StatusCode, Json<Room>), Problem> {
    Ok((StatusCode::CREATED, Json(hub::create(&door.hub, &caller, once.as_ref(), home, &body.name).await?)))
}

/// Rooms of a home.
#[utoipa::path(get, path = "/api/homes/{id}/rooms", tag = "homes", operation_id = "listRoomsOfHome",
    params(("id" = HomeId, Path, description = "Home"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<Room>)))]
pub async fn of_home(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<Room>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, None, Some(home), query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, |room| room)))
}

/// Rooms of all of your homes.
#[utoipa::path(get, path = "/api/rooms", tag = "homes", operation_id = "listRooms", params(RoomsQuery),
    responses((status = 200, description = "A page", body = PageOf<Room>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<RoomsQuery>,
) -> Result<Json<PageOf<Room>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let cursor = query.cursor.as_deref();
    let listed = hub::list(&door.hub, &caller, query.organisation, query.home, cursor, limit).await?;
    Ok(Json(PageOf::of(listed, |room| room)))
}

/// One room.
#[utoipa::path(get, path = "/api/rooms/{id}", tag = "homes", operation_id = "getRoom",
    params(("id" = RoomId, Path, description = "Room")),
    responses((status = 200, description = "The room", body = Room)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<RoomId>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(hub::find(&door.hub, &caller, id).await?))
}

/// Rename a room; not to the name of another room of its home.
#[utoipa::path(patch, path = "/api/rooms/{id}", tag = "homes", operation_id = "updateRoom",
    params(("id" = RoomId, Path, description = "Room")), request_body = RoomBody,
    responses((status = 200, description = "Renamed", body = Room)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<RoomId>,
    Body(body): Body<RoomBody>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(hub::rename(&door.hub, &caller, id, &body.name).await?))
}

/// Remove a room; its devices stay in the home.
#[utoipa::path(delete, path = "/api/rooms/{id}", tag = "homes", operation_id = "deleteRoom",
    params(("id" = RoomId, Path, description = "Room")), responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<RoomId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
