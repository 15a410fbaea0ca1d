//! What must hold of the codec for every packet, every split and every garbage.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use bytes::{Bytes, BytesMut};
use lares_mqtt::codec::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn any_text() -> impl Strategy<Value = Text> {
    "[^\u{0}]{0,12}".prop_map(|text| Text::new(text).unwrap())
}

fn topic() -> impl Strategy<Value = Text> {
    "[a-zA-Z0-9/$ é漢]{1,12}".prop_map(|text| Text::new(text).unwrap())
}

fn filter() -> impl Strategy<Value = Text> {
    let level = prop_oneof!["[a-z$é]{0,4}", Just("+".to_owned())];
    (vec(level, 0..4), any::<bool>()).prop_map(|(mut levels, all)| {
        if all || levels.iter().all(String::is_empty) {
            levels.push("#".to_owned());
        }
        Text::new(levels.join("/")).unwrap()
    })
}

fn data() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn packet_id() -> impl Strategy<Value = PacketId> {
    (1..=u16::MAX).prop_map(|id| PacketId::new(id).unwrap())
}

fn qos() -> impl Strategy<Value = Qos> {
    prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)]
}

fn property() -> impl Strategy<Value = (Property, &'static [Place])> {
    use Place::*;
    use Property as P;
    prop_oneof![
        any::<bool>().prop_map(|v| (P::PayloadFormatIndicator(v), &[Publish, Will][..])),
        any::<u32>().prop_map(|v| (P::MessageExpiryInterval(v), &[Publish, Will][..])),
        any_text().prop_map(|v| (P::ContentType(v), &[Publish, Will][..])),
        topic().prop_map(|v| (P::ResponseTopic(v), &[Publish, Will][..])),
        data().prop_map(|v| (P::CorrelationData(v), &[Publish, Will][..])),
        (1..=VARIABLE_MAX).prop_map(|v| (P::SubscriptionIdentifier(Variable(v)), &[Publish, Subscribe][..])),
        any::<u32>().prop_map(|v| (P::SessionExpiryInterval(v), &[Connect, ConnAck, Disconnect][..])),
        any_text().prop_map(|v| (P::AssignedClientIdentifier(v), &[ConnAck][..])),
        any::<u16>().prop_map(|v| (P::ServerKeepAlive(v), &[ConnAck][..])),
        any_text().prop_map(|v| (P::AuthenticationMethod(v), &[Connect, ConnAck, Auth][..])),
        any::<bool>().prop_map(|v| (P::RequestProblemInformation(v), &[Connect][..])),
        any::<u32>().prop_map(|v| (P::WillDelayInterval(v), &[Will][..])),
        any::<bool>().prop_map(|v| (P::RequestResponseInformation(v), &[Connect][..])),
        any_text().prop_map(|v| (P::ResponseInformation(v), &[ConnAck][..])),
        any_text().prop_map(|v| (P::ServerReference(v), &[ConnAck, Disconnect][..])),
        any_text().prop_map(|v| (P::ReasonString(v), &[ConnAck, Ack, Disconnect, Auth][..])),
        (1..=u16::MAX).prop_map(|v| (P::ReceiveMaximum(v), &[Connect, ConnAck][..])),
        any::<u16>().prop_map(|v| (P::TopicAliasMaximum(v), &[Connect, ConnAck][..])),
        (1..=u16::MAX).prop_map(|v| (P::TopicAlias(v), &[Publish][..])),
        any::<bool>().prop_map(|v| (P::MaximumQos(v), &[ConnAck][..])),
        any::<bool>().prop_map(|v| (P::RetainAvailable(v), &[ConnAck][..])),
        (any_text(), any_text()).prop_map(|v| {
            let all = &[Connect, Will, ConnAck, Publish, Ack, Subscribe, Unsubscribe, Disconnect, Auth];
            (P::UserProperty(v), &all[..])
        }),
        (1..=u32::MAX).prop_map(|v| (P::MaximumPacketSize(v), &[Connect, ConnAck][..])),
        any::<bool>().prop_map(|v| (P::WildcardSubscriptionAvailable(v), &[ConnAck][..])),
        any::<bool>().prop_map(|v| (P::SubscriptionIdentifierAvailable(v), &[ConnAck][..])),
        any::<bool>().prop_map(|v| (P::SharedSubscriptionAvailable(v), &[ConnAck][..])),
    ]
}

/// Properties that may stand at `place`: none in 3.1.1, and each once unless it may repeat.
fn properties(version: Version, place: Place) -> impl Strategy<Value = Properties> {
    vec(property(), 0..12).prop_map(move |list| {
        let mut seen = Vec::new();
        let kept = list.into_iter().filter(|(property, places)| {
            let repeats = matches!(property, Property::UserProperty(_))
                || (matches!(property, Property::SubscriptionIdentifier(_)) && place == Place::Publish);
            let first = !seen.contains(&property.id());
            let kept = version == Version::V5 && places.contains(&place) && (first || repeats);
            if kept {
                seen.push(property.id());
            }
            kept
        });
        kept.map(|(property, _)| property).collect()
    })
}

fn reason(version: Version, place: ReasonPlace) -> impl Strategy<Value = ReasonCode> {
    let fits = move |reason: &ReasonCode| {
        let old = match place {
            ReasonPlace::ConnAck => {
                let code = reason.to_connack_v311();
                code.and_then(ReasonCode::from_connack_v311) == Some(*reason)
            }
            ReasonPlace::SubAck => matches!(*reason as u8, 0..=2 | 0x80),
            _ => *reason == ReasonCode::Success,
        };
        reason.allowed_in(place) && (version == Version::V5 || old)
    };
    let codes: Vec<ReasonCode> = ReasonCode::ALL.iter().copied().filter(fits).collect();
    proptest::sample::select(codes)
}

fn connect(version: Version) -> impl Strategy<Value = Packet> {
    let will = (qos(), any::<bool>(), properties(version, Place::Will), topic(), data()).prop_map(
        |(qos, retain, properties, topic, payload)| Will { qos, retain, properties, topic, payload },
    );
    let credentials = (option::of(any_text()), option::of(data()));
    let head = (any::<bool>(), any::<u16>(), properties(version, Place::Connect), any_text());
    (head, option::of(will), credentials).prop_map(move |(head, will, (username, password))| {
        let (clean_start, keep_alive_s, properties, client_id) = head;
        let alone = version == Version::V311 && username.is_none();
        let password = password.filter(|_| !alone);
        Packet::Connect(Box::new(Connect {
            version,
            clean_start,
            keep_alive_s,
            properties,
            client_id,
            will,
            username,
            password,
        }))
    })
}

fn connack(version: Version) -> impl Strategy<Value = Packet> {
    (any::<bool>(), reason(version, ReasonPlace::ConnAck), properties(version, Place::ConnAck)).prop_map(
        |(present, reason, properties)| {
            let session_present = present && !reason.is_error();
            Packet::ConnAck(ConnAck { session_present, reason, properties })
        },
    )
}

fn publish(version: Version) -> impl Strategy<Value = Packet> {
    let head = (any::<bool>(), qos(), any::<bool>(), packet_id());
    (head, topic(), properties(version, Place::Publish), data()).prop_map(
        |((dup, qos, retain, id), topic, properties, payload)| {
            let sure = qos != Qos::AtMostOnce;
            let id = sure.then_some(id);
            Packet::Publish(Publish { dup: dup && sure, qos, retain, topic, id, properties, payload })
        },
    )
}

fn ack(version: Version, place: ReasonPlace) -> impl Strategy<Value = Ack> {
    (packet_id(), reason(version, place), properties(version, Place::Ack))
        .prop_map(|(id, reason, properties)| Ack { id, reason, properties })
}

fn subscribe(version: Version) -> impl Strategy<Value = Packet> {
    let five = version == Version::V5;
    let handling = prop_oneof![
        Just(RetainHandling::Send),
        Just(RetainHandling::SendIfNew),
        Just(RetainHandling::DoNotSend)
    ];
    let filter = (filter(), qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        move |(filter, qos, no_local, retain_as_published, retain_handling)| SubscribeFilter {
            filter,
            options: SubscribeOptions {
                qos,
                no_local: no_local && five,
                retain_as_published: retain_as_published && five,
                retain_handling: if five { retain_handling } else { RetainHandling::Send },
            },
        },
    );
    (packet_id(), properties(version, Place::Subscribe), vec(filter, 1..4))
        .prop_map(|(id, properties, filters)| Packet::Subscribe(Subscribe { id, properties, filters }))
}

fn rest(version: Version) -> impl Strategy<Value = Packet> {
    let suback =
        (packet_id(), properties(version, Place::Ack), vec(reason(version, ReasonPlace::SubAck), 1..4))
            .prop_map(|(id, properties, reasons)| Packet::SubAck(SubAck { id, properties, reasons }));
    let unsubscribe = (packet_id(), properties(version, Place::Unsubscribe), vec(filter(), 1..4))
        .prop_map(|(id, properties, filters)| Packet::Unsubscribe(Unsubscribe { id, properties, filters }));
    let count = if version == Version::V5 { 1..4 } else { 0..1 };
    let unsuback =
        (packet_id(), properties(version, Place::Ack), vec(reason(version, ReasonPlace::UnsubAck), count))
            .prop_map(|(id, properties, reasons)| Packet::UnsubAck(UnsubAck { id, properties, reasons }));
    let disconnect = (reason(version, ReasonPlace::Disconnect), properties(version, Place::Disconnect))
        .prop_map(|(reason, properties)| Packet::Disconnect(Disconnect { reason, properties }));
    let auth = (reason(Version::V5, ReasonPlace::Auth), properties(version, Place::Auth)).prop_map(
        move |(reason, properties)| match version {
            Version::V5 => Packet::Auth(Auth { reason, properties }),
            Version::V311 => Packet::PingReq,
        },
    );
    prop_oneof![
        suback,
        unsubscribe,
        unsuback,
        disconnect,
        auth,
        Just(Packet::PingReq),
        Just(Packet::PingResp)
    ]
}

fn packet(version: Version) -> impl Strategy<Value = Packet> {
    prop_oneof![
        connect(version),
        connack(version),
        publish(version),
        ack(version, ReasonPlace::PubAck).prop_map(Packet::PubAck),
        ack(version, ReasonPlace::PubAck).prop_map(Packet::PubRec),
        ack(version, ReasonPlace::PubRel).prop_map(Packet::PubRel),
        ack(version, ReasonPlace::PubRel).prop_map(Packet::PubComp),
        subscribe(version),
        rest(version),
        rest(version),
    ]
}

fn versions() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::V311), Just(Version::V5)]
}

fn decode_all(decoder: &mut Decoder, packets: &mut Vec<Packet>) -> Result<(), Violation> {
    while let Some(packet) = decoder.next_packet()? {
        packets.push(packet);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_packet_survives_the_round_trip(
        (version, packet) in versions().prop_flat_map(|version| (Just(version), packet(version)))
    ) {
        let mut out = BytesMut::new();
        encode(&packet, version, usize::MAX, &mut out).unwrap();
        prop_assert_eq!(encoded_bytes(&packet, version).unwrap(), out.len());
        let mut decoder = Decoder::for_version(version, out.len());
        decoder.feed(&out);
        prop_assert_eq!(decoder.next_packet(), Ok(Some(packet.clone())));
        prop_assert_eq!(decoder.buffered_bytes(), 0);
        // One byte less of room refuses it, both ways, and writes nothing.
        let mut nothing = BytesMut::new();
        prop_assert!(encode(&packet, version, out.len() - 1, &mut nothing).is_err());
        prop_assert!(nothing.is_empty());
        let mut small = Decoder::for_version(version, out.len() - 1);
        small.feed(&out);
        let refused = matches!(small.next_packet(), Err(Violation::PacketTooLarge { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn a_split_at_any_byte_changes_nothing(
        (version, packets) in versions().prop_flat_map(|version| (Just(version), vec(packet(version), 1..4)))
    ) {
        // CONNECT fixes the version for what follows, so it may only stand first.
        let packets: Vec<Packet> = packets.into_iter().enumerate()
            .filter(|(index, packet)| *index == 0 || packet.kind() != Kind::Connect)
            .map(|(_, packet)| packet)
            .collect();
        let mut out = BytesMut::new();
        for packet in &packets {
            encode(packet, version, usize::MAX, &mut out).unwrap();
        }
        for at in 0..=out.len() {
            let mut decoder = Decoder::for_version(version, 1 << 20);
            let mut decoded = Vec::new();
            decoder.feed(&out[..at]);
            prop_assert_eq!(decode_all(&mut decoder, &mut decoded), Ok(()));
            decoder.feed(&out[at..]);
            prop_assert_eq!(decode_all(&mut decoder, &mut decoded), Ok(()));
            prop_assert_eq!(&decoded, &packets);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(version in versions(), bytes in vec(any::<u8>(), 0..200)) {
        for mut decoder in [Decoder::for_version(version, 1 << 20), Decoder::for_server(1 << 20)] {
            decoder.feed(&bytes);
            let _ = decode_all(&mut decoder, &mut Vec::new());
        }
        // Most random bytes fail at the header; these reach each body.
        let body = Bytes::from(bytes);
        for first in 0..=u8::MAX {
            let _ = decode(first, &body, Some(version));
        }
    }

    #[test]
    fn a_damaged_packet_never_panics_and_what_is_accepted_encodes_again(
        (version, packet) in versions().prop_flat_map(|version| (Just(version), packet(version))),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut out = BytesMut::new();
        encode(&packet, version, usize::MAX, &mut out).unwrap();
        let at = at.index(out.len());
        out[at] = byte;
        let mut decoder = Decoder::for_version(version, 1 << 20);
        decoder.feed(&out);
        if let Ok(Some(packet)) = decoder.next_packet() {
            let version = if let Packet::Connect(connect) = &packet { connect.version } else { version };
            let mut again = BytesMut::new();
            encode(&packet, version, usize::MAX, &mut again).unwrap();
            let mut decoder = Decoder::for_version(version, 1 << 20);
            decoder.feed(&again);
            prop_assert_eq!(decoder.next_packet(), Ok(Some(packet)));
        }
    }
}
