//! Homes: properties with an address and a time zone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::Hub;
use lares_hub::attention;
use lares_hub::homes::{self as hub, HomeChange, NewHome};
use lares_model::home::{Home, PropertyType};
use lares_model::{HomeId, OrganisationId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, given, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHomeBody {
    organisation: OrganisationId,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    address: String,
    /// A zone of the IANA time zone database.
    #[schema(example = "Europe/Madrid", max_length = 64)]
    time_zone: String,
    property_type: PropertyType,
    /// Square metres.
    #[schema(exclusive_minimum = 0.0, maximum = 1_000_000.0)]
    floor_area_m2: Option<f64>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeChangeBody {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(max_length = 500)]
    address: Option<String>,
    #[schema(example = "Europe/Madrid", max_length = 64)]
    time_zone: Option<String>,
    property_type: Option<PropertyType>,
    /// Square metres; null removes it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0.0, maximum = 1_000_000.0)]
    floor_area_m2: Option<Option<f64>>,
    /// Whether its devices are told to Home Assistant, by MQTT discovery in the home's own MQTT space.
    export_homeassistant: Option<bool>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HomesQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// A home with its devices in numbers.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeView {
    pub id: HomeId,
    pub organisation: OrganisationId,
    pub name: String,
    /// Postal address as one text.
    pub address: String,
    /// A zone of the IANA time zone database, such as `Europe/Madrid`.
    pub time_zone: String,
    pub property_type: PropertyType,
    /// Floor area in square metres.
    pub floor_area_m2: Option<f64>,
    /// Whether its devices are told to Home Assistant in its MQTT space.
    pub export_homeassistant: bool,
    pub created_at: UnixMillis,
    pub summary: HomeSummary,
}

/// How the devices of a home are now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HomeSummary {
    pub devices: u64,
    pub online: u64,
    pub late: u64,
    pub offline: u64,
    /// Registered, and never heard of.
    pub unknown: u64,
    /// How many entries `/api/attention` has for it, of each severity.
    pub danger: u64,
    pub attention: u64,
}

impl HomeView {
    fn of(hub: &Hub, home: Home) -> HomeView {
        let attention::Summary { devices, online, late, offline, unknown, danger, attention } =
            attention::summary(hub, home.organisation, home.id);
        HomeView {
            id: home.id,
            organisation: home.organisation,
            name: home.name,
            address: home.address,
            time_zone: home.time_zone,
            property_type: home.property_type,
            floor_area_m2: home.floor_area_m2,
            export_homeassistant: home.export_homeassistant,
            created_at: home.created_at,
            summary: HomeSummary { devices, online, late, offline, unknown, danger, attention },
        }
    }
}

/// Make a home.
#[utoipa::path(post, path = "/api/homes", tag = "homes", operation_id = "createHome", params(OnceHeader),
    request_body = NewHomeBody, responses((status = 201, description = "Made", body = HomeView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Posted(once, body): Posted<NewHomeBody>,
) -> Result<(StatusCode, Json<HomeView>), Problem> {
    let new = NewHome {
        organisation: body.organisation,
        name: body.name,
        address: body.address,
        time_zone: body.time_zone,
        property_type: body.property_type,
        floor_area_m2: body.floor_area_m2,
    };
    let made = hub::create(&door.hub, &caller, once.as_ref(), new).await?;
    Ok((StatusCode::CREATED, Json(HomeView::of(&door.hub, made))))
}

/// Homes of your organisations.
#[utoipa::path(get, path = "/api/homes", tag = "homes", operation_id = "listHomes", params(HomesQuery),
    responses((status = 200, description = "A page", body = PageOf<HomeView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<HomesQuery>,
) -> Result<Json<PageOf<HomeView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, query.organisation, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, |home| HomeView::of(&door.hub, home))))
}

/// One home.
#[utoipa::path(get, path = "/api/homes/{id}", tag = "homes", operation_id = "getHome",
    params(("id" = HomeId, Path, description = "Home")),
    responses((status = 200, description = "The home", body = HomeView)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
) -> Result<Json<HomeView>, Problem> {
    let home = hub::find(&door.hub, &caller, id).await?;
    Ok(Json(HomeView::of(&door.hub, home)))
}

/// Change what is given; the rest stays.
#[utoipa::path(patch, path = "/api/homes/{id}", tag = "homes", operation_id = "updateHome",
    params(("id" = HomeId, Path, description = "Home")), request_body = HomeChangeBody,
    responses((status = 200, description = "As it is now", body = HomeView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
    Body(body): Body<HomeChangeBody>,
) -> Result<Json<HomeView>, Problem> {
    let change = HomeChange {
        name: body.name,
        address: body.address,
        time_zone: body.time_zone,
        property_type: body.property_type,
        floor_area_m2: body.floor_area_m2,
        export_homeassistant: body.export_homeassistant,
    };
    let home = hub::update(&door.hub, &caller, id, change).await?;
    Ok(Json(HomeView::of(&door.hub, home)))
}

/// Remove a home that has no devices.
#[utoipa::path(delete, path = "/api/homes/{id}", tag = "homes", operation_id = "deleteHome",
    params(("id" = HomeId, Path, description = "Home")), responses((status = 204, description = "Removed")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<HomeId>,
) -> Result<StatusCode, Problem> {
    hub::delete(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
