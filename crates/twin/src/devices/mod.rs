//! The kinds of devices: one file each, one line in each match here. A kind knows its own switches; what surrounds it
//! (air, power, daylight) it is told.

mod air_sensor;
mod blind;
mod light;
mod lock;
mod plug;
mod simple;
mod smoke_alarm;
mod thermostat;

use std::collections::BTreeMap;

use lares_model::{UnixMillis, Value};
use serde::{Deserialize, Serialize};

pub(crate) use air_sensor::AirSensor;
pub(crate) use blind::Blind;
pub(crate) use light::Light;
pub(crate) use lock::Lock;
pub(crate) use plug::Plug;
pub(crate) use simple::{Contact, Leak, Meter, Motion};
pub(crate) use smoke_alarm::SmokeAlarm;
pub(crate) use thermostat::Thermostat;

use crate::kind::Kind;
use crate::message::{Event, Reading};
use crate::scenario::{DevicePlan, HeatingPlan};

/// Why a kind did not do what it was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// It will not.
    Refused(String),
    /// It tried and could not.
    Failed(String),
}

pub(crate) type Args = BTreeMap<String, Value>;

/// What a device can measure where it stands, and what it draws.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    pub power_mw: u64,
    pub voltage_v: f64,
    pub frequency_hz: f64,
    pub room_c: f64,
    pub co2_ppm: f64,
    pub humidity_percent: f64,
    pub light_lx: f64,
    pub battery_percent: f64,
}

/// What one kind of device is and does.
pub(crate) trait Behaviour {
    /// What is worth an event when it changes.
    fn state(&self) -> Vec<Reading>;

    /// What it measures again and again.
    fn series(&self, _: &Surroundings) -> Vec<Reading> {
        vec![]
    }

    /// Carries out a command of a capability that it has; an event may go with it.
    fn act(&mut self, name: &str, _: &Args, _: UnixMillis) -> Result<Option<Event>, Refusal> {
        Err(unknown(name))
    }

    /// When it will next change by itself, and does what is due.
    fn due(&self) -> Option<UnixMillis> {
        None
    }

    /// Does what is due at `now`; whether its state changed.
    fn pass(&mut self, _: UnixMillis) -> bool {
        false
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Device {
    Lock(Lock),
    Plug(Plug),
    Meter(Meter),
    Thermostat(Thermostat),
    Leak(Leak),
    Contact(Contact),
    Motion(Motion),
    Smoke(SmokeAlarm),
    Air(AirSensor),
    Light(Light),
    Blind(Blind),
}

impl Device {
    pub fn new(plan: &DevicePlan, heating: &HeatingPlan, counted_uj: u64) -> Device {
        match plan.kind {
            Kind::Lock => Device::Lock(Lock::default()),
            Kind::Plug => Device::Plug(Plug::new(plan.load, counted_uj)),
            Kind::Meter => Device::Meter(Meter::new(counted_uj)),
            Kind::Thermostat => Device::Thermostat(Thermostat::new(heating.setback_c)),
            Kind::LeakSensor => Device::Leak(Leak),
            Kind::Contact => Device::Contact(Contact::default()),
            Kind::Motion => Device::Motion(Motion::default()),
            Kind::SmokeAlarm => Device::Smoke(SmokeAlarm::default()),
            Kind::AirSensor => Device::Air(AirSensor::default()),
            Kind::DimmableLight => Device::Light(Light::new(false)),
            Kind::ColourLight => Device::Light(Light::new(true)),
            Kind::Blind => Device::Blind(Blind::default()),
        }
    }

    pub fn behaviour(&self) -> &dyn Behaviour {
        match self {
            Device::Lock(device) => device,
            Device::Plug(device) => device,
            Device::Meter(device) => device,
            Device::Thermostat(device) => device,
            Device::Leak(device) => device,
            Device::Contact(device) => device,
            Device::Motion(device) => device,
            Device::Smoke(device) => device,
            Device::Air(device) => device,
            Device::Light(device) => device,
            Device::Blind(device) => device,
        }
    }

    pub fn behaviour_mut(&mut self) -> &mut dyn Behaviour {
        match self {
            Device::Lock(device) => device,
            Device::Plug(device) => device,
            Device::Meter(device) => device,
            Device::Thermostat(device) => device,
            Device::Leak(device) => device,
            Device::Contact(device) => device,
            Device::Motion(device) => device,
            Device::Smoke(device) => device,
            Device::Air(device) => device,
            Device::Light(device) => device,
            Device::Blind(device) => device,
        }
    }

    /// The counter of energy, in microjoules.
    pub fn counter_mut(&mut self) -> Option<&mut u64> {
        match self {
            Device::Plug(plug) => Some(&mut plug.energy_uj),
            Device::Meter(meter) => Some(&mut meter.energy_uj),
            _ => None,
        }
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::Refused(format!("name: {} is not known here", name.chars().take(80).collect::<String>()))
}

/// An argument within bounds, or the reason why not.
fn number_within(args: &Args, name: &str, low: f64, high: f64, unit: &str) -> Result<f64, Refusal> {
    let wanted = args.get(name).and_then(Value::as_f64).filter(|wanted| (low..=high).contains(wanted));
    wanted.ok_or_else(|| Refusal::Refused(format!("args.{name}: must be from {low} to {high} {unit}")))
}

const UJ_PER_WH: f64 = 3.6e9;

pub(crate) fn uj_of_wh(wh: f64) -> u64 {
    (wh.max(0.0) * UJ_PER_WH) as u64
}

/// Power, voltage, current and the counter, as a meter shows them.
fn electrical(around: &Surroundings, energy_uj: u64) -> Vec<Reading> {
    let power_w = around.power_mw as f64 / 1_000.0;
    // Down, so that a shown counter never falls.
    let energy_wh = (energy_uj as f64 / UJ_PER_WH * 1_000.0).floor() / 1_000.0;
    vec![
        Reading::number(1, "ElectricalPowerMeasurement.ActivePower", power_w),
        Reading::number(1, "ElectricalPowerMeasurement.Voltage", around.voltage_v),
        Reading::number(1, "ElectricalPowerMeasurement.ActiveCurrent", power_w / around.voltage_v.max(1.0)),
        Reading::number(1, "ElectricalEnergyMeasurement.CumulativeEnergyImported", energy_wh),
    ]
}
