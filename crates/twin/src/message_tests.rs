//! Whether the two sides agree: what devices say is what the server reads, in both encodings.

use lares_model::device::Device as Registered;
use lares_model::protocol::{Inbound, decode};
use lares_model::reading::{Quality, TimePolicy};
use lares_model::record::{Ack, AckStatus, Body, Entry};
use lares_model::{DeviceId, HomeId, OrganisationId};
use uuid::Uuid;

use super::*;
use crate::blueprint::Kind;
use crate::device::Device;
use crate::random::Random;

const NOW: UnixMillis = UnixMillis(1_795_172_400_000);

fn registered(kind: Kind) -> Registered {
    Registered {
        id: DeviceId(Uuid::from_u128(7)),
        organisation: OrganisationId(Uuid::from_u128(1)),
        home: HomeId(Uuid::from_u128(2)),
        room: None,
        name: String::new(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        endpoints: kind.endpoints(),
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 60,
        command_counter: 0,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn read(kind: Kind, channel: Channel, encoding: Option<Encoding>, payload: &[u8]) -> Vec<Entry> {
    let device = registered(kind);
    decode(&TimePolicy::default(), &Inbound { device: &device, channel, encoding, payload, received: NOW })
}

#[test]
fn the_server_reads_every_report_whole() {
    for (kind, encoding) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Encoding::Json), (kind, Encoding::Cbor)])
    {
        let mut device = Device::new(kind, DeviceId(Uuid::from_u128(7)), 1, NOW);
        let mut reports = device.tick(NOW, &mut Random::new(1));
        reports.push(device.state());
        let data = [("operation", "Lock"), ("source", "Remote")].into_iter().collect();
        let capability = if kind == Kind::Lock { "DoorLock.LockOperation" } else { "Identify.Shown" };
        let endpoint = u16::from(kind == Kind::Lock);
        reports.push(Report::Event(Event { endpoint, event: capability, data }));
        for report in reports {
            let (channel, payload) = encode_report(encoding, Head::new("e", 3, NOW), &report).unwrap();
            // With and without a content type: MQTT 3.1.1 has none.
            for said in [Some(encoding), None] {
                let entries = read(kind, channel, said, &payload);
                assert_eq!(entries.len(), 1, "{entries:?}");
                assert!(entries[0].identity.is_some());
                match (&entries[0].body, &report) {
                    (Body::Readings { readings }, Report::State(said) | Report::Telemetry(said)) => {
                        assert_eq!(readings.len(), said.len());
                        let whole = readings.iter().zip(said).all(|(read, said)| {
                            read.value.same_as(&said.value)
                                && read.time == NOW
                                && read.quality == Quality::Measured
                                && !read.at_least_once
                        });
                        assert!(whole, "{readings:?}");
                    }
                    (Body::Occurrences { occurrences }, Report::Event(said)) => {
                        assert_eq!(occurrences[0].event, said.event);
                        assert_eq!(occurrences[0].data["operation"], "Lock");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn the_server_reads_every_answer() {
    let command = CommandId(Uuid::from_u128(0xABCD));
    for encoding in [Encoding::Json, Encoding::Cbor] {
        for (answer, status) in [
            (Answer::Accepted, AckStatus::Accepted),
            (Answer::Refused, AckStatus::Refused),
            (Answer::Failed, AckStatus::Failed),
        ] {
            for reason in [None, Some("because")] {
                let payload = encode_ack(encoding, Head::new("e", 3, NOW), command, answer, reason).unwrap();
                let entries = read(Kind::Plug, Channel::Ack, None, &payload);
                let reason = reason.map(str::to_owned);
                assert_eq!(entries[0].body, Body::Ack { ack: Ack { command, status, reason } });
            }
        }
    }
}

#[test]
fn the_device_reads_the_servers_commands() {
    let envelope = Envelope {
        v: 1,
        command: CommandId(Uuid::from_u128(3)),
        device: DeviceId(Uuid::from_u128(7)),
        counter: 4,
        issued: NOW.0,
        not_after: NOW.0 + 1,
        nonce: "00".repeat(16),
        endpoint: 1,
        name: "Thermostat.SetOccupiedHeatingSetpoint".to_owned(),
        args: [("Setpoint".to_owned(), Value::Number(20.5))].into(),
        preconditions: vec![lares_model::command::Condition {
            endpoint: 1,
            attribute: "Thermostat.SystemMode".to_owned(),
            equals: Value::Text("Heat".to_owned()),
        }],
    };
    for encoding in [Encoding::Json, Encoding::Cbor] {
        let payload = envelope.encode(encoding).unwrap();
        assert_eq!(decode_command(encoding, &payload).unwrap(), envelope);
        assert!(decode_command(encoding, &payload[..payload.len() - 1]).is_err());
    }
}

/// The examples of the manual, each in a block that names its channel.
fn example(channel: Channel) -> &'static str {
    let manual = include_str!("../../../docs/device-protocol.md");
    let start = format!("```json {}\n", channel.name());
    let (_, rest) = manual.split_once(&start).expect("an example of each channel");
    rest.split_once("```").expect("an end").0
}

#[test]
fn the_manuals_examples_are_what_the_server_reads_and_devices_obey() {
    let sent = UnixMillis(1_795_197_860_000);
    for (channel, kind) in [
        (Channel::Telemetry, Kind::Plug),
        (Channel::State, Kind::Plug),
        (Channel::Event, Kind::Lock),
        (Channel::Ack, Kind::Thermostat),
    ] {
        let device = registered(kind);
        let payload = example(channel).as_bytes();
        let inbound = Inbound { device: &device, channel, encoding: None, payload, received: sent };
        let entries = decode(&TimePolicy::default(), &inbound);
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(!matches!(entries[0].body, Body::Rejected { .. }), "{entries:?}");
        assert!(entries[0].identity.is_some());
    }
    let envelope = decode_command(Encoding::Json, example(Channel::Command).as_bytes()).unwrap();
    let mut device = Device::new(Kind::Thermostat, envelope.device, 1, sent);
    assert_eq!(device.obey(&envelope, sent).answer, Answer::Accepted);
}
