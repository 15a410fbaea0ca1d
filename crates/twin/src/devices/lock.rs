//! A door lock with a door contact. After it was unlocked from afar somebody walks in; while the door stands open
//! the bolt cannot be thrown.

use lares_model::UnixMillis;

use super::{Args, Behaviour, Refusal, battery, unknown};
use crate::message::{Event, Reading, Report};
use crate::random::Random;

/// Somebody who had the door opened takes this long to come, and this long to walk in.
const COMES_AFTER_MS: i64 = 45_000;
const WALKS_IN_MS: i64 = 10_000;

pub(super) struct Lock {
    seed: u64,
    locked: bool,
    /// When it was unlocked from afar, until somebody has walked in.
    expected_since: Option<UnixMillis>,
    door_open: bool,
    battery_percent: f64,
}

impl Lock {
    pub fn new(seed: u64, now: UnixMillis) -> Lock {
        let battery_percent = battery::percent(seed, now);
        Lock { seed, locked: true, expected_since: None, door_open: false, battery_percent }
    }

    fn lock_state(&self) -> Reading {
        Reading::text(1, "DoorLock.LockState", if self.locked { "Locked" } else { "Unlocked" })
    }

    fn door_state(&self) -> Reading {
        Reading::text(1, "DoorLock.DoorState", if self.door_open { "DoorOpen" } else { "DoorClosed" })
    }

    fn operated(&self, operation: &'static str) -> Vec<Report> {
        let data = [("operation", operation), ("source", "Remote")].into_iter().collect();
        let event = Event { endpoint: 1, event: "DoorLock.LockOperation", data };
        vec![Report::State(vec![self.lock_state(), self.door_state()]), Report::Event(event)]
    }
}

impl Behaviour for Lock {
    fn readings(&self) -> Vec<Reading> {
        vec![self.lock_state(), self.door_state(), battery::reading(self.battery_percent)]
    }

    fn telemetry(&self) -> Vec<Reading> {
        vec![battery::reading(self.battery_percent)]
    }

    fn tick(&mut self, now: UnixMillis, _: &mut Random) -> Vec<Report> {
        self.battery_percent = battery::percent(self.seed, now);
        let waited_ms = self.expected_since.map(|since| now.since_ms(since));
        let open =
            waited_ms.is_some_and(|waited| (COMES_AFTER_MS..COMES_AFTER_MS + WALKS_IN_MS).contains(&waited));
        if waited_ms.is_some_and(|waited| waited >= COMES_AFTER_MS + WALKS_IN_MS) {
            self.expected_since = None;
        }
        if open == self.door_open {
            return vec![];
        }
        self.door_open = open;
        vec![Report::State(vec![self.door_state()])]
    }

    fn act(&mut self, name: &str, _: &Args, now: UnixMillis) -> Result<Vec<Report>, Refusal> {
        match name {
            "DoorLock.LockDoor" if self.door_open => {
                Err(Refusal::Failed("the door is open: the bolt cannot be thrown".to_owned()))
            }
            "DoorLock.LockDoor" => {
                self.locked = true;
                self.expected_since = None;
                Ok(self.operated("Lock"))
            }
            "DoorLock.UnlockDoor" => {
                if self.locked {
                    self.expected_since = Some(now);
                }
                self.locked = false;
                Ok(self.operated("Unlock"))
            }
            _ => Err(unknown(name)),
        }
    }
}
