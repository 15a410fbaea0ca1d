//! A space against a naive model: subscriptions that come and go, plain and shared, retained messages, expiry, wills,
//! clients that are away, and restarts. Each move is over before the next; what breaks in between is `model.rs`'s.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::topic::{matches, shared};
use lares_mqtt::*;
use proptest::prelude::*;
use tokio::io::DuplexStream;

const CLIENTS: usize = 3;
/// No topic is covered by a plain and by a shared one.
const FILTERS: [&str; 5] = ["a/#", "a/1", "b/+", "b/will/+", "$share/g/s/+"];
const TOPICS: [&str; 5] = ["a/1", "a/2", "b/2", "s/1", "s/2"];
const EXPIRY_S: u32 = 30;

#[derive(Clone, Debug)]
enum Move {
    Subscribe {
        client: usize,
        filter: usize,
    },
    Unsubscribe {
        client: usize,
        filter: usize,
    },
    Publish {
        topic: usize,
        retain: bool,
        expires: bool,
    },
    /// An empty retained message, on a topic of which everybody gets a copy.
    Clear {
        topic: usize,
    },
    /// A client goes without a word, and leaves its will.
    Away {
        client: usize,
    },
    Return {
        client: usize,
    },
    /// Longer than a message lives that expires.
    Pass,
    /// Everything recorded so far is durable; who was there left its will.
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let (client, filter, topic) = (0..CLIENTS, 0..FILTERS.len(), 0..TOPICS.len());
    let one = prop_oneof![
        6 => (client.clone(), filter.clone()).prop_map(|(client, filter)| Move::Subscribe { client, filter }),
        2 => (client.clone(), filter).prop_map(|(client, filter)| Move::Unsubscribe { client, filter }),
        8 => (topic.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(topic, retain, expires)| Move::Publish { topic, retain, expires }),
        1 => (0usize..3).prop_map(|topic| Move::Clear { topic }),
        3 => client.clone().prop_map(|client| Move::Away { client }),
        3 => client.prop_map(|client| Move::Return { client }),
        1 => Just(Move::Pass),
        2 => Just(Move::Restart),
    ];
    prop::collection::vec(one, 1..40)
}

#[derive(Clone, Debug)]
struct Message {
    topic: String,
    payload: String,
    expires_at: Option<u64>,
}

impl Message {
    fn words(&self, retained: bool) -> String {
        format!("{}{} {}", self.topic, if retained { "*" } else { "" }, self.payload)
    }

    fn lives(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

#[derive(Default)]
struct Model {
    filters: [BTreeSet<&'static str>; CLIENTS],
    retained: BTreeMap<String, Message>,
    /// What waits for a client that is away.
    waiting: [Vec<Message>; CLIENTS],
    /// What waits for somebody of a group that was away: for one of these.
    shared: Vec<(Vec<usize>, Message)>,
}

/// What a move makes clients hear: these exactly, and for each of the others one of some clients.
#[derive(Default)]
struct Heard {
    each: [Vec<String>; CLIENTS],
    one_of: Vec<(Vec<usize>, String)>,
}

impl Model {
    fn members(&self, topic: &str) -> Vec<usize> {
        let covers = |filter: &&str| shared(filter).is_some_and(|(_, filter)| matches(filter, topic));
        (0..CLIENTS).filter(|client| self.filters[*client].iter().any(covers)).collect()
    }

    fn publish(&mut self, message: &Message, there: [bool; CLIENTS], heard: &mut Heard) {
        for (client, is_there) in there.into_iter().enumerate() {
            let covers = |filter: &&str| shared(filter).is_none() && matches(filter, &message.topic);
            match self.filters[client].iter().any(covers) {
                true if is_there => heard.each[client].push(message.words(false)),
                true => self.waiting[client].push(message.clone()),
                false => {}
            }
        }
        let members = self.members(&message.topic);
        let present: Vec<usize> = members.iter().copied().filter(|member| there[*member]).collect();
        if !present.is_empty() {
            heard.one_of.push((present, message.words(false)));
        } else if !members.is_empty() {
            self.shared.push((members, message.clone()));
        }
    }
}

struct Live {
    site: Site,
    disk: Memory,
    now: Arc<AtomicU64>,
    wires: [Option<Wire<DuplexStream>>; CLIENTS],
    connections: usize,
    wills: [String; CLIENTS],
}

fn user(client: usize) -> String {
    format!("c{client}@home")
}

fn start(disk: &Memory, now: &Arc<AtomicU64>) -> Site {
    let house = Arc::new(House::default());
    let clock = now.clone();
    let ground = Ground {
        limits: Limits::default(),
        quota: TenantQuota::default(),
        journal: Some(Box::new(disk.clone())),
        clock: Arc::new(move || clock.load(Ordering::SeqCst)),
    };
    let broker = Broker::open(house.clone(), ground).unwrap();
    tokio::spawn(broker.clone().tend(std::future::pending()));
    Site { broker, house }
}

fn will_of(client: usize, payload: &str) -> Message {
    Message { topic: format!("b/will/{client}"), payload: payload.to_owned(), expires_at: None }
}

impl Live {
    fn there(&self) -> [bool; CLIENTS] {
        std::array::from_fn(|client| self.wires[client].is_some())
    }

    async fn connect(&mut self, client: usize) {
        self.connections += 1;
        self.wills[client] = format!("will {}", self.connections);
        let will = Will {
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: Properties::new(),
            topic: text(&will_of(client, "").topic),
            payload: Bytes::from(self.wills[client].clone()),
        };
        let mut hello = Connect {
            clean_start: false,
            keep_alive_s: 0,
            will: Some(will),
            ..connect(Version::V5, &user(client), "c")
        };
        hello.properties.push(Property::SessionExpiryInterval(u32::MAX));
        let mut wire = self.site.pipe(Version::V5);
        assert_eq!(wire.connect(hello).await.reason, ReasonCode::Success);
        self.wires[client] = Some(wire);
    }

    /// Asks for something, and what came until it was answered.
    async fn ask(&mut self, client: usize, packet: Packet) -> Vec<String> {
        let wire = self.wires[client].as_mut().unwrap();
        wire.send([packet]).await;
        let mut heard = Vec::new();
        loop {
            match wire.next().await.unwrap() {
                Packet::SubAck(_) | Packet::UnsubAck(_) => return heard,
                Packet::Publish(publish) => heard.push(take(wire, publish).await),
                other => panic!("{other:?}"),
            }
        }
    }

    /// What everybody who is there has heard by now.
    async fn hear(&mut self) -> [Vec<String>; CLIENTS] {
        let mut all: [Vec<String>; CLIENTS] = Default::default();
        for (client, wire) in self.wires.iter_mut().enumerate() {
            let Some(wire) = wire else { continue };
            for packet in wire.said().await {
                let Packet::Publish(publish) = packet else { panic!("{packet:?}") };
                all[client].push(take(wire, publish).await);
            }
            assert_eq!(wire.said().await, []);
        }
        all
    }

    async fn publish(&mut self, message: &Message, retain: bool) {
        let mut wire = self.site.client(Version::V5, "speaker@home").await;
        let mut publish = publish(&message.topic, Qos::AtLeastOnce, 1, message.payload.as_bytes());
        publish.retain = retain;
        if message.expires_at.is_some() {
            publish.properties.push(Property::MessageExpiryInterval(EXPIRY_S));
        }
        wire.send([Packet::Publish(publish)]).await;
        assert_eq!(wire.next().await, Some(Packet::PubAck(ack(1))));
    }

    async fn away(&mut self, client: usize) {
        let gone = |seen: &[Seen]| {
            seen.iter()
                .filter(|seen| matches!(seen, Seen::Disconnected(who, _) if *who == user(client)))
                .count()
        };
        let before = gone(&self.site.house.seen());
        self.wires[client] = None;
        self.site.house.until(|seen| gone(seen) > before).await;
    }

    async fn restart(&mut self) {
        self.site.broker.flushed().await;
        let left = self.there().iter().filter(|there| **there).count();
        self.disk = self.disk.after_crash();
        self.wires = Default::default();
        self.site = start(&self.disk, &self.now);
        let said = |seen: &[Seen]| {
            seen.iter().filter(|seen| matches!(seen, Seen::Published { will: true, .. })).count()
        };
        self.site.house.until(|seen| said(seen) == left).await;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
}

async fn take(wire: &mut Wire<DuplexStream>, publish: Publish) -> String {
    wire.send([Packet::PubAck(Ack::new(publish.id.unwrap(), ReasonCode::Success))]).await;
    let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
    Message { topic: publish.topic.to_string(), payload, expires_at: None }.words(publish.retain)
}

fn compare(mut expected: Heard, mut heard: [Vec<String>; CLIENTS], what: &Move) {
    for (members, words) in expected.one_of {
        let member = members.into_iter().find(|member| heard[*member].contains(&words));
        let member =
            member.unwrap_or_else(|| panic!("{what:?}: nobody of the group heard {words}: {heard:?}"));
        expected.each[member].push(words);
    }
    expected.each.iter_mut().chain(&mut heard).for_each(|words| words.sort());
    assert_eq!(expected.each, heard, "{what:?}");
}

async fn play(moves: Vec<Move>) {
    let (disk, now) = (Memory::default(), Arc::new(AtomicU64::new(1_000_000)));
    let site = start(&disk, &now);
    let mut live =
        Live { site, disk, now, wires: Default::default(), connections: 0, wills: Default::default() };
    let mut model = Model::default();
    for client in 0..CLIENTS {
        live.connect(client).await;
    }
    for (number, one) in moves.into_iter().enumerate() {
        let mut expected = Heard::default();
        let mut heard: [Vec<String>; CLIENTS] = Default::default();
        let now = live.now.load(Ordering::SeqCst);
        match one.clone() {
            Move::Subscribe { client, filter } if live.there()[client] => {
                let filter = FILTERS[filter];
                model.filters[client].insert(filter);
                let sent = model.retained.values().filter(|message| {
                    shared(filter).is_none() && matches(filter, &message.topic) && message.lives(now)
                });
                expected.each[client] = sent.map(|message| message.words(true)).collect();
                heard[client] = live.ask(client, subscribe(1, filter, Qos::AtLeastOnce)).await;
            }
            Move::Unsubscribe { client, filter } if live.there()[client] => {
                model.filters[client].remove(FILTERS[filter]);
                let filters = vec![text(FILTERS[filter])];
                let packet = Unsubscribe { id: id(2), properties: Properties::new(), filters };
                heard[client] = live.ask(client, Packet::Unsubscribe(packet)).await;
            }
            Move::Publish { topic, retain, expires } => {
                let expires_at = expires.then_some(now + u64::from(EXPIRY_S) * 1_000);
                let message =
                    Message { topic: TOPICS[topic].to_owned(), payload: format!("{number}"), expires_at };
                model.publish(&message, live.there(), &mut expected);
                if retain {
                    model.retained.insert(message.topic.clone(), message.clone());
                }
                live.publish(&message, retain).await;
            }
            Move::Clear { topic } => {
                let message =
                    Message { topic: TOPICS[topic].to_owned(), payload: String::new(), expires_at: None };
                model.publish(&message, live.there(), &mut expected);
                model.retained.remove(&message.topic);
                live.publish(&message, true).await;
            }
            Move::Away { client } if live.there()[client] => {
                let will = will_of(client, &live.wills[client]);
                live.away(client).await;
                model.publish(&will, live.there(), &mut expected);
            }
            Move::Return { client } if !live.there()[client] => {
                live.connect(client).await;
                let waited = std::mem::take(&mut model.waiting[client]);
                let waited = waited.into_iter().filter(|message| message.lives(now));
                expected.each[client] = waited.map(|message| message.words(false)).collect();
                heard = live.hear().await;
                // What waits for a group waits for one that was chosen when it came.
                model.shared.retain(|(members, message)| {
                    let words = message.words(false);
                    let is_here = members.contains(&client) && heard[client].contains(&words);
                    if is_here {
                        assert!(message.lives(now), "{words} has expired");
                        expected.each[client].push(words);
                    }
                    !is_here
                });
            }
            Move::Pass => {
                live.now.fetch_add(u64::from(EXPIRY_S) * 2_000, Ordering::SeqCst);
            }
            Move::Restart => {
                let were_there = live.there();
                live.restart().await;
                for client in (0..CLIENTS).filter(|client| were_there[*client]) {
                    let will = will_of(client, &live.wills[client]);
                    model.publish(&will, [false; CLIENTS], &mut expected);
                }
            }
            _ => continue,
        }
        for (client, more) in live.hear().await.into_iter().enumerate() {
            heard[client].extend(more);
        }
        compare(expected, heard, &one);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(16))
    })]

    #[test]
    fn a_space_is_what_the_model_says_over_absences_and_restarts(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(moves));
    }
}
