//! What a device itself bounds: its list of choices, its range and step, the form of its texts and codes. Always
//! narrower than the catalogue, which says what any device may have.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::capability::{Becomes, command};
use crate::invalid::Invalid;
use crate::value::Value;

/// What values one attribute, or one argument of commands, can have on this device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// An attribute (`Number.Value`), also for the commands that set it; or a capability and an argument that sets none
    /// (`DoorLock.Code`).
    #[schema(max_length = 120, example = "ModeSelect.CurrentMode")]
    pub of: String,
    /// The texts that it can be; any where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 512)]
    pub choices: Vec<String>,
    /// The smallest number; of a text, how many characters it has at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Numbers are this far apart, counted from the smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// A regular expression that texts match from their beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    pub pattern: Option<String>,
}

/// More than any device has; what is beyond is refused, or left out of what a stranger says.
pub const BOUNDS_MAX: usize = 16;
pub const CHOICES_MAX: usize = 512;
const CHOICE_MAX_CHARS: usize = 255;
const PATTERN_MAX_BYTES: usize = 512;
const OF_MAX_BYTES: usize = 120;
/// A pattern is compiled at each use, and a stranger wrote it.
const PATTERN_MAX_COMPILED: usize = 64 * 1_024;
/// As many choices as a reason names.
const NAMED_CHOICES: usize = 20;

/// What bounds an argument: the attribute that the command sets with it, or the argument itself.
pub fn bounded_by(command_name: &str, arg: &str) -> String {
    let capability = command_name.split('.').next().unwrap_or_default();
    let sets = command(command_name).and_then(|spec| spec.effect.as_ref()).and_then(|effect| {
        matches!(effect.becomes, Becomes::Arg(name) if name == arg).then_some(effect.attribute)
    });
    format!("{capability}.{}", sets.unwrap_or(arg))
}

impl Bounds {
    pub fn of(what: impl Into<String>) -> Bounds {
        Bounds { of: what.into(), ..Bounds::default() }
    }

    /// Whether it bounds anything.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty()
            && self.min.is_none()
            && self.max.is_none()
            && self.step.is_none()
            && self.pattern.is_none()
    }

    /// Why the value is none of the device's. Never says the value, which may be a code.
    pub fn refuses(&self, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => self.refuses_text(text),
            Value::Integer(_) | Value::Number(_) => self.refuses_number(value.as_f64()?),
            Value::Bool(_) => None,
        }
    }

    fn refuses_text(&self, text: &str) -> Option<String> {
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            let named: Vec<&str> = self.choices.iter().take(NAMED_CHOICES).map(String::as_str).collect();
            let more = self.choices.len() - named.len();
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            return Some(format!("is none of the device's choices: {}{rest}", named.join(", ")));
        }
        let chars = text.chars().count() as f64;
        if self.min.is_some_and(|min| chars < min) || self.max.is_some_and(|max| chars > max) {
            return Some(format!("{} characters", self.range("must have")));
        }
        let pattern = self.pattern.as_deref()?;
        let fits = compiled(pattern).is_some_and(|pattern| pattern.is_match(text));
        (!fits).then(|| format!("does not have the form that the device asks for: {pattern}"))
    }

    fn refuses_number(&self, number: f64) -> Option<String> {
        if self.min.is_some_and(|min| number < min) || self.max.is_some_and(|max| number > max) {
            return Some(self.range("must be"));
        }
        let step = self.step.filter(|step| *step > 0.0)?;
        let steps = (number - self.min.unwrap_or_default()) / step;
        // Steps such as 0.1 are no exact numbers; a thousandth of one is nothing that a person meant.
        let between = (steps - steps.round()).abs() > 1e-3;
        between.then(|| match self.min {
            Some(min) => format!("must be in steps of {step}, counted from {min}"),
            None => format!("must be in steps of {step}"),
        })
    }

    fn range(&self, verb: &str) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{verb} from {min} to {max}"),
            (Some(min), None) => format!("{verb} at least {min}"),
            (None, Some(max)) => format!("{verb} at most {max}"),
            (None, None) => verb.to_owned(),
        }
    }

    /// What is wrong with the bounds themselves: the field's name, and why.
    pub fn fault(&self, capabilities: &[String]) -> Option<(&'static str, String)> {
        let capability = self.of.split_once('.').filter(|(_, member)| {
            !member.is_empty() && member.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if self.of.len() > OF_MAX_BYTES
            || !capability.is_some_and(|(name, _)| capabilities.iter().any(|known| known == name))
        {
            return Some(("of", "must name an attribute or argument of a capability that is there".into()));
        }
        let fits = |choice: &String| choice.chars().count() <= CHOICE_MAX_CHARS && !choice.contains('\0');
        if self.choices.len() > CHOICES_MAX || !self.choices.iter().all(fits) {
            let reason = format!(
                "must be at most {CHOICES_MAX} texts of at most {CHOICE_MAX_CHARS} characters without NUL"
            );
            return Some(("choices", reason));
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            return Some(("max", format!("must not be less than the smallest, {min}")));
        }
        if self.step.is_some_and(|step| step <= 0.0) {
            return Some(("step", "must be more than 0".into()));
        }
        let pattern = self.pattern.as_deref()?;
        compiled(pattern)
            .is_none()
            .then(|| ("pattern", "is not a regular expression that is understood".into()))
    }
}

/// As Python's `match` has it: from the beginning, and as far as the pattern goes.
fn compiled(pattern: &str) -> Option<Regex> {
    if pattern.len() > PATTERN_MAX_BYTES {
        return None;
    }
    let anchored = format!("^(?:{pattern})");
    RegexBuilder::new(&anchored)
        .size_limit(PATTERN_MAX_COMPILED)
        .dfa_size_limit(PATTERN_MAX_COMPILED)
        .build()
        .ok()
}

/// The bounds of a registration; field names below `at`.
pub(crate) fn check(bounds: &[Bounds], capabilities: &[String], at: &str, invalid: &mut Invalid) {
    if bounds.len() > BOUNDS_MAX {
        invalid.add(format!("{at}/bounds"), format!("must have at most {BOUNDS_MAX} entries"));
    }
    for (index, one) in bounds.iter().enumerate() {
        if let Some((field, reason)) = one.fault(capabilities) {
            invalid.add(format!("{at}/bounds/{index}/{field}"), reason);
        }
        if bounds[..index].iter().any(|other| other.of == one.of) {
            invalid.add(format!("{at}/bounds/{index}/of"), "is there twice");
        }
    }
}

/// Those of them that a registration would take.
pub(crate) fn fitting(bounds: Vec<Bounds>, capabilities: &[String]) -> Vec<Bounds> {
    let mut kept: Vec<Bounds> = Vec::new();
    for one in bounds {
        let is_new = kept.iter().all(|other| other.of != one.of);
        if is_new && kept.len() < BOUNDS_MAX && !one.is_empty() && one.fault(capabilities).is_none() {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
