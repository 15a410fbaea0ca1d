//! The OAuth 2.1 and OpenID Connect provider's endpoints. What goes wrong there is said in OAuth's own words
//! (RFC 6749, section 5.2), not as a problem document.

pub mod authorize;
pub mod clients;
pub mod connected;
pub mod consent;
pub mod cors;
pub mod logout;
pub mod metadata;
pub mod register;
pub mod tokens;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::HubError;
use lares_hub::account_log::Visitor;
use lares_hub::oauth::{OAuthError, OAuthFault, Parameters};
use serde::Serialize;

use super::Door;
use super::auth::visitor;
use super::extract::{body_bytes, expect_content};
use super::problem::Problem;

/// Why a request of a program was refused (RFC 6749, section 5.2).
#[derive(Serialize, utoipa::ToSchema)]
pub struct OAuthErrorView {
    /// A code that programs understand.
    #[schema(example = "invalid_grant")]
    pub error: String,
    /// For whoever wrote the program.
    pub error_description: String,
}

/// A refusal, on its way out.
pub struct Refused {
    error: OAuthError,
    /// Whether the program tried the `Authorization` header, and so is told how that is used.
    basic: bool,
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Refused {
        Refused { error, basic: false }
    }
}

impl From<OAuthFault> for Refused {
    fn from(fault: OAuthFault) -> Refused {
        OAuthError::from(fault).into()
    }
}

impl From<Problem> for Sent {
    fn from(problem: Problem) -> Sent {
        Sent(problem.into_response())
    }
}

/// A refusal as it is sent, of either kind.
pub struct Sent(Response);

impl IntoResponse for Sent {
    fn into_response(self) -> Response {
        self.0
    }
}

impl From<Refused> for Sent {
    fn from(refused: Refused) -> Sent {
        Sent(refused.into_response())
    }
}

impl From<OAuthError> for Sent {
    fn from(error: OAuthError) -> Sent {
        Refused::from(error).into()
    }
}

impl From<HubError> for Sent {
    fn from(error: HubError) -> Sent {
        Problem::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let fault = match self.error {
            OAuthError::Fault(fault) => fault,
            OAuthError::Hub(error) => return Problem::from(error).into_response(),
        };
        let (status, challenge) = match fault.error {
            "invalid_client" => (StatusCode::UNAUTHORIZED, self.basic.then_some("Basic realm=\"oauth\"")),
            "invalid_token" => (StatusCode::UNAUTHORIZED, Some("Bearer error=\"invalid_token\"")),
            _ => (StatusCode::BAD_REQUEST, None),
        };
        let view = OAuthErrorView { error: fault.error.to_owned(), error_description: fault.description };
        let mut response = (status, Json(view)).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// A form that a program sends, with what it proves itself with and where it comes from.
pub struct Form {
    pub authorization: Option<String>,
    pub parameters: Parameters,
    pub visitor: Visitor,
}

impl FromRequest<Door> for Form {
    type Rejection = Sent;

    async fn from_request(request: Request, door: &Door) -> Result<Form, Sent> {
        expect_content(request.headers(), "application/x-www-form-urlencoded")?;
        let visitor = visitor(door, &request);
        let authorization = text_of(request.headers(), &header::AUTHORIZATION).map(str::to_owned);
        let bytes = body_bytes(request, door).await?;
        let parameters = parameters(&bytes).map_err(Refused::from)?;
        Ok(Form { authorization, parameters, visitor })
    }
}

impl Form {
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    pub fn refused(&self, error: OAuthError) -> Refused {
        Refused { error, basic: self.authorization.is_some() }
    }
}

pub fn parameters(encoded: &[u8]) -> Result<Parameters, OAuthFault> {
    let pairs = form_urlencoded::parse(encoded);
    Parameters::of(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
}

fn text_of<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A bearer token in the header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text_of(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Sends a browser on, by a GET.
fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => {
            Problem::new(400, "Bad request", "the address to go on at cannot be written").into_response()
        }
    }
}
