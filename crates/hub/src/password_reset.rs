//! A new password for somebody who forgot theirs, by a link in a mail. Asking does the same for every address: whether
//! somebody has it is looked up by the worker that sends the mails, where nobody can watch.

use lares_model::person::Language;
use lares_model::{Invalid, UserId};
use lares_store::{Conn, UnitOfWork, identities, oauth_consents, passkeys, recovery_codes, totp, users};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account_log::{self, AccountEvent, Visitor};
use crate::accounts::{bad_link, link};
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{self, User};
use crate::notifications::{self, Mail};
use crate::sessions::{self, Ending};
use crate::tickets::{self, Purpose};

pub(crate) const TEMPLATE: &str = "password_reset";
const RESET: Purpose = Purpose { name: "password_reset", good_for_ms: 3_600 * 1_000 };

/// Whom a link is for.
#[derive(Serialize, Deserialize)]
struct Reset {
    email: String,
    /// To this address, which it then proves; else an administrator handed it over.
    mailed: bool,
}

/// Answers and does the same whether somebody has this address or not.
pub async fn ask(hub: &Hub, visitor: &Visitor, email: &str) -> Result<(), HubError> {
    let email = email.trim().to_lowercase();
    if !identity::is_email(&email) {
        return Err(Invalid::one("/email", "must be an e-mail address").into());
    }
    if !hub.mail_throttle.reset(visitor, &email)? {
        return Ok(());
    }
    let work = hub.store.begin().await?;
    let mail = Mail {
        user: None,
        organisation: None,
        to: &email,
        language: Language::En.tag(),
        template: TEMPLATE,
        values: json!({}),
    };
    notifications::mail(hub, &work, mail).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

/// What the mail says, in the language of whoever has the address. `None`: nobody has it.
pub(crate) async fn prepare(hub: &Hub, address: &str) -> Result<Option<(Language, Value)>, HubError> {
    let Some(user) = users::find_by_email(&hub.store, address).await? else { return Ok(None) };
    let work = hub.store.begin().await?;
    let language = users::preferences(&work, user.id).await?.language;
    let secret = issue(hub, &work, &user, true).await?;
    work.commit().await?;
    Ok(Some((language, json!({ "link": link(hub, "reset-password", &secret) }))))
}

async fn issue(hub: &Hub, work: &UnitOfWork, user: &User, mailed: bool) -> Result<String, HubError> {
    let reset = Reset { email: user.email.clone(), mailed };
    tickets::issue(hub, work, RESET, Some(user.id), &reset).await
}

/// A link for an administrator to hand over, where no mail is set up.
pub async fn link_for(hub: &Hub, email: &str) -> Result<String, HubError> {
    let user = users::find_by_email(&hub.store, email.trim()).await?.ok_or(HubError::NotFound("user"))?;
    let work = hub.store.begin().await?;
    let secret = issue(hub, &work, &user, false).await?;
    work.commit().await?;
    Ok(link(hub, "reset-password", &secret))
}

async fn whose(conn: &impl Conn, taken: &tickets::Taken<Reset>) -> Result<User, HubError> {
    let user = match taken.user {
        Some(id) => users::find(conn, id).await?,
        None => None,
    };
    user.filter(|user| user.email == taken.value.email).ok_or_else(bad_link)
}

/// Whoever registered this address need not have had it: what they left behind lets nobody in any more.
async fn first_proof(hub: &Hub, work: &UnitOfWork, user: &User) -> Result<(), HubError> {
    forget_factors(work, user.id).await?;
    for identity in identities::list(work, user.id).await? {
        identities::delete(work, user.id, identity.id).await?;
    }
    for consent in oauth_consents::of_user(work, user.id).await? {
        oauth_consents::delete(work, user.id, consent.client).await?;
    }
    Ok(users::set_email(work, user.id, &user.email, Some(hub.now())).await.map(|_| ())?)
}

async fn forget_factors(work: &UnitOfWork, user: UserId) -> Result<(), HubError> {
    passkeys::delete_all(work, user).await?;
    totp::delete(work, user).await?;
    recovery_codes::delete_all(work, user).await?;
    Ok(())
}

/// Whoever has a link that was mailed has the mailbox: that also proves the address. Everything that was signed in ends,
/// and what was begun and not finished.
pub async fn confirm(hub: &Hub, visitor: &Visitor, token: &str, password: &str) -> Result<(), HubError> {
    // A password that is refused does not use up the link.
    let looked = tickets::look::<Reset>(hub, &hub.store, RESET, token).await?.ok_or_else(bad_link)?;
    let user = whose(&hub.store, &looked).await?;
    let phc = identity::hashed(hub, "/password", password, &[&user.email, &user.name]).await?;
    let work = hub.store.begin().await?;
    let taken = tickets::take::<Reset>(hub, &work, RESET, token).await?.ok_or_else(bad_link)?;
    let user = whose(&work, &taken).await?;
    lares_store::tickets::delete_of_user(&work, user.id, RESET.name).await?;
    users::set_password(&work, user.id, &phc).await?;
    if taken.value.mailed && user.email_verified_at.is_none() {
        first_proof(hub, &work, &user).await?;
    }
    sessions::end(&work, user.id, Ending::Everything).await?;
    account_log::note(hub, &work, user.id, AccountEvent::PasswordReset, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(user.id);
    hub.nudges.notifications.notify_one();
    Ok(())
}
