//! The sections `mail` and `identity`: how mails are sent, and who may make an account.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// How mails are sent: by an SMTP server that takes them for you.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The SMTP server's name. Empty: no mail is sent; what would be waits, and `lares admin reset-link` stands in.
    pub host: String,
    /// Its port: 587 with `starttls`, 465 with `tls`.
    pub port: u16,
    pub encryption: MailEncryption,
    /// With `password_file`: who signs in there. Empty: nobody does.
    pub username: String,
    /// A file with the password.
    pub password_file: PathBuf,
    /// Who mails are from, such as `Lares <lares@example.org>`.
    pub from: String,
    /// Authorities that vouch for the server, PEM, besides those of the system. Empty: none.
    pub ca_file: PathBuf,
}

/// `starttls` (usually port 587), `tls` (usually 465), or `none`: for a server on this machine only, without a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailEncryption {
    Starttls,
    Tls,
    None,
}

impl Default for MailConfig {
    fn default() -> Self {
        MailConfig {
            host: String::new(),
            port: 587,
            encryption: MailEncryption::Starttls,
            username: String::new(),
            password_file: PathBuf::new(),
            from: String::new(),
            ca_file: PathBuf::new(),
        }
    }
}

/// People's accounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    pub registration: RegistrationConfig,
    /// Accounts made from one address (IPv6: one /64), per hour.
    pub registrations_per_network_per_hour: u32,
    /// Mails (links to confirm an address or to choose a new password) asked for from one address, per hour.
    pub mails_per_network_per_hour: u32,
    /// The same to one e-mail address. Links to choose a new password, mails to accounts alone, and word that somebody
    /// else wants an address are counted each for themselves.
    pub mails_per_address_per_hour: u32,
}

/// `open`: everybody may make an account, and sees nothing of anybody until invited. `invitation`: only who was invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationConfig {
    Open,
    Invitation,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        IdentityConfig {
            registration: RegistrationConfig::Open,
            registrations_per_network_per_hour: 60,
            mails_per_network_per_hour: 60,
            mails_per_address_per_hour: 6,
        }
    }
}

impl MailConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let with_password = !self.password_file.as_os_str().is_empty();
        let is_local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let wrong = if self.host.is_empty() {
            let unused = !self.username.is_empty() || with_password || !self.from.is_empty();
            unused.then_some("mail.host: give one, since other keys of this section are given")
        } else if self.from.parse::<lettre::message::Mailbox>().is_err() {
            Some("mail.from: must be an e-mail address, such as Lares <lares@example.org>")
        } else if self.username.is_empty() == with_password {
            Some("mail.username and mail.password_file: give both or neither")
        } else if self.encryption == MailEncryption::None && !is_local {
            Some("mail.encryption: none is for a server on this machine only")
        } else {
            (self.port == 0).then_some("mail.port: must be at least 1")
        };
        wrong.map_or(Ok(()), |wrong| Err(ConfigError::Wrong(wrong.to_owned())))
    }
}
