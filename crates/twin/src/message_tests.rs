//! Whether the two sides agree: what devices say is what the server reads, in both encodings.

use lares_model::protocol::{Inbound, decode};
use lares_model::reading::{Quality, TimePolicy};
use lares_model::record::{Ack, AckStatus, Body, Entry};
use uuid::Uuid;

use super::*;
use crate::Kind;
use crate::bed::{self, NOON as NOW, first_of, known};

fn read(kind: Kind, channel: Channel, encoding: Option<Encoding>, payload: &[u8]) -> Vec<Entry> {
    let device = known(first_of(kind));
    decode(&TimePolicy::default(), &Inbound { device: &device, channel, encoding, payload, received: NOW })
}

#[test]
fn the_server_reads_every_report_whole() {
    let world = bed::world();
    for (kind, encoding) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Encoding::Json), (kind, Encoding::Cbor)])
    {
        let readings = world.knows(first_of(kind));
        let data = [("operation", "Lock"), ("source", "Remote")].into_iter().collect();
        let capability = if kind == Kind::Lock { "DoorLock.LockOperation" } else { "Identify.Shown" };
        let endpoint = u16::from(kind == Kind::Lock);
        let reports = [
            Report::State(readings.clone()),
            Report::Telemetry(readings),
            Report::Event(Event { endpoint, event: capability, data }),
        ];
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
fn what_was_stored_keeps_its_own_time_in_both_encodings() {
    let stored: Vec<_> = (1..=3)
        .map(|hours| Stored {
            reading: Reading::number(1, "ElectricalPowerMeasurement.ActivePower", f64::from(hours)),
            time: NOW.0 - i64::from(hours) * 3_600_000,
        })
        .collect();
    for encoding in [Encoding::Json, Encoding::Cbor] {
        let payload = encode_stored(encoding, Head::new("e", 3, NOW), &stored).unwrap();
        let entries = read(Kind::Plug, Channel::Telemetry, None, &payload);
        let Body::Readings { readings } = &entries[0].body else { panic!("{entries:?}") };
        assert_eq!(readings.len(), 3);
        for (read, stored) in readings.iter().zip(&stored) {
            assert_eq!((read.time.0, &read.value), (stored.time, &stored.reading.value));
            assert_eq!(read.quality, Quality::Late);
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
        let device = known(first_of(kind));
        let payload = example(channel).as_bytes();
        let inbound = Inbound { device: &device, channel, encoding: None, payload, received: sent };
        let entries = decode(&TimePolicy::default(), &inbound);
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(!matches!(entries[0].body, Body::Rejected { .. }), "{entries:?}");
        assert!(entries[0].identity.is_some());
    }
    let envelope = decode_command(Encoding::Json, example(Channel::Command).as_bytes()).unwrap();
    let (mut world, valve) = (bed::world(), first_of(Kind::Thermostat));
    let envelope = Envelope { device: valve, ..envelope };
    assert_eq!(bed::ack(&world.order(valve, &envelope, sent)).status, AckStatus::Accepted);
}

#[test]
fn events_of_one_instant_have_numbers_of_their_own_and_told_again_the_same_ones() {
    let instants = [5, 5, 5, 6, 9].map(UnixMillis);
    let numbered = || {
        let mut numbers = EventNumbers::default();
        instants.map(|at| numbers.next(at))
    };
    let told = numbered();
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
    assert_eq!(told, numbered());
}
