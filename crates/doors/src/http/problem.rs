//! Problem documents (RFC 9457): the one place where an error of the hub becomes a status and a body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::HubError;
use lares_model::oauth::OAuthScope;
use lares_model::{FieldError, Invalid};
use serde::{Deserialize, Serialize};

/// `type` of the answer to somebody who has to prove again who they are.
pub const STEP_UP: &str = "/docs/problems#step-up";
/// `type` of the answer to somebody whose password is right and not enough.
pub const SECOND_FACTOR: &str = "/docs/problems#second-factor";
/// `type` of the answer to a token that is not good for this.
pub const INSUFFICIENT_SCOPE: &str = "/docs/problems#insufficient-scope";

/// How a route wants to be signed in to.
#[derive(Clone, Copy, Debug, Default)]
pub enum Challenge {
    #[default]
    Bearer,
    /// By a person, anew (RFC 9470).
    BearerAnew,
    /// With a token that may do more (RFC 6750, section 3.1).
    BearerWith(OAuthScope),
    /// As a device, by its id and secret.
    Device,
}

impl Challenge {
    fn header(self) -> HeaderValue {
        let text = match self {
            Challenge::Bearer => "Bearer".to_owned(),
            Challenge::BearerAnew => format!(
                "Bearer error=\"insufficient_user_authentication\", max_age={}",
                lares_hub::caller::STEP_UP_MS / 1_000
            ),
            Challenge::BearerWith(scope) => {
                format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.name())
            }
            Challenge::Device => "Basic realm=\"device\", charset=\"UTF-8\"".to_owned(),
        };
        // None of them holds what a header does not take.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

/// Why a request was not carried out.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI reference that names the kind of problem; `about:blank` where the status says it all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened, what was not lost, what to do.
    pub detail: String,
    /// One entry for each field that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(skip)]
    #[schema(ignore)]
    pub retry_after_s: Option<u32>,
    /// How to sign in, where that is what is missing.
    #[serde(skip)]
    #[schema(ignore)]
    pub challenge: Challenge,
}

impl Problem {
    pub fn new(status: u16, title: &str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            errors: vec![],
            retry_after_s: None,
            challenge: Challenge::Bearer,
        }
    }

    /// The same for a route of devices.
    pub fn for_device(self) -> Problem {
        Problem { challenge: Challenge::Device, ..self }
    }

    fn after(mut self, retry_after_s: u64) -> Problem {
        self.retry_after_s = Some(u32::try_from(retry_after_s).unwrap_or(u32::MAX));
        self
    }

    pub fn too_many(retry_after_s: u64) -> Problem {
        Problem::new(429, "Too many requests", format!("too many requests; wait {retry_after_s} s"))
            .after(retry_after_s)
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Problem {
        let mut problem = Problem::new(422, "Invalid input", "some fields are wrong; nothing was changed");
        problem.errors = invalid.errors;
        problem
    }
}

impl From<HubError> for Problem {
    fn from(error: HubError) -> Problem {
        let text = error.to_string();
        match error {
            HubError::Invalid(invalid) => invalid.into(),
            HubError::NotFound(_) => Problem::new(404, "Not found", text),
            HubError::Conflict(_) => Problem::new(409, "Conflict", text),
            HubError::Forbidden | HubError::PersonNeeded | HubError::RegistrationClosed => {
                Problem::new(403, "Forbidden", text)
            }
            HubError::ScopeBeyondGrant => Problem::new(403, "Forbidden", text),
            HubError::OutOfScope(scope) => Problem {
                challenge: Challenge::BearerWith(scope),
                kind: INSUFFICIENT_SCOPE.to_owned(),
                ..Problem::new(403, "Insufficient scope", text)
            },
            HubError::StepUpNeeded => Problem {
                challenge: Challenge::BearerAnew,
                kind: STEP_UP.to_owned(),
                ..Problem::new(401, "Step-up needed", text)
            },
            HubError::SecondFactorNeeded | HubError::SecondFactorRefused => {
                Problem { kind: SECOND_FACTOR.to_owned(), ..Problem::new(401, "Second factor needed", text) }
            }
            HubError::Unauthenticated
            | HubError::WrongCredentials
            | HubError::PasskeyRefused
            | HubError::RefreshRefused => Problem::new(401, "Unauthorized", text),
            HubError::UnknownCursor => Problem::new(410, "Gone", text),
            HubError::KeyReused => Problem::new(422, "Idempotency key reused", text),
            HubError::TooMany { retry_after_s } => Problem::too_many(retry_after_s),
            HubError::ProviderUnavailable => Problem::new(503, "Service unavailable", text).after(30),
            HubError::Busy { retry_after_s } => {
                Problem::new(503, "Service unavailable", text).after(retry_after_s)
            }
            HubError::NoSpace => Problem::new(507, "Insufficient storage", text).after(30),
            HubError::LimitReached(_) => Problem::new(507, "Limit reached", text),
            HubError::Unavailable => Problem::new(503, "Service unavailable", text).after(5),
            HubError::Internal(cause) => {
                tracing::error!(%cause, "request failed");
                Problem::new(500, "Internal error", text)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let how = self.challenge;
        let challenge = how.header();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED || matches!(how, Challenge::BearerWith(_)) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
