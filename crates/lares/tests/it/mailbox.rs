//! What people would find in their mailboxes: the product's own worker delivers here in place of a mail server.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lares_model::letter::{Letter, NotifyError};
use lares_model::ports::Notifier;

use super::secrets::seen;
use super::world::*;

#[derive(Clone, Debug)]
pub struct Delivered {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Delivered {
    /// The secret of the link in it.
    pub fn token(&self) -> String {
        let rest = self.text.split("#token=").nth(1).unwrap_or_else(|| panic!("no link in {}", self.text));
        let token = rest.split_whitespace().next().unwrap().to_owned();
        seen(&token);
        token
    }
}

#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<Delivered>>);

impl Mailbox {
    /// For all mails of this server.
    pub fn of(world: &World) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox::default());
        world.running().hub.connect_notifier(mailbox.clone());
        mailbox
    }

    pub fn all(&self) -> Vec<Delivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a mail to this address with these words in it, and takes it out.
    pub async fn take(&self, to: &str, words: &str) -> Delivered {
        let is_it =
            |mail: &Delivered| mail.to == to && format!("{}{}", mail.subject, mail.text).contains(words);
        let look = async || self.all();
        eventually(&format!("a mail to {to}: {words}"), look, |mails| mails.iter().any(is_it)).await;
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = mails.iter().position(is_it).unwrap();
        mails.remove(at)
    }
}

impl Notifier for Mailbox {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotifyError>> + Send + 'a>> {
        let (to, subject, text) = (letter.to.clone(), letter.subject.clone(), letter.text.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Delivered { to, subject, text });
        Box::pin(async { Ok(()) })
    }
}
