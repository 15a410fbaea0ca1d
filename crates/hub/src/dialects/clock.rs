//! Time for the dialects: what a device lets end by itself, such as motion, ends without a message.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::findings::{About, apply};
use super::{Found, Space};
use crate::error::HubError;
use crate::hub::Hub;

const LOOK_EVERY: Duration = Duration::from_millis(500);

pub async fn run(hub: Arc<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look(&hub).await {
            tracing::warn!(%error, "what ended by itself was not recorded");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// One look at every open space.
pub async fn look(hub: &Arc<Hub>) -> Result<(), HubError> {
    let spaces: Vec<Arc<Space>> = {
        let spaces = hub.dialects.spaces.read().unwrap_or_else(PoisonError::into_inner);
        spaces.values().filter(|space| space.opened.load(Ordering::Acquire)).cloned().collect()
    };
    let received = hub.now();
    for space in spaces {
        let mut found: Vec<Found> = Vec::new();
        for dialect in space.speaking().iter_mut() {
            let name = dialect.name();
            found.extend(dialect.tick(received).into_iter().map(|finding| (name, finding)));
        }
        if !found.is_empty() {
            let about = About { payload: Vec::new(), received, replayed: false, trusted: false };
            apply(hub, &space, found, about).await?;
        }
    }
    Ok(())
}
