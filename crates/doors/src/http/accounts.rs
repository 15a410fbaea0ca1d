//! How an account begins, proves and changes its e-mail address, and gets a new password.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use lares_hub::accounts::{self, NewAccount, Registration};
use lares_hub::{email_change, password_change, password_reset};
use lares_model::person::Language;
use lares_model::{Invalid, UserId};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::visitor;
use super::extract::{Body, Who};
use super::problem::Problem;

const PASSWORD_MAX_CHARS: usize = 1_024;

fn check_length(field: &str, password: &str) -> Result<(), Invalid> {
    if password.chars().count() > PASSWORD_MAX_CHARS {
        return Err(Invalid::one(field, "is too long"));
    }
    Ok(())
}

/// What this server offers to whoever is not signed in yet.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AccountOptions {
    /// `open`, or `invitation` where only somebody who was invited may make an account.
    #[schema(example = "open")]
    pub registration: &'static str,
    /// Whether mails are sent; where not, an administrator hands out links (`lares admin reset-link`).
    pub mail: bool,
}

/// Who may make an account, and whether this server sends mails.
#[utoipa::path(get, path = "/api/auth/options", tag = "identity", operation_id = "getAccountOptions",
    responses((status = 200, description = "What is offered", body = AccountOptions)))]
pub async fn options(State(door): State<Door>) -> Json<AccountOptions> {
    let registration = match door.hub.accounts.registration {
        Registration::Open => "open",
        Registration::Invitation => "invitation",
    };
    Json(AccountOptions { registration, mail: door.hub.notifier().is_some() })
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountBody {
    #[schema(max_length = 254, example = "anna@example.org")]
    email: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// The part of the address before the `@` where it is left out.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    language: Option<Language>,
    /// A zone of the IANA database; UTC where it is left out.
    #[schema(max_length = 64, example = "Europe/Madrid")]
    time_zone: Option<String>,
    /// The secret of an invitation, where only who was invited may make an account.
    #[schema(max_length = 128)]
    invitation: Option<String>,
}

/// An account as it was made.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AccountView {
    pub id: UserId,
    pub email: String,
    pub name: String,
}

/// Make an account. A link to confirm the address is sent to it; signing in does not wait for that.
#[utoipa::path(post, path = "/api/auth/register", tag = "identity", operation_id = "register",
    request_body = NewAccountBody, responses((status = 201, description = "Made", body = AccountView)))]
pub async fn register(
    State(door): State<Door>,
    request: Request,
) -> Result<(StatusCode, Json<AccountView>), Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<NewAccountBody>::from_request(request, &door).await?;
    check_length("/password", &body.password)?;
    let new = NewAccount {
        email: body.email,
        password: body.password,
        name: body.name,
        language: body.language,
        time_zone: body.time_zone,
        invitation: body.invitation,
    };
    let user = accounts::register(&door.hub, &visitor, &new).await?;
    Ok((StatusCode::CREATED, Json(AccountView { id: user.id, email: user.email, name: user.name })))
}

/// The secret of a link in a mail.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    #[schema(max_length = 128)]
    token: String,
}

/// Confirm an e-mail address, with what the link in the mail held. It is good once.
#[utoipa::path(post, path = "/api/auth/verify-email", tag = "identity", operation_id = "verifyEmail",
    request_body = LinkBody, responses((status = 204, description = "Confirmed")))]
pub async fn verify_email(State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<LinkBody>::from_request(request, &door).await?;
    accounts::verify_email(&door.hub, &visitor, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send the link to confirm your address again. Nothing is sent where it is confirmed already.
#[utoipa::path(post, path = "/api/auth/verify-email/send", tag = "identity", operation_id = "sendVerification",
    responses((status = 202, description = "On its way")))]
pub async fn send_verification(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    accounts::send_verification(&door.hub, &caller, &visitor(&door, &request)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// An e-mail address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    #[schema(max_length = 254, example = "anna@example.org")]
    email: String,
}

/// Ask for a link to choose a new password. The answer is the same whether somebody has this address or not.
#[utoipa::path(post, path = "/api/auth/password-reset", tag = "identity", operation_id = "askPasswordReset",
    request_body = AddressBody, responses((status = 202, description = "Sent, if somebody has this address")))]
pub async fn ask_password_reset(State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<AddressBody>::from_request(request, &door).await?;
    password_reset::ask(&door.hub, &visitor, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordBody {
    #[schema(max_length = 128)]
    token: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

/// Choose a new password, with what the link in the mail held. Everything that was signed in ends, API tokens too.
#[utoipa::path(post, path = "/api/auth/password-reset/confirm", tag = "identity",
    operation_id = "confirmPasswordReset", request_body = NewPasswordBody,
    responses((status = 204, description = "Chosen: sign in with it")))]
pub async fn confirm_password_reset(
    State(door): State<Door>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<NewPasswordBody>::from_request(request, &door).await?;
    check_length("/password", &body.password)?;
    password_reset::confirm(&door.hub, &visitor, &body.token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChangeBody {
    /// May be left out by somebody who has no password.
    #[schema(max_length = 1024)]
    current_password: Option<String>,
    #[schema(min_length = 8, max_length = 128)]
    new_password: String,
}

/// Change your password. All other sessions of yours end.
#[utoipa::path(post, path = "/api/auth/change-password", tag = "identity", operation_id = "changePassword",
    request_body = PasswordChangeBody, responses((status = 204, description = "Changed")))]
pub async fn change_password(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<PasswordChangeBody>::from_request(request, &door).await?;
    let current = body.current_password.as_deref();
    check_length("/current_password", current.unwrap_or_default())?;
    check_length("/new_password", &body.new_password)?;
    password_change::change(&door.hub, &caller, &visitor, current, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change your e-mail address: it counts once the link that is sent to the new one was followed.
#[utoipa::path(post, path = "/api/auth/email-change", tag = "identity", operation_id = "askEmailChange",
    request_body = AddressBody, responses((status = 202, description = "The link is on its way")))]
pub async fn ask_email_change(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<AddressBody>::from_request(request, &door).await?;
    email_change::ask(&door.hub, &caller, &visitor, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Use the new e-mail address from now on, with what the link in the mail held.
#[utoipa::path(post, path = "/api/auth/email-change/confirm", tag = "identity",
    operation_id = "confirmEmailChange", request_body = LinkBody,
    responses((status = 204, description = "Changed")))]
pub async fn confirm_email_change(State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<LinkBody>::from_request(request, &door).await?;
    email_change::confirm(&door.hub, &visitor, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
