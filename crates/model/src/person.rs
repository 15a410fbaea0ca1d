//! What a person prefers: language, time zone, units, what to be told by mail, and what may be done with their data.

use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;
use crate::time::is_iana_time_zone;

/// The languages of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
}

impl Language {
    pub const EVERY: [Language; 2] = [Language::En, Language::De];

    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
        }
    }

    /// The language of a tag such as `de-AT`; what is not spoken here is English.
    pub fn of_tag(tag: &str) -> Language {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Language::De } else { Language::En }
    }
}

/// In what quantities are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Units {
    #[default]
    Metric,
    Imperial,
}

/// What a person is told by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationChoices {
    /// Always true: what happens to the account itself is always told.
    pub security: bool,
    pub alarms: bool,
    pub invitations: bool,
    /// News of the product.
    pub product: bool,
}

impl Default for NotificationChoices {
    fn default() -> Self {
        NotificationChoices { security: true, alarms: true, invitations: true, product: false }
    }
}

/// What may be done with a person's data beyond what the service needs. Nothing, unless they say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataChoices {
    /// Anonymous statistics of how the product is used.
    pub usage_statistics: bool,
    /// Comparing a home's consumption with that of others like it.
    pub comparisons: bool,
}

/// A change of what a person is told. What is left out stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationChange {
    /// Only `true` is taken.
    pub security: Option<bool>,
    pub alarms: Option<bool>,
    pub invitations: Option<bool>,
    pub product: Option<bool>,
}

/// A change of what may be done with a person's data. What is left out stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataChange {
    pub usage_statistics: Option<bool>,
    pub comparisons: Option<bool>,
}

impl NotificationChange {
    pub fn of(self, before: NotificationChoices) -> NotificationChoices {
        NotificationChoices {
            security: self.security.unwrap_or(before.security),
            alarms: self.alarms.unwrap_or(before.alarms),
            invitations: self.invitations.unwrap_or(before.invitations),
            product: self.product.unwrap_or(before.product),
        }
    }
}

impl DataChange {
    pub fn of(self, before: DataChoices) -> DataChoices {
        DataChoices {
            usage_statistics: self.usage_statistics.unwrap_or(before.usage_statistics),
            comparisons: self.comparisons.unwrap_or(before.comparisons),
        }
    }
}

/// Everything a person prefers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    pub language: Language,
    /// A zone of the IANA database, in which instants are shown.
    pub time_zone: String,
    pub units: Units,
    pub notifications: NotificationChoices,
    pub data: DataChoices,
}

impl Default for Preferences {
    fn default() -> Self {
        Preferences {
            language: Language::default(),
            time_zone: "UTC".to_owned(),
            units: Units::default(),
            notifications: NotificationChoices::default(),
            data: DataChoices::default(),
        }
    }
}

impl Preferences {
    pub fn check(&self, invalid: &mut Invalid) {
        if !is_iana_time_zone(&self.time_zone) {
            invalid.add("/time_zone", "must be a zone of the IANA database, such as Europe/Madrid");
        }
        if !self.notifications.security {
            invalid.add("/notifications/security", "cannot be switched off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_private_and_safe() {
        let none: Preferences = serde_json::from_str("{}").unwrap();
        assert_eq!(none, Preferences::default());
        assert!(!none.data.usage_statistics && !none.data.comparisons && none.notifications.security);
        let mut invalid = Invalid::default();
        none.check(&mut invalid);
        assert_eq!(invalid.errors, []);
    }

    #[test]
    fn security_is_always_told_and_a_zone_is_a_real_one() {
        let mut wrong = Preferences { time_zone: "Mars/Olympus".to_owned(), ..Preferences::default() };
        wrong.notifications.security = false;
        let mut invalid = Invalid::default();
        wrong.check(&mut invalid);
        let fields: Vec<_> = invalid.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["/time_zone", "/notifications/security"]);
    }

    #[test]
    fn a_tag_names_its_language() {
        for (tag, language) in [
            ("de", Language::De),
            ("de-AT", Language::De),
            ("DE_ch", Language::De),
            ("en-GB", Language::En),
            ("fr", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
