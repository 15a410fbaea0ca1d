//! Conversations of one or two clients with the broker, over pipes and on a paused clock.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::time::Duration;

use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use tokio::time::Instant;

fn closed_with(rest: &[Packet], version: Version, reason: ReasonCode) {
    match version {
        Version::V311 => assert_eq!(rest, []),
        Version::V5 => match rest {
            [Packet::Disconnect(disconnect)] => assert_eq!(disconnect.reason, reason),
            other => panic!("expected DISCONNECT {reason:?}, got {other:?}"),
        },
    }
}

#[tokio::test(start_paused = true)]
async fn every_quality_of_service_arrives_once_and_is_acknowledged() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.client(version, "d1").await;
        let packets = [
            Packet::Publish(publish("t/0", Qos::AtMostOnce, 0, b"0")),
            Packet::Publish(publish("t/1", Qos::AtLeastOnce, 1, b"1")),
            Packet::Publish(publish("t/2", Qos::ExactlyOnce, 2, b"2")),
        ];
        wire.send(packets).await;
        assert_eq!(wire.said().await, [Packet::PubAck(ack(1)), Packet::PubRec(ack(2))]);
        let again = Publish { dup: true, ..publish("t/2", Qos::ExactlyOnce, 2, b"2") };
        wire.send([Packet::Publish(again), Packet::PubRel(ack(2))]).await;
        assert_eq!(wire.said().await, [Packet::PubRec(ack(2)), Packet::PubComp(ack(2))]);
        assert_eq!(site.house.payloads(), [b"0", b"1", b"2"]);
        // Released: the same identifier is a new message.
        wire.send([Packet::Publish(publish("t/2", Qos::ExactlyOnce, 2, b"3"))]).await;
        assert_eq!(wire.said().await, [Packet::PubRec(ack(2))]);
        assert_eq!(site.house.payloads().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_wait_for_the_outcome_and_keep_the_order_of_arrival() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        wire.send([
            Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"a")),
            Packet::Publish(publish("t", Qos::ExactlyOnce, 2, b"b")),
            Packet::Publish(publish("t", Qos::AtMostOnce, 0, b"c")),
            Packet::Publish(publish("t", Qos::AtLeastOnce, 3, b"d")),
        ])
        .await;
        assert_eq!(wire.said().await, []);
        assert_eq!(site.house.payloads(), [b"a", b"b", b"c", b"d"], "all are with the house, in order");
        site.house.settle(3, Outcome::Accepted);
        site.house.settle(1, Outcome::Accepted);
        assert_eq!(wire.said().await, [], "the first is not safe yet");
        site.house.settle(0, Outcome::Accepted);
        assert_eq!(wire.said().await, [Packet::PubAck(ack(1)), Packet::PubRec(ack(2))]);
        site.house.settle(2, Outcome::Accepted);
        assert_eq!(wire.said().await, [Packet::PubAck(ack(3))]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_house_that_takes_messages_together_has_them_in_the_order_of_all_that_was_said() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.client(version, "together").await;
        wire.send([
            Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"a")),
            Packet::Publish(publish("t", Qos::AtMostOnce, 0, b"b")),
            subscribe(9, "own", Qos::AtLeastOnce),
            Packet::Publish(publish("t", Qos::ExactlyOnce, 2, b"c")),
        ])
        .await;
        let said = wire.said().await;
        assert_eq!((&said[0], &said[2]), (&Packet::PubAck(ack(1)), &Packet::PubRec(ack(2))));
        let kind = |seen: &Seen| match seen {
            Seen::Published { payload, .. } => payload[0],
            Seen::Subscribed(_) => b's',
            _ => b'-',
        };
        assert_eq!(site.house.seen().iter().map(kind).collect::<Vec<_>>(), b"-absc");
        site.house.hold();
        wire.send([3, 4].map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, b"d")))).await;
        assert_eq!(wire.said().await, []);
        site.house.settle(0, Outcome::Accepted);
        assert_eq!(wire.said().await, [], "what came together is answered together");
        site.house.settle(1, Outcome::Accepted);
        assert_eq!(wire.said().await, [Packet::PubAck(ack(3)), Packet::PubAck(ack(4))]);
        *site.house.holding.lock().unwrap() = false;
        // A packet that ends the connection takes nothing with it.
        wire.send([Packet::Publish(publish("t", Qos::AtMostOnce, 0, b"e")), Packet::PingResp]).await;
        wire.rest().await;
        site.house.until(|seen| seen.iter().any(|seen| matches!(seen, Seen::Disconnected(..)))).await;
        let payloads = site.house.payloads();
        assert_eq!(&payloads[5..6], [b"e"], "{payloads:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_safe_is_not_acknowledged() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        let packets = [1, 2, 3].map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, b"x")));
        wire.send(packets).await;
        wire.said().await;
        site.house.settle(2, Outcome::Accepted);
        site.house.settle(1, Outcome::Unavailable);
        site.house.settle(0, Outcome::Accepted);
        let mut rest = wire.rest().await;
        assert_eq!(rest.remove(0), Packet::PubAck(ack(1)));
        closed_with(&rest, version, ReasonCode::ServerBusy);
        let why = Disconnected::ByServer(ReasonCode::ServerBusy);
        site.house.until_seen(Seen::Disconnected("d1".into(), why)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_message_is_answered_with_its_reason_where_the_version_has_one() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        let packets = [
            Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x")),
            Packet::Publish(publish("t", Qos::ExactlyOnce, 2, b"x")),
        ];
        wire.send(packets).await;
        wire.said().await;
        site.house.settle(0, Outcome::Rejected(ReasonCode::QuotaExceeded));
        site.house.settle(1, Outcome::Rejected(ReasonCode::QuotaExceeded));
        let reason = if version == Version::V5 { ReasonCode::QuotaExceeded } else { ReasonCode::Success };
        let expected = [Packet::PubAck(Ack::new(id(1), reason)), Packet::PubRec(Ack::new(id(2), reason))];
        assert_eq!(wire.said().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_without_right_never_reaches_the_house() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.client(version, "d1").await;
        wire.send([Packet::Publish(publish("forbidden/t", Qos::AtMostOnce, 0, b"x"))]).await;
        assert_eq!(wire.said().await, []);
        wire.send([Packet::Publish(publish("forbidden/t", Qos::AtLeastOnce, 7, b"x"))]).await;
        if version == Version::V5 {
            let refused = Ack::new(id(7), ReasonCode::NotAuthorized);
            assert_eq!(wire.said().await, [Packet::PubAck(refused)]);
        } else {
            assert_eq!(wire.rest().await, []);
        }
        assert_eq!(site.house.payloads().len(), 0);
        let violations = site.house.seen().iter().filter(|seen| matches!(seen, Seen::Violated(_))).count();
        assert_eq!(violations, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_with_a_dollar_is_nobodys_and_its_sender_stays() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.client(version, "d1").await;
        wire.send([Packet::Publish(publish("$t/a", Qos::AtLeastOnce, 7, b"x"))]).await;
        let reason = if version == Version::V5 { ReasonCode::NotAuthorized } else { ReasonCode::Success };
        assert_eq!(wire.said().await, [Packet::PubAck(Ack::new(id(7), reason))]);
        assert_eq!(site.house.payloads().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn subscriptions_are_judged_one_by_one_and_what_was_refused_gets_nothing() {
    for version in BOTH {
        let site = Site::new(Limits { subscriptions: 2, ..Limits::default() });
        let mut wire = site.client(version, "d1").await;
        let mut reasons = Vec::new();
        for (packet_id, filter) in [(1, "a/#"), (2, "forbidden/#"), (3, "$share/g/a"), (4, "b"), (5, "c")] {
            wire.send([subscribe(packet_id, filter, Qos::AtLeastOnce)]).await;
            match &wire.said().await[..] {
                [Packet::SubAck(suback)] => reasons.extend(suback.reasons.clone()),
                other => panic!("{other:?}"),
            }
        }
        let refused = |five| if version == Version::V5 { five } else { ReasonCode::UnspecifiedError };
        let expected = [
            ReasonCode::GrantedQos1,
            refused(ReasonCode::NotAuthorized),
            refused(ReasonCode::SharedSubscriptionsNotSupported),
            ReasonCode::GrantedQos1,
            refused(ReasonCode::QuotaExceeded),
        ];
        assert_eq!(reasons, expected);
        let send = |topic| site.broker.send("d1", outgoing(topic, Qos::AtMostOnce, b"m"));
        assert_eq!(send("a/b"), Ok(SendReceipt { queued: 1, busy: 0 }));
        assert_eq!(send("forbidden/b"), Err(SendError::NotSubscribed));
        assert_eq!(send("c"), Err(SendError::NotSubscribed));
        assert_eq!(wire.said().await, [Packet::Publish(publish("a/b", Qos::AtMostOnce, 0, b"m"))]);
        let filters = vec![text("a/#"), text("never")];
        let unsubscribe = Unsubscribe { id: id(9), properties: Properties::new(), filters };
        wire.send([Packet::Unsubscribe(unsubscribe)]).await;
        match &wire.said().await[..] {
            [Packet::UnsubAck(unsuback)] if version == Version::V5 => {
                assert_eq!(unsuback.reasons, [ReasonCode::Success, ReasonCode::NoSubscriptionExisted]);
            }
            [Packet::UnsubAck(unsuback)] => assert_eq!(unsuback.id, id(9)),
            other => panic!("{other:?}"),
        }
        assert_eq!(send("a/b"), Err(SendError::NotSubscribed));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_has_thousands_of_subscriptions_and_no_megabytes_of_them() {
    let site = Site::new(Limits { subscription_bytes: 8_000, ..Limits::default() });
    let mut wire = site.client(Version::V5, "d1").await;
    let mut granted = 0;
    for packet_id in 1..=1_001 {
        wire.send([subscribe(packet_id, &format!("t/{packet_id:06}"), Qos::AtLeastOnce)]).await;
        match &wire.said().await[..] {
            [Packet::SubAck(suback)] if suback.reasons == [ReasonCode::GrantedQos1] => granted += 1,
            [Packet::SubAck(suback)] => assert_eq!(suback.reasons, [ReasonCode::QuotaExceeded]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(granted, 1_000);
}

#[tokio::test(start_paused = true)]
async fn outgoing_messages_are_acknowledged_and_keep_the_clients_receive_maximum() {
    let site = Site::new(Limits::default());
    let mut wire = site.pipe(Version::V5);
    let mut hello = connect(Version::V5, "d1", "d1");
    hello.properties.push(Property::ReceiveMaximum(2));
    wire.connect(hello).await;
    wire.send([subscribe(1, "c/#", Qos::ExactlyOnce)]).await;
    wire.said().await;
    let qualities = [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];
    for (n, qos) in qualities.into_iter().enumerate() {
        site.broker.send("d1", outgoing("c/1", qos, &[n as u8])).unwrap();
    }
    let expect = |qos, packet_id, n| Packet::Publish(publish("c/1", qos, packet_id, &[n]));
    let first = [expect(Qos::AtLeastOnce, 1, 0), expect(Qos::ExactlyOnce, 2, 1)];
    assert_eq!(wire.said().await, first);
    wire.send([Packet::PubRec(ack(2))]).await;
    assert_eq!(wire.said().await, [Packet::PubRel(ack(2))], "PUBREC does not free the quota");
    wire.send([Packet::PubAck(ack(1))]).await;
    assert_eq!(wire.next().await, Some(expect(Qos::AtLeastOnce, 3, 2)));
    wire.send([Packet::PubComp(ack(2))]).await;
    assert_eq!(wire.next().await, Some(expect(Qos::ExactlyOnce, 4, 3)));
    assert_eq!(wire.said().await, []);
    wire.send([Packet::PubRec(Ack::new(id(4), ReasonCode::QuotaExceeded)), Packet::PubAck(ack(3))]).await;
    assert_eq!(wire.said().await, [], "a refused message ends with its PUBREC");
    site.broker.send("d1", outgoing("c/1", Qos::AtLeastOnce, b"z")).unwrap();
    assert_eq!(wire.said().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_quality_sent_is_the_lower_of_message_and_subscription() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V311, "d1").await;
    wire.send([subscribe(1, "a", Qos::AtMostOnce), subscribe(2, "b", Qos::ExactlyOnce)]).await;
    wire.said().await;
    site.broker.send("d1", outgoing("a", Qos::ExactlyOnce, b"m")).unwrap();
    site.broker.send("d1", outgoing("b", Qos::AtLeastOnce, b"m")).unwrap();
    let expected = [publish("a", Qos::AtMostOnce, 0, b"m"), publish("b", Qos::AtLeastOnce, 1, b"m")];
    assert_eq!(wire.said().await, expected.map(Packet::Publish));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_said_and_what_was_queued_is_delivered() {
    let site = Site::new(Limits { queue_messages: 3, send_maximum: 1, ..Limits::default() });
    let mut wire = site.client(Version::V311, "d1").await;
    wire.send([subscribe(1, "a", Qos::AtLeastOnce)]).await;
    wire.said().await;
    let send = |n: u8| site.broker.send("d1", outgoing("a", Qos::AtLeastOnce, &[n]));
    send(0).unwrap();
    assert_eq!(wire.said().await.len(), 1);
    for n in 1..=3 {
        send(n).unwrap();
    }
    assert_eq!(send(4), Err(SendError::Busy));
    for n in 1..=3u8 {
        wire.send([Packet::PubAck(ack(u16::from(n)))]).await;
        let next = publish("a", Qos::AtLeastOnce, u16::from(n) + 1, &[n]);
        assert_eq!(wire.next().await, Some(Packet::Publish(next)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_clients_maximum_packet_size_is_refused_to_the_house() {
    let site = Site::new(Limits::default());
    let mut wire = site.pipe(Version::V5);
    let mut hello = connect(Version::V5, "d1", "d1");
    hello.properties.push(Property::MaximumPacketSize(100));
    wire.connect(hello).await;
    wire.send([subscribe(1, "a", Qos::AtLeastOnce)]).await;
    wire.said().await;
    // 2 header + 3 topic + 2 identifier + 1 property length.
    let send = |bytes| site.broker.send("d1", outgoing("a", Qos::AtLeastOnce, &vec![0; bytes]));
    assert_eq!(send(93), Err(SendError::TooLarge));
    assert!(send(92).is_ok());
    assert_eq!(wire.said().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_newer_connection_of_a_client_wins() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut older = site.client(version, "d1").await;
        let mut other = site.pipe(version);
        other.connect(connect(version, "d2", "d1")).await;
        let newer = site.client(version, "d1").await;
        closed_with(&older.rest().await, version, ReasonCode::SessionTakenOver);
        assert_eq!(
            other.said().await,
            [],
            "the same client identifier of another identity is another session"
        );
        let why = Disconnected::ByServer(ReasonCode::SessionTakenOver);
        let seen = site.house.seen();
        assert_eq!(seen.last(), Some(&Seen::Disconnected("d1".into(), why)), "told before CONNACK");
        assert!(site.broker.connected("d1"));
        assert_eq!(site.broker.clients(), 2);
        drop(newer);
        site.house.until_seen(Seen::Disconnected("d1".into(), Disconnected::Lost)).await;
        assert!(!site.broker.connected("d1"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_house_cuts_every_session_of_an_identity_at_once() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut first = site.pipe(version);
        first.connect(connect(version, "d1", "one")).await;
        let mut second = site.pipe(version);
        second.connect(connect(version, "d1", "two")).await;
        assert_eq!(site.broker.disconnect("d1", ReasonCode::AdministrativeAction), 2);
        assert!(!site.broker.connected("d1"));
        let send = site.broker.send("d1", outgoing("a", Qos::AtMostOnce, b"m"));
        assert_eq!(send, Err(SendError::NotConnected));
        for wire in [&mut first, &mut second] {
            closed_with(&wire.rest().await, version, ReasonCode::AdministrativeAction);
        }
        assert_eq!(site.broker.disconnect("d1", ReasonCode::AdministrativeAction), 0);
    }
}

/// The house has said who it is, and takes that back before its session stands.
#[tokio::test(start_paused = true)]
async fn a_revocation_is_not_overtaken_by_a_sign_in_under_way() {
    for (version, user) in BOTH.into_iter().flat_map(|version| ["d1", "c@home"].map(|user| (version, user))) {
        for cut in [
            |site: &Site, user: &str| {
                site.broker.disconnect(user, ReasonCode::NotAuthorized);
            },
            |site: &Site, user: &str| {
                site.broker.forget(user, ReasonCode::NotAuthorized);
            },
        ] {
            let site = Site::new(Limits::default());
            *site.house.thinking.lock().unwrap() = true;
            let mut wire = site.pipe(version);
            wire.send([Packet::Connect(Box::new(connect(version, user, user)))]).await;
            site.house.until_seen(Seen::Connected(user.into())).await;
            cut(&site, "somebody else");
            cut(&site, user);
            site.house.let_in();
            let Some(Packet::ConnAck(connack)) = wire.next().await else { panic!("no answer") };
            let told =
                if version == Version::V5 { ReasonCode::ServerBusy } else { ReasonCode::ServerUnavailable };
            assert_eq!(connack.reason, told);
            assert_eq!(wire.rest().await, []);
            assert!(!site.broker.connected(user));
            // What the house says now holds.
            site.client(version, user).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_home_that_is_closed_takes_in_nobody_who_was_signing_in() {
    let site = Site::new(Limits::default());
    *site.house.thinking.lock().unwrap() = true;
    let mut wire = site.pipe(Version::V5);
    wire.send([Packet::Connect(Box::new(connect(Version::V5, "c@home", "c")))]).await;
    site.house.until_seen(Seen::Connected("c@home".into())).await;
    site.broker.close_space("home");
    site.house.let_in();
    let refused = wire.next().await;
    assert!(matches!(refused, Some(Packet::ConnAck(connack)) if connack.reason == ReasonCode::ServerBusy));
}

#[tokio::test(start_paused = true)]
async fn what_came_over_a_websocket_is_ended_and_finished_at_a_shutdown() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        site.house.hold();
        let mut wire = site.client(version, "d1").await;
        let mut stranger = site.pipe(version);
        wire.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x"))]).await;
        wire.said().await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let ending = tokio::spawn(site.broker.clone().end_attended(async { drop(stopped.await) }));
        wire.said().await;
        stop.send(()).unwrap();
        closed_with(&wire.rest().await, version, ReasonCode::ServerShuttingDown);
        assert_eq!(stranger.rest().await, []);
        assert!(!ending.is_finished(), "what arrived is still with the house");
        site.house.settle(0, Outcome::Accepted);
        ending.await.unwrap();
        assert_eq!(site.broker.clients(), 0);
        let mut late = site.pipe(version);
        late.send([Packet::Connect(Box::new(connect(version, "d2", "d2")))]).await;
        assert!(
            !matches!(late.next().await, Some(Packet::ConnAck(connack)) if connack.reason == ReasonCode::Success)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_cut_after_one_and_a_half_keep_alives() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.pipe(version);
        wire.connect(Connect { keep_alive_s: 10, ..connect(version, "d1", "d1") }).await;
        tokio::time::sleep(Duration::from_millis(14_900)).await;
        assert_eq!(wire.said().await, [], "PINGREQ is a sign of life");
        let spoke = Instant::now();
        closed_with(&wire.rest().await, version, ReasonCode::KeepAliveTimeout);
        let silence_ms = spoke.elapsed().as_millis();
        assert!((15_000..15_100).contains(&silence_ms), "{silence_ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_packet_is_no_sign_of_life() {
    let site = Site::new(Limits::default());
    let mut wire = site.pipe(Version::V5);
    wire.connect(Connect { keep_alive_s: 10, ..connect(Version::V5, "d1", "d1") }).await;
    let start = Instant::now();
    wire.raw(&[0x30, 0x7F]).await;
    for _ in 0..14 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        wire.raw(b"a").await;
    }
    closed_with(&wire.rest().await, Version::V5, ReasonCode::KeepAliveTimeout);
    assert_eq!(start.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_the_house_is_not_cut_for_its_silence() {
    let site = Site::new(Limits { receive_maximum: 1, ..Limits::default() });
    site.house.hold();
    let mut wire = site.pipe(Version::V311);
    wire.connect(Connect { keep_alive_s: 10, ..connect(Version::V311, "d1", "d1") }).await;
    let packets = [1, 2, 3].map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &[n as u8])));
    wire.send(packets).await;
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(site.house.payloads().len(), 2, "no more is read than agreed");
    site.house.settle(0, Outcome::Accepted);
    assert_eq!(wire.next().await, Some(Packet::PubAck(ack(1))));
    site.house.settle(1, Outcome::Accepted);
    assert_eq!(wire.next().await, Some(Packet::PubAck(ack(2))));
    site.house.until(|seen| seen.iter().filter(|s| matches!(s, Seen::Published { .. })).count() == 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_keep_alive_is_given_to_who_asks_for_none_or_too_much() {
    let site = Site::new(Limits { keep_alive_max_s: 100, ..Limits::default() });
    for (asked_s, told_s) in [(0, Some(100)), (101, Some(100)), (100, None), (5, None)] {
        let mut wire = site.pipe(Version::V5);
        let hello = Connect { keep_alive_s: asked_s, ..connect(Version::V5, "d1", "") };
        let connack = wire.connect(hello).await;
        assert_eq!(connack.properties.server_keep_alive_s().copied(), told_s);
        assert!(connack.properties.assigned_client_identifier().is_some());
        assert_eq!(connack.properties.retain_available(), Some(&false));
        assert_eq!(connack.properties.shared_subscription_available(), Some(&false));
        assert_eq!(connack.properties.wildcard_subscription_available(), Some(&false));
        if asked_s == 0 {
            let start = Instant::now();
            closed_with(&wire.rest().await, Version::V5, ReasonCode::KeepAliveTimeout);
            assert_eq!(start.elapsed().as_secs(), 150);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_is_told_what_there_is_where_it_lives() {
    let site = Site::new(Limits::default());
    for (user, available) in [("d1", false), ("c@home", true)] {
        let connack = site.pipe(Version::V5).connect(connect(Version::V5, user, user)).await;
        let properties = &connack.properties;
        assert_eq!(properties.retain_available(), Some(&available));
        assert_eq!(properties.shared_subscription_available(), Some(&available));
        assert_eq!(properties.wildcard_subscription_available(), Some(&available));
        let (topic, payload) = (text("will"), "w".into());
        let will = Will { qos: Qos::AtMostOnce, retain: true, properties: Properties::new(), topic, payload };
        let hello = Connect { will: Some(will), ..connect(Version::V5, user, user) };
        let expected = if available { ReasonCode::Success } else { ReasonCode::RetainNotSupported };
        assert_eq!(site.pipe(Version::V5).connect(hello).await.reason, expected);
        let mut wire = site.client(Version::V5, user).await;
        wire.send([Packet::Publish(Publish { retain: true, ..publish("t", Qos::AtMostOnce, 0, b"x") })])
            .await;
        if available {
            assert_eq!(wire.said().await, []);
        } else {
            closed_with(&wire.rest().await, Version::V5, ReasonCode::RetainNotSupported);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_will_is_left_on_abnormal_close_and_taken_back_by_disconnect() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let will = Will {
            qos: Qos::AtLeastOnce,
            retain: version == Version::V311,
            properties: Properties::new(),
            topic: text("will/d1"),
            payload: "gone".into(),
        };
        let hello = Connect { will: Some(will), ..connect(version, "d1", "d1") };
        let mut polite = site.pipe(version);
        polite.connect(hello.clone()).await;
        let goodbye = Disconnect { reason: ReasonCode::Success, properties: Properties::new() };
        let last = publish("t", Qos::AtMostOnce, 0, b"last words");
        polite.send([Packet::Publish(last), Packet::Disconnect(goodbye)]).await;
        assert_eq!(polite.rest().await, []);
        let why = Disconnected::ByClient { with_will: false };
        site.house.until_seen(Seen::Disconnected("d1".into(), why)).await;
        assert_eq!(site.house.payloads(), [b"last words".to_vec()]);

        let mut lost = site.pipe(version);
        lost.connect(hello).await;
        drop(lost);
        site.house.until_seen(Seen::Disconnected("d1".into(), Disconnected::Lost)).await;
        let seen = site.house.seen();
        let [.., will, Seen::Disconnected(..)] = &seen[..] else { panic!("{seen:#?}") };
        let (topic, payload) = ("will/d1".to_owned(), b"gone".to_vec());
        let (by, qos, retain) = ("d1".to_owned(), Qos::AtLeastOnce, version == Version::V311);
        assert_eq!(*will, Seen::Published { by, topic, payload, qos, will: true, retain });
    }
}

#[tokio::test(start_paused = true)]
async fn a_v5_client_may_ask_for_its_will() {
    let site = Site::new(Limits::default());
    let mut wire = site.pipe(Version::V5);
    let (topic, payload) = (text("will"), "w".into());
    let will = Will { qos: Qos::AtMostOnce, retain: false, properties: Properties::new(), topic, payload };
    wire.connect(Connect { will: Some(will), ..connect(Version::V5, "d1", "d1") }).await;
    let reason = ReasonCode::DisconnectWithWill;
    wire.send([Packet::Disconnect(Disconnect { reason, properties: Properties::new() })]).await;
    let why = Disconnected::ByClient { with_will: true };
    site.house.until_seen(Seen::Disconnected("d1".into(), why)).await;
    assert_eq!(site.house.payloads(), [b"w"]);
}

#[tokio::test(start_paused = true)]
async fn a_will_without_right_is_refused_with_the_connection() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.pipe(version);
        let (topic, payload) = (text("forbidden/x"), "w".into());
        let will =
            Will { qos: Qos::AtMostOnce, retain: false, properties: Properties::new(), topic, payload };
        let connack = wire.connect(Connect { will: Some(will), ..connect(version, "d1", "d1") }).await;
        assert_eq!(connack.reason, ReasonCode::NotAuthorized);
        assert_eq!(wire.rest().await, []);
        let why = Disconnected::ByServer(ReasonCode::NotAuthorized);
        let seen = site.house.seen();
        assert_eq!(seen, [Seen::Connected("d1".into()), Seen::Disconnected("d1".into(), why)]);
        assert_eq!(site.broker.clients(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_hears_it_and_leaves_no_trace() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.pipe(version);
        let connack = wire.connect(connect(version, "banned", "x")).await;
        assert_eq!(connack.reason, ReasonCode::BadUserNameOrPassword);
        assert_eq!(wire.rest().await, []);
        assert_eq!(site.house.seen(), [Seen::Violated("refused: banned".into())]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_arrived_before_the_end_is_finished_before_the_house_hears_of_it() {
    let site = Site::new(Limits::default());
    site.house.hold();
    let mut wire = site.client(Version::V5, "d1").await;
    wire.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x"))]).await;
    wire.said().await;
    drop(wire);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!site.broker.connected("d1"));
    assert!(!site.house.seen().iter().any(|seen| matches!(seen, Seen::Disconnected(..))));
    site.house.settle(0, Outcome::Accepted);
    site.house.until_seen(Seen::Disconnected("d1".into(), Disconnected::Lost)).await;
}

#[tokio::test(start_paused = true)]
async fn topic_aliases_stand_for_the_topics_they_were_set_to() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V5, "d1").await;
    let aliased = |topic: &str, alias, payload: &[u8]| {
        let mut publish = publish("x", Qos::AtMostOnce, 0, payload);
        publish.topic = text(topic);
        publish.properties.push(Property::TopicAlias(alias));
        Packet::Publish(publish)
    };
    wire.send([aliased("a", 1, b"1"), aliased("", 1, b"2"), aliased("b", 1, b"3"), aliased("", 1, b"4")])
        .await;
    wire.said().await;
    let topics: Vec<String> = (site.house.seen().into_iter())
        .filter_map(|seen| if let Seen::Published { topic, .. } = seen { Some(topic) } else { None })
        .collect();
    assert_eq!(topics, ["a", "a", "b", "b"]);
    wire.send([aliased("a", 17, b"5")]).await;
    let rest = wire.rest().await;
    assert!(matches!(&rest[..], [Packet::Disconnect(bye)] if bye.reason == ReasonCode::TopicAliasInvalid));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut() {
    let site = Site::new(Limits { queue_bytes: 8 << 20, ..Limits::default() });
    let mut wire = site.pipe(Version::V311);
    wire.connect(Connect { keep_alive_s: 0, ..connect(Version::V311, "d1", "d1") }).await;
    wire.send([subscribe(1, "a", Qos::AtMostOnce)]).await;
    wire.said().await;
    for _ in 0..40 {
        site.broker.send("d1", outgoing("a", Qos::AtMostOnce, &[0; 65_536])).unwrap();
    }
    let start = Instant::now();
    site.house.until_seen(Seen::Disconnected("d1".into(), Disconnected::Lost)).await;
    assert_eq!(start.elapsed().as_millis() / 100, 205, "20 s without progress, half of one for the farewell");
}

#[tokio::test(start_paused = true)]
async fn the_newer_connection_stands_only_when_the_older_one_has_ended() {
    let site = Site::new(Limits::default());
    site.house.hold();
    let mut older = site.client(Version::V5, "d1").await;
    older.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x"))]).await;
    older.said().await;
    let mut newer = site.pipe(Version::V5);
    newer.send([Packet::Connect(Box::new(connect(Version::V5, "d1", "d1")))]).await;
    tokio::time::timeout(Duration::from_secs(1), newer.next()).await.expect_err("the older one is not done");
    site.house.settle(0, Outcome::Accepted);
    assert!(matches!(newer.next().await, Some(Packet::ConnAck(_))));
    let why = Disconnected::ByServer(ReasonCode::SessionTakenOver);
    assert_eq!(site.house.seen().last(), Some(&Seen::Disconnected("d1".into(), why)));
}

#[tokio::test(start_paused = true)]
async fn an_older_connection_that_hangs_is_passed_in_time() {
    let site = Site::new(Limits { drain_time: Duration::from_secs(5), ..Limits::default() });
    site.house.hold();
    let mut older = site.client(Version::V5, "d1").await;
    older.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x"))]).await;
    older.said().await;
    let start = Instant::now();
    let _newer = site.client(Version::V5, "d1").await;
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(site.broker.clients(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_burst_over_every_bound_is_acknowledged_in_order() {
    for version in BOTH {
        let limits = Limits { receive_maximum: 1_000, arriving_bytes: 4_096, ..Limits::default() };
        let site = Site::new(limits);
        let mut wire = site.client(version, "d1").await;
        let burst = (1..=1_000).map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &[7; 100])));
        wire.send(burst).await;
        let expected: Vec<Packet> = (1..=1_000).map(|n| Packet::PubAck(ack(n))).collect();
        assert_eq!(wire.said().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_written_in_the_order_of_arrival() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V311, "d1").await;
    let numbered = |number: u16| publish("t", Qos::AtLeastOnce, number, &number.to_be_bytes());
    wire.send((1..=1_000).map(|number| Packet::Publish(numbered(number)))).await;
    wire.said().await;
    let expected: Vec<_> = (1..=1_000_u16).map(|number| number.to_be_bytes().to_vec()).collect();
    assert_eq!(*site.house.journal.lock().await, expected);
}

#[tokio::test(start_paused = true)]
async fn reading_stops_when_the_house_holds_enough_bytes() {
    let site = Site::new(Limits { arriving_bytes: 1_000, ..Limits::default() });
    site.house.hold();
    let mut wire = site.client(Version::V5, "d1").await;
    wire.send((0..10).map(|n| Packet::Publish(publish("t", Qos::AtMostOnce, 0, &[n; 400])))).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(site.house.payloads().len(), 3);
    site.house.settle(0, Outcome::Accepted);
    site.house.settle(1, Outcome::Accepted);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(site.house.payloads().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_house_ends_one_connection_and_is_told_once() {
    let site = Site::new(Limits::default());
    let mut bystander = site.client(Version::V5, "d2").await;
    let mut wire = site.client(Version::V5, "d1").await;
    wire.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"panic"))]).await;
    assert_eq!(wire.rest().await, []);
    let ended = Seen::Disconnected("d1".into(), Disconnected::Lost);
    assert_eq!(site.house.seen().iter().filter(|seen| **seen == ended).count(), 1);
    assert!(!site.broker.connected("d1"));
    assert_eq!(bystander.said().await, []);
    assert_eq!(site.broker.clients(), 1);
}

#[tokio::test(start_paused = true)]
async fn subscription_identifiers_come_back_with_the_messages_they_match() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V5, "d1").await;
    for (packet_id, filter) in [(1u16, "a/#"), (2, "a/+"), (3, "b")] {
        let Packet::Subscribe(mut subscribe) = subscribe(packet_id, filter, Qos::AtMostOnce) else {
            continue;
        };
        let identifier = Variable(u32::from(packet_id) * 10);
        subscribe.properties.push(Property::SubscriptionIdentifier(identifier));
        wire.send([Packet::Subscribe(subscribe)]).await;
    }
    wire.said().await;
    site.broker.send("d1", outgoing("a/x", Qos::AtMostOnce, b"m")).unwrap();
    let mut expected = publish("a/x", Qos::AtMostOnce, 0, b"m");
    for identifier in [10, 20] {
        expected.properties.push(Property::SubscriptionIdentifier(Variable(identifier)));
    }
    assert_eq!(wire.said().await, [Packet::Publish(expected)], "one copy, both identifiers");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_where_it_says_and_properties_travel_as_they_are() {
    let site = Site::new(Limits::default());
    let mut asks = site.client(Version::V5, "asks@home").await;
    let mut answers = site.client(Version::V5, "answers@home").await;
    asks.send([subscribe(1, "answers/asks", Qos::AtLeastOnce)]).await;
    answers.send([subscribe(1, "questions", Qos::ExactlyOnce)]).await;
    asks.said().await;
    answers.said().await;
    let user = |name: &str, value: &str| Property::UserProperty((text(name), text(value)));
    let sent = [
        Property::PayloadFormatIndicator(true),
        Property::ContentType(text("text/plain")),
        Property::ResponseTopic(text("answers/asks")),
        Property::CorrelationData(vec![0, 1, 255].into()),
        user("trace", "1"),
        user("trace", "2"),
        user("a", ""),
    ];
    let question = Publish {
        properties: sent.iter().cloned().collect(),
        ..publish("questions", Qos::ExactlyOnce, 1, b"?")
    };
    asks.send([Packet::Publish(question)]).await;
    asks.said().await;
    let heard = answers.said().await;
    let [Packet::Publish(question)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(question.properties.iter().cloned().collect::<Vec<_>>(), sent, "all, in their order");
    let topic = question.properties.response_topic().unwrap().clone();
    let correlation = question.properties.correlation_data().unwrap().clone();
    let mut answer = publish(&topic, Qos::AtLeastOnce, 2, b"!");
    answer.properties.push(Property::CorrelationData(correlation));
    answers.send([Packet::Publish(answer)]).await;
    answers.said().await;
    let heard = asks.said().await;
    let answer = heard.iter().find_map(|packet| if let Packet::Publish(p) = packet { Some(p) } else { None });
    let answer = answer.unwrap();
    assert_eq!(&answer.payload[..], b"!");
    assert_eq!(answer.properties.correlation_data().map(|data| &data[..]), Some(&[0, 1, 255][..]));
}
