//! The broker against a naive model: publishers and subscribers with sessions that are kept, connections that break at
//! any moment with whatever was under way, packets sent twice, restarts that forget what was not durable. What was
//! acknowledged arrives: QoS 1 at least once, QoS 2 exactly once, each in the order it was first sent.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use house::*;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use proptest::prelude::*;
use tokio::io::DuplexStream;

const TOPIC: &str = "home/t";

#[derive(Clone, Debug)]
enum Move {
    /// A publisher says the next number.
    Publish { client: usize, qos: u8 },
    /// A client reads and answers up to so many packets.
    Work { client: usize, packets: usize },
    /// A publisher sends its last PUBLISH again, as one does that heard no answer.
    Repeat { client: usize },
    /// A connection breaks; what is in its pipes is lost.
    Break { client: usize },
    /// The broker is gone, and another one starts from what was durable.
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let client = 0usize..3;
    let one = prop_oneof![
        8 => (client.clone(), 1u8..3).prop_map(|(client, qos)| Move::Publish { client, qos }),
        8 => (client.clone(), 1usize..6).prop_map(|(client, packets)| Move::Work { client, packets }),
        2 => client.clone().prop_map(|client| Move::Repeat { client }),
        3 => client.prop_map(|client| Move::Break { client }),
        1 => Just(Move::Restart),
    ];
    prop::collection::vec(one, 1..60)
}

/// What a publisher has not heard the end of.
#[derive(Clone, Debug)]
struct Open {
    publish: Publish,
    /// PUBREC has come: only PUBREL is said any more.
    received: bool,
}

/// A client as the specification wants it: it keeps its part of the session over connections.
struct Client {
    name: String,
    version: Version,
    wire: Option<Wire<DuplexStream>>,
    /// In the order of sending.
    open: VecDeque<(u16, Open)>,
    next_id: u16,
    /// Numbers of which the broker has said that it has them.
    acknowledged: BTreeSet<(u8, u32)>,
    /// QoS 2 identifiers received and not released.
    holds: BTreeSet<u16>,
    /// What was delivered to the application: quality and number, by publisher.
    heard: BTreeMap<String, Vec<(u8, u32)>>,
    subscribed: bool,
    connections: u16,
}

impl Client {
    fn new(index: usize) -> Client {
        Client {
            name: format!("c{index}@home"),
            version: BOTH[index % 2],
            wire: None,
            open: VecDeque::new(),
            next_id: 0,
            acknowledged: BTreeSet::new(),
            holds: BTreeSet::new(),
            heard: BTreeMap::new(),
            subscribed: false,
            connections: 0,
        }
    }

    async fn connect(&mut self, site: &Site) {
        let mut wire = site.pipe(self.version);
        let mut connect = Connect { clean_start: false, ..connect(self.version, &self.name, &self.name) };
        if self.version == Version::V5 {
            connect.properties.push(Property::SessionExpiryInterval(u32::MAX));
            // Another one each time, so that less may be sent again at once than was under way.
            self.connections += 1;
            connect.properties.push(Property::ReceiveMaximum(1 + (5 - self.connections % 5)));
        }
        let connack = wire.connect(connect).await;
        assert_eq!(connack.reason, ReasonCode::Success);
        assert!(connack.session_present || !self.subscribed, "an acknowledged subscription is kept");
        self.wire = Some(wire);
        if !self.subscribed {
            self.say([subscribe(60_000, "home/#", Qos::ExactlyOnce)]).await;
            self.work(usize::MAX).await;
        }
        let again: Vec<Packet> = self.open.iter().map(|(id, open)| said_again(*id, open)).collect();
        self.say(again).await;
    }

    async fn say(&mut self, packets: impl IntoIterator<Item = Packet>) {
        if let Some(wire) = &mut self.wire {
            wire.send(packets).await;
        }
    }

    async fn publish(&mut self, number: u32, qos: Qos) {
        self.next_id = self.next_id % 50_000 + 1;
        let payload = format!("{} {} {number}", self.name, qos as u8);
        let publish = publish(TOPIC, qos, self.next_id, payload.as_bytes());
        self.open.push_back((self.next_id, Open { publish: publish.clone(), received: false }));
        self.say([Packet::Publish(publish)]).await;
    }

    async fn repeat(&mut self) {
        if let Some((id, open)) = self.open.back() {
            let again = said_again(*id, open);
            self.say([again]).await;
        }
    }

    /// Takes up to so many packets, as far as there are any; gives up the connection when it is closed.
    async fn work(&mut self, packets: usize) {
        for _ in 0..packets {
            let Some(wire) = &mut self.wire else { return };
            match tokio::time::timeout(Duration::from_millis(40), wire.next()).await {
                Err(_) => return,
                Ok(None) => self.wire = None,
                Ok(Some(packet)) => self.take(packet).await,
            }
        }
    }

    async fn take(&mut self, packet: Packet) {
        let ack = |id| Ack::new(id, ReasonCode::Success);
        match packet {
            Packet::Publish(publish) => self.hear(publish).await,
            Packet::PubRel(rel) => {
                self.holds.remove(&rel.id.get());
                self.say([Packet::PubComp(ack(rel.id))]).await;
            }
            Packet::PubAck(done) => self.finish(done.id.get()),
            Packet::PubComp(done) => self.finish(done.id.get()),
            Packet::PubRec(received) => {
                if let Some((_, open)) = self.open.iter_mut().find(|(id, _)| *id == received.id.get()) {
                    open.received = true;
                    let number = number_of(&open.publish.payload);
                    self.acknowledged.insert((2, number.1));
                }
                self.say([Packet::PubRel(ack(received.id))]).await;
            }
            Packet::SubAck(_) => self.subscribed = true,
            Packet::PingResp => {}
            other => panic!("{}: {other:?}", self.name),
        }
    }

    async fn hear(&mut self, publish: Publish) {
        let id = publish.id.unwrap();
        let (by, number) = number_of(&publish.payload);
        let ack = Ack::new(id, ReasonCode::Success);
        if publish.qos == Qos::AtLeastOnce {
            self.heard.entry(by).or_default().push((1, number));
            return self.say([Packet::PubAck(ack)]).await;
        }
        if self.holds.insert(id.get()) {
            self.heard.entry(by).or_default().push((2, number));
        }
        self.say([Packet::PubRec(ack)]).await;
    }

    fn finish(&mut self, id: u16) {
        let Some(index) = self.open.iter().position(|(known, _)| *known == id) else { return };
        let (_, open) = self.open.remove(index).unwrap();
        self.acknowledged.insert((open.publish.qos as u8, number_of(&open.publish.payload).1));
    }
}

fn said_again(id: u16, open: &Open) -> Packet {
    if open.received {
        return Packet::PubRel(Ack::new(PacketId::new(id).unwrap(), ReasonCode::Success));
    }
    Packet::Publish(Publish { dup: true, ..open.publish.clone() })
}

fn number_of(payload: &Bytes) -> (String, u32) {
    let text = std::str::from_utf8(payload).unwrap();
    let mut parts = text.split(' ');
    let by = parts.next().unwrap().to_owned();
    (by, parts.nth(1).unwrap().parse().unwrap())
}

async fn live(moves: Vec<Move>) {
    let mut disk = Memory::default();
    let open = |disk: &Memory| Site::on(Some(Box::new(disk.clone())), Limits::default());
    let mut site = open(&disk);
    let mut clients: Vec<Client> = (0..3).map(Client::new).collect();
    for client in &mut clients {
        client.connect(&site).await;
    }
    let mut number = 0;
    for one in moves {
        match one {
            Move::Publish { client, qos } => {
                number += 1;
                clients[client].publish(number, Qos::from_u8(qos).unwrap()).await;
            }
            Move::Work { client, packets } => clients[client].work(packets).await,
            Move::Repeat { client } => clients[client].repeat().await,
            Move::Break { client } => {
                clients[client].wire = None;
                clients[client].connect(&site).await;
            }
            Move::Restart => {
                disk = disk.after_crash();
                for client in &mut clients {
                    client.wire = None;
                }
                site = open(&disk);
                for client in &mut clients {
                    client.connect(&site).await;
                }
            }
        }
    }
    // Everybody works on until nothing comes any more.
    let mut quiet = 0;
    while quiet < 3 {
        let before: usize = clients
            .iter()
            .map(|c| c.heard.values().map(Vec::len).sum::<usize>() + c.acknowledged.len())
            .sum();
        for client in &mut clients {
            if client.wire.is_none() {
                client.connect(&site).await;
            }
            client.work(usize::MAX).await;
        }
        let after: usize = clients
            .iter()
            .map(|c| c.heard.values().map(Vec::len).sum::<usize>() + c.acknowledged.len())
            .sum();
        quiet = if before == after { quiet + 1 } else { 0 };
    }
    judge(&clients);
}

fn judge(clients: &[Client]) {
    for publisher in clients {
        assert!(publisher.open.is_empty(), "{}: {:?} was never acknowledged", publisher.name, publisher.open);
        for reader in clients {
            let heard = reader.heard.get(&publisher.name).cloned().unwrap_or_default();
            let who = format!("{} of {}", reader.name, publisher.name);
            for quality in [1, 2] {
                let of_quality: Vec<u32> =
                    heard.iter().filter(|(qos, _)| *qos == quality).map(|(_, number)| *number).collect();
                let mut firsts: Vec<u32> = Vec::new();
                for number in &of_quality {
                    if !firsts.contains(number) {
                        firsts.push(*number);
                    }
                }
                assert!(firsts.is_sorted(), "{who}: QoS {quality} out of order: {of_quality:?}");
                let said: Vec<u32> = publisher
                    .acknowledged
                    .iter()
                    .filter(|(qos, _)| *qos == quality)
                    .map(|(_, n)| *n)
                    .collect();
                assert_eq!(firsts, said, "{who}: QoS {quality}");
                if quality == 2 {
                    assert_eq!(of_quality, said, "{who}: QoS 2 twice");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24))
    })]

    #[test]
    fn what_was_acknowledged_arrives_whatever_breaks(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(moves));
    }
}
