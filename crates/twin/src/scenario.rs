//! A scenario: the homes, rooms, devices and people of a world as data. Parsed from TOML, checked as a whole, and
//! described field by field in the crate's README. Pure.

use lares_model::device::{Encoding, Endpoint};
use lares_model::home::{PropertyType, is_same_name};
use serde::Deserialize;

use crate::clock_time::ClockTime;
use crate::faults::{Fault, Misbehaviour};
use crate::kind::{Kind, Load};

const DEMO: &str = include_str!("../scenarios/demo.toml");

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub organisation: String,
    #[serde(rename = "home")]
    pub homes: Vec<HomePlan>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomePlan {
    /// Names the home within the scenario; never shown.
    pub key: String,
    pub name: String,
    pub address: String,
    /// IANA name.
    pub time_zone: String,
    pub property_type: PropertyType,
    pub floor_area_m2: f64,
    /// What no plug of ours measures: router, cooker, pumps.
    pub base_load_w: f64,
    pub weather: WeatherPlan,
    pub heating: HeatingPlan,
    #[serde(rename = "room")]
    pub rooms: Vec<RoomPlan>,
    #[serde(rename = "person", default)]
    pub people: Vec<Person>,
    #[serde(rename = "cleaner", default)]
    pub cleaners: Vec<Cleaner>,
    pub stays: Option<Stays>,
    #[serde(rename = "device", default)]
    pub devices: Vec<DevicePlan>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeatherPlan {
    pub latitude_deg: f64,
    pub longitude_deg: f64,
    /// Mean of a year.
    pub mean_c: f64,
    /// How far midsummer lies above the mean, and midwinter below.
    pub season_k: f64,
    /// How far the afternoon lies above the day's mean, and the night below.
    pub day_k: f64,
    /// How far fronts carry the weather away from all that.
    pub unrest_k: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatingPlan {
    /// In this time a room loses two thirds of what it is warmer than outside.
    pub loss_time_h: f64,
    /// What a fully open radiator adds.
    pub power_k_per_h: f64,
    pub comfort_c: f64,
    /// At night and while nobody is there.
    pub setback_c: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomPlan {
    pub name: String,
    #[serde(rename = "use")]
    pub used_as: Use,
}

/// What people do in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    Hall,
    Living,
    Kitchen,
    Bath,
    Bed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// `Mon` is 0.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// Somebody who lives there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub wakes: ClockTime,
    pub sleeps: ClockTime,
    #[serde(default)]
    pub away: Vec<Away>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    pub days: Vec<Weekday>,
    pub leaves: ClockTime,
    pub returns: ClockTime,
}

/// Somebody who comes to work and leaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cleaner {
    pub name: String,
    pub days: Vec<Weekday>,
    pub arrives: ClockTime,
    pub stays_h: f64,
}

/// Guests who come for some nights: which, is drawn for each week. The home is cleaned when they have left.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stays {
    /// From 0 to 1: how many weeks have a stay.
    pub booked_share: f64,
    pub nights_min: u8,
    pub nights_max: u8,
    pub guests_max: u8,
    pub check_in: ClockTime,
    pub check_out: ClockTime,
}

/// A device to register, and what it does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicePlan {
    pub kind: Kind,
    pub name: String,
    /// One of the home's rooms.
    pub room: String,
    pub vendor: String,
    pub model: String,
    /// Unique in the scenario: by it a device is found again.
    pub serial: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub encoding: Encoding,
    #[serde(default = "expected_interval_s")]
    pub expected_interval_s: u32,
    /// What hangs on a plug.
    pub load: Option<Load>,
    /// What a light draws at full level.
    pub rated_w: Option<f64>,
    /// On the day of the world's first start; it falls from there and was higher before.
    pub battery_percent: Option<f64>,
    #[serde(default)]
    pub misbehaviour: Vec<Misbehaviour>,
}

fn expected_interval_s() -> u32 {
    300
}

impl DevicePlan {
    pub fn firmware(&self) -> &'static str {
        self.kind.firmware()
    }

    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.kind.endpoints()
    }
}

/// What is wrong with a scenario: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct ScenarioError(pub Vec<String>);

impl Scenario {
    /// The world of `lares demo`.
    pub fn demo() -> Result<Scenario, ScenarioError> {
        Scenario::parse(DEMO)
    }

    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario =
            toml::from_str(text).map_err(|error| ScenarioError(vec![error.to_string().trim().to_owned()]))?;
        let mut wrong = Vec::new();
        scenario.check(&mut wrong);
        if wrong.is_empty() { Ok(scenario) } else { Err(ScenarioError(wrong)) }
    }

    /// Every device with its home, in the order of the file.
    pub fn devices(&self) -> impl Iterator<Item = (&HomePlan, &DevicePlan)> {
        self.homes.iter().flat_map(|home| home.devices.iter().map(move |device| (home, device)))
    }

    pub fn device(&self, serial: &str) -> Option<(&HomePlan, &DevicePlan)> {
        self.devices().find(|(_, device)| device.serial == serial)
    }

    /// Has a device misbehave besides what its plan says: `DEVICE=FAULT[,FIELD=VALUE...]`, the device by its serial or
    /// its name.
    pub fn misbehave(&mut self, asked: &str) -> Result<(), ScenarioError> {
        let wrong = |reason: String| ScenarioError(vec![reason]);
        let Some((device, fault)) = asked.split_once('=') else {
            return Err(wrong(format!("{asked:?}: must be DEVICE=FAULT")));
        };
        let fault = Misbehaviour::worded(fault)
            .map_err(|reason| wrong(format!("device {device:?}: fault: {reason}")))?;
        let plans = self.homes.iter_mut().flat_map(|home| &mut home.devices);
        let mut named: Vec<_> =
            plans.filter(|plan| plan.serial == device || plan.name.eq_ignore_ascii_case(device)).collect();
        match named.as_mut_slice() {
            [one] => one.misbehaviour.push(fault),
            [] => return Err(wrong(format!("device {device:?}: there is none of this serial or name"))),
            _ => return Err(wrong(format!("device {device:?}: several have this name; give the serial"))),
        }
        let mut reasons = Vec::new();
        self.check(&mut reasons);
        if reasons.is_empty() { Ok(()) } else { Err(ScenarioError(reasons)) }
    }

    fn check(&self, wrong: &mut Vec<String>) {
        if self.homes.is_empty() {
            wrong.push("home: there must be at least one".to_owned());
        }
        for (index, home) in self.homes.iter().enumerate() {
            let path = format!("home {:?}", home.key);
            if self.homes[..index].iter().any(|other| other.key == home.key || other.name == home.name) {
                wrong.push(format!("{path}: key or name is there twice"));
            }
            home.check(&path, wrong);
        }
        let serials: Vec<_> = self.devices().map(|(_, device)| device.serial.as_str()).collect();
        for (index, serial) in serials.iter().enumerate() {
            if serials[..index].contains(serial) {
                wrong.push(format!("device.serial: {serial:?} is there twice"));
            }
        }
    }
}

impl HomePlan {
    fn check(&self, path: &str, wrong: &mut Vec<String>) {
        let mut needs = |holds: bool, reason: &str| {
            if !holds {
                wrong.push(format!("{path}: {reason}"));
            }
        };
        let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
        needs(lares_model::time::is_iana_time_zone(&self.time_zone), "time_zone: not an IANA zone");
        needs(within(self.floor_area_m2, 1.0, 100_000.0), "floor_area_m2: must be from 1 to 100000");
        needs(within(self.base_load_w, 0.0, 20_000.0), "base_load_w: must be from 0 to 20000");
        needs(within(self.weather.latitude_deg, -66.0, 66.0), "weather.latitude_deg: must be from -66 to 66");
        needs(within(self.weather.longitude_deg, -180.0, 180.0), "weather.longitude_deg: from -180 to 180");
        needs(within(self.weather.mean_c, -10.0, 30.0), "weather.mean_c: must be from -10 to 30");
        let swings = [self.weather.season_k, self.weather.day_k, self.weather.unrest_k];
        needs(
            swings.iter().all(|k| within(*k, 0.0, 20.0)),
            "weather: season_k, day_k, unrest_k: from 0 to 20",
        );
        needs(within(self.heating.loss_time_h, 5.0, 500.0), "heating.loss_time_h: must be from 5 to 500");
        needs(within(self.heating.power_k_per_h, 0.1, 10.0), "heating.power_k_per_h: must be from 0.1 to 10");
        let set_points = [self.heating.comfort_c, self.heating.setback_c];
        needs(
            set_points.iter().all(|c| within(*c, 5.0, 30.0)),
            "heating: comfort_c, setback_c: from 5 to 30",
        );
        needs(!self.rooms.is_empty(), "room: there must be at least one");
        for (index, room) in self.rooms.iter().enumerate() {
            let again = self.rooms[..index].iter().any(|other| is_same_name(&other.name, &room.name));
            needs(!again, &format!("room {:?} is there twice", room.name));
        }
        for cleaner in &self.cleaners {
            let sane = within(cleaner.stays_h, 0.1, 12.0)
                && cleaner.arrives.minutes() as f64 + cleaner.stays_h * 60.0 < 23.5 * 60.0;
            needs(sane, &format!("cleaner {:?}: must leave the same day, after 0.1 to 12 h", cleaner.name));
        }
        for person in &self.people {
            person.check(&mut needs);
        }
        if let Some(stays) = &self.stays {
            stays.check(&mut needs);
        }
        for device in &self.devices {
            device.check(self, &mut needs);
        }
    }
}

impl Person {
    fn check(&self, needs: &mut impl FnMut(bool, &str)) {
        let name = &self.name;
        needs(
            self.wakes < self.sleeps && self.sleeps.minutes() <= 23 * 60 + 50,
            &format!("person {name:?}: must wake before sleeping, and sleep by 23:50"),
        );
        for away in &self.away {
            let in_order = self.wakes.minutes() + 60 <= away.leaves.minutes()
                && away.leaves.minutes() + 45 <= away.returns.minutes()
                && away.returns.minutes() + 45 <= self.sleeps.minutes();
            needs(
                in_order,
                &format!(
                    "person {name:?}: leaves an hour or more after waking, is away for 45 min or more, and is back \
                     45 min or more before sleeping"
                ),
            );
        }
    }
}

impl Stays {
    fn check(&self, needs: &mut impl FnMut(bool, &str)) {
        needs((0.0..=1.0).contains(&self.booked_share), "stays.booked_share: must be from 0 to 1");
        needs(
            (1..=6).contains(&self.nights_min) && (self.nights_min..=6).contains(&self.nights_max),
            "stays.nights_min, nights_max: from 1 to 6, the least first",
        );
        needs((1..=12).contains(&self.guests_max), "stays.guests_max: must be from 1 to 12");
        let hours = (8 * 60..=12 * 60).contains(&self.check_out.minutes())
            && (14 * 60..=21 * 60).contains(&self.check_in.minutes());
        needs(hours, "stays: check_out must be from 08:00 to 12:00, check_in from 14:00 to 21:00");
    }
}

impl DevicePlan {
    fn check(&self, home: &HomePlan, needs: &mut impl FnMut(bool, &str)) {
        let name = &self.name;
        let has_room = home.rooms.iter().any(|room| room.name == self.room);
        needs(has_room, &format!("device {name:?}: room: there is no {:?}", self.room));
        let plug = self.kind == Kind::Plug;
        needs(
            plug == self.load.is_some(),
            &format!("device {name:?}: load: a plug has one, others have none"),
        );
        let light = matches!(self.kind, Kind::DimmableLight | Kind::ColourLight);
        let rated = self.rated_w.is_none_or(|rated_w| (0.5..=2_000.0).contains(&rated_w));
        needs(
            rated && (light || self.rated_w.is_none()),
            &format!("device {name:?}: rated_w: for lights only, from 0.5 to 2000"),
        );
        let battery = self.battery_percent.is_none_or(|percent| (1.0..=100.0).contains(&percent));
        needs(
            battery && (self.kind.has_battery() || self.battery_percent.is_none()),
            &format!("device {name:?}: battery_percent: for battery devices only, from 1 to 100"),
        );
        needs(!self.serial.is_empty(), &format!("device {name:?}: serial: must not be empty"));
        for fault in &self.misbehaviour {
            if let Err(reason) = fault.check() {
                needs(false, &format!("device {name:?}: misbehaviour: {reason}"));
            }
            let flat = fault.fault == Fault::FlatBattery;
            needs(
                !flat || self.kind.has_battery(),
                &format!("device {name:?}: misbehaviour: flat_battery: it has no battery"),
            );
        }
    }
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
