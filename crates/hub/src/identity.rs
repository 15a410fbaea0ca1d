//! A first sign-in by e-mail and password, sessions and API tokens. Tokens are random and kept as hashes only.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
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

use crate::account_log::{self, AccountEvent, Visitor};
use crate::app_sessions::{self, AccessClaims, NewAppSession, Tokens};
use crate::caller::{Authenticated, Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};
use crate::passwords::{LENGTH_MAX_CHARS, LENGTH_MIN_CHARS};
use crate::signing::{self, ACCESS_TOKEN};

pub const SESSION_MS: i64 = 30 * 24 * 3_600 * 1_000;
const TOKEN_BYTES: usize = 32;
const TOKEN_PREFIX: &str = "lares_";
/// `last_used_at` is for people; writing it at each request would cost a commit each.
const TOUCH_EVERY_MS: i64 = 3_600_000;

/// At most ten tries a minute for one e-mail address from one address.
pub struct SignInThrottle(DefaultKeyedRateLimiter<String>);

impl Default for SignInThrottle {
    fn default() -> Self {
        SignInThrottle(RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN.saturating_add(9))))
    }
}

impl SignInThrottle {
    pub fn check(&self, key: &str) -> Result<(), HubError> {
        self.0.check_key(&key.to_owned()).map_err(|_| HubError::TooMany { retry_after_s: 60 })
    }

    /// Forgets keys that are quiet again.
    pub fn shrink(&self) {
        self.0.retain_recent();
    }
}

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
struct Making<'a> {
    user: UserId,
    kind: TokenKind,
    name: &'a str,
    expires_at: Option<UnixMillis>,
    scopes: Scopes,
    /// How and from where a person signed in; `None` for API tokens.
    signed_in: Option<(&'a str, &'a Visitor)>,
}

fn make(hub: &Hub, making: Making<'_>) -> (Token, Issued) {
    let Making { user, kind, name, expires_at, scopes, signed_in } = making;
    let text = format!("{TOKEN_PREFIX}{}", hub.secret_text(TOKEN_BYTES));
    let id = TokenId(hub.uuid());
    let token = Token {
        id,
        user,
        kind,
        name: name.to_owned(),
        secret_sha256: token_hash(&text),
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

/// How a person proved who they are (RFC 8176).
pub const BY_PASSWORD: &str = "pwd";

/// Who an e-mail address and a password belong to.
pub async fn authenticate(
    hub: &Hub,
    visitor: &Visitor,
    email: &str,
    password: &str,
) -> Result<User, HubError> {
    let email = email.trim().to_lowercase();
    if email.contains(char::is_control) {
        return Err(HubError::WrongCredentials);
    }
    hub.sign_in_throttle.check(&format!("{} {email}", visitor.peer_or_unknown()))?;
    let user = users::find_by_email(&hub.store, &email).await?;
    let known = user.as_ref().map(|user| user.password_phc.clone()).filter(|phc| !phc.is_empty());
    let right = hub.passwords.verify(password, known).await?;
    user.filter(|_| right).ok_or(HubError::WrongCredentials)
}

/// A browser's session for somebody who has proved who they are.
pub async fn open_session(hub: &Hub, user: UserId, amr: &str, visitor: &Visitor) -> Result<Issued, HubError> {
    let making = Making {
        user,
        kind: TokenKind::Session,
        name: "sign-in",
        expires_at: Some(hub.now() + SESSION_MS),
        scopes: Scopes::ALL,
        signed_in: Some((amr, visitor)),
    };
    let (token, issued) = make(hub, making);
    let work = hub.store.begin().await?;
    tokens::insert(&work, &token).await?;
    let detail = json!({ "session": token.id, "amr": amr });
    account_log::note(hub, &work, user, AccountEvent::SignedIn, detail, visitor).await?;
    work.commit().await?;
    Ok(issued)
}

/// A session of one of this product's own apps for somebody who has proved who they are.
pub async fn open_app_session(
    hub: &Hub,
    user: UserId,
    amr: &str,
    visitor: &Visitor,
) -> Result<Tokens, HubError> {
    let work = hub.store.begin().await?;
    let authenticated_at = hub.now();
    let new = NewAppSession { user, client: None, scopes: Scopes::ALL, amr, authenticated_at };
    let (session, opened) = app_sessions::open(hub, &work, new, visitor).await?;
    let detail = json!({ "session": session.id, "amr": amr });
    account_log::note(hub, &work, user, AccountEvent::SignedIn, detail, visitor).await?;
    work.commit().await?;
    Ok(opened)
}

/// Ends what the caller came with.
pub async fn sign_out(hub: &Hub, caller: &Caller) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    match caller.authenticated.means {
        Means::App { session, .. } => {
            lares_store::app_sessions::delete(&work, caller.user, session).await?;
        }
        Means::Session | Means::ApiToken | Means::Inside => {
            tokens::delete(&work, caller.user, caller.token).await?;
        }
        // Its tokens end by themselves, minutes later.
        Means::Service(_) => {}
    }
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(())
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
    let session = claims.sid.ok_or(HubError::Unauthenticated)?;
    caller_of_app(hub, session, scopes).await
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

pub async fn create_token(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    name: &str,
    expires_at: Option<UnixMillis>,
) -> Result<Issued, HubError> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    if expires_at.is_some_and(|expires_at| expires_at <= hub.now()) {
        invalid.add("/expires_at", "must be in the future");
    }
    invalid.or(())?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let making = Making {
        user: caller.user,
        kind: TokenKind::Api,
        name,
        expires_at,
        scopes: caller.authenticated.scopes,
        signed_in: None,
    };
    let (token, issued) = make(hub, making);
    tokens::insert(&work, &token).await?;
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    Ok(issued)
}

pub async fn list_tokens(hub: &Hub, caller: &Caller) -> Result<Vec<Token>, HubError> {
    Ok(tokens::list(&hub.store, caller.user).await?)
}

pub async fn delete_token(hub: &Hub, caller: &Caller, id: TokenId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    if !tokens::delete(&work, caller.user, id).await? {
        return Err(HubError::NotFound("token"));
    }
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(())
}

/// Roughly: what is one is known when a mail arrives.
pub fn is_email(text: &str) -> bool {
    let at = text.find('@');
    text.chars().count() <= 254
        && !text.contains(char::is_control)
        && at.is_some_and(|at| at > 0 && at + 1 < text.len())
        && !text.contains(' ')
}

fn check_account(email: &str, name: &str, password: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    if !is_email(email) {
        invalid.add("/email", "must be an e-mail address");
    }
    let length = password.chars().count();
    if !(LENGTH_MIN_CHARS..=LENGTH_MAX_CHARS).contains(&length) {
        invalid
            .add("/password", format!("must have from {LENGTH_MIN_CHARS} to {LENGTH_MAX_CHARS} characters"));
    }
    invalid.or(())
}

async fn new_user(hub: &Hub, email: &str, name: &str, password: &str) -> Result<User, HubError> {
    let email = email.trim().to_lowercase();
    check_account(&email, name, password)?;
    let mut salt = [0; 16];
    hub.entropy.fill(&mut salt);
    Ok(User {
        id: UserId(hub.uuid()),
        email,
        name: name.to_owned(),
        password_phc: hub.passwords.hash(password, salt).await?,
        created_at: hub.now(),
        email_verified_at: None,
    })
}

/// A person who can sign in. Used by `lares admin`; self-registration comes with full identity.
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
    check_account(&email, &user.name, password)?;
    let mut salt = [0; 16];
    hub.entropy.fill(&mut salt);
    let phc = hub.passwords.hash(password, salt).await?;
    let work = hub.store.begin().await?;
    users::set_password(&work, user.id, &phc).await?;
    for token in tokens::list(&work, user.id).await? {
        tokens::delete(&work, user.id, token.id).await?;
    }
    for session in lares_store::app_sessions::of_user(&work, user.id).await? {
        lares_store::app_sessions::delete(&work, user.id, session.id).await?;
    }
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
