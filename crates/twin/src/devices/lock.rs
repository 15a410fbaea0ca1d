//! A door lock with a door contact. After it was unlocked from afar somebody walks in; while the door stands open
//! the bolt cannot be thrown.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, unknown};
use crate::message::{Event, Reading};

/// Somebody who had the door opened takes this long to come, and this long to walk in.
const COMES_AFTER_MS: i64 = 45_000;
const WALKS_IN_MS: i64 = 10_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub locked: bool,
    pub door_open: bool,
    /// When it was unlocked from afar, until somebody has walked in.
    expected_since: Option<UnixMillis>,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock { locked: true, door_open: false, expected_since: None }
    }
}

impl Lock {
    /// Somebody at the door turns it; `None` when nothing moves.
    pub fn turn(&mut self, lock: bool, source: &'static str) -> Option<Event> {
        if self.locked == lock || (lock && self.door_open) {
            return None;
        }
        self.locked = lock;
        Some(operated(lock, source))
    }
}

fn operated(lock: bool, source: &'static str) -> Event {
    let operation = if lock { "Lock" } else { "Unlock" };
    let data = [("operation", operation), ("source", source)].into_iter().collect();
    Event { endpoint: 1, event: "DoorLock.LockOperation", data }
}

impl Behaviour for Lock {
    fn state(&self) -> Vec<Reading> {
        vec![
            Reading::text(1, "DoorLock.LockState", if self.locked { "Locked" } else { "Unlocked" }),
            Reading::text(1, "DoorLock.DoorState", if self.door_open { "DoorOpen" } else { "DoorClosed" }),
        ]
    }

    fn act(&mut self, name: &str, _: &Args, now: UnixMillis) -> Result<Option<Event>, Refusal> {
        match name {
            "DoorLock.LockDoor" if self.door_open => {
                Err(Refusal::Failed("the door is open: the bolt cannot be thrown".to_owned()))
            }
            "DoorLock.LockDoor" => {
                self.locked = true;
                self.expected_since = None;
                Ok(Some(operated(true, "Remote")))
            }
            "DoorLock.UnlockDoor" => {
                if self.locked {
                    self.expected_since = Some(now);
                }
                self.locked = false;
                Ok(Some(operated(false, "Remote")))
            }
            _ => Err(unknown(name)),
        }
    }

    fn due(&self) -> Option<UnixMillis> {
        let since = self.expected_since?;
        Some(since + if self.door_open { COMES_AFTER_MS + WALKS_IN_MS } else { COMES_AFTER_MS })
    }

    fn pass(&mut self, _: UnixMillis) -> bool {
        self.door_open = !self.door_open;
        if !self.door_open {
            self.expected_since = None;
        }
        true
    }
}
