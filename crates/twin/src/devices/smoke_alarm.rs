//! A smoke and carbon monoxide alarm: quiet, and able to test itself.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, unknown};
use crate::message::{Event, Reading};

const SELF_TEST_MS: i64 = 10_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SmokeAlarm {
    test_ends: Option<UnixMillis>,
}

impl Behaviour for SmokeAlarm {
    fn state(&self) -> Vec<Reading> {
        vec![
            Reading::text(1, "SmokeCoAlarm.SmokeState", "Normal"),
            Reading::text(1, "SmokeCoAlarm.COState", "Normal"),
            Reading::bool(1, "SmokeCoAlarm.TestInProgress", self.test_ends.is_some()),
        ]
    }

    fn act(&mut self, name: &str, _: &Args, now: UnixMillis) -> Result<Option<Event>, Refusal> {
        if name != "SmokeCoAlarm.SelfTestRequest" {
            return Err(unknown(name));
        }
        self.test_ends = Some(now + SELF_TEST_MS);
        Ok(None)
    }

    fn due(&self) -> Option<UnixMillis> {
        self.test_ends
    }

    fn pass(&mut self, _: UnixMillis) -> bool {
        self.test_ends.take().is_some()
    }
}
