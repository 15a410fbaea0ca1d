//! A house for the tests: records what the broker tells it and lets a test hold outcomes back; and a raw client.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use lares_mqtt::codec::*;
use lares_mqtt::*;
use tokio::io::DuplexStream;
use tokio::sync::{Notify, oneshot};
pub use wire::*;

#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Connected(String),
    Published { by: String, topic: String, payload: Vec<u8>, qos: Qos, will: bool, retain: bool },
    Subscribed(String),
    Disconnected(String, Disconnected),
    Violated(String),
}

#[derive(Default)]
pub struct House {
    pub seen: Mutex<Vec<Seen>>,
    changed: Notify,
    /// When set, outcomes wait here, in order of arrival.
    pub holding: Mutex<bool>,
    pub held: Mutex<Vec<Option<oneshot::Sender<Outcome>>>>,
    /// When set, who signs in waits here until `let_in`.
    pub thinking: Mutex<bool>,
    thought: Notify,
    pub certificates: Mutex<Vec<Option<Vec<u8>>>>,
    /// Payloads in the order in which the house came to write them, behind a lock as a log has it.
    pub journal: tokio::sync::Mutex<Vec<Vec<u8>>>,
}

impl House {
    pub fn note(&self, seen: Seen) {
        self.seen.lock().unwrap().push(seen);
        self.changed.notify_waiters();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn payloads(&self) -> Vec<Vec<u8>> {
        let published = |seen: Seen| match seen {
            Seen::Published { payload, .. } => Some(payload),
            _ => None,
        };
        self.seen().into_iter().filter_map(published).collect()
    }

    pub fn hold(&self) {
        *self.holding.lock().unwrap() = true;
    }

    /// The house goes on with the sign-in that waits.
    pub fn let_in(&self) {
        *self.thinking.lock().unwrap() = false;
        self.thought.notify_waiters();
    }

    pub fn settle(&self, index: usize, outcome: Outcome) {
        self.held.lock().unwrap()[index].take().unwrap().send(outcome).unwrap();
    }

    /// Waits until `wanted` holds of everything seen.
    pub async fn until(&self, wanted: impl Fn(&[Seen]) -> bool) {
        loop {
            let changed = self.changed.notified();
            if wanted(&self.seen.lock().unwrap()) {
                return;
            }
            // The real clock only matters to a test that fails.
            if tokio::time::timeout(Duration::from_secs(600), changed).await.is_err() {
                panic!("never happened; seen: {:#?}", self.seen());
            }
        }
    }

    pub async fn until_seen(&self, wanted: Seen) {
        self.until(|seen| seen.contains(&wanted)).await;
    }
}

impl Handler for House {
    type Client = String;

    async fn connect(&self, hello: Hello) -> Result<Welcome<String>, Refusal> {
        self.certificates.lock().unwrap().push(hello.certificate.map(|certificate| certificate.to_vec()));
        let name = hello.username.map_or_else(|| "nobody".to_owned(), |name| name.to_string());
        if name == "banned" {
            return Err(Refusal { reason: ReasonCode::BadUserNameOrPassword, why: "banned".into() });
        }
        self.note(Seen::Connected(name.clone()));
        let thought = self.thought.notified();
        if *self.thinking.lock().unwrap() {
            thought.await;
        }
        let welcome = Welcome::new(name.clone(), name.as_str());
        let welcome = if name.starts_with("everybody@") { welcome.of_many() } else { welcome };
        // `somebody@somewhere` lives in a space; everybody else talks with the house alone.
        Ok(match name.split_once('@') {
            Some((_, space)) => {
                welcome.in_space(space, format!("owner of {space}")).with_sessions_for(u32::MAX)
            }
            None => welcome,
        })
    }

    fn may_publish(&self, _: &String, topic: &str, _: bool) -> bool {
        !topic.starts_with("forbidden") && !topic.starts_with('$')
    }

    fn may_subscribe(&self, _: &String, filter: &str) -> bool {
        !filter.starts_with("forbidden") && !filter.starts_with("partly")
    }

    fn narrowed(&self, _: &String, filter: &str) -> Vec<Text> {
        if filter.starts_with("partly") { vec![text("partly/open/#")] } else { Vec::new() }
    }

    async fn absent(&self, identity: &str) -> Option<String> {
        let thought = self.thought.notified();
        if *self.thinking.lock().unwrap() {
            thought.await;
        }
        Some(identity.to_owned())
    }

    fn alarmed(&self, tenant: &str, alarm: Alarm) {
        self.note(Seen::Violated(format!("{tenant}: {alarm:?}")));
    }

    /// The method `echo`: the client has to say the house's challenge backwards.
    async fn authenticate(&self, exchange: AuthExchange<'_, String>) -> AuthAnswer<String> {
        const CHALLENGE: &[u8] = b"abc";
        let refused = |why: &str| {
            AuthAnswer::Refused(Refusal { reason: ReasonCode::NotAuthorized, why: why.to_owned() })
        };
        match (&**exchange.method, exchange.round, exchange.data.map(|data| &data[..])) {
            ("echo", 0, _) => AuthAnswer::Continue(Bytes::from_static(CHALLENGE)),
            ("echo", 1, Some(b"cba")) if exchange.client.is_some() => AuthAnswer::Confirmed { data: None },
            ("echo", 1, Some(b"cba")) => {
                let welcome = Welcome::new("echo".to_owned(), "echo");
                AuthAnswer::Welcome { welcome, data: Some(Bytes::from_static(b"welcome")) }
            }
            ("echo", ..) => refused("said wrongly"),
            _ => AuthAnswer::Refused(Refusal {
                reason: ReasonCode::BadAuthenticationMethod,
                why: "unknown method".to_owned(),
            }),
        }
    }

    fn publish(&self, client: &Arc<String>, message: Message) -> impl Future<Output = Outcome> + Send {
        self.note(Seen::Published {
            by: client.to_string(),
            topic: message.topic.to_string(),
            payload: message.payload.to_vec(),
            qos: message.qos,
            will: message.will,
            retain: message.retain,
        });
        assert_ne!(&message.payload[..], b"panic", "as the test asked");
        let outcome = self.holding.lock().unwrap().then(|| {
            let (release, outcome) = oneshot::channel();
            self.held.lock().unwrap().push(Some(release));
            outcome
        });
        async move {
            // As a house does that waits for a place here and a channel there.
            for _ in 0..4 {
                tokio::task::coop::consume_budget().await;
            }
            self.journal.lock().await.push(message.payload.to_vec());
            match outcome {
                Some(outcome) => outcome.await.unwrap_or(Outcome::Unavailable),
                None => Outcome::Accepted,
            }
        }
    }

    fn takes_together(&self, client: &String) -> bool {
        client.starts_with("together")
    }

    fn subscribed(&self, _: &Arc<String>, filter: &str) {
        self.note(Seen::Subscribed(filter.to_owned()));
    }

    fn disconnected(&self, client: &Arc<String>, why: &Disconnected) {
        self.note(Seen::Disconnected(client.to_string(), *why));
    }

    fn violated(&self, _: Option<&Arc<String>>, _: SocketAddr, why: &str) {
        self.note(Seen::Violated(why.to_owned()));
    }
}

/// A house, a broker, and pipes into it.
pub struct Site {
    pub house: Arc<House>,
    pub broker: Arc<Broker<House>>,
}

impl Site {
    pub fn new(limits: Limits) -> Site {
        let house = Arc::new(House::default());
        Site { broker: Broker::new(house.clone(), limits), house }
    }

    pub fn with_quota(limits: Limits, quota: TenantQuota) -> Site {
        let house = Arc::new(House::default());
        let ground = Ground { limits, quota, journal: None, clock: Arc::new(|| 0) };
        Site { broker: Broker::open(house.clone(), ground).unwrap(), house }
    }

    /// On a clock that follows tokio's.
    pub fn on(journal: Option<Box<dyn Journal>>, limits: Limits) -> Site {
        let house = Arc::new(House::default());
        let began = tokio::time::Instant::now();
        let clock = Arc::new(move || 1_000_000 + began.elapsed().as_millis() as u64);
        let ground = Ground { limits, quota: TenantQuota::default(), journal, clock };
        let broker = Broker::open(house.clone(), ground).unwrap();
        tokio::spawn(broker.clone().tend(std::future::pending()));
        Site { broker, house }
    }

    pub fn pipe(&self, version: Version) -> Wire<DuplexStream> {
        let (client, server) = tokio::io::duplex(1 << 20);
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let origin = Origin { peer: address, local: address, tls: false, certificate: None };
        tokio::spawn(self.broker.clone().attend(server, origin));
        Wire::new(client, version)
    }

    /// A pipe whose client was let in.
    pub async fn client(&self, version: Version, user: &str) -> Wire<DuplexStream> {
        let mut wire = self.pipe(version);
        let connack = wire.connect(connect(version, user, user)).await;
        assert_eq!(connack.reason, ReasonCode::Success);
        wire
    }
}

pub const BOTH: [Version; 2] = [Version::V311, Version::V5];

/// A journal in memory, which survives the broker as a disk does.
#[derive(Clone, Default)]
pub struct Memory {
    pub records: Arc<Mutex<Vec<Record>>>,
    /// Nothing becomes durable any more, as after a crash.
    pub crashed: Arc<std::sync::atomic::AtomicBool>,
}

impl Memory {
    /// What a broker that starts after a crash finds.
    pub fn after_crash(&self) -> Memory {
        let records = self.records.lock().unwrap();
        self.crashed.store(true, std::sync::atomic::Ordering::SeqCst);
        Memory { records: Arc::new(Mutex::new(records.clone())), crashed: Arc::default() }
    }
}

impl Journal for Memory {
    fn load(&mut self) -> std::io::Result<Vec<Record>> {
        Ok(self.records.lock().unwrap().clone())
    }

    fn append(&mut self, records: &[Record]) -> std::io::Result<()> {
        let mut kept = self.records.lock().unwrap();
        if self.crashed.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(std::io::Error::other("crashed"));
        }
        kept.extend_from_slice(records);
        Ok(())
    }

    fn compact(&mut self, records: &[Record]) -> std::io::Result<()> {
        let mut kept = self.records.lock().unwrap();
        if !self.crashed.load(std::sync::atomic::Ordering::SeqCst) {
            *kept = records.to_vec();
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.records.lock().unwrap().len() as u64
    }
}
