//! The whole broker before and after a crash: what is retained, changed subscriptions, wills, and what has expired.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::time::Duration;

use bytes::Bytes;
use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use tokio::io::DuplexStream;

type Pipe = Wire<DuplexStream>;

fn start(disk: &Memory) -> Site {
    Site::on(Some(Box::new(disk.clone())), Limits::default())
}

fn will(payload: &'static [u8]) -> Option<Will> {
    Some(Will {
        qos: Qos::AtLeastOnce,
        retain: true,
        properties: Properties::new(),
        topic: text("will"),
        payload: Bytes::from_static(payload),
    })
}

/// A session that is kept, and whether it was there.
async fn kept(site: &Site, user: &str, will: Option<Will>) -> (Pipe, bool) {
    let mut wire = site.pipe(Version::V5);
    let mut connect = Connect { clean_start: false, will, ..connect(Version::V5, user, user) };
    connect.properties.push(Property::SessionExpiryInterval(1_000));
    let connack = wire.connect(connect).await;
    assert_eq!(connack.reason, ReasonCode::Success);
    (wire, connack.session_present)
}

fn retained(topic: &str, payload: &[u8]) -> Packet {
    Packet::Publish(Publish { retain: true, ..publish(topic, Qos::AtLeastOnce, 1, payload) })
}

/// What is heard, acknowledged, as `topic payload`, retained ones with a star.
async fn heard(wire: &mut Pipe) -> Vec<String> {
    let mut heard = Vec::new();
    for packet in wire.said().await {
        let Packet::Publish(publish) = packet else { continue };
        if let Some(id) = publish.id {
            wire.send([Packet::PubAck(Ack::new(id, ReasonCode::Success))]).await;
        }
        let star = if publish.retain { "*" } else { "" };
        heard.push(format!("{}{star} {}", publish.topic, String::from_utf8_lossy(&publish.payload)));
    }
    wire.said().await;
    heard
}

async fn ask(wire: &mut Pipe, packets: impl IntoIterator<Item = Packet>) {
    wire.send(packets).await;
    wire.said().await;
}

fn unsubscribe(filter: &str) -> Packet {
    Packet::Unsubscribe(Unsubscribe { id: id(9), properties: Properties::new(), filters: vec![text(filter)] })
}

/// Until something holds that the broker does by itself.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn everything_that_is_kept_is_there_after_a_crash() {
    let disk = Memory::default();
    let site = start(&disk);
    let (mut reader, _) = kept(&site, "r@home", None).await;
    ask(
        &mut reader,
        [
            subscribe(1, "a/#", Qos::AtLeastOnce),
            subscribe(2, "b", Qos::AtLeastOnce),
            subscribe(3, "$share/g/c", Qos::AtLeastOnce),
            subscribe(4, "gone", Qos::AtLeastOnce),
            unsubscribe("gone"),
            subscribe(5, "b", Qos::AtMostOnce),
        ],
    )
    .await;
    let (mut maker, _) = kept(&site, "m@home", will(b"left behind")).await;
    ask(
        &mut maker,
        [retained("a/1", b"old"), retained("a/1", b"new"), retained("a/2", b"x"), retained("a/2", b"")],
    )
    .await;
    assert_eq!(heard(&mut reader).await, ["a/1 old", "a/1 new", "a/2 x", "a/2 "]);

    site.broker.flushed().await;
    let disk = disk.after_crash();
    let site = start(&disk);
    until("the will of who was there", || site.broker.retained("home", "will").len() == 1).await;
    let (mut reader, present) = kept(&site, "r@home", None).await;
    assert!(present);
    let mut speaker = site.client(Version::V5, "s@home").await;
    for (number, topic) in ["a/3", "b", "c", "gone"].into_iter().enumerate() {
        let message = publish(topic, Qos::AtLeastOnce, number as u16 + 1, b"now");
        ask(&mut speaker, [Packet::Publish(message)]).await;
    }
    let mut now = heard(&mut reader).await;
    now.sort();
    assert_eq!(now, ["a/3 now", "b now", "c now"]);
    let mut late = site.client(Version::V5, "l@home").await;
    late.send([subscribe(1, "#", Qos::AtMostOnce)]).await;
    assert_eq!(heard(&mut late).await, ["a/1* new", "will* left behind"]);
    // It was said: another start says it no more.
    ask(&mut speaker, [retained("will", b"")]).await;
    site.broker.flushed().await;
    let site = start(&disk.after_crash());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(site.broker.retained("home", "will"), []);
}

/// Who it was is asked before its will is published, and a crash comes meanwhile.
#[tokio::test]
async fn a_will_is_not_lost_by_a_crash_before_it_is_said() {
    let disk = Memory::default();
    let site = start(&disk);
    let (_lost, _) = kept(&site, "w@home", will(b"still here")).await;
    let disk = disk.after_crash();
    let site = start(&disk);
    *site.house.thinking.lock().unwrap() = true;
    // Due at once, asked for, and not said.
    tokio::time::sleep(Duration::from_millis(600)).await;
    site.broker.flushed().await;
    assert_eq!(site.broker.retained("home", "will"), []);
    let site = start(&disk.after_crash());
    until("the will", || site.broker.retained("home", "will").len() == 1).await;
}

/// As above, where the end of the session makes it due and its client has another session by then.
#[tokio::test]
async fn a_will_of_a_session_that_ended_is_not_lost_by_a_crash_either() {
    let disk = Memory::default();
    let site = start(&disk);
    let mut wire = site.pipe(Version::V5);
    let mut hello = Connect { will: will(b"of the first"), ..connect(Version::V5, "w@home", "w@home") };
    hello.properties.push(Property::SessionExpiryInterval(1_000));
    if let Some(will) = &mut hello.will {
        will.properties.push(Property::WillDelayInterval(500));
    }
    wire.connect(hello).await;
    let disk = disk.after_crash();
    let site = start(&disk);
    *site.house.thinking.lock().unwrap() = true;
    *site.house.thinking.lock().unwrap() = false;
    let house = site.house.clone();
    // The clean start ends the first session; its will waits for the house.
    let mut again = site.pipe(Version::V5);
    let mut hello = Connect { will: will(b"of the second"), ..connect(Version::V5, "w@home", "w@home") };
    hello.properties.push(Property::SessionExpiryInterval(1_000));
    if let Some(will) = &mut hello.will {
        will.topic = text("second");
        will.properties.push(Property::WillDelayInterval(500));
    }
    again.send([Packet::Connect(Box::new(hello))]).await;
    house.until(|seen| seen.contains(&Seen::Connected("w@home".into()))).await;
    *house.thinking.lock().unwrap() = true;
    assert!(matches!(again.next().await, Some(Packet::ConnAck(_))));
    site.broker.flushed().await;
    let site = start(&disk.after_crash());
    until("the will of the first", || site.broker.retained("home", "will").len() == 1).await;
    // The second one is the session now, and its own will waits.
    assert_eq!(site.broker.retained("home", "second"), []);
    let (_wire, present) = kept(&site, "w@home", None).await;
    assert!(present);
    assert_eq!(site.broker.sessions_of("owner of home").len(), 1);
}

/// It was taken back, and a crash does not say it either.
#[tokio::test]
async fn a_will_that_was_taken_back_by_a_return_stays_taken_back() {
    let disk = Memory::default();
    let site = start(&disk);
    let mut delayed = will(b"not said").unwrap();
    delayed.properties.push(Property::WillDelayInterval(500));
    let (wire, _) = kept(&site, "w@home", Some(delayed)).await;
    drop(wire);
    until("it is gone", || !site.broker.connected("w@home")).await;
    let (_wire, present) = kept(&site, "w@home", None).await;
    assert!(present);
    site.broker.flushed().await;
    let kept = disk.after_crash().records.lock().unwrap().clone();
    let last = kept.iter().rev().find(|record| matches!(record, Record::Will { .. } | Record::NoWill { .. }));
    assert!(matches!(last, Some(Record::NoWill { .. })), "{last:?}");
}

#[tokio::test]
async fn a_retained_message_that_expired_is_removed_also_from_the_journal() {
    let disk = Memory::default();
    let now = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(1_000_000));
    let clock = now.clone();
    let house = std::sync::Arc::new(House::default());
    let ground = Ground {
        limits: Limits::default(),
        quota: TenantQuota::default(),
        journal: Some(Box::new(disk.clone())),
        clock: std::sync::Arc::new(move || clock.load(std::sync::atomic::Ordering::SeqCst)),
    };
    let site = Site { broker: Broker::open(house.clone(), ground).unwrap(), house };
    let mut maker = site.client(Version::V5, "m@home").await;
    for (topic, expiry_s) in [("short", 10), ("replaced", 10), ("long", 10_000)] {
        let mut message = Publish { retain: true, ..publish(topic, Qos::AtLeastOnce, 1, b"x") };
        message.properties.push(Property::MessageExpiryInterval(expiry_s));
        ask(&mut maker, [Packet::Publish(message)]).await;
    }
    ask(&mut maker, [retained("replaced", b"for ever")]).await;
    let count = || site.broker.metrics("owner of home").retained_messages;
    assert_eq!(count(), 3);
    now.fetch_add(11_000, std::sync::atomic::Ordering::SeqCst);
    tokio::spawn(site.broker.clone().tend(std::future::pending()));
    tokio::time::pause();
    while count() != 2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    site.broker.flushed().await;
    let topics = |site: &Site| -> Vec<String> {
        site.broker.retained("home", "#").iter().map(|retained| retained.topic.to_string()).collect()
    };
    assert_eq!(topics(&site), ["long", "replaced"]);
    let again = start(&disk.after_crash());
    assert_eq!(topics(&again), ["long", "replaced"]);
    assert_eq!(again.broker.metrics("owner of home").retained_messages, 2);
}

/// Says something and sees its exchange through; why it was refused, if it was.
async fn taken(wire: &mut Pipe, message: Packet) -> ReasonCode {
    wire.send([message]).await;
    match wire.next().await {
        Some(Packet::PubAck(ack)) => ack.reason,
        Some(Packet::PubRec(ack)) => {
            wire.send([Packet::PubRel(Ack::new(ack.id, ReasonCode::Success))]).await;
            assert!(matches!(wire.next().await, Some(Packet::PubComp(_))));
            ack.reason
        }
        other => panic!("{other:?}"),
    }
}

/// The topics of what comes by now, acknowledged; `None` when nothing is said at all.
async fn a_round(wire: &mut Pipe) -> Option<Vec<String>> {
    let said = wire.said().await;
    let mut topics = Vec::new();
    for packet in &said {
        let answer = match packet {
            Packet::Publish(publish) => {
                topics.push(publish.topic.to_string());
                let ack = Ack::new(publish.id.unwrap(), ReasonCode::Success);
                if publish.qos == Qos::ExactlyOnce { Packet::PubRec(ack) } else { Packet::PubAck(ack) }
            }
            Packet::PubRel(ack) => Packet::PubComp(Ack::new(ack.id, ReasonCode::Success)),
            _ => continue,
        };
        wire.send([answer]).await;
    }
    (!said.is_empty()).then_some(topics)
}

async fn all_that_comes(wire: &mut Pipe) -> Vec<String> {
    let mut topics = Vec::new();
    let mut quiet = 0;
    // What follows from an answer may wait for a commit, and so come behind the next PINGRESP.
    while quiet < 3 {
        match a_round(wire).await {
            Some(more) => {
                topics.extend(more);
                quiet = 0;
            }
            None => {
                quiet += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    topics.sort();
    topics
}

#[tokio::test]
async fn retained_messages_that_are_owed_at_a_crash_come_after_it_and_each_once() {
    let few = || Limits { queue_messages: 10, send_maximum: 2, ..Limits::default() };
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let disk = Memory::default();
        let site = Site::on(Some(Box::new(disk.clone())), few());
        let mut maker = site.client(Version::V5, "m@home").await;
        let said = |topic: &str| Packet::Publish(Publish { retain: true, ..publish(topic, qos, 1, b"x") });
        let mut topics: Vec<String> = (10..40).map(|number| format!("t/{number}")).collect();
        for topic in &topics {
            taken(&mut maker, said(topic)).await;
        }
        let (mut reader, _) = kept(&site, "r@home", None).await;
        reader.send([subscribe(1, "t/#", qos)]).await;
        let mut had = Vec::new();
        // More than half of a queue, so that some were sent after the SUBSCRIBE was answered.
        while had.len() < 8 {
            had.extend(a_round(&mut reader).await.unwrap_or_default());
        }
        // Not there when the subscription came: it goes to the reader as it is said, and not again.
        taken(&mut maker, said("t/99")).await;
        topics.push("t/99".to_owned());
        reader.said().await;
        site.broker.flushed().await;

        let disk = disk.after_crash();
        let site = Site::on(Some(Box::new(disk.clone())), few());
        let (mut reader, present) = kept(&site, "r@home", None).await;
        assert!(present);
        let rest = all_that_comes(&mut reader).await;
        topics.retain(|topic| !had.contains(topic));
        assert_eq!(rest, topics, "{qos:?}");

        site.broker.flushed().await;
        let site = start(&disk.after_crash());
        let (mut reader, _) = kept(&site, "r@home", None).await;
        assert_eq!(all_that_comes(&mut reader).await, [""; 0], "nothing is owed any more");
    }
}

#[tokio::test]
async fn whose_topics_are_is_known_after_a_crash() {
    let disk = Memory::default();
    let two = || Limits { client_topics: 2, ..Limits::default() };
    let site = Site::on(Some(Box::new(disk.clone())), two());
    let mut maker = site.client(Version::V5, "m@home").await;
    for topic in ["a", "b"] {
        assert_eq!(taken(&mut maker, retained(topic, b"1")).await, ReasonCode::Success);
    }
    site.broker.flushed().await;
    let site = Site::on(Some(Box::new(disk.after_crash())), two());
    let mut maker = site.client(Version::V5, "m@home").await;
    assert_eq!(taken(&mut maker, retained("c", b"1")).await, ReasonCode::QuotaExceeded);
    assert_eq!(taken(&mut maker, retained("b", b"")).await, ReasonCode::Success);
    assert_eq!(taken(&mut maker, retained("c", b"1")).await, ReasonCode::Success);
}
