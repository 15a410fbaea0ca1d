//! Where a program sends its person to sign out (OpenID Connect RP-Initiated Logout).

use axum::extract::{RawQuery, State};
use axum::response::Response;
use lares_hub::oauth::{Parameters, logout};

use super::super::Door;
use super::authorize::comes_back;
use super::{Form, OAuthErrorView, Refused, Sent, parameters, see_other};

#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct LogoutQuery {
    /// The ID token of the sign-in that ends; also one whose time is over.
    id_token_hint: Option<String>,
    client_id: Option<String>,
    /// One that the client registered, to the letter.
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

async fn begin(door: &Door, parameters: &Parameters) -> Result<Response, Sent> {
    Ok(match logout::begin(&door.hub, parameters).await? {
        Some(ticket) => comes_back(&ticket),
        // Whose sign-in is meant is not proved: the person signs out on a page of this server.
        None => see_other("/"),
    })
}

/// Sign a person out of a program, and of this browser with it.
#[utoipa::path(get, path = "/oauth/logout", tag = "oauth", operation_id = "oauthLogout", params(LogoutQuery),
    responses((status = 200, description = "A page that goes on by itself", content_type = "text/html"),
        (status = 303, description = "Nobody is signed out: there is no `id_token_hint`"),
        (status = 400, description = "Refused", body = OAuthErrorView)))]
pub async fn get(State(door): State<Door>, RawQuery(query): RawQuery) -> Result<Response, Sent> {
    let parameters = parameters(query.unwrap_or_default().as_bytes()).map_err(Refused::from)?;
    begin(&door, &parameters).await
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct LogoutForm {
    id_token_hint: Option<String>,
    client_id: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// The same, by POST.
#[utoipa::path(post, path = "/oauth/logout", tag = "oauth", operation_id = "postOAuthLogout",
    request_body(content = LogoutForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page that goes on by itself", content_type = "text/html"),
        (status = 303, description = "Nobody is signed out: there is no `id_token_hint`"),
        (status = 400, description = "Refused", body = OAuthErrorView)))]
pub async fn post(State(door): State<Door>, form: Form) -> Result<Response, Sent> {
    begin(&door, &form.parameters).await
}
