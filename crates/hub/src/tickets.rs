//! Tickets: random secrets that are good once, for one purpose, and not for long. They stand for something that is
//! sealed beside them: a link in a mail, a challenge, a request that a page is about to answer.

use lares_model::{UnixMillis, UserId};
use lares_store::tickets::{self as rows, Ticket};
use lares_store::{Conn, StoreError, UnitOfWork};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::HubError;
use crate::hub::Hub;

const SECRET_BYTES: usize = 32;
const SECRET_MAX_CHARS: usize = 64;

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    pub name: &'static str,
    pub good_for_ms: i64,
}

/// What a ticket stood for, and whose it was.
#[derive(Debug)]
pub struct Taken<T> {
    pub user: Option<UserId>,
    pub value: T,
}

fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

fn context(purpose: Purpose, secret_sha256: &[u8; 32]) -> String {
    let hash: String = secret_sha256[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("tickets/{}/{hash}", purpose.name)
}

/// A new ticket: its secret, to be handed out once.
pub async fn issue(
    hub: &Hub,
    work: &UnitOfWork,
    purpose: Purpose,
    user: Option<UserId>,
    value: &impl Serialize,
) -> Result<String, HubError> {
    let secret = hub.secret_text(SECRET_BYTES);
    let secret_sha256 = sha256(&secret);
    let plain = serde_json::to_vec(value).map_err(internal)?;
    let sealed = hub.vault.seal(hub.entropy.as_ref(), &context(purpose, &secret_sha256), &plain);
    let now = hub.now();
    let ticket = Ticket {
        secret_sha256,
        purpose: purpose.name.to_owned(),
        user,
        sealed: sealed.map_err(internal)?,
        created_at: now,
        expires_at: now + purpose.good_for_ms,
    };
    rows::insert(work, &ticket).await?;
    Ok(secret)
}

/// What a ticket stands for; it stays good. `None`: it is not known, was taken, or its time is over.
pub async fn look<T: DeserializeOwned>(
    hub: &Hub,
    conn: &impl Conn,
    purpose: Purpose,
    secret: &str,
) -> Result<Option<Taken<T>>, HubError> {
    if secret.len() > SECRET_MAX_CHARS {
        return Ok(None);
    }
    let secret_sha256 = sha256(secret);
    let found = rows::find(conn, purpose.name, secret_sha256).await?;
    let Some(ticket) = found.filter(|ticket| hub.now() < ticket.expires_at) else { return Ok(None) };
    let plain = hub.vault.open(&context(purpose, &secret_sha256), &ticket.sealed).map_err(internal)?;
    let value = serde_json::from_slice(&plain).map_err(internal)?;
    Ok(Some(Taken { user: ticket.user, value }))
}

/// The same, and it is used up with the unit of work's commit.
pub async fn take<T: DeserializeOwned>(
    hub: &Hub,
    work: &UnitOfWork,
    purpose: Purpose,
    secret: &str,
) -> Result<Option<Taken<T>>, HubError> {
    let Some(taken) = look(hub, work, purpose, secret).await? else { return Ok(None) };
    // Of two at once, one finds it gone.
    Ok(rows::delete(work, sha256(secret)).await?.then_some(taken))
}

/// Whether this comes for the first time, and remembers it until then: what is good once without having been issued
/// here.
pub async fn first_time(
    hub: &Hub,
    purpose: Purpose,
    what: &str,
    until: UnixMillis,
) -> Result<bool, HubError> {
    let work = hub.store.begin().await?;
    let ticket = Ticket {
        secret_sha256: sha256(&format!("{}\0{what}", purpose.name)),
        purpose: purpose.name.to_owned(),
        user: None,
        sealed: vec![],
        created_at: hub.now(),
        expires_at: until,
    };
    match rows::insert(&work, &ticket).await {
        Ok(()) => {
            work.commit().await?;
            Ok(true)
        }
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
