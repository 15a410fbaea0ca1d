//! People's accounts, API tokens, and who a token belongs to. Tokens are random and kept as hashes only.

use lares_model::access::{Membership, Role};
use lares_model::home::{NAME_MAX_CHARS, Organisation};
use lares_model::oauth::Scopes;
use lares_model::{AppSessionId, Invalid, OrganisationId, TokenId, UnixMillis, UserId};
pub use lares_store::tokens::{Token, TokenKind};
pub use lares_store::users::User;
use lares_store::{Page, events, memberships, tokens, users};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::account_log::Visitor;
use crate::app_sessions::{self, AccessClaims};
use crate::caller::{Authenticated, Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::password_policy;
use crate::sessions::{self, Ending};
use crate::signing::{self, ACCESS_TOKEN};

const TOKEN_BYTES: usize = 32;
const TOKEN_PREFIX: &str = "lares_";
/// `last_used_at` is for people; writing it at each request would cost a commit each.
const TOUCH_EVERY_MS: i64 = 3_600_000;

/// A token as it is handed out: the text is shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub id: TokenId,
    pub token: String,
    pub expires_at: Option<UnixMillis>,
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A token to be made.
pub(crate) struct Making<'a> {
    pub user: UserId,
    pub kind: TokenKind,
    pub name: &'a str,
    pub expires_at: Option<UnixMillis>,
    pub scopes: Scopes,
    /// How and from where a person signed in; `None` for API tokens.
    pub signed_in: Option<(&'a str, &'a Visitor)>,
}

/// The text that is handed out, and what is kept of it.
pub(crate) fn new_secret(hub: &Hub) -> (String, [u8; 32]) {
    let text = format!("{TOKEN_PREFIX}{}", hub.secret_text(TOKEN_BYTES));
    let hash = token_hash(&text);
    (text, hash)
}

pub(crate) fn make(hub: &Hub, making: Making<'_>) -> (Token, Issued) {
    let Making { user, kind, name, expires_at, scopes, signed_in } = making;
    let (text, secret_sha256) = new_secret(hub);
    let id = TokenId(hub.uuid());
    let token = Token {
        id,
        user,
        kind,
        name: name.to_owned(),
        secret_sha256,
        created_at: hub.now(),
        expires_at,
        last_used_at: None,
        authenticated_at: signed_in.map(|_| hub.now()),
        amr: signed_in.map(|(amr, _)| amr.to_owned()),
        scopes,
        user_agent: signed_in.and_then(|(_, visitor)| visitor.user_agent.clone()),
        peer: signed_in.and_then(|(_, visitor)| visitor.peer.clone()),
    };
    (token, Issued { id, token: text, expires_at })
}

/// Whether it can be one of ours at all: what cannot is refused without asking the store.
pub fn looks_like_a_token(text: &str) -> bool {
    let is_opaque =
        text.len() == TOKEN_PREFIX.len() + TOKEN_BYTES.div_ceil(3) * 4 - 1 && text.starts_with(TOKEN_PREFIX);
    is_opaque || signing::looks_like_a_jwt(text)
}

/// Who a bearer token belongs to, with what they may see now.
pub async fn caller_of(hub: &Hub, token: &str) -> Result<Caller, HubError> {
    if signing::looks_like_a_jwt(token) {
        return caller_of_access_token(hub, token).await;
    }
    let now = hub.now();
    let found = tokens::find_by_secret(&hub.store, token_hash(token)).await?;
    let token = found
        .filter(|token| token.expires_at.is_none_or(|expires_at| now < expires_at))
        .ok_or(HubError::Unauthenticated)?;
    if token.last_used_at.is_none_or(|used| now.since_ms(used) > TOUCH_EVERY_MS) {
        touch(hub, token.id, now).await;
    }
    let memberships = memberships::of_user(&hub.store, token.user).await?;
    Ok(Caller::new(token.user, token.id, memberships, now).authenticated(authenticated_by(&token)))
}

fn authenticated_by(token: &Token) -> Authenticated {
    let means = match token.kind {
        TokenKind::Session => Means::Session,
        TokenKind::Api => Means::ApiToken,
    };
    Authenticated { means, scopes: token.scopes, at: token.authenticated_at.unwrap_or(token.created_at) }
}

async fn caller_of_access_token(hub: &Hub, jwt: &str) -> Result<Caller, HubError> {
    let audience = app_sessions::api_resource(hub);
    let verified = signing::verify::<AccessClaims>(hub, jwt, ACCESS_TOKEN, Some(&audience));
    let claims = verified.map_err(|reason| {
        tracing::debug!(%reason, "an access token was refused");
        HubError::Unauthenticated
    })?;
    let scopes = Scopes::parse(&claims.scope).map_err(|_| HubError::Unauthenticated)?;
    match claims.sid {
        Some(session) => caller_of_app(hub, session, scopes).await,
        None => {
            let client = claims.client_id.parse().map_err(|_| HubError::Unauthenticated)?;
            crate::oauth::machines::service(hub, client, scopes).await
        }
    }
}

/// An access token ends with its session, not only by itself.
async fn caller_of_app(hub: &Hub, session: AppSessionId, scopes: Scopes) -> Result<Caller, HubError> {
    let now = hub.now();
    let found = lares_store::app_sessions::find(&hub.store, session).await?;
    let session = found.filter(|session| now < session.expires_at).ok_or(HubError::Unauthenticated)?;
    let memberships = memberships::of_user(&hub.store, session.user).await?;
    let means = Means::App { session: session.id, client: session.client };
    let scopes = scopes.both(session.scopes);
    let authenticated = Authenticated { means, scopes, at: session.authenticated_at };
    Ok(Caller::new(session.user, TokenId(session.id.0), memberships, now).authenticated(authenticated))
}

/// The same caller as of now, for connections that outlive a request: `Unauthenticated` once what they came with has
/// ended.
pub async fn caller_again(hub: &Hub, caller: &Caller) -> Result<Caller, HubError> {
    let now = hub.now();
    if let Means::App { session, .. } = caller.authenticated.means {
        return caller_of_app(hub, session, caller.authenticated.scopes).await;
    }
    if let Means::Service(client) = caller.authenticated.means {
        return crate::oauth::machines::service(hub, client, caller.authenticated.scopes).await;
    }
    let token = tokens::find(&hub.store, caller.token).await?;
    let token = token
        .filter(|token| token.expires_at.is_none_or(|expires_at| now < expires_at))
        .ok_or(HubError::Unauthenticated)?;
    let memberships = memberships::of_user(&hub.store, caller.user).await?;
    Ok(Caller::new(caller.user, caller.token, memberships, now).authenticated(authenticated_by(&token)))
}

/// Nobody is refused because this could not be noted: reading goes on without space for writing.
async fn touch(hub: &Hub, token: TokenId, now: UnixMillis) {
    let touched = async {
        let work = hub.store.begin().await?;
        tokens::touch(&work, token, now).await?;
        work.commit().await
    };
    if let Err(error) = touched.await {
        tracing::warn!(%error, "the use of a token was not noted");
    }
}

pub async fn profile(hub: &Hub, caller: &Caller) -> Result<User, HubError> {
    users::find(&hub.store, caller.user).await?.ok_or(HubError::Unauthenticated)
}

/// The organisations the caller belongs to now, and as what.
pub async fn places(hub: &Hub, caller: &Caller) -> Result<Vec<(Organisation, Role)>, HubError> {
    let limit = caller.scope().organisations().len() as u64;
    let all =
        lares_store::organisations::list(&hub.store, caller.scope(), Page { after: None, limit }).await?;
    let place = |organisation: Organisation| {
        let role = caller.role_in(organisation.id)?;
        Some((organisation, role))
    };
    Ok(all.into_iter().filter_map(place).collect())
}

/// Roughly: what is one is known when a mail arrives.
pub fn is_email(text: &str) -> bool {
    let at = text.find('@');
    text.chars().count() <= 254
        && !text.contains(char::is_control)
        && at.is_some_and(|at| at > 0 && at + 1 < text.len())
        && !text.contains(' ')
}

/// `about`: what of the person a password must not be.
fn check_password(invalid: &mut Invalid, field: &str, password: &str, about: &[&str]) {
    if let Some(reason) = password_policy::refusal(password, about) {
        invalid.add(field, reason);
    }
}

pub(crate) fn check_account(email: &str, name: &str, password: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    if !is_email(email) {
        invalid.add("/email", "must be an e-mail address");
    }
    check_password(&mut invalid, "/password", password, &[email, name]);
    invalid.or(())
}

/// The hash of a password that somebody chose; `field` is where it stood, `about` what of the person it must not be.
pub(crate) async fn hashed(
    hub: &Hub,
    field: &str,
    password: &str,
    about: &[&str],
) -> Result<String, HubError> {
    let mut invalid = Invalid::default();
    check_password(&mut invalid, field, password, about);
    invalid.or(())?;
    let mut salt = [0; 16];
    hub.entropy.fill(&mut salt);
    hub.passwords.hash(password, salt).await
}

pub(crate) async fn new_user(hub: &Hub, email: &str, name: &str, password: &str) -> Result<User, HubError> {
    let email = email.trim().to_lowercase();
    check_account(&email, name, password)?;
    let password_phc = hashed(hub, "/password", password, &[&email, name]).await?;
    Ok(User {
        id: UserId(hub.uuid()),
        email,
        name: name.to_owned(),
        password_phc,
        created_at: hub.now(),
        email_verified_at: None,
        sign_in_epoch: 0,
    })
}

/// A person who can sign in, made by `lares admin`.
pub async fn create_user(hub: &Hub, email: &str, name: &str, password: &str) -> Result<User, HubError> {
    let user = new_user(hub, email, name, password).await?;
    let work = hub.store.begin().await?;
    users::insert(&work, &user).await?;
    work.commit().await?;
    Ok(user)
}

pub async fn set_password(hub: &Hub, email: &str, password: &str) -> Result<(), HubError> {
    let email = email.trim().to_lowercase();
    let user = users::find_by_email(&hub.store, &email).await?.ok_or(HubError::NotFound("user"))?;
    let phc = hashed(hub, "/password", password, &[&user.email, &user.name]).await?;
    let work = hub.store.begin().await?;
    users::set_password(&work, user.id, &phc).await?;
    sessions::end(&work, user.id, Ending::Everything).await?;
    work.commit().await?;
    hub.nudges.access_changed(user.id);
    Ok(())
}

/// The first owner of a new organisation.
pub async fn create_owner(
    hub: &Hub,
    email: &str,
    name: &str,
    password: &str,
    organisation: &str,
) -> Result<(User, Organisation), HubError> {
    let user = new_user(hub, email, name, password).await?;
    let organisation =
        Organisation { id: OrganisationId(hub.uuid()), name: organisation.to_owned(), created_at: hub.now() };
    let caller = Caller::new(user.id, TokenId(hub.uuid()), vec![], hub.now());
    let work = hub.store.begin().await?;
    users::insert(&work, &user).await?;
    crate::organisations::insert_with_owner(hub, &work, &organisation, user.id).await?;
    let event = crate::organisations::organisation_event(
        hub,
        &caller,
        organisation.id,
        lares_model::event::EventType::OrganisationCreated,
        json!({ "after": { "name": organisation.name } }),
    );
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    Ok((user, organisation))
}

/// A token for the demo and for `lares admin token`.
pub async fn issue_for(hub: &Hub, user: UserId, name: &str) -> Result<Issued, HubError> {
    let making =
        Making { user, kind: TokenKind::Api, name, expires_at: None, scopes: Scopes::ALL, signed_in: None };
    let (token, issued) = make(hub, making);
    let work = hub.store.begin().await?;
    tokens::insert(&work, &token).await?;
    work.commit().await?;
    Ok(issued)
}

pub async fn issue_by_email(hub: &Hub, email: &str, name: &str) -> Result<Issued, HubError> {
    let email = email.trim().to_lowercase();
    let user = users::find_by_email(&hub.store, &email).await?.ok_or(HubError::NotFound("user"))?;
    issue_for(hub, user.id, name).await
}

/// A membership made by the operator of the machine.
pub async fn add_membership(hub: &Hub, membership: &Membership) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    memberships::insert(&work, membership).await?;
    let now = hub.now();
    let event = lares_model::event::NewEvent {
        id: lares_model::EventId(hub.uuid()),
        organisation: membership.organisation,
        event_type: lares_model::event::EventType::MemberAdded,
        time: now,
        recorded: now,
        home: None,
        device: None,
        cause: lares_model::event::Cause::System,
        origin: None,
        payload: json!({
            "user": membership.user, "role": membership.role, "valid_until": membership.valid_until,
        }),
    };
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    Ok(())
}

/// A person and the first organisation they belong to now.
pub async fn first_organisation(hub: &Hub, email: &str) -> Result<(UserId, OrganisationId), HubError> {
    let email = email.trim().to_lowercase();
    let user = users::find_by_email(&hub.store, &email).await?.ok_or(HubError::NotFound("user"))?;
    let now = hub.now();
    let memberships = memberships::of_user(&hub.store, user.id).await?;
    let first = memberships.iter().find(|membership| membership.holds_at(now));
    Ok((user.id, first.ok_or(HubError::NotFound("organisation"))?.organisation))
}
