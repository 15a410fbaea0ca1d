//! Members of an organisation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::members::{self as hub, Member, MemberChange, NewMember};
use lares_model::access::Role;
use lares_model::{MembershipId, OrganisationId, UnixMillis, UserId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Body, Id, Ids, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, given, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberBody {
    /// Of a person whom you share an organisation with, or did; others are invited.
    #[schema(max_length = 254)]
    email: String,
    role: Role,
    /// The first instant at which it no longer holds.
    valid_until: Option<UnixMillis>,
}

/// A person's place in an organisation.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberView {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub user: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub valid_from: UnixMillis,
    pub valid_until: Option<UnixMillis>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        MemberView {
            id: member.membership.id,
            organisation: member.membership.organisation,
            user: member.membership.user,
            email: member.email,
            name: member.name,
            role: member.membership.role,
            valid_from: member.membership.valid_from,
            valid_until: member.membership.valid_until,
        }
    }
}

/// Who belongs to an organisation, past members included.
#[utoipa::path(get, path = "/api/organisations/{id}/members", tag = "organisations", operation_id = "listMembers",
    params(("id" = OrganisationId, Path, description = "Organisation"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<MemberView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<MemberView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, id, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, MemberView::from)))
}

/// Add a person whom you share an organisation with, or did, and not as an owner. They are told by mail, and may leave.
/// Others are invited, whether they have an account or not.
#[utoipa::path(post, path = "/api/organisations/{id}/members", tag = "organisations", operation_id = "addMember",
    params(("id" = OrganisationId, Path, description = "Organisation"), OnceHeader), request_body = NewMemberBody,
    responses((status = 201, description = "Added", body = MemberView)))]
pub async fn add(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Posted(once, body): Posted<NewMemberBody>,
) -> Result<(StatusCode, Json<MemberView>), Problem> {
    let new = NewMember { email: body.email, role: body.role, valid_until: body.valid_until };
    let member = hub::add(&door.hub, &caller, once.as_ref(), id, &new).await?;
    Ok((StatusCode::CREATED, Json(member.into())))
}

/// Remove a member; the last owner stays.
#[utoipa::path(delete, path = "/api/organisations/{id}/members/{member}", tag = "organisations",
    operation_id = "removeMember",
    params(("id" = OrganisationId, Path, description = "Organisation"),
        ("member" = MembershipId, Path, description = "Membership")),
    responses((status = 204, description = "Removed")))]
pub async fn remove(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(organisation, member): Ids<OrganisationId, MembershipId>,
) -> Result<StatusCode, Problem> {
    hub::remove(&door.hub, &caller, organisation, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChangeBody {
    role: Option<Role>,
    /// The first instant at which it no longer holds; `null` for open-ended.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<UnixMillis>)]
    valid_until: Option<Option<UnixMillis>>,
}

/// Change a member's role or end.
#[utoipa::path(patch, path = "/api/organisations/{id}/members/{member}", tag = "organisations",
    operation_id = "updateMember",
    params(("id" = OrganisationId, Path, description = "Organisation"),
        ("member" = MembershipId, Path, description = "Membership")), request_body = MemberChangeBody,
    responses((status = 200, description = "As it is now", body = MemberView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(organisation, member): Ids<OrganisationId, MembershipId>,
    Body(body): Body<MemberChangeBody>,
) -> Result<Json<MemberView>, Problem> {
    let change = MemberChange { role: body.role, valid_until: body.valid_until };
    Ok(Json(hub::update(&door.hub, &caller, organisation, member, change).await?.into()))
}

/// Leave an organisation; the last owner stays.
#[utoipa::path(post, path = "/api/organisations/{id}/leave", tag = "organisations", operation_id = "leaveOrganisation",
    params(("id" = OrganisationId, Path, description = "Organisation")),
    responses((status = 204, description = "You are no member any more")))]
pub async fn leave(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
) -> Result<StatusCode, Problem> {
    hub::leave(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferBody {
    /// Who becomes owner: a member of the organisation.
    member: MembershipId,
}

/// Hand an organisation over: another member becomes owner, and you stay as an admin.
#[utoipa::path(post, path = "/api/organisations/{id}/transfer", tag = "organisations",
    operation_id = "transferOrganisation",
    params(("id" = OrganisationId, Path, description = "Organisation")), request_body = TransferBody,
    responses((status = 204, description = "Handed over")))]
pub async fn transfer(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Body(body): Body<TransferBody>,
) -> Result<StatusCode, Problem> {
    hub::transfer(&door.hub, &caller, id, body.member).await?;
    Ok(StatusCode::NO_CONTENT)
}
