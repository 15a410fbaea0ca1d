//! The demo's mailbox: what would be sent as mail is read here. These routes exist only where there is one, and answer
//! only this machine, since links in mails let people in.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use lares_model::{NotificationId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::Id;
use super::problem::Problem;

/// A mail that was delivered.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveredMail {
    pub id: NotificationId,
    pub to: String,
    /// `en` or `de`.
    pub language: String,
    pub subject: String,
    pub sent_at: UnixMillis,
    pub text: String,
    pub html: String,
}

/// Where the demo delivers mails to.
pub trait Mailbox: Send + Sync {
    /// Newest first.
    fn mails(&self) -> Vec<DeliveredMail>;
}

fn mailbox(door: &Door, from: SocketAddr) -> Result<&Arc<dyn Mailbox>, Problem> {
    let here = from.ip().to_canonical().is_loopback();
    let mailbox = door.mailbox.as_ref().filter(|_| here);
    mailbox.ok_or_else(|| Problem::new(404, "Not found", "there is nothing here"))
}

/// The demo's mails, newest first.
#[utoipa::path(get, path = "/api/demo/mails", tag = "operation", operation_id = "listDemoMails",
    responses((status = 200, description = "Mails", body = Vec<DeliveredMail>)))]
pub async fn list(
    State(door): State<Door>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
) -> Result<Json<Vec<DeliveredMail>>, Problem> {
    Ok(Json(mailbox(&door, from)?.mails()))
}

/// One of them.
#[utoipa::path(get, path = "/api/demo/mails/{id}", tag = "operation", operation_id = "getDemoMail",
    params(("id" = NotificationId, Path, description = "Mail")),
    responses((status = 200, description = "The mail", body = DeliveredMail)))]
pub async fn get(
    State(door): State<Door>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Id(id): Id<NotificationId>,
) -> Result<Json<DeliveredMail>, Problem> {
    let mut mails = mailbox(&door, from)?.mails().into_iter();
    let found = mails.find(|mail| mail.id == id);
    found.map(Json).ok_or_else(|| Problem::new(404, "Not found", "there is no mail with this id"))
}
