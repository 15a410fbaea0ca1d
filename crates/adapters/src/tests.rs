//! All dialects together: whatever comes, they answer and end; and one that is not meant says nothing.

use std::collections::BTreeMap;

use lares_model::capability;
use lares_model::dialect::{Description, Dialect, Finding, Heard};
use proptest::prelude::*;

use crate::testing::{Ear, NOW};

const NAMES: [&str; 5] = ["zigbee2mqtt", "tasmota", "shelly", "homie", "homeassistant"];

/// Topics that dialects listen to, and payloads as they come, to be cut and mixed.
const TOPICS: [&str; 17] = [
    "zigbee2mqtt/bridge/devices",
    "zigbee2mqtt/bridge/groups",
    "zigbee2mqtt/bridge/state",
    "zigbee2mqtt/kitchen/lamp",
    "zigbee2mqtt/bridge/response/x",
    "tasmota/discovery/DC4F2272F8E5/config",
    "tasmota/discovery/DC4F2272F8E5/sensors",
    "tele/tasmota_72F8E5/SENSOR",
    "shellyplus1pm-1/online",
    "shellyplus1pm-1/events/rpc",
    "lares-shelly/rpc",
    "homie/super-car/$nodes",
    "homie/5/x/$description",
    "homie/super-car/$state",
    "homeassistant/light/a/b/config",
    "homeassistant/device/a/config",
    "homeassistant/sensor/b/config",
];

fn payloads() -> Vec<String> {
    let lines = [
        include_str!("zigbee2mqtt/fixtures/home.txt"),
        include_str!("homeassistant/fixtures/zigbee2mqtt.txt"),
        include_str!("homie/fixtures/version-4.txt"),
    ];
    let mut payloads: Vec<String> = lines
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once('\t'))
        .map(|(_, payload)| payload.to_owned())
        .collect();
    payloads.extend(
        [
            include_str!("zigbee2mqtt/fixtures/catalogue.json"),
            include_str!("tasmota/fixtures/config.json"),
            include_str!("tasmota/fixtures/sensor.json"),
            include_str!("shelly/fixtures/plus1pm.json"),
            include_str!("homie/fixtures/version-5.json"),
            "{\"src\":\"shellyplus1pm-1\",\"method\":\"NotifyFullStatus\",\"params\":{\"em:99999\":{\"a_voltage\":1e308},\"switch:-1\":{\"output\":1}}}",
            "true",
            "ready",
            "",
        ]
        .map(str::to_owned),
    );
    payloads
}

/// A payload that is whole, cut, has other bytes in it, or is only bytes.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let known = payloads();
    let some = proptest::sample::select(known);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        some.clone().prop_map(String::into_bytes),
        (some.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let bytes = text.into_bytes();
            let end = at.index(bytes.len() + 1);
            bytes[..end].to_vec()
        }),
        (some, proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)).prop_map(
            |(text, changes)| {
                let mut bytes = text.into_bytes();
                for (at, byte) in changes {
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] = byte;
                    }
                }
                bytes
            }
        ),
    ]
}

fn any_topic() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(TOPICS.as_slice()).prop_map(str::to_owned),
        1 => "[a-z$/#+~{}\\u{0}é]{0,40}",
    ]
}

/// Every finding is one that the hub can take.
fn sound(findings: &[Finding]) {
    for finding in findings {
        match finding {
            Finding::Readings { readings, .. } => {
                for measured in readings {
                    let attribute = capability::attribute(&measured.attribute).unwrap();
                    assert!(attribute.kind.accept(&measured.value).is_ok(), "{measured:?}");
                }
            }
            Finding::Occurred { occurrences, .. } => {
                assert!(occurrences.iter().all(|occurrence| occurrence.event.contains('.')));
            }
            Finding::Say(say) => {
                assert!(!say.topic.is_empty() && say.qos <= 2);
                assert!(!say.topic.contains(['+', '#', '\0']), "{}", say.topic);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_on_any_topic_end_in_findings(
        messages in proptest::collection::vec((any_topic(), any_payload(), any::<bool>(), any::<bool>()), 1..30),
    ) {
        for name in NAMES {
            // The ear checks every description that it hears.
            let mut ear = Ear::of(name);
            for (topic, payload, retain, replayed) in &messages {
                sound(&ear.heard(topic, payload, *retain, *replayed));
            }
        }
    }

    #[test]
    fn any_template_ends(template in ".{0,60}", value in ".{0,20}") {
        let mut ear = Ear::of("homeassistant");
        let config = serde_json::json!({ "unique_id": "x", "state_topic": "s", "value_template": template });
        ear.hears("homeassistant/sensor/x/config", config.to_string());
        ear.hears("s", value);
    }
}

/// Every command of every endpoint of the fixtures' devices is worded or refused with a reason; what is worded and
/// said back as a state is the value that was asked for.
#[test]
fn what_is_described_can_be_worded() {
    let mut worded = 0;
    for (name, fixture) in [
        ("zigbee2mqtt", include_str!("zigbee2mqtt/fixtures/home.txt")),
        ("homeassistant", include_str!("homeassistant/fixtures/zigbee2mqtt.txt")),
        ("homie", include_str!("homie/fixtures/version-4.txt")),
    ] {
        let mut ear = Ear::of(name);
        let mut ids = std::collections::BTreeSet::new();
        for line in fixture.lines() {
            let (topic, payload) = line.split_once('\t').unwrap();
            for finding in ear.hears(topic, payload) {
                if let Finding::Described(description) = finding {
                    ids.insert(description.foreign_id);
                }
            }
        }
        for id in ids {
            for endpoint in ear.description(&id).endpoints {
                worded += word_all(&mut ear, &id, endpoint.endpoint, &endpoint.capabilities);
            }
        }
    }
    assert!(worded > 30, "{worded}");
}

fn word_all(ear: &mut Ear, id: &str, endpoint: u16, capabilities: &[String]) -> usize {
    let mut worded = 0;
    for name in capabilities {
        for command in capability::capability(name).unwrap().commands {
            let full_name = format!("{name}.{}", command.name);
            let args = command
                .args
                .iter()
                .filter(|arg| !arg.optional)
                .map(|arg| (arg.name.to_owned(), sample(&arg.kind)))
                .collect();
            let Ok(says) = ear.dialect.word(id, endpoint, &full_name, &args) else { continue };
            worded += 1;
            let Some((attribute, value)) = command.proof(name, &args) else { continue };
            for say in says {
                // Homie and Zigbee2MQTT say a state in the words that they take it in.
                let Some(topic) = say.topic.strip_suffix("/set") else { continue };
                let heard =
                    Heard { topic, payload: &say.payload, retain: false, replayed: false, received: NOW };
                let findings = ear.dialect.hear(&heard);
                let read = findings.iter().find_map(|finding| match finding {
                    Finding::Readings { readings, .. } => {
                        readings.iter().find(|m| m.endpoint == endpoint && m.attribute == attribute)
                    }
                    _ => None,
                });
                if let Some(read) = read {
                    let near = match (read.value.as_f64(), value.as_f64()) {
                        (Some(read), Some(wanted)) => (read - wanted).abs() <= wanted.abs() * 0.01 + 0.5,
                        _ => read.value == value,
                    };
                    assert!(near, "{full_name}: wanted {value:?}, read {:?}", read.value);
                }
            }
        }
    }
    worded
}

fn sample(kind: &capability::Kind) -> lares_model::Value {
    use capability::Kind;
    use lares_model::Value;
    match kind {
        Kind::Bool => Value::Bool(true),
        Kind::Number { min, max, .. } => Value::Number(42.0_f64.clamp(*min, *max)),
        Kind::Integer { min, max, .. } => Value::Integer(42.clamp(*min, *max)),
        Kind::Enum(names) => Value::Text(names[0].to_owned()),
        Kind::Text { .. } => Value::Text("42".to_owned()),
    }
}

#[test]
fn every_dialect_keeps_quiet_about_strangers() {
    let names: Vec<&str> = crate::dialects().iter().map(|dialect| dialect.name()).collect();
    assert_eq!(names, NAMES);
    for name in NAMES {
        let mut ear = Ear::of(name);
        for topic in
            ["garden/sensor", "owntracks/me/phone", "$SYS/x", "rtl_433/x/devices", "a/bridge/devices"]
        {
            assert_eq!(ear.hears(topic, "{\"temperature\":5}"), Vec::new(), "{name} {topic}");
        }
    }
}

/// A restart reads everything again, in whatever order the retained messages are kept: nothing is described, nothing
/// comes or goes, and nothing is asked that was answered.
#[test]
fn a_restart_changes_nothing() {
    let fixtures = [
        include_str!("zigbee2mqtt/fixtures/home.txt"),
        include_str!("homeassistant/fixtures/zigbee2mqtt.txt"),
        include_str!("homie/fixtures/version-4.txt"),
    ];
    let mut lines: Vec<(&str, &str)> =
        fixtures.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once('\t')).collect();
    let hear = |dialects: &mut [Box<dyn Dialect>], lines: &[(&str, &str)], replayed: bool| {
        let mut found = Vec::new();
        for (topic, payload) in lines {
            let heard = Heard { topic, payload: payload.as_bytes(), retain: true, replayed, received: NOW };
            for dialect in dialects.iter_mut() {
                let name = dialect.name();
                found.extend(dialect.hear(&heard).into_iter().map(|finding| (name, finding)));
            }
        }
        found
    };
    let mut known: BTreeMap<(&str, String), Description> = BTreeMap::new();
    let mut before = crate::dialects();
    for (dialect, finding) in hear(&mut before, &lines, false) {
        match finding {
            Finding::Described(description) => {
                known.insert((dialect, description.foreign_id.clone()), *description);
            }
            Finding::Gone { foreign_id } => {
                known.remove(&(dialect, foreign_id));
            }
            _ => {}
        }
    }
    assert_eq!(known.len(), 7);
    lines.sort_unstable();
    for _ in 0..2 {
        let mut after = crate::dialects();
        for dialect in &mut after {
            let own_name = dialect.name();
            let own = known.iter().filter(|((name, _), _)| *name == own_name);
            own.for_each(|(_, description)| dialect.remember(description));
        }
        let mut found = hear(&mut after, &lines, true);
        found.extend(hear(&mut after, &[("any/topic", "")], false));
        let changes: Vec<_> = found
            .iter()
            .filter(|(_, finding)| matches!(finding, Finding::Described(_) | Finding::Gone { .. }))
            .collect();
        assert!(changes.is_empty(), "{changes:#?}");
        for (name, id) in known.keys() {
            let dialect = after.iter().find(|dialect| dialect.name() == *name).unwrap();
            let values = |dialect: &dyn Dialect| dialect.recall(id).len();
            let old = before.iter().find(|dialect| dialect.name() == *name).unwrap();
            assert_eq!(values(dialect.as_ref()), values(old.as_ref()), "{name} {id}");
        }
        lines.reverse();
    }
}

/// The same home through both of its dialects: what Home Assistant would show is what Zigbee2MQTT says.
#[test]
fn two_dialects_read_the_same_of_one_home() {
    let mut native = Ear::of("zigbee2mqtt");
    native.hears_all(include_str!("zigbee2mqtt/fixtures/home.txt"));
    let mut announced = Ear::of("homeassistant");
    announced.hears_all(include_str!("homeassistant/fixtures/zigbee2mqtt.txt"));
    let read = |ear: &Ear, id: &str| -> Vec<(String, String)> {
        let values = ear.values(id).into_iter();
        let mut read: Vec<_> = values
            .map(|(key, value)| (key.rsplit('/').next().unwrap_or_default().to_owned(), value.to_string()))
            .collect();
        // The bridge says more of an update in its announcement than before the first check.
        read.retain(|(attribute, _)| !attribute.starts_with("SoftwareUpdate."));
        read.sort();
        read
    };
    for ieee in ["0x00158d0000000001", "0x00158d0000000002", "0x00158d0000000003", "0x00158d0000000004"] {
        let (own, theirs) = (read(&native, ieee), read(&announced, &format!("zigbee2mqtt_{ieee}")));
        assert!(own.len() > 2);
        assert_eq!(own, theirs, "{ieee}");
    }
}
