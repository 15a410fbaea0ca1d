//! How an account begins: registering, and proving that an e-mail address is one's own.

use lares_model::person::{Language, Preferences};
use lares_model::{Invalid, UserId};
use lares_store::tickets::delete_of_user;
use lares_store::{StoreError, UnitOfWork, users};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{self, User};
use crate::invitations;
use crate::notifications::{self, Mail};
use crate::tickets::{self, Purpose};

/// Who may make an account, and how often one asks for mails.
#[derive(Clone, Debug)]
pub struct AccountPolicy {
    pub registration: Registration,
    pub registrations_per_network_per_hour: u32,
    pub mails_per_network_per_hour: u32,
    pub mails_per_address_per_hour: u32,
}

impl Default for AccountPolicy {
    fn default() -> Self {
        AccountPolicy {
            registration: Registration::Open,
            registrations_per_network_per_hour: 60,
            mails_per_network_per_hour: 60,
            mails_per_address_per_hour: 6,
        }
    }
}

/// Who may make an account by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Open,
    /// Whoever was invited into an organisation.
    Invitation,
}

/// What somebody says who makes an account.
pub struct NewAccount {
    pub email: String,
    pub password: String,
    /// The address's local part where it is left out.
    pub name: Option<String>,
    pub language: Option<Language>,
    pub time_zone: Option<String>,
    pub invitation: Option<String>,
}

/// The address that a link in a mail was sent to: another one is not proved by it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SentTo {
    pub email: String,
}

const VERIFICATION: Purpose = Purpose { name: "verify_email", good_for_ms: 24 * 3_600 * 1_000 };

/// A page of the portal with a secret, which stands in the fragment: no server and no log sees it.
pub(crate) fn link(hub: &Hub, page: &str, secret: &str) -> String {
    format!("{}/{page}#token={secret}", hub.public_url)
}

/// The one answer to every link that is not good, whatever the reason.
pub(crate) fn bad_link() -> HubError {
    Invalid::one("/token", "is not known, was used, or is too old: ask for a new one").into()
}

async fn may_register(hub: &Hub, email: &str, invitation: Option<&str>) -> Result<(), HubError> {
    if hub.accounts.registration == Registration::Open {
        return Ok(());
    }
    let Some(secret) = invitation else { return Err(HubError::RegistrationClosed) };
    match invitations::of_secret(hub, &hub.store, secret).await {
        // A link that was sent to somebody makes no accounts for others.
        Ok(invitation) if invitation.email.as_ref().is_none_or(|to| to == email) => Ok(()),
        Ok(_) | Err(HubError::NotFound(_)) => Err(HubError::RegistrationClosed),
        Err(error) => Err(error),
    }
}

fn preferences_of(new: &NewAccount) -> Result<Preferences, Invalid> {
    let mut preferences =
        Preferences { language: new.language.unwrap_or_default(), ..Preferences::default() };
    if let Some(zone) = &new.time_zone {
        preferences.time_zone = zone.clone();
    }
    let mut invalid = Invalid::default();
    preferences.check(&mut invalid);
    invalid.or(preferences)
}

/// Answers the same whether the address has an account already or not.
pub async fn register(hub: &Hub, visitor: &Visitor, new: &NewAccount) -> Result<User, HubError> {
    let preferences = preferences_of(new)?;
    let local_part = new.email.trim().split('@').next().unwrap_or_default();
    let name = new.name.as_deref().unwrap_or(local_part);
    identity::check_account(&new.email.trim().to_lowercase(), name, &new.password)?;
    hub.mail_throttle.registration(visitor)?;
    may_register(hub, &new.email.trim().to_lowercase(), new.invitation.as_deref()).await?;
    let user = identity::new_user(hub, &new.email, name, &new.password).await?;
    let work = hub.store.begin().await?;
    match users::insert(&work, &user).await {
        Ok(()) => {}
        // Its owner hears of it. Whoever asks is answered as if there were none.
        Err(StoreError::Conflict { .. }) => {
            drop(work);
            let work = hub.store.begin().await?;
            tell_owner(hub, &work, &user.email).await?;
            work.commit().await?;
            hub.nudges.notifications.notify_one();
            return Ok(user);
        }
        Err(error) => return Err(error.into()),
    }
    users::set_preferences(&work, user.id, &preferences).await?;
    account_log::note(hub, &work, user.id, AccountEvent::Registered, json!({}), visitor).await?;
    queue_verification(hub, &work, user.id, &user.email, preferences.language).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(user)
}

/// Somebody else wants the address of an account.
pub(crate) async fn tell_owner(hub: &Hub, work: &UnitOfWork, email: &str) -> Result<(), HubError> {
    let Some(owner) = users::find_by_email(work, email).await? else { return Ok(()) };
    // That no more is sent shows nobody anything.
    if !hub.mail_throttle.wanted(&owner.email) {
        return Ok(());
    }
    let mail = Mail {
        user: Some(owner.id),
        organisation: None,
        to: &owner.email,
        language: users::preferences(work, owner.id).await?.language.tag(),
        template: "address_taken",
        values: json!({ "link": format!("{}/signin", hub.public_url) }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

async fn queue_verification(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    email: &str,
    language: Language,
) -> Result<(), HubError> {
    delete_of_user(work, user, VERIFICATION.name).await?;
    let sent_to = SentTo { email: email.to_owned() };
    let secret = tickets::issue(hub, work, VERIFICATION, Some(user), &sent_to).await?;
    let mail = Mail {
        user: Some(user),
        organisation: None,
        to: email,
        language: language.tag(),
        template: "verify_email",
        values: json!({ "link": link(hub, "verify-email", &secret) }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

/// Sends the link again; the one before is good no more. Nothing is sent where it is proved already.
pub async fn send_verification(hub: &Hub, caller: &Caller, visitor: &Visitor) -> Result<(), HubError> {
    let user = identity::profile(hub, caller).await?;
    if user.email_verified_at.is_some() {
        return Ok(());
    }
    hub.mail_throttle.own(visitor, &user.email)?;
    let work = hub.store.begin().await?;
    let language = users::preferences(&work, user.id).await?.language;
    queue_verification(hub, &work, user.id, &user.email, language).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

pub async fn verify_email(hub: &Hub, visitor: &Visitor, token: &str) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let taken = tickets::take::<SentTo>(hub, &work, VERIFICATION, token).await?.ok_or_else(bad_link)?;
    let user = match taken.user {
        Some(id) => users::find(&work, id).await?,
        None => None,
    };
    let user = user.filter(|user| user.email == taken.value.email).ok_or_else(bad_link)?;
    users::set_email(&work, user.id, &user.email, Some(hub.now())).await?;
    account_log::note(hub, &work, user.id, AccountEvent::EmailVerified, json!({}), visitor).await?;
    work.commit().await?;
    Ok(())
}
