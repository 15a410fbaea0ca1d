//! The past as devices tell it: what they stored while nobody listened, hour by hour for the whole world together,
//! with true times, measured series on a grid of ten minutes. Told again, an hour is the same messages, so that the
//! server knows them. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lares_model::protocol::Channel;
use lares_model::{DeviceId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::home::Change;
use crate::message::{Head, Outgoing, Reading, Report, Stored, Why, encode_report, encode_stored};
use crate::world::{Done, World};

pub(crate) const HOUR_MS: i64 = 3_600_000;
const GRID_MS: i64 = 600_000;
const SERIES_TOLD_EVERY_MS: i64 = 6 * HOUR_MS;
/// Within the protocol's 1,000 readings and 128 KiB.
const READINGS_MAX: usize = 500;
/// Too dull to be stored each time.
const NOT_STORED: [&str; 4] = [
    "Signal.Rssi",
    "ElectricalPowerMeasurement.Voltage",
    "ElectricalPowerMeasurement.ActiveCurrent",
    "ElectricalPowerMeasurement.Frequency",
];
const BATTERY: &str = "PowerSource.BatPercentRemaining";

/// From when on each device, by its serial, has something to tell: what is before that the server has already.
pub(crate) type ToldUntil = BTreeMap<String, UnixMillis>;

#[derive(Clone)]
pub(crate) struct Past {
    /// Where the telling has got to.
    pub world: World,
    /// Commands that were carried out in that past, oldest first.
    done: VecDeque<Done>,
    begins: UnixMillis,
    until: UnixMillis,
    told_until: ToldUntil,
    /// Whose changes have been told to the end already.
    ahead: BTreeSet<DeviceId>,
    /// By unit: measured and not yet told.
    series: Vec<Vec<Stored>>,
    /// Whether what everything was at the beginning has been told.
    opened: bool,
    readings: u64,
}

/// How far the telling has got.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub from: UnixMillis,
    pub reached: UnixMillis,
    pub until: UnixMillis,
}

impl Progress {
    pub fn percent(&self) -> u8 {
        let whole_ms = self.until.since_ms(self.from).max(1);
        (100 * self.reached.since_ms(self.from).clamp(0, whole_ms) / whole_ms) as u8
    }
}

impl Past {
    /// `opened`: a past that goes on, and whose beginning was told before.
    pub fn new(
        world: World,
        done: Vec<Done>,
        until: UnixMillis,
        told_until: ToldUntil,
        opened: bool,
    ) -> Past {
        let series = vec![Vec::new(); world.units.len()];
        let begins = world.birth.from;
        Past {
            begins,
            world,
            done: done.into(),
            until,
            told_until,
            ahead: BTreeSet::new(),
            series,
            opened,
            readings: 0,
        }
    }

    /// How many readings were told.
    pub fn stored(&self) -> u64 {
        self.readings
    }

    pub fn is_over(&self) -> bool {
        self.world.now() >= self.until
    }

    pub fn progress(&self) -> Progress {
        Progress { from: self.begins, reached: self.world.now(), until: self.until }
    }

    /// Nothing waits to be told with a later hour: a good place to remember.
    pub fn is_even(&self) -> bool {
        self.series.iter().all(Vec::is_empty)
    }

    /// What the whole world stored in the next hour.
    pub fn next_hour(&mut self) -> Vec<Outgoing> {
        let mut changes: Vec<Vec<(UnixMillis, Change)>> = vec![Vec::new(); self.world.units.len()];
        if !self.opened {
            self.opened = true;
            let now = self.world.now();
            for (unit, list) in self.world.units.iter().zip(&mut changes) {
                let state = self.world.homes[unit.home].eventful(unit.device);
                list.push((now, Change::State(state)));
            }
        }
        let hour_ends = UnixMillis((self.world.now().0.div_euclid(HOUR_MS) + 1) * HOUR_MS).min(self.until);
        while self.world.now() < hour_ends {
            let next = UnixMillis((self.world.now().0.div_euclid(GRID_MS) + 1) * GRID_MS).min(hour_ends);
            self.step(next, &mut changes);
            if next.0.rem_euclid(GRID_MS) == 0 {
                self.measure(next);
            }
        }
        self.tell(hour_ends, changes)
    }

    fn step(&mut self, until: UnixMillis, changes: &mut [Vec<(UnixMillis, Change)>]) {
        while let Some(done) = self.done.pop_front_if(|done| done.at <= until) {
            self.world.redo(&done);
        }
        for (index, home) in self.world.homes.iter_mut().enumerate() {
            home.step(until);
            for said in home.take_said() {
                let unit =
                    self.world.units.iter().position(|unit| unit.home == index && unit.device == said.device);
                if let Some(unit) = unit {
                    changes[unit].push((said.at, said.what));
                }
            }
        }
    }

    fn measure(&mut self, at: UnixMillis) {
        for (unit, stored) in self.world.units.iter().zip(&mut self.series) {
            if self.told_until.get(&unit.serial).is_some_and(|until| at <= *until) {
                continue;
            }
            let wanted = |reading: &Reading| {
                !NOT_STORED.contains(&reading.attribute)
                    && (reading.attribute != BATTERY || at.0.rem_euclid(SERIES_TOLD_EVERY_MS) == 0)
            };
            let readings = self.world.homes[unit.home].series(unit.device).into_iter().filter(wanted);
            stored.extend(readings.map(|reading| Stored { reading, time: at.0 }));
        }
    }

    fn tell(&mut self, at: UnixMillis, changes: Vec<Vec<(UnixMillis, Change)>>) -> Vec<Outgoing> {
        let mut out = Vec::new();
        let due = at.0.rem_euclid(SERIES_TOLD_EVERY_MS) == 0 || at >= self.until;
        for (index, list) in changes.into_iter().enumerate() {
            if !self.ahead.contains(&self.world.units[index].id) {
                self.tell_changes(index, at, list, &mut out);
            }
            if due {
                let series = std::mem::take(&mut self.series[index]);
                self.tell_stored(index, Channel::Telemetry, at, &series, &mut out);
            }
        }
        out
    }

    fn tell_changes(
        &mut self,
        index: usize,
        at: UnixMillis,
        list: Vec<(UnixMillis, Change)>,
        out: &mut Vec<Outgoing>,
    ) {
        let unit = &self.world.units[index];
        let epoch = self.world.lasting_epoch();
        let mut stored = Vec::new();
        for (time, change) in list {
            if self.told_until.get(&unit.serial).is_some_and(|until| time <= *until) {
                continue;
            }
            match change {
                Change::State(readings) => {
                    stored.extend(readings.into_iter().map(|reading| Stored { reading, time: time.0 }));
                }
                Change::Event(event) => {
                    let head = Head::new(&epoch, time.0 as u64, time);
                    let encoded = encode_report(unit.encoding, head, &Report::Event(event));
                    self.push(index, time, encoded, out);
                }
            }
        }
        self.tell_stored(index, Channel::State, at, &stored, out);
    }

    fn tell_stored(
        &mut self,
        index: usize,
        channel: Channel,
        at: UnixMillis,
        stored: &[Stored],
        out: &mut Vec<Outgoing>,
    ) {
        self.readings += stored.len() as u64;
        let epoch = self.world.lasting_epoch();
        let encoding = self.world.units[index].encoding;
        for (nth, part) in (0_u64..).zip(stored.chunks(READINGS_MAX)) {
            let head = Head::new(&epoch, (at.0 as u64) * 8 + nth, at);
            let encoded = encode_stored(encoding, head, part).map(|payload| (channel, payload));
            self.push(index, at, encoded, out);
        }
    }

    fn push(
        &self,
        index: usize,
        time: UnixMillis,
        encoded: Result<(Channel, Vec<u8>), crate::message::CodecError>,
        out: &mut Vec<Outgoing>,
    ) {
        let device = self.world.units[index].id;
        match encoded {
            Ok((channel, payload)) => out.push(Outgoing { device, channel, time, payload, why: Why::Change }),
            Err(error) => tracing::error!(device.id = %device, %error, "the past could not be encoded"),
        }
    }

    /// A copy to tell the rest of one device from, so that what it says of now does not come before its past; from here
    /// on this past leaves that out. `None` when it does so already.
    pub fn branch_for(&mut self, device: DeviceId) -> Option<Past> {
        self.ahead.insert(device).then(|| self.clone())
    }

    /// All changes of one device that are still to be told. Takes a while.
    pub fn changes_of(mut self, device: DeviceId) -> Vec<Outgoing> {
        self.ahead = self.world.units.iter().map(|unit| unit.id).filter(|id| *id != device).collect();
        let mut out = Vec::new();
        while !self.is_over() {
            let told = self.next_hour().into_iter();
            out.extend(
                told.filter(|message| message.device == device && message.channel != Channel::Telemetry),
            );
        }
        out
    }
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
