//! The worker that sends what people are to be told. The queue is the store's: a letter leaves it when it was taken by
//! the channel, refused for good, or too old, and not before, so that nothing is lost by a crash. One that was taken
//! just before a crash is sent again, under the same id.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use lares_model::UnixMillis;
use lares_model::letter::{Letter, NotifyError};
use lares_model::person::Language;
use lares_model::ports::Notifier;
use lares_store::notifications::{self as rows, Notification, NotificationState};
use serde_json::Value;
use tokio::sync::watch;

use crate::breaker::Breaker;
use crate::error::HubError;
use crate::hub::Hub;
use crate::notifications::{address_context, values_context};
use crate::{letters, password_reset};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 4;
const BATCH: u64 = 32;
const SENT_WITHIN: Duration = Duration::from_secs(60);
/// A shutdown waits so long for letters that are being handed over.
const LAST_ONES_WITHIN: Duration = Duration::from_secs(10);
const FIRST_RETRY_MS: i64 = 10_000;
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// Later than this nobody wants to read it any more.
pub const GIVEN_UP_AFTER_MS: i64 = 2 * 24 * 3_600 * 1_000;

pub async fn run(hub: Arc<Hub>, mut stopped: watch::Receiver<bool>) {
    let postman = Postman { hub: hub.clone(), breaker: Mutex::default() };
    while !*stopped.borrow() {
        let mut stopping = stopped.clone();
        let outcome = tokio::select! {
            outcome = postman.round() => outcome,
            () = asked_and_waited(&mut stopping) => return,
        };
        let more = outcome.unwrap_or_else(|error| {
            tracing::warn!(%error, "mails are put off");
            false
        });
        let wait = if more { Duration::ZERO } else { LOOK_EVERY };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = hub.nudges.notifications.notified() => {}
            _ = stopped.changed() => {}
        }
    }
}

async fn asked_and_waited(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
    tokio::time::sleep(LAST_ONES_WITHIN).await;
}

/// What becomes of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Sent,
    GivenUp(String),
    PutOff(UnixMillis, String),
}

/// `rests_until`: of the channel, where it does not work.
fn fate(
    notification: &Notification,
    outcome: &Result<(), NotifyError>,
    rests_until: Option<UnixMillis>,
    now: UnixMillis,
) -> Fate {
    let Err(error) = outcome else { return Fate::Sent };
    let reason = error.to_string();
    let due_at = match error {
        NotifyError::Refused(_) => return Fate::GivenUp(reason),
        NotifyError::Channel(_) => rests_until.unwrap_or(now + FIRST_RETRY_MS),
        NotifyError::Later(_) => {
            let wait = FIRST_RETRY_MS.checked_shl(notification.tries.min(16)).unwrap_or(LONGEST_RETRY_MS);
            now + wait.min(LONGEST_RETRY_MS)
        }
    };
    if due_at.since_ms(notification.created_at) > GIVEN_UP_AFTER_MS {
        return Fate::GivenUp(format!("too old: {reason}"));
    }
    Fate::PutOff(due_at, reason)
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

struct Postman {
    hub: Arc<Hub>,
    breaker: Mutex<Breaker>,
}

impl Postman {
    /// Whether there is more to do at once. Without a channel everything stays where it is.
    async fn round(&self) -> Result<bool, HubError> {
        let hub = &self.hub;
        let Some(notifier) = hub.notifier() else { return Ok(false) };
        let wanted = self.breaker().allows(hub.now(), BATCH);
        if wanted == 0 {
            return Ok(false);
        }
        let due = rows::due(&hub.store, hub.now(), wanted).await?;
        let full = due.len() as u64 == wanted;
        let tries = due.into_iter().map(|notification| self.deliver(notifier.as_ref(), notification));
        // Nothing is awaited between two of them: one that stands still may hold the store that another waits for.
        let tried: Vec<_> = futures_util::stream::iter(tries).buffer_unordered(AT_ONCE).collect().await;
        let mut works = true;
        for worked in tried {
            works &= worked?;
        }
        Ok(full && works)
    }

    /// Whether the channel worked.
    async fn deliver(&self, notifier: &dyn Notifier, notification: Notification) -> Result<bool, HubError> {
        let outcome = try_once(&self.hub, notifier, &notification).await;
        let works = !matches!(outcome, Err(NotifyError::Channel(_)));
        let rests_until = self.judge(works);
        settle(&self.hub, &notification, &outcome, rests_until).await?;
        Ok(works)
    }

    fn judge(&self, works: bool) -> Option<UnixMillis> {
        let mut breaker = self.breaker();
        if works {
            breaker.worked();
        } else if breaker.allows(self.hub.now(), 1) > 0 {
            // Several that were under way at once are one failure.
            breaker.failed(self.hub.now());
        }
        breaker.rests_until()
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn try_once(hub: &Hub, notifier: &dyn Notifier, queued: &Notification) -> Result<(), NotifyError> {
    let letter = match letter(hub, queued).await {
        Ok(letter) => letter,
        Err(HubError::Internal(reason)) => {
            tracing::error!(notification = %queued.id, template = queued.template, reason, "a mail cannot be worded");
            return Err(NotifyError::Refused("it cannot be worded".to_owned()));
        }
        // The store is not there: not the letter's fault, nor the channel's.
        Err(error) => return Err(NotifyError::Later(error.to_string())),
    };
    let Some(letter) = letter else { return Err(NotifyError::Refused("nobody has this address".to_owned())) };
    match tokio::time::timeout(SENT_WITHIN, notifier.send(&letter)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(NotifyError::Channel("no answer in time".to_owned())),
    }
}

/// Worded at the moment of sending. `None`: it turned out that it is for nobody.
async fn letter(hub: &Hub, queued: &Notification) -> Result<Option<Letter>, HubError> {
    let open = |context: String, sealed: &[u8]| hub.vault.open(&context, sealed).map_err(internal);
    let address = open(address_context(queued.id), &queued.sealed_address)?;
    let to = String::from_utf8(address).map_err(internal)?;
    let values = open(values_context(queued.id), &queued.sealed_values)?;
    let mut values: Value = serde_json::from_slice(&values).map_err(internal)?;
    let mut language = Language::of_tag(&queued.language);
    if queued.template == password_reset::TEMPLATE {
        let Some(for_them) = password_reset::prepare(hub, &to).await? else { return Ok(None) };
        (language, values) = for_them;
    }
    let worded = letters::word(&queued.template, language, server_name(&hub.public_url), &values);
    let worded = worded.map_err(internal)?;
    let letters::Worded { subject, text, html } = worded;
    Ok(Some(Letter { id: queued.id, to, language, subject, text, html }))
}

/// As people know it: the host, without the scheme.
fn server_name(public_url: &str) -> &str {
    public_url.split_once("://").map_or(public_url, |(_, host)| host)
}

async fn settle(
    hub: &Hub,
    notification: &Notification,
    outcome: &Result<(), NotifyError>,
    rests_until: Option<UnixMillis>,
) -> Result<(), HubError> {
    let now = hub.now();
    let fate = fate(notification, outcome, rests_until, now);
    let (id, template) = (notification.id, notification.template.as_str());
    let work = hub.store.begin().await?;
    let label = match &fate {
        Fate::Sent => {
            rows::settle(&work, id, NotificationState::Sent, now, None).await?;
            "sent"
        }
        Fate::GivenUp(reason) => {
            rows::settle(&work, id, NotificationState::GivenUp, now, Some(reason)).await?;
            tracing::info!(notification = %id, template, reason, "a mail was given up");
            "given_up"
        }
        Fate::PutOff(due_at, reason) => {
            rows::put_off(&work, id, *due_at, notification.tries.saturating_add(1), reason).await?;
            tracing::info!(notification = %id, template, reason, until = %due_at, "a mail is put off");
            "put_off"
        }
    };
    work.commit().await?;
    metrics::counter!("lares_notifications_total", "outcome" => label).increment(1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::NotificationId;
    use uuid::Uuid;

    fn queued(tries: u32) -> Notification {
        Notification {
            id: NotificationId(Uuid::nil()),
            user: None,
            organisation: None,
            channel: "email".to_owned(),
            sealed_address: vec![],
            language: "en".to_owned(),
            template: "verify_email".to_owned(),
            sealed_values: vec![],
            created_at: UnixMillis(0),
            due_at: UnixMillis(0),
            tries,
            state: NotificationState::Queued,
            settled_at: None,
            last_error: None,
        }
    }

    #[test]
    fn what_is_put_off_comes_again_ever_more_rarely_until_it_is_too_old() {
        let later = Err(NotifyError::Later("451".to_owned()));
        let mut now = UnixMillis(0);
        let mut waits = Vec::new();
        for tries in 0.. {
            match fate(&queued(tries), &later, None, now) {
                Fate::PutOff(due_at, _) => {
                    waits.push(due_at.since_ms(now));
                    now = due_at;
                }
                Fate::GivenUp(reason) => {
                    assert!(reason.contains("too old"), "{reason}");
                    break;
                }
                Fate::Sent => panic!("sent"),
            }
        }
        assert_eq!(waits[..4], [10_000, 20_000, 40_000, 80_000]);
        assert!(waits.iter().all(|wait| *wait <= LONGEST_RETRY_MS));
        assert!(now.0 > GIVEN_UP_AFTER_MS - LONGEST_RETRY_MS, "given up early: {now:?}");
    }

    #[test]
    fn a_refusal_is_final_and_a_broken_channel_is_waited_for() {
        let now = UnixMillis(1_000);
        let refused = Err(NotifyError::Refused("550".to_owned()));
        assert!(matches!(fate(&queued(0), &refused, None, now), Fate::GivenUp(_)));
        let broken = Err(NotifyError::Channel("connection refused".to_owned()));
        let until = Some(UnixMillis(9_000));
        assert!(matches!(fate(&queued(7), &broken, until, now), Fate::PutOff(UnixMillis(9_000), _)));
        assert_eq!(fate(&queued(7), &Ok(()), until, now), Fate::Sent);
    }

    #[test]
    fn people_know_the_server_by_its_host() {
        assert_eq!(server_name("https://lares.example.org"), "lares.example.org");
        assert_eq!(server_name("http://localhost:8080"), "localhost:8080");
    }
}
