//! A client as the specification wants it, that remembers what it was promised: for tests that break connections and
//! brokers and then compare.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use lares_mqtt::codec::*;
use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::*;

const TOPIC: &str = "home/t";
const FILTER: &str = "home/#";

pub trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}
pub type Stream = Box<dyn Both>;

/// What a publisher has not heard the end of.
#[derive(Clone, Debug)]
struct Open {
    publish: Publish,
    /// PUBREC has come: only PUBREL is said any more.
    received: bool,
}

/// A client as the specification wants it: it keeps its part of the session over connections.
pub struct Client {
    pub name: String,
    pub version: Version,
    /// User name and password.
    login: (String, String),
    pub wire: Option<Wire<Stream>>,
    /// In the order of sending.
    open: VecDeque<(u16, Open)>,
    next_id: u16,
    /// Numbers of which the broker has said that it has them.
    pub acknowledged: BTreeSet<(u8, u32)>,
    /// QoS 2 identifiers received and not released.
    holds: BTreeSet<u16>,
    /// What was delivered to the application: quality and number, by publisher.
    pub heard: BTreeMap<String, Vec<(u8, u32)>>,
    subscribed: bool,
    connections: u16,
}

impl Client {
    pub fn new(name: &str, version: Version, login: (&str, &str)) -> Client {
        Client {
            name: name.to_owned(),
            version,
            login: (login.0.to_owned(), login.1.to_owned()),
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

    /// Signs in over a new connection, subscribes where it never did, and says again what is open. Whether it could.
    pub async fn connect(&mut self, stream: Stream) -> bool {
        let mut wire = Wire::new(stream, self.version);
        let mut connect = Connect { clean_start: false, ..connect(self.version, &self.login.0, &self.name) };
        if !self.login.1.is_empty() {
            connect.password = Some(Bytes::copy_from_slice(self.login.1.as_bytes()));
        }
        if self.version == Version::V5 {
            connect.properties.push(Property::SessionExpiryInterval(u32::MAX));
            // Another one each time, so that less may be sent again at once than was under way.
            self.connections += 1;
            connect.properties.push(Property::ReceiveMaximum(1 + (5 - self.connections % 5)));
        }
        if !wire.try_send([Packet::Connect(Box::new(connect))]).await {
            return false;
        }
        let Some(Packet::ConnAck(connack)) = wire.next().await else { return false };
        assert_eq!(connack.reason, ReasonCode::Success);
        assert!(connack.session_present || !self.subscribed, "an acknowledged subscription is kept");
        self.wire = Some(wire);
        if !self.subscribed {
            self.say([subscribe(60_000, FILTER, Qos::ExactlyOnce)]).await;
            self.work(usize::MAX).await;
        }
        let again: Vec<Packet> = self.open.iter().map(|(id, open)| said_again(*id, open)).collect();
        self.say(again).await;
        true
    }

    async fn say(&mut self, packets: impl IntoIterator<Item = Packet>) {
        if let Some(wire) = &mut self.wire
            && !wire.try_send(packets).await
        {
            self.wire = None;
        }
    }

    pub async fn publish(&mut self, number: u32, qos: Qos) {
        self.next_id = self.next_id % 50_000 + 1;
        let payload = format!("{} {} {number}", self.name, qos as u8);
        let publish = publish(TOPIC, qos, self.next_id, payload.as_bytes());
        self.open.push_back((self.next_id, Open { publish: publish.clone(), received: false }));
        self.say([Packet::Publish(publish)]).await;
    }

    pub async fn repeat(&mut self) {
        if let Some((id, open)) = self.open.back() {
            let again = said_again(*id, open);
            self.say([again]).await;
        }
    }

    /// Takes up to so many packets, as far as there are any; gives up the connection when it is closed.
    pub async fn work(&mut self, packets: usize) {
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
            Packet::PingResp | Packet::Disconnect(_) => {}
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

    /// How much it heard and was promised: grows for as long as something is under way.
    pub fn promises(&self) -> usize {
        self.heard.values().map(Vec::len).sum::<usize>() + self.acknowledged.len()
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

/// What was acknowledged was heard by everybody: QoS 1 at least once, QoS 2 exactly once, in the order of saying.
pub fn judge(clients: &[Client]) {
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
