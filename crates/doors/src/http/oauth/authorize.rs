//! Where a program sends its person: the request is judged and goes on at the page that asks them. That page's cookie
//! is `SameSite=Strict`, which a browser that comes from another site does not show; what needs it and no page comes
//! back once by itself, from here.

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use lares_hub::oauth::authorize::{self, Begun};
use lares_hub::oauth::{OAuthError, OAuthFault, Parameters, fault, logout};
use lares_hub::{Caller, HubError, identity};

use super::super::Door;
use super::super::auth::visitor;
use super::super::portal::wants_html;
use super::super::problem::Problem;
use super::super::session::{Credential, set_cookie};
use super::{OAuthErrorView, Refused, Sent, parameters, see_other};

/// The parameters of RFC 6749, section 4.1.1, RFC 7636 and OpenID Connect Core.
#[derive(utoipa::IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct AuthorizeQuery {
    /// Always `code`.
    response_type: String,
    client_id: String,
    /// One that the client registered, to the letter.
    redirect_uri: String,
    scope: String,
    /// Base64url of the SHA-256 of the code verifier (PKCE): every client needs it.
    code_challenge: String,
    /// Always `S256`.
    code_challenge_method: String,
    state: Option<String>,
    nonce: Option<String>,
    /// `none`, `login`, `consent` or `select_account`.
    prompt: Option<String>,
    /// Seconds since the person last proved who they are.
    max_age: Option<String>,
    /// The API's own address, `/api` at the issuer (RFC 8707); may be named several times.
    resource: Option<String>,
}

/// Ask a person to let a program in. Answers with a redirect: to the page that asks, or back to the program. Where the
/// client or its address is not known, nothing is sent there, and a browser is led to a page that says so.
#[utoipa::path(get, path = "/oauth/authorize", tag = "oauth", operation_id = "authorize", params(AuthorizeQuery),
    responses((status = 303, description = "Goes on there"),
        (status = 200, description = "With `prompt=none`: a page that goes on by itself", content_type = "text/html"),
        (status = 400, description = "The client or its address is not known, so nothing is sent there",
            body = OAuthErrorView)))]
pub async fn authorize(
    State(door): State<Door>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Sent> {
    asked(&door, &headers, parameters(query.unwrap_or_default().as_bytes())).await
}

/// The same with the parameters as a form (OpenID Connect Core, section 3.1.2.1).
#[utoipa::path(post, path = "/oauth/authorize", tag = "oauth", operation_id = "postAuthorize",
    request_body(content = AuthorizeQuery, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Goes on there"),
        (status = 200, description = "With `prompt=none`: a page that goes on by itself", content_type = "text/html"),
        (status = 400, description = "The client or its address is not known, so nothing is sent there",
            body = OAuthErrorView)))]
pub async fn post_authorize(
    State(door): State<Door>,
    headers: HeaderMap,
    form: super::Form,
) -> Result<Response, Sent> {
    asked(&door, &headers, Ok(form.parameters)).await
}

async fn asked(
    door: &Door,
    headers: &HeaderMap,
    parameters: Result<Parameters, OAuthFault>,
) -> Result<Response, Sent> {
    let begun = match parameters {
        Ok(parameters) => authorize::begin(&door.hub, &parameters).await,
        Err(fault) => Err(fault.into()),
    };
    match begun {
        Ok(Begun::Page { ticket }) => Ok(see_other(&format!("/consent?request={ticket}"))),
        Ok(Begun::Silently { ticket }) => Ok(comes_back(&ticket)),
        Ok(Begun::Back(to)) => Ok(see_other(&to)),
        Err(OAuthError::Fault(fault)) if wants_html(headers) => Ok(see_other(&told_to_the_person(&fault))),
        Err(error) => Err(error.into()),
    }
}

/// The page that says what is wrong, by the parameter's name alone: whoever made the link chose the rest.
fn told_to_the_person(fault: &OAuthFault) -> String {
    let wrong = ["client_id", "redirect_uri"].into_iter().find(|name| fault.description.starts_with(name));
    format!("/app-refused{}", wrong.map(|name| format!("?wrong={name}")).unwrap_or_default())
}

/// A page that comes back to this server by itself, as from this server: then the browser shows its cookie.
pub(super) fn comes_back(ticket: &str) -> Response {
    // A ticket is Base64url.
    let to = format!("/oauth/continue?request={ticket}");
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Lares</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={to}\"></head>\
         <body><a href=\"{to}\">Continue</a></body></html>"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct ContinueQuery {
    /// The ticket.
    #[param(max_length = 64)]
    request: String,
}

/// The cookie of the browser's own session, if it has one.
fn cookie_of(door: &Door, request: &Request) -> Option<String> {
    match Credential::of(request.headers(), door.limits.is_secure(request)) {
        Some(Credential::Cookie(token)) if identity::looks_like_a_token(token) => Some(token.to_owned()),
        _ => None,
    }
}

async fn signed_in(door: &Door, cookie: Option<String>) -> Option<Caller> {
    identity::caller_of(&door.hub, &cookie?).await.ok()
}

/// Goes on with a request that needs the browser's own session and no page: `prompt=none`, and signing out.
#[utoipa::path(get, path = "/oauth/continue", tag = "oauth", operation_id = "continueOAuth", params(ContinueQuery),
    responses((status = 303, description = "Goes on there"),
        (status = 400, description = "There is no such request", body = OAuthErrorView)))]
pub async fn go_on(State(door): State<Door>, request: Request) -> Result<Response, Sent> {
    let parameters =
        parameters(request.uri().query().unwrap_or_default().as_bytes()).map_err(Refused::from)?;
    let ticket = parameters.need("request").map_err(Refused::from)?;
    let (cookie, visitor) = (cookie_of(&door, &request), visitor(&door, &request));
    let secure = door.limits.is_secure(&request);
    drop(request);
    let caller = signed_in(&door, cookie).await;
    if let Some(out) = logout::finish(&door.hub, caller.as_ref(), ticket, &visitor).await? {
        let mut response = see_other(out.redirect_to.as_deref().unwrap_or("/"));
        if out.browser {
            response.headers_mut().extend(set_cookie(None, 0, secure));
        }
        return Ok(response);
    }
    match authorize::silently(&door.hub, caller.as_ref(), ticket, &visitor).await {
        Ok(to) => Ok(see_other(&to)),
        Err(HubError::NotFound(_)) => {
            let gone = fault("invalid_request", "this request was answered, or took too long");
            Err(Refused::from(gone).into())
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}
