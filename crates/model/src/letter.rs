//! A message to one person, worded and ready to be sent.

use crate::id::NotificationId;
use crate::person::Language;

/// It may hold secrets such as links, so it cannot be printed.
pub struct Letter {
    /// The same at every try, so that a repetition can be told.
    pub id: NotificationId,
    /// An address of the channel, such as an e-mail address.
    pub to: String,
    pub language: Language,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter is not on its way. The reason names no address and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// Nothing can be sent by this channel now.
    #[error("the channel does not work: {0}")]
    Channel(String),
    /// This letter cannot be sent now.
    #[error("put off by the receiving side: {0}")]
    Later(String),
    /// Sending it again would not help.
    #[error("refused: {0}")]
    Refused(String),
}
