//! Another e-mail address for an account: it counts once a link that was sent to it comes back. The old one is told
//! when that is asked for and again when it happens.

use lares_model::Invalid;
use lares_store::{UnitOfWork, tickets as ticket_rows, users};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::accounts::{self, bad_link, link};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{self, User};
use crate::notifications::{self, Mail};
use crate::sessions;
use crate::tickets::{self, Purpose};

pub(crate) const CHANGE: Purpose = Purpose { name: "email_change", good_for_ms: 24 * 3_600 * 1_000 };
/// Links that were sent to the old address.
const OF_OLD_ADDRESS: [&str; 3] = ["verify_email", "password_reset", CHANGE.name];

#[derive(Serialize, Deserialize)]
struct Change {
    from: String,
    to: String,
}

fn taken_already() -> HubError {
    HubError::Conflict("an account with this e-mail address exists already".to_owned())
}

pub async fn ask(hub: &Hub, caller: &Caller, visitor: &Visitor, email: &str) -> Result<(), HubError> {
    // Whoever has the address has the account.
    caller.in_person()?;
    let to = email.trim().to_lowercase();
    if !identity::is_email(&to) {
        return Err(Invalid::one("/email", "must be an e-mail address").into());
    }
    let user = identity::profile(hub, caller).await?;
    if user.email == to {
        return Err(Invalid::one("/email", "is your address already").into());
    }
    hub.mail_throttle.mail(visitor, &to)?;
    let work = hub.store.begin().await?;
    ticket_rows::delete_of_user(&work, user.id, CHANGE.name).await?;
    sessions::hold(&work, caller).await?;
    // The answer is the same; the mail goes to whoever has the address.
    if users::find_by_email(&work, &to).await?.is_some() {
        accounts::tell_owner(hub, &work, &to).await?;
    } else {
        send_link(hub, &work, &user, to).await?;
    }
    account_log::note(hub, &work, user.id, AccountEvent::EmailChangeAsked, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

async fn send_link(hub: &Hub, work: &UnitOfWork, user: &User, to: String) -> Result<(), HubError> {
    let change = Change { from: user.email.clone(), to };
    let secret = tickets::issue(hub, work, CHANGE, Some(user.id), &change).await?;
    let language = users::preferences(work, user.id).await?.language;
    let mail = Mail {
        user: Some(user.id),
        organisation: None,
        to: &change.to,
        language: language.tag(),
        template: "email_change",
        values: json!({ "link": link(hub, "change-email", &secret) }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

pub async fn confirm(hub: &Hub, visitor: &Visitor, token: &str) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let taken = tickets::take::<Change>(hub, &work, CHANGE, token).await?.ok_or_else(bad_link)?;
    let user = match taken.user {
        Some(id) => users::find(&work, id).await?,
        None => None,
    };
    let change = taken.value;
    let user = user.filter(|user| user.email == change.from).ok_or_else(bad_link)?;
    if users::find_by_email(&work, &change.to).await?.is_some() {
        return Err(taken_already());
    }
    // To the address that it was until now.
    account_log::note(hub, &work, user.id, AccountEvent::EmailChanged, json!({}), visitor).await?;
    users::set_email(&work, user.id, &change.to, Some(hub.now())).await?;
    for purpose in OF_OLD_ADDRESS {
        ticket_rows::delete_of_user(&work, user.id, purpose).await?;
    }
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}
