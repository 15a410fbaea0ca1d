//! Passkeys (WebAuthn): several per person, found by the browser without a name, and enough by themselves, since each
//! verifies its person. What a challenge was made for is kept in a ticket here; a challenge is answered once.

use std::time::Duration;

use lares_model::home::NAME_MAX_CHARS;
use lares_model::{Invalid, PasskeyId};
use lares_store::passkeys as rows;
pub use lares_store::passkeys::Passkey;
use lares_store::users;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationConveyancePreference, AuthenticationState, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
};

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::Issued;
use crate::sessions;
use crate::sign_in::Proved;
use crate::step_up;
use crate::tickets::{self, Purpose};

const GOOD_FOR_MS: i64 = 5 * 60 * 1_000;
pub(crate) const REGISTRATION: Purpose = Purpose { name: "passkey registration", good_for_ms: GOOD_FOR_MS };
const SIGN_IN: Purpose = Purpose { name: "passkey sign-in", good_for_ms: GOOD_FOR_MS };
pub const BY_PASSKEY: &str = "pop user mfa";
const PASSKEYS_MAX: usize = 20;

/// What passkeys are bound to: the name of this site, and the origins of its pages.
pub struct Site(Option<WebauthnCore>);

impl Site {
    /// The name comes from the first origin. An address is no name: browsers make no passkeys for it.
    pub fn of(origins: &[String]) -> Site {
        let origins: Vec<Url> = origins.iter().filter_map(|origin| Url::parse(origin).ok()).collect();
        let name = origins.first().and_then(Url::domain).map(str::to_owned);
        let timeout = Duration::from_millis(GOOD_FOR_MS.unsigned_abs());
        // The safe crate around it lets no state be kept outside of the process, unless by a feature that it calls
        // dangerous. What that crate adds is done here: verification of the person is always required, and the state
        // never leaves this server.
        Site(name.map(|name| {
            WebauthnCore::new_unsafe_experts_only("Lares", &name, origins, timeout, Some(false), Some(false))
        }))
    }

    fn core(&self) -> Result<&WebauthnCore, HubError> {
        self.0.as_ref().ok_or_else(|| {
            let reason = "passkeys need a host name: set http.public_url to one instead of an address";
            HubError::Conflict(reason.to_owned())
        })
    }
}

/// A challenge to be answered by an authenticator.
pub struct Ceremony {
    /// To be sent back with the answer.
    pub challenge: String,
    /// For `navigator.credentials`.
    pub options: Value,
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

fn parsed<T: DeserializeOwned>(credential: Value) -> Result<T, HubError> {
    let wrong = |_| Invalid::one("/credential", "is not a public key credential in JSON (WebAuthn, 5.1)");
    Ok(serde_json::from_value(credential).map_err(wrong)?)
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", name, 1, NAME_MAX_CHARS);
    invalid.or(())
}

/// A new passkey for the caller.
pub async fn start_registration(hub: &Hub, caller: &Caller) -> Result<Ceremony, HubError> {
    caller.in_person()?;
    let core = hub.site.core()?;
    let user = users::find(&hub.store, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let known = rows::list(&hub.store, caller.user).await?;
    if known.len() >= PASSKEYS_MAX {
        return Err(HubError::Conflict(format!("{PASSKEYS_MAX} passkeys are the most; remove one first")));
    }
    let known = known.into_iter().map(|passkey| passkey.credential_id).collect();
    let builder = core
        .new_challenge_register_builder(user.id.0.as_bytes(), &user.email, &user.name)
        .map_err(internal)?
        .attestation(AttestationConveyancePreference::None)
        .user_verification_policy(UserVerificationPolicy::Required)
        .require_resident_key(true)
        .exclude_credentials(Some(known));
    let (options, state) = core.generate_challenge_register(builder).map_err(internal)?;
    let work = hub.store.begin().await?;
    let challenge = tickets::issue(hub, &work, REGISTRATION, Some(caller.user), &state).await?;
    work.commit().await?;
    Ok(Ceremony { challenge, options: serde_json::to_value(options.public_key).map_err(internal)? })
}

pub async fn register(
    hub: &Hub,
    caller: &Caller,
    challenge: &str,
    name: &str,
    credential: Value,
    visitor: &Visitor,
) -> Result<Passkey, HubError> {
    caller.in_person()?;
    check_name(name)?;
    let answer: RegisterPublicKeyCredential = parsed(credential)?;
    let state: RegistrationState = take(hub, REGISTRATION, challenge, Some(caller)).await?;
    let made = hub.site.core()?.register_credential(&answer, &state, None).map_err(|why| refused(&why))?;
    let passkey = Passkey {
        id: PasskeyId(hub.uuid()),
        user: caller.user,
        name: name.to_owned(),
        credential_id: made.cred_id.to_vec(),
        counter: i64::from(made.counter),
        credential: serde_json::to_value(&made).map_err(internal)?,
        created_at: hub.now(),
        last_used_at: None,
    };
    let work = hub.store.begin().await?;
    sessions::hold(&work, caller).await?;
    rows::insert(&work, &passkey).await?;
    let detail = json!({ "passkey": passkey.id, "name": name });
    account_log::note(hub, &work, caller.user, AccountEvent::PasskeyAdded, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(passkey)
}

/// For whoever has a passkey of this site.
pub async fn start_sign_in(hub: &Hub) -> Result<Ceremony, HubError> {
    let core = hub.site.core()?;
    let required = Some(UserVerificationPolicy::Required);
    let builder = core.new_challenge_authenticate_builder(vec![], required).map_err(internal)?;
    let (options, state) = core.generate_challenge_authenticate(builder).map_err(internal)?;
    let work = hub.store.begin().await?;
    let challenge = tickets::issue(hub, &work, SIGN_IN, None, &state).await?;
    work.commit().await?;
    Ok(Ceremony { challenge, options: serde_json::to_value(options.public_key).map_err(internal)? })
}

/// Who the answer to a challenge comes from.
pub async fn prove(
    hub: &Hub,
    challenge: &str,
    credential: Value,
    visitor: &Visitor,
) -> Result<Proved, HubError> {
    let answer: PublicKeyCredential = parsed(credential)?;
    let state: AuthenticationState = take(hub, SIGN_IN, challenge, None).await?;
    let passkey = rows::find_by_credential(&hub.store, answer.get_credential_id()).await?;
    let passkey = passkey.ok_or(HubError::PasskeyRefused)?;
    // Nobody was named before, so the authenticator has to name its person.
    if answer.get_user_unique_id() != Some(passkey.user.0.as_bytes()) {
        return Err(HubError::PasskeyRefused);
    }
    let mut known: Credential = serde_json::from_value(passkey.credential.clone()).map_err(internal)?;
    let proved = match hub.site.core()?.authenticate_single_credential(&answer, &state, &known) {
        Ok(proved) => proved,
        Err(why) => {
            if matches!(why, WebauthnError::CredentialPossibleCompromise) {
                note_refusal(hub, &passkey, visitor).await?;
            }
            return Err(refused(&why));
        }
    };
    known.counter = proved.counter();
    known.backup_state = proved.backup_state();
    known.backup_eligible = proved.backup_eligible();
    let counter = i64::from(known.counter);
    let work = hub.store.begin().await?;
    let known = serde_json::to_value(&known).map_err(internal)?;
    if !rows::used(&work, &passkey, &known, counter, hub.now()).await? {
        return Err(HubError::PasskeyRefused);
    }
    let user = users::find(&work, passkey.user).await?.ok_or(HubError::PasskeyRefused)?;
    work.commit().await?;
    Ok(Proved { user: user.id, amr: BY_PASSKEY, epoch: user.sign_in_epoch })
}

/// Proving again who one is.
pub async fn step_up(
    hub: &Hub,
    caller: &Caller,
    challenge: &str,
    credential: Value,
    visitor: &Visitor,
) -> Result<Option<Issued>, HubError> {
    caller.in_person()?;
    let proved = prove(hub, challenge, credential, visitor).await?;
    step_up::done(hub, caller, proved, visitor).await
}

/// Whatever comes of the answer, its challenge is used up by it.
async fn take<T: DeserializeOwned>(
    hub: &Hub,
    purpose: Purpose,
    challenge: &str,
    of: Option<&Caller>,
) -> Result<T, HubError> {
    let work = hub.store.begin().await?;
    let taken = tickets::take(hub, &work, purpose, challenge).await?;
    work.commit().await?;
    let taken = taken.filter(|taken| taken.user == of.map(|caller| caller.user));
    taken.map(|taken| taken.value).ok_or(HubError::PasskeyRefused)
}

/// One answer for all reasons; which it was is for whoever runs the server.
fn refused(why: &WebauthnError) -> HubError {
    tracing::debug!(%why, "a passkey was refused");
    HubError::PasskeyRefused
}

async fn note_refusal(hub: &Hub, passkey: &Passkey, visitor: &Visitor) -> Result<(), HubError> {
    tracing::warn!(passkey = %passkey.id, user = %passkey.user, "a passkey counted back: there may be a copy of it");
    let work = hub.store.begin().await?;
    let detail = json!({ "passkey": passkey.id, "name": passkey.name });
    account_log::note(hub, &work, passkey.user, AccountEvent::PasskeyRefused, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

pub async fn list(hub: &Hub, caller: &Caller) -> Result<Vec<Passkey>, HubError> {
    Ok(rows::list(&hub.store, caller.user).await?)
}

pub async fn rename(hub: &Hub, caller: &Caller, id: PasskeyId, name: &str) -> Result<Passkey, HubError> {
    check_name(name)?;
    let work = hub.store.begin().await?;
    if !rows::rename(&work, caller.user, id, name).await? {
        return Err(HubError::NotFound("passkey"));
    }
    let renamed = rows::list(&work, caller.user).await?.into_iter().find(|passkey| passkey.id == id);
    work.commit().await?;
    renamed.ok_or(HubError::NotFound("passkey"))
}

/// Of a person who has no other way in, the last one stays.
pub async fn remove(hub: &Hub, caller: &Caller, id: PasskeyId, visitor: &Visitor) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let known = rows::list(&work, caller.user).await?;
    let passkey = known.iter().find(|passkey| passkey.id == id).ok_or(HubError::NotFound("passkey"))?;
    caller.in_person()?;
    if known.len() == 1 && !other_ways_in(&work, caller).await? {
        let reason = "it is your only way in; set a password or link another account first";
        return Err(HubError::Conflict(reason.to_owned()));
    }
    rows::delete(&work, caller.user, id).await?;
    let detail = json!({ "passkey": passkey.id, "name": passkey.name });
    account_log::note(hub, &work, caller.user, AccountEvent::PasskeyRemoved, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

async fn other_ways_in(work: &lares_store::UnitOfWork, caller: &Caller) -> Result<bool, HubError> {
    let user = users::find(work, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let linked = lares_store::identities::list(work, caller.user).await?;
    Ok(!user.password_phc.is_empty() || !linked.is_empty())
}
