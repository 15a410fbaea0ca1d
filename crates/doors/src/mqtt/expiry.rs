//! A connection that was let in with a token ends with it: within five seconds, by the hub's own clock.

use std::sync::Weak;
use std::time::Duration;

use lares_hub::Hub;
use lares_model::{DeviceId, UnixMillis};

use super::presence::Listeners;

/// The clock may be another than the machine's, and may be set.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// During a take-over there are two connections for a moment.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) async fn end_at(
    hub: Weak<Hub>,
    connections: Listeners,
    (device, connection): (DeviceId, u64),
    until: UnixMillis,
) {
    loop {
        let Some(hub) = hub.upgrade() else { return };
        let left_ms = until.since_ms(hub.now());
        if !connections.is_there(device, connection) {
            return;
        }
        let wait = if left_ms > 0 {
            Duration::from_millis(left_ms.unsigned_abs()).min(LOOK_EVERY)
        } else {
            // Another connection of the device is not this token's to end.
            if connections.is_the_only(device, connection)
                && let Some(link) = hub.link()
            {
                link.cut(device);
            }
            LOOK_AGAIN
        };
        drop(hub);
        tokio::time::sleep(wait).await;
    }
}
