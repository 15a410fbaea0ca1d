//! Who is connected, and who listens for commands; changes of presence go into the log in the order they happened,
//! one after the other, whatever tasks they come from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lares_hub::{Hub, ingest};
use lares_model::DeviceId;
use lares_model::presence::PresenceStatus;
use tokio::sync::mpsc;

const RETRY_AFTER: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Sessions {
    /// Live connections of each device; during a take-over there are two for a moment.
    live: HashMap<DeviceId, Vec<u64>>,
    /// The connection that has subscribed to the device's commands.
    listening: HashMap<DeviceId, u64>,
    /// What is not in the log yet, the newest of each device: a device that comes and goes while the log cannot be
    /// written fills no memory.
    pending: HashMap<DeviceId, Change>,
}

/// Who listens for commands, without a hand on the log: the way down must not keep the log from ending.
#[derive(Clone)]
pub struct Listeners(Arc<Mutex<Sessions>>);

impl Listeners {
    /// Whether this connection of the device is there, and no other.
    pub(super) fn is_the_only(&self, device: DeviceId, connection: u64) -> bool {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.live.get(&device).is_some_and(|live| live.as_slice() == [connection])
    }

    /// Whether this connection of the device is there.
    pub(super) fn is_there(&self, device: DeviceId, connection: u64) -> bool {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.live.get(&device).is_some_and(|live| live.contains(&connection))
    }

    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).listening.contains_key(&device)
    }
}

struct Change {
    status: PresenceStatus,
    reason: String,
}

#[derive(Clone)]
pub struct PresenceLog {
    sessions: Arc<Mutex<Sessions>>,
    /// Devices with a pending change, each at most once.
    changes: mpsc::UnboundedSender<DeviceId>,
}

impl PresenceLog {
    /// The log, and the task that writes it; the task ends when the last handle is gone.
    pub fn new(hub: &Arc<Hub>) -> (PresenceLog, impl Future<Output = ()> + Send + 'static) {
        let (changes, received) = mpsc::unbounded_channel();
        let log = PresenceLog { sessions: Arc::default(), changes };
        let sessions = log.sessions.clone();
        (log, write(hub.clone(), sessions, received))
    }

    pub(super) fn arrived(&self, device: DeviceId, connection: u64) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.live.entry(device).or_default().push(connection);
        self.note(&mut sessions, device, PresenceStatus::Online, "it connected");
    }

    pub(super) fn listens(&self, device: DeviceId, connection: u64) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).listening.insert(device, connection);
    }

    pub(super) fn left(&self, device: DeviceId, connection: u64, reason: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.listening.get(&device) == Some(&connection) {
            sessions.listening.remove(&device);
        }
        let Some(live) = sessions.live.get_mut(&device) else { return };
        live.retain(|other| *other != connection);
        if live.is_empty() {
            sessions.live.remove(&device);
            self.note(&mut sessions, device, super::GONE, reason);
        }
    }

    pub fn listeners(&self) -> Listeners {
        Listeners(self.sessions.clone())
    }

    /// Called under the lock, so that the order of changes is the order of connections.
    fn note(&self, sessions: &mut Sessions, device: DeviceId, status: PresenceStatus, reason: &str) {
        let change = Change { status, reason: reason.to_owned() };
        if sessions.pending.insert(device, change).is_none() {
            let _ = self.changes.send(device);
        }
    }
}

async fn write(
    hub: Arc<Hub>,
    sessions: Arc<Mutex<Sessions>>,
    mut received: mpsc::UnboundedReceiver<DeviceId>,
) {
    let newest = |device| sessions.lock().unwrap_or_else(PoisonError::into_inner).pending.remove(&device);
    while let Some(id) = received.recv().await {
        let Some(mut change) = newest(id) else { continue };
        let Some(device) = hub.directory.get(id) else { continue };
        while let Err(error) = ingest::presence(&hub, &device, change.status, &change.reason).await {
            if received.is_closed() {
                tracing::warn!(%error, "changes of presence are not recorded; the next start finds who is there");
                return;
            }
            tracing::warn!(%error, "a change of presence is not recorded yet; trying again");
            tokio::time::sleep(RETRY_AFTER).await;
            change = newest(id).unwrap_or(change);
        }
    }
}
