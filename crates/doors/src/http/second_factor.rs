//! The code generator and the recovery codes of the signed-in person.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use lares_hub::second_factor;
use lares_model::Invalid;
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::{check_secrets, visitor};
use super::extract::{Body, Who};
use super::problem::Problem;

/// A code generator, shown once. Codes are asked for once it was confirmed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewGeneratorView {
    /// For typing into an authenticator app: Base32.
    pub secret: String,
    /// The same as a URL for a QR code.
    #[schema(example = "otpauth://totp/Lares:owner%40example.org?secret=...&issuer=Lares")]
    pub otpauth_url: String,
}

/// Make a code generator (TOTP, RFC 6238) for yourself, in place of one that was not confirmed.
#[utoipa::path(post, path = "/api/auth/totp", tag = "identity", operation_id = "startTotp",
    responses((status = 200, description = "The generator, shown once", body = NewGeneratorView)))]
pub async fn start(State(door): State<Door>, Who(caller): Who) -> Result<Json<NewGeneratorView>, Problem> {
    let generator = second_factor::start(&door.hub, &caller).await?;
    Ok(Json(NewGeneratorView { secret: generator.secret, otpauth_url: generator.otpauth_url }))
}

/// What the generator shows.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    #[schema(max_length = 32, example = "123456")]
    code: String,
}

/// Recovery codes, shown once. Each stands in for the generator once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RecoveryCodesView {
    #[schema(min_items = 10, max_items = 10)]
    pub recovery_codes: Vec<String>,
}

/// Confirm the code generator with a code that it shows. From then on signing in by password takes a code, too.
#[utoipa::path(post, path = "/api/auth/totp/confirm", tag = "identity", operation_id = "confirmTotp",
    request_body = CodeBody, responses((status = 200, description = "Codes are asked for", body = RecoveryCodesView)))]
pub async fn confirm(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<CodeBody>::from_request(request, &door).await?;
    let mut invalid = Invalid::default();
    check_secrets(&mut invalid, None, Some(&body.code));
    invalid.or(())?;
    let recovery_codes = second_factor::confirm(&door.hub, &caller, &body.code, &visitor).await?;
    Ok(Json(RecoveryCodesView { recovery_codes }))
}

/// Remove the code generator and the recovery codes.
#[utoipa::path(delete, path = "/api/auth/totp", tag = "identity", operation_id = "removeTotp",
    responses((status = 204, description = "Codes are not asked for any more")))]
pub async fn remove(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    second_factor::remove(&door.hub, &caller, &visitor(&door, &request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make ten new recovery codes; those of before are good no more.
#[utoipa::path(post, path = "/api/auth/recovery-codes", tag = "identity", operation_id = "renewRecoveryCodes",
    responses((status = 200, description = "The new codes, shown once", body = RecoveryCodesView)))]
pub async fn renew_recovery_codes(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let visitor = visitor(&door, &request);
    let recovery_codes = second_factor::renew_recovery_codes(&door.hub, &caller, &visitor).await?;
    Ok(Json(RecoveryCodesView { recovery_codes }))
}
