//! Problem documents (RFC 9457): the one place where an error of the hub becomes a status and a body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::HubError;
use lares_model::{FieldError, Invalid};
use serde::{Deserialize, Serialize};

/// How a route wants to be signed in to.
#[derive(Clone, Copy, Debug, Default)]
pub enum Challenge {
    #[default]
    Bearer,
    /// As a device, by its id and secret.
    Device,
}

impl Challenge {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Challenge::Bearer => "Bearer",
            Challenge::Device => "Basic realm=\"device\", charset=\"UTF-8\"",
        })
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
            HubError::Forbidden => Problem::new(403, "Forbidden", text),
            HubError::Unauthenticated | HubError::WrongCredentials => Problem::new(401, "Unauthorized", text),
            HubError::UnknownCursor => Problem::new(410, "Gone", text),
            HubError::KeyReused => Problem::new(422, "Idempotency key reused", text),
            HubError::TooMany { retry_after_s } => Problem::too_many(retry_after_s),
            HubError::NoSpace => Problem::new(507, "Insufficient storage", text).after(30),
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
        let challenge = self.challenge.header();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
