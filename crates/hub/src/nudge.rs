//! Nudges without data: after a commit they wake whoever follows, who then reads from its own cursor.
//! A nudge may be missed or doubled without harm; every follower also looks by itself from time to time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lares_model::{CommandId, UserId};
use tokio::sync::{Notify, broadcast, watch};

#[derive(Default)]
pub struct Nudges {
    /// The ingest log grew.
    pub log: Notify,
    /// A command was queued or settled, or a device became reachable.
    pub dispatcher: Notify,
    /// Something is to be told to somebody.
    pub notifications: Notify,
    /// How long readings are kept was changed.
    pub retention: Notify,
    events: Events,
    access: Access,
    waiting: Mutex<HashMap<CommandId, (usize, Arc<Notify>)>>,
}

struct Access(broadcast::Sender<UserId>);

impl Default for Access {
    fn default() -> Self {
        Access(broadcast::Sender::new(64))
    }
}

struct Events(watch::Sender<()>);

impl Default for Events {
    fn default() -> Self {
        Events(watch::Sender::new(()))
    }
}

impl Nudges {
    /// Called after every relational commit that wrote events.
    pub fn events_committed(&self) {
        self.events.0.send_replace(());
    }

    pub fn follow_events(&self) -> watch::Receiver<()> {
        self.events.0.subscribe()
    }

    /// Called after a commit by which this person may have lost or won rights: their open connections look again.
    pub fn access_changed(&self, user: UserId) {
        // Without a listener there is nobody to tell.
        let _ = self.access.0.send(user);
    }

    /// Whoever lags behind has to look again, too.
    pub fn follow_access(&self) -> broadcast::Receiver<UserId> {
        self.access.0.subscribe()
    }

    /// Called after a commit that moved this command.
    pub fn command_moved(&self, command: CommandId) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, notify)) = waiting.get(&command) {
            notify.notify_waiters();
        }
    }

    pub fn watch_command(&self, command: CommandId) -> CommandWatch<'_> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, notify) = waiting.entry(command).or_default();
        *count += 1;
        CommandWatch { nudges: self, command, notify: notify.clone() }
    }
}

/// Somebody waits on a command's row; leaving removes the entry.
pub struct CommandWatch<'a> {
    nudges: &'a Nudges,
    command: CommandId,
    pub notify: Arc<Notify>,
}

impl Drop for CommandWatch<'_> {
    fn drop(&mut self) {
        let mut waiting = self.nudges.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = waiting.get_mut(&self.command) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.command);
            }
        }
    }
}
