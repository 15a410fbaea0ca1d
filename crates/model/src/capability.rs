//! What a device can tell and do, in Matter's vocabulary (Application Cluster Specification 1.4): clusters are
//! capabilities, with typed attributes in SI units and typed commands. The literals stand in `catalogue.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::attribute_name::AttributeName;
use crate::catalogue::CAPABILITIES;
use crate::invalid::Invalid;
use crate::value::Value;

/// A capability: a Matter cluster, or one of ours where Matter has none.
#[derive(Debug)]
pub struct Capability {
    pub name: &'static str,
    /// The cluster id of the Matter specification; `None` for a capability of ours.
    pub matter_cluster_id: Option<u32>,
    pub meaning: &'static str,
    pub attributes: &'static [Attribute],
    pub commands: &'static [CommandSpec],
}

/// A typed attribute of a capability.
#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub meaning: &'static str,
    /// A change is worth remembering as an event; otherwise the attribute is a measurement and only a series.
    pub eventful: bool,
    /// It only rises, until it is reset: what counts is by how much.
    pub counter: bool,
}

/// The type, unit and range of an attribute or argument.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    Number { unit: &'static str, min: f64, max: f64 },
    Integer { unit: &'static str, min: i64, max: i64 },
    Enum(&'static [&'static str]),
    Text { max_chars: usize },
}

/// A command of a capability.
#[derive(Debug)]
pub struct CommandSpec {
    pub name: &'static str,
    pub meaning: &'static str,
    pub args: &'static [Arg],
    /// Sending it twice leaves the same state, so it may be sent again while it is still wanted.
    pub idempotent: bool,
    /// The report that proves the command took effect; `None` when nothing observable follows.
    pub effect: Option<Effect>,
}

#[derive(Debug)]
pub struct Arg {
    pub name: &'static str,
    pub kind: Kind,
    pub meaning: &'static str,
    /// A command without it is one, too.
    pub optional: bool,
    /// Opens something: it is shown to nobody, and forgotten once the command is settled.
    pub secret: bool,
}

/// What the device reports once a command has taken effect.
#[derive(Debug)]
pub struct Effect {
    pub attribute: &'static str,
    pub becomes: Becomes,
}

#[derive(Debug)]
pub enum Becomes {
    Bool(bool),
    Text(&'static str),
    Arg(&'static str),
}

pub fn capabilities() -> &'static [Capability] {
    CAPABILITIES
}

pub fn capability(name: &str) -> Option<&'static Capability> {
    CAPABILITIES.iter().find(|capability| capability.name == name)
}

/// An attribute by its full name, `Capability.Attribute`.
pub fn attribute(full_name: &str) -> Option<&'static Attribute> {
    AttributeName::known(full_name).map(|(_, attribute)| attribute)
}

/// A command by its full name, `Capability.Command`.
pub fn command(full_name: &str) -> Option<&'static CommandSpec> {
    let (capability_name, command_name) = full_name.split_once('.')?;
    capability(capability_name)?.commands.iter().find(|command| command.name == command_name)
}

impl Kind {
    pub fn unit(&self) -> Option<&'static str> {
        match self {
            Kind::Number { unit, .. } | Kind::Integer { unit, .. } if !unit.is_empty() => Some(unit),
            _ => None,
        }
    }

    /// Whether a report of `is` proves that `wanted` was done. Devices round levels and tones to steps of their own; of
    /// what people set to the half degree nothing is rounded.
    pub fn proves(&self, is: &Value, wanted: &Value) -> bool {
        let (Some(a), Some(b)) = (is.as_f64(), wanted.as_f64()) else { return is == wanted };
        let tolerance = match self.unit() {
            Some("%" | "deg") => 0.5,
            Some("K") => b * 0.005,
            _ => 0.0,
        };
        is.same_as(wanted) || (a - b).abs() <= tolerance
    }

    /// The value in this kind's own type, or why it is not one.
    pub fn accept(&self, value: &Value) -> Result<Value, String> {
        match (self, value) {
            (Kind::Bool, Value::Bool(_)) => Ok(value.clone()),
            (Kind::Number { min, max, .. }, Value::Integer(_) | Value::Number(_)) => {
                let number = value.as_f64().unwrap_or(f64::NAN);
                if number >= *min && number <= *max {
                    Ok(Value::Number(number))
                } else {
                    Err(format!("{number} is outside {self}"))
                }
            }
            (Kind::Integer { min, max, .. }, Value::Integer(integer)) => {
                if integer >= min && integer <= max {
                    Ok(value.clone())
                } else {
                    Err(format!("{integer} is outside {self}"))
                }
            }
            (Kind::Integer { .. }, Value::Number(number)) if number.fract() == 0.0 && number.abs() < 9e15 => {
                self.accept(&Value::Integer(*number as i64))
            }
            (Kind::Enum(names), Value::Text(text)) => {
                if names.contains(&text.as_str()) {
                    Ok(value.clone())
                } else {
                    Err(format!("{:?} is not {self}", shorten(text)))
                }
            }
            (Kind::Text { max_chars }, Value::Text(text)) => {
                if text.chars().count() <= *max_chars && !text.contains('\0') {
                    Ok(value.clone())
                } else {
                    Err(format!("is not {self} without NUL"))
                }
            }
            _ => Err(format!(
                "expected {self}, got {} {value}",
                value.kind_name(),
                value = shorten(&value.to_string())
            )),
        }
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bool => f.write_str("a boolean"),
            Kind::Number { unit, min, max } => write!(f, "a number from {min} to {max} {unit}"),
            Kind::Integer { unit, min, max } => write!(f, "an integer from {min} to {max} {unit}"),
            Kind::Enum(names) => write!(f, "one of {}", names.join(", ")),
            Kind::Text { max_chars } => write!(f, "a text of at most {max_chars} characters"),
        }
    }
}

impl CommandSpec {
    /// Checks the arguments and puts them into their own types.
    pub fn accept_args(
        &self,
        args: &std::collections::BTreeMap<String, Value>,
    ) -> Result<std::collections::BTreeMap<String, Value>, Invalid> {
        let mut invalid = Invalid::default();
        let mut accepted = std::collections::BTreeMap::new();
        for spec in self.args {
            match args.get(spec.name) {
                None if spec.optional => {}
                None => invalid.add(format!("/args/{}", spec.name), format!("is required: {}", spec.kind)),
                Some(value) => match spec.kind.accept(value) {
                    Ok(value) => {
                        accepted.insert(spec.name.to_owned(), value);
                    }
                    // A reason names the value, which of a code nobody is to read.
                    Err(_) if spec.secret => {
                        invalid.add(format!("/args/{}", spec.name), format!("must be {}", spec.kind));
                    }
                    Err(reason) => invalid.add(format!("/args/{}", spec.name), reason),
                },
            }
        }
        for name in args.keys().filter(|name| !self.args.iter().any(|spec| spec.name == name.as_str())) {
            invalid.add(format!("/args/{name}"), format!("{} takes no such argument", self.name));
        }
        invalid.or(accepted)
    }

    /// The attribute and value that prove the effect of this command with these (accepted) arguments.
    pub fn proof(
        &self,
        capability_name: &str,
        args: &std::collections::BTreeMap<String, Value>,
    ) -> Option<(String, Value)> {
        let effect = self.effect.as_ref()?;
        let value = match &effect.becomes {
            Becomes::Bool(value) => Value::Bool(*value),
            Becomes::Text(text) => Value::Text((*text).to_owned()),
            Becomes::Arg(name) => args.get(*name)?.clone(),
        };
        Some((format!("{capability_name}.{}", effect.attribute), value))
    }
}

/// The shape of a capability as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CapabilityView {
    pub name: String,
    /// Matter cluster id; absent for capabilities that Matter does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter_cluster_id: Option<u32>,
    pub meaning: String,
    pub attributes: Vec<AttributeView>,
    pub commands: Vec<CommandSpecView>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttributeView {
    pub name: String,
    /// boolean, number, integer, enum or text, with unit and range in words.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub meaning: String,
    /// Whether a change becomes an event.
    pub eventful: bool,
    /// Whether it only rises, until it is reset: its history has an increase.
    pub counter: bool,
}

/// An argument of a command.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArgView {
    #[serde(flatten)]
    pub shape: AttributeView,
    /// A command without it is one, too.
    pub optional: bool,
    /// It is shown to nobody, and forgotten once the command is settled.
    pub secret: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommandSpecView {
    pub name: String,
    pub meaning: String,
    pub args: Vec<ArgView>,
    /// Whether it may be sent again without another effect.
    pub idempotent: bool,
    /// The attribute whose report confirms the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
}

impl From<&'static Capability> for CapabilityView {
    fn from(capability: &'static Capability) -> Self {
        let view = |name: &str, kind: &Kind, meaning: &str, eventful, counter| AttributeView {
            name: name.to_owned(),
            kind: kind.to_string(),
            unit: kind.unit().map(str::to_owned),
            meaning: meaning.to_owned(),
            eventful,
            counter,
        };
        CapabilityView {
            name: capability.name.to_owned(),
            matter_cluster_id: capability.matter_cluster_id,
            meaning: capability.meaning.to_owned(),
            attributes: capability
                .attributes
                .iter()
                .map(|a| view(a.name, &a.kind, a.meaning, a.eventful, a.counter))
                .collect(),
            commands: capability
                .commands
                .iter()
                .map(|command| CommandSpecView {
                    name: command.name.to_owned(),
                    meaning: command.meaning.to_owned(),
                    args: command
                        .args
                        .iter()
                        .map(|a| ArgView {
                            shape: view(a.name, &a.kind, a.meaning, false, false),
                            optional: a.optional,
                            secret: a.secret,
                        })
                        .collect(),
                    idempotent: command.idempotent,
                    confirmed_by: command
                        .effect
                        .as_ref()
                        .map(|e| format!("{}.{}", capability.name, e.attribute)),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_names_an_attribute_and_an_argument_that_exist() {
        for capability in capabilities() {
            for command in capability.commands {
                let Some(effect) = &command.effect else { continue };
                let full_name = format!("{}.{}", capability.name, effect.attribute);
                let target = attribute(&full_name).unwrap_or_else(|| panic!("{full_name}"));
                match &effect.becomes {
                    Becomes::Bool(value) => assert!(target.kind.accept(&Value::Bool(*value)).is_ok()),
                    Becomes::Text(text) => assert!(target.kind.accept(&Value::Text((*text).into())).is_ok()),
                    Becomes::Arg(name) => assert!(command.args.iter().any(|arg| arg.name == *name)),
                }
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for capability in capabilities() {
            assert_eq!(capabilities().iter().filter(|other| other.name == capability.name).count(), 1);
            for attribute in capability.attributes {
                assert_eq!(
                    capability.attributes.iter().filter(|other| other.name == attribute.name).count(),
                    1
                );
            }
        }
    }

    #[test]
    fn what_a_device_rounds_is_proof_and_what_nobody_rounds_is_not() {
        let proves = |name: &str, is: f64, wanted: f64| {
            attribute(name).unwrap().kind.proves(&Value::Number(is), &Value::Number(wanted))
        };
        assert!(proves("LevelControl.CurrentLevel", 51.18, 51.0));
        assert!(!proves("LevelControl.CurrentLevel", 52.0, 51.0));
        assert!(proves("ColorControl.ColorTemperature", 2_702.7, 2_700.0));
        assert!(!proves("Thermostat.OccupiedHeatingSetpoint", 21.0, 21.5));
        let lock = attribute("DoorLock.LockState").unwrap().kind;
        assert!(!lock.proves(&Value::Text("Locked".into()), &Value::Text("Unlocked".into())));
    }

    #[test]
    fn kinds_say_what_is_wrong() {
        let power = attribute("ElectricalPowerMeasurement.ActivePower").unwrap();
        assert_eq!(power.kind.accept(&Value::Integer(20)), Ok(Value::Number(20.0)));
        assert!(power.kind.accept(&Value::Text("20".into())).unwrap_err().contains("expected a number"));
        let lock = attribute("DoorLock.LockState").unwrap();
        assert!(lock.kind.accept(&Value::Text("Ajar".into())).unwrap_err().contains("one of"));
    }
}
