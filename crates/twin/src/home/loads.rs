//! What everything draws, in whole milliwatts, and the counters that add it up in microjoules: whole numbers, so that
//! the meter is exactly the sum of the home however finely time is cut.

use lares_model::UnixMillis;

use super::{Home, MINUTE_MS};
use crate::devices::{Device, Plug};
use crate::kind::Load;
use crate::random::{mix, unit};
use crate::scenario::Use;

const LAMP_W: f64 = 42.0;
const KETTLE_W: f64 = 1_950.0;
const KETTLE_MIN: i64 = 3;
const TV_W: f64 = 92.0;
const TV_STANDBY_W: f64 = 0.8;
const WASHING_MIN: i64 = 112;
const LIGHT_STANDBY_W: f64 = 0.4;
const FRIDGE_CYCLE_MIN: i64 = 46;
/// Per person awake: chargers, lights of no account.
const PERSON_W: f64 = 35.0;
const COOKING_W: f64 = 1_250.0;
const PUMP_W: f64 = 38.0;

impl Home {
    /// Adds up what was drawn since the last instant; nothing changes in between.
    pub(super) fn integrate(&mut self, until: UnixMillis) {
        let span_ms = until.since_ms(self.state.now).max(0) as u64;
        let mut whole_uj = self.state.base_mw * span_ms;
        for index in 0..self.state.devices.len() {
            if matches!(self.state.devices[index], Device::Meter(_)) {
                continue;
            }
            let drawn_uj = self.power_mw(index) * span_ms;
            whole_uj += drawn_uj;
            if let Some(counter) = self.state.devices[index].counter_mut() {
                *counter += drawn_uj;
            }
        }
        for device in &mut self.state.devices {
            if let Device::Meter(meter) = device {
                meter.energy_uj += whole_uj;
            }
        }
    }

    /// What a device and whatever hangs on it draws in this minute; a meter shows what the home draws.
    pub(super) fn power_mw(&self, index: usize) -> u64 {
        match &self.state.devices[index] {
            Device::Plug(plug) => milli(self.load_w(index, plug)),
            Device::Light(light) => {
                let rated_w = self.plan.devices[index].rated_w.unwrap_or(9.0);
                let glow_w = if light.on { rated_w * light.level_percent / 100.0 } else { 0.0 };
                milli(LIGHT_STANDBY_W + glow_w)
            }
            Device::Meter(_) => {
                let others = (0..self.state.devices.len())
                    .filter(|other| !matches!(self.state.devices[*other], Device::Meter(_)));
                self.state.base_mw + others.map(|other| self.power_mw(other)).sum::<u64>()
            }
            _ => 0,
        }
    }

    fn minute(&self) -> i64 {
        self.state.now.0.div_euclid(MINUTE_MS)
    }

    /// From 0 to 1, another one each minute.
    fn flicker(&self, salt: u64) -> f64 {
        unit(mix(mix(self.seed, salt), self.minute() as u64))
    }

    fn load_w(&self, index: usize, plug: &Plug) -> f64 {
        if !plug.on {
            return 0.0;
        }
        let flicker = self.flicker(0x10AD + index as u64);
        // By the minutes of the clock, not since the start: power then changes at whole minutes only.
        let running_min = plug.started.map(|started| self.minute() - started.0.div_euclid(MINUTE_MS));
        match self.plan.devices[index].load {
            Some(Load::Lamp) => LAMP_W * (0.96 + 0.04 * flicker),
            Some(Load::Fridge) => self.fridge_w(index, flicker),
            Some(Load::Kettle) if running_min.is_some_and(|min| min < KETTLE_MIN) => {
                KETTLE_W * (0.98 + 0.02 * flicker)
            }
            Some(Load::Kettle) | None => 0.0,
            Some(Load::WashingMachine) => running_min.map_or(0.9, |min| washing_w(min, flicker)),
            Some(Load::Tv) if plug.wanted => TV_W * (0.85 + 0.3 * flicker),
            Some(Load::Tv) => TV_STANDBY_W,
        }
    }

    /// The compressor runs a third of the time, longer in a warm kitchen, and starts with a surge.
    fn fridge_w(&self, index: usize, flicker: f64) -> f64 {
        let shifted = self.minute() + (mix(self.seed, index as u64) % FRIDGE_CYCLE_MIN as u64) as i64;
        let (cycle, into) = (shifted.div_euclid(FRIDGE_CYCLE_MIN), shifted.rem_euclid(FRIDGE_CYCLE_MIN));
        let warmth_k = (self.state.rooms[self.room_of[index]].temperature_c - 20.0).clamp(-5.0, 15.0);
        let drawn = unit(mix(mix(self.seed, 0xF7D6E), cycle as u64));
        let runs_min = (13.0 + 4.0 * drawn + 0.7 * warmth_k) as i64;
        match into {
            0 => 128.0,
            _ if into < runs_min => 82.0 + 6.0 * flicker,
            _ => 1.4,
        }
    }

    /// What no plug of ours measures.
    pub(super) fn base_mw(&self) -> u64 {
        let awake: u32 = self.state.rooms.iter().map(|room| u32::from(room.awake)).sum();
        let steady_w = self.plan.base_load_w * (0.88 + 0.24 * self.flicker(0xBA5E));
        let pump_w = if self.state.outside_c < 15.0 { PUMP_W } else { 0.0 };
        let cooks = self.cooks();
        let cooking_w = if cooks { COOKING_W * (0.25 + 0.75 * self.flicker(0xC00C)) } else { 0.0 };
        milli(steady_w + pump_w + PERSON_W * f64::from(awake) + cooking_w)
    }

    /// Somebody is in the kitchen at a time for warm meals, and today they cook.
    fn cooks(&self) -> bool {
        let hour = self.local_hour();
        let noon = (12.0..13.4).contains(&hour);
        let evening = (17.8..19.6).contains(&hour);
        if !(noon || evening) {
            return false;
        }
        let drawn = unit(mix(mix(self.seed, 0xD15), (self.day * 2 + i64::from(evening)) as u64));
        let kitchen = |index: usize| self.plan.rooms[index].used_as == Use::Kitchen;
        let there =
            (0..self.state.rooms.len()).any(|index| kitchen(index) && self.state.rooms[index].awake > 0);
        there && drawn < if evening { 0.85 } else { 0.45 }
    }
}

fn milli(watts: f64) -> u64 {
    (watts.max(0.0) * 1_000.0) as u64
}

/// A programme of 40 degC: fill, heat, wash, rinse, spin; then it waits to be emptied.
fn washing_w(minute: i64, flicker: f64) -> f64 {
    match minute {
        0..=4 => 12.0 + 20.0 * flicker,
        5..=23 => 1_980.0 + 60.0 * flicker,
        24..=69 => 90.0 + 190.0 * flicker,
        70..=97 => 60.0 + 140.0 * flicker,
        98..=109 => 280.0 + 260.0 * flicker,
        110..=WASHING_MIN => 25.0,
        _ => 0.9,
    }
}
