//! Mails by SMTP (RFC 5321). One connection per mail; what fails before the mail itself is handed over is a failure of
//! the channel and never costs a mail.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use lares_model::letter::{Letter, NotifyError};
use lares_model::ports::Notifier;
use lettre::Message;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::config::{MailConfig, MailEncryption};

const CONNECTED_WITHIN: Duration = Duration::from_secs(20);
/// The mail is taken by then; a server that says no goodbye is not waited for.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

pub struct Smtp {
    host: String,
    port: u16,
    encryption: MailEncryption,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    from: Mailbox,
}

impl Smtp {
    /// `None` where no mail is configured.
    pub fn open(config: &MailConfig) -> Result<Option<Smtp>, String> {
        if config.host.is_empty() {
            return Ok(None);
        }
        let mut tls = TlsParameters::builder(config.host.clone());
        if !config.ca_file.as_os_str().is_empty() {
            let pem = read("mail.ca_file", &config.ca_file)?;
            let authority = Certificate::from_pem(&pem).map_err(|error| format!("mail.ca_file: {error}"))?;
            tls = tls.add_root_certificate(authority);
        }
        let credentials = if config.username.is_empty() {
            None
        } else {
            let password = read("mail.password_file", &config.password_file)?;
            let password = String::from_utf8(password).map_err(|_| "mail.password_file: no text")?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            Some(Credentials::new(config.username.clone(), password))
        };
        Ok(Some(Smtp {
            host: config.host.clone(),
            port: config.port,
            encryption: config.encryption,
            tls: tls.build().map_err(|error| format!("mail: {error}"))?,
            credentials,
            from: config.from.parse().map_err(|error| format!("mail.from: {error}"))?,
        }))
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, Error> {
        let us = ClientId::default();
        let from_the_start = (self.encryption == MailEncryption::Tls).then(|| self.tls.clone());
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECTED_WITHIN), &us, from_the_start, None)
                .await?;
        if self.encryption == MailEncryption::Starttls {
            // Fails where the server offers none: a mail does not go out in the clear because somebody cut that out.
            connection.starttls(self.tls.clone(), &us).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    async fn send_once(&self, letter: &Letter) -> Result<(), NotifyError> {
        let message = message(&self.from, letter)?;
        let mut connection = self.connected().await.map_err(|error| NotifyError::Channel(worded(&error)))?;
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        let outcome = sent.map(drop).map_err(|error| refusal(&error));
        if outcome.is_ok() {
            let _ = tokio::time::timeout(GOODBYE_WITHIN, connection.quit()).await;
        }
        outcome
    }
}

impl Notifier for Smtp {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotifyError>> + Send + 'a>> {
        Box::pin(self.send_once(letter))
    }
}

/// What a server said about the mail itself.
fn refusal(error: &Error) -> NotifyError {
    let code = error.status().map_or(0, u16::from);
    match code {
        // It is going away, or wants another sign-in: nothing that is this mail's fault.
        421 | 530 | 534 | 535 | 538 => NotifyError::Channel(worded(error)),
        _ if error.is_transient() => NotifyError::Later(worded(error)),
        _ if error.is_permanent() || error.is_client() => NotifyError::Refused(worded(error)),
        _ => NotifyError::Channel(worded(error)),
    }
}

/// Without what the server said: it repeats addresses.
fn worded(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the server answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "TLS could not be agreed on".to_owned(),
        None if error.is_client() => "the server cannot do what is needed".to_owned(),
        None => "the connection could not be made or broke".to_owned(),
    }
}

/// RFC 3834: no answering machine should answer it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[derive(Clone)]
struct ContentLanguage(&'static str);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("it is only written".into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}

/// One line: a line break would begin another header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn message(from: &Mailbox, letter: &Letter) -> Result<Message, NotifyError> {
    let refused = |_| NotifyError::Refused("the address is not one that mails can be sent to".to_owned());
    let to = letter.to.parse::<lettre::Address>().map_err(refused)?;
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(one_line(&letter.subject))
        .message_id(Some(format!("<{}@{}>", letter.id, from.email.domain())))
        .header(AutoSubmitted)
        .header(ContentLanguage(letter.language.tag()))
        .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
        .map_err(|error| NotifyError::Refused(format!("it cannot be made into a mail: {error}")))
}

fn read(key: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{key}: {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::NotificationId;
    use lares_model::person::Language;

    fn letter(subject: &str, to: &str) -> Letter {
        Letter {
            id: NotificationId(uuid::Uuid::nil()),
            to: to.to_owned(),
            language: Language::De,
            subject: subject.to_owned(),
            text: "Schöne Grüße".to_owned(),
            html: "<p>Schöne Grüße</p>".to_owned(),
        }
    }

    #[test]
    fn a_mail_names_itself_and_no_value_begins_another_header() {
        let from: Mailbox = "Lares <lares@home.example>".parse().unwrap();
        let made = message(&from, &letter("Grüße\r\nBcc: x@evil.example", "anna@example.org")).unwrap();
        let text = String::from_utf8(made.formatted()).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
        assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000000@home.example>"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Content-Language: de\r\n"), "{text}");
        assert!(text.is_ascii(), "{text}");
    }

    #[test]
    fn what_is_no_address_is_refused_for_good() {
        let from: Mailbox = "lares@home.example".parse().unwrap();
        for to in ["a b@example.org", "x@y\r\nRCPT TO:<z@evil.example>", "@", ""] {
            assert!(matches!(message(&from, &letter("s", to)), Err(NotifyError::Refused(_))), "{to:?}");
        }
    }
}
