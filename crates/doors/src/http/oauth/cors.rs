//! Endpoints that pages of other origins may call: a program that runs in a browser fetches its tokens itself. No
//! cookie goes along, so that any origin may be answered.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::oauth::metadata::{JWKS, LOGOUT, REVOKE, TOKEN, USERINFO};

use super::metadata::{OAUTH_METADATA, OPENID_CONFIGURATION};

const OPEN: [&str; 6] = [OPENID_CONFIGURATION, OAUTH_METADATA, JWKS, TOKEN, USERINFO, REVOKE];

pub fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// What pages of other origins may write to: the same, and where they send people to sign out.
pub fn is_asked_from_elsewhere(path: &str) -> bool {
    is_open(path) || path == LOGOUT
}

/// What a browser is told that asks first.
pub fn preflight(request: &Request) -> Option<Response> {
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    asks.then(|| {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
            (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    })
}

pub fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
}
