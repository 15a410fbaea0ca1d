//! A new password for somebody who is signed in.

use lares_model::Invalid;
use lares_store::users;
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{self, User};
use crate::passwords::Verdict;
use crate::sessions::{self, Ending};

/// Guessing it here is bounded as it is where one signs in.
async fn check_current(hub: &Hub, user: &User, visitor: &Visitor, current: &str) -> Result<(), HubError> {
    let attempt = hub.sign_in_throttle.attempt(&user.email, visitor.peer.as_deref(), hub.now())?;
    match hub.passwords.verify(current, Some(user.password_phc.clone())).await {
        Ok(Verdict::Wrong) => Err(Invalid::one("/current_password", "is wrong").into()),
        Ok(Verdict::Right | Verdict::RightAndOutdated) => {
            hub.sign_in_throttle.succeeded(attempt);
            Ok(())
        }
        Err(error) => {
            hub.sign_in_throttle.undecided(attempt);
            Err(error)
        }
    }
}

/// All other sessions end. Somebody without a password gives none, and must have signed in lately, as themselves.
pub async fn change(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    current: Option<&str>,
    new: &str,
) -> Result<(), HubError> {
    let user = identity::profile(hub, caller).await?;
    match (user.password_phc.is_empty(), current) {
        (true, _) => {
            caller.in_person()?;
            caller.stepped_up(hub.now())?;
        }
        (false, None) => return Err(Invalid::one("/current_password", "is needed").into()),
        (false, Some(current)) => {
            check_current(hub, &user, visitor, current).await?;
        }
    }
    let phc = identity::hashed(hub, "/new_password", new, &[&user.email, &user.name]).await?;
    let work = hub.store.begin().await?;
    // A password that was replaced while this one was checked is not overwritten by whoever knew the old one.
    if !users::hold_sign_ins(&work, user.id, user.sign_in_epoch).await? {
        return Err(HubError::Unauthenticated);
    }
    users::set_password(&work, user.id, &phc).await?;
    sessions::end(&work, user.id, Ending::OtherSessions(caller.token.0)).await?;
    account_log::note(hub, &work, user.id, AccountEvent::PasswordChanged, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(user.id);
    hub.nudges.notifications.notify_one();
    Ok(())
}
