//! A client of a home's MQTT space, such as Home Assistant, Zigbee2MQTT or a plug: its credentials' name and what it may
//! publish and subscribe there, as data.

use serde::{Deserialize, Serialize};

use crate::home::NAME_MAX_CHARS;
use crate::id::{HomeId, MqttClientId, OrganisationId};
use crate::invalid::Invalid;
use crate::time::UnixMillis;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MqttClient {
    pub id: MqttClientId,
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub name: String,
    /// Unique in the server.
    pub username: String,
    /// Topic filters of the home's own space that it may publish to.
    pub publish: Vec<String>,
    /// Topic filters that it may subscribe within.
    pub subscribe: Vec<String>,
    /// Devices that it announces are accepted without asking.
    pub trusted: bool,
    pub created_at: UnixMillis,
    /// When it last signed in, to the hour or better.
    pub last_seen: Option<UnixMillis>,
}

pub const USERNAME_MIN_CHARS: usize = 2;
pub const USERNAME_MAX_CHARS: usize = 64;
pub const FILTERS_MAX: usize = 32;
pub const FILTER_MAX_BYTES: usize = 256;
/// Everything in the home's space.
pub const ALL_TOPICS: &str = "#";

impl MqttClient {
    /// What tells its sessions from those of others: sessions are keyed by this and the client id.
    pub fn identity(&self) -> String {
        identity(self.id)
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.check_text("/name", &self.name, 1, NAME_MAX_CHARS);
        check_username(&self.username, &mut invalid);
        check_filters("/publish", &self.publish, &mut invalid);
        check_filters("/subscribe", &self.subscribe, &mut invalid);
        invalid.or(())
    }
}

pub fn identity(client: MqttClientId) -> String {
    format!("client:{client}")
}

fn check_username(username: &str, invalid: &mut Invalid) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    if !(USERNAME_MIN_CHARS..=USERNAME_MAX_CHARS).contains(&username.len()) || !username.bytes().all(allowed)
    {
        invalid.add(
            "/username",
            format!(
                "must have from {USERNAME_MIN_CHARS} to {USERNAME_MAX_CHARS} letters, digits, dots, \
                 underscores, hyphens or @"
            ),
        );
    } else if uuid::Uuid::parse_str(username).is_ok() {
        invalid.add("/username", "must not be a UUID: those are the user names of devices");
    }
}

fn check_filters(field: &str, filters: &[String], invalid: &mut Invalid) {
    if filters.len() > FILTERS_MAX {
        invalid.add(field, format!("must have at most {FILTERS_MAX} entries"));
    }
    for (index, filter) in filters.iter().enumerate() {
        if !is_topic_filter(filter) {
            invalid.add(
                format!("{field}/{index}"),
                format!(
                    "must be a topic filter of at most {FILTER_MAX_BYTES} bytes: + stands for a whole \
                     level, # for the rest and at the end only"
                ),
            );
        } else if filter.starts_with('$') {
            invalid.add(format!("{field}/{index}"), "must not start with $: that is the server's own");
        }
    }
}

/// MQTT 5.0, section 4.7.
fn is_topic_filter(filter: &str) -> bool {
    let fits = !filter.is_empty() && filter.len() <= FILTER_MAX_BYTES && !filter.contains(char::is_control);
    let levels: Vec<&str> = filter.split('/').collect();
    let last = levels.len() - 1;
    fits && levels.iter().enumerate().all(|(index, level)| match *level {
        "+" => true,
        "#" => index == last,
        level => !level.contains(['+', '#']),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn client() -> MqttClient {
        MqttClient {
            id: MqttClientId(Uuid::from_u128(1)),
            organisation: OrganisationId(Uuid::from_u128(2)),
            home: HomeId(Uuid::from_u128(3)),
            name: "Zigbee2MQTT".to_owned(),
            username: "home-k3x9a1b2".to_owned(),
            publish: vec![ALL_TOPICS.to_owned()],
            subscribe: vec!["zigbee2mqtt/#".to_owned(), "homeassistant/+/status".to_owned()],
            trusted: false,
            created_at: UnixMillis(0),
            last_seen: None,
        }
    }

    fn wrong(client: MqttClient) -> String {
        client.check().unwrap_err().errors.remove(0).field
    }

    #[test]
    fn a_client_is_refused_for_its_user_name_or_its_filters() {
        assert_eq!(client().check(), Ok(()));
        for username in ["a", "with blank", "ümlaut", "a/b", "0190e5f8-0000-7000-8000-000000000000"] {
            assert_eq!(wrong(MqttClient { username: username.to_owned(), ..client() }), "/username");
        }
        for filter in ["", "a/#/b", "a#", "a/b+", "#/a", "a\0b", "$SYS/#", "$share/g/#"] {
            let publish = vec!["ok/topic".to_owned(), filter.to_owned()];
            assert_eq!(wrong(MqttClient { publish, ..client() }), "/publish/1", "{filter}");
        }
        let subscribe = vec!["a".to_owned(); FILTERS_MAX + 1];
        assert_eq!(wrong(MqttClient { subscribe, ..client() }), "/subscribe");
    }

    #[test]
    fn every_spelling_of_a_uuid_is_a_devices_name() {
        for username in ["0190E5F8000070008000000000000000", "0190e5f8-0000-7000-8000-000000000000"] {
            assert_eq!(wrong(MqttClient { username: username.to_owned(), ..client() }), "/username");
        }
    }
}
