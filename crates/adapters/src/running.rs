//! Values that end by themselves, such as motion after `off_delay`: when, and as what. The clock is passed in.

use std::collections::BTreeMap;

use lares_model::dialect::Measured;
use lares_model::{UnixMillis, Value};

use crate::wiring::Timer;

/// A device's id, endpoint and attribute.
type Part = (String, u16, String);

#[derive(Debug, Default)]
pub(crate) struct Running(BTreeMap<Part, (UnixMillis, Value)>);

impl Running {
    /// What was said begins to count from now on; what was said to be over does not end a second time.
    pub fn heard(&mut self, id: &str, timers: &[Timer], readings: &[Measured], now: UnixMillis) {
        if timers.is_empty() {
            return;
        }
        for measured in readings {
            let is_of =
                |timer: &&Timer| timer.endpoint == measured.endpoint && timer.attribute == measured.attribute;
            let Some(timer) = timers.iter().find(is_of) else { continue };
            let part = (id.to_owned(), measured.endpoint, measured.attribute.clone());
            if measured.value == timer.from {
                self.0.insert(part, (now + timer.after_ms, timer.to.clone()));
            } else {
                self.0.remove(&part);
            }
        }
    }

    /// A device that is gone.
    pub fn forget(&mut self, foreign_id: &str) {
        self.0.retain(|(id, ..), _| id != foreign_id);
    }

    /// What has ended by now, with the device's id and the time when it did.
    pub fn over(&mut self, now: UnixMillis) -> Vec<(String, Measured)> {
        if self.0.values().all(|(due, _)| *due > now) {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.0);
        let (over, running): (BTreeMap<_, _>, _) = all.into_iter().partition(|(_, (due, _))| *due <= now);
        self.0 = running;
        let measured = |((id, endpoint, attribute), (due, value))| {
            (id, Measured { endpoint, attribute, value, time: Some(due) })
        };
        over.into_iter().map(measured).collect()
    }
}
