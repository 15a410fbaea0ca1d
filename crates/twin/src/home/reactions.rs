//! How the home answers to its people: doors, windows, lamps, blinds and set points. A habit acts when what it wants
//! changes, and not again: whoever switches a lamp by command has it so until habit wants something new.

use lares_model::UnixMillis;

use super::Home;
use crate::devices::Device;
use crate::habits::Happening;
use crate::kind::Load;
use crate::random::{mix, unit};

/// A lamp stays on this long behind somebody who left the room.
const LAMP_LINGERS_MS: i64 = 7 * 60_000;
/// A motion sensor holds this long.
const MOTION_HOLDS_MS: i64 = 4 * 60_000;
/// Heating is set back this long after the last one left or fell asleep.
const SETBACK_AFTER_MS: i64 = 25 * 60_000;
const DARK_BELOW_DEG: f64 = 2.0;
const COOL_WHITE_K: f64 = 4_000.0;
const WARM_WHITE_K: f64 = 2_700.0;

impl Home {
    pub(super) fn is_dark(&self) -> bool {
        self.state.sun_deg < DARK_BELOW_DEG
    }

    /// A happening of the day's agenda.
    pub(super) fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Moves { who, to } => {
                self.state.places[who] = to;
                self.count_people();
                self.sense_motion();
                self.light_rooms();
            }
            Happening::Unlocks(source) => self.turn_locks(false, source),
            Happening::Locks(source) => self.turn_locks(true, source),
            Happening::DoorOpens => self.move_doors(true),
            Happening::DoorCloses => self.move_doors(false),
            Happening::WindowOpens if self.somebody_home() => self.move_windows(true),
            Happening::WindowOpens => {}
            Happening::WindowCloses => self.move_windows(false),
            Happening::Boils => self.start(Load::Kettle),
            Happening::Washes if self.somebody_home() => self.start(Load::WashingMachine),
            Happening::Washes => {}
        }
    }

    /// What each minute brings: darkness, absence, a room that has become warm.
    pub(super) fn react(&mut self) {
        self.count_people();
        self.sense_motion();
        self.light_rooms();
        self.set_heating();
        self.move_blinds();
        for index in 0..self.state.devices.len() {
            let room = &self.state.rooms[self.room_of[index]];
            let changed = match &mut self.state.devices[index] {
                Device::Thermostat(thermostat) => thermostat.decide(room.temperature_c),
                Device::Air(air) => air.judge(room.co2_ppm),
                _ => false,
            };
            if changed {
                self.say_state(index);
            }
        }
    }

    fn turn_locks(&mut self, lock: bool, source: &'static str) {
        for index in 0..self.state.devices.len() {
            let Device::Lock(device) = &mut self.state.devices[index] else { continue };
            if let Some(event) = device.turn(lock, source) {
                self.say_state(index);
                self.say_event(index, event);
            }
        }
    }

    fn move_doors(&mut self, open: bool) {
        for index in 0..self.state.devices.len() {
            let Device::Lock(device) = &mut self.state.devices[index] else { continue };
            // Nobody walks through a bolt: somebody locked it by command in between.
            if device.door_open != open && !(open && device.locked) {
                device.door_open = open;
                self.say_state(index);
            }
        }
    }

    /// Windows that a contact watches are opened to air; a room without one is aired unseen.
    pub(super) fn move_windows(&mut self, open: bool) {
        for room in &mut self.state.rooms {
            room.window_open = open;
        }
        for index in 0..self.state.devices.len() {
            let Device::Contact(contact) = &mut self.state.devices[index] else { continue };
            if contact.open != open {
                contact.open = open;
                self.say_state(index);
            }
        }
    }

    fn start(&mut self, load: Load) {
        let now = self.state.now;
        for index in 0..self.state.devices.len() {
            let there = self.plan.devices[index].load == Some(load);
            if let Device::Plug(plug) = &mut self.state.devices[index]
                && there
                && plug.on
            {
                plug.started = Some(now);
            }
        }
    }

    fn sense_motion(&mut self) {
        let now = self.state.now;
        for index in 0..self.state.devices.len() {
            let room = &self.state.rooms[self.room_of[index]];
            let Device::Motion(motion) = &mut self.state.devices[index] else { continue };
            let lately = room.last_awake.is_some_and(|last| now.since_ms(last) < MOTION_HOLDS_MS);
            let occupied = room.awake > 0 || (motion.occupied && lately);
            if occupied != motion.occupied {
                motion.occupied = occupied;
                self.say_state(index);
            }
        }
    }

    fn light_rooms(&mut self) {
        let (now, dark) = (self.state.now, self.is_dark());
        let hour = self.local_hour();
        for index in 0..self.state.devices.len() {
            let load = self.plan.devices[index].load;
            let room = &self.state.rooms[self.room_of[index]];
            let lately = room.last_awake.is_some_and(|last| now.since_ms(last) < LAMP_LINGERS_MS);
            let wants = |before: bool, when: bool| when && (room.awake > 0 || (before && lately));
            let evening = self.watches_tonight(hour);
            let changed = match &mut self.state.devices[index] {
                Device::Plug(plug) if load == Some(Load::Lamp) => {
                    let wanted = wants(plug.wanted, dark);
                    let turned = wanted != plug.wanted && plug.on != wanted;
                    if wanted != plug.wanted {
                        plug.on = wanted;
                    }
                    plug.wanted = wanted;
                    turned
                }
                Device::Plug(plug) if load == Some(Load::Tv) => {
                    plug.wanted = wants(plug.wanted, evening);
                    false
                }
                Device::Light(light) => {
                    let wanted = wants(light.wanted, dark);
                    let changed = wanted != light.wanted;
                    if changed {
                        light.on = wanted;
                    }
                    if changed && wanted {
                        let late = !(6.0..20.0).contains(&hour);
                        light.level_percent = if late { 45.0 } else { 85.0 };
                        light.kelvin = light.kelvin.map(|_| if late { WARM_WHITE_K } else { COOL_WHITE_K });
                    }
                    light.wanted = wanted;
                    changed
                }
                _ => false,
            };
            if changed {
                self.say_state(index);
            }
        }
    }

    /// Hours since local midnight, as clocks that are not put forward or back count them.
    pub(super) fn local_hour(&self) -> f64 {
        self.state.now.since_ms(self.day_begins) as f64 / 3_600_000.0
    }

    fn watches_tonight(&self, hour: f64) -> bool {
        (19.2..23.5).contains(&hour) && unit(mix(mix(self.seed, 0x7E1E), self.day as u64)) < 0.8
    }

    fn set_heating(&mut self) {
        let now = self.state.now;
        let lately = self.state.last_awake.is_some_and(|last| now.since_ms(last) < SETBACK_AFTER_MS);
        let heating = self.plan.heating.clone();
        for index in 0..self.state.devices.len() {
            let Device::Thermostat(thermostat) = &mut self.state.devices[index] else { continue };
            if lately != thermostat.wants_comfort {
                thermostat.wants_comfort = lately;
                thermostat.set_point_c = if lately { heating.comfort_c } else { heating.setback_c };
                let room_c = self.state.rooms[self.room_of[index]].temperature_c;
                thermostat.decide(room_c);
                self.say_state(index);
            }
        }
    }

    /// Closed when it gets dark and somebody is there, opened once it is light and somebody is up.
    fn move_blinds(&mut self) {
        let awake = self.state.rooms.iter().any(|room| room.awake > 0);
        let wanted = match (self.is_dark(), self.somebody_home()) {
            (true, true) => Some(true),
            (false, true) if awake => Some(false),
            _ => None,
        };
        let now: UnixMillis = self.state.now;
        for index in 0..self.state.devices.len() {
            let Device::Blind(blind) = &mut self.state.devices[index] else { continue };
            if wanted.is_some() && wanted != blind.wanted_closed {
                blind.wanted_closed = wanted;
                blind.go_to(if wanted == Some(true) { 100.0 } else { 0.0 }, now);
                self.say_state(index);
            }
        }
    }
}
