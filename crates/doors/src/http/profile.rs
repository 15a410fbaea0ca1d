//! The signed-in person: who they are, and what they prefer.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use lares_hub::profile::ProfileChange;
use lares_hub::{Caller, identity, profile, second_factor};
use lares_model::access::Role;
use lares_model::person::{
    DataChange, DataChoices, Language, NotificationChange, NotificationChoices, Units,
};
use lares_model::{OrganisationId, UnixMillis, UserId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::visitor;
use super::extract::{Body, Who};
use super::problem::Problem;
use super::views::object_or_none;

/// Who is signed in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProfileView {
    pub id: UserId,
    pub email: String,
    /// When the address was confirmed; null while it was not.
    pub email_verified_at: Option<UnixMillis>,
    pub name: String,
    pub created_at: UnixMillis,
    pub language: Language,
    /// A zone of the IANA database.
    pub time_zone: String,
    pub units: Units,
    pub notifications: NotificationChoices,
    pub data: DataChoices,
    pub has_password: bool,
    /// Whether a code of a generator is asked for with the password.
    pub totp: bool,
    pub recovery_codes_left: usize,
    /// How many there are.
    pub passkeys: usize,
    /// Only those that hold now.
    pub memberships: Vec<MembershipOfProfile>,
}

/// A place in an organisation.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MembershipOfProfile {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub role: Role,
}

impl ProfileView {
    pub async fn of(door: &Door, caller: &Caller) -> Result<ProfileView, Problem> {
        let user = identity::profile(&door.hub, caller).await?;
        let preferences = profile::preferences(&door.hub, caller).await?;
        let factors = second_factor::of_user(&door.hub, caller.user).await?;
        let places = identity::places(&door.hub, caller).await?;
        let memberships = places.into_iter().map(|(organisation, role)| MembershipOfProfile {
            organisation: organisation.id,
            organisation_name: organisation.name,
            role,
        });
        Ok(ProfileView {
            id: user.id,
            email: user.email,
            email_verified_at: user.email_verified_at,
            name: user.name,
            created_at: user.created_at,
            language: preferences.language,
            time_zone: preferences.time_zone,
            units: preferences.units,
            notifications: preferences.notifications,
            data: preferences.data,
            has_password: !user.password_phc.is_empty(),
            totp: factors.totp,
            recovery_codes_left: factors.recovery_codes_left,
            passkeys: factors.passkeys,
            memberships: memberships.collect(),
        })
    }
}

/// The signed-in person.
#[utoipa::path(get, path = "/api/auth/profile", tag = "identity", operation_id = "getProfile",
    responses((status = 200, description = "The person", body = ProfileView)))]
pub async fn get(State(door): State<Door>, Who(caller): Who) -> Result<Json<ProfileView>, Problem> {
    Ok(Json(ProfileView::of(&door, &caller).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileBody {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    language: Option<Language>,
    /// A zone of the IANA database.
    #[schema(max_length = 64, example = "Europe/Madrid")]
    time_zone: Option<String>,
    units: Option<Units>,
    #[serde(default, deserialize_with = "object_or_none")]
    notifications: Option<NotificationChange>,
    #[serde(default, deserialize_with = "object_or_none")]
    data: Option<DataChange>,
}

/// Change your name or what you prefer. What is left out stays.
#[utoipa::path(patch, path = "/api/auth/profile", tag = "identity", operation_id = "updateProfile",
    request_body = ProfileBody, responses((status = 200, description = "As it is now", body = ProfileView)))]
pub async fn update(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Json<ProfileView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<ProfileBody>::from_request(request, &door).await?;
    let change = ProfileChange {
        name: body.name,
        language: body.language,
        time_zone: body.time_zone,
        units: body.units,
        notifications: body.notifications.unwrap_or_default(),
        data: body.data.unwrap_or_default(),
    };
    profile::update(&door.hub, &caller, &visitor, &change).await?;
    Ok(Json(ProfileView::of(&door, &caller).await?))
}
