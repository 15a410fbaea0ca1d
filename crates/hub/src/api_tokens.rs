//! API tokens: made on purpose for a program, with scopes and an end, and replaced without a gap.

use lares_model::home::NAME_MAX_CHARS;
use lares_model::oauth::Scopes;
use lares_model::{Invalid, TokenId, UnixMillis};
use lares_store::Conn;
use lares_store::tokens::{self, Token, TokenKind};
use serde_json::json;

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::{Caller, Means};
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{Issued, Making, make};
use crate::once::{Once, keep, replay};
use crate::sessions;

pub const OVERLAP_DEFAULT_S: u32 = 24 * 3_600;
pub const OVERLAP_MAX_S: u32 = 30 * 24 * 3_600;

#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub expires_at: Option<UnixMillis>,
    /// Everything that the caller may do where it is left out.
    pub scopes: Option<Scopes>,
}

/// When what the caller makes has to end at the latest: no token makes itself one that outlives it, and a program that
/// was let in makes none.
async fn ends_by(conn: &impl Conn, caller: &Caller) -> Result<Option<UnixMillis>, HubError> {
    match caller.authenticated.means {
        Means::ApiToken => Ok(tokens::find(conn, caller.token).await?.and_then(|own| own.expires_at)),
        _ => caller.in_person().map(|()| None),
    }
}

pub async fn create(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    once: Option<&Once>,
    new: &NewToken,
) -> Result<Issued, HubError> {
    let mut invalid = Invalid::default();
    invalid.check_text("/name", &new.name, 1, NAME_MAX_CHARS);
    if new.expires_at.is_some_and(|expires_at| expires_at <= hub.now()) {
        invalid.add("/expires_at", "must be in the future");
    }
    if new.scopes.is_some_and(|scopes| scopes.is_empty()) {
        invalid.add("/scopes", "must name at least one");
    }
    invalid.or(())?;
    let scopes = new.scopes.unwrap_or(caller.authenticated.scopes);
    // Nobody hands on more than they hold.
    if !scopes.is_within(caller.authenticated.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    sessions::hold(&work, caller).await?;
    let latest = ends_by(&work, caller).await?;
    let kind = TokenKind::Api;
    let expires_at = match (new.expires_at, latest) {
        (Some(asked), Some(latest)) if asked > latest => {
            return Err(
                Invalid::one("/expires_at", "must not be after the end of the token that asks").into()
            );
        }
        (asked, latest) => asked.or(latest),
    };
    let making = Making { user: caller.user, kind, name: &new.name, expires_at, scopes, signed_in: None };
    let (token, issued) = make(hub, making);
    tokens::insert(&work, &token).await?;
    let detail = json!({ "token": token.id, "name": token.name, "scopes": scopes.to_string() });
    account_log::note(hub, &work, caller.user, AccountEvent::TokenCreated, detail, visitor).await?;
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(issued)
}

pub async fn list(hub: &Hub, caller: &Caller) -> Result<Vec<Token>, HubError> {
    Ok(tokens::list(&hub.store, caller.user).await?)
}

pub async fn delete(hub: &Hub, caller: &Caller, visitor: &Visitor, id: TokenId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    if !tokens::delete(&work, caller.user, id).await? {
        return Err(HubError::NotFound("token"));
    }
    let detail = json!({ "token": id });
    account_log::note(hub, &work, caller.user, AccountEvent::TokenDeleted, detail, visitor).await?;
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(())
}

/// When a token's successor ends: it lasts as long as the token was made for.
fn successor_ends(old: &Token, now: UnixMillis) -> Option<UnixMillis> {
    old.expires_at.map(|expires_at| now + expires_at.since_ms(old.created_at))
}

/// Another token in place of this one, which ends after the overlap, so that programs can change over one by one.
pub async fn rotate(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
    once: Option<&Once>,
    id: TokenId,
    overlap_s: Option<u32>,
) -> Result<Issued, HubError> {
    let overlap_s = overlap_s.unwrap_or(OVERLAP_DEFAULT_S);
    if overlap_s > OVERLAP_MAX_S {
        return Err(Invalid::one("/overlap_s", format!("must be at most {OVERLAP_MAX_S}")).into());
    }
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    sessions::hold(&work, caller).await?;
    let now = hub.now();
    let old = tokens::find(&work, id).await?.filter(|token| {
        let holds = token.expires_at.is_none_or(|expires_at| now < expires_at);
        token.user == caller.user && token.kind == TokenKind::Api && holds
    });
    let old = old.ok_or(HubError::NotFound("token"))?;
    if old.id != caller.token {
        caller.in_person()?;
    }
    if !old.scopes.is_within(caller.authenticated.scopes) {
        return Err(HubError::ScopeBeyondGrant);
    }
    let making = Making {
        user: caller.user,
        kind: TokenKind::Api,
        name: &old.name,
        expires_at: successor_ends(&old, now),
        scopes: old.scopes,
        signed_in: None,
    };
    let (token, issued) = make(hub, making);
    tokens::insert(&work, &token).await?;
    let ends = now + i64::from(overlap_s) * 1_000;
    tokens::end_at(&work, old.id, old.expires_at.map_or(ends, |already| already.min(ends))).await?;
    let detail = json!({ "token": old.id, "successor": token.id, "overlap_s": overlap_s });
    account_log::note(hub, &work, caller.user, AccountEvent::TokenRotated, detail, visitor).await?;
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.access_changed(caller.user);
    Ok(issued)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::UserId;
    use uuid::Uuid;

    #[test]
    fn a_successor_lasts_as_long_as_the_token_was_made_for() {
        let mut old = Token {
            id: TokenId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            kind: TokenKind::Api,
            name: String::new(),
            secret_sha256: [0; 32],
            created_at: UnixMillis(1_000),
            expires_at: Some(UnixMillis(11_000)),
            last_used_at: None,
            authenticated_at: None,
            amr: None,
            scopes: Scopes::ALL,
            user_agent: None,
            peer: None,
        };
        assert_eq!(successor_ends(&old, UnixMillis(9_000)), Some(UnixMillis(19_000)));
        old.expires_at = None;
        assert_eq!(successor_ends(&old, UnixMillis(9_000)), None);
    }
}
