//! A program asks a person: the request is judged, waits as a ticket while the person's own page asks them, and is
//! answered with a code.

use lares_model::oauth::Scopes;
use lares_model::oauth_client::{OAuthClient, Uri};
use lares_model::oauth_request::{self as rules, AuthorizationRequest, Next, OAuthFault};
use lares_model::{AppSessionId, OAuthClientId, UnixMillis};
use lares_store::oauth_consents::{self as consents, Consent};
use lares_store::{Conn, UnitOfWork, oauth_clients};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::id_token::{IdClaims, TYPE as ID_TOKEN};
use super::{OAuthError, Parameters, fault};
use crate::account_log::{self, AccountEvent, Visitor};
use crate::app_sessions::api_resource;
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::sessions;
use crate::signing::{self, BadToken};
use crate::tickets::{self, Purpose};

/// How long a person may take to sign in and answer.
const REQUEST: Purpose = Purpose { name: "oauth_request", good_for_ms: 15 * 60 * 1_000 };
/// The program comes for its tokens at once.
pub(crate) const CODE: Purpose = Purpose { name: "oauth_code", good_for_ms: 60 * 1_000 };
const CODE_TAG: &str = "oauth code";

/// What a code stands for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Granted {
    pub request: AuthorizationRequest,
    pub scopes: Scopes,
    pub session: AppSessionId,
    pub authenticated_at: UnixMillis,
    pub amr: String,
}

/// Where a request goes on.
pub enum Begun {
    /// At the page that asks the person.
    Page { ticket: String },
    /// Without asking anybody.
    Silently { ticket: String },
    /// Back at the program, with an error.
    Back(String),
}

/// Judges a request. An error is for the person, since there is no address that it could be sent to.
pub async fn begin(hub: &Hub, parameters: &Parameters) -> Result<Begun, OAuthError> {
    let unknown = || fault("invalid_request", "client_id is not one of this server's clients");
    let id = parameters.need("client_id")?.parse::<OAuthClientId>().map_err(|_| unknown())?;
    let (client, _) = oauth_clients::find_any(&hub.store, id).await?.ok_or_else(unknown)?;
    let redirect_uri = rules::answer_at(parameters, &client)?;
    let judged = rules::authorization(parameters, &client, redirect_uri, &api_resource(hub), hub.now());
    let judged = judged.and_then(|request| hinted(hub, parameters, request));
    let request = match judged {
        Ok(request) => request,
        Err(refused) => {
            let state = parameters.get("state");
            return Ok(Begun::Back(refusal_at(hub, redirect_uri, state, &refused)));
        }
    };
    let work = hub.store.begin().await?;
    let ticket = tickets::issue(hub, &work, REQUEST, None, &request).await?;
    work.commit().await?;
    Ok(if request.prompt.none { Begun::Silently { ticket } } else { Begun::Page { ticket } })
}

/// Whom the program means, where it says so with an ID token that it was given, of whatever age.
fn hinted(
    hub: &Hub,
    parameters: &Parameters,
    request: AuthorizationRequest,
) -> Result<AuthorizationRequest, OAuthFault> {
    let Some(hint) = parameters.get("id_token_hint") else { return Ok(request) };
    match signing::verify_ever::<IdClaims>(hub, hint, ID_TOKEN) {
        Ok(claims) => Ok(AuthorizationRequest { meant: Some(claims.sub), ..request }),
        // Signed so long ago that its key is gone, or by somebody else: it says as little as none.
        Err(BadToken::UnknownKey) => Ok(request),
        Err(_) => Err(fault("invalid_request", "id_token_hint is no ID token of this server")),
    }
}

fn refusal_at(hub: &Hub, redirect_uri: &str, state: Option<&str>, refused: &OAuthFault) -> String {
    let mut pairs = vec![("error", refused.error), ("error_description", refused.description.as_str())];
    pairs.extend(state.map(|state| ("state", state)));
    pairs.push(("iss", hub.public_url.as_str()));
    rules::with_query(redirect_uri, &pairs)
}

fn refused(hub: &Hub, request: &AuthorizationRequest, error: &str, why: &str) -> String {
    rules::answer(request, &hub.public_url, &[("error", error), ("error_description", why)])
}

/// A request as a person is shown it.
pub struct Shown {
    pub client: OAuthClient,
    /// Whether one of the person's own organisations answers for it.
    pub first_party: bool,
    pub scopes: Scopes,
    /// Who gets the answer.
    pub redirect_host: String,
    /// Where to go at once, since there is nothing to ask.
    pub redirect_to: Option<String>,
}

async fn request_of(
    hub: &Hub,
    conn: &impl Conn,
    ticket: &str,
) -> Result<(AuthorizationRequest, OAuthClient), HubError> {
    let gone = HubError::NotFound("this request");
    let Some(taken) = tickets::look::<AuthorizationRequest>(hub, conn, REQUEST, ticket).await? else {
        return Err(gone);
    };
    let client = oauth_clients::find_any(conn, taken.value.client).await?.map(|(client, _)| client);
    let answerable = client
        .filter(|client| client.may_be_answered_at(&taken.value.redirect_uri) && !client.disabled)
        .ok_or(HubError::NotFound("this request"))?;
    // The client may have been narrowed since it asked.
    let scopes = taken.value.scopes.both(answerable.scopes);
    if scopes.is_empty() {
        return Err(gone);
    }
    Ok((AuthorizationRequest { scopes, ..taken.value }, answerable))
}

/// A person registers programs, or a program of their own does.
pub(super) fn person(caller: &Caller) -> Result<(), HubError> {
    match caller.authenticated.means {
        Means::Service(_) | Means::App { client: Some(_), .. } => Err(HubError::Forbidden),
        Means::Inside | Means::Session | Means::ApiToken | Means::App { client: None, .. } => Ok(()),
    }
}

async fn next_for(
    hub: &Hub,
    conn: &impl Conn,
    caller: &Caller,
    request: &AuthorizationRequest,
    client: &OAuthClient,
) -> Result<Next, HubError> {
    let consented = consents::find(conn, caller.user, client.id).await?.map(|consent| consent.scopes);
    let who = rules::Who { user: caller.user, authenticated_at: caller.authenticated.at };
    Ok(rules::next(request, client, who, consented, hub.now()))
}

/// What the page asks the person; or, where that is settled, where it goes.
pub async fn look(hub: &Hub, caller: &Caller, ticket: &str, visitor: &Visitor) -> Result<Shown, HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    let (request, client) = request_of(hub, &work, ticket).await?;
    let redirect_to = match next_for(hub, &work, caller, &request, &client).await? {
        Next::SomebodyElse => Some(refuse_other(hub, work, ticket, &request).await?),
        Next::Authenticate => return Err(HubError::StepUpNeeded),
        Next::Ask => None,
        Next::Grant => Some(grant(hub, work, caller, ticket, request.scopes, visitor).await?),
    };
    Ok(Shown {
        first_party: caller.scope().contains(client.organisation),
        client,
        scopes: request.scopes,
        redirect_host: host_of(&request.redirect_uri),
        redirect_to,
    })
}

/// The program means another person than the one who is here (OpenID Connect Core, section 3.1.2.1).
async fn refuse_other(
    hub: &Hub,
    work: UnitOfWork,
    ticket: &str,
    request: &AuthorizationRequest,
) -> Result<String, HubError> {
    tickets::take::<AuthorizationRequest>(hub, &work, REQUEST, ticket).await?;
    work.commit().await?;
    Ok(refused(hub, request, "login_required", "somebody else is signed in than id_token_hint names"))
}

fn host_of(uri: &str) -> String {
    match Uri::parse(uri) {
        Some(uri) => uri.host().map_or_else(|| format!("{}:", uri.scheme), |(host, _)| host.to_owned()),
        None => String::new(),
    }
}

/// What the person said. `scopes` may be fewer than were asked for.
pub async fn decide(
    hub: &Hub,
    caller: &Caller,
    ticket: &str,
    allow: bool,
    scopes: Option<Scopes>,
    visitor: &Visitor,
) -> Result<String, HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    let (request, client) = request_of(hub, &work, ticket).await?;
    if !allow {
        tickets::take::<AuthorizationRequest>(hub, &work, REQUEST, ticket).await?;
        work.commit().await?;
        return Ok(refused(hub, &request, "access_denied", "the person said no"));
    }
    match next_for(hub, &work, caller, &request, &client).await? {
        Next::SomebodyElse => return refuse_other(hub, work, ticket, &request).await,
        Next::Authenticate => return Err(HubError::StepUpNeeded),
        Next::Ask | Next::Grant => {}
    }
    let scopes = scopes.unwrap_or(request.scopes);
    if scopes.is_empty() || !scopes.is_within(request.scopes) {
        return Err(lares_model::Invalid::one("/scopes", "must be some of those that were asked for").into());
    }
    grant(hub, work, caller, ticket, scopes, visitor).await
}

/// Without asking: what is not settled is refused.
pub async fn silently(
    hub: &Hub,
    caller: Option<&Caller>,
    ticket: &str,
    visitor: &Visitor,
) -> Result<String, HubError> {
    let work = hub.store.begin().await?;
    let (request, client) = request_of(hub, &work, ticket).await?;
    let Some(caller) = caller.filter(|caller| caller.in_person().is_ok()) else {
        return Ok(refused(hub, &request, "login_required", "nobody is signed in"));
    };
    match next_for(hub, &work, caller, &request, &client).await? {
        Next::SomebodyElse => refuse_other(hub, work, ticket, &request).await,
        Next::Authenticate => Ok(refused(hub, &request, "login_required", "the sign-in is too old")),
        Next::Ask => Ok(refused(hub, &request, "consent_required", "the person has to be asked")),
        Next::Grant => grant(hub, work, caller, ticket, request.scopes, visitor).await,
    }
}

/// Remembers what was let in, and answers with a code for it. Of two answers to one request, one counts.
async fn grant(
    hub: &Hub,
    work: UnitOfWork,
    caller: &Caller,
    ticket: &str,
    scopes: Scopes,
    visitor: &Visitor,
) -> Result<String, HubError> {
    // Nobody lets others do what they were not let in for themselves.
    if !scopes.is_within(caller.authenticated.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    let taken = tickets::take::<AuthorizationRequest>(hub, &work, REQUEST, ticket).await?;
    let request = taken.ok_or(HubError::NotFound("this request"))?.value;
    sessions::hold(&work, caller).await?;
    remember(hub, &work, caller, request.client, scopes, visitor).await?;
    let session = AppSessionId(hub.uuid());
    let (authenticated_at, amr) = proof_of(&work, caller).await?;
    let granted = Granted { request, scopes, session, authenticated_at, amr };
    let secret = tickets::issue(hub, &work, CODE, Some(caller.user), &granted).await?;
    work.commit().await?;
    let code = code_of(hub, &secret, session);
    Ok(rules::answer(&granted.request, &hub.public_url, &[("code", &code)]))
}

/// What a person let a program do, together with what they had before.
pub(super) async fn remember(
    hub: &Hub,
    work: &UnitOfWork,
    caller: &Caller,
    client: OAuthClientId,
    scopes: Scopes,
    visitor: &Visitor,
) -> Result<(), HubError> {
    let before = consents::find(work, caller.user, client).await?;
    if before.as_ref().is_some_and(|before| scopes.is_within(before.scopes)) {
        return Ok(());
    }
    let now = hub.now();
    let all = before.as_ref().map_or(scopes, |before| before.scopes.with(scopes));
    let created_at = before.map_or(now, |before| before.created_at);
    let consent = Consent { user: caller.user, client, scopes: all, created_at, updated_at: now };
    consents::set(work, &consent).await?;
    let detail = json!({ "client": client, "scopes": scopes });
    account_log::note(hub, work, caller.user, AccountEvent::AppConnected, detail, visitor).await
}

/// When and how the person proved who they are.
pub(super) async fn proof_of(conn: &impl Conn, caller: &Caller) -> Result<(UnixMillis, String), HubError> {
    let amr = match caller.authenticated.means {
        Means::App { session, .. } => {
            lares_store::app_sessions::find(conn, session).await?.map(|session| session.amr)
        }
        _ => lares_store::tokens::find(conn, caller.token).await?.and_then(|token| token.amr),
    };
    Ok((caller.authenticated.at, amr.unwrap_or_default()))
}

/// A code names the session that its tokens will be of, and is tagged: so that when it comes a second time, after its
/// ticket is gone, the tokens of the first time are known and can be ended (RFC 6749, section 4.1.2).
fn code_of(hub: &Hub, secret: &str, session: AppSessionId) -> String {
    let body = format!("{secret}.{}", session.0.simple());
    let tag = hub.vault.tag(CODE_TAG, body.as_bytes());
    format!("{body}.{}", Uuid::from_bytes(tag).simple())
}

/// The ticket's secret and the session of a code that this server made.
pub(super) fn parts_of_code<'c>(hub: &Hub, code: &'c str) -> Option<(&'c str, AppSessionId)> {
    let (body, tag) = code.rsplit_once('.')?;
    let tag = Uuid::try_parse(tag).ok()?;
    let (secret, session) = body.rsplit_once('.')?;
    let session = Uuid::try_parse(session).ok()?;
    let ours = hub.vault.tag(CODE_TAG, body.as_bytes()) == *tag.as_bytes();
    ours.then_some((secret, AppSessionId(session)))
}
