//! The tables of `/profiles`: which of a dialect's names is which attribute, and how units are converted. Parsed once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lares_model::{Value, capability};
use serde::Deserialize;

use crate::convert::Convert;

/// A dialect's own table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Names of numbers.
    #[serde(default)]
    numbers: BTreeMap<String, Numbered>,
    /// Names of two-state values.
    #[serde(default)]
    words: BTreeMap<String, TwoState>,
    /// Names of values that are one of several words.
    #[serde(default)]
    enums: BTreeMap<String, Enum>,
    #[serde(default)]
    ignored: Ignored,
    #[serde(default)]
    pub abbreviations: BTreeMap<String, String>,
    #[serde(default)]
    pub device_abbreviations: BTreeMap<String, String>,
    #[serde(default)]
    pub origin_abbreviations: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Numbered {
    Plain(String),
    /// In this unit where the device names none.
    In {
        attribute: String,
        unit: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoState {
    attribute: String,
    on: Value,
    off: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enum {
    attribute: String,
    words: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
struct Ignored {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Units {
    unit: Vec<Unit>,
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Unit {
    from: String,
    to: String,
    #[serde(default = "one")]
    factor: f64,
    #[serde(default)]
    offset: f64,
}

fn one() -> f64 {
    1.0
}

static UNITS: LazyLock<Units> =
    LazyLock::new(|| toml::from_str(include_str!("../../../profiles/units.toml")).expect("a test parses it"));

/// A profile that is part of the binary.
pub(crate) fn embedded(text: &str) -> Profile {
    toml::from_str(text).expect("a test parses it")
}

/// How a number is read: its attribute, and its unit where the attribute has none of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct Number {
    pub attribute: String,
    pub convert: Convert,
    pub unit: Option<String>,
}

impl Profile {
    /// By its name, else by its unit, else a plain measurement.
    pub fn number(&self, name: &str, unit: &str) -> Number {
        self.named_number(name, unit).or_else(|| number_by_unit(unit)).unwrap_or_else(|| measurement(unit))
    }

    pub fn named_number(&self, name: &str, unit: &str) -> Option<Number> {
        let (attribute, default_unit) = match self.numbers.get(name)? {
            Numbered::Plain(attribute) => (attribute, ""),
            Numbered::In { attribute, unit } => (attribute, unit.as_str()),
        };
        let unit = if unit.is_empty() { default_unit } else { unit };
        if attribute == "Measurement.Value" {
            return Some(measurement(unit));
        }
        let wanted = unit_of(attribute);
        let convert = if unit.is_empty() { Some(Convert::same()) } else { conversion(unit, wanted) }?;
        Some(Number { attribute: attribute.clone(), convert, unit: None })
    }

    /// A two-state value by its name, from the device's words for on and off.
    pub fn two_state(&self, name: &str, on: &str, off: &str) -> Option<(String, Convert)> {
        let known = self.words.get(name)?;
        let convert = Convert::words([(on, known.on.clone()), (off, known.off.clone())]);
        Some((known.attribute.clone(), convert))
    }

    pub fn one_of(&self, name: &str) -> Option<(String, Convert)> {
        let known = self.enums.get(name)?;
        let words = known.words.iter().map(|(word, value)| (word.clone(), Value::Text(value.clone())));
        Some((known.attribute.clone(), Convert::Words(words.collect())))
    }

    pub fn ignores(&self, key: &str) -> bool {
        self.ignored.keys.iter().any(|ignored| ignored == key)
    }
}

pub(crate) fn number_by_unit(unit: &str) -> Option<Number> {
    let (own, attribute) =
        UNITS.attributes.iter().find(|(own, _)| !unit.is_empty() && conversion(unit, own).is_some())?;
    let convert = conversion(unit, own)?;
    Some(Number { attribute: attribute.clone(), convert, unit: None })
}

pub(crate) fn measurement(unit: &str) -> Number {
    let unit = (!unit.is_empty()).then(|| unit.to_owned());
    Number { attribute: "Measurement.Value".to_owned(), convert: Convert::same(), unit }
}

pub(crate) fn conversion(from: &str, to: &str) -> Option<Convert> {
    if from == to {
        return Some(Convert::same());
    }
    let unit = UNITS.unit.iter().find(|unit| unit.from == from && unit.to == to)?;
    Some(Convert::Linear { factor: unit.factor, offset: unit.offset, integer: false })
}

fn unit_of(attribute: &str) -> &'static str {
    capability::attribute(attribute).and_then(|attribute| attribute.kind.unit()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 5] = [
        include_str!("../../../profiles/homeassistant.toml"),
        include_str!("../../../profiles/zigbee2mqtt.toml"),
        include_str!("../../../profiles/tasmota.toml"),
        include_str!("../../../profiles/shelly.toml"),
        include_str!("../../../profiles/homie.toml"),
    ];

    #[test]
    fn every_profile_names_attributes_values_and_units_that_exist() {
        assert!(!UNITS.unit.is_empty());
        for attribute in UNITS.attributes.values() {
            assert!(capability::attribute(attribute).is_some(), "{attribute}");
        }
        for text in ALL {
            let profile = embedded(text);
            for name in profile.numbers.keys() {
                assert!(profile.named_number(name, "").is_some(), "{name}");
            }
            let kind = |name: &str| capability::attribute(name).unwrap_or_else(|| panic!("{name}")).kind;
            for known in profile.words.values() {
                assert!(kind(&known.attribute).accept(&known.on).is_ok(), "{known:?}");
                assert!(kind(&known.attribute).accept(&known.off).is_ok(), "{known:?}");
            }
            for known in profile.enums.values() {
                for value in known.words.values().filter(|value| !value.is_empty()) {
                    assert!(kind(&known.attribute).accept(&Value::Text(value.clone())).is_ok(), "{known:?}");
                }
            }
        }
    }

    #[test]
    fn units_become_those_of_the_catalogue() {
        let profile = embedded(ALL[0]);
        let read = |name: &str, unit: &str, raw: f64| {
            let number = profile.number(name, unit);
            (number.attribute, number.convert.read(&raw.into()).unwrap().unwrap())
        };
        assert_eq!(read("energy", "kWh", 1.5).1, Value::Number(1_500.0));
        assert_eq!(read("temperature", "°F", 212.0).1, Value::Number(100.0));
        assert_eq!(read("power_factor", "%", 56.0).1, Value::Number(0.56));
        assert_eq!(read("something", "kW", 2.0).0, "ElectricalPowerMeasurement.ActivePower");
        assert_eq!(profile.number("pressure", "furlong").unit.as_deref(), Some("furlong"));
    }
}
