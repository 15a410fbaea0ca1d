//! A blind: it takes time to move, says where it stopped, and can be stopped on the way.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Args, Behaviour, Refusal, number_within, unknown};
use crate::message::{Event, Reading};

const FULL_TRAVEL_MS: f64 = 16_000.0;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Blind {
    /// 0 is open, 100 is closed; while it moves, where it started.
    position_percent: f64,
    moving: Option<Travel>,
    /// What habit wants: closed or open; nothing yet after a start.
    pub wanted_closed: Option<bool>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Travel {
    since: UnixMillis,
    to_percent: f64,
}

impl Blind {
    pub fn go_to(&mut self, to_percent: f64, now: UnixMillis) {
        self.position_percent = self.position(now);
        self.moving = (to_percent != self.position_percent).then_some(Travel { since: now, to_percent });
    }

    fn arrives(&self, travel: &Travel) -> UnixMillis {
        let way = (travel.to_percent - self.position_percent).abs() / 100.0;
        travel.since + ((way * FULL_TRAVEL_MS) as i64).max(1)
    }

    fn position(&self, now: UnixMillis) -> f64 {
        let Some(travel) = &self.moving else { return self.position_percent };
        let whole_ms = self.arrives(travel).since_ms(travel.since) as f64;
        let part = (now.since_ms(travel.since) as f64 / whole_ms).clamp(0.0, 1.0);
        (self.position_percent + (travel.to_percent - self.position_percent) * part).round()
    }
}

impl Behaviour for Blind {
    fn state(&self) -> Vec<Reading> {
        let status = match &self.moving {
            None => "Stopped",
            Some(travel) if travel.to_percent > self.position_percent => "Closing",
            Some(_) => "Opening",
        };
        vec![
            Reading::number(1, "WindowCovering.CurrentPositionLiftPercent", self.position_percent),
            Reading::text(1, "WindowCovering.OperationalStatus", status),
        ]
    }

    fn act(&mut self, name: &str, args: &Args, now: UnixMillis) -> Result<Option<Event>, Refusal> {
        match name {
            "WindowCovering.GoToLiftPercentage" => {
                let wanted = number_within(args, "LiftPercent", 0.0, 100.0, "%")?;
                self.go_to(wanted, now);
            }
            "WindowCovering.StopMotion" => {
                self.position_percent = self.position(now);
                self.moving = None;
            }
            _ => return Err(unknown(name)),
        }
        Ok(None)
    }

    fn due(&self) -> Option<UnixMillis> {
        self.moving.as_ref().map(|travel| self.arrives(travel))
    }

    fn pass(&mut self, _: UnixMillis) -> bool {
        if let Some(travel) = self.moving.take() {
            self.position_percent = travel.to_percent;
        }
        true
    }
}
