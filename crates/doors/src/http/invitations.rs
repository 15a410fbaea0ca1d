//! Invitations into an organisation: offered, listed, withdrawn; looked at and accepted by whoever has the link.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use lares_hub::invitations::{self as hub, Invitation, NewInvitation};
use lares_model::access::Role;
use lares_model::{InvitationId, MembershipId, OrganisationId, UnixMillis, UserId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::visitor;
use super::extract::{Body, Id, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationBody {
    /// Where to send the link. Left out, it is only shown here.
    #[schema(max_length = 254)]
    email: Option<String>,
    role: Role,
    /// The first instant at which the membership no longer holds.
    member_until: Option<UnixMillis>,
    /// How long the link is good: 7 days when left out.
    #[schema(minimum = 1, maximum = 90)]
    good_for_days: Option<u32>,
    /// The language of the mail: `en` (also when left out) or `de`.
    #[schema(max_length = 2)]
    language: Option<String>,
}

/// An invitation with its link, which is shown once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OfferedView {
    pub id: InvitationId,
    /// Whoever opens it may take the place, once.
    pub link: String,
    pub expires_at: UnixMillis,
}

/// Invite somebody: by mail, or by handing the link over (as a QR code, too).
#[utoipa::path(post, path = "/api/organisations/{id}/invitations", tag = "organisations",
    operation_id = "createInvitation",
    params(("id" = OrganisationId, Path, description = "Organisation"), OnceHeader), request_body = NewInvitationBody,
    responses((status = 201, description = "Invited; the link is shown once", body = OfferedView)))]
pub async fn create(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    request: Request,
) -> Result<(StatusCode, Json<OfferedView>), Problem> {
    let visitor = visitor(&door, &request);
    let Posted(once, body) = Posted::<NewInvitationBody>::from_request(request, &door).await?;
    let new = NewInvitation {
        email: body.email,
        role: body.role,
        member_until: body.member_until,
        good_for_days: body.good_for_days,
        language: body.language,
    };
    let offered = hub::offer(&door.hub, &caller, &visitor, once.as_ref(), id, &new).await?;
    let view = OfferedView { id: offered.id, link: offered.link, expires_at: offered.expires_at };
    Ok((StatusCode::CREATED, Json(view)))
}

/// An invitation that nobody has taken yet.
#[derive(Serialize, utoipa::ToSchema)]
pub struct InvitationView {
    pub id: InvitationId,
    pub organisation: OrganisationId,
    pub email: Option<String>,
    pub role: Role,
    pub member_until: Option<UnixMillis>,
    pub invited_by: UserId,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        InvitationView {
            id: invitation.id,
            organisation: invitation.organisation,
            email: invitation.email,
            role: invitation.role,
            member_until: invitation.member_until,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// Invitations that are open.
#[utoipa::path(get, path = "/api/organisations/{id}/invitations", tag = "organisations",
    operation_id = "listInvitations",
    params(("id" = OrganisationId, Path, description = "Organisation"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<InvitationView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OrganisationId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<InvitationView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::list(&door.hub, &caller, id, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, InvitationView::from)))
}

/// Withdraw an invitation: its link is good no more.
#[utoipa::path(delete, path = "/api/invitations/{id}", tag = "organisations", operation_id = "withdrawInvitation",
    params(("id" = InvitationId, Path, description = "Invitation")),
    responses((status = 204, description = "Withdrawn")))]
pub async fn withdraw(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<InvitationId>,
) -> Result<StatusCode, Problem> {
    hub::withdraw(&door.hub, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The secret of an invitation's link: what comes behind `#token=`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationTokenBody {
    #[schema(max_length = 64)]
    token: String,
}

/// What is offered.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LookedView {
    pub organisation_name: String,
    pub role: Role,
    /// The name of the person who invites.
    pub invited_by: Option<String>,
    /// Where the link was sent.
    pub email: Option<String>,
    pub member_until: Option<UnixMillis>,
    pub expires_at: UnixMillis,
}

/// What an invitation's link offers.
#[utoipa::path(post, path = "/api/invitations/look", tag = "organisations", operation_id = "lookAtInvitation",
    request_body = InvitationTokenBody,
    responses((status = 200, description = "What is offered", body = LookedView),
        (status = 404, description = "The link is unknown, used or over", body = Problem, content_type = "application/problem+json")))]
pub async fn look(
    State(door): State<Door>,
    Body(body): Body<InvitationTokenBody>,
) -> Result<Json<LookedView>, Problem> {
    let looked = hub::look(&door.hub, &body.token).await?;
    Ok(Json(LookedView {
        organisation_name: looked.organisation_name,
        role: looked.role,
        invited_by: looked.invited_by,
        email: looked.email,
        member_until: looked.member_until,
        expires_at: looked.expires_at,
    }))
}

/// The place that was taken.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AcceptedView {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub role: Role,
    pub valid_until: Option<UnixMillis>,
}

/// Accept an invitation as the person who is signed in. The link is used up by it.
#[utoipa::path(post, path = "/api/invitations/accept", tag = "organisations", operation_id = "acceptInvitation",
    request_body = InvitationTokenBody,
    responses((status = 200, description = "You are a member now", body = AcceptedView),
        (status = 404, description = "The link is unknown, used or over", body = Problem, content_type = "application/problem+json")))]
pub async fn accept(
    State(door): State<Door>,
    Who(caller): Who,
    Body(body): Body<InvitationTokenBody>,
) -> Result<Json<AcceptedView>, Problem> {
    let place = hub::accept(&door.hub, &caller, &body.token).await?;
    Ok(Json(AcceptedView {
        id: place.id,
        organisation: place.organisation,
        role: place.role,
        valid_until: place.valid_until,
    }))
}
