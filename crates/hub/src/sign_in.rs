//! Signing in and out: who proves who they are, and what session they are given for it.

use lares_model::UserId;
use lares_model::oauth::Scopes;
use lares_store::{UnitOfWork, tokens, users};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::app_sessions::{self, NewAppSession, Tokens};
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{Issued, Making, TokenKind, User, make};
use crate::passwords::Verdict;
use crate::second_factor::{self, Factor};

pub const SESSION_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// How a person proved who they are (RFC 8176).
pub const BY_PASSWORD: &str = "pwd";
pub const BY_PASSWORD_AND_TOTP: &str = "pwd otp mfa";
pub const BY_PASSWORD_AND_RECOVERY_CODE: &str = "pwd mfa";

/// Somebody who has proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    pub user: UserId,
    /// How: RFC 8176 values, separated by spaces.
    pub amr: &'static str,
    /// As it was when they did (`users::end_sign_ins`).
    pub epoch: i64,
}

/// Who an e-mail address, a password and, where it is asked for, a code belong to.
pub async fn authenticate(
    hub: &Hub,
    visitor: &Visitor,
    email: &str,
    password: &str,
    code: Option<&str>,
) -> Result<Proved, HubError> {
    let email = email.trim().to_lowercase();
    // No account has such a name, and the store would not take it for one.
    let cannot_be = email.contains(char::is_control);
    let user = if cannot_be { None } else { users::find_by_email(&hub.store, &email).await? };
    prove(hub, visitor, Asked { account: &email, codes_of: &email, user }, password, code).await
}

/// Of whom a proof is asked.
pub(crate) struct Asked<'a> {
    /// What tries with passwords are counted by.
    pub account: &'a str,
    /// What wrong codes are counted by.
    pub codes_of: &'a str,
    pub user: Option<User>,
}

/// The same work whether or not there is such a person, and whether or not they have a password.
pub(crate) async fn prove(
    hub: &Hub,
    visitor: &Visitor,
    Asked { account, codes_of, user }: Asked<'_>,
    password: &str,
    code: Option<&str>,
) -> Result<Proved, HubError> {
    let attempt = hub.sign_in_throttle.attempt(account, visitor.peer.as_deref(), hub.now())?;
    let known = user.as_ref().map(|user| user.password_phc.clone()).filter(|phc| !phc.is_empty());
    let verdict = match hub.passwords.verify(password, known).await {
        Ok(verdict) => verdict,
        Err(error) => {
            hub.sign_in_throttle.undecided(attempt);
            return Err(error);
        }
    };
    let user = user.filter(|_| verdict != Verdict::Wrong).ok_or(HubError::WrongCredentials)?;
    let amr = match code {
        _ if !second_factor::is_on(&hub.store, user.id).await? => BY_PASSWORD,
        None => {
            hub.sign_in_throttle.undecided(attempt);
            return Err(HubError::SecondFactorNeeded);
        }
        Some(code) => {
            hub.sign_in_throttle.code(codes_of, hub.now())?;
            let factor = second_factor::prove(hub, user.id, code, visitor).await?;
            hub.sign_in_throttle.code_was_right(codes_of);
            match factor {
                Factor::Totp => BY_PASSWORD_AND_TOTP,
                Factor::RecoveryCode => BY_PASSWORD_AND_RECOVERY_CODE,
            }
        }
    };
    hub.sign_in_throttle.succeeded(attempt);
    if verdict == Verdict::RightAndOutdated
        && let Err(error) = rehash(hub, &user, password).await
    {
        tracing::warn!(%error, user = %user.id, "a password was not hashed anew and will be at the next sign-in");
    }
    Ok(Proved { user: user.id, amr, epoch: user.sign_in_epoch })
}

/// With what is spent on a hash today.
async fn rehash(hub: &Hub, user: &User, password: &str) -> Result<(), HubError> {
    let mut salt = [0; 16];
    hub.entropy.fill(&mut salt);
    let phc = hub.passwords.hash(password, salt).await?;
    let work = hub.store.begin().await?;
    users::rehash_password(&work, user.id, &user.password_phc, &phc).await?;
    Ok(work.commit().await?)
}

/// A password that was changed or reset while somebody proved that they knew it lets nobody in.
pub(crate) async fn still_counts(work: &UnitOfWork, proved: Proved) -> Result<(), HubError> {
    match users::hold_sign_ins(work, proved.user, proved.epoch).await? {
        true => Ok(()),
        false => Err(HubError::WrongCredentials),
    }
}

/// A browser's session for somebody who has proved who they are.
pub async fn open_session(hub: &Hub, proved: Proved, visitor: &Visitor) -> Result<Issued, HubError> {
    let Proved { user, amr, .. } = proved;
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
    still_counts(&work, proved).await?;
    tokens::insert(&work, &token).await?;
    let detail = json!({ "session": token.id, "amr": amr });
    account_log::note(hub, &work, user, AccountEvent::SignedIn, detail, visitor).await?;
    work.commit().await?;
    Ok(issued)
}

/// A session of one of this product's own apps for somebody who has proved who they are.
pub async fn open_app_session(hub: &Hub, proved: Proved, visitor: &Visitor) -> Result<Tokens, HubError> {
    let Proved { user, amr, .. } = proved;
    let work = hub.store.begin().await?;
    still_counts(&work, proved).await?;
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
