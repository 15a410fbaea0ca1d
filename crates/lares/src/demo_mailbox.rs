//! Where a demo's mails end up: a file in its data directory, in place of an SMTP server. A mail that comes again
//! replaces itself, and is taken once it is written, as a mail server would.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lares_doors::http::{DeliveredMail, Mailbox};
use lares_model::letter::{Letter, NotifyError};
use lares_model::ports::{Clock, Notifier};

use crate::demo_file::{read, write};

const KEPT: usize = 200;

pub struct DemoMailbox {
    file: PathBuf,
    clock: Arc<dyn Clock>,
    /// Oldest first.
    mails: Mutex<Vec<DeliveredMail>>,
}

impl DemoMailbox {
    pub fn open(file: PathBuf, clock: Arc<dyn Clock>) -> Result<DemoMailbox, String> {
        let mails: Vec<DeliveredMail> = read(&file)?.unwrap_or_default();
        Ok(DemoMailbox { file, clock, mails: Mutex::new(mails) })
    }

    fn deliver(&self, letter: &Letter) -> Result<(), NotifyError> {
        let to = letter.to.parse::<lettre::Address>();
        to.map_err(|_| NotifyError::Refused("the address is not one that mails can be sent to".to_owned()))?;
        let mail = DeliveredMail {
            id: letter.id,
            to: letter.to.clone(),
            language: letter.language.tag().to_owned(),
            subject: letter.subject.clone(),
            sent_at: self.clock.now(),
            text: letter.text.clone(),
            html: letter.html.clone(),
        };
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next: Vec<_> = mails.iter().filter(|known| known.id != mail.id).cloned().collect();
        next.push(mail);
        let surplus = next.len().saturating_sub(KEPT);
        next.drain(..surplus);
        write(&self.file, &next).map_err(NotifyError::Channel)?;
        *mails = next;
        Ok(())
    }
}

impl Notifier for DemoMailbox {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotifyError>> + Send + 'a>> {
        Box::pin(async move { self.deliver(letter) })
    }
}

impl Mailbox for DemoMailbox {
    fn mails(&self) -> Vec<DeliveredMail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}
