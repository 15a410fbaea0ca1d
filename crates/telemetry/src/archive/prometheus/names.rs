//! How a series of Lares is named in the engine: a metric for each attribute, and labels for the rest.

use std::fmt::Write;

use lares_model::{DeviceId, OrganisationId};

use super::wire::Label;
use crate::codec::column::Kind;

/// All metrics of Lares begin with it.
const PREFIX: &str = "lares_";

/// A time series of the engine. A text is a series for each state, with samples of 1 where the attribute had it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name<'a> {
    pub endpoint: u16,
    pub attribute: &'a str,
    pub kind: Kind,
    /// Of texts.
    pub state: &'a str,
}

impl Name<'_> {
    /// By name, as the protocol wants them. An empty label is none.
    pub fn labels(&self, organisation: OrganisationId, device: DeviceId) -> Vec<Label> {
        let label = |name: &str, value: String| Label { name: name.to_owned(), value };
        let mut labels = vec![
            label("__name__", metric(self.attribute)),
            label("attribute", self.attribute.to_owned()),
            label("device", device.0.to_string()),
            label("endpoint", self.endpoint.to_string()),
            label("kind", kind_text(self.kind).to_owned()),
            label("organisation", organisation.0.to_string()),
        ];
        if !self.state.is_empty() {
            labels.push(label("state", self.state.to_owned()));
        }
        labels
    }
}

pub fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Text => "text",
    }
}

pub fn parse_kind(text: &str) -> Option<Kind> {
    [Kind::Bool, Kind::Integer, Kind::Number, Kind::Text].into_iter().find(|kind| kind_text(*kind) == text)
}

/// `ElectricalPowerMeasurement.ActivePower` is `lares_electrical_power_measurement_active_power`. Two attributes may
/// share a metric; the label tells them apart.
pub fn metric(attribute: &str) -> String {
    let mut name = PREFIX.to_owned();
    let mut lower_before = false;
    for character in attribute.chars() {
        if character.is_ascii_uppercase() && lower_before {
            name.push('_');
        }
        lower_before = character.is_ascii_lowercase() || character.is_ascii_digit();
        name.push(if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' });
    }
    name
}

/// Selects the series of a device, all or those of one attribute of an endpoint.
///
/// `state_of_index` stands in a condition that every series meets. VictoriaMetrics remembers for some seconds which
/// series a selector found, also when it found none; another text is another question.
pub fn selector(device: DeviceId, series: Option<(u16, &str)>, state_of_index: &str) -> String {
    let mut text = match series {
        Some((endpoint, attribute)) => {
            format!("{}{{attribute={},endpoint=\"{endpoint}\",", metric(attribute), quoted(attribute))
        }
        None => format!("{{__name__=~\"{PREFIX}.+\","),
    };
    let _ = write!(text, "device=\"{}\",sealed!={}}}", device.0, quoted(state_of_index));
    text
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn attributes_become_metrics_as_prometheus_writes_them() {
        let power = "ElectricalPowerMeasurement.ActivePower";
        assert_eq!(metric(power), "lares_electrical_power_measurement_active_power");
        assert_eq!(metric("Pm25.Value"), "lares_pm25_value");
        assert_eq!(metric("x-ä.\"y"), "lares_x____y");
    }

    #[test]
    fn labels_are_in_order_and_an_empty_state_is_none() {
        let name = |state| Name { endpoint: 2, attribute: "A.B", kind: Kind::Text, state };
        let ids = (OrganisationId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        let labels = name("on").labels(ids.0, ids.1);
        assert!(labels.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!((labels.len(), name("").labels(ids.0, ids.1).len()), (7, 6));
    }

    #[test]
    fn selectors_cannot_be_broken_out_of() {
        let device = DeviceId(Uuid::nil());
        let text = selector(device, Some((1, "a\"} or x{y=\"\\\n")), "7");
        assert!(text.contains(r#"attribute="a\"} or x{y=\"\\\n","#), "{text}");
    }
}
