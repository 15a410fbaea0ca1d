//! Spaces, retained messages, sessions that are kept, shared subscriptions, wills and bounds, as raw clients see them.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::time::Duration;

use bytes::Bytes;
use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;

fn retained(topic: &str, payload: &[u8]) -> Packet {
    Packet::Publish(Publish { retain: true, ..publish(topic, Qos::AtLeastOnce, 1, payload) })
}

fn said(topic: &str, payload: &[u8]) -> Packet {
    Packet::Publish(publish(topic, Qos::AtMostOnce, 0, payload))
}

fn payloads(packets: &[Packet]) -> Vec<String> {
    let payload = |packet: &Packet| match packet {
        Packet::Publish(publish) => Some(String::from_utf8(publish.payload.to_vec()).unwrap()),
        _ => None,
    };
    packets.iter().filter_map(payload).collect()
}

/// A session that is kept, and whether it was there.
async fn kept(site: &Site, version: Version, user: &str) -> (Wire<tokio::io::DuplexStream>, bool) {
    let mut wire = site.pipe(version);
    let mut connect = Connect { clean_start: false, ..connect(version, user, user) };
    if version == Version::V5 {
        connect.properties.push(Property::SessionExpiryInterval(1_000));
    }
    let connack = wire.connect(connect).await;
    assert_eq!(connack.reason, ReasonCode::Success);
    (wire, connack.session_present)
}

/// Until the broker has noticed that the client is gone.
async fn gone(site: &Site, wire: Wire<tokio::io::DuplexStream>, user: &str) {
    drop(wire);
    while site.broker.connected(user) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_space_is_seen_from_within_and_from_nowhere_else() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut one = site.client(version, "a@one").await;
        let mut other = site.client(version, "b@other").await;
        let mut same = site.client(version, "c@one").await;
        for wire in [&mut one, &mut other, &mut same] {
            wire.send([subscribe(1, "#", Qos::AtLeastOnce), subscribe(2, "zigbee2mqtt/+", Qos::AtMostOnce)])
                .await;
            wire.said().await;
        }
        one.send([said("zigbee2mqtt/lamp", b"on"), retained("zigbee2mqtt/bridge", b"here")]).await;
        one.said().await;
        assert!(!payloads(&same.said().await).is_empty());
        assert_eq!(payloads(&other.said().await), [""; 0]);
        let mut late = site.client(version, "d@other").await;
        late.send([subscribe(1, "#", Qos::AtMostOnce)]).await;
        assert_eq!(payloads(&late.said().await), [""; 0], "what is retained stays in its space");
        assert_eq!(site.broker.retained("one", "#").len(), 1);
        assert_eq!(site.broker.retained("other", "#").len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn retained_messages_come_with_a_subscription_and_go_with_an_empty_one() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut maker = site.client(version, "a@home").await;
        maker.send([retained("t/1", b"one"), retained("t/2", b"two"), retained("t/1", b"newer")]).await;
        maker.said().await;
        let mut reader = site.client(version, "b@home").await;
        reader.send([subscribe(1, "t/#", Qos::AtMostOnce)]).await;
        let heard = reader.said().await;
        assert_eq!(payloads(&heard), ["newer", "two"]);
        let flags = heard.iter().filter(|packet| matches!(packet, Packet::Publish(p) if p.retain)).count();
        assert_eq!(flags, 2);
        maker.send([retained("t/1", b""), retained("t/3", b"three")]).await;
        maker.said().await;
        let live = reader.said().await;
        assert_eq!(payloads(&live), ["", "three"]);
        assert!(
            live.iter().all(|packet| matches!(packet, Packet::Publish(p) if !p.retain)),
            "not retained for who was there"
        );
        let mut later = site.client(version, "c@home").await;
        later.send([subscribe(1, "t/#", Qos::AtMostOnce)]).await;
        assert_eq!(payloads(&later.said().await), ["two", "three"]);
    }
}

#[tokio::test(start_paused = true)]
async fn retain_handling_and_retain_as_published_are_followed() {
    let site = Site::new(Limits::default());
    let mut maker = site.client(Version::V5, "a@home").await;
    maker.send([retained("t", b"kept")]).await;
    maker.said().await;
    let options = |retain_handling, retain_as_published| SubscribeOptions {
        qos: Qos::AtMostOnce,
        no_local: true,
        retain_as_published,
        retain_handling,
    };
    let ask = |packet_id, options| {
        let filters = vec![SubscribeFilter { filter: text("t"), options }];
        Packet::Subscribe(Subscribe { id: id(packet_id), properties: Properties::new(), filters })
    };
    let mut reader = site.client(Version::V5, "b@home").await;
    reader.send([ask(1, options(RetainHandling::DoNotSend, false))]).await;
    assert_eq!(payloads(&reader.said().await), [""; 0]);
    reader.send([ask(2, options(RetainHandling::SendIfNew, false))]).await;
    assert_eq!(payloads(&reader.said().await), [""; 0], "it was subscribed before");
    reader.send([ask(3, options(RetainHandling::Send, true))]).await;
    assert_eq!(payloads(&reader.said().await), ["kept"]);
    maker.send([retained("t", b"new")]).await;
    maker.said().await;
    assert!(matches!(&reader.said().await[..], [Packet::Publish(p)] if p.retain), "as published");
    reader.send([said("t", b"own")]).await;
    assert_eq!(payloads(&reader.said().await), [""; 0], "no local");
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_client_is_away_waits_for_it() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let (mut reader, present) = kept(&site, version, "r@home").await;
        assert!(!present);
        reader.send([subscribe(1, "t/#", Qos::ExactlyOnce)]).await;
        reader.said().await;
        gone(&site, reader, "r@home").await;
        let mut maker = site.client(version, "m@home").await;
        maker
            .send([
                Packet::Publish(publish("t/1", Qos::AtLeastOnce, 1, b"one")),
                Packet::Publish(publish("t/0", Qos::AtMostOnce, 0, b"zero")),
                Packet::Publish(publish("t/2", Qos::ExactlyOnce, 2, b"two")),
            ])
            .await;
        maker.said().await;
        let (mut reader, present) = kept(&site, version, "r@home").await;
        assert!(present);
        let heard = reader.said().await;
        assert_eq!(payloads(&heard), ["one", "two"], "QoS 0 does not wait");
        // Unacknowledged: all of it again, marked, before anything new, with the same identifiers.
        let ids = |packets: &[Packet]| -> Vec<PacketId> {
            packets.iter().filter_map(|p| if let Packet::Publish(p) = p { p.id } else { None }).collect()
        };
        gone(&site, reader, "r@home").await;
        maker.send([Packet::Publish(publish("t/3", Qos::AtLeastOnce, 3, b"three"))]).await;
        maker.said().await;
        let (mut reader, _) = kept(&site, version, "r@home").await;
        let again = reader.said().await;
        assert_eq!(payloads(&again), ["one", "two", "three"]);
        assert_eq!(ids(&again)[..2], ids(&heard)[..]);
        let dups: Vec<bool> = again
            .iter()
            .filter_map(|p| if let Packet::Publish(p) = p { Some(p.dup) } else { None })
            .collect();
        assert_eq!(dups, [true, true, false]);
        // A clean start forgets.
        gone(&site, reader, "r@home").await;
        let mut fresh = site.client(version, "r@home").await;
        maker.send([said("t/4", b"four")]).await;
        maker.said().await;
        assert_eq!(fresh.said().await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_keeps_the_receive_maximum() {
    let site = Site::new(Limits::default());
    let (mut reader, _) = kept(&site, Version::V5, "r@home").await;
    reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
    reader.said().await;
    let mut maker = site.client(Version::V5, "m@home").await;
    maker.send((1..=5).map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &[b'0' + n as u8])))).await;
    maker.said().await;
    assert_eq!(payloads(&reader.said().await).len(), 5);
    gone(&site, reader, "r@home").await;
    let mut reader = site.pipe(Version::V5);
    let mut connect = Connect { clean_start: false, ..connect(Version::V5, "r@home", "r@home") };
    connect.properties.push(Property::SessionExpiryInterval(1_000));
    connect.properties.push(Property::ReceiveMaximum(2));
    assert!(reader.connect(connect).await.session_present);
    let mut heard = Vec::new();
    for expected in [2, 2, 1] {
        let now = reader.said().await;
        assert_eq!(payloads(&now).len(), expected);
        for packet in now {
            let Packet::Publish(publish) = packet else { continue };
            reader.send([Packet::PubAck(Ack::new(publish.id.unwrap(), ReasonCode::Success))]).await;
            heard.push(publish.payload);
        }
    }
    assert_eq!(heard, ["1", "2", "3", "4", "5"].map(|n| Bytes::from_static(n.as_bytes())));
}

#[tokio::test(start_paused = true)]
async fn a_shared_subscription_gives_each_message_to_one() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut workers = Vec::new();
        for name in ["1@home", "2@home", "3@home"] {
            let mut worker = site.client(version, name).await;
            worker.send([subscribe(1, "$share/workers/jobs/#", Qos::AtLeastOnce)]).await;
            worker.said().await;
            workers.push(worker);
        }
        let mut thief = site.client(version, "4@elsewhere").await;
        thief.send([subscribe(1, "$share/workers/jobs/#", Qos::AtLeastOnce)]).await;
        thief.said().await;
        let mut maker = site.client(version, "m@home").await;
        maker.send((1..=9).map(|n| Packet::Publish(publish("jobs/x", Qos::AtLeastOnce, n, b"job")))).await;
        maker.said().await;
        let mut counts = Vec::new();
        for worker in &mut workers {
            counts.push(payloads(&worker.said().await).len());
        }
        assert_eq!(counts, [3, 3, 3]);
        assert_eq!(thief.said().await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_allowed_in_part_is_narrowed() {
    let site = Site::new(Limits::default());
    let mut reader = site.client(Version::V5, "r@home").await;
    reader
        .send([subscribe(1, "partly/#", Qos::AtMostOnce), subscribe(2, "forbidden/#", Qos::AtMostOnce)])
        .await;
    let reasons: Vec<Vec<ReasonCode>> = reader
        .said()
        .await
        .into_iter()
        .map(|packet| if let Packet::SubAck(suback) = packet { suback.reasons } else { panic!("{packet:?}") })
        .collect();
    assert_eq!(reasons, [[ReasonCode::Success], [ReasonCode::NotAuthorized]]);
    let mut maker = site.client(Version::V5, "m@home").await;
    maker.send([retained("partly/closed/a", b"no"), retained("partly/open/a", b"yes")]).await;
    maker.said().await;
    assert_eq!(payloads(&reader.said().await), ["yes"]);
    reader.send([subscribe(3, "partly/#", Qos::AtMostOnce)]).await;
    assert_eq!(payloads(&reader.said().await), ["yes"], "retained ones, too");
}

#[tokio::test(start_paused = true)]
async fn another_identity_with_the_same_client_id_is_another_session() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut owner = site.pipe(version);
        owner.connect(connect(version, "owner@home", "shared-id")).await;
        owner.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
        owner.said().await;
        let mut thief = site.pipe(version);
        let connack = thief
            .connect(Connect { clean_start: false, ..connect(version, "thief@home", "shared-id") })
            .await;
        assert!(!connack.session_present);
        let mut maker = site.client(version, "m@home").await;
        maker.send([said("t", b"for the owner")]).await;
        maker.said().await;
        assert_eq!(payloads(&owner.said().await), ["for the owner"]);
        assert_eq!(thief.said().await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delayed_will_waits_and_is_taken_back_by_a_return() {
    let site = Site::new(Limits::default());
    tokio::spawn(site.broker.clone().tend(std::future::pending()));
    let mut reader = site.client(Version::V5, "r@home").await;
    reader.send([subscribe(1, "will", Qos::AtMostOnce)]).await;
    reader.said().await;
    let with_will = |expiry_s: u32| {
        let mut will_properties = Properties::new();
        will_properties.push(Property::WillDelayInterval(5));
        let will = Will {
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: will_properties,
            topic: text("will"),
            payload: Bytes::from_static(b"gone"),
        };
        let mut connect = Connect {
            clean_start: false,
            keep_alive_s: 600,
            will: Some(will),
            ..connect(Version::V5, "w@home", "w")
        };
        connect.properties.push(Property::SessionExpiryInterval(expiry_s));
        connect
    };
    let mut wire = site.pipe(Version::V5);
    wire.connect(with_will(60)).await;
    drop(wire);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(payloads(&reader.said().await), [""; 0]);
    let mut wire = site.pipe(Version::V5);
    assert!(wire.connect(with_will(60)).await.session_present);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(payloads(&reader.said().await), [""; 0], "it came back in time");
    drop(wire);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(payloads(&reader.said().await), ["gone"]);
    // The end of the session comes before the delay is over [MQTT-3.1.3-9].
    let mut wire = site.pipe(Version::V5);
    wire.connect(with_will(2)).await;
    drop(wire);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(payloads(&reader.said().await), ["gone"]);
    assert!(site.broker.sessions_of("owner of home").iter().all(|session| &*session.client_id != "w"));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_expires_is_not_delivered_and_others_say_what_is_left() {
    let site = Site::on(None, Limits::default());
    let (mut reader, _) = kept(&site, Version::V5, "r@home").await;
    reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
    reader.said().await;
    gone(&site, reader, "r@home").await;
    let mut maker = site.client(Version::V5, "m@home").await;
    for (number, expiry_s) in [(1, 2), (2, 100)] {
        let mut message = publish("t", Qos::AtLeastOnce, number, expiry_s.to_string().as_bytes());
        message.properties.push(Property::MessageExpiryInterval(expiry_s));
        maker.send([Packet::Publish(message)]).await;
    }
    maker.said().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (mut reader, _) = kept(&site, Version::V5, "r@home").await;
    let heard = reader.said().await;
    assert_eq!(payloads(&heard), ["100"]);
    let Packet::Publish(publish) = &heard[0] else { panic!("{heard:?}") };
    let left = *publish.properties.message_expiry_s().unwrap();
    assert!((80..=90).contains(&left), "{left}");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_of_an_absent_client_refuses_and_drops_nothing() {
    for version in BOTH {
        let limits = Limits { queue_messages: 3, ..Limits::default() };
        let site = Site::new(limits);
        let (mut reader, _) = kept(&site, version, "r@home").await;
        reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
        reader.said().await;
        gone(&site, reader, "r@home").await;
        let mut maker = site.client(version, "m@home").await;
        let message = |n: u16| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &[b'0' + n as u8]));
        maker.send((1..=3).map(message)).await;
        assert_eq!(maker.said().await.len(), 3);
        maker.send([message(4)]).await;
        if version == Version::V5 {
            assert_eq!(maker.said().await, [Packet::PubAck(Ack::new(id(4), ReasonCode::QuotaExceeded))]);
        } else {
            assert_eq!(maker.rest().await, [], "3.1.1 cannot be told, and is not acknowledged");
        }
        let alarms = site
            .house
            .seen()
            .into_iter()
            .filter(|seen| matches!(seen, Seen::Violated(why) if why.contains("QueueFull")));
        assert_eq!(alarms.count(), 1);
        let (mut reader, _) = kept(&site, version, "r@home").await;
        assert_eq!(payloads(&reader.said().await), ["1", "2", "3"]);
    }
}

/// One client that stays away does not end what a home reports.
#[tokio::test(start_paused = true)]
async fn the_house_hears_a_message_whatever_becomes_of_it_for_others() {
    for (version, qos) in BOTH.into_iter().flat_map(|version| [1, 2].map(|qos| (version, qos))) {
        let qos = Qos::from_u8(qos).unwrap();
        let quota = TenantQuota { retained_messages: 0, ..TenantQuota::default() };
        let site = Site::with_quota(Limits { queue_messages: 1, ..Limits::default() }, quota);
        let (mut reader, _) = kept(&site, version, "r@home").await;
        reader.send([subscribe(1, "t", Qos::ExactlyOnce)]).await;
        reader.said().await;
        gone(&site, reader, "r@home").await;
        let mut maker = site.client(version, "m@home").await;
        maker.send([Packet::Publish(publish("t", qos, 1, b"waits"))]).await;
        maker.said().await;
        for (topic, retain, payload) in [("t", false, b"full"), ("u", true, b"kept")] {
            let mut maker = site.client(version, "m@home").await;
            maker.send([Packet::Publish(Publish { retain, ..publish(topic, qos, 2, payload) })]).await;
            site.house
                .until(|seen| {
                    seen.iter().any(
                        |seen| matches!(seen, Seen::Published { payload: heard, .. } if heard == payload),
                    )
                })
                .await;
            let refused = Ack::new(id(2), ReasonCode::QuotaExceeded);
            match version {
                Version::V311 => assert_eq!(maker.rest().await, [], "not acknowledged"),
                _ if qos == Qos::AtLeastOnce => assert_eq!(maker.said().await, [Packet::PubAck(refused)]),
                _ => assert_eq!(maker.said().await, [Packet::PubRec(refused)]),
            }
        }
        assert_eq!(site.house.payloads(), [b"waits".to_vec(), b"full".to_vec(), b"kept".to_vec()]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_house_does_not_wait_for_a_client_that_does_not_keep_up() {
    for version in BOTH {
        let site = Site::new(Limits { queue_messages: 2, send_maximum: 1, ..Limits::default() });
        let mut reader = site.client(version, "r@home").await;
        reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
        reader.said().await;
        let mut maker = site.client(version, "m@home").await;
        let message = |n: u16| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &[b'0' + n as u8]));
        maker.send((1..=9).map(message)).await;
        let acknowledged = maker.said().await.len();
        assert!((2..9).contains(&acknowledged), "{acknowledged}");
        let order: Vec<Vec<u8>> = (1..=9).map(|n| vec![b'0' + n]).collect();
        assert_eq!(site.house.payloads(), order);
        let mut heard = Vec::new();
        while heard.len() < 9 {
            let next = tokio::time::timeout(Duration::from_secs(5), reader.next()).await;
            let Some(Packet::Publish(publish)) = next.expect("stuck") else { continue };
            reader.send([Packet::PubAck(Ack::new(publish.id.unwrap(), ReasonCode::Success))]).await;
            heard.push(publish.payload.to_vec());
        }
        assert_eq!(heard, order);
        assert_eq!(maker.said().await.len(), 9 - acknowledged);
        assert_eq!(site.house.payloads(), order, "each once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_holds_its_publisher_back_and_loses_nothing() {
    for version in BOTH {
        let site = Site::new(Limits { queue_messages: 10, send_maximum: 64, ..Limits::default() });
        let mut reader = site.client(version, "r@home").await;
        reader.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
        reader.said().await;
        let mut maker = site.client(version, "m@home").await;
        let mut bystander = site.client(version, "b@home").await;
        // More than the reader's quota and queue take together.
        maker
            .send((1..=250).map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, &n.to_be_bytes()))))
            .await;
        let mut heard = Vec::new();
        while heard.len() < 250 {
            let next = tokio::time::timeout(Duration::from_secs(5), reader.next()).await;
            let packet = next.unwrap_or_else(|_| panic!("stuck after {}", heard.len())).unwrap();
            let Packet::Publish(publish) = packet else { continue };
            reader.send([Packet::PubAck(Ack::new(publish.id.unwrap(), ReasonCode::Success))]).await;
            heard.push(u16::from_be_bytes(publish.payload[..].try_into().unwrap()));
        }
        assert_eq!(heard, (1..=250).collect::<Vec<u16>>());
        assert_eq!(maker.said().await.len(), 250);
        bystander.send([said("else", b"x")]).await;
        bystander.said().await;
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_of_an_organisation_are_its_own() {
    let quota = TenantQuota { connections: 2, retained_messages: 1, ..TenantQuota::default() };
    let site = Site::with_quota(Limits::default(), quota);
    let mut one = site.client(Version::V5, "1@home").await;
    let _two = site.client(Version::V5, "2@home").await;
    let mut three = site.pipe(Version::V5);
    let refused = three.connect(connect(Version::V5, "3@home", "3")).await;
    assert_eq!(refused.reason, ReasonCode::QuotaExceeded);
    let alarm = Seen::Violated("owner of home: ConnectionsFull".into());
    assert!(site.house.seen().contains(&alarm), "somebody has to look at it");
    site.client(Version::V5, "1@elsewhere").await;
    one.send([retained("a", b"1")]).await;
    one.said().await;
    one.send([retained("b", b"2")]).await;
    assert_eq!(one.said().await, [Packet::PubAck(Ack::new(id(1), ReasonCode::QuotaExceeded))]);
    one.send([retained("a", b"3")]).await;
    assert_eq!(one.said().await, [Packet::PubAck(ack(1))], "in the place of what was there");
    let metrics = site.broker.metrics("owner of home");
    assert_eq!((metrics.connections, metrics.retained_messages, metrics.messages_received), (2, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn the_subscriptions_of_an_organisation_are_bounded_over_all_of_its_sessions() {
    let few = TenantQuota { subscriptions: 3, ..TenantQuota::default() };
    let short = TenantQuota { subscription_bytes: 5, ..TenantQuota::default() };
    for (quota, filters) in [(few, ["a", "b", "c", "d"]), (short, ["a", "bb", "cc", "d"])] {
        let site = Site::with_quota(Limits::default(), quota);
        let mut one = site.client(Version::V5, "1@home").await;
        let mut two = site.client(Version::V5, "2@home").await;
        let tried = async |wire: &mut Wire<_>, filter: &str| {
            wire.send([subscribe(1, filter, Qos::AtMostOnce)]).await;
            match &wire.said().await[..] {
                [Packet::SubAck(suback)] => suback.reasons[0],
                other => panic!("{other:?}"),
            }
        };
        let granted = ReasonCode::Success;
        assert_eq!(tried(&mut one, filters[0]).await, granted);
        assert_eq!(tried(&mut one, filters[1]).await, granted);
        assert_eq!(tried(&mut two, filters[2]).await, granted);
        assert_eq!(tried(&mut two, filters[3]).await, ReasonCode::QuotaExceeded);
        let alarm = Seen::Violated("owner of home: SubscriptionsFull".into());
        assert!(site.house.seen().contains(&alarm), "somebody has to look at it");
        assert_eq!(tried(&mut one, filters[1]).await, granted, "in the place of what was there");
        let mut neighbour = site.client(Version::V5, "1@elsewhere").await;
        assert_eq!(tried(&mut neighbour, filters[0]).await, granted, "another organisation");
        drop(one);
        site.house.until_seen(Seen::Disconnected("1@home".into(), Disconnected::Lost)).await;
        assert_eq!(tried(&mut two, filters[3]).await, granted, "a session that ends gives its place back");
        assert_eq!(site.broker.metrics("owner of home").subscriptions, 2);
    }
}

/// The house may have no room for what a message says; that is between it and the sender.
#[tokio::test(start_paused = true)]
async fn what_the_house_turns_down_reaches_the_others_and_its_sender_is_told() {
    for (version, qos) in BOTH.into_iter().flat_map(|version| [1, 2].map(|qos| (version, qos))) {
        let qos = Qos::from_u8(qos).unwrap();
        let site = Site::new(Limits::default());
        let mut reader = site.client(version, "r@home").await;
        reader.send([subscribe(1, "t", Qos::AtMostOnce)]).await;
        reader.said().await;
        let (mut maker, _) = kept(&site, version, "m@home").await;
        site.house.hold();
        for round in 0..2 {
            maker.send([Packet::Publish(publish("t", qos, 7, b"x"))]).await;
            site.house.until(|seen| payloads_in(seen) == round + 1).await;
            site.house.settle(round, Outcome::Rejected(ReasonCode::QuotaExceeded));
            let reason = match version {
                Version::V5 => ReasonCode::QuotaExceeded,
                Version::V311 => ReasonCode::Success,
            };
            let told = Ack::new(id(7), reason);
            let next = maker.next().await;
            match qos {
                Qos::AtLeastOnce => assert_eq!(next, Some(Packet::PubAck(told))),
                _ => assert_eq!(next, Some(Packet::PubRec(told))),
            }
            assert_eq!(payloads(&reader.said().await), ["x"], "{version:?} {qos:?}");
            if qos == Qos::ExactlyOnce && version == Version::V311 {
                maker.send([Packet::PubRel(ack(7))]).await;
                assert_eq!(maker.next().await, Some(Packet::PubComp(ack(7))));
            }
        }
    }
}

fn payloads_in(seen: &[Seen]) -> usize {
    seen.iter().filter(|seen| matches!(seen, Seen::Published { .. })).count()
}

#[tokio::test(start_paused = true)]
async fn a_client_has_the_last_word_on_so_many_topics_and_no_more() {
    let site = Site::new(Limits { client_topics: 2, ..Limits::default() });
    let mut one = site.client(Version::V5, "1@home").await;
    let mut other = site.client(Version::V5, "2@home").await;
    let taken = [Packet::PubAck(ack(1))];
    let refused = [Packet::PubAck(Ack::new(id(1), ReasonCode::QuotaExceeded))];
    let said = async |wire: &mut Wire<_>, topic: &str, payload: &[u8]| {
        wire.send([retained(topic, payload)]).await;
        wire.said().await
    };
    assert_eq!(said(&mut one, "a", b"1").await, taken);
    assert_eq!(said(&mut one, "b", b"1").await, taken);
    assert_eq!(said(&mut one, "c", b"1").await, refused);
    let alarm = Seen::Violated("owner of home: ClientTopicsFull { identity: \"1@home\" }".into());
    assert!(site.house.seen().contains(&alarm), "somebody has to look at it");
    assert_eq!(said(&mut one, "a", b"2").await, taken, "in the place of its own");
    one.send([Packet::Publish(publish("c", Qos::AtLeastOnce, 1, b"not retained"))]).await;
    assert_eq!(one.said().await, taken);
    assert_eq!(said(&mut other, "a", b"3").await, taken, "a topic is whose word is the last one there");
    assert_eq!(said(&mut one, "c", b"1").await, taken, "so that another one is free");
    assert_eq!(said(&mut one, "a", b"4").await, refused);
    assert_eq!(said(&mut one, "b", b"").await, taken);
    assert_eq!(said(&mut one, "a", b"4").await, taken);
    let mut old = site.client(Version::V311, "3@home").await;
    old.send([retained("d", b"1"), retained("e", b"1"), retained("f", b"1")]).await;
    assert_eq!(old.rest().await.len(), 2, "what cannot be told is not acknowledged");
    let mut many = site.client(Version::V5, "everybody@home").await;
    for topic in ["g", "h", "i"] {
        assert_eq!(said(&mut many, topic, b"1").await, taken, "an identity of many");
    }
}

#[tokio::test(start_paused = true)]
async fn bounds_that_are_changed_hold_at_once_and_cut_nobody() {
    let limits = Limits { client_messages_per_s: 1, ..Limits::default() };
    let site = Site::new(limits.clone());
    let mut one = site.client(Version::V5, "1@home").await;
    let messages = || (1..=100).map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, n, b"x")));
    let began = tokio::time::Instant::now();
    one.send(messages()).await;
    site.house.until(|seen| seen.len() > 100).await;
    let quicker = Limits { client_sessions: 1, client_topics: 1, ..Limits::default() };
    let fewer = TenantQuota { connections: 2, retained_messages: 2, ..TenantQuota::default() };
    site.broker.change_bounds(quicker, fewer);
    assert_eq!(one.said().await.len(), 100);
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "held back for a rate that is over: {:?}",
        began.elapsed()
    );
    let come = async |user: &str, client_id: &str| {
        let mut wire = site.pipe(Version::V5);
        (wire.connect(connect(Version::V5, user, client_id)).await.reason, wire)
    };
    assert_eq!(come("1@home", "another").await.0, ReasonCode::QuotaExceeded, "sessions of a client");
    let (second, mut two) = come("2@home", "2").await;
    assert_eq!(second, ReasonCode::Success);
    assert_eq!(come("3@home", "3").await.0, ReasonCode::QuotaExceeded, "connections of an organisation");
    one.send([
        retained("a", b"1"),
        Packet::Publish(Publish { retain: true, ..publish("b", Qos::AtLeastOnce, 2, b"1") }),
    ])
    .await;
    let refused = Packet::PubAck(Ack::new(id(2), ReasonCode::QuotaExceeded));
    assert_eq!(one.said().await, [Packet::PubAck(ack(1)), refused]);
    site.broker.change_bounds(limits, TenantQuota::default());
    two.send(messages()).await;
    two.said().await;
    assert!(
        began.elapsed() > Duration::from_secs(90),
        "the rate of before holds again: {:?}",
        began.elapsed()
    );
    assert_eq!(come("3@home", "3").await.0, ReasonCode::Success);
}

#[tokio::test(start_paused = true)]
async fn a_client_over_its_rate_is_read_more_slowly_and_loses_nothing() {
    let site = Site::new(Limits { client_messages_per_s: 10, ..Limits::default() });
    let mut maker = site.client(Version::V311, "m@home").await;
    let began = tokio::time::Instant::now();
    for round in 0..4u16 {
        maker
            .send((1..=10).map(|n| Packet::Publish(publish("t", Qos::AtLeastOnce, round * 10 + n, b"x"))))
            .await;
        assert_eq!(maker.said().await.len(), 10);
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A name that signs in more than once has no more of the broker for that.
#[tokio::test(start_paused = true)]
async fn what_one_identity_may_say_is_counted_over_all_of_its_connections() {
    let messages = Limits { client_messages_per_s: 10, ..Limits::default() };
    let bytes = Limits { client_bytes_per_s: 1_000, ..Limits::default() };
    for (limits, payload) in [(messages, 1), (bytes, 100)] {
        let site = Site::new(limits);
        let mut wires = Vec::new();
        for client_id in ["one", "two"] {
            let mut wire = site.pipe(Version::V5);
            wire.connect(connect(Version::V5, "m@home", client_id)).await;
            wires.push(wire);
        }
        let mut other = site.client(Version::V5, "o@home").await;
        let said = |round: u16| {
            (1..=10).map(move |n| {
                Packet::Publish(publish("t", Qos::AtLeastOnce, round * 10 + n, &vec![0; payload]))
            })
        };
        let began = tokio::time::Instant::now();
        for round in 0..2 {
            for wire in &mut wires {
                wire.send(said(round)).await;
                assert_eq!(wire.said().await.len(), 10);
            }
        }
        assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
        let began = tokio::time::Instant::now();
        other.send(said(0)).await;
        assert_eq!(other.said().await.len(), 10);
        assert!(began.elapsed() < Duration::from_secs(1), "another identity");
    }
}

#[tokio::test(start_paused = true)]
async fn one_identity_has_so_many_sessions_and_no_more() {
    let site = Site::new(Limits { client_sessions: 2, ..Limits::default() });
    let come = async |user: &str, client_id: &str| {
        let mut wire = site.pipe(Version::V5);
        let connack = wire.connect(connect(Version::V5, user, client_id)).await;
        (connack.reason, wire)
    };
    let (first, _one) = come("m@home", "one").await;
    let (second, _two) = come("m@home", "two").await;
    assert_eq!((first, second), (ReasonCode::Success, ReasonCode::Success));
    assert_eq!(come("m@home", "three").await.0, ReasonCode::QuotaExceeded);
    let alarm = Seen::Violated("owner of home: ClientSessionsFull { identity: \"m@home\" }".into());
    assert!(site.house.seen().contains(&alarm));
    assert_eq!(come("m@home", "two").await.0, ReasonCode::Success, "in the place of its own");
    assert_eq!(come("o@home", "three").await.0, ReasonCode::Success, "another identity");
    let mut open = Vec::new();
    for client_id in ["one", "two", "three"] {
        open.push(come("everybody@home", client_id).await);
    }
    assert!(open.iter().all(|(reason, _)| *reason == ReasonCode::Success), "an identity of many");
}

#[tokio::test(start_paused = true)]
async fn an_enhanced_authentication_goes_back_and_forth() {
    let site = Site::new(Limits::default());
    let asks = |method: &str| {
        let mut connect = connect(Version::V5, "nobody", "e");
        connect.username = None;
        connect.properties.push(Property::AuthenticationMethod(text(method)));
        connect
    };
    let answer = |reason, data: &'static [u8]| {
        let mut properties = Properties::new();
        properties.push(Property::AuthenticationMethod(text("echo")));
        properties.push(Property::AuthenticationData(Bytes::from_static(data)));
        Packet::Auth(Auth { reason, properties })
    };
    let mut wire = site.pipe(Version::V5);
    wire.send([Packet::Connect(Box::new(asks("echo")))]).await;
    let Some(Packet::Auth(challenge)) = wire.next().await else { panic!("no challenge") };
    assert_eq!(challenge.properties.authentication_data().map(|data| &data[..]), Some(&b"abc"[..]));
    wire.send([answer(ReasonCode::ContinueAuthentication, b"cba")]).await;
    let Some(Packet::ConnAck(connack)) = wire.next().await else { panic!("not let in") };
    assert_eq!(connack.reason, ReasonCode::Success);
    assert_eq!(connack.properties.authentication_data().map(|data| &data[..]), Some(&b"welcome"[..]));
    // Again, while it is on [MQTT-4.12.1-1].
    wire.send([answer(ReasonCode::ReAuthenticate, b"")]).await;
    assert!(
        matches!(wire.next().await, Some(Packet::Auth(auth)) if auth.reason == ReasonCode::ContinueAuthentication)
    );
    wire.send([answer(ReasonCode::ContinueAuthentication, b"cba")]).await;
    assert!(matches!(wire.next().await, Some(Packet::Auth(auth)) if auth.reason == ReasonCode::Success));
    let mut liar = site.pipe(Version::V5);
    liar.send([Packet::Connect(Box::new(asks("echo")))]).await;
    liar.next().await;
    liar.send([answer(ReasonCode::ContinueAuthentication, b"abc")]).await;
    assert!(
        matches!(liar.next().await, Some(Packet::ConnAck(connack)) if connack.reason == ReasonCode::NotAuthorized)
    );
    let mut unknown = site.pipe(Version::V5);
    unknown.send([Packet::Connect(Box::new(asks("guess")))]).await;
    let refused = unknown.next().await;
    assert!(
        matches!(refused, Some(Packet::ConnAck(connack)) if connack.reason == ReasonCode::BadAuthenticationMethod)
    );
}

#[tokio::test(start_paused = true)]
async fn the_desk_shows_sessions_traces_them_and_ends_them() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V5, "a@home").await;
    wire.send([subscribe(1, "t/#", Qos::AtMostOnce)]).await;
    wire.said().await;
    let sessions = site.broker.sessions_of("owner of home");
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].connected.is_some());
    assert_eq!(sessions[0].subscriptions, [text("t/#")]);
    assert_eq!(site.broker.sessions_of("owner of elsewhere").len(), 0);
    let number = sessions[0].session;
    assert_eq!(site.broker.trace("owner of elsewhere", number, 100), None);
    assert_eq!(site.broker.trace("owner of home", number, 100), Some(vec![]));
    wire.send([said("t/1", b"secret payload")]).await;
    wire.said().await;
    let lines: Vec<String> =
        site.broker.trace("owner of home", number, 100).unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(lines[0], "PUBLISH to t/1, QoS 0, 14 bytes");
    assert!(lines.iter().all(|line| !line.contains("secret")));
    let mut watch = site.broker.watch("home", "owner of home", "t/+").unwrap();
    wire.send([said("t/2", b"seen"), said("u", b"not")]).await;
    wire.said().await;
    let seen = watch.next().await.unwrap();
    assert_eq!((&*seen.topic, &seen.payload[..], &*seen.from), ("t/2", &b"seen"[..], "a@home"));
    assert!(!site.broker.end_session("owner of elsewhere", number, true));
    assert!(site.broker.end_session("owner of home", number, true));
    assert!(
        matches!(&wire.rest().await[..], [Packet::Disconnect(bye)] if bye.reason == ReasonCode::AdministrativeAction)
    );
}

#[tokio::test(start_paused = true)]
async fn a_trace_has_both_sides_in_full_and_follows_a_client_that_comes_back() {
    for version in BOTH {
        let site = Site::new(Limits::default());
        let mut wire = site.client(version, "a@home").await;
        let number = |site: &Site| site.broker.sessions_of("owner of home")[0].session;
        let lines = |site: &Site| -> Vec<String> {
            let lines = site.broker.trace("owner of home", number(site), 1_000_000).unwrap();
            lines
                .into_iter()
                .map(|line| format!("{}{}", if line.from_client { "> " } else { "< " }, line.text))
                .collect()
        };
        assert_eq!(lines(&site), [""; 0]);
        let first = number(&site);
        wire.send([
            subscribe(1, "t", Qos::AtLeastOnce),
            Packet::Publish(publish("t", Qos::AtLeastOnce, 2, b"secret")),
            Packet::Publish(publish("u", Qos::ExactlyOnce, 3, b"secret")),
            Packet::PubRel(ack(3)),
        ])
        .await;
        wire.said().await;
        let noted = lines(&site);
        for wanted in [
            "> SUBSCRIBE 1 to t (QoS 1)",
            "< SUBACK 1 [GrantedQos1]",
            "> PUBLISH 2 to t, QoS 1, 6 bytes",
            "< PUBACK 2",
            "< PUBLISH 1 to t, QoS 1, 6 bytes",
            "< PUBREC 3",
            "> PUBREL 3",
            "< PUBCOMP 3",
            "> PINGREQ",
            "< PINGRESP",
        ] {
            assert!(noted.iter().any(|line| line == wanted), "{wanted}: {noted:#?}");
        }
        // A newer connection, and so another session: the same client.
        let mut newer = site.client(version, "a@home").await;
        newer.said().await;
        assert_ne!(number(&site), first);
        let noted = lines(&site);
        assert!(noted.contains(&"< SUBACK 1 [GrantedQos1]".to_owned()), "what was before stays");
        let told = noted.contains(&"< DISCONNECT SessionTakenOver".to_owned());
        assert_eq!(told, version == Version::V5, "{noted:#?}");
        assert!(noted.iter().any(|line| line.starts_with("> CONNECT as \"a@home\"")), "{noted:#?}");
        assert!(noted.contains(&"< CONNACK".to_owned()) && noted.iter().all(|line| !line.contains("secret")));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_again_is_in_the_trace() {
    let site = Site::new(Limits::default());
    let (mut wire, _) = kept(&site, Version::V5, "a@home").await;
    wire.send([subscribe(1, "t", Qos::AtLeastOnce)]).await;
    wire.said().await;
    let session = site.broker.sessions_of("owner of home")[0].session;
    site.broker.trace("owner of home", session, 1_000_000);
    wire.send([Packet::Publish(publish("t", Qos::AtLeastOnce, 1, b"x"))]).await;
    wire.said().await;
    gone(&site, wire, "a@home").await;
    let (mut wire, _) = kept(&site, Version::V5, "a@home").await;
    wire.said().await;
    let lines = site.broker.trace("owner of home", session, 1_000_000).unwrap();
    let again = "PUBLISH 1 to t, QoS 1, 1 bytes, sent before";
    assert!(lines.iter().any(|line| !line.from_client && line.text == again), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_filter_of_a_thousand_levels_is_refused() {
    let site = Site::new(Limits::default());
    let mut wire = site.client(Version::V5, "a@home").await;
    wire.send([subscribe(1, &"+/".repeat(1_000), Qos::AtMostOnce), said(&"a/".repeat(30_000), b"deep")])
        .await;
    assert!(
        matches!(&wire.said().await[..], [Packet::SubAck(suback)] if suback.reasons == [ReasonCode::TopicFilterInvalid])
    );
}
