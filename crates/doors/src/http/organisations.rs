//! Organisations: a household or a property business.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use lares_hub::{organisation_erasure, organisations as hub};
use lares_model::OrganisationId;
use lares_model::home::Organisation;
use serde::Deserialize;

use super::Door;
use super::auth::visitor;
use super::extract::{Body, Id, Params, Posted, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationBody {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    pub cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u64>,
}

/// Make an organisation; you are its owner.
#[utoipa::path(post, path = "/api/organisations", tag = "organisations", operation_id = "createOrganisation",
    params(OnceHeader), request_body = OrganisationBody,
    responses((status = 201, description = "Made", body = Organisation)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Posted(once, body): Posted<OrganisationBody>,
) -> Result<(StatusCode, Json<Organisation>), Problem> {
    Ok((StatusCode::CREATED, Json(hub::create(&door.hub, &caller, once.as_ref(), &body.name).await?)))
}

/// Your organisations.
#[utoipa::path(get, path = "/api/organisations", tag = "organisations", operation_id = "listOrganisations",
    params(ListQuery), responses((status = 200, description = "A page", body = PageOf<Organisation>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<Organisation>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, |organisation| organisation)))
}

/// One organisation.
#[utoipa::path(get, path = "/api/organisations/{id}", tag = "organisations", operation_id = "getOrganisation",
    params(("id" = OrganisationId, Path, description = "Organisation")),
    responses((status = 200, description = "The organisation", body = Organisation)))]
pub async fn get(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
) -> Result<Json<Organisation>, Problem> {
    Ok(Json(hub::find(&door.hub, &caller, id).await?))
}

/// Rename an organisation.
#[utoipa::path(patch, path = "/api/organisations/{id}", tag = "organisations", operation_id = "updateOrganisation",
    params(("id" = OrganisationId, Path, description = "Organisation")), request_body = OrganisationBody,
    responses((status = 200, description = "Renamed", body = Organisation)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Body(body): Body<OrganisationBody>,
) -> Result<Json<Organisation>, Problem> {
    Ok(Json(hub::rename(&door.hub, &caller, id, &body.name).await?))
}

/// Delete an organisation, for good, with its homes, devices, readings and events. You must be its owner, and alone in
/// it.
#[utoipa::path(delete, path = "/api/organisations/{id}", tag = "organisations", operation_id = "deleteOrganisation",
    params(("id" = OrganisationId, Path, description = "Organisation")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "It has other members", body = Problem,
            content_type = "application/problem+json")))]
pub async fn delete(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    organisation_erasure::delete(&door.hub, &caller, &visitor(&door, &request), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
