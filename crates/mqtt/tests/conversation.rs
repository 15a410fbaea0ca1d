//! Conversations of one or two clients with the broker, over pipes and on a paused clock.

mod house;

use std::time::Duration;

use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use tokio::time::{Instant, advance};

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
