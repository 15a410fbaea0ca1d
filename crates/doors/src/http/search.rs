//! One search box for homes, rooms and devices.

use axum::Json;
use axum::extract::State;
use lares_hub::search::{self as hub, Found, Thing};
use lares_model::{HomeId, RoomId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Door;
use super::extract::{Params, Who};
use super::problem::Problem;
use super::views::limit;

const LIMIT_DEFAULT: u64 = 20;
const SEARCH_LIMIT_MAX: u64 = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A part of the name, in any case; of a device also of vendor, model or serial.
    #[param(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
    )]
    q: String,
    /// 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundType {
    Home,
    Room,
    Device,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeNamed {
    pub id: HomeId,
    pub name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RoomNamed {
    pub id: RoomId,
    pub name: String,
}

/// A home, room or device that was found.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FoundView {
    #[serde(rename = "type")]
    pub kind: FoundType,
    pub id: Uuid,
    pub name: String,
    /// The home that a room or device is in.
    pub home: Option<HomeNamed>,
    /// The room that a device is in.
    pub room: Option<RoomNamed>,
    /// What else is known: vendor, model and serial of a device; may be empty.
    pub detail: String,
}

/// The best matches.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SearchView {
    pub items: Vec<FoundView>,
}

impl From<Found> for FoundView {
    fn from(found: Found) -> FoundView {
        let (kind, id, detail) = match &found.thing {
            Thing::Home(home) => (FoundType::Home, home.id.0, String::new()),
            Thing::Room(room) => (FoundType::Room, room.id.0, String::new()),
            Thing::Device(device) => {
                let serial = device.serial.as_deref().unwrap_or_default();
                let known = [device.vendor.as_str(), &device.model, serial];
                let known: Vec<_> = known.into_iter().filter(|text| !text.is_empty()).collect();
                (FoundType::Device, device.id.0, known.join(" "))
            }
        };
        FoundView {
            kind,
            id,
            name: found.thing.name().to_owned(),
            home: found.home.map(|(id, name)| HomeNamed { id, name }),
            room: found.room.map(|(id, name)| RoomNamed { id, name }),
            detail,
        }
    }
}

/// Homes, rooms and devices by a part of what they are called, the best match first.
#[utoipa::path(get, path = "/api/search", tag = "homes", operation_id = "search", params(SearchQuery),
    responses((status = 200, description = "What was found", body = SearchView)))]
pub async fn search(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<SearchQuery>,
) -> Result<Json<SearchView>, Problem> {
    let limit = limit(Some(query.limit.unwrap_or(LIMIT_DEFAULT)), SEARCH_LIMIT_MAX)?;
    let found = hub::search(&door.hub, &caller, &query.q, limit).await?;
    Ok(Json(SearchView { items: found.into_iter().map(FoundView::from).collect() }))
}
