//! Proving again who one is, for what is dangerous.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lares_hub::step_up;
use lares_model::Invalid;
use serde::Deserialize;

use super::Door;
use super::auth::{check_secrets, session_cookie, visitor};
use super::extract::{Body, Who};
use super::problem::Problem;

/// The password, and a code where codes are asked for.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpBody {
    #[schema(max_length = 1024)]
    password: Option<String>,
    /// Of the person's code generator, or a recovery code.
    #[schema(max_length = 32, example = "123456")]
    code: Option<String>,
}

/// Prove again who you are: for 15 minutes, this session may do what is dangerous. A browser's session gets a new
/// cookie; the tokens of an app stay what they are.
#[utoipa::path(post, path = "/api/auth/step-up", tag = "identity", operation_id = "stepUp", request_body = StepUpBody,
    responses((status = 204, description = "Proved",
        headers(("Set-Cookie" = String, description = "The session's new cookie; none for an app"))),
        (status = 401, description = "Wrong, or a code is needed (`second-factor`)", body = Problem, content_type = "application/problem+json")))]
pub async fn step_up(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let (visitor, secure) = (visitor(&door, &request), door.limits.is_secure(&request));
    let Body(body) = Body::<StepUpBody>::from_request(request, &door).await?;
    let mut invalid = Invalid::default();
    check_secrets(&mut invalid, body.password.as_deref(), body.code.as_deref());
    if body.password.is_none() {
        invalid.add("/password", "is missing");
    }
    invalid.or(())?;
    let password = body.password.as_deref().unwrap_or_default();
    let issued = step_up::by_password(&door.hub, &caller, password, body.code.as_deref(), &visitor).await?;
    let cookie = issued.map(|issued| session_cookie(&door, &issued, secure)).unwrap_or_default();
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
