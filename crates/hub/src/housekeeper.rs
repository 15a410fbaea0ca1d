//! What has to be done from time to time and concerns no home: rotating signing keys, and forgetting sign-ins that
//! are over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::HubError;
use crate::hub::Hub;
use crate::signing;

const EVERY: Duration = Duration::from_secs(600);

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
    work.commit().await?;
    Ok(())
}
