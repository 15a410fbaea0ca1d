//! The protocol: good messages in both encodings, each kind of bad one with its reason, and arbitrary bytes.

use super::*;
use crate::device::Endpoint;
use crate::id::{HomeId, OrganisationId};
use crate::reading::Quality;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn plug() -> Device {
    Device {
        id: DeviceId(Uuid::from_u128(7)),
        organisation: OrganisationId(Uuid::nil()),
        home: HomeId(Uuid::nil()),
        room: None,
        name: "plug".into(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: vec!["OnOff".into(), "ElectricalPowerMeasurement".into()],
            ..Endpoint::default()
        }],
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 60,
        command_counter: 0,
        origin: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn decode_bytes(channel: Channel, payload: &[u8]) -> Vec<Entry> {
    let device = plug();
    decode(
        &TimePolicy::default(),
        &Inbound { device: &device, channel, encoding: None, payload, received: NOW },
    )
}

fn decode_json(channel: Channel, value: &serde_json::Value) -> Vec<Entry> {
    decode_bytes(channel, &serde_json::to_vec(value).unwrap())
}

fn power(value: serde_json::Value) -> serde_json::Value {
    json!({"v": 1, "seq": 4, "time": NOW.0, "readings": [
        {"attribute": "ElectricalPowerMeasurement.ActivePower", "value": value}]})
}

fn rejection(entries: &[Entry]) -> String {
    let reasons: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.body {
            Body::Rejected { rejected } => Some(rejected.reason.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), 1, "{entries:?}");
    reasons[0].clone()
}

#[test]
fn json_and_cbor_of_the_same_message_mean_the_same() {
    let message = power(json!(21.5));
    let from_json = decode_json(Channel::Telemetry, &message);
    let cbor = cbor4ii::serde::to_vec(Vec::new(), &message).unwrap();
    let from_cbor = decode_bytes(Channel::Telemetry, &cbor);
    assert_eq!(from_json, from_cbor);
    let Body::Readings { readings } = &from_json[0].body else { panic!("{from_json:?}") };
    assert_eq!(readings[0].value, Value::Number(21.5));
    assert_eq!((readings[0].endpoint, readings[0].quality), (1, Quality::Measured));
}

#[test]
fn what_is_wrong_is_named_and_what_is_right_is_kept() {
    let mut message = power(json!(5));
    message["readings"].as_array_mut().unwrap().push(json!({"attribute": "OnOff.OnOff", "value": "yes"}));
    let entries = decode_json(Channel::State, &message);
    assert!(matches!(&entries[0].body, Body::Readings { readings } if readings.len() == 1));
    assert!(rejection(&entries).starts_with("readings[1].value: expected a boolean"));
    assert_ne!(entries[0].identity, entries[1].identity);
}

#[test]
fn each_kind_of_garbage_has_its_reason() {
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"{\"v\":1,\"readings\":[".to_vec(), "EOF"),
        (b"".to_vec(), "EOF"),
        (b"\0".to_vec(), "expected value"),
        (b"{\"v\":1,\"readings\":[{\"attribute\":\"\xff\"}]}".to_vec(), "unicode"),
        (power(json!("hot")).to_string().into_bytes(), "expected a number"),
        (power(json!([1])).to_string().into_bytes(), "readings[0].value: invalid type: sequence"),
        (power(json!(1e9)).to_string().into_bytes(), "outside"),
        (json!({"v": 2, "readings": []}).to_string().into_bytes(), "v: version 2"),
        (json!({"v": 1, "readings": []}).to_string().into_bytes(), "readings: must have from 1"),
        (json!({"v": 1, "seq": -1, "readings": []}).to_string().into_bytes(), "seq: invalid value"),
        (json!({"v": 1, "tiem": 1, "readings": []}).to_string().into_bytes(), "unknown field `tiem`"),
        (json!({"v": 1, "time": 0, "readings": [{"attribute": "OnOff.OnOff", "value": true}]}).to_string().into(), "clock is not set"),
        (json!({"v": 1, "time": 7_258_118_400_000_i64, "readings": [{"attribute": "OnOff.OnOff", "value": true}]}).to_string().into(), "in the future"),
        (json!({"v": 1, "readings": [{"attribute": "DoorLock.LockState", "value": "Locked"}]}).to_string().into(), "was not registered with DoorLock"),
        (json!({"v": 1, "readings": [{"attribute": "Nope.X", "value": 1}]}).to_string().into(), "is not known"),
        (b"{\"v\":1,\"readings\":[{\"attribute\":\"OnOff.OnOff\",\"value\":true}]} x".to_vec(), "trailing"),
        (vec![b'['; 100_000], "invalid type"),
        (vec![b' '; PAYLOAD_MAX_BYTES + 1], "at most"),
    ];
    for (payload, expected) in cases {
        let reason = rejection(&decode_bytes(Channel::Telemetry, &payload));
        assert!(reason.contains(expected), "{expected:?} not in {reason:?}");
    }
}

#[test]
fn what_a_store_or_reader_could_not_hold_is_refused() {
    let command = "01890a5d-ac96-774b-bcce-b302099a8057";
    let ack = json!({"v": 1, "seq": 1, "command": command, "status": "refused", "reason": "a\u{0}b"});
    assert!(rejection(&decode_json(Channel::Ack, &ack)).contains("control character"));
    let nested = |depth: usize| {
        let data = (0..depth).fold(json!(1), |inner, _| json!({ "in": inner }));
        json!({"v": 1, "seq": 1, "events": [{"event": "OnOff.Happened", "data": {"x": data}}]})
    };
    assert!(rejection(&decode_json(Channel::Event, &nested(DATA_DEPTH_MAX + 1))).contains("levels deep"));
    assert!(matches!(
        &decode_json(Channel::Event, &nested(DATA_DEPTH_MAX))[0].body,
        Body::Occurrences { .. }
    ));
    let nul = json!({"v": 1, "seq": 1, "events": [{"event": "OnOff.Happened", "data": {"x": "\u{0}"}}]});
    assert!(rejection(&decode_json(Channel::Event, &nul)).contains("without NUL"));
    let name = json!({"v": 1, "seq": 1, "events": [{"event": "OnOff.\u{0}"}]});
    assert!(rejection(&decode_json(Channel::Event, &name)).contains("known capability"));
}

#[test]
fn nan_in_cbor_rejects_that_reading_only() {
    #[derive(Serialize)]
    struct One<'a> {
        attribute: &'a str,
        value: f64,
    }
    #[derive(Serialize)]
    struct Message<'a> {
        v: u8,
        readings: Vec<One<'a>>,
    }
    let name = "ElectricalPowerMeasurement.ActivePower";
    let message = Message {
        v: 1,
        readings: vec![One { attribute: name, value: f64::NAN }, One { attribute: name, value: 1.0 }],
    };
    let entries = decode_bytes(Channel::Telemetry, &cbor4ii::serde::to_vec(Vec::new(), &message).unwrap());
    assert!(
        matches!(&entries[0].body, Body::Readings { readings } if readings.len() == 1 && readings[0].at_least_once)
    );
    assert!(rejection(&entries).contains("NaN"));
}

#[test]
fn topics_have_one_spelling() {
    let device = DeviceId(Uuid::from_u128(0xABC));
    for channel in Channel::ALL {
        assert_eq!(parse_topic(&channel.topic(device)), Some((device, channel)));
    }
    assert_eq!(parse_topic(&Channel::State.topic(device).to_uppercase()), None);
    assert_eq!(parse_topic(&format!("lares/devices/{{{device}}}/state")), None);
    assert_eq!(parse_topic(&format!("lares/devices/{}/state", device.0.simple())), None);
    assert_eq!(parse_topic(&format!("lares/devices/{device}/state/x")), None);
}

proptest! {
    #[test]
    fn any_bytes_give_entries_and_never_a_panic(
        payload in prop::collection::vec(any::<u8>(), 0..400),
        channel in prop::sample::select(Channel::ALL.to_vec()),
    ) {
        prop_assert!(!decode_bytes(channel, &payload).is_empty());
    }

    #[test]
    fn a_damaged_message_gives_entries_and_never_a_panic(at in 0..200_usize, byte in any::<u8>(), cut in 0..200_usize) {
        let mut payload = power(json!(1)).to_string().into_bytes();
        let length = payload.len();
        payload[at % length] = byte;
        payload.truncate(cut.max(1));
        prop_assert!(!decode_bytes(Channel::Telemetry, &payload).is_empty());
    }
}
