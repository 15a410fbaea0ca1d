//! The traps that broke other brokers, by name. Each sends the bytes that did it and looks for the refusal, and
//! for a broker that goes on serving others.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::time::Duration;

use bytes::BytesMut;
use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

/// Lets a client in, sends `bytes`, and expects the connection to end over `expected` without the house having
/// seen a message.
async fn refused(version: Version, bytes: &[u8], expected: Violation) {
    let site = Site::new(Limits::default());
    let mut bystander = site.client(version, "bystander").await;
    let mut wire = site.client(version, "attacker").await;
    wire.raw(bytes).await;
    let rest = wire.rest().await;
    match (version, &rest[..]) {
        (Version::V311, []) => {}
        (Version::V5, [Packet::Disconnect(bye)]) => assert_eq!(bye.reason, expected.reason()),
        (_, other) => panic!("{expected:?}: {other:?}"),
    }
    let why = Disconnected::Violated(expected);
    site.house.until_seen(Seen::Disconnected("attacker".into(), why)).await;
    assert_eq!(site.house.payloads().len(), 0, "{expected:?}");
    assert_eq!(bystander.said().await, []);
}

/// The body of a v5 packet has an empty property list where a 3.1.1 packet has nothing.
fn bytes(version: Version, first: u8, before: &[u8], after: &[u8]) -> Vec<u8> {
    let properties: &[u8] = if version == Version::V5 { &[0] } else { &[] };
    let body = [before, properties, after].concat();
    [&[first, body.len() as u8][..], &body].concat()
}

#[tokio::test(start_paused = true)]
async fn packet_identifier_0_is_refused() {
    for version in BOTH {
        refused(version, &bytes(version, 0x32, b"\0\x01a\0\0", b"x"), Violation::ZeroPacketId).await;
        refused(version, &bytes(version, 0x34, b"\0\x01a\0\0", b"x"), Violation::ZeroPacketId).await;
        refused(version, &bytes(version, 0x82, b"\0\0", b"\0\x01a\0"), Violation::ZeroPacketId).await;
        refused(version, &bytes(version, 0xA2, b"\0\0", b"\0\x01a"), Violation::ZeroPacketId).await;
        for first in [0x40, 0x50, 0x62, 0x70] {
            refused(version, &[first, 2, 0, 0], Violation::ZeroPacketId).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nul_in_a_topic_is_refused() {
    for version in BOTH {
        refused(version, &bytes(version, 0x30, b"\0\x03a\0b", b"x"), Violation::Nul).await;
        refused(version, &bytes(version, 0x82, b"\0\x01", b"\0\x03a\0b\0"), Violation::Nul).await;
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_utf8_is_refused() {
    for version in BOTH {
        for bad in [&b"\0\x02a\xFF"[..], b"\0\x03\xED\xA0\x80", b"\0\x02\xC0\x80"] {
            refused(version, &bytes(version, 0x30, bad, b"x"), Violation::Utf8).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wildcards_in_a_published_topic_are_refused() {
    for version in BOTH {
        for topic in [&b"\0\x03a/#"[..], b"\0\x03a/+", b"\0\x01#", b"\0\x02a+"] {
            refused(version, &bytes(version, 0x30, topic, b"x"), Violation::WildcardInTopic).await;
        }
        refused(version, &bytes(version, 0x30, b"\0\0", b"x"), Violation::EmptyTopic).await;
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_filters_are_refused() {
    for version in BOTH {
        for filter in [&b"\0\x05a/#/b"[..], b"\0\x02a+", b"\0\x02a#", b"\0\x04a/b#"] {
            let subscribe = bytes(version, 0x82, b"\0\x01", &[filter, &[0]].concat());
            refused(version, &subscribe, Violation::Filter).await;
            refused(version, &bytes(version, 0xA2, b"\0\x01", filter), Violation::Filter).await;
        }
        refused(version, &bytes(version, 0x82, b"\0\x01", b""), Violation::NoFilters(Kind::Subscribe)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_flags_are_refused() {
    for version in BOTH {
        refused(version, &[0x36, 3, 0, 1, b'a'], Violation::QosThree).await;
        refused(version, &[0x38, 3, 0, 1, b'a'], Violation::DuplicateAtQosZero).await;
        refused(version, &[0x80, 0], Violation::Flags(Kind::Subscribe)).await;
        refused(version, &[0x60, 2, 0, 1], Violation::Flags(Kind::PubRel)).await;
        refused(version, &[0xC1, 0], Violation::Flags(Kind::PingReq)).await;
        refused(version, &[0xC0, 1, 0], Violation::Trailing(Kind::PingReq)).await;
        refused(version, &[0x00, 0], Violation::PacketType(0)).await;
        refused(version, &[0xC0, 0x80, 0x80, 0x80, 0x80], Violation::RemainingLength).await;
        refused(version, &[0xC0, 0x80, 0x00], Violation::RemainingLength).await;
    }
}

#[tokio::test(start_paused = true)]
async fn duplicate_and_misplaced_properties_are_refused() {
    let publish = |properties: &[u8]| {
        let body = [&b"\0\x01a"[..], &[properties.len() as u8], properties].concat();
        [&[0x30, body.len() as u8][..], &body].concat()
    };
    let five = Version::V5;
    refused(five, &publish(&[0x01, 0, 0x01, 0]), Violation::DuplicateProperty(0x01)).await;
    refused(five, &publish(&[0x21, 0, 1]), Violation::MisplacedProperty(0x21)).await;
    refused(five, &publish(&[0x7E]), Violation::UnknownProperty(0x7E)).await;
    refused(five, &publish(&[0x01, 2]), Violation::PropertyValue(0x01)).await;
    refused(five, &publish(&[0x23, 0, 0]), Violation::TopicAlias).await;
    refused(five, &publish(&[0x0B, 1]), Violation::SubscriptionIdentifierInPublish).await;
    refused(five, &[0x30, 6, 0, 1, b'a', 9, 1, 0], Violation::Truncated("the properties")).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_connect_is_refused() {
    for version in BOTH {
        let mut hello = BytesMut::new();
        let second = Packet::Connect(Box::new(connect(version, "x", "x")));
        encode(&second, version, usize::MAX, &mut hello).unwrap();
        refused(version, &hello, Violation::SecondConnect).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_a_server_may_say_is_refused() {
    for version in BOTH {
        refused(version, &[0xD0, 0], Violation::NotFromClient(Kind::PingResp)).await;
        let suback = bytes(version, 0x90, b"\0\x01", b"\0");
        refused(version, &suback, Violation::NotFromClient(Kind::SubAck)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn publish_before_connect_is_refused_at_its_first_byte() {
    for first in [0x30, 0x32, 0x82, 0xC0, 0xE0, 0x10 ^ 0x20, 0xF0] {
        let site = Site::new(Limits::default());
        let mut wire = site.pipe(Version::V5);
        let start = Instant::now();
        wire.raw(&[first]).await;
        assert_eq!(wire.rest().await, []);
        assert_eq!(start.elapsed(), Duration::ZERO, "no waiting for the rest");
        let said = format!("{} [MQTT-3.1.0-1]", Violation::FirstNotConnect);
        assert_eq!(site.house.seen(), [Seen::Violated(said)]);
    }
}

#[test]
fn the_size_is_checked_before_anything_is_allocated() {
    let mut decoder = Decoder::for_server(1_000);
    // CONNECT of 256 MB, of which five bytes are there.
    decoder.feed(&[0x10, 0xFF, 0xFF, 0xFF, 0x7F]);
    let refused = Violation::PacketTooLarge { bytes: 268_435_460, limit: 1_000 };
    assert_eq!(decoder.next_packet(), Err(refused));
    let mut decoder = Decoder::for_version(Version::V5, 1 << 28);
    // Allowed, but nothing is kept for what has only been announced.
    decoder.feed(&[0x30, 0xFF, 0xFF, 0xFF, 0x7E]);
    assert_eq!(decoder.next_packet(), Ok(None));
    assert_eq!(decoder.buffered_bytes(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_megabyte_over_a_small_limit_is_refused_with_its_reason() {
    for version in BOTH {
        let site = Site::new(Limits { packet_bytes: 4_096, ..Limits::default() });
        let wire = site.client(version, "d1").await;
        let mut out = BytesMut::new();
        let big = publish("t", Qos::AtLeastOnce, 1, &vec![0; 1 << 20]);
        encode(&Packet::Publish(big), version, usize::MAX, &mut out).unwrap();
        let (mut reader, mut writer) = tokio::io::split(wire.stream);
        let sending = tokio::spawn(async move { writer.write_all(&out).await });
        let mut wire = Wire::new(tokio::io::join(&mut reader, tokio::io::sink()), version);
        match (version, &wire.rest().await[..]) {
            (Version::V311, []) => {}
            (Version::V5, [Packet::Disconnect(bye)]) => assert_eq!(bye.reason, ReasonCode::PacketTooLarge),
            (_, other) => panic!("{other:?}"),
        }
        let _ = sending.await;
        assert_eq!(site.house.payloads().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_early_pubrec_for_a_duplicate_that_is_not_safe_yet() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        let message = publish("t", Qos::ExactlyOnce, 5, b"x");
        let again = Publish { dup: true, ..message.clone() };
        wire.send([Packet::Publish(message), Packet::Publish(again.clone()), Packet::Publish(again)]).await;
        assert_eq!(wire.said().await, []);
        site.house.settle(0, Outcome::Accepted);
        assert_eq!(wire.said().await, [Packet::PubRec(ack(5))]);
        assert_eq!(site.house.payloads().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn pubrel_before_pubrec_is_refused() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        wire.send([Packet::Publish(publish("t", Qos::ExactlyOnce, 5, b"x")), Packet::PubRel(ack(5))]).await;
        let violation = Violation::UnexpectedAck { kind: Kind::PubRel, id: 5 };
        let rest = wire.rest().await;
        assert!(rest.iter().all(|packet| packet.kind() == Kind::Disconnect), "{rest:?}");
        site.house.settle(0, Outcome::Accepted);
        let why = Disconnected::Violated(violation);
        site.house.until_seen(Seen::Disconnected("d1".into(), why)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_the_receive_maximum_is_refused() {
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let site = Site::new(Limits { receive_maximum: 3, ..Limits::default() });
        site.house.hold();
        let mut wire = site.client(Version::V5, "d1").await;
        wire.send((1..=3).map(|n| Packet::Publish(publish("t", qos, n, b"x")))).await;
        assert_eq!(wire.said().await, []);
        wire.send([Packet::Publish(publish("t", qos, 4, b"x"))]).await;
        match &wire.rest().await[..] {
            [Packet::Disconnect(bye)] => assert_eq!(bye.reason, ReasonCode::ReceiveMaximumExceeded),
            other => panic!("{other:?}"),
        }
        assert_eq!(site.house.payloads().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn qos_2_counts_against_the_receive_maximum_until_it_is_released() {
    let site = Site::new(Limits { receive_maximum: 2, ..Limits::default() });
    let mut wire = site.client(Version::V5, "d1").await;
    for n in 1..=2 {
        wire.send([Packet::Publish(publish("t", Qos::ExactlyOnce, n, b"x"))]).await;
        wire.said().await;
    }
    wire.send([Packet::PubRel(ack(1)), Packet::Publish(publish("t", Qos::ExactlyOnce, 3, b"x"))]).await;
    assert_eq!(wire.said().await, [Packet::PubComp(ack(1)), Packet::PubRec(ack(3))]);
    wire.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 4, b"x"))]).await;
    let rest = wire.rest().await;
    let bye =
        matches!(&rest[..], [Packet::Disconnect(bye)] if bye.reason == ReasonCode::ReceiveMaximumExceeded);
    assert!(bye, "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn retain_is_held_to_what_was_announced() {
    let retained = Publish { retain: true, ..publish("t", Qos::AtMostOnce, 0, b"x") };
    let site = Site::new(Limits { retain_available: false, ..Limits::default() });
    let mut wire = site.client(Version::V5, "d1").await;
    wire.send([Packet::Publish(retained.clone())]).await;
    let rest = wire.rest().await;
    assert!(matches!(&rest[..], [Packet::Disconnect(bye)] if bye.reason == ReasonCode::RetainNotSupported));
    let mut old = site.client(Version::V311, "d2").await;
    old.send([Packet::Publish(retained.clone())]).await;
    old.said().await;
    let open = Site::new(Limits::default());
    let mut wire = open.client(Version::V5, "d1@home").await;
    wire.send([Packet::Publish(retained)]).await;
    wire.said().await;
    for house in [site.house, open.house] {
        assert!(house.seen().iter().any(|seen| matches!(seen, Seen::Published { retain: true, .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_trickles_in_is_cut_off() {
    let site = Site::new(Limits { connect_time: Duration::from_secs(5), ..Limits::default() });
    let mut wire = site.pipe(Version::V5);
    let start = Instant::now();
    wire.raw(&[0x10, 0x7F]).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        wire.raw(b"M").await;
    }
    assert_eq!(wire.rest().await, []);
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(site.house.seen(), [Seen::Violated("no CONNECT in time".into())]);
}

#[tokio::test(start_paused = true)]
async fn strangers_cannot_take_the_places_of_clients() {
    let limits = Limits { connections: 4, strangers: 2, ..Limits::default() };
    let site = Site::new(limits);
    let _one = site.client(Version::V5, "d1").await;
    let _two = site.client(Version::V5, "d2").await;
    let mut silent = [site.pipe(Version::V5), site.pipe(Version::V5)];
    tokio::task::yield_now().await;
    assert_eq!(site.pipe(Version::V5).rest().await, [], "both places for strangers are taken");
    // Their time is up: the places are free again, for as many clients as there may be.
    for wire in &mut silent {
        assert_eq!(wire.rest().await, []);
    }
    let _three = site.client(Version::V5, "d3").await;
    let _four = site.client(Version::V5, "d4").await;
    assert_eq!(site.pipe(Version::V5).rest().await, [], "all places are taken");
    assert_eq!(site.broker.clients(), 4);
    let refused = Seen::Violated("too many connections".into());
    assert_eq!(site.house.seen().iter().filter(|seen| **seen == refused).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_network_cannot_take_every_place_of_strangers() {
    let site = Site::new(Limits { strangers_per_network: 2, ..Limits::default() });
    let from = |peer: &str| {
        let (client, server) = tokio::io::duplex(1 << 16);
        let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 1);
        let origin = Origin { peer, local: peer, tls: false, certificate: None };
        tokio::spawn(site.broker.clone().attend(server, origin));
        Wire::new(client, Version::V5)
    };
    let _silent = [from("2001:db8::1"), from("2001:db8::2")];
    tokio::task::yield_now().await;
    assert_eq!(from("2001:db8::3").rest().await, [], "the same /64");
    // Who was let in is no stranger any more.
    let mut clients = Vec::new();
    for number in 0..5 {
        let mut wire = from("203.0.113.9");
        let name = format!("c{number}");
        let connack = wire.connect(connect(Version::V5, &name, &name)).await;
        assert_eq!(connack.reason, ReasonCode::Success);
        clients.push(wire);
    }
}

#[tokio::test(start_paused = true)]
async fn other_protocol_levels_are_told_so() {
    for (level, expected) in [(3, &[0x20, 2, 0, 1][..]), (6, &[0x20, 3, 0, 0x84, 0])] {
        use tokio::io::AsyncReadExt;
        let site = Site::new(Limits::default());
        let mut wire = site.pipe(Version::V311);
        let connect = [&b"\x10\x0C\0\x04MQTT"[..], &[level], b"\x02\0\x3C\0\0"].concat();
        wire.raw(&connect).await;
        let mut answer = Vec::new();
        wire.stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn enhanced_authentication_and_lasting_anonymous_sessions_are_refused() {
    let site = Site::new(Limits::default());
    let mut hello = connect(Version::V5, "d1", "d1");
    hello.properties.push(Property::AuthenticationMethod(text("SCRAM-SHA-1")));
    let connack = site.pipe(Version::V5).connect(hello).await;
    assert_eq!(connack.reason, ReasonCode::BadAuthenticationMethod);
    let hello = Connect { clean_start: false, ..connect(Version::V311, "d1", "") };
    let connack = site.pipe(Version::V311).connect(hello).await;
    assert_eq!(connack.reason, ReasonCode::ClientIdentifierNotValid);
    assert!(!site.house.seen().iter().any(|seen| matches!(seen, Seen::Connected(_))));
}

fn filters(named: impl IntoIterator<Item = String>, qos: Qos) -> Packet {
    let options = SubscribeOptions {
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::Send,
    };
    let filters = named.into_iter().map(|filter| SubscribeFilter { filter: text(&filter), options });
    let (properties, filters) = (Properties::new(), filters.collect());
    Packet::Subscribe(Subscribe { id: id(1), properties, filters })
}

/// Somebody has retained so many messages in the space `home`.
async fn with_retained(site: &Site, count: usize, topic: &str, payload: &[u8]) {
    let mut maker = site.client(Version::V5, "maker@home").await;
    for number in 0..count {
        let message = publish(&format!("{topic}/{number:04}"), Qos::AtLeastOnce, 1, payload);
        maker.send([Packet::Publish(Publish { retain: true, ..message })]).await;
        maker.said().await;
    }
}

/// Reads and acknowledges until so many messages have come.
async fn take_all(wire: &mut Wire<tokio::io::DuplexStream>, count: usize) {
    let mut heard = 0;
    while heard < count {
        let next = tokio::time::timeout(Duration::from_secs(5), wire.next()).await;
        match next.unwrap_or_else(|_| panic!("stuck after {heard} of {count}")) {
            Some(Packet::Publish(publish)) => {
                heard += 1;
                if let Some(id) = publish.id {
                    wire.send([Packet::PubAck(Ack::new(id, ReasonCode::Success))]).await;
                }
            }
            Some(Packet::SubAck(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// There are 65,535 identifiers, and one packet may ask for more messages than that.
#[tokio::test(start_paused = true)]
async fn one_subscribe_for_more_than_every_packet_identifier_does_not_hang_the_broker() {
    let site = Site::new(Limits::default());
    with_retained(&site, 257, "a/a/a/a/a/a/a/a", b"x").await;
    let mut reader = site.pipe(Version::V5);
    let mut hello = connect(Version::V5, "r@home", "r");
    hello.properties.push(Property::SessionExpiryInterval(1_000));
    reader.connect(hello).await;
    let one = |bits: u32| -> String {
        let levels = (0..8).map(|level| if bits >> level & 1 == 1 { "+/" } else { "a/" });
        levels.chain(["+"]).collect()
    };
    reader.send([filters((0..256).map(one), Qos::AtLeastOnce)]).await;
    let mut bystander = site.client(Version::V5, "b@home").await;
    assert_eq!(bystander.said().await, []);
    let waiting: usize =
        site.broker.sessions_of("owner of home").iter().map(|session| session.queued_messages).sum();
    assert!(waiting <= Limits::default().queue_messages, "{waiting}");
    take_all(&mut reader, 257 * 256).await;
    assert_eq!(reader.said().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_repeated_in_one_subscribe_counts_once() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        with_retained(&site, 5, "t", b"x").await;
        let mut reader = site.client(version, "r@home").await;
        reader.send([filters((0..500).map(|_| "t/#".to_owned()), Qos::AtMostOnce)]).await;
        let said = reader.said().await;
        let reasons = said.iter().find_map(|packet| match packet {
            Packet::SubAck(suback) => Some(suback.reasons.len()),
            _ => None,
        });
        assert_eq!((reasons, said.len()), (Some(500), 6));
    }
}

#[tokio::test(start_paused = true)]
async fn more_filters_than_a_packet_may_name_are_refused() {
    for version in BOTH {
        let mut bytes = BytesMut::new();
        let packet = filters((0..2_049).map(|n| format!("t/{n}")), Qos::AtMostOnce);
        encode(&packet, version, usize::MAX, &mut bytes).unwrap();
        refused(version, &bytes, Violation::TooManyFilters(2_048)).await;
        let filters = (0..2_049).map(|n| text(&format!("t/{n}"))).collect();
        let packet = Packet::Unsubscribe(Unsubscribe { id: id(1), properties: Properties::new(), filters });
        bytes.clear();
        encode(&packet, version, usize::MAX, &mut bytes).unwrap();
        refused(version, &bytes, Violation::TooManyFilters(2_048)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_retained_waits_within_the_bounds_of_a_queue_and_comes_in_full() {
    for (version, qos) in
        BOTH.into_iter().flat_map(|version| [Qos::AtMostOnce, Qos::AtLeastOnce].map(|qos| (version, qos)))
    {
        let limits = Limits { queue_messages: 20, queue_bytes: 400_000, ..Limits::default() };
        let site = Site::new(limits);
        with_retained(&site, 150, "t", &[0; 20_000]).await;
        let mut reader = site.client(version, "r@home").await;
        reader.send([filters(["t/#".to_owned(), "t/+".to_owned()], qos)]).await;
        let mut bystander = site.client(version, "b@home").await;
        assert_eq!(bystander.said().await, []);
        for session in site.broker.sessions_of("owner of home") {
            assert!(session.queued_messages <= 20 && session.queued_bytes <= 400_000, "{session:?}");
        }
        take_all(&mut reader, 300).await;
        assert_eq!(reader.said().await, []);
    }
}

/// In memory a property is many times what it is on the wire.
#[tokio::test(start_paused = true)]
async fn more_properties_than_a_packet_may_have_are_refused() {
    let with = |count: usize| {
        let properties = (0..count).map(|_| Property::UserProperty((text(""), text("")))).collect();
        let mut bytes = BytesMut::new();
        let packet = Packet::Publish(Publish { properties, ..publish("t", Qos::AtLeastOnce, 1, b"x") });
        encode(&packet, Version::V5, usize::MAX, &mut bytes).unwrap();
        bytes
    };
    refused(Version::V5, &with(1_025), Violation::TooManyProperties(1_024)).await;
    let site = Site::new(Limits::default());
    let mut maker = site.client(Version::V5, "m@home").await;
    maker.raw(&with(1_024)).await;
    assert_eq!(maker.said().await, [Packet::PubAck(ack(1))]);
}

/// A message that is all properties is as heavy as any other.
#[tokio::test(start_paused = true)]
async fn properties_count_in_the_bounds_of_a_queue_and_of_what_is_retained() {
    let quota = TenantQuota { retained_bytes: 100_000, ..TenantQuota::default() };
    let site = Site::with_quota(Limits { queue_bytes: 100_000, ..Limits::default() }, quota);
    let mut reader = site.pipe(Version::V5);
    let mut hello = connect(Version::V5, "r@home", "r");
    hello.properties.push(Property::SessionExpiryInterval(1_000));
    reader.connect(hello).await;
    reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
    reader.said().await;
    drop(reader);
    site.house.until_seen(Seen::Disconnected("r@home".into(), Disconnected::Lost)).await;
    let mut maker = site.client(Version::V5, "m@home").await;
    let heavy = |topic: &str, retain: bool| {
        let pair = (text(""), text(&"x".repeat(40_000)));
        let properties = [Property::UserProperty(pair)].into_iter().collect();
        Packet::Publish(Publish { properties, retain, ..publish(topic, Qos::AtLeastOnce, 1, b"") })
    };
    let (taken, full) = (ack(1), Ack::new(id(1), ReasonCode::QuotaExceeded));
    for (message, answer) in
        [(heavy("t", false), &taken), (heavy("t", false), &taken), (heavy("t", false), &full)]
    {
        maker.send([message]).await;
        assert_eq!(maker.said().await, [Packet::PubAck(answer.clone())]);
    }
    for (topic, answer) in [("a", &taken), ("b", &taken), ("c", &full)] {
        let Packet::Publish(message) = heavy(topic, true) else { panic!() };
        maker.send([Packet::Publish(Publish { payload: "x".into(), ..message })]).await;
        assert_eq!(maker.said().await, [Packet::PubAck(answer.clone())], "{topic}");
    }
}

/// A message that thousands of filters match is thousands of times the work of another.
#[tokio::test]
async fn a_client_whose_packets_are_much_work_takes_turns_with_the_others() {
    const BURST: u16 = 2_000;
    let site = Site::new(Limits::default());
    let one = |bits: u32| -> String {
        let levels = (0..12).map(|level| if bits >> level & 1 == 1 { "+/" } else { "a/" });
        levels.chain(["a"]).collect()
    };
    let mut reader = site.client(Version::V5, "r@home").await;
    for part in 0..2 {
        reader.send([filters((part * 2_048..(part + 1) * 2_048).map(one), Qos::AtMostOnce)]).await;
        reader.said().await;
    }
    let mut bystander = site.client(Version::V5, "b@elsewhere").await;
    let mut burst = BytesMut::new();
    for _ in 0..BURST {
        let packet = Packet::Publish(publish("a/a/a/a/a/a/a/a/a/a/a/a/a", Qos::AtMostOnce, 0, b"x"));
        encode(&packet, Version::V5, usize::MAX, &mut burst).unwrap();
    }
    let mut maker = site.client(Version::V5, "m@home").await;
    maker.raw(&burst).await;
    bystander.said().await;
    let taken = site.house.payloads().len();
    assert!(taken < usize::from(BURST), "the whole burst came first");
    drop((reader, maker));
}
