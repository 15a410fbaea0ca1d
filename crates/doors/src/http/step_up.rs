//! Proving again who one is, for what is dangerous.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lares_hub::{passkeys, step_up};
use lares_model::Invalid;
use serde::Deserialize;
use serde_json::Value;

use super::Door;
use super::auth::{check_secrets, session_cookie, visitor};
use super::extract::{Body, Who};
use super::passkeys::{PasskeyAnswerBody, check_challenge};
use super::problem::Problem;

/// The password, and a code where codes are asked for; or a passkey.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpBody {
    #[schema(max_length = 1024)]
    password: Option<String>,
    /// Of the person's code generator, or a recovery code.
    #[schema(max_length = 32, example = "123456")]
    code: Option<String>,
    /// A passkey instead of them, for a challenge of `startPasskeySignIn`.
    passkey: Option<PasskeyAnswerBody>,
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
    if body.password.is_some() == body.passkey.is_some() {
        invalid.add("/password", "give either a password or a passkey");
    }
    invalid.or(())?;
    let issued = match body.passkey {
        Some(answer) => {
            check_challenge(&answer.challenge)?;
            let credential = Value::Object(answer.credential);
            passkeys::step_up(&door.hub, &caller, &answer.challenge, credential, &visitor).await?
        }
        None => {
            let password = body.password.as_deref().unwrap_or_default();
            step_up::by_password(&door.hub, &caller, password, body.code.as_deref(), &visitor).await?
        }
    };
    let cookie = issued.map(|issued| session_cookie(&door, &issued, secure)).unwrap_or_default();
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
