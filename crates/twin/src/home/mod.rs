//! One home as one world: rooms with air and warmth, the people in it, its devices and what they draw. `step` lets
//! time pass on a grid of its own (whole minutes, and the instants at which something happens), so that many small
//! steps and one large one give the same home bit for bit. Pure and seeded.

mod loads;
mod reactions;
mod rooms;

use std::collections::VecDeque;
use std::sync::Arc;

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::devices::{Args, Device, Refusal, Surroundings, uj_of_wh};
use crate::habits::{self, Dated, Happening, Place};
use crate::message::{Event, Reading};
use crate::random::{mix, unit};
use crate::scenario::HomePlan;
use crate::weather;

use rooms::Room;

pub(crate) const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// A battery that was full lasts this long.
const BATTERY_LASTS_MS: f64 = 700.0 * DAY_MS as f64;
/// Somebody puts in a new one before it is quite empty.
const BATTERY_CHANGED_AT: f64 = 3.0;

/// A change that a device has to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    /// The device's place in the home's plan.
    pub device: usize,
    pub at: UnixMillis,
    pub what: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    State(Vec<Reading>),
    Event(Event),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HomeState {
    now: UnixMillis,
    places: Vec<Place>,
    rooms: Vec<Room>,
    devices: Vec<Device>,
    outside_c: f64,
    sun_deg: f64,
    /// When somebody was last awake in it.
    last_awake: Option<UnixMillis>,
    base_mw: u64,
    battery_levels: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Home {
    plan: Arc<HomePlan>,
    seed: u64,
    /// The first start of the world: scenarios give battery charges for it.
    born: UnixMillis,
    calendar: Calendar,
    /// For each device, the room it is in.
    room_of: Arc<[usize]>,
    agenda: VecDeque<Dated>,
    day: i64,
    day_begins: UnixMillis,
    day_ends: UnixMillis,
    said: Vec<Said>,
    state: HomeState,
}

impl Home {
    /// A home as it is at `from`, after the morning of that day.
    pub fn new(plan: &Arc<HomePlan>, seed: u64, born: UnixMillis, from: UnixMillis) -> Home {
        let calendar = Calendar::new(&plan.time_zone);
        let midnight = calendar.at(calendar.day(from), 0);
        let outside_c = weather::outside_c(&plan.weather, seed, midnight);
        let rooms = plan.rooms.iter().map(|_| Room::new(plan.heating.setback_c.max(outside_c))).collect();
        let devices = plan.devices.iter().zip(0..).map(|(device, index)| {
            // Somebody has lived here for some years.
            let counted_wh = 20_000.0 + 60_000.0 * unit(mix(seed, 0xC0 + index));
            let counted_wh =
                if device.kind == crate::kind::Kind::Meter { 90.0 * counted_wh } else { counted_wh };
            Device::new(device, &plan.heating, uj_of_wh(counted_wh.round()))
        });
        let state = HomeState {
            now: midnight,
            places: vec![Place::Away; habits::heads(plan)],
            rooms,
            devices: devices.collect(),
            outside_c,
            sun_deg: weather::sun_deg(&plan.weather, midnight),
            last_awake: None,
            base_mw: 0,
            battery_levels: vec![0; plan.devices.len()],
        };
        let mut home = Home::restore(plan, seed, born, state);
        home.put_to_bed();
        home.agenda = habits::of_day(plan, &home.calendar, seed, home.day).into();
        home.step(from);
        home.said.clear();
        home
    }

    /// A home as it was kept.
    pub fn restore(plan: &Arc<HomePlan>, seed: u64, born: UnixMillis, state: HomeState) -> Home {
        let calendar = Calendar::new(&plan.time_zone);
        let day = calendar.day(state.now);
        let mut agenda: VecDeque<_> = habits::of_day(plan, &calendar, seed, day).into();
        agenda.retain(|(at, _)| *at > state.now);
        let room_of = plan
            .devices
            .iter()
            .map(|device| plan.rooms.iter().position(|room| room.name == device.room).unwrap_or(0));
        Home {
            plan: plan.clone(),
            seed,
            born,
            day_begins: calendar.at(day, 0),
            day_ends: calendar.at(day + 1, 0),
            day,
            agenda,
            room_of: room_of.collect(),
            calendar,
            said: vec![],
            state,
        }
    }

    pub fn state(&self) -> &HomeState {
        &self.state
    }

    /// Whether a kept state is of this plan.
    pub fn fits(plan: &HomePlan, state: &HomeState) -> bool {
        state.places.len() == habits::heads(plan)
            && state.rooms.len() == plan.rooms.len()
            && state.devices.len() == plan.devices.len()
            && state.battery_levels.len() == plan.devices.len()
            && plan.devices.iter().zip(&state.devices).all(|(planned, kept)| {
                std::mem::discriminant(kept)
                    == std::mem::discriminant(&Device::new(planned, &plan.heating, 0))
            })
    }

    pub fn now(&self) -> UnixMillis {
        self.state.now
    }

    /// Those who live there begin in bed; guests begin where the day before would have left them.
    fn put_to_bed(&mut self) {
        let yesterday = habits::of_day(&self.plan, &self.calendar, self.seed, self.day - 1);
        for (_, happening) in yesterday {
            if let Happening::Moves { who, to } = happening {
                self.state.places[who] = to;
            }
        }
    }

    /// Lets time pass up to `until`; a time that is over already changes nothing.
    pub fn step(&mut self, until: UnixMillis) {
        while self.state.now < until {
            let next = self.next_boundary().min(until);
            self.integrate(next);
            self.state.now = next;
            self.happen();
        }
    }

    /// What changed since this was last asked, in order.
    pub fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    fn next_boundary(&self) -> UnixMillis {
        let now = self.state.now;
        let minute = UnixMillis((now.0.div_euclid(MINUTE_MS) + 1) * MINUTE_MS);
        let due = self.state.devices.iter().filter_map(|device| device.behaviour().due()).min();
        let planned = self.agenda.front().map(|(at, _)| *at);
        // What is due already happens now, an instant later than never.
        [due, planned].into_iter().flatten().fold(minute, UnixMillis::min).max(now + 1)
    }

    fn happen(&mut self) {
        let now = self.state.now;
        for device in 0..self.state.devices.len() {
            let behaviour = self.state.devices[device].behaviour_mut();
            if behaviour.due().is_some_and(|due| due <= now) && behaviour.pass(now) {
                self.say_state(device);
            }
        }
        while self.agenda.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, happening)) = self.agenda.pop_front() {
                self.take(happening);
            }
        }
        if now.0.rem_euclid(MINUTE_MS) == 0 {
            self.each_minute();
        }
    }

    fn each_minute(&mut self) {
        let now = self.state.now;
        if now >= self.day_ends {
            self.day = self.calendar.day(now);
            self.day_begins = self.calendar.at(self.day, 0);
            self.day_ends = self.calendar.at(self.day + 1, 0);
            self.agenda.extend(habits::of_day(&self.plan, &self.calendar, self.seed, self.day));
        }
        self.state.outside_c = weather::outside_c(&self.plan.weather, self.seed, now);
        self.state.sun_deg = weather::sun_deg(&self.plan.weather, now);
        self.breathe();
        self.react();
        self.state.base_mw = self.base_mw();
        self.judge_batteries();
    }

    pub fn say_state(&mut self, device: usize) {
        let readings = self.state.devices[device].behaviour().state();
        if !readings.is_empty() {
            self.said.push(Said { device, at: self.state.now, what: Change::State(readings) });
        }
    }

    fn say_event(&mut self, device: usize, event: Event) {
        self.said.push(Said { device, at: self.state.now, what: Change::Event(event) });
    }

    /// Carries out a command; its event is said, its state is for the caller to tell.
    pub fn act(&mut self, device: usize, name: &str, args: &Args) -> Result<(), Refusal> {
        let now = self.state.now;
        if let Some(event) = self.state.devices[device].behaviour_mut().act(name, args, now)? {
            self.say_event(device, event);
        }
        Ok(())
    }

    /// What is worth an event when it changes.
    pub fn eventful(&self, device: usize) -> Vec<Reading> {
        let plan = &self.plan.devices[device];
        let mut readings = vec![Reading::text(0, "Firmware.Version", plan.firmware())];
        readings.extend(self.state.devices[device].behaviour().state());
        readings.extend(self.battery_states(device));
        readings
    }

    /// What it measures again and again.
    pub fn series(&self, device: usize) -> Vec<Reading> {
        let around = self.surroundings(device);
        let mut readings = self.state.devices[device].behaviour().series(&around);
        if self.plan.devices[device].kind.has_battery() {
            // Down, so that rounding never makes it rise.
            let shown = (around.battery_percent * 2.0).floor() / 2.0;
            readings.push(Reading::number(0, "PowerSource.BatPercentRemaining", shown));
        }
        let noise = unit(mix(mix(self.seed, 0x5516 + device as u64), self.state.now.0 as u64 / 30_000));
        readings.push(Reading::number(0, "Signal.Rssi", (-74.0 + 22.0 * noise).round()));
        readings
    }

    /// Sets a counter to at least this, for a device that has counted under an older world.
    pub fn lift_counter(&mut self, device: usize, wh: f64) {
        if let Some(counter) = self.state.devices[device].counter_mut() {
            *counter = (*counter).max(uj_of_wh(wh + 0.001));
        }
    }

    fn surroundings(&self, device: usize) -> Surroundings {
        let now = self.state.now;
        let minute = (now.0.div_euclid(MINUTE_MS)) as u64;
        let room = &self.state.rooms[self.room_of[device]];
        let noise = |salt: u64| unit(mix(mix(self.seed, salt), minute));
        let lamp_lx = if room.awake > 0 && self.is_dark() { 120.0 } else { 0.0 };
        Surroundings {
            power_mw: self.power_mw(device),
            voltage_v: 226.5 + 7.0 * noise(0xF0),
            frequency_hz: 49.97 + 0.06 * noise(0xF1),
            room_c: room.temperature_c,
            co2_ppm: room.co2_ppm + 12.0 * (noise(0xF2 + device as u64) - 0.5),
            humidity_percent: self.humidity_percent(room),
            light_lx: lamp_lx + (self.state.sun_deg.max(0.0) * 7.5) * (0.6 + 0.4 * noise(0xF3)),
            battery_percent: self.battery_percent(device),
        }
    }

    pub fn battery_percent(&self, device: usize) -> f64 {
        let planned = self.plan.devices[device].battery_percent;
        let at_birth = planned.unwrap_or_else(|| 45.0 + 40.0 * unit(mix(self.seed, 0xBA + device as u64)));
        let fallen = 100.0 * self.state.now.since_ms(self.born) as f64 / BATTERY_LASTS_MS;
        let span = 100.0 - BATTERY_CHANGED_AT;
        BATTERY_CHANGED_AT + (at_birth - BATTERY_CHANGED_AT - fallen).rem_euclid(span)
    }

    fn judge_batteries(&mut self) {
        for device in 0..self.plan.devices.len() {
            if !self.plan.devices[device].kind.has_battery() {
                continue;
            }
            let level = match self.battery_percent(device) {
                percent if percent < 6.0 => 2,
                percent if percent < 15.0 => 1,
                _ => 0,
            };
            if level != self.state.battery_levels[device] {
                self.state.battery_levels[device] = level;
                let readings = self.battery_states(device);
                self.said.push(Said { device, at: self.state.now, what: Change::State(readings) });
            }
        }
    }

    fn battery_states(&self, device: usize) -> Vec<Reading> {
        let kind = self.plan.devices[device].kind;
        if !kind.has_battery() {
            return vec![];
        }
        let level = usize::from(self.state.battery_levels[device]).min(2);
        let mut readings =
            vec![Reading::text(0, "PowerSource.BatChargeLevel", ["OK", "Warning", "Critical"][level])];
        if kind == crate::kind::Kind::SmokeAlarm {
            readings.push(Reading::text(
                1,
                "SmokeCoAlarm.BatteryAlert",
                ["Normal", "Warning", "Critical"][level],
            ));
        }
        readings
    }
}

#[cfg(test)]
#[path = "../home_tests.rs"]
mod tests;
