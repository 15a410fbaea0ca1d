//! The air of rooms: warmth that comes from radiators, people and the sun and leaves through walls and windows, and
//! the carbon dioxide that people breathe out. One explicit step a minute; all time constants are far longer.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use super::Home;
use crate::devices::Device;
use crate::habits::Place;
use crate::random::mix;
use crate::weather::smooth;

/// Through an open window a room loses two thirds of what it is warmer in this time.
const WINDOW_LOSS_H: f64 = 1.3;
const PERSON_K_PER_H: f64 = 0.09;
const SUN_K_PER_H: f64 = 0.22;
const FRESH_PPM: f64 = 420.0;
const AWAKE_PPM_PER_MIN: f64 = 3.8;
const ASLEEP_PPM_PER_MIN: f64 = 2.6;
/// Share of the air that is changed each minute.
const LEAKS_PER_MIN: f64 = 0.0075;
const WINDOW_PER_MIN: f64 = 0.11;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Room {
    pub temperature_c: f64,
    pub co2_ppm: f64,
    pub awake: u8,
    pub asleep: u8,
    pub last_awake: Option<UnixMillis>,
    pub window_open: bool,
}

impl Room {
    pub fn new(temperature_c: f64) -> Room {
        Room {
            temperature_c,
            co2_ppm: FRESH_PPM + 60.0,
            awake: 0,
            asleep: 0,
            last_awake: None,
            window_open: false,
        }
    }
}

impl Home {
    pub(super) fn breathe(&mut self) {
        for index in 0..self.state.rooms.len() {
            let demand = self.heat_demand(index);
            let heating = &self.plan.heating;
            let (outside_c, sun_deg) = (self.state.outside_c, self.state.sun_deg);
            let room = &mut self.state.rooms[index];
            let people = f64::from(room.awake) + f64::from(room.asleep);
            let loss_h = if room.window_open { WINDOW_LOSS_H } else { heating.loss_time_h };
            let change_k_per_h = (outside_c - room.temperature_c) / loss_h
                + heating.power_k_per_h * demand
                + PERSON_K_PER_H * people
                + SUN_K_PER_H * (sun_deg.max(0.0) / 60.0).min(1.0);
            room.temperature_c += change_k_per_h / 60.0;
            let airing = if room.window_open { WINDOW_PER_MIN } else { LEAKS_PER_MIN };
            let breathed =
                AWAKE_PPM_PER_MIN * f64::from(room.awake) + ASLEEP_PPM_PER_MIN * f64::from(room.asleep);
            room.co2_ppm += breathed - (room.co2_ppm - FRESH_PPM) * airing;
        }
    }

    /// From 0 to 1. A room without a thermostat of ours has a plain valve on the wall.
    fn heat_demand(&self, room: usize) -> f64 {
        let own = self.state.devices.iter().enumerate().find_map(|(index, device)| match device {
            Device::Thermostat(thermostat) if self.room_of[index] == room => Some(thermostat.demand()),
            _ => None,
        });
        own.unwrap_or_else(|| {
            let wanted_c = (self.plan.heating.comfort_c + self.plan.heating.setback_c) / 2.0;
            (0.5 * (wanted_c - self.state.rooms[room].temperature_c)).clamp(0.0, 1.0)
        })
    }

    pub(super) fn humidity_percent(&self, room: &Room) -> f64 {
        let damp = 6.0 * smooth(mix(self.seed, 0x0DA), 14 * 3_600_000, self.state.now);
        (41.0 + damp + (room.co2_ppm - FRESH_PPM) / 90.0 + 0.4 * (self.state.outside_c - 10.0))
            .clamp(15.0, 90.0)
    }

    /// Where everybody is, counted by room.
    pub(super) fn count_people(&mut self) {
        for room in &mut self.state.rooms {
            (room.awake, room.asleep) = (0, 0);
        }
        for place in &self.state.places {
            match *place {
                Place::Away => {}
                Place::Asleep(room) => self.state.rooms[room].asleep += 1,
                Place::In(room) => self.state.rooms[room].awake += 1,
            }
        }
        let now = self.state.now;
        for room in self.state.rooms.iter_mut().filter(|room| room.awake > 0) {
            room.last_awake = Some(now);
            self.state.last_awake = Some(now);
        }
    }

    pub(super) fn somebody_home(&self) -> bool {
        self.state.places.iter().any(|place| *place != Place::Away)
    }
}
