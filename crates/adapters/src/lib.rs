//! The dialects that devices of other makers speak, each in a folder of its own. This file is their table.

mod claims;
mod convert;
#[cfg(test)]
mod esphome;
pub mod homeassistant;
mod homie;
mod message;
mod numbers;
mod parts;
mod press;
mod profile;
mod retained;
mod roster;
mod running;
mod shelly;
mod steady;
mod tasmota;
mod template;
#[cfg(test)]
mod testing;
mod wiring;
mod zigbee2mqtt;

use claims::Claims;
use homeassistant::HomeAssistant;
use homie::Homie;
use lares_model::dialect::Dialect;
use shelly::Shelly;
use steady::Steady;
use tasmota::Tasmota;
use zigbee2mqtt::Zigbee2Mqtt;

/// The dialects of one home, in the order of precedence: a device's own before what it says to Home Assistant.
pub fn dialects() -> Vec<Box<dyn Dialect>> {
    let claims = Claims::default();
    vec![
        Box::new(Steady::new(Zigbee2Mqtt::new(claims.clone()))),
        Box::new(Steady::new(Tasmota::new(claims.clone()))),
        Box::new(Steady::new(Shelly::new(claims.clone()))),
        Box::new(Steady::new(Homie::default())),
        Box::new(Steady::new(HomeAssistant::new(claims))),
    ]
}

#[cfg(test)]
mod tests;
