//! A provider as this server knows it: its description is kept for a while, and few conversations run at a time, on
//! threads of their own.

use std::sync::{Arc, Mutex, PoisonError};

use lares_model::UnixMillis;
use tokio::sync::Semaphore;

use super::protocol::{Asked, Fault, Line, Metadata, Redemption};
use super::{ProviderError, ProviderSettings, Vouched};
use crate::error::HubError;

/// Conversations with one provider at a time: each holds a thread.
const AT_ONCE: usize = 8;
const COME_AGAIN_AFTER_S: u64 = 5;
/// What a provider says of itself, its keys among it, is asked for again after so long.
const KNOWN_FOR_MS: i64 = 3_600 * 1_000;
/// And sooner when it signs with a key that is not known.
const KEYS_KNOWN_FOR_MS: i64 = 60 * 1_000;

struct Known {
    metadata: Metadata,
    since: UnixMillis,
}

/// An issuer that people may sign in with.
pub struct Provider {
    pub settings: Arc<ProviderSettings>,
    line: Line,
    known: Mutex<Option<Arc<Known>>>,
    places: Arc<Semaphore>,
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

impl Provider {
    pub fn new(settings: ProviderSettings) -> Provider {
        let settings = Arc::new(settings);
        Provider {
            line: Line::new(settings.clone()),
            settings,
            known: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Where a browser has to go.
    pub(super) async fn authorization_url(&self, now: UnixMillis, asked: Asked) -> Result<String, HubError> {
        let known = self.known(now, KNOWN_FOR_MS).await?;
        let known = known.map_err(|fault| {
            self.log(fault);
            HubError::ProviderUnavailable
        })?;
        self.line.authorization_url(&known.metadata, asked).map_err(internal)
    }

    /// Whom a code stands for.
    pub(super) async fn redeem(
        &self,
        now: UnixMillis,
        redemption: Redemption,
    ) -> Result<Result<Vouched, ProviderError>, HubError> {
        let outcome = self.redeemed(now, redemption).await?;
        Ok(outcome.map_err(|fault| {
            self.log(fault);
            match fault {
                Fault::Unavailable(_) => ProviderError::Unavailable,
                Fault::Denied => ProviderError::Denied,
                Fault::UnknownKey | Fault::Refused(_) => ProviderError::Refused,
            }
        }))
    }

    async fn redeemed(
        &self,
        now: UnixMillis,
        redemption: Redemption,
    ) -> Result<Result<Vouched, Fault>, HubError> {
        let known = match self.known(now, KNOWN_FOR_MS).await? {
            Ok(known) => known,
            Err(fault) => return Ok(Err(fault)),
        };
        let line = self.line.clone();
        let redemption = Arc::new(redemption);
        let (asked, metadata) = (redemption.clone(), known.clone());
        let exchanged = self.converse(move || line.exchange(&metadata.metadata, &asked)).await?;
        let tokens = match exchanged {
            Ok(tokens) => Arc::new(tokens),
            Err(fault) => return Ok(Err(fault)),
        };
        let verify = async |known: Arc<Known>| {
            let (line, tokens, asked) = (self.line.clone(), tokens.clone(), redemption.clone());
            self.converse(move || line.verify(&known.metadata, &tokens, &asked)).await
        };
        match verify(known).await? {
            Err(Fault::UnknownKey) => match self.known(now, KEYS_KNOWN_FOR_MS).await? {
                Ok(newer) => verify(newer).await,
                Err(fault) => Ok(Err(fault)),
            },
            outcome => Ok(outcome),
        }
    }

    async fn known(&self, now: UnixMillis, for_ms: i64) -> Result<Result<Arc<Known>, Fault>, HubError> {
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = kept.filter(|known| now.since_ms(known.since) < for_ms) {
            return Ok(Ok(known));
        }
        let line = self.line.clone();
        let found = self.converse(move || line.discover()).await?;
        Ok(found.map(|metadata| {
            let known = Arc::new(Known { metadata, since: now });
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
            known
        }))
    }

    async fn converse<T: Send + 'static>(
        &self,
        talk: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HubError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| HubError::Busy { retry_after_s: COME_AGAIN_AFTER_S })?;
        let talking = tokio::task::spawn_blocking(move || {
            let said = talk();
            drop(place);
            said
        });
        talking.await.map_err(internal)
    }

    fn log(&self, fault: Fault) {
        let provider = &self.settings.key;
        match fault {
            Fault::Denied => {}
            Fault::Unavailable(why) => tracing::warn!(provider, why, "a provider does not answer as one"),
            Fault::UnknownKey => {
                tracing::warn!(provider, "a provider signed with a key that it does not show")
            }
            Fault::Refused(why) => tracing::warn!(provider, why, "the answer of a provider was refused"),
        }
    }
}
