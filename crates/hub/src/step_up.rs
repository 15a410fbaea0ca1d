//! Proving again who one is, before something dangerous. A browser's session is known by a new secret afterwards, an
//! app's stays what it was.

use lares_store::{app_sessions, tokens, users};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{Issued, new_secret};
use crate::sign_in::{self, Proved};

/// By the password, and a code where codes are asked for. `Some` is the browser's new session.
pub async fn by_password(
    hub: &Hub,
    caller: &Caller,
    password: &str,
    code: Option<&str>,
    visitor: &Visitor,
) -> Result<Option<Issued>, HubError> {
    caller.in_person()?;
    let user = users::find(&hub.store, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    let email = user.email.clone();
    // What others guess elsewhere does not keep a person from proving who they are in a session that stands.
    let own = format!("session {}", caller.token);
    let asked = sign_in::Asked { account: &email, codes_of: &own, user: Some(user) };
    let proved = sign_in::prove(hub, visitor, asked, password, code).await?;
    done(hub, caller, proved, visitor).await
}

/// The session is as fresh as one that has just begun.
pub(crate) async fn done(
    hub: &Hub,
    caller: &Caller,
    proved: Proved,
    visitor: &Visitor,
) -> Result<Option<Issued>, HubError> {
    if proved.user != caller.user {
        return Err(HubError::WrongCredentials);
    }
    let work = hub.store.begin().await?;
    sign_in::still_counts(&work, proved).await?;
    let now = hub.now();
    let issued = match caller.authenticated.means {
        Means::Session => {
            let token = tokens::find(&work, caller.token).await?.ok_or(HubError::Unauthenticated)?;
            let (text, hash) = new_secret(hub);
            if !tokens::renew(&work, token.id, hash, proved.amr, now).await? {
                return Err(HubError::Unauthenticated);
            }
            Some(Issued { id: token.id, token: text, expires_at: token.expires_at })
        }
        Means::App { session, client: None } => {
            if !app_sessions::authenticated_again(&work, session, proved.amr, now).await? {
                return Err(HubError::Unauthenticated);
            }
            None
        }
        _ => return Err(HubError::PersonNeeded),
    };
    let detail = json!({ "amr": proved.amr });
    account_log::note(hub, &work, caller.user, AccountEvent::SteppedUp, detail, visitor).await?;
    work.commit().await?;
    Ok(issued)
}
