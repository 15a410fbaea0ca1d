//! The log of a person's account: what happened to it, from where, for themselves to read.

use lares_model::UserId;
use lares_store::account_log::{self as rows, Entry};
use lares_store::{Page, UnitOfWork};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::hub::Hub;
use crate::security_notice;

/// Where a request about an account comes from, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The address.
    pub peer: Option<String>,
    /// The program, as it says itself.
    pub user_agent: Option<String>,
}

const USER_AGENT_MAX_CHARS: usize = 200;

impl Visitor {
    pub fn new(peer: Option<String>, user_agent: Option<&str>) -> Visitor {
        let tidy = |text: &str| -> String {
            text.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX_CHARS).collect()
        };
        Visitor { peer, user_agent: user_agent.map(tidy) }
    }

    pub fn peer_or_unknown(&self) -> &str {
        self.peer.as_deref().unwrap_or("unknown")
    }
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountEvent {
    SignedIn,
    SteppedUp,
    SessionEnded,
    AllSessionsEnded,
    /// A refresh token came that was used before: somebody else may have it, so its session was ended.
    RefreshTokenReused,
    PasswordChanged,
    /// The password was right and the code was not: somebody else may know the password.
    SecondFactorRefused,
    TotpAdded,
    TotpRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
    /// A passkey counted fewer signatures than were seen of it: there may be a copy of it.
    PasskeyRefused,
    IdentityLinked,
    IdentityRemoved,
    /// Whoever runs the server removed all second factors.
    FactorsReset,
    /// By a link in a mail.
    PasswordReset,
    Registered,
    EmailVerified,
    EmailChangeAsked,
    EmailChanged,
    ProfileChanged,
    TokenCreated,
    TokenRotated,
    TokenDeleted,
    DataExported,
    /// A program was let in, or let in to more.
    AppConnected,
    AppDisconnected,
    /// An authorization code came a second time: somebody else may have it, so what came of it was ended.
    CodeReused,
    OrganisationDeleted,
    /// Somebody who manages an organisation made them a member of it.
    AddedToOrganisation,
}

pub(crate) fn name_of(event: AccountEvent) -> String {
    match serde_json::to_value(event) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// Written in the unit of work of what it tells. What a person has to know at once is also sent to them by mail.
pub async fn note(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    event: AccountEvent,
    detail: Value,
    visitor: &Visitor,
) -> Result<(), HubError> {
    security_notice::tell(hub, work, user, event, visitor).await?;
    let entry = Entry {
        id: hub.uuid(),
        user,
        time: hub.now(),
        kind: name_of(event),
        detail,
        user_agent: visitor.user_agent.clone(),
        peer: visitor.peer.clone(),
    };
    Ok(rows::insert(work, &entry).await?)
}

/// Newest first.
pub async fn list(
    hub: &Hub,
    caller: &Caller,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Entry>, HubError> {
    const PURPOSE: &str = "account log";
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let entries = rows::list(&hub.store, caller.user, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, entries, limit, |entry: &Entry| entry.id)
}
