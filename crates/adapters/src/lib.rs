//! The dialects that devices of other makers speak, each in a folder of its own. This file is their table.

mod claims;
mod convert;
pub mod homeassistant;
mod homie;
mod message;
mod numbers;
mod parts;
mod press;
mod profile;
mod retained;
mod roster;
mod shelly;
mod tasmota;
mod template;
#[cfg(test)]
mod testing;
mod wiring;
mod zigbee2mqtt;

use lares_model::dialect::Dialect;

/// The dialects of one home, in the order of precedence: a device's own before what it says to Home Assistant.
pub fn dialects() -> Vec<Box<dyn Dialect>> {
    let claims = claims::Claims::default();
    vec![
        Box::new(zigbee2mqtt::Zigbee2Mqtt::new(claims.clone())),
        Box::new(tasmota::Tasmota::new(claims.clone())),
        Box::new(shelly::Shelly::new(claims.clone())),
        Box::new(homie::Homie::default()),
        Box::new(homeassistant::HomeAssistant::new(claims)),
    ]
}

#[cfg(test)]
mod tests;
