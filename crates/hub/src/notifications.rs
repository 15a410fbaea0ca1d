//! What people are to be told: written together with what it tells, and sent by a worker until it arrives.

use lares_model::{NotificationId, OrganisationId, UserId};
use lares_store::UnitOfWork;
use lares_store::notifications::{self as rows, Notification, NotificationState};
use serde_json::Value;

use crate::error::HubError;
use crate::hub::Hub;

pub const EMAIL: &str = "email";

/// A mail to be sent. Its template words it; the values may hold secrets such as links.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    pub user: Option<UserId>,
    pub organisation: Option<OrganisationId>,
    pub to: &'a str,
    /// `en` or `de`.
    pub language: &'a str,
    pub template: &'static str,
    pub values: Value,
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

pub(crate) fn address_context(id: NotificationId) -> String {
    format!("notifications/{id}/address")
}

pub(crate) fn values_context(id: NotificationId) -> String {
    format!("notifications/{id}/values")
}

/// Queues a mail in the unit of work of what it tells. Nudge `hub.nudges.notifications` after the commit.
pub async fn mail(hub: &Hub, work: &UnitOfWork, mail: Mail<'_>) -> Result<NotificationId, HubError> {
    let id = NotificationId(hub.uuid());
    let seal = |context: String, plain: &[u8]| {
        hub.vault.seal(hub.entropy.as_ref(), &context, plain).map_err(internal)
    };
    let values = serde_json::to_vec(&mail.values).map_err(internal)?;
    let now = hub.now();
    let notification = Notification {
        id,
        user: mail.user,
        organisation: mail.organisation,
        channel: EMAIL.to_owned(),
        sealed_address: seal(address_context(id), mail.to.as_bytes())?,
        language: mail.language.to_owned(),
        template: mail.template.to_owned(),
        sealed_values: seal(values_context(id), &values)?,
        created_at: now,
        due_at: now,
        tries: 0,
        state: NotificationState::Queued,
        settled_at: None,
        last_error: None,
    };
    rows::insert(work, &notification).await?;
    Ok(id)
}
