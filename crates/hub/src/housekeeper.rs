//! What has to be done from time to time and concerns no home: rotating signing keys, and forgetting sign-ins that
//! are over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::HubError;
use crate::hub::Hub;
use crate::signing;

const EVERY: Duration = Duration::from_secs(600);
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// An API token that ended is shown as such for a while.
const ENDED_KEPT_MS: i64 = 30 * DAY_MS;
const TOLD_KEPT_MS: i64 = 30 * DAY_MS;
/// Where no mail is set up, they wait for it.
const UNTOLD_KEPT_MS: i64 = 90 * DAY_MS;

pub async fn run(hub: Arc<Hub>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = once(&hub).await {
            tracing::warn!(%error, "housekeeping is put off");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// One round.
pub async fn once(hub: &Hub) -> Result<(), HubError> {
    signing::keep(hub).await?;
    let work = hub.store.begin().await?;
    lares_store::app_sessions::delete_expired(&work, hub.now()).await?;
    lares_store::tickets::delete_expired(&work, hub.now()).await?;
    lares_store::invitations::delete_expired(&work, hub.now()).await?;
    lares_store::tokens::delete_expired(&work, hub.now() - ENDED_KEPT_MS).await?;
    let (settled, written) = (hub.now() - TOLD_KEPT_MS, hub.now() - UNTOLD_KEPT_MS);
    lares_store::notifications::delete_old(&work, settled, written).await?;
    lares_store::oauth_device_grants::delete_expired(&work, hub.now()).await?;
    work.commit().await?;
    Ok(())
}
