//! Signing in with an account elsewhere (OpenID Connect). What is known of a provider's answer is bound to the browser
//! that asked; an address that belongs to somebody here already is linked only once they have signed in here, too.

mod client;
mod judgement;
mod protocol;

use lares_model::{IdentityId, UserId};
use lares_store::identities as rows;
pub use lares_store::identities::Identity;
use lares_store::{UnitOfWork, users};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::accounts::Registration;
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::User;
use crate::sign_in::Proved;
use crate::tickets::{self, Purpose};
pub use client::Provider;
use judgement::{Judgement, judge};
use protocol::{Asked, Redemption};

/// Not registered with RFC 8176, and what others say of somebody whom another server vouches for.
pub const BY_PROVIDER: &str = "fed";
const GOOD_FOR_MS: i64 = 10 * 60 * 1_000;
const UNDER_WAY: Purpose = Purpose { name: "provider sign-in", good_for_ms: GOOD_FOR_MS };
pub(crate) const LINK: Purpose = Purpose { name: "provider link", good_for_ms: GOOD_FOR_MS };
pub const RETURN_TO_MAX_CHARS: usize = 512;
const SECRET_BYTES: usize = 32;

/// An issuer that people may sign in with, as the operator describes it.
#[derive(Clone)]
pub struct ProviderSettings {
    /// In URLs of ours.
    pub key: String,
    /// For people.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    pub scopes: Vec<String>,
    /// Whether it is believed when it says that an address is verified.
    pub trust_email_verified: bool,
}

/// Why nobody is signed in: the word that the portal explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// The provider does not answer, or not as one.
    Unavailable,
    /// Its answer was not for this browser, not from it, or not true.
    Refused,
    /// The person said no.
    Denied,
    /// It took too long, or was begun in another browser.
    Expired,
    UnverifiedEmail,
    RegistrationClosed,
}

impl ProviderError {
    pub fn word(self) -> &'static str {
        match self {
            ProviderError::Unavailable => "unavailable",
            ProviderError::Refused => "refused",
            ProviderError::Denied => "denied",
            ProviderError::Expired => "expired",
            ProviderError::UnverifiedEmail => "unverified_email",
            ProviderError::RegistrationClosed => "registration_closed",
        }
    }
}

/// A sign-in that has begun.
pub struct Begun {
    /// Where the browser has to go.
    pub redirect_to: String,
    /// For a cookie: only the browser that has it may come back.
    pub secret: String,
}

pub const UNDER_WAY_S: i64 = GOOD_FOR_MS / 1_000;

#[derive(Serialize, Deserialize)]
struct UnderWay {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    return_to: Option<String>,
}

/// What comes back by the browser.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    pub state: Option<String>,
    pub code: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
}

/// Somebody elsewhere, as their provider describes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Vouched {
    issuer: String,
    subject: String,
    email: Option<String>,
    verified: bool,
    name: Option<String>,
}

/// What becomes of somebody who comes back.
pub enum Arrival {
    SignedIn {
        proved: Proved,
        return_to: Option<String>,
    },
    /// The address belongs to an account here: whoever signs in to that may link them with this.
    ToBeLinked {
        ticket: String,
    },
}

#[derive(Serialize, Deserialize)]
struct ToLink {
    provider: String,
    vouched: Vouched,
}

fn redirect_uri(hub: &Hub, key: &str) -> String {
    format!("{}/api/auth/providers/{key}/callback", hub.public_url)
}

fn find<'h>(hub: &'h Hub, key: &str) -> Result<&'h Provider, HubError> {
    let known = hub.providers.iter().find(|provider| provider.settings.key == key);
    known.ok_or(HubError::NotFound("provider"))
}

pub async fn start(hub: &Hub, key: &str, return_to: Option<String>) -> Result<Begun, HubError> {
    let provider = find(hub, key)?;
    let under_way = UnderWay {
        provider: key.to_owned(),
        state: hub.secret_text(SECRET_BYTES),
        nonce: hub.secret_text(SECRET_BYTES),
        verifier: hub.secret_text(SECRET_BYTES),
        return_to,
    };
    let asked = Asked {
        redirect_uri: redirect_uri(hub, key),
        state: under_way.state.clone(),
        nonce: under_way.nonce.clone(),
        verifier: under_way.verifier.clone(),
    };
    let redirect_to = provider.authorization_url(hub.now(), asked).await?;
    let work = hub.store.begin().await?;
    let secret = tickets::issue(hub, &work, UNDER_WAY, None, &under_way).await?;
    work.commit().await?;
    Ok(Begun { redirect_to, secret })
}

/// Somebody comes back. `secret` is what the browser was given; it is used up whatever comes of it.
pub async fn arrive(
    hub: &Hub,
    key: &str,
    secret: Option<&str>,
    returned: Returned,
    visitor: &Visitor,
) -> Result<Result<Arrival, ProviderError>, HubError> {
    let Ok(provider) = find(hub, key) else { return Ok(Err(ProviderError::Refused)) };
    let Some(under_way) = take_under_way(hub, secret).await? else { return Ok(Err(ProviderError::Expired)) };
    if under_way.provider != key || returned.state.as_deref() != Some(under_way.state.as_str()) {
        return Ok(Err(ProviderError::Refused));
    }
    let redemption = Redemption {
        redirect_uri: redirect_uri(hub, key),
        returned,
        nonce: under_way.nonce,
        verifier: under_way.verifier,
    };
    let vouched = match provider.redeem(hub.now(), redemption).await? {
        Ok(vouched) => vouched,
        Err(why) => return Ok(Err(why)),
    };
    settle(hub, provider, vouched, under_way.return_to, visitor).await
}

async fn take_under_way(hub: &Hub, secret: Option<&str>) -> Result<Option<UnderWay>, HubError> {
    let Some(secret) = secret else { return Ok(None) };
    let work = hub.store.begin().await?;
    let taken = tickets::take::<UnderWay>(hub, &work, UNDER_WAY, secret).await?;
    work.commit().await?;
    Ok(taken.map(|taken| taken.value))
}

async fn settle(
    hub: &Hub,
    provider: &Provider,
    vouched: Vouched,
    return_to: Option<String>,
    visitor: &Visitor,
) -> Result<Result<Arrival, ProviderError>, HubError> {
    let work = hub.store.begin().await?;
    let linked = rows::find(&work, &vouched.issuer, &vouched.subject).await?;
    let known = match &vouched.email {
        Some(email) => users::find_by_email(&work, email).await?.map(|user| user.id),
        None => None,
    };
    let trusted = provider.settings.trust_email_verified;
    let open = hub.accounts.registration == Registration::Open;
    let arrival = match judge(linked.as_ref().map(|one| one.user), &vouched, trusted, known, open) {
        Judgement::SignIn(user) => {
            let epoch = users::find(&work, user).await?.map(|user| user.sign_in_epoch);
            if let Some(linked) = linked
                && !rows::used(&work, linked.id, hub.now()).await?
            {
                return Ok(Err(ProviderError::Refused));
            }
            let proved = Proved { user, amr: BY_PROVIDER, epoch: epoch.unwrap_or_default() };
            Arrival::SignedIn { proved, return_to }
        }
        Judgement::Link(user) => {
            let to_link = ToLink { provider: provider.settings.key.clone(), vouched };
            let ticket = tickets::issue(hub, &work, LINK, Some(user), &to_link).await?;
            Arrival::ToBeLinked { ticket }
        }
        Judgement::Create { email } => {
            hub.mail_throttle.registration(visitor)?;
            let user = create(hub, &work, &email, &vouched, visitor).await?;
            insert(hub, &work, user, &provider.settings.key, &vouched, visitor).await?;
            Arrival::SignedIn { proved: Proved { user, amr: BY_PROVIDER, epoch: 0 }, return_to }
        }
        Judgement::Refuse(why) => return Ok(Err(why)),
    };
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(Ok(arrival))
}

/// Without a password: the account elsewhere is the way in.
async fn create(
    hub: &Hub,
    work: &UnitOfWork,
    email: &str,
    vouched: &Vouched,
    visitor: &Visitor,
) -> Result<UserId, HubError> {
    let user = User {
        id: UserId(hub.uuid()),
        email: email.to_owned(),
        name: judgement::name_of(vouched.name.as_deref(), email),
        password_phc: String::new(),
        created_at: hub.now(),
        email_verified_at: Some(hub.now()),
        sign_in_epoch: 0,
    };
    users::insert(work, &user).await?;
    account_log::note(hub, work, user.id, AccountEvent::Registered, json!({ "provider": true }), visitor)
        .await?;
    Ok(user.id)
}

async fn insert(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    provider: &str,
    vouched: &Vouched,
    visitor: &Visitor,
) -> Result<(), HubError> {
    let identity = Identity {
        id: IdentityId(hub.uuid()),
        user,
        provider: provider.to_owned(),
        issuer: vouched.issuer.clone(),
        subject: vouched.subject.clone(),
        email: vouched.email.clone(),
        created_at: hub.now(),
        last_used_at: None,
    };
    rows::insert(work, &identity).await?;
    let detail = json!({ "identity": identity.id, "provider": provider });
    account_log::note(hub, work, user, AccountEvent::IdentityLinked, detail, visitor).await
}

/// Whoever has just signed in to the account that the address belongs to confirms that both are theirs.
pub async fn link(hub: &Hub, caller: &Caller, ticket: &str, visitor: &Visitor) -> Result<(), HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    let found = tickets::look::<ToLink>(hub, &work, LINK, ticket).await?;
    let found = found.filter(|found| found.user == Some(caller.user)).ok_or(HubError::NotFound("ticket"))?;
    if tickets::take::<ToLink>(hub, &work, LINK, ticket).await?.is_none() {
        return Err(HubError::NotFound("ticket"));
    }
    let ToLink { provider, vouched } = found.value;
    insert(hub, &work, caller.user, &provider, &vouched, visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

pub async fn list(hub: &Hub, caller: &Caller) -> Result<Vec<Identity>, HubError> {
    Ok(rows::list(&hub.store, caller.user).await?)
}

/// Of a person who has no other way in, the last one stays.
pub async fn unlink(hub: &Hub, caller: &Caller, id: IdentityId, visitor: &Visitor) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let known = rows::list(&work, caller.user).await?;
    let identity = known.iter().find(|one| one.id == id).ok_or(HubError::NotFound("identity"))?;
    caller.in_person()?;
    let user = users::find(&work, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let passkeys = lares_store::passkeys::list(&work, caller.user).await?;
    if known.len() == 1 && passkeys.is_empty() && user.password_phc.is_empty() {
        let reason = "it is your only way in; set a password or add a passkey first";
        return Err(HubError::Conflict(reason.to_owned()));
    }
    rows::delete(&work, caller.user, id).await?;
    let detail = json!({ "identity": id, "provider": identity.provider });
    account_log::note(hub, &work, caller.user, AccountEvent::IdentityRemoved, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}
