//! Signing in with an account elsewhere: away to the provider, back from it, and the links that came of it.

use axum::Json;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lares_hub::providers::{self, Arrival, Identity, RETURN_TO_MAX_CHARS, Returned, UNDER_WAY_S};
use lares_hub::sign_in;
use lares_model::{IdentityId, Invalid, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::{refuse_other_sites, session_cookie, visitor};
use super::extract::{Body, Id, Who};
use super::problem::Problem;
use super::session::{cookie, host_cookie};

/// Holds what only the browser that went away knows. Unlike the session's, it has to come along when another site
/// sends the browser back.
const COOKIE: &str = "lares-provider";

/// An issuer that people may sign in with.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderView {
    pub key: String,
    pub name: String,
}

/// Whom one may sign in with, beside a password or a passkey.
#[utoipa::path(get, path = "/api/auth/providers", tag = "identity", operation_id = "listProviders",
    responses((status = 200, description = "The providers", body = Vec<ProviderView>)))]
pub async fn list(State(door): State<Door>) -> Json<Vec<ProviderView>> {
    let view = |provider: &providers::Provider| ProviderView {
        key: provider.settings.key.clone(),
        name: provider.settings.name.clone(),
    };
    Json(door.hub.providers.iter().map(view).collect())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartProviderBody {
    /// A page of the portal to come back to.
    #[schema(max_length = 512, pattern = "^/([^/\\\\].*)?$", example = "/devices")]
    return_to: Option<String>,
}

/// Where the browser has to go.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderRedirectView {
    pub redirect_to: String,
}

/// Nothing that leads to another site.
fn check_return_to(path: &str) -> Result<(), Invalid> {
    let mut chars = path.chars();
    let is_ours = chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && !path.contains(char::is_control)
        && path.chars().count() <= RETURN_TO_MAX_CHARS;
    if is_ours {
        Ok(())
    } else {
        Err(Invalid::one("/return_to", "must be the path of a page of this server, at most 512 characters"))
    }
}

/// Begin to sign in with an account elsewhere, from a page of this server. Only the browser that got this answer may
/// come back, within ten minutes.
#[utoipa::path(post, path = "/api/auth/providers/{key}/start", tag = "identity", operation_id = "startProvider",
    params(("key" = String, Path, description = "Provider")), request_body = StartProviderBody,
    responses((status = 200, description = "Where to go", body = ProviderRedirectView,
        headers(("Set-Cookie" = String, description = "Known to this browser only"))),
        (status = 404, description = "Does not exist", body = Problem, content_type = "application/problem+json")))]
pub async fn start(
    State(door): State<Door>,
    Path(key): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    refuse_other_sites(&request)?;
    let secure = door.limits.is_secure(&request);
    let Body(body) = Body::<StartProviderBody>::from_request(request, &door).await?;
    body.return_to.as_deref().map_or(Ok(()), check_return_to)?;
    let begun = providers::start(&door.hub, &key, body.return_to).await?;
    let cookie = host_cookie(COOKIE, Some((&begun.secret, UNDER_WAY_S)), "Lax", secure);
    Ok((cookie, Json(ProviderRedirectView { redirect_to: begun.redirect_to })).into_response())
}

fn see_other(to: &str, cookies: impl IntoIterator<Item = HeaderMap>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let to = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    headers.insert(header::LOCATION, to);
    for cookie in cookies.into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie.1);
    }
    response
}

/// What others send along (a session's state, a scope) concerns nobody here, and what is there twice is nothing.
fn returned(query: &str) -> Returned {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let once = |name: &str| {
        let mut all = pairs.iter().filter(|(key, _)| key == name);
        let first = all.next().map(|(_, value)| value.to_string());
        if all.next().is_some() { None } else { first }
    };
    Returned { state: once("state"), code: once("code"), iss: once("iss"), error: once("error") }
}

/// The provider sends the browser back here. It goes on to the page it came from, signed in; to a page that asks to
/// sign in to the account that the address belongs to; or to one that says what went wrong.
#[utoipa::path(get, path = "/api/auth/providers/{key}/callback", tag = "identity",
    operation_id = "providerCallback", params(("key" = String, Path, description = "Provider")),
    responses((status = 303, description = "Where to go on",
        headers(("Location" = String, description = "A page of the portal"),
            ("Set-Cookie" = String, description = "The session, where somebody is signed in")))))]
pub async fn callback(
    State(door): State<Door>,
    Path(key): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (visitor, secure) = (visitor(&door, &request), door.limits.is_secure(&request));
    let secret = cookie(request.headers(), COOKIE, secure);
    let returned = returned(request.uri().query().unwrap_or_default());
    let over = host_cookie(COOKIE, None, "Lax", secure);
    let arrived = providers::arrive(&door.hub, &key, secret, returned, &visitor).await?;
    Ok(match arrived {
        Ok(Arrival::SignedIn { proved, return_to }) => {
            let issued = sign_in::open_session(&door.hub, proved, &visitor).await?;
            let session = session_cookie(&door, &issued, secure);
            see_other(return_to.as_deref().unwrap_or("/"), [over, session])
        }
        Ok(Arrival::ToBeLinked { ticket }) => see_other(&format!("/signin/link?ticket={ticket}"), [over]),
        Err(why) => see_other(&format!("/signin?provider_error={}", why.word()), [over]),
    })
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkIdentityBody {
    #[schema(max_length = 64)]
    ticket: String,
}

/// Link an account elsewhere with yours, whose address it has: from then on it signs you in.
#[utoipa::path(post, path = "/api/auth/providers/link", tag = "identity", operation_id = "linkProvider",
    request_body = LinkIdentityBody, responses((status = 204, description = "Linked")))]
pub async fn link(
    State(door): State<Door>,
    Who(caller): Who,
    request: Request,
) -> Result<StatusCode, Problem> {
    let visitor = visitor(&door, &request);
    let Body(body) = Body::<LinkIdentityBody>::from_request(request, &door).await?;
    if body.ticket.chars().count() > 64 {
        return Err(Invalid::one("/ticket", "must have at most 64 characters").into());
    }
    providers::link(&door.hub, &caller, &body.ticket, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An account elsewhere that signs in here.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IdentityView {
    pub id: IdentityId,
    /// Its provider's key.
    pub provider: String,
    /// Its provider's name; the key, where the provider is not there any more.
    pub name: String,
    /// As the provider told it.
    pub email: Option<String>,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

impl IdentityView {
    fn of(door: &Door, identity: Identity) -> IdentityView {
        let provider = door.hub.providers.iter().find(|one| one.settings.key == identity.provider);
        IdentityView {
            id: identity.id,
            name: provider.map_or(&identity.provider, |provider| &provider.settings.name).clone(),
            provider: identity.provider,
            email: identity.email,
            created_at: identity.created_at,
            last_used_at: identity.last_used_at,
        }
    }
}

/// Your accounts elsewhere that sign you in.
#[utoipa::path(get, path = "/api/auth/identities", tag = "identity", operation_id = "listIdentities",
    responses((status = 200, description = "The accounts", body = Vec<IdentityView>)))]
pub async fn identities(
    State(door): State<Door>,
    Who(caller): Who,
) -> Result<Json<Vec<IdentityView>>, Problem> {
    let identities = providers::list(&door.hub, &caller).await?;
    Ok(Json(identities.into_iter().map(|identity| IdentityView::of(&door, identity)).collect()))
}

/// Remove the link: that account signs in no more.
#[utoipa::path(delete, path = "/api/auth/identities/{id}", tag = "identity", operation_id = "removeIdentity",
    params(("id" = IdentityId, Path, description = "Account elsewhere")),
    responses((status = 204, description = "Removed")))]
pub async fn unlink(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<IdentityId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    providers::unlink(&door.hub, &caller, id, &visitor(&door, &request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a16_nobody_is_sent_to_another_site() {
        for ours in ["/", "/devices", "/homes/1?tab=2#x"] {
            assert!(check_return_to(ours).is_ok(), "{ours}");
        }
        let long = format!("/{}", "x".repeat(512));
        for theirs in
            ["", "devices", "//evil.example", "/\\evil.example", "https://evil.example", "/\r\nx: y", &long]
        {
            assert!(check_return_to(theirs).is_err(), "{theirs}");
        }
    }

    #[test]
    fn what_comes_twice_counts_for_nothing() {
        let twice = returned("state=a&code=b&state=c&iss=https%3A%2F%2Fi.example&extra=1");
        assert_eq!((twice.state, twice.code.as_deref()), (None, Some("b")));
        assert_eq!(twice.iss.as_deref(), Some("https://i.example"));
    }
}
